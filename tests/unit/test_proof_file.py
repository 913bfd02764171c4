"""Proof files: a receipt that can be checked off line."""

import pytest

from traceability.core.checkpoint import Checkpoint, add_cosignatures, sign_checkpoint
from traceability.core.errors import FormatError, GocError, ProofError
from traceability.core.keys import PrivateKey
from traceability.core.merkle import Frontier, extend, leaf_hash
from traceability.core.note import Cosigner, NoteSigner
from traceability.core.policy import Policy
from traceability.core.proof import MAX_PROOF_BYTES, ProofFile, verify_proof

ENTRIES = [f"bản ghi {n}".encode() for n in range(5)]
LOG = NoteSigner("goc.example/so-cai", PrivateKey.from_seed(bytes(32)))
EAST = Cosigner("dong.example", PrivateKey.from_seed(bytes([1]) * 32))
WEST = Cosigner("tay.example", PrivateKey.from_seed(bytes([2]) * 32))
BOTH = Policy.parse(
    f"log {LOG.key}\nwitness east {EAST.key}\nwitness west {WEST.key}\n"
    "group both all east west\nquorum both\n".encode()
)
TREE = extend(Frontier(), [leaf_hash(entry) for entry in ENTRIES])
HEAD = Checkpoint(LOG.key.name, TREE.size, TREE.root)
SIGNED = sign_checkpoint(HEAD, LOG)
LINES = f"{EAST.sign(HEAD.text, 5)}\n{WEST.sign(HEAD.text, 6)}\n".encode()
COSIGNED = add_cosignatures(SIGNED, LINES, LOG.key, BOTH.witness_keys)


def proof(index: int, checkpoint: bytes = COSIGNED, extra: bytes = b"") -> ProofFile:
    return ProofFile(index, tuple(TREE.proof(index)), checkpoint, extra)


def test_every_entry_s_proof_holds() -> None:
    for index, entry in enumerate(ENTRIES):
        verified = verify_proof(proof(index), entry, LOG.key, BOTH)
        assert verified.index == index
        assert verified.checkpoint == HEAD
        assert verified.quorum is not None
        assert verified.quorum.witnesses == ("east", "west")
        assert verified.quorum.time == 6


def test_the_file_is_lines_and_then_the_checkpoint_as_it_is() -> None:
    data = proof(4, extra=b"\0\1").to_bytes()
    head, _, rest = data.partition(b"\n\n")
    lines = head.decode().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra AAE=", "index 4"]
    assert len(lines) == 4
    assert rest == COSIGNED
    assert ProofFile.parse(data) == proof(4, extra=b"\0\1")


def test_a_tree_of_one_leaf_needs_no_hashes() -> None:
    head = Checkpoint(LOG.key.name, 1, leaf_hash(b"only"))
    data = ProofFile(0, (), sign_checkpoint(head, LOG)).to_bytes()
    assert data.startswith(b"c2sp.org/tlog-proof@v1\nindex 0\n\ngoc.example")
    assert verify_proof(ProofFile.parse(data), b"only", LOG.key).checkpoint == head


def test_without_a_policy_the_log_s_word_is_taken() -> None:
    assert verify_proof(proof(0, SIGNED), ENTRIES[0], LOG.key).quorum is None


def test_the_policy_s_witnesses_must_have_seen_it() -> None:
    one = add_cosignatures(SIGNED, LINES, LOG.key, [EAST.key])
    for checkpoint in (SIGNED, one):
        with pytest.raises(ProofError, match=r"policy\.quorum"):
            verify_proof(proof(0, checkpoint), ENTRIES[0], LOG.key, BOTH)


def test_the_policy_s_logs_are_the_only_ones() -> None:
    other = NoteSigner("khac.example", PrivateKey.from_seed(bytes([9]) * 32))
    with pytest.raises(ProofError, match=r"policy\.log"):
        verify_proof(proof(0), ENTRIES[0], other.key, BOTH)


def test_an_entry_s_hash_or_another_entry_is_not_the_entry() -> None:
    for entry in (leaf_hash(ENTRIES[0]), ENTRIES[1], b""):
        with pytest.raises(ProofError, match=r"proof\.root"):
            verify_proof(proof(0), entry, LOG.key)


def test_swapped_proofs_are_refused() -> None:
    for index in range(5):
        for other in range(5):
            swapped = ProofFile(index, proof(other).hashes, COSIGNED)
            if index != other:
                with pytest.raises(ProofError):
                    verify_proof(swapped, ENTRIES[index], LOG.key)


def test_a_proof_to_another_size_is_refused() -> None:
    later = extend(TREE.frontier, [leaf_hash(b"more")])
    checkpoint = sign_checkpoint(Checkpoint(LOG.key.name, later.size, later.root), LOG)
    with pytest.raises(ProofError):
        verify_proof(proof(0, checkpoint), ENTRIES[0], LOG.key)


def test_every_flipped_bit_of_a_file_is_refused() -> None:
    """The extra data is left out: nobody signs it."""
    data = proof(2).to_bytes()
    for at in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            with pytest.raises(GocError):
                verify_proof(ProofFile.parse(bytes(changed)), ENTRIES[2], LOG.key, BOTH)


GOOD = proof(2).to_bytes()
HASH = GOOD.split(b"\n")[2]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        GOOD[1:],
        GOOD.replace(b"@v1", b"@v2"),
        GOOD.replace(b"index 2\n", b""),
        GOOD.replace(b"index 2", b"index 02"),
        GOOD.replace(b"index 2", b"index -2"),
        GOOD.replace(b"index 2", b"index  2"),
        GOOD.replace(b"index 2", b"index"),
        GOOD.replace(b"index 2", b"index 9223372036854775808"),
        GOOD.replace(b"index 2", b"extra \nindex 2"),
        GOOD.replace(b"index 2", b"extra AAE\nindex 2"),
        GOOD.replace(b"index 2", b"extra AAE=\nextra AAE=\nindex 2"),
        GOOD.replace(b"index 2", b"index 2\nextra AAE="),
        GOOD.replace(b"index 2", b"index 2\nindex 2"),
        GOOD.replace(b"index 2", b"index 2\r"),
        GOOD.replace(HASH, HASH[:-4]),
        GOOD.replace(HASH, HASH.rstrip(b"=")),
        GOOD.replace(HASH, b" " + HASH),
        GOOD.replace(HASH, (HASH + b"\n") * 64 + HASH),
        GOOD.replace(HASH, b"\xff"),
        GOOD.partition(b"\n\n")[0] + b"\n",
    ],
)
def test_mangled_files_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"proof\.malformed"):
        ProofFile.parse(data)


def test_what_follows_must_be_a_checkpoint() -> None:
    head = GOOD.partition(b"\n\n")[0]
    with pytest.raises(FormatError, match=r"note\.malformed"):
        ProofFile.parse(head + b"\n\nhello\n")
    with pytest.raises(FormatError, match=r"checkpoint\.malformed"):
        ProofFile.parse(head + b"\n\nhello\n\n" + str(LOG.sign("hello\n")).encode() + b"\n")


def test_a_file_beyond_the_limit_is_refused() -> None:
    with pytest.raises(FormatError, match=r"proof\.too-large"):
        ProofFile.parse(bytes(MAX_PROOF_BYTES + 1))
