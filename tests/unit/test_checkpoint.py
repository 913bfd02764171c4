"""Checkpoints: their text, the log's signature, and witnesses."""

import pytest

from traceability.core.checkpoint import (
    Checkpoint,
    Cosignature,
    add_cosignatures,
    open_checkpoint,
    sign_checkpoint,
)
from traceability.core.errors import FormatError, ProofError
from traceability.core.keys import PrivateKey
from traceability.core.merkle import EMPTY_ROOT, leaf_hash
from traceability.core.note import Cosigner, Note, NoteSigner

LOG = NoteSigner("goc.example/so-cai", PrivateKey.from_seed(bytes(32)))
OTHER_LOG = NoteSigner("goc.example/so-khac", PrivateKey.from_seed(bytes(32)))
EAST = Cosigner("dong.example", PrivateKey.from_seed(bytes([1]) * 32))
WEST = Cosigner("tay.example", PrivateKey.from_seed(bytes([2]) * 32))
HEAD = Checkpoint("goc.example/so-cai", 7, leaf_hash(b"seven"))
NOTE = sign_checkpoint(HEAD, LOG)


def answer(*lines: object) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def test_a_checkpoint_is_three_lines() -> None:
    empty = Checkpoint("goc.example/so-cai", 0, EMPTY_ROOT)
    assert empty.text == "goc.example/so-cai\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    assert Checkpoint.parse(empty.text) == empty


def test_extension_lines_are_kept() -> None:
    extended = Checkpoint(HEAD.origin, HEAD.size, HEAD.root, ("một", "hai"))
    assert extended.text == HEAD.text + "một\nhai\n"
    assert Checkpoint.parse(extended.text) == extended


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a\n0\n",
        HEAD.text[:-1],
        HEAD.text + "\n",
        HEAD.text.replace("\n7\n", "\n07\n"),
        HEAD.text.replace("\n7\n", "\n+7\n"),
        HEAD.text.replace("\n7\n", "\n-7\n"),
        HEAD.text.replace("\n7\n", "\n 7\n"),
        HEAD.text.replace("\n7\n", "\n7.0\n"),
        HEAD.text.replace("\n7\n", "\n٧\n"),
        HEAD.text.replace("\n7\n", "\n\n"),
        HEAD.text.replace("\n7\n", f"\n{2**63}\n"),
        HEAD.text.replace("\n7\n", "\n" + "9" * 5000 + "\n"),
        HEAD.text.replace(HEAD.origin, ""),
        HEAD.text.replace(HEAD.origin, "tab\t"),
        "a\n7\nAAAA\n",
        "a\n7\n" + "A" * 44 + "\n",
        HEAD.text.replace("=", ""),
        HEAD.text.replace("=", "=="),
    ],
)
def test_other_texts_are_no_checkpoint(text: str) -> None:
    with pytest.raises(FormatError, match=r"checkpoint\.malformed"):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions"),
    [
        ("", 1, EMPTY_ROOT, ()),
        ("a\nb", 1, EMPTY_ROOT, ()),
        ("a", -1, EMPTY_ROOT, ()),
        ("a", 2**63, EMPTY_ROOT, ()),
        ("a", 1, b"short", ()),
        ("a", 1, EMPTY_ROOT, ("",)),
        ("a", 1, EMPTY_ROOT, ("\ud800",)),
    ],
)
def test_a_checkpoint_that_cannot_be_written_is_not_made(
    origin: str, size: int, root: bytes, extensions: tuple[str, ...]
) -> None:
    with pytest.raises(FormatError, match=r"checkpoint\.malformed"):
        Checkpoint(origin, size, root, extensions)


def test_a_signed_checkpoint_opens_under_the_log_s_key() -> None:
    opened = open_checkpoint(NOTE, LOG.key)
    assert opened.checkpoint == HEAD
    assert opened.cosignatures == ()


def test_a_log_signs_under_its_own_name_only() -> None:
    with pytest.raises(ProofError, match=r"checkpoint\.origin"):
        sign_checkpoint(HEAD, OTHER_LOG)


