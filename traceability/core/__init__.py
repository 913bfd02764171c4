"""The pure core: no I/O, no clock, no chance, no SQL. What an auditor must read."""
