r"""Ed25519 keys, their names, and what Gốc refuses of them.

The only place where Ed25519 (RFC 8032) happens, for server and auditor alike, through libsodium
(PyNaCl), so that both judge an odd signature alike. What is accepted is the strictest reading
of the algorithm, under which a signature binds one key, one message and one spelling:

* a public key is the canonical encoding of a point of prime order. Small-order points (which
  sign everything), points with a small-order component, non-canonical encodings and points off
  the curve are refused when the key is made;
* ``S`` is below the group's order, ``R`` is canonical and not of small order, and the
  cofactorless equation holds, with ``R`` compared byte by byte (libsodium's verification).

It follows that of the edge cases in the C2SP/CCTV collection every flagged one is refused:
``low_order_*``, ``low_order_component_*``, ``low_order_residue``, ``non_canonical_*`` and
``reencoded_k``; ``tests/vectors/test_ed25519_cctv.py`` holds us to that.

A key's name (``kid``) is the RFC 7638 thumbprint of its RFC 8037 OKP JWK.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final, NoReturn

from nacl.bindings import (
    crypto_core_ed25519_is_valid_point,
    crypto_sign,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import BadSignatureError

from traceability.core import b64
from traceability.core.errors import FormatError

KEY_BYTES: Final = 32
SEED_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64


class PublicKey:
    """An Ed25519 public key that passed every check; equal and hashed by its 32 bytes."""

    __slots__ = ("_kid", "_raw")

    def __init__(self, raw: bytes) -> None:
        """Take the 32-byte encoding of RFC 8032 §5.1.5.

        Raises ``FormatError``: ``key.malformed`` for another length, ``key.weak`` for anything
        but the canonical encoding of a point of prime order.
        """
        if len(raw) != KEY_BYTES:
            raise FormatError("key.malformed")
        raw = bytes(raw)
        # libsodium checks canonicity, small order, the curve's equation and the main subgroup.
        if not crypto_core_ed25519_is_valid_point(raw):
            raise FormatError("key.weak")
        self._raw = raw
        self._kid = ""

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, object]) -> "PublicKey":
        """Read an RFC 8037 OKP key of exactly the members ``crv``, ``kty`` and ``x``.

        Raises ``FormatError``: ``key.malformed`` or ``key.weak``.
        """
        x = jwk.get("x")
        if (
            len(jwk) != 3
            or jwk.get("kty") != "OKP"
            or jwk.get("crv") != "Ed25519"
            or not isinstance(x, str)
        ):
            raise FormatError("key.malformed")
        try:
            raw = b64.decode(x)
        except FormatError:
            raise FormatError("key.malformed") from None
        return cls(raw)

    @property
    def raw(self) -> bytes:
        """The 32 bytes of the key."""
        return self._raw

    @property
    def kid(self) -> str:
        """The key's name: its RFC 7638 thumbprint, 43 letters of base64url."""
        if not self._kid:
            x = b64.encode(self._raw)
            # RFC 7638 §3: the required members, in the order of their names, without spaces.
            canonical = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'
            self._kid = b64.encode(sha256(canonical.encode("ascii")).digest())
        return self._kid

    @property
    def jwk(self) -> dict[str, str]:
        """The key as an RFC 8037 OKP JWK, members in canonical order."""
        return {"crv": "Ed25519", "kty": "OKP", "x": b64.encode(self._raw)}

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Say whether ``signature`` (64 bytes) is this key's over ``message``; never raises."""
        if len(signature) != SIGNATURE_BYTES:
            return False
        try:
            crypto_sign_open(signature + message, self._raw)
        except BadSignatureError:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return self._raw == other._raw if isinstance(other, PublicKey) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._raw)

    def __repr__(self) -> str:
        return f"PublicKey(kid={self.kid!r})"


class PrivateKey:
    """An Ed25519 signing key. It shows no secret, and cannot be pickled or copied."""

    __slots__ = ("_public", "_secret")

    def __init__(self, public: PublicKey, secret: bytes) -> None:
        """Keep a pair that :meth:`from_seed` has made; not to be called by others."""
        self._public = public
        self._secret = secret

    @classmethod
    def from_seed(cls, seed: bytes) -> "PrivateKey":
        """Make the key of a 32-byte seed (RFC 8032 §5.1.5), which the caller draws at random.

        Raises ``FormatError("key.malformed")`` for another length.
        """
        if len(seed) != SEED_BYTES:
            raise FormatError("key.malformed")
        public, secret = crypto_sign_seed_keypair(bytes(seed))
        return cls(PublicKey(public), secret)

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature over ``message``."""
        return crypto_sign(message, self._secret)[:SIGNATURE_BYTES]

    def __repr__(self) -> str:
        return f"PrivateKey(kid={self._public.kid!r})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a private key is not to be pickled or copied")


def possession_message(log: str, party: str, kid: str) -> bytes:
    """Return what a new key signs to prove that its holder has it.

    ``log`` is the log's origin, ``party`` the id of the party that registers the key. The text
    names all three, so that a proof cannot be moved to another log, party or key.
    """
    return f"goc-pop/1\n{log}\n{party}\n{kid}\n".encode()


def prove_possession(key: PrivateKey, log: str, party: str) -> bytes:
    """Return the new key's 64-byte signature over its :func:`possession_message`."""
    return key.sign(possession_message(log, party, key.public.kid))


def check_possession(key: PublicKey, signature: bytes, log: str, party: str) -> bool:
    """Say whether ``signature`` proves possession of ``key`` by ``party`` in ``log``."""
    return key.verify(signature, possession_message(log, party, key.kid))
