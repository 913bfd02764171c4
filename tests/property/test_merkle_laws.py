"""Laws of the tree, against RFC 6962's own recursive definitions written out plainly."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.core.errors import FormatError, ProofError
from traceability.core.leaf import Leaf
from traceability.core.merkle import (
    EMPTY_ROOT,
    Extension,
    Frontier,
    InclusionChecker,
    consistency_proof,
    extend,
    inclusion_proof,
    inclusion_root,
    leaf_hash,
    node_hash,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(i.to_bytes(2, "big")) for i in range(600)]

sizes = st.integers(0, 300)


def split(count: int) -> int:
    """Return the largest power of two smaller than ``count``."""
    return 1 << (count - 1).bit_length() - 1


def tree(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, MTH."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(tree(leaves[:k]), tree(leaves[k:]))


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 §2.1.1, PATH."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), tree(leaves[k:])]
    return [*path(m - k, leaves[k:]), tree(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """RFC 6962 §2.1.2, SUBPROOF; PROOF for ``whole``."""
    if m == len(leaves):
        return [] if whole else [tree(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), tree(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), tree(leaves[:k])]


def stored(size: int) -> Callable[[int, int], bytes]:
    """Return a ``HashAt`` that has complete subtrees only."""

    def hash_at(level: int, index: int) -> bytes:
        assert 0 <= index << level < (index + 1) << level <= size, "incomplete subtree asked for"
        return tree(LEAVES[index << level : (index + 1) << level])

    return hash_at


def grown(size: int, by: int) -> Extension:
    return extend(extend(Frontier(), LEAVES[:size]).frontier, LEAVES[size : size + by])


@given(sizes, sizes)
def test_growing_gives_the_tree_that_building_at_once_gives(size: int, by: int) -> None:
    extension = grown(size, by)
    leaves = LEAVES[: size + by]
    assert extension.size == size + by
    assert extension.root == extension.frontier.root == root_of(leaves) == tree(leaves)
    assert extension.frontier == extend(Frontier(), leaves).frontier
    assert root_at(size + by, stored(size + by)) == extension.root


@given(sizes, st.integers(1, 40))
def test_every_new_leaf_is_proven_to_the_new_root(size: int, by: int) -> None:
    extension = grown(size, by)
    for i in range(by):
        proof = extension.proof(i)
        assert proof == path(size + i, LEAVES[: size + by])
        verify_inclusion(size + i, size + by, LEAVES[size + i], proof, extension.root)


@given(st.lists(st.integers(0, 9), max_size=12))
def test_it_does_not_matter_how_leaves_are_batched(batches: list[int]) -> None:
    frontier = Frontier()
    for batch in batches:
        at = frontier.size
        frontier = extend(frontier, LEAVES[at : at + batch]).frontier
    assert frontier == extend(Frontier(), LEAVES[: sum(batches)]).frontier


@given(sizes)
def test_a_frontier_reads_and_writes_the_same(size: int) -> None:
    frontier = extend(Frontier(), LEAVES[:size]).frontier
    assert Frontier.from_bytes(frontier.to_bytes()) == frontier


@given(st.binary(max_size=200))
def test_no_bytes_but_a_frontier_s_are_one(data: bytes) -> None:
    try:
        frontier = Frontier.from_bytes(data)
    except FormatError:
        return
    assert frontier.to_bytes() == data


@given(st.integers(1, 300), st.data())
def test_a_proof_from_stored_subtrees_is_the_standard_s(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, stored(size))
    assert proof == path(index, LEAVES[:size])
    assert inclusion_root(index, size, LEAVES[index], proof) == tree(LEAVES[:size])


@given(st.integers(0, 300), st.data())
def test_a_consistency_proof_is_the_standard_s_and_holds(size2: int, data: st.DataObject) -> None:
    size1 = data.draw(st.integers(0, size2))
    proof = consistency_proof(size1, size2, stored(size2))
    assert proof == (subproof(size1, LEAVES[:size2], True) if size1 else [])
    verify_consistency(size1, size2, tree(LEAVES[:size1]), tree(LEAVES[:size2]), proof)


@given(st.integers(1, 80), st.data())
def test_a_tree_with_another_leaf_does_not_extend(size2: int, data: st.DataObject) -> None:
    """Whatever leaf below the old size is replaced, no honest proof hides it."""
    size1 = data.draw(st.integers(1, size2))
    replaced = data.draw(st.integers(0, size1 - 1))
    forged = [*LEAVES[:replaced], leaf_hash(b"forged"), *LEAVES[replaced + 1 : size2]]
    with pytest.raises(ProofError):
        verify_consistency(
            size1,
            size2,
            tree(LEAVES[:size1]),
            tree(forged),
            subproof(size1, forged, True),
        )


def altered(proof: list[bytes], data: st.DataObject) -> list[bytes]:
    """Return the proof with one thing about it changed."""
    changed = list(proof)
    kind = data.draw(st.sampled_from(["byte", "drop", "add", "swap"] if proof else ["add"]))
    at = data.draw(st.integers(0, max(len(proof) - 1, 0)))
    if kind == "byte":
        byte, flip = data.draw(st.integers(0, 31)), data.draw(st.integers(1, 255))
        value = bytearray(changed[at])
        value[byte] ^= flip
        changed[at] = bytes(value)
    elif kind == "drop":
        del changed[at]
    elif kind == "add":
        changed.insert(at, data.draw(st.sampled_from(LEAVES)))
    else:
        changed[0], changed[at] = changed[at], changed[0]
    return changed


@given(st.integers(1, 200), st.data())
def test_every_change_of_an_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = path(index, LEAVES[:size])
    changed = altered(proof, data)
    root = tree(LEAVES[:size])
    if changed != proof:
        with pytest.raises(ProofError):
            verify_inclusion(index, size, LEAVES[index], changed, root)


@given(st.integers(1, 120), st.data())
def test_every_change_of_a_consistency_proof_is_refused(size2: int, data: st.DataObject) -> None:
    size1 = data.draw(st.integers(1, size2))
    proof = subproof(size1, LEAVES[:size2], True)
    changed = altered(proof, data)
    if changed != proof:
        with pytest.raises(ProofError):
            verify_consistency(size1, size2, tree(LEAVES[:size1]), tree(LEAVES[:size2]), changed)


@given(st.integers(1, 120), st.data())
def test_the_checker_accepts_all_leaves_in_any_order(size: int, data: st.DataObject) -> None:
    checker = InclusionChecker(size, tree(LEAVES[:size]))
    order = data.draw(st.permutations(range(size)))
    for index in order:
        checker.check(index, LEAVES[index], path(index, LEAVES[:size]))
    with pytest.raises(ProofError):
        checker.check(order[0], LEAVES[-1], path(order[0], LEAVES[:size]))


def verdict(check: Callable[..., None], *arguments: object) -> str | None:
    try:
        check(*arguments)
    except ProofError as error:
        return error.code
    return None


@settings(max_examples=300)
@given(st.integers(1, 80), st.data())
def test_the_checker_judges_every_proof_as_if_it_were_the_first(
    size: int, data: st.DataObject
) -> None:
    """Good and altered proofs, in any mixture: what was learnt before never changes a verdict."""
    root = tree(LEAVES[:size])
    checker = InclusionChecker(size, root)
    for _ in range(data.draw(st.integers(1, 8))):
        index = data.draw(st.integers(0, size - 1))
        claimed = data.draw(st.sampled_from([index, index, index ^ 1, size - 1]))
        leaf = LEAVES[data.draw(st.sampled_from([index, index, index, 599]))]
        proof = path(index, LEAVES[:size])
        if data.draw(st.booleans()):
            proof = altered(proof, data)
        arguments = claimed, leaf, proof
        fresh = InclusionChecker(size, root)
        first = verdict(verify_inclusion, claimed, size, leaf, proof, root)
        assert verdict(fresh.check, *arguments) == first
        assert verdict(checker.check, *arguments) == first


@given(st.integers(2, 64), st.data())
def test_the_checker_refuses_each_changed_byte_of_a_proof_it_has_accepted(
    size: int, data: st.DataObject
) -> None:
    """Above the node where a proof meets what is known nothing is hashed, and all is compared."""
    index = data.draw(st.integers(0, size - 1))
    proof = path(index, LEAVES[:size])
    checker = InclusionChecker(size, tree(LEAVES[:size]))
    checker.check(index, LEAVES[index], proof)
    for at, value in enumerate(proof):
        for byte in range(32):
            changed = bytearray(value)
            changed[byte] ^= data.draw(st.integers(1, 255)) if byte == 0 else 1
            with pytest.raises(ProofError):
                checker.check(index, LEAVES[index], [*proof[:at], bytes(changed), *proof[at + 1 :]])


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**63 - 1), st.integers(0, 1))
def test_a_leaf_reads_and_writes_the_same(digest: bytes, time: int, cls: int) -> None:
    leaf = Leaf(digest, time, cls)
    assert Leaf.from_bytes(leaf.to_bytes()) == leaf


@given(st.binary(min_size=38, max_size=44))
def test_no_bytes_but_a_leaf_s_are_one(data: bytes) -> None:
    try:
        leaf = Leaf.from_bytes(data)
    except FormatError:
        return
    assert leaf.to_bytes() == data
