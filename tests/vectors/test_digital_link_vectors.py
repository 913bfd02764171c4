"""Our reader of Digital Links against the 118 URIs that GS1's own syntax engine is tested with."""

import json
from pathlib import Path
from typing import Any

import pytest

from labels.digital_link import read
from traceability.core.errors import FormatError

COUNT = 118
UNKNOWN_REFUSED = "ValidationEnabled:gs1_encoder_vUNKNOWN_AI_NOT_DL_ATTR"


@pytest.fixture(scope="module")
def vectors(shared_vectors: Path) -> list[dict[str, Any]]:
    text = (shared_vectors / "digital-link-parse.json").read_text(encoding="utf-8")
    cases: list[dict[str, Any]] = json.loads(text)["vectors"]
    assert len(cases) == COUNT
    return cases


@pytest.mark.parametrize("number", range(COUNT))
def test_gs1_uri_reads_as_gs1_says(vectors: list[dict[str, Any]], number: int) -> None:
    case = vectors[number]
    flags = case["flags"]
    known = {
        "permitConvenienceAlphas",
        "PermitZeroSuppressedGTINinDLuris",
        "PermitUnknownAIs",
        UNKNOWN_REFUSED,
    }
    assert set(flags) <= known
    leniencies = {
        "names": flags.get("permitConvenienceAlphas") == "true",
        "short_gtins": flags.get("PermitZeroSuppressedGTINinDLuris") == "true",
        "unknown_attributes": flags.get("PermitUnknownAIs") == "true"
        and flags.get(UNKNOWN_REFUSED) == "false",
    }
    if case["valid"]:
        assert read(case["uri"], **leniencies).element_string() == case["unbracketed_ai_data"]
    else:
        with pytest.raises(FormatError) as refusal:
            read(case["uri"], **leniencies)
        assert refusal.value.code.startswith("link.")
