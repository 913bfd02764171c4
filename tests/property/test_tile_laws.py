"""Laws of tiles: paths are one to one, and what is published suffices for every proof."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from traceability.core.errors import FormatError
from traceability.core.merkle import (
    MAX_SIZE,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from traceability.core.tiles import (
    ENTRIES,
    Tile,
    decode_entries,
    encode_entries,
    tile_data,
    tile_hash_at,
    tiles_at,
)

# Beyond 65,536 there are three levels; only the edges of so large a log are looked at.
LARGE = 66_000
LEAVES = [leaf_hash(i.to_bytes(3, "big")) for i in range(LARGE)]

tiles = st.builds(Tile, st.integers(ENTRIES, 63), st.integers(0, MAX_SIZE), st.integers(1, 256))


def complete(level: int, index: int) -> bytes:
    return root_of(LEAVES[index << level : (index + 1) << level])


def published(store: dict[str, bytes], new: Iterable[Tile]) -> dict[str, bytes]:
    for tile in new:
        if tile.level != ENTRIES:
            assert tile.path not in store, "a tile is immutable, and written once"
            store[tile.path] = tile_data(tile, complete)
    return store


STORE = published({}, tiles_at(LARGE))


@given(tiles)
def test_a_path_reads_and_writes_the_same(tile: Tile) -> None:
    assert Tile.parse(tile.path) == tile


@given(st.text() | st.from_regex(r"tile/(entries|\d+)/(x?\d{3}/){0,3}\d{3}(\.p/\d+)?"))
def test_no_text_but_a_path_is_one(text: str) -> None:
    try:
        tile = Tile.parse(text)
    except FormatError:
        return
    assert tile.path == text


@given(st.lists(st.integers(0, 300), min_size=1, max_size=6))
def test_publishing_step_by_step_leaves_all_that_the_last_size_needs(steps: list[int]) -> None:
    store: dict[str, bytes] = {}
    size = 0
    for step in steps:
        published(store, tiles_at(size + step, since=size))
        size += step
    assert {tile.path for tile in tiles_at(size) if tile.level != ENTRIES} <= store.keys()
    assert root_at(size, tile_hash_at(store.get, size)) == root_of(LEAVES[:size])


@given(st.integers(0, LARGE - 1))
def test_any_leaf_of_a_large_log_is_proven_from_its_tiles(index: int) -> None:
    hash_at = tile_hash_at(STORE.get, LARGE)
    proof = inclusion_proof(index, LARGE, hash_at)
    verify_inclusion(index, LARGE, LEAVES[index], proof, ROOT)


@given(st.integers(0, LARGE))
def test_any_smaller_log_is_proven_consistent_from_the_tiles(size: int) -> None:
    hash_at = tile_hash_at(STORE.get, LARGE)
    proof = consistency_proof(size, LARGE, hash_at)
    # An earlier size reads full tiles where its own partial ones have gone.
    verify_consistency(size, LARGE, root_at(size, hash_at), ROOT, proof)


ROOT = root_of(LEAVES)


@given(st.lists(st.binary(max_size=60), max_size=30))
def test_a_bundle_reads_and_writes_the_same(entries: list[bytes]) -> None:
    assert decode_entries(encode_entries(entries), len(entries)) == entries


@given(st.binary(max_size=60), st.integers(0, 256))
def test_no_bytes_but_a_bundle_s_are_one(data: bytes, width: int) -> None:
    try:
        entries = decode_entries(data, width)
    except FormatError:
        return
    assert len(entries) == width
    assert encode_entries(entries) == data
