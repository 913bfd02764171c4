"""Where the ledger is kept: tables, engines, migrations, and the store that the writer fills."""
