"""The 914 Ed25519 edge cases of C2SP/CCTV: every flagged one is refused, the plain one stands.

The flags and what must happen to a case that carries one:

* ``low_order_A``, ``low_order_component_A``, ``non_canonical_A``: the *key* is refused, so that
  nobody can register it at all, whatever its signatures would say;
* ``low_order_R``, ``low_order_component_R``, ``non_canonical_R``, ``low_order_residue``,
  ``reencoded_k``: the *signature* is refused under an otherwise good key.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from traceability.core.errors import FormatError
from traceability.core.keys import PublicKey

Case = dict[str, Any]

KEY_FLAGS = {"low_order_A", "low_order_component_A", "non_canonical_A"}
SIGNATURE_FLAGS = {
    "low_order_R",
    "low_order_component_R",
    "non_canonical_R",
    "low_order_residue",
    "reencoded_k",
}


@pytest.fixture(scope="module")
def cases(shared_vectors: Path) -> list[Case]:
    found: list[Case] = json.loads((shared_vectors / "ed25519-cctv.json").read_bytes())
    return found


def flags(case: Case) -> set[str]:
    return set(case["flags"] or ())


def accepts_key(case: Case) -> bool:
    try:
        PublicKey(bytes.fromhex(case["key"]))
    except FormatError as error:
        return error.code != "key.weak"
    return True


def accepts(case: Case) -> bool:
    if not accepts_key(case):
        return False
    key = PublicKey(bytes.fromhex(case["key"]))
    return key.verify(bytes.fromhex(case["sig"]), case["msg"].encode())


def test_the_collection_is_whole_and_its_flags_are_those_we_judge(cases: list[Case]) -> None:
    assert len(cases) == 914
    assert {flag for case in cases for flag in flags(case)} == KEY_FLAGS | SIGNATURE_FLAGS


def test_a_case_is_accepted_exactly_when_it_carries_no_flag(cases: list[Case]) -> None:
    wrong = [case["number"] for case in cases if accepts(case) is bool(flags(case))]
    assert wrong == []
    assert sum(map(accepts, cases)) == 1


def test_a_key_is_refused_exactly_when_a_flag_speaks_of_the_key(cases: list[Case]) -> None:
    wrong = [case["number"] for case in cases if accepts_key(case) is bool(flags(case) & KEY_FLAGS)]
    assert wrong == []


def test_every_flag_of_the_signature_is_also_met_under_a_good_key(cases: list[Case]) -> None:
    met = {flag for case in cases if not flags(case) & KEY_FLAGS for flag in flags(case)}
    assert met == SIGNATURE_FLAGS
