"""A served market stand: one that tests share and add to, and one of a test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.stand import Stand, open_stand


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A stand that the tests of a module share."""
    with open_stand(tmp_path_factory.mktemp("stand")) as found:
        yield found


@pytest.fixture
def own_stand(tmp_path: Path) -> Iterator[Stand]:
    """A stand of its own, for tests that break it."""
    with open_stand(tmp_path, busy_ms=100) as found:
        yield found
