"""Gốc's own vectors of the log formats, for those who write another verifier.

``python -m tests.vectors.log`` writes ``log.json`` beside this file, byte for byte the same each
time: all keys come from fixed seeds. Hashes, digests and keys are in hexadecimal, texts and
files as they are. The trees called "letters" are those over the entries ``a``, ``b`` and so on.
"""

import json
from pathlib import Path
from typing import Any, Final

from traceability.core.checkpoint import Checkpoint, add_cosignatures, sign_checkpoint
from traceability.core.keys import PrivateKey
from traceability.core.leaf import CLOSED, PUBLIC, Leaf
from traceability.core.merkle import (
    Frontier,
    consistency_proof,
    extend,
    inclusion_proof,
    leaf_hash,
    root_of,
)
from traceability.core.note import Cosigner, Note, NoteSigner
from traceability.core.policy import Policy
from traceability.core.proof import ProofFile, verify_proof
from traceability.core.tiles import Tile, encode_entries, tile_data, tiles_at

FILE: Final = Path(__file__).with_suffix(".json")

LETTERS: Final = [leaf_hash(bytes([letter])) for letter in b"abcdefghijklm"]
ACCEPTED: Final = 1_790_000_000_000
ENTRIES: Final = [
    Leaf(leaf_hash(b"record %d" % n), ACCEPTED + 250 * n, PUBLIC if n < 4 else CLOSED)
    for n in range(11)
]
ORIGIN: Final = "goc.example/so-cai"
LOG: Final = NoteSigner(ORIGIN, PrivateKey.from_seed(b"goc test vectors: the log's key."))
EAST: Final = Cosigner("dong.example", PrivateKey.from_seed(b"goc test vectors: witness east.."))
WEST: Final = Cosigner("tay.example", PrivateKey.from_seed(b"goc test vectors: witness west.."))
POLICY: Final = f"""# cả hai nhân chứng / both witnesses
log {LOG.key} https://goc.example/so-cai/
witness dong {EAST.key} https://dong.example/
witness tay {WEST.key}
group ca-hai all dong tay
quorum ca-hai
"""


def letters(level: int, index: int) -> bytes:
    """Return the hash of a complete subtree over the letters."""
    return root_of(LETTERS[index << level : (index + 1) << level])


def texts(hashes: list[bytes]) -> list[str]:
    return [value.hex() for value in hashes]


def trees() -> list[dict[str, Any]]:
    """Each tree over the first letters, with the proof of each leaf."""
    found = []
    for size in range(len(LETTERS) + 1):
        tree = extend(Frontier(), LETTERS[:size])
        proofs = [texts(inclusion_proof(index, size, letters)) for index in range(size)]
        found.append(
            {
                "size": size,
                "root": tree.root.hex(),
                "frontier": tree.frontier.to_bytes().hex(),
                "inclusion": proofs,
            }
        )
    return found


def consistency() -> list[dict[str, Any]]:
    """Between any two of these trees, the proof that the larger extends the smaller."""
    return [
        {"from": old, "to": new, "proof": texts(consistency_proof(old, new, letters))}
        for new in range(len(LETTERS) + 1)
        for old in range(new + 1)
    ]


def extension() -> dict[str, Any]:
    """Three leaves appended to five: what the writer knows without looking back."""
    before = extend(Frontier(), LETTERS[:5]).frontier
    after = extend(before, LETTERS[5:8])
    return {
        "before": before.to_bytes().hex(),
        "leaf_hashes": texts(LETTERS[5:8]),
        "after": after.frontier.to_bytes().hex(),
        "root": after.root.hex(),
        "inclusion": [texts(after.proof(i)) for i in range(3)],
    }


def leaves() -> list[dict[str, Any]]:
    return [
        {
            "digest": leaf.digest.hex(),
            "time": leaf.time,
            "class": leaf.cls,
            "entry": leaf.to_bytes().hex(),
            "hash": leaf_hash(leaf.to_bytes()).hex(),
        }
        for leaf in ENTRIES
    ]


def tiles() -> dict[str, Any]:
    """Tile paths, and the tile and the bundle of the log of eleven leaves below."""
    entries = [leaf.to_bytes() for leaf in ENTRIES]
    hashes = [leaf_hash(entry) for entry in entries]
    tile = Tile(0, 0, len(entries))
    growth = [tile.path for tile in tiles_at(70_000, since=69_888)]
    return {
        "paths": {
            str(size): [tile.path for tile in tiles_at(size)] for size in (0, 1, 255, 256, 600)
        },
        "growth": {"from": 69_888, "to": 70_000, "paths": growth},
        "index_1234067": Tile(0, 1_234_067).path,
        "path": tile.path,
        "tile": tile_data(tile, lambda _level, index: hashes[index]).hex(),
        "entries": encode_entries(entries).hex(),
    }


def signed() -> dict[str, Any]:
    """A checkpoint over those leaves, signed and cosigned, a policy, and the proof of a leaf."""
    entries = [leaf.to_bytes() for leaf in ENTRIES]
    tree = extend(Frontier(), [leaf_hash(entry) for entry in entries])
    checkpoint = Checkpoint(ORIGIN, tree.size, tree.root)
    note = sign_checkpoint(checkpoint, LOG)
    east = EAST.sign(checkpoint.text, 1_790_000_003)
    west = WEST.sign(checkpoint.text, 1_790_000_004)
    answer = f"{east}\n{west}\n"
    cosigned = add_cosignatures(note, answer.encode(), LOG.key, [EAST.key, WEST.key])
    proof = ProofFile(6, tuple(tree.proof(6)), cosigned)
    verify_proof(proof, entries[6], LOG.key, Policy.parse(POLICY.encode()))
    greeting = "Chào cả nhà\n\nDứa Cầu Đúc đã chín.\n"
    return {
        "log_key": str(LOG.key),
        "witness_keys": [str(EAST.key), str(WEST.key)],
        "note": Note(greeting, (LOG.sign(greeting),)).to_bytes().decode(),
        "checkpoint": checkpoint.text,
        "signed_checkpoint": note.decode(),
        "cosignatures": answer,
        "cosigned_checkpoint": cosigned.decode(),
        "policy": POLICY,
        "entry": entries[6].hex(),
        "proof_file": proof.to_bytes().decode(),
        "proof_file_with_extra": ProofFile(6, proof.hashes, cosigned, b"ghi ch\xc3\xba")
        .to_bytes()
        .decode(),
    }


def make() -> bytes:
    """Return what ``log.json`` must hold."""
    vectors = {
        "about": "Log formats of Gốc; python -m tests.vectors.log makes this file",
        "letters": {
            "leaf_hashes": texts(LETTERS),
            "trees": trees(),
            "consistency": consistency(),
            "extension": extension(),
        },
        "leaves": leaves(),
        "tiles": tiles(),
        "signed": signed(),
    }
    return (json.dumps(vectors, ensure_ascii=False, indent=1) + "\n").encode()


if __name__ == "__main__":
    FILE.write_bytes(make())
