"""What is wrong with a field comes from a closed set of reasons, and each has its texts."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from traceability.core.fields import EXAMPLES, LINES, REASONS, fault_of, form, pointer_of
from traceability.core.registry_records import MODELS
from traceability.text import has_text


def patterns_of(models: Iterable[type[BaseModel]]) -> set[str]:
    found: set[str] = set()
    waiting: list[Any] = [model.model_json_schema() for model in models]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            pattern = each.get("pattern")
            found |= {pattern} if isinstance(pattern, str) else set()
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found


def test_every_form_that_a_record_asks_for_has_an_example_that_has_it() -> None:
    assert patterns_of(MODELS.values()) - EXAMPLES.keys() - LINES.keys() == set()
    for pattern, example in EXAMPLES.items():
        assert re.fullmatch(pattern, example), pattern


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_reason_has_its_text(language: str) -> None:
    assert [each for each in REASONS if not has_text(language, f"field.{each}")] == []


@pytest.mark.parametrize(
    ("change", "reason", "params"),
    [
        ({"type": "gift"}, "choice", {"known": "dispute"}),
        ({"v": "1"}, "number", {}),
        ({"refs": {}}, "list", {}),
        ({"refs": [{"type": "photograph"}] * 21}, "too-long", {"limit": 20}),
        ({"note": ""}, "prose", {}),
        ({"note": "x" * 2001}, "too-long", {"limit": 2000}),
        ({"data": 5}, "object", {}),
        ({"data": {}}, "missing", {}),
        ({"log": "\t"}, "form", {"example": "goc.example/vn"}),
    ],
)
def test_a_fault_is_told_by_its_reason(
    change: dict[str, Any], reason: str, params: dict[str, object]
) -> None:
    good = {
        "v": 1, "log": "goc.example", "type": "dispute", "iss": "p-0123456789abcdef",
        "at": "2026-11-22T06:30:00+07:00", "iat": "2026-11-22T06:30:00+07:00",
        "nonce": "AAECAwQFBgcICQoLDA0ODw", "data": {"record": "A" * 43, "denies": "origin"},
    }  # fmt: skip
    with pytest.raises(ValidationError) as caught:
        MODELS["dispute"].model_validate(good | change)
    fault = fault_of(caught.value.errors(include_url=False)[0])
    assert (fault.reason, dict(fault.params)) == (reason, params)


def test_a_form_that_nobody_has_listed_is_wrong_without_an_example() -> None:
    assert form("^x$").reason == "wrong"


def test_a_pointer_escapes_and_cuts_what_comes_from_outside() -> None:
    assert pointer_of(["makes", 0, "a/b~c", "x" * 99]) == "/makes/0/a~1b~0c/" + "x" * 40
