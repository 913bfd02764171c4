"""Benchmarks, each against a bare limit measured in the same run: ``python -m bench``."""
