"""HTTP over the ledger: the JSON interface, the resolver of labels, and the pages."""
