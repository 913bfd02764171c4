"""Inclusion and consistency probes of transparency-dev/merkle: 98 each, most to be refused."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from traceability.core.errors import ProofError
from traceability.core.merkle import InclusionChecker, verify_consistency, verify_inclusion

Case = dict[str, Any]


def load(folder: Path, name: str) -> list[Case]:
    cases: list[Case] = json.loads((folder / name).read_bytes())
    assert len(cases) == 98
    return cases


def hashes(values: list[str] | None) -> list[bytes]:
    return [b64decode(value) for value in values or []]


def stands(check: Any, *arguments: Any) -> bool:
    """Say whether the check passes; anything but a ``ProofError`` fails the test."""
    try:
        check(*arguments)
    except ProofError:
        return False
    return True


def test_every_inclusion_probe_is_judged_as_its_makers_say(shared_vectors: Path) -> None:
    for case in load(shared_vectors, "merkle-inclusion.json"):
        root, leaf, proof = b64decode(case["root"]), b64decode(case["leafHash"]), case["proof"]
        arguments = case["leafIdx"], case["treeSize"], leaf, hashes(proof), root
        assert stands(verify_inclusion, *arguments) is not case["wantErr"], case["name"]


def test_the_checker_of_many_proofs_judges_every_inclusion_probe_alike(
    shared_vectors: Path,
) -> None:
    def check(index: int, size: int, leaf: bytes, proof: list[bytes], root: bytes) -> None:
        InclusionChecker(size, root).check(index, leaf, proof)

    for case in load(shared_vectors, "merkle-inclusion.json"):
        root, leaf, proof = b64decode(case["root"]), b64decode(case["leafHash"]), case["proof"]
        arguments = case["leafIdx"], case["treeSize"], leaf, hashes(proof), root
        assert stands(check, *arguments) is not case["wantErr"], case["name"]


def test_every_consistency_probe_is_judged_as_its_makers_say(shared_vectors: Path) -> None:
    for case in load(shared_vectors, "merkle-consistency.json"):
        roots = b64decode(case["root1"]), b64decode(case["root2"])
        arguments = case["size1"], case["size2"], *roots, hashes(case["proof"])
        assert stands(verify_consistency, *arguments) is not case["wantErr"], case["name"]


@pytest.mark.parametrize("name", ["merkle-inclusion.json", "merkle-consistency.json"])
def test_the_probes_hold_both_good_and_bad_ones(shared_vectors: Path, name: str) -> None:
    assert {case["wantErr"] for case in load(shared_vectors, name)} == {True, False}
