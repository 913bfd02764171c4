"""Signed notes: who counts, who is ignored, and what is refused."""

from base64 import b64encode
from hashlib import sha256

import pytest

from traceability.core.errors import FormatError, ProofError
from traceability.core.keys import PrivateKey
from traceability.core.note import (
    MAX_NOTE_BYTES,
    Cosigner,
    Note,
    NoteSigner,
    Signature,
    open_note,
    parse_signatures,
)
from traceability.core.vkey import SignatureType, VerifierKey

TEXT = "Dứa Cầu Đúc\n\nba tấn, bốn tạ\n"
COOPERATIVE = NoteSigner("htx.example", PrivateKey.from_seed(bytes(32)))
SCHOOL = NoteSigner("truong.example", PrivateKey.from_seed(bytes([1]) * 32))
WITNESS = Cosigner("nhan-chung.example", PrivateKey.from_seed(bytes([2]) * 32))
SIGNED = Note(TEXT, (COOPERATIVE.sign(TEXT),)).to_bytes()


def vkey(name: str, material: bytes) -> str:
    key_id = sha256(name.encode("utf-8", "surrogatepass") + b"\n" + material).digest()[:4]
    return f"{name}+{key_id.hex()}+{b64encode(material).decode()}"


def test_a_note_opens_under_the_key_that_signed_it() -> None:
    opened = open_note(SIGNED, [COOPERATIVE.key])
    assert opened.text == TEXT
    assert [(each.key, each.time) for each in opened.verified] == [(COOPERATIVE.key, None)]


def test_the_text_may_hold_empty_lines_for_the_last_one_parts_it() -> None:
    text = "\n\n— ai đó AAAA\n\n"
    note = Note(text, (COOPERATIVE.sign(text),)).to_bytes()
    assert open_note(note, [COOPERATIVE.key]).text == text


def test_two_signers_are_both_found() -> None:
    note = Note(TEXT, (COOPERATIVE.sign(TEXT), SCHOOL.sign(TEXT))).to_bytes()
    opened = open_note(note, [SCHOOL.key, COOPERATIVE.key])
    assert [each.key for each in opened.verified] == [COOPERATIVE.key, SCHOOL.key]


def test_a_cosignature_tells_its_time() -> None:
    note = Note(TEXT, (WITNESS.sign(TEXT, 1_790_000_000),)).to_bytes()
    assert [each.time for each in open_note(note, [WITNESS.key]).verified] == [1_790_000_000]


def test_a_cosignature_does_not_stand_with_another_time() -> None:
    good = WITNESS.sign(TEXT, 1_790_000_000)
    moved = Signature(good.name, good.key_id, (1_790_000_001).to_bytes(8, "big") + good.value[8:])
    with pytest.raises(ProofError, match=r"note\.signature"):
        open_note(Note(TEXT, (moved,)).to_bytes(), [WITNESS.key])


def test_a_cosignature_beyond_all_times_is_refused() -> None:
    late = WITNESS.sign(TEXT, 2**63)
    with pytest.raises(ProofError, match=r"note\.signature"):
        open_note(Note(TEXT, (late,)).to_bytes(), [WITNESS.key])


@pytest.mark.parametrize("length", [1, 63, 65, 71, 73])
def test_a_known_key_s_signature_of_another_length_rejects_the_note(length: int) -> None:
    for key in (COOPERATIVE.key, WITNESS.key):
        short = Signature(key.name, key.id, bytes(length))
        with pytest.raises(ProofError, match=r"note\.signature"):
            open_note(Note(TEXT, (short,)).to_bytes(), [key])


def test_the_same_key_as_signer_and_as_witness_has_two_ids() -> None:
    private = PrivateKey.from_seed(bytes([3]) * 32)
    signer, cosigner = NoteSigner("hai-vai.example", private), Cosigner("hai-vai.example", private)
    assert signer.key.id != cosigner.key.id
    note = Note(TEXT, (signer.sign(TEXT), cosigner.sign(TEXT, 7))).to_bytes()
    assert [each.time for each in open_note(note, [signer.key, cosigner.key]).verified] == [None, 7]


@pytest.mark.parametrize(
    "stranger",
    [
        Signature("la.example", COOPERATIVE.key.id, bytes(64)),
        Signature(COOPERATIVE.key.name, b"\0\0\0\1", bytes(64)),
        Signature("hau-luong-tu.example", b"\6\6\6\6", bytes(2420)),
    ],
)
def test_lines_of_unknown_keys_are_ignored(stranger: Signature) -> None:
    note = Note(TEXT, (stranger, COOPERATIVE.sign(TEXT), stranger)).to_bytes()
    assert [each.key for each in open_note(note, [COOPERATIVE.key]).verified] == [COOPERATIVE.key]


def test_one_bad_line_of_a_known_key_rejects_the_note_beside_a_good_one() -> None:
    bad = Signature(SCHOOL.key.name, SCHOOL.key.id, bytes(64))
    note = Note(TEXT, (COOPERATIVE.sign(TEXT), bad)).to_bytes()
    with pytest.raises(ProofError, match=r"note\.signature"):
        open_note(note, [COOPERATIVE.key, SCHOOL.key])
    assert open_note(note, [COOPERATIVE.key]).text == TEXT


def test_a_note_that_nobody_known_has_signed_does_not_open() -> None:
    for keys in ([], [SCHOOL.key]):
        with pytest.raises(ProofError, match=r"note\.unsigned"):
            open_note(SIGNED, keys)


