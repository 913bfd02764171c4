"""Signed notes, a tree head and tile paths as the Go project's ``sumdb`` tests have them."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from traceability.core.checkpoint import Checkpoint
from traceability.core.errors import FormatError, ProofError
from traceability.core.keys import PrivateKey
from traceability.core.merkle import EMPTY_ROOT, Frontier, leaf_hash, root_of
from traceability.core.note import Note, NoteSigner, Signature, open_note
from traceability.core.tiles import ENTRIES, Tile
from traceability.core.vkey import VerifierKey

Go = dict[str, Any]


@pytest.fixture(scope="module")
def go(shared_vectors: Path) -> Go:
    found: Go = json.loads((shared_vectors / "note-tlog-go.json").read_bytes())
    return found


@pytest.fixture(scope="module")
def peter(go: Go) -> VerifierKey:
    return VerifierKey.parse(go["vkeys"]["peter"])


@pytest.fixture(scope="module")
def enoch(go: Go) -> VerifierKey:
    return VerifierKey.parse(go["vkeys"]["enoch"])


def note(go: Go, *signatures: str) -> bytes:
    return "".join((go["text"], "\n", *signatures)).encode()


def test_verifier_keys_read_and_write_the_same(go: Go) -> None:
    for text in go["vkeys"].values():
        assert str(VerifierKey.parse(text)) == text


def test_bad_verifier_keys_are_refused(go: Go) -> None:
    for text in go["bad_vkeys"]:
        with pytest.raises(FormatError):
            VerifierKey.parse(text)


def test_every_part_of_a_verifier_key_is_refused(go: Go) -> None:
    for text in go["vkeys"].values():
        for start in range(len(text)):
            for end in range(start, len(text) + 1):
                if text[start:end] != text:
                    with pytest.raises(FormatError):
                        VerifierKey.parse(text[start:end])


def test_every_increment_of_a_verifier_key_is_refused(go: Go) -> None:
    for text in go["vkeys"].values():
        for at, letter in enumerate(text):
            with pytest.raises(FormatError):
                VerifierKey.parse(text[:at] + chr(ord(letter) + 1) + text[at + 1 :])


def test_notes_open_for_whoever_knows_a_signer(
    go: Go, peter: VerifierKey, enoch: VerifierKey
) -> None:
    both = note(go, go["peter_sig"], go["enoch_sig"])
    for keys in ([peter], [enoch], [peter, enoch]):
        opened = open_note(both, keys)
        assert opened.text == go["text"]
        assert [each.key for each in opened.verified] == keys
    assert Note.parse(both).to_bytes() == both


def test_a_note_signed_by_strangers_alone_does_not_open(go: Go, enoch: VerifierKey) -> None:
    with pytest.raises(ProofError, match=r"note\.unsigned"):
        open_note(note(go, go["peter_sig"]), [enoch])


def test_signing_with_the_go_tests_key_gives_the_go_tests_line(go: Go) -> None:
    # PRIVATE+KEY+<name>+<key id>+<base64 of type byte and seed>
    name, _, encoded = go["test_skey_peter"].split("+", 4)[2:]
    signer = NoteSigner(name, PrivateKey.from_seed(b64decode(encoded)[1:]))
    assert f"{signer.sign(go['text'])}\n" == go["peter_sig"]
    assert str(signer.key) == go["vkeys"]["peter"]


def test_malformed_notes_are_refused(go: Go, peter: VerifierKey) -> None:
    good = note(go, go["peter_sig"])
    crowd = note(go, *([go["peter_sig"]] * 101))
    for data in [*(text.encode() for text in go["malformed"]), b"\xff" + good, crowd]:
        with pytest.raises(FormatError, match=r"note\.malformed"):
            open_note(data, [peter])


def test_a_known_key_that_fails_rejects_the_note(
    go: Go, peter: VerifierKey, enoch: VerifierKey
) -> None:
    bad = go["invalid_sig_known_key"].encode()
    for data in (bad, bad + go["enoch_sig"].encode()):
        with pytest.raises(ProofError, match=r"note\.signature"):
            open_note(data, [peter, enoch])


def test_a_signature_line_reads_and_writes_the_same(go: Go) -> None:
    for line in (go["peter_sig"], go["enoch_sig"]):
        assert f"{Signature.parse(line[:-1])}\n" == line


def test_the_go_checksum_database_s_tree_head_is_a_checkpoint(go: Go) -> None:
    checkpoint = Checkpoint.parse(go["tree"]["text"])
    assert checkpoint.origin == "go.sum database tree"
    assert checkpoint.size == 123456789012
    assert checkpoint.root == leaf_hash(b"hello world")
    assert checkpoint.text == go["tree"]["text"]


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root_of([]) == Frontier().root == EMPTY_ROOT
    assert EMPTY_ROOT.hex().startswith("e3b0c44298fc1c14")


def test_tile_paths_number_their_tiles_as_go_does(go: Go) -> None:
    """Go's paths name the tile height as well, which C2SP has fixed at 8."""
    for path, height, level, index, width in go["tile_paths_H_L_N_W"]:
        ours = "tile/" + path.removeprefix(f"tile/{height}/").replace("data/", "entries/")
        full = width == 1 << height
        tile = Tile(ENTRIES if level == -1 else level, index, 256 if full else width)
        assert tile.path == ours
        assert Tile.parse(ours) == tile


def test_bad_tile_paths_are_refused(go: Go) -> None:
    for path in go["bad_tile_paths"]:
        for text in (path, path.replace("tile/3/", "tile/")):
            with pytest.raises(FormatError, match=r"tile\.path"):
                Tile.parse(text)
