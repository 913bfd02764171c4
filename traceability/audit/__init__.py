"""Showing a ledger to others, and checking it from outside: publishing, archives, their replay."""
