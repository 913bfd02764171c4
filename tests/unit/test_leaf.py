"""Log entries: 41 bytes that say which record, when, and of what class."""

import pytest

from traceability.core.errors import FormatError
from traceability.core.leaf import CLOSED, LEAF_BYTES, PUBLIC, Leaf

DIGEST = bytes(range(32))


def test_a_leaf_is_digest_time_and_class_in_that_order() -> None:
    data = Leaf(DIGEST, 1_790_000_000_000, PUBLIC).to_bytes()
    assert data.hex() == DIGEST.hex() + "000001a0c4506c00" + "01"
    assert len(data) == LEAF_BYTES
    assert Leaf.from_bytes(data) == Leaf(DIGEST, 1_790_000_000_000, PUBLIC)


@pytest.mark.parametrize(
    ("digest", "time", "cls"),
    [
        (DIGEST[1:], 0, CLOSED),
        (DIGEST + b"\0", 0, CLOSED),
        (DIGEST, -1, CLOSED),
        (DIGEST, 2**63, CLOSED),
        (DIGEST, 0, 2),
        (DIGEST, 0, -1),
    ],
)
def test_a_leaf_that_cannot_be_is_not_made(digest: bytes, time: int, cls: int) -> None:
    with pytest.raises(FormatError, match=r"leaf\.malformed"):
        Leaf(digest, time, cls)


@pytest.mark.parametrize("data", [b"", bytes(40), bytes(42), bytes(40) + b"\2"])
def test_other_bytes_are_no_leaf(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"leaf\.malformed"):
        Leaf.from_bytes(data)
