"""The phone's verifier judges others' test vectors as the reference does."""

import json
from collections.abc import Iterator
from hashlib import sha256, sha512
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.phone import Phone
from traceability.core import b64
from traceability.core.errors import FormatError
from traceability.core.keys import PrivateKey
from traceability.core.lines import base64

Case = dict[str, Any]
LENGTHS = (0, 1, 3, 41, 55, 56, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 1000, 10_000)

#: Whether each signature stands: by the browser's Ed25519, and by the script's own arithmetic.
_BOTH = """(cases) => Promise.all(cases.map(async ([key, signature, message]) => {
  let found;
  try {
    found = publicKey(unbase64(key));
  } catch (error) {
    return error.code;
  }
  const [s, m] = [unbase64(signature), unbase64(message)];
  const browsers = await found.verify(s, m);
  found.imported = Promise.resolve(null);
  return [browsers, await found.verify(s, m)];
}))"""


@pytest.fixture(scope="module")
def phone(chromium: Browser) -> Iterator[Phone]:
    context = chromium.new_context()
    yield Phone(context.new_page())
    context.close()


def load(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_bytes())


def test_hashes_are_those_of_the_standard_at_every_length_where_padding_turns(
    phone: Phone,
) -> None:
    texts = [bytes(at % 251 for at in range(length)) for length in LENGTHS]
    said = phone.ask(
        "(texts) => texts.map(unbase64).map((each) => [hex(sha256(each)), hex(sha512(each))])",
        [base64(each) for each in texts],
    )
    assert said == [[sha256(each).hexdigest(), sha512(each).hexdigest()] for each in texts]


def test_base64url_has_one_spelling_here_as_there(phone: Phone) -> None:
    random = Random(5)
    letters = b64.ALPHABET
    texts = [
        "".join(random.choice(letters) for _ in range(random.randrange(12)))
        + random.choice(("", "", "", "=", "+", "/", " ", "\n"))
        for _ in range(5000)
    ]
    texts.append("A" * 80_000)
    said = phone.ask(
        "(texts) => texts.map((each) => { const b = unbase64url(each); return b && hex(b) })", texts
    )
    assert said == [spelt(each) for each in texts]
    assert None in said


def spelt(text: str) -> str | None:
    try:
        return b64.decode(text).hex()
    except FormatError:
        return None


def test_an_edge_case_of_ed25519_stands_exactly_when_it_carries_no_flag(
    phone: Phone, shared_vectors: Path
) -> None:
    cases: list[Case] = load(shared_vectors, "ed25519-cctv.json")
    said = phone.ask(
        _BOTH,
        [
            [
                base64(bytes.fromhex(each["key"])),
                base64(bytes.fromhex(each["sig"])),
                base64(each["msg"].encode()),
            ]
            for each in cases
        ],
    )
    weak = {"low_order_A", "low_order_component_A", "non_canonical_A"}
    expected = [
        "key.weak" if weak & set(each["flags"] or ()) else [not each["flags"]] * 2 for each in cases
    ]
    assert [
        each["number"] for each, a, b in zip(cases, said, expected, strict=True) if a != b
    ] == []
    assert [True, True] in said
    assert [False, False] in said
    assert "key.weak" in said


def test_a_signature_holds_for_its_own_message_alone_with_the_browsers_help_or_without(
    phone: Phone,
) -> None:
    cases = []
    for n in range(40):
        key = PrivateKey.from_seed(bytes([n]) * 32)
        message = bytes(range(n)) * n
        signature = key.sign(message)
        bit = bytes([signature[n] ^ 1 << n % 8])
        changed = signature[:n] + bit + signature[n + 1 :]
        above = int.from_bytes(signature[32:], "little") + 2**252 + _L_LOW
        malleable = signature[:32] + above.to_bytes(32, "little")
        x = base64(key.public.raw)
        others = (signature, changed, malleable, signature[:63], b"")
        cases += [[x, base64(each), base64(message)] for each in others]
        cases.append([x, base64(signature), base64(message + b".")])
    said = phone.ask(_BOTH, cases)
    assert said == [[n % 6 == 0] * 2 for n in range(len(cases))]


