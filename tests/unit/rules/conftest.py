"""What the rulebook's tests share."""

import pytest

from tests.unit.rules.scene import Scene


@pytest.fixture
def scene() -> Scene:
    """Everybody registered, nothing harvested."""
    return Scene()
