"""Tiles: the example of the specification, and what is refused."""

import pytest

from traceability.core.errors import FormatError, ProofError
from traceability.core.merkle import inclusion_proof, leaf_hash
from traceability.core.tiles import (
    ENTRIES,
    Tile,
    decode_entries,
    encode_entries,
    tile_data,
    tile_hash_at,
    tile_of,
    tiles_at,
)

LEAVES = [leaf_hash(bytes([i])) for i in range(5)]


def test_a_path_groups_the_index_by_three_digits() -> None:
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
    assert Tile(2, 0, 1).path == "tile/2/000.p/1"
    assert Tile(ENTRIES, 999, 255).path == "tile/entries/999.p/255"
    assert Tile(63, 1000).path == "tile/63/x001/000"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/012",
        "tile/0/000.p/",
        "tile/-1/000",
        "tile/data/000",
        "tile/0/٠٠١",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/0/../000",
        "tile/0/" + "x999/" * 6 + "999",
        "tile/0/" + "x999/" * 5000 + "999",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(FormatError, match=r"tile\.path"):
        Tile.parse(path)


def test_a_log_of_70000_has_the_tiles_of_the_specification_s_example() -> None:
    tiles = list(tiles_at(70_000))
    level0 = [tile for tile in tiles if tile.level == 0]
    assert [tile.is_full for tile in level0] == [True] * 273 + [False]
    assert level0[-1].path == "tile/0/273.p/112"
    assert [tile.path for tile in tiles if tile.level == 1] == ["tile/1/000", "tile/1/001.p/17"]
    assert [tile.path for tile in tiles if tile.level == 2] == ["tile/2/000.p/1"]
    assert max(tile.level for tile in tiles) == 2
    entries = [tile for tile in tiles if tile.level == ENTRIES]
    assert [(tile.index, tile.width) for tile in entries] == [
        (tile.index, tile.width) for tile in level0
    ]


def test_a_log_of_256_has_one_full_tile_and_its_hash_above() -> None:
    paths = [tile.path for tile in tiles_at(256)]
    assert paths == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]


def test_an_empty_log_has_no_tiles() -> None:
    assert list(tiles_at(0)) == []


def test_growth_names_new_tiles_only_and_what_they_are_made_of_first() -> None:
    assert [tile.path for tile in tiles_at(514, since=510)] == [
        "tile/entries/001",
        "tile/entries/002.p/2",
        "tile/0/001",
        "tile/0/002.p/2",
        "tile/1/000.p/2",
    ]
    assert list(tiles_at(514, since=514)) == []


def store(tiles: dict[str, bytes], width: int = 5) -> dict[str, bytes]:
    return {**tiles, Tile(0, 0, width).path: b"".join(LEAVES[:width])}


def test_a_tile_is_its_hashes_one_after_another() -> None:
    assert tile_data(Tile(0, 0, 5), lambda _level, index: LEAVES[index]) == b"".join(LEAVES)


def test_an_entry_bundle_has_no_hashes() -> None:
    with pytest.raises(FormatError, match=r"tile\.path"):
        tile_data(Tile(ENTRIES, 0, 5), lambda _level, index: LEAVES[index])


def test_a_partial_tile_that_is_gone_is_read_from_the_full_one() -> None:
    full = LEAVES + [leaf_hash(b"later")] * 251
    tiles = {"tile/0/000": b"".join(full)}
    before = tile_hash_at(store({}).get, 5)
    after = tile_hash_at(tiles.get, 5)
    assert [inclusion_proof(i, 5, before) for i in range(5)] == [
        inclusion_proof(i, 5, after) for i in range(5)
    ]


@pytest.mark.parametrize(
    ("tiles", "code"),
    [
        ({}, "tile.missing"),
        ({"tile/0/000.p/4": bytes(4 * 32)}, "tile.missing"),
        ({"tile/0/000.p/5": bytes(4 * 32)}, "tile.malformed"),
        ({"tile/0/000.p/5": bytes(5 * 32 + 1)}, "tile.malformed"),
        ({"tile/0/000": bytes(255 * 32)}, "tile.malformed"),
    ],
)
def test_missing_and_mangled_tiles_are_told_apart(tiles: dict[str, bytes], code: str) -> None:
    with pytest.raises((FormatError, ProofError), match=code):
        tile_hash_at(tiles.get, 5)(0, 0)


@pytest.mark.parametrize(("level", "index"), [(0, 5), (0, 256), (1, 2), (3, 0), (8, 0), (0, -1)])
def test_incomplete_subtrees_are_never_read(level: int, index: int) -> None:
    with pytest.raises(ProofError, match=r"proof\.index"):
        tile_hash_at(store({}).get, 5)(level, index)


def test_a_leaf_lies_in_the_tile_of_its_256() -> None:
    assert tile_of(0, 69_999, 70_000) == Tile(0, 273, 112)
    assert tile_of(ENTRIES, 255, 70_000) == Tile(ENTRIES, 0)
    assert tile_of(1, 272, 70_000) == Tile(1, 1, 17)


def test_a_bundle_is_entries_after_their_lengths() -> None:
    assert encode_entries([b"ab", b"", b"c"]) == b"\0\2ab\0\0\0\1c"


def test_an_entry_too_long_for_its_length_is_refused() -> None:
    assert len(encode_entries([bytes(65_535)])) == 65_537
    with pytest.raises(FormatError, match=r"tile\.entry-size"):
        encode_entries([bytes(65_536)])


@pytest.mark.parametrize(
    ("data", "width"),
    [
        (b"\0\2ab", 2),
        (b"\0\2ab\0\1c", 1),
        (b"\0\2a", 1),
        (b"\0", 1),
        (b"\0\2ab\0", 2),
        (b"", 1),
        (b"x", 0),
    ],
)
def test_a_bundle_of_another_width_or_cut_short_is_refused(data: bytes, width: int) -> None:
    with pytest.raises(FormatError, match=r"tile\.malformed"):
        decode_entries(data, width)