def test_sixteen_post_quantum_signatures_are_borne() -> None:
    strangers = [Signature(f"w{n}.example", b"\6\0\0\0", bytes(2420)) for n in range(16)]
    note = Note(TEXT, (*strangers, COOPERATIVE.sign(TEXT))).to_bytes()
    assert len(note) < MAX_NOTE_BYTES
    assert open_note(note, [COOPERATIVE.key]).text == TEXT


def test_a_note_beyond_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(FormatError, match=r"note\.too-large"):
        open_note(b"\xff" * (MAX_NOTE_BYTES + 1), [COOPERATIVE.key])
    with pytest.raises(FormatError, match=r"note\.too-large"):
        parse_signatures(b"\xff" * (MAX_NOTE_BYTES + 1))


LINE = str(COOPERATIVE.sign(TEXT))


@pytest.mark.parametrize(
    "lines",
    [
        "",
        LINE,
        LINE + "\n\n",
        "x" + LINE + "\n",
        LINE.replace("\u2014", "-") + "\n",
        LINE.replace(" ", "  ", 1) + "\n",
        LINE.replace(" ", "\u00a0") + "\n",
        LINE + " \n",
        LINE[:-1] + "\n",
        LINE.replace("htx.example", "") + "\n",
        LINE.replace("htx.example", "htx+example") + "\n",
        LINE.replace("htx.example", "htx\u2028example") + "\n",
        "\u2014 htx.example AAAAAA==\n",
        "\u2014 htx.example AAAAAAB=\n",
        "\u2014 htx.example\n",
        "\u2014 \n",
        LINE + "\r\n",
        LINE + "\n" + "lạ\n",
        (LINE + "\n") * 101,
    ],
)
def test_mangled_signature_lines_are_refused(lines: str) -> None:
    for parse in (Note.parse, lambda data: parse_signatures(data[len(TEXT) + 1 :])):
        with pytest.raises(FormatError, match=r"note\.malformed"):
            parse(f"{TEXT}\n{lines}".encode())


@pytest.mark.parametrize("data", [b"", b"\n", b"\n\n", b"a\n" + LINE.encode() + b"\n", b"\xff\n\n"])
def test_bytes_that_are_no_note_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"note\.malformed"):
        Note.parse(data)


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "nul\0\n", "\ud800\n", "\r\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(FormatError, match=r"note\.malformed"):
        COOPERATIVE.sign(text)
    with pytest.raises(FormatError, match=r"note\.malformed"):
        WITNESS.sign(text, 0)


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\nb", "a\tb", "a\u00a0b", "a\u3000b", "a\x85b", "a\x1fb", "\ud800"]
)
def test_a_name_that_no_signer_can_have_is_refused(name: str) -> None:
    private = PrivateKey.from_seed(bytes(32))
    for make in (NoteSigner, Cosigner):
        with pytest.raises(FormatError, match=r"note\.name"):
            make(name, private)
    with pytest.raises(FormatError, match=r"note\.key"):
        VerifierKey.parse(vkey(name, b"\1" + private.public.raw))


def test_vietnamese_names_are_names() -> None:
    signer = NoteSigner("hợp-tác-xã.example/sổ", PrivateKey.from_seed(bytes(32)))
    assert VerifierKey.parse(str(signer.key)) == signer.key
    note = Note(TEXT, (signer.sign(TEXT),)).to_bytes()
    assert open_note(note, [signer.key]).text == TEXT


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "note.key"),
        ("++", "note.key"),
        (str(COOPERATIVE.key).replace("+", " "), "note.key"),
        (str(COOPERATIVE.key).replace("htx", "HTX"), "note.key"),
        (str(COOPERATIVE.key) + "\n", "note.key"),
        (vkey("a", b""), "note.key"),
        (vkey("a", b"\1" + bytes(31)), "key.malformed"),
        (vkey("a", b"\1" + bytes(33)), "key.malformed"),
        (vkey("a", b"\1" + bytes(32)), "key.weak"),
        (vkey("a", b"\4\1" + bytes(31)), "key.weak"),
        (vkey("a", b"\6" + bytes(1312)), "note.key-type"),
        (vkey("a", b"\xff" + bytes(32)), "note.key-type"),
        (vkey("a", b"\2" + COOPERATIVE.key.public.raw), "note.key-type"),
    ],
)
def test_each_wrong_verifier_key_is_refused_with_its_reason(text: str, code: str) -> None:
    with pytest.raises(FormatError) as refusal:
        VerifierKey.parse(text)
    assert refusal.value.code == code


def test_a_key_id_in_capitals_is_refused() -> None:
    name, digits, material = str(SCHOOL.key).split("+", 2)
    assert digits != digits.upper()
    with pytest.raises(FormatError, match=r"note\.key"):
        VerifierKey.parse(f"{name}+{digits.upper()}+{material}")


def test_two_keys_that_signature_lines_cannot_tell_apart_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Four bytes of hash can be made to collide; here they are made the same by force."""
    twin = VerifierKey(COOPERATIVE.key.name, SignatureType.ED25519, SCHOOL.key.public)
    monkeypatch.setattr(VerifierKey, "id", COOPERATIVE.key.id)
    with pytest.raises(FormatError, match=r"note\.key-clash"):
        open_note(SIGNED, [COOPERATIVE.key, twin])
    assert open_note(SIGNED, [COOPERATIVE.key, COOPERATIVE.key]).text == TEXT


def test_a_witness_s_answer_is_signature_lines_alone() -> None:
    line = WITNESS.sign(TEXT, 5)
    assert parse_signatures(f"{line}\n{line}\n".encode()) == (line, line)
