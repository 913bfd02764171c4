"""The 64-bit keys by which records are looked up at random (see ``traceability.storage.tables``).

A key is the first eight bytes of a SHA-256, as a signed integer. Two records may share one, so
whoever looks up compares the whole value in the row; nobody can make many share one.
"""

from hashlib import sha256


def digest_key(digest: bytes) -> int:
    """The key of a record's digest (32 bytes)."""
    return int.from_bytes(digest[:8], "big", signed=True)


def nonce_key(iss: str, nonce: str) -> int:
    """The key of a party's nonce. It is hashed, for a party chooses its nonces as it likes."""
    return int.from_bytes(sha256(f"{iss} {nonce}".encode()).digest()[:8], "big", signed=True)
