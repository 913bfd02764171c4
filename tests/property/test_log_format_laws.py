"""Laws of notes, checkpoints, policies and proof files: one spelling each, and no forgery."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.core.checkpoint import (
    Checkpoint,
    Cosignature,
    add_cosignatures,
    open_checkpoint,
    sign_checkpoint,
)
from traceability.core.errors import FormatError, GocError, ProofError
from traceability.core.keys import PrivateKey
from traceability.core.lines import base64, decimal, unbase64
from traceability.core.merkle import MAX_SIZE, Frontier, extend, leaf_hash
from traceability.core.note import Cosigner, Note, NoteSigner, Signature, open_note
from traceability.core.policy import Group, Policy, Witness
from traceability.core.proof import ProofFile, verify_proof
from traceability.core.vkey import SignatureType, VerifierKey, is_key_name

characters = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"])
names = st.text(characters.filter(lambda letter: letter != "+"), min_size=1, max_size=20)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.just("\n"))
notes = texts.map(lambda text: f"{text}\n")
hashes = st.binary(min_size=32, max_size=32)
seeds = st.binary(min_size=32, max_size=32)
times = st.integers(0, 2**63 - 1)

LOG = NoteSigner("goc.example/so-cai", PrivateKey.from_seed(bytes(32)))
WITNESSES = [Cosigner(f"w{n}.example", PrivateKey.from_seed(bytes([n + 1]) * 32)) for n in range(6)]
KEYS = [witness.key for witness in WITNESSES]
ENTRIES = [f"{n}".encode() for n in range(11)]
TREE = extend(Frontier(), [leaf_hash(entry) for entry in ENTRIES])


def cosigned(checkpoint: Checkpoint, *witnesses: Cosigner) -> bytes:
    note = sign_checkpoint(checkpoint, LOG)
    for witness in witnesses:
        answer = f"{witness.sign(checkpoint.text, 1_790_000_000)}\n".encode()
        note = add_cosignatures(note, answer, LOG.key, [witness.key])
    return note


HEAD = Checkpoint(LOG.key.name, TREE.size, TREE.root)
NOTE = cosigned(HEAD, *WITNESSES[:2])
POLICY = Policy(
    (),
    tuple(Witness(f"w{n}", key) for n, key in enumerate(KEYS[:2])),
    (Group("all", 2, ("w0", "w1")),),
    "all",
)
PROOF = ProofFile(4, tuple(TREE.proof(4)), NOTE).to_bytes()


@st.composite
def mutations(draw: st.DrawFn, good: bytes) -> bytes:
    """One byte changed, dropped, put in, or a piece moved: never what was there before."""
    at = draw(st.integers(0, len(good) - 1))
    other = draw(st.integers(0, len(good)))
    byte = bytes([draw(st.integers(0, 255))])
    changed = draw(
        st.sampled_from(
            [
                good[:at] + byte + good[at + 1 :],
                good[:at] + good[at + 1 :],
                good[:at] + byte + good[at:],
                good[:at] + good[max(at, other) :],
                good[at:] + good[:at],
                good[:at],
            ]
        )
    )
    return changed if changed != good else good + byte


@settings(max_examples=600)
@given(mutations(sign_checkpoint(HEAD, LOG)))
def test_every_mutation_of_a_signed_note_is_refused(changed: bytes) -> None:
    with pytest.raises(GocError):
        open_note(changed, [LOG.key])


@settings(max_examples=600)
@given(mutations(NOTE))
def test_no_mutation_of_a_cosigned_checkpoint_passes_for_more_than_it_is(changed: bytes) -> None:
    """A spoilt line of a witness may make a stranger of it; its word is then gone."""
    try:
        opened = open_checkpoint(changed, LOG.key, KEYS)
    except GocError:
        return
    assert opened.checkpoint == HEAD
    assert {each.witness for each in opened.cosignatures} < set(KEYS[:2])
    assert not POLICY.judge(opened.cosignatures).satisfied


@settings(max_examples=600)
@given(mutations(PROOF))
def test_every_mutation_of_a_proof_file_is_refused(changed: bytes) -> None:
    with pytest.raises(GocError):
        verify_proof(ProofFile.parse(changed), ENTRIES[4], LOG.key, POLICY)


@given(st.binary(max_size=80), st.data())
def test_extra_data_proves_nothing_and_spoils_nothing(extra: bytes, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, TREE.size - 1))
    proof = ProofFile(index, tuple(TREE.proof(index)), NOTE, extra)
    assert ProofFile.parse(proof.to_bytes()) == proof
    assert verify_proof(proof, ENTRIES[index], LOG.key, POLICY).checkpoint == HEAD


@given(
    notes,
    st.lists(
        st.builds(
            Signature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=90)
        ),
        min_size=1,
        max_size=16,
    ),
)
def test_a_note_reads_and_writes_the_same(text: str, signatures: list[Signature]) -> None:
    note = Note(text, tuple(signatures))
    assert Note.parse(note.to_bytes()) == note


@given(notes, names, seeds, times)
def test_what_is_signed_opens(text: str, name: str, seed: bytes, time: int) -> None:
    private = PrivateKey.from_seed(seed)
    signer, witness = NoteSigner(name, private), Cosigner(name, private)
    note = Note(text, (signer.sign(text), witness.sign(text, time))).to_bytes()
    opened = open_note(note, [signer.key, witness.key])
    assert opened.text == text
    assert [(each.key, each.time) for each in opened.verified] == [
        (signer.key, None),
        (witness.key, time),
    ]


@given(names, seeds, st.sampled_from(SignatureType))
def test_a_verifier_key_reads_and_writes_the_same(
    name: str, seed: bytes, kind: SignatureType
) -> None:
    key = VerifierKey(name, kind, PrivateKey.from_seed(seed).public)
    assert VerifierKey.parse(str(key)) == key


@given(
    st.builds(
        Checkpoint,
        names,
        st.integers(0, MAX_SIZE),
        hashes,
        st.lists(names, max_size=3).map(tuple),
    )
)
def test_a_checkpoint_reads_and_writes_the_same(checkpoint: Checkpoint) -> None:
    assert Checkpoint.parse(checkpoint.text) == checkpoint


@given(st.integers(0, MAX_SIZE), st.lists(hashes, max_size=63).map(tuple), st.binary(max_size=99))
def test_a_proof_file_reads_and_writes_the_same(
    index: int, siblings: tuple[bytes, ...], extra: bytes
) -> None:
    proof = ProofFile(index, siblings, NOTE, extra)
    assert ProofFile.parse(proof.to_bytes()) == proof


@given(st.binary(max_size=40))
def test_base64_has_one_spelling(data: bytes) -> None:
    assert unbase64(base64(data)) == data


@given(st.text(max_size=12) | st.from_regex(r"[A-Za-z0-9+/]{2,8}={0,2}"))
def test_no_text_but_base64_s_is_any(text: str) -> None:
    data = unbase64(text)
    assert data is None or base64(data) == text


@given(st.text(max_size=6) | st.from_regex(r"\A-?\d{1,20}\Z"))
def test_no_text_but_a_decimal_is_one(text: str) -> None:
    number = decimal(text)
    assert number is None or (str(number) == text and 0 <= number < 2**63)


@given(st.text(st.characters(), max_size=8))
def test_any_text_can_be_asked_whether_it_is_a_name(text: str) -> None:
    if is_key_name(text):
        assert text.split() == [text]
        assert "+" not in text.encode().decode()


PARSERS: list[Callable[[bytes], object]] = [
    Note.parse,
    Policy.parse,
    ProofFile.parse,
    lambda data: Checkpoint.parse(data.decode("utf-8", "surrogateescape")),
    lambda data: Signature.parse(data.decode("utf-8", "surrogateescape")),
    lambda data: VerifierKey.parse(data.decode("utf-8", "surrogateescape")),
]
FORMS = [
    NOTE,
    POLICY.to_bytes(),
    PROOF,
    HEAD.text.encode(),
    str(LOG.sign("x\n")).encode(),
    str(LOG.key).encode(),
]


@settings(max_examples=600)
@given(st.sampled_from(FORMS).flatmap(mutations) | st.binary(max_size=200))
def test_whatever_is_read_is_read_or_refused_and_nothing_else(data: bytes) -> None:
    for parse in PARSERS:
        try:
            value = parse(data)
        except FormatError:
            continue
        if isinstance(value, Note | ProofFile):
            assert value.to_bytes() == data


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """A policy over the six witnesses, with groups of groups."""
    witnesses = tuple(Witness(f"w{n}", key) for n, key in enumerate(KEYS))
    free = [witness.name for witness in witnesses]
    groups: list[Group] = []
    for n in range(draw(st.integers(0, 4))):
        if not free:
            break
        members = draw(st.lists(st.sampled_from(free), min_size=1, unique=True))
        k = draw(st.integers(1, len(members)))
        groups.append(Group(f"g{n}", k, tuple(members)))
        free = [name for name in free if name not in members] + [f"g{n}"]
    names = [witness.name for witness in witnesses] + [group.name for group in groups]
    quorum = draw(st.sampled_from([*names, "none"]))
    return Policy((), witnesses, tuple(groups), quorum)


def seen(policy: Policy, name: str, cosigners: set[str]) -> bool:
    """Say whether a name has seen a checkpoint, by the specification's own recursion."""
    for group in policy.groups:
        if group.name == name:
            return sum(seen(policy, member, cosigners) for member in group.members) >= group.k
    return name == "none" or name in cosigners


