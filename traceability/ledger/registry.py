"""The registry's daily work (DESIGN §6): parties with their first key, places, products, papers.

Each function signs what is needed with server-held keys, appends it in one batch, and raises the
reason where the ledger refuses it. Ids are drawn at random here, so that they tell nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from traceability.core import b64, ids
from traceability.core.keys import PrivateKey, prove_possession
from traceability.ledger.commands import Commands
from traceability.ledger.keyring import Keyring
from traceability.ledger.outcome import Outcome, Receipt, Refusal
from traceability.ledger.reading import reading
from traceability.storage.engine import Database

_GTIN_BYTES: Final = 8

Append = Callable[[Sequence[bytes]], list[Outcome]]


@dataclass(frozen=True, slots=True)
class Registered:
    """The id of what was registered (a GTIN for a product), and the receipts."""

    id: str
    receipts: tuple[Receipt, ...]


def receipts_of(outcomes: Iterable[Outcome]) -> tuple[Receipt, ...]:
    """The receipts; raises the reason of the first refusal instead, where there is one."""
    taken: list[Receipt] = []
    for outcome in outcomes:
        if isinstance(outcome, Refusal):
            raise outcome.error
        taken.append(outcome)
    return tuple(taken)


class Registry:
    """Statements about the registry. All raise ``RecordError`` for data that the schema does not
    know, ``RuleError`` where a rule refuses, ``LedgerError`` as the ledger does; data go by their
    names on the wire."""

    def __init__(
        self,
        database: Database,
        log: str,
        operator: str,
        commands: Commands,
        keyring: Keyring,
        append: Append,
        random: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._log = log
        self._operator = operator
        self._commands = commands
        self._keyring = keyring
        self._append = append
        self._random = random

    # -- parties -------------------------------------------------------------------------------
    def party(self, data: Mapping[str, Any], key: Mapping[str, Any] | None = None) -> Registered:
        """State a new party and register its first key, in one batch.

        ``data`` as in ``party`` records, without the id. ``key`` (``jwk`` and ``pop``) is the key
        of the party's own device; without it the server makes one and keeps it.
        """
        party = str(data.get("party") or ids.party_id(self._random(ids.ID_BYTES)))
        statement = self._sign_as_operator("party", {**data, "party": party})
        if key is not None:
            registration = {"party": party, "custody": "device", **key}
            wires = [statement, self._sign_as_operator("key", registration)]
            return Registered(party, receipts_of(self._append(wires)))
        held = self._keyring.create(party)
        wires = [statement, self._sign_as_operator("key", self._key_data(party, held))]
        return Registered(party, self._registering(party, held, wires))

    def state_party(self, data: Mapping[str, Any]) -> Registered:
        """State a party anew: its name, roles, memberships."""
        return self._state(self._operator, "party", str(data.get("party")), data)

    def renew_key(self, party: str) -> Registered:
        """Give a party a new server-held key, signed by its present one or, where the server holds
        none, by the operator (a *recovery*). The present one stays valid until it is revoked."""
        by = party if self._keyring.signer(party) is not None else self._operator
        held = self._keyring.create(party)
        # Signed by the old key: the new one is not registered, so the keyring still gives that.
        wire = self._commands.sign(by, _command("key", self._key_data(party, held)))
        return Registered(held.public.kid, self._registering(party, held, [wire]))

    def revoke_key(
        self, party: str, kid: str, reason: str, trusted: int | None = None
    ) -> Registered:
        """End a key of a party; the operator signs, since the party may have lost it."""
        data = {"kid": kid, "reason": reason, "trusted": trusted}
        wire = self._sign_as_operator("key-revoke", data)
        receipts = receipts_of(self._append([wire]))
        self._keyring.forget(party)
        return Registered(kid, receipts)

    # -- what parties state ----------------------------------------------------------------------
    def place(self, party: str, data: Mapping[str, Any], for_: str | None = None) -> Registered:
        """State a place, new or (with its id) anew. Another may sign ``for_`` its owner."""
        place = str(data.get("place") or ids.place_id(self._random(ids.ID_BYTES)))
        return self._state(party, "place", place, {**data, "place": place}, for_)

    def product(self, party: str, data: Mapping[str, Any], for_: str | None = None) -> Registered:
        """State a product. One without a GTIN of its own gets a restricted-circulation number,
        which means something at this operator's host only."""
        gtin = str(data.get("product") or self._restricted())
        return self._state(party, "product", gtin, {**data, "product": gtin}, for_)

    def certificate(
        self, party: str, data: Mapping[str, Any], for_: str | None = None
    ) -> Registered:
        """State a certificate: by its certifier, or by its holder and then declared."""
        certificate = str(data.get("certificate") or ids.certificate_id(self._random(ids.ID_BYTES)))
        whole = {**data, "certificate": certificate}
        return self._state(party, "certificate", certificate, whole, for_)

    def consent(self, data: Mapping[str, Any], declared: bool = False) -> Registered:
        """Let an agent record for a grantor: signed by the grantor or, where that is only
        ``declared``, by the operator."""
        grantor = str(data.get("grantor"))
        by = self._operator if declared else grantor
        return self._state(by, "consent", f"{grantor}>{data.get('agent')}", data)

    def _state(
        self,
        by: str,
        kind: str,
        subject: str,
        data: Mapping[str, Any],
        for_: str | None = None,
    ) -> Registered:
        wire = self._commands.sign(by, _command(kind, data, for_))
        return Registered(subject, receipts_of(self._append([wire])))

    # -- parts -----------------------------------------------------------------------------------
    def _sign_as_operator(self, kind: str, data: Mapping[str, Any]) -> bytes:
        return self._commands.sign(self._operator, _command(kind, data))

    def _key_data(self, party: str, key: PrivateKey) -> dict[str, Any]:
        pop = b64.encode(prove_possession(key, self._log, party))
        return {"party": party, "jwk": key.public.jwk, "pop": pop, "custody": "server"}

    def _registering(
        self, party: str, key: PrivateKey, wires: Sequence[bytes]
    ) -> tuple[Receipt, ...]:
        """Appends; a key that the ledger refused is destroyed. Where the ledger itself failed, it
        may have been registered all the same, and is kept."""
        outcomes = self._append(wires)
        self._keyring.forget(party)
        if any(isinstance(outcome, Refusal) for outcome in outcomes):
            self._keyring.discard(key.public.kid)
        return receipts_of(outcomes)

    def _restricted(self) -> str:
        """A number that no product has: of 10^11, one drawn at random is hardly ever taken."""
        while True:
            number = int.from_bytes(self._random(_GTIN_BYTES), "big")
            gtin = ids.restricted_gtin(number % (ids.RESTRICTED_LIMIT + 1))
            with reading(self._database) as now:
                if not now.reader.statements("product", gtin):
                    return gtin


def _command(kind: str, data: Mapping[str, Any], for_: str | None = None) -> dict[str, Any]:
    return {"type": kind, "data": data} | ({} if for_ is None else {"for": for_})
