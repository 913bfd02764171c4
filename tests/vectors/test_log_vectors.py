"""Our own vectors of the log formats: made again as they stand, and read back by our readers."""

import json
from typing import Any

import pytest

from tests.vectors.log import FILE, make
from traceability.core.leaf import Leaf
from traceability.core.merkle import (
    Frontier,
    extend,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from traceability.core.note import open_note
from traceability.core.policy import Policy
from traceability.core.proof import ProofFile, verify_proof
from traceability.core.tiles import decode_entries
from traceability.core.vkey import VerifierKey


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_bytes())
    return found


def raw(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


def test_the_vectors_are_made_again_byte_for_byte() -> None:
    assert FILE.read_bytes() == make()


def test_the_trees_of_the_vectors_prove_their_leaves(vectors: dict[str, Any]) -> None:
    leaves = raw(vectors["letters"]["leaf_hashes"])
    for tree in vectors["letters"]["trees"]:
        size, root = tree["size"], bytes.fromhex(tree["root"])
        assert root == root_of(leaves[:size])
        assert Frontier.from_bytes(bytes.fromhex(tree["frontier"])).root == root
        for index, proof in enumerate(tree["inclusion"]):
            verify_inclusion(index, size, leaves[index], raw(proof), root)


def test_the_trees_of_the_vectors_extend_each_other(vectors: dict[str, Any]) -> None:
    roots = [bytes.fromhex(tree["root"]) for tree in vectors["letters"]["trees"]]
    cases = vectors["letters"]["consistency"]
    assert len(cases) == 14 * 15 // 2
    for case in cases:
        old, new = case["from"], case["to"]
        verify_consistency(old, new, roots[old], roots[new], raw(case["proof"]))


def test_the_extension_of_the_vectors_is_the_larger_tree(vectors: dict[str, Any]) -> None:
    case = vectors["letters"]["extension"]
    before = Frontier.from_bytes(bytes.fromhex(case["before"]))
    after = extend(before, raw(case["leaf_hashes"]))
    assert after.frontier.to_bytes().hex() == case["after"]
    assert case["root"] == vectors["letters"]["trees"][8]["root"]
    assert case["inclusion"] == vectors["letters"]["trees"][8]["inclusion"][5:]


def test_the_leaves_of_the_vectors_fill_their_tile_and_bundle(vectors: dict[str, Any]) -> None:
    entries = [bytes.fromhex(leaf["entry"]) for leaf in vectors["leaves"]]
    for entry, leaf in zip(entries, vectors["leaves"], strict=True):
        assert Leaf.from_bytes(entry).time == leaf["time"]
        assert leaf_hash(entry).hex() == leaf["hash"]
    tiles = vectors["tiles"]
    assert tiles["tile"] == "".join(leaf["hash"] for leaf in vectors["leaves"])
    assert decode_entries(bytes.fromhex(tiles["entries"]), len(entries)) == entries


def test_the_proof_files_of_the_vectors_hold(vectors: dict[str, Any]) -> None:
    signed = vectors["signed"]
    log, policy = VerifierKey.parse(signed["log_key"]), Policy.parse(signed["policy"].encode())
    entry = bytes.fromhex(signed["entry"])
    for name in ("proof_file", "proof_file_with_extra"):
        proof = ProofFile.parse(signed[name].encode())
        verified = verify_proof(proof, entry, log, policy)
        assert verified.quorum is not None
        assert verified.quorum.witnesses == ("dong", "tay")
        assert verified.checkpoint.text == signed["checkpoint"]
        assert proof.checkpoint.decode() == signed["cosigned_checkpoint"]


def test_the_note_of_the_vectors_opens(vectors: dict[str, Any]) -> None:
    signed = vectors["signed"]
    opened = open_note(signed["note"].encode(), [VerifierKey.parse(signed["log_key"])])
    assert opened.text.endswith("Dứa Cầu Đúc đã chín.\n")