subsets = st.sets(st.integers(0, len(KEYS) - 1))


def judged(policy: Policy, subset: set[int]) -> bool:
    return policy.judge([Cosignature(KEYS[n], n) for n in sorted(subset)]).satisfied


@given(policies())
def test_a_policy_reads_and_writes_the_same(policy: Policy) -> None:
    assert Policy.parse(policy.to_bytes()) == policy


@given(policies(), subsets)
def test_a_quorum_is_what_the_specification_s_recursion_says(
    policy: Policy, subset: set[int]
) -> None:
    assert judged(policy, subset) is seen(policy, policy.quorum, {f"w{n}" for n in subset})


@given(policies(), subsets, subsets)
def test_more_witnesses_never_make_a_quorum_fail(
    policy: Policy, subset: set[int], more: set[int]
) -> None:
    assert judged(policy, subset) <= judged(policy, subset | more)


@given(subsets)
def test_a_cosigned_checkpoint_names_exactly_its_known_witnesses(subset: set[int]) -> None:
    note = cosigned(HEAD, *(WITNESSES[n] for n in subset))
    opened = open_checkpoint(note, LOG.key, KEYS)
    assert {each.witness for each in opened.cosignatures} == {KEYS[n] for n in subset}
    with pytest.raises(ProofError):
        open_checkpoint(note, NoteSigner("khac.example", PrivateKey.from_seed(bytes(32))).key)
