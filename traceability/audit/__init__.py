"""Checking a whole ledger from outside: archives and their replay."""
