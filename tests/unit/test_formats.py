"""The page on formats is as the models say, and so is what is written there by hand."""

import re
from difflib import unified_diff

from tools import formats
from traceability.core.codec import MAX_BYTES
from traceability.core.leaf import LEAF_BYTES
from traceability.core.registry_records import MODELS, PUBLIC_TYPES, RESERVED, hidden_fields

PAGE = formats.PAGE.read_text("utf-8")
PLAIN = " ".join(PAGE.split())


def named(start: str, end: str) -> set[str]:
    """What is named between two phrases of the page."""
    return set(re.findall(r"`([a-z-]+)`", PLAIN.split(start, 1)[1].split(end, 1)[0]))


def test_the_tables_are_as_the_models_say() -> None:
    made = formats.page()
    changes = list(unified_diff(PAGE.splitlines(), made.splitlines(), n=0, lineterm=""))
    assert changes == [], "run `make docs`"


def test_every_type_and_every_hidden_field_is_there() -> None:
    for name in MODELS:
        assert f"### `{name}`\n" in PAGE
    table = formats.hidden()
    assert table.count("\n| `") == len(hidden_fields())
    assert "| `harvest` | `makes[].quantity` | chain | commercial | always |" in table
    assert "| `place` | `data.polygon` | auditor | commercial | always |" in table


def test_what_is_written_by_hand_is_as_the_code_has_it() -> None:
    assert f"at most {MAX_BYTES:,} bytes" in PLAIN
    assert f"**A leaf** has {LEAF_BYTES} bytes" in PLAIN
    assert named("Class 1 are", ": their JWSs") == PUBLIC_TYPES
    assert named("whose names are reserved:", ".") == RESERVED


def test_every_link_within_the_page_leads_somewhere() -> None:
    targets = set(re.findall(r"\]\(#([a-z]+)\)", PAGE))
    assert targets
    assert {name for name in targets if f'<a id="{name}"></a>' not in PAGE} == set()
