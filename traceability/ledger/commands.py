"""Commands: what a party wants recorded, in the clear, made into a record that it has signed.

A command is a record's claims as a form or a program has them: ``type``, ``for``, ``at``,
``place``, ``draws``, ``makes``, ``data`` …, by their names on the wire, with hidden fields beside
the others. The server fills in the rest (``v log iss iat nonce``, and ``at`` where nothing else is
said), hides what the schema hides, and signs with the key that it holds for the party. Parties with
a key on their own device do all of this themselves.

A draw may be the holding's name alone, ``"<digest>.<n>"``: all that is left of it.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from traceability import clock
from traceability.core import b64, codec, moment
from traceability.core.errors import LedgerError, RecordError
from traceability.core.facts import Holding
from traceability.core.keys import PrivateKey
from traceability.core.registry_records import hidden_fields
from traceability.ledger.held import amount_text
from traceability.ledger.holdings import key_of
from traceability.ledger.keyring import Keyring
from traceability.ledger.reading import reading
from traceability.storage.engine import Database

NONCE_BYTES: Final = 16
_FILLED_IN: Final = ("v", "log", "iss", "iat", "nonce", "_sd", "hidden")

Remains = Callable[[str], Holding | None]  #: the holding of that name, as it now stands


def sign_command(
    command: Mapping[str, Any],
    *,
    log: str,
    party: str,
    key: PrivateKey,
    now: int,
    random: Callable[[int], bytes],
    hide: Iterable[str] = (),
    remains: Remains | None = None,
) -> bytes:
    """Make the record of a command: ``jws~d~d~``, as the ledger takes it.

    ``now``: Unix milliseconds; ``hide`` names fields to be hidden that need not be (``holder``).
    Raises ``RecordError`` with a pointer into the command: ``record.*``, ``command.reserved``,
    ``command.hide``, ``draw.unknown``. The rules are not asked yet.
    """
    for name in _FILLED_IN:
        if name in command:
            raise RecordError("command.reserved", f"/{name}", field=name)
    claims = {
        "at": moment.format_time(now),
        **command,
        "v": 1,
        "log": log,
        "iss": party,
        "iat": moment.format_time(now),
        "nonce": b64.encode(random(NONCE_BYTES)),
    }
    if remains is not None and isinstance(claims.get("draws"), list):
        claims["draws"] = [_whole(each, n, remains) for n, each in enumerate(claims["draws"])]
    also = frozenset(hide)
    payload, disclosures = codec.conceal(claims, lambda: random(codec.SALT_BYTES), also)
    for name in sorted(also - _hideable(claims["type"])):
        raise RecordError("command.hide", field=name[:40], type=claims["type"])
    wire = codec.to_wire(codec.sign(payload, key), disclosures)
    codec.parse(wire)
    return wire


class Commands:
    """Signs commands of the parties whose keys the server holds. For any thread."""

    def __init__(
        self,
        database: Database,
        log: str,
        keyring: Keyring,
        now: Callable[[], int] = clock.now_ms,
        random: Callable[[int], bytes] = clock.random_bytes,
    ) -> None:
        self._database = database
        self._log = log
        self._keyring = keyring
        self._now = now
        self._random = random

    def sign(
        self,
        party: str,
        command: Mapping[str, Any],
        hide: Iterable[str] = (),
        key: PrivateKey | None = None,
    ) -> bytes:
        """The record of a command of ``party``, signed with its server-held key (or with ``key``,
        as one that is registered in the same batch). It is not appended yet.

        Raises as ``sign_command`` does, and ``LedgerError("command.no-key")``.
        """
        signer = key or self._keyring.signer(party)
        if signer is None:
            raise LedgerError("command.no-key", party=party[:40])
        return sign_command(
            command,
            log=self._log,
            party=party,
            key=signer,
            now=self._time(),
            random=self._random,
            hide=hide,
            remains=self._remains,
        )

    def _time(self) -> int:
        """Never before the log's own time, by which the record will be judged: a clock may lag."""
        try:
            with reading(self._database) as now:
                return max(self._now(), now.head().time)
        except LedgerError:  # no log yet
            return self._now()

    def _remains(self, name: str) -> Holding | None:
        with reading(self._database) as now:
            key = key_of(now, name)
            return None if key is None else now.reader.holding(key)


def _whole(draw: Any, n: int, remains: Remains) -> Any:
    """A draw; the name of a holding stands for all that is left of it."""
    if not isinstance(draw, str):
        return draw
    holding = remains(draw)
    if holding is None:
        raise RecordError("draw.unknown", f"/draws/{n}", holding=draw[:60])
    if holding.left is None:
        raise RecordError("quantity.missing", f"/draws/{n}")
    whole = {"from": draw, "quantity": amount_text(holding.left, holding.unit)}
    if holding.pieces_left:
        whole["count"] = f"{holding.pieces_left} H87"
    return whole


@lru_cache(maxsize=64)
def _hideable(record_type: str) -> frozenset[str]:
    """The names of the fields of a type that can be hidden."""
    return frozenset(
        path.rpartition(".")[2] for kind, path in hidden_fields() if kind == record_type
    )