_L_LOW = 27742317777372353535851937790883648493


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_of_another_length_is_refused(phone: Phone, length: int) -> None:
    assert phone.ask(_BOTH, [[base64(bytes(length)), "", ""]]) == ["key.malformed"]


def test_every_inclusion_probe_is_judged_as_its_makers_say(
    phone: Phone, shared_vectors: Path
) -> None:
    cases: list[Case] = load(shared_vectors, "merkle-inclusion.json")
    said = phone.ask(
        """(cases) => Promise.all(cases.map(([index, size, leaf, proof, root]) => stands(() =>
          checkInclusion(BigInt(index), BigInt(size), unbase64(leaf), proof.map(unbase64),
                         unbase64(root)))))""",
        [
            [str(c["leafIdx"]), str(c["treeSize"]), c["leafHash"], c["proof"] or [], c["root"]]
            for c in cases
        ],
    )
    assert said == [not each["wantErr"] for each in cases]
    assert len(cases) == 98


def test_every_consistency_probe_is_judged_as_its_makers_say(
    phone: Phone, shared_vectors: Path
) -> None:
    cases: list[Case] = load(shared_vectors, "merkle-consistency.json")
    said = phone.ask(
        """(cases) => Promise.all(cases.map(([size1, size2, root1, root2, proof]) => stands(() =>
          checkConsistency(BigInt(size1), BigInt(size2), unbase64(root1), unbase64(root2),
                           proof.map(unbase64)))))""",
        [
            [str(c["size1"]), str(c["size2"]), c["root1"], c["root2"], c["proof"] or []]
            for c in cases
        ],
    )
    assert said == [not each["wantErr"] for each in cases]
    assert len(cases) == 98


# -- notes ---------------------------------------------------------------------------------------
_VKEYS = "(texts) => Promise.all(texts.map((each) => stands(() => new VerifierKey(each))))"
_OPENS = """(cases) => Promise.all(cases.map(([note, keys]) => stands(() =>
  openNote(unbase64(note), keys.map((key) => new VerifierKey(key))))))"""


def test_verifier_keys_are_read_as_go_does(phone: Phone, shared_vectors: Path) -> None:
    go = load(shared_vectors, "note-tlog-go.json")
    good = list(go["vkeys"].values())
    parts = [
        text[start:end]
        for text in good
        for start in range(len(text))
        for end in range(start, len(text) + 1)
        if text[start:end] != text
    ]
    raised = [
        text[:at] + chr(ord(letter) + 1) + text[at + 1 :]
        for text in good
        for at, letter in enumerate(text)
    ]
    assert phone.ask(_VKEYS, good) == [True] * len(good)
    assert not any(phone.ask(_VKEYS, [*go["bad_vkeys"], *parts, *raised]))


def test_notes_open_as_go_s_do(phone: Phone, shared_vectors: Path) -> None:
    go = load(shared_vectors, "note-tlog-go.json")
    peter, enoch = go["vkeys"]["peter"], go["vkeys"]["enoch"]

    def note(*signatures: str) -> bytes:
        return "".join((go["text"], "\n", *signatures)).encode()

    both, one = note(go["peter_sig"], go["enoch_sig"]), note(go["peter_sig"])
    bad = go["invalid_sig_known_key"].encode()
    cases = [
        *((both, keys, True) for keys in ([peter], [enoch], [peter, enoch])),
        (one, [enoch], False),
        *((text.encode(), [peter], False) for text in go["malformed"]),
        (b"\xff" + one, [peter], False),
        (note(*[go["peter_sig"]] * 100), [peter], True),
        (note(*[go["peter_sig"]] * 101), [peter], False),
        (bad, [peter, enoch], False),
        (bad + go["enoch_sig"].encode(), [peter, enoch], False),
    ]
    said = phone.ask(_OPENS, [[base64(text), keys] for text, keys, _ in cases])
    assert said == [opens for _, _, opens in cases]


def test_a_tree_head_of_go_s_is_a_checkpoint(phone: Phone, shared_vectors: Path) -> None:
    text = load(shared_vectors, "note-tlog-go.json")["tree"]["text"]
    said = phone.ask(
        "(text) => { const c = parseCheckpoint(text); return [c.origin, String(c.size)] }", text
    )
    assert said == ["go.sum database tree", "123456789012"]
