"""Cursors go on where a page ended, and nothing else passes for one."""

import pytest

from traceability.core import b64
from traceability.core.errors import LedgerError
from traceability.ledger.pages import MOST, bounded, cursor, place_of


def test_a_cursor_says_where_to_go_on() -> None:
    assert place_of(cursor(17, 3), -1, 0) == (17, 3)
    assert place_of(cursor("02000000000015", "LÔ-1"), "", "") == ("02000000000015", "LÔ-1")
    assert place_of(None, -1, 0) == (-1, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "17",
        cursor(17),
        cursor(17, "3"),
        cursor(17, 3, 1),
        b64.encode(b"[17, 3.0]"),
        b64.encode(b"[17, true]"),
        b64.encode(b"{}"),
        b64.encode(b"[17,"),
        b64.encode(b"[9223372036854775808,0]"),
        cursor(17, 3) + "=",
    ],
)
def test_what_was_not_given_out_is_refused(text: str) -> None:
    with pytest.raises(LedgerError) as refused:
        place_of(text, -1, 0)
    assert refused.value.code == "cursor.malformed"


def test_a_text_that_a_database_cannot_be_asked_for_is_refused() -> None:
    with pytest.raises(LedgerError) as refused:
        place_of(cursor("a\0", "b"), "", "")
    assert refused.value.code == "cursor.malformed"


def test_a_page_is_neither_empty_nor_endless() -> None:
    assert [bounded(n) for n in (-5, 0, 1, 20, 10**9)] == [1, 1, 1, 20, MOST]
