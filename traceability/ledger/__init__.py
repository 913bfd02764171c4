"""The use cases of the ledger: append (the only writer), receipts, rebuild."""
