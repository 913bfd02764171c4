"""Fixtures that every kind of test shares."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT.parent / "shared" / "vectors"


@pytest.fixture(scope="session")
def shared_vectors() -> Path:
    """The folder of third-party test vectors; the test is skipped, loudly, where it is absent."""
    if not VECTORS.is_dir():
        pytest.skip(f"third-party vectors are not at {VECTORS}")
    return VECTORS
