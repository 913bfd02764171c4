"""Which form suits a client: RFC 9110's own example, and the edges of the grammar."""

import pytest

from api.accept import LONGEST, best, bounded

FORMS = ("text/html", "application/json", "text/plain")


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("", "text/html"),
        ("text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, */*;q=0.5", "text/plain"),
        ("text/*;q=0.3, text/plain;q=0.7, application/*;q=0.8", "application/json"),
        ("text/plain, text/html", "text/html"),  # equals: the server's favourite
        ("text/plain, */*", "text/plain"),  # equals: what was named
        ("text/html;q=1.001, text/plain;q=0.1", "text/plain"),  # no weight: not a range
        ("text/html;q=.9, text/plain;q=0.1", "text/plain"),
        ("text/html;q=-1, text/plain;q=0.001", "text/plain"),
        ("text/html;level=1, text/plain;q=0.1", "text/plain"),
        ("text/html ; q = 0.2 , text/plain; q=0.1", "text/html"),
        ("*/html, text/plain", "text/plain"),
        ("text/plain;q=0.2, text/plain;q=0.9, text/html;q=0.5", "text/plain"),
        (", ,text/plain", "text/plain"),
    ],
)
def test_the_form_of_the_highest_weight_is_given(header: str, form: str) -> None:
    number = best(header, FORMS)
    assert number is not None
    assert FORMS[number] == form


@pytest.mark.parametrize("header", ["image/png", "*/*;q=0", "text/*;q=0.0, application/*;q=0", "x"])
def test_where_nothing_is_accepted_there_is_nothing_to_give(header: str) -> None:
    assert best(header, FORMS) is None


def test_a_specific_refusal_goes_before_a_general_welcome() -> None:
    assert best("*/*, text/html;q=0, application/json;q=0", FORMS) == FORMS.index("text/plain")


def test_of_an_endless_header_only_whole_members_count() -> None:
    header = "a/b, " * LONGEST + "text/plain"
    assert bounded(header).endswith("a/b")
    assert best(header, FORMS) is None