def test_a_checkpoint_of_another_origin_is_refused_though_the_key_signed_it() -> None:
    stolen = Note(HEAD.text, (OTHER_LOG.sign(HEAD.text),)).to_bytes()
    with pytest.raises(ProofError, match=r"checkpoint\.origin"):
        open_checkpoint(stolen, OTHER_LOG.key)


def test_a_note_that_is_no_checkpoint_is_refused_though_the_log_signed_it() -> None:
    with pytest.raises(FormatError, match=r"checkpoint\.malformed"):
        open_checkpoint(Note("hello\n", (LOG.sign("hello\n"),)).to_bytes(), LOG.key)


def test_witnesses_do_not_stand_in_for_the_log() -> None:
    note = Note(HEAD.text, (EAST.sign(HEAD.text, 5),)).to_bytes()
    with pytest.raises(ProofError, match=r"checkpoint\.unsigned"):
        open_checkpoint(note, LOG.key, [EAST.key])


def test_keys_serve_only_for_what_their_type_says() -> None:
    with pytest.raises(FormatError, match=r"note\.key-type"):
        open_checkpoint(NOTE, EAST.key)
    with pytest.raises(FormatError, match=r"note\.key-type"):
        open_checkpoint(NOTE, LOG.key, [LOG.key])


def test_cosignatures_tell_who_saw_it_and_when() -> None:
    note = add_cosignatures(NOTE, answer(EAST.sign(HEAD.text, 5)), LOG.key, [EAST.key])
    note = add_cosignatures(note, answer(WEST.sign(HEAD.text, 6)), LOG.key, [WEST.key])
    opened = open_checkpoint(note, LOG.key, [WEST.key, EAST.key])
    assert opened.cosignatures == (Cosignature(EAST.key, 5), Cosignature(WEST.key, 6))
    assert open_checkpoint(note, LOG.key, [WEST.key]).cosignatures == (Cosignature(WEST.key, 6),)


def test_a_later_cosignature_takes_the_place_of_the_earlier() -> None:
    witnesses = [EAST.key]
    first = add_cosignatures(NOTE, answer(EAST.sign(HEAD.text, 5)), LOG.key, witnesses)
    second = add_cosignatures(first, answer(EAST.sign(HEAD.text, 9)), LOG.key, witnesses)
    assert len(Note.parse(second).signatures) == 2
    assert open_checkpoint(second, LOG.key, witnesses).cosignatures == (Cosignature(EAST.key, 9),)


def test_a_witness_that_appears_twice_counts_once_with_its_latest_time() -> None:
    lines = (LOG.sign(HEAD.text), EAST.sign(HEAD.text, 9), EAST.sign(HEAD.text, 5))
    opened = open_checkpoint(Note(HEAD.text, lines).to_bytes(), LOG.key, [EAST.key])
    assert opened.cosignatures == (Cosignature(EAST.key, 9),)


def test_what_strangers_answer_is_dropped() -> None:
    lines = answer(WEST.sign(HEAD.text, 5), OTHER_LOG.sign("lies\n"), LOG.sign("lies\n"))
    assert add_cosignatures(NOTE, lines, LOG.key, [EAST.key]) == NOTE


def test_a_witness_s_bad_line_never_gets_into_a_checkpoint() -> None:
    other = Checkpoint(HEAD.origin, 8, HEAD.root)
    with pytest.raises(ProofError, match=r"note\.signature"):
        add_cosignatures(NOTE, answer(EAST.sign(other.text, 5)), LOG.key, [EAST.key])
    with pytest.raises(FormatError, match=r"note\.malformed"):
        add_cosignatures(NOTE, b"502 Bad Gateway\n", LOG.key, [EAST.key])


def test_a_checkpoint_of_a_forked_log_opens_for_one_who_has_seen_neither() -> None:
    """A signature alone does not show a fork: that takes a consistency proof, or witnesses."""
    fork = Checkpoint(HEAD.origin, HEAD.size, leaf_hash(b"another seven"))
    assert open_checkpoint(sign_checkpoint(fork, LOG), LOG.key).checkpoint == fork
