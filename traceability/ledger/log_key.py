"""A log goes over to another key, without a moment at which somebody cannot verify.

A log is known by its origin and its key. C2SP has no message that says "this key follows that one":
each verifier has to be given the new verifier key as it was given the first one, and believes it
for the same reasons. So there is a time with two keys:

1. ``begin`` makes the second. Servers that start from then on sign every checkpoint with both.
2. Its verifier key is published wherever the first one is, witnesses are told, policies name both.
   Whoever trusts either verifies.
3. ``finish`` destroys the first, once what is published carries the second's signature. What was
   signed before stands, for those who keep the first verifier key.

This is for a key that is old, not for one that others may have: whoever holds it can sign too, and
no rotation takes that back. Then the log has to end, and another begin under another origin.
"""

from collections.abc import Callable

from traceability.core.checkpoint import open_checkpoint
from traceability.core.errors import GocError, LedgerError
from traceability.core.vkey import VerifierKey
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings
from traceability.storage.published import read_published
from traceability.storage.tile_stores import open_tiles


def log_keys(settings: Settings) -> tuple[VerifierKey, VerifierKey | None]:
    """The key that the log is known by, and the one that it goes over to, if any. Raises as
    ``Ledger.open``."""
    with Ledger.open(settings) as ledger:
        signer = ledger.keyring.log_signer(ledger.log)
    return signer.key, signer.next


def begin(settings: Settings) -> tuple[VerifierKey, VerifierKey]:
    """Make the log's next key; returns the present one and that.

    Raises ``LedgerError("keyring.next-key")`` when there is one, and as ``Ledger.open``.
    """
    with Ledger.open(settings) as ledger:
        signer = ledger.keyring.create_next_log_key(ledger.log)
    if signer.next is None:
        raise AssertionError("a key was made")
    return signer.key, signer.next


def finish(settings: Settings) -> tuple[VerifierKey, VerifierKey]:
    """Destroy the log's first key; returns that and the one that it is known by from now on.

    Raises ``LedgerError``: ``keyring.no-next-key``; ``keyring.unseen-key`` while the head's
    checkpoint or the published one lacks the new key's signature; and as ``Ledger.open``.
    """
    with Ledger.open(settings) as ledger:
        signer = ledger.keyring.log_signer(ledger.log)
        key = signer.next
        if key is None:
            raise LedgerError("keyring.no-next-key", log=ledger.log)
        head = ledger.receipts.head().checkpoint
        tiles = ledger.tiles or open_tiles(settings.tiles)
        _require(lambda: open_checkpoint(head, key))
        _require(lambda: read_published(tiles, key))
        ledger.keyring.drop_old_log_key(ledger.log)
    return signer.key, key


def _require(look: Callable[[], object]) -> None:
    try:
        look()
    except GocError as error:
        if error.code in ("tiles.unreachable", "tiles.other-log"):
            raise
        raise LedgerError("keyring.unseen-key") from error
