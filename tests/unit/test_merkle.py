"""The Merkle tree in small: hashes by hand, and what is refused."""

from hashlib import sha256

import pytest

from traceability.core.errors import FormatError, ProofError
from traceability.core.merkle import (
    EMPTY_ROOT,
    Frontier,
    InclusionChecker,
    consistency_proof,
    extend,
    inclusion,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

A, B, C = (leaf_hash(letter) for letter in (b"a", b"b", b"c"))


def test_leaves_and_nodes_are_hashed_under_different_first_bytes() -> None:
    assert leaf_hash(b"a") == sha256(b"\x00a").digest()
    assert node_hash(A, B) == sha256(b"\x01" + A + B).digest()


def test_three_leaves_make_a_pair_and_a_single() -> None:
    assert root_of([A, B, C]) == node_hash(node_hash(A, B), C)
    assert root_of([A]) == A


def test_each_leaf_of_three_is_proven_by_its_siblings() -> None:
    grown = extend(Frontier(), [A, B, C])
    assert grown.size == 3
    assert grown.root == root_of([A, B, C])
    assert grown.frontier == Frontier(3, (node_hash(A, B), C))
    assert [grown.proof(i) for i in range(3)] == [[B, C], [A, C], [node_hash(A, B)]]


def test_a_proof_is_the_caller_s_own() -> None:
    grown = extend(Frontier(), [A, B])
    grown.proof(0).append(b"scribble")
    assert grown.proof(0) == [B]


def test_appending_nothing_changes_nothing() -> None:
    two = extend(Frontier(), [A, B]).frontier
    same = extend(two, [])
    assert (same.frontier, same.root) == (two, two.root)
    assert extend(Frontier(), []).root == EMPTY_ROOT


@pytest.mark.parametrize("i", [-1, 2])
def test_only_new_leaves_have_proofs(i: int) -> None:
    with pytest.raises(IndexError):
        extend(Frontier(1, (A,)), [B, C]).proof(i)


def test_a_leaf_hash_of_another_length_is_not_appended() -> None:
    with pytest.raises(FormatError, match=r"merkle\.hash-length"):
        extend(Frontier(), [A, B[:31]])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(7),
        bytes(7) + b"\1",
        bytes(8) + A,
        bytes(7) + b"\1" + A + b"x",
        b"\xff" * 8 + bytes(64 * 32),
        bytes(7) + b"\3" + A,
    ],
)
def test_other_bytes_are_no_frontier(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"merkle\.frontier"):
        Frontier.from_bytes(data)


def test_a_frontier_has_a_peak_for_each_bit_of_its_size() -> None:
    with pytest.raises(FormatError, match=r"merkle\.frontier"):
        Frontier(3, (A,))


@pytest.mark.parametrize(("index", "size"), [(-1, 2), (2, 2), (0, 0), (2**64 - 1, 1)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ProofError, match=r"proof\.index"):
        inclusion_proof(index, size, lambda _level, _index: A)
    with pytest.raises(ProofError, match=r"proof\.index"):
        verify_inclusion(index, size, A, [], A)
    with pytest.raises(ProofError, match=r"proof\.index"):
        InclusionChecker(size, A).check(index, A, [])


@pytest.mark.parametrize(
    ("leaf", "proof", "code"),
    [
        (A, [], "proof.length"),
        (A, [B, B], "proof.length"),
        (A[:31], [B], "proof.hash-length"),
        (A, [B + b"\0"], "proof.hash-length"),
        (A, [b""], "proof.hash-length"),
        (A, [C], "proof.root"),
        (B, [B], "proof.root"),
    ],
)
def test_each_wrong_proof_is_refused_with_its_reason(
    leaf: bytes, proof: list[bytes], code: str
) -> None:
    root = node_hash(A, B)
    with pytest.raises(ProofError, match=code):
        verify_inclusion(0, 2, leaf, proof, root)
    with pytest.raises(ProofError, match=code):
        InclusionChecker(2, root).check(0, leaf, proof)


def test_an_inner_node_cannot_be_passed_off_by_moving_the_split_between_hashes() -> None:
    """A long and a short hash that join to the right bytes must not be hashed at all."""
    root = node_hash(A, B)
    joined = A + B
    with pytest.raises(ProofError, match=r"proof\.hash-length"):
        verify_inclusion(0, 2, joined[:33], [joined[33:]], root)


@pytest.mark.parametrize(
    ("size1", "size2", "root1", "root2", "proof", "code"),
    [
        (2, 1, A, A, [], "consistency.sizes"),
        (-1, 1, A, A, [], "consistency.sizes"),
        (0, 1, A, A, [], "consistency.root"),
        (0, 0, EMPTY_ROOT, A, [], "consistency.root"),
        (0, 1, EMPTY_ROOT, A, [A], "consistency.length"),
        (1, 1, A, B, [], "consistency.root"),
        (1, 1, A, A, [A], "consistency.length"),
        (1, 2, A, node_hash(A, B), [], "consistency.length"),
        (1, 2, A, node_hash(A, B), [C], "consistency.root"),
        (1, 2, A, node_hash(A, B), [B[:5]], "proof.hash-length"),
        (1, 2, A[:5], node_hash(A, B), [B], "proof.hash-length"),
    ],
)
def test_each_wrong_consistency_proof_is_refused_with_its_reason(
    size1: int, size2: int, root1: bytes, root2: bytes, proof: list[bytes], code: str
) -> None:
    with pytest.raises(ProofError, match=code):
        verify_consistency(size1, size2, root1, root2, proof)


def test_every_tree_extends_the_empty_one() -> None:
    verify_consistency(0, 3, EMPTY_ROOT, root_of([A, B, C]), [])
    assert consistency_proof(0, 3, lambda _level, _index: A) == []


def test_no_tree_extends_a_larger_one() -> None:
    with pytest.raises(ProofError, match=r"consistency\.sizes"):
        consistency_proof(3, 2, lambda _level, _index: A)


def test_the_checker_refuses_a_known_node_with_another_hash() -> None:
    checker = InclusionChecker(3, root_of([A, B, C]))
    checker.check(0, A, [B, C])
    for leaf, proof in ((A, [C, C]), (C, [B, C]), (A, [B, A])):
        with pytest.raises(ProofError, match=r"proof\.root"):
            checker.check(0, leaf, proof)
    checker.check(2, C, [node_hash(A, B)])


def test_the_checker_hashes_each_node_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four leaves have three nodes above them, however many proofs pass through these."""
    tree = extend(Frontier(), [A, B, C, A])
    hashed: list[bytes] = []

    def counted(left: bytes, right: bytes) -> bytes:
        hashed.append(left)
        return node_hash(left, right)

    monkeypatch.setattr(inclusion, "node_hash", counted)
    checker = InclusionChecker(4, tree.root)
    for _ in range(3):
        for index, leaf in enumerate([A, B, C, A]):
            checker.check(index, leaf, tree.proof(index))
    assert len(hashed) == 3


def test_a_refused_proof_teaches_the_checker_nothing() -> None:
    tree = extend(Frontier(), [A, B, C, A])
    checker = InclusionChecker(4, tree.root)
    with pytest.raises(ProofError, match=r"proof\.root"):
        checker.check(0, C, tree.proof(0))
    checker.check(0, A, tree.proof(0))
