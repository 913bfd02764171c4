"""The ledger, a library: it knows no HTTP and no images."""
