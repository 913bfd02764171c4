"""What the rules look at (DESIGN §1.2, §4): a ``State`` answers look-ups and takes in ``Effects``.

It decides nothing. In memory it is the whole ledger, for an auditor. On the server it is a window
on the database: whatever was not fetched before is asked of a ``Reader`` on first sight, so that
no rule can mistake "not fetched" for "not there"; what the window absorbed and the database does
not have yet lies in ``fresh`` until ``forget``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from traceability.core.codec import SignedRecord
from traceability.core.facts import (
    Alert,
    Crop,
    DiaryEntry,
    Effects,
    Holding,
    HoldingKey,
    Inspection,
    KeyEntry,
    Label,
    Link,
    Lot,
    LotKey,
    RecordEntry,
    Reserve,
    Statement,
)
from traceability.core.thresholds import FIRST, Thresholds
from traceability.core.units import UnitReader, Units


class Reader(UnitReader, Protocol):
    """Where a ``State`` that is only a window looks up what it has not seen. Each answers for
    the ledger as it stands under the lock."""

    def record(self, name: str) -> RecordEntry | None: ...
    def body(self, name: str) -> SignedRecord | None: ...
    def holding(self, key: HoldingKey) -> Holding | None: ...
    def transit(self, ship: int) -> list[Holding]: ...
    def lot_entry(self, key: LotKey) -> Lot | None: ...
    def statements(self, kind: str, subject: str) -> list[Statement]: ...
    def certificates(self, holder: str) -> list[Statement]: ...
    def members(self, party: str) -> list[str]: ...
    def key(self, kid: str) -> KeyEntry | None: ...
    def seen(self, iss: str, nonce: str) -> bool: ...
    def crops_at(self, place: str) -> list[Crop]: ...
    def crops_of(self, party: str) -> list[Crop]: ...
    def diaries_at(self, place: str) -> list[DiaryEntry]: ...
    def inspections_of(self, subject: str) -> list[Inspection]: ...
    def alerts_of(self, index: int) -> list[Alert]: ...
    def links_to(self, index: int) -> list[Link]: ...
    def labels_of(self, lot: LotKey) -> list[Label]: ...
    def reserves_for(self, lot: LotKey) -> list[Reserve]: ...
    def reserves_on(self, holding: HoldingKey) -> list[Reserve]: ...


class State:
    """The ledger's state, whole (``reader`` None) or as a window on what ``reader`` has."""

    def __init__(self, log: str, reader: Reader | None = None) -> None:
        self.log = log
        self.reader = reader
        self.size = 0
        self.time = 0
        self.base = 0
        self.operator: str | None = None
        self.genesis_kid: str | None = None
        self.thresholds: Thresholds = FIRST
        self.forget()
        self.forget_registry()

    def forget(self) -> None:
        """Drops what was fetched of the flow of goods (a window does so after each batch).

        What was absorbed since the last call must by then be in the database, or be lost.
        """
        self.base = self.size
        self.fresh: list[Effects] = []
        self.records: dict[str, RecordEntry | None] = {}
        self.bodies: dict[str, SignedRecord | None] = {}
        self.holdings: dict[HoldingKey, Holding | None] = {}
        self.transits: dict[int, list[Holding]] = {}
        self.lots: dict[LotKey, Lot | None] = {}
        self.nonces: dict[tuple[str, str], bool] = {}
        self.crops_by_place: dict[str, list[Crop]] = {}
        self.crops_by_party: dict[str, list[Crop]] = {}
        self.diaries: dict[str, list[DiaryEntry]] = {}
        self.inspections: dict[str, list[Inspection]] = {}
        self.alerts: dict[int, list[Alert]] = {}
        self.links: dict[int, list[Link]] = {}
        self.labels: dict[LotKey, list[Label]] = {}
        self.reserves_by_lot: dict[LotKey, list[Reserve]] = {}
        self.reserves_by_holding: dict[HoldingKey, list[Reserve]] = {}
        self.units = Units(self.reader)

    def forget_registry(self) -> None:
        """Drops what was fetched of the registry."""
        self.registry: dict[tuple[str, str], list[Statement]] = {}
        self.by_holder: dict[str, list[Statement]] = {}
        self.by_coop: dict[str, list[str]] = {}
        self.keys: dict[str, KeyEntry | None] = {}

    # -- the registry ------------------------------------------------------------------------
    def statements(self, kind: str, subject: str) -> list[Statement]:
        """All statements about a subject, oldest first."""
        found = self.registry.get((kind, subject))
        if found is not None:  # as nearly always: the rules ask for a few subjects again and again
            return found
        return self._entries(
            self.registry,
            (kind, subject),
            lambda reader: reader.statements(kind, subject),
            lambda effects: (
                each for each in effects.statements if each.kind == kind and each.subject == subject
            ),
        )

    def latest(self, kind: str, subject: str) -> Statement | None:
        """The statement that holds now."""
        found = self.registry.get((kind, subject))
        if found is None:
            found = self.statements(kind, subject)
        return found[-1] if found else None

    def party(self, party: str) -> Any:
        """The party's data (``PartyData``), or None."""
        found = self.latest("party", party)
        return found.data if found else None

    def product(self, gtin: str) -> Statement | None:
        """The product's statement (``ProductData``)."""
        return self.latest("product", gtin)

    def place(self, place: str) -> Statement | None:
        """The place's statement (``PlaceData``); its ``party`` is the owner."""
        return self.latest("place", place)

    def consent(self, grantor: str, agent: str) -> Statement | None:
        """What ``grantor`` lets ``agent`` do."""
        return self.latest("consent", f"{grantor}>{agent}")

    def certificates(self, holder: str) -> list[Statement]:
        """All statements about certificates that ``holder`` holds, oldest first."""
        return self._entries(
            self.by_holder,
            holder,
            lambda reader: reader.certificates(holder),
            lambda effects: (
                each
                for each in effects.statements
                if each.kind == "certificate" and each.party == holder
            ),
        )

    def members(self, party: str) -> list[str]:
        """The parties that ever were stated as members of ``party``."""
        return self._entries(
            self.by_coop,
            party,
            lambda reader: reader.members(party),
            lambda effects: (
                each.subject
                for each in effects.statements
                if each.kind == "party" and party in each.data.members_of
            ),
        )

    def key(self, kid: str) -> KeyEntry | None:
        """A registered key, active or revoked."""
        if kid not in self.keys:
            self.keys[kid] = self.reader.key(kid) if self.reader else None
        return self.keys[kid]

    def stands_for(self, party: str, other: str) -> bool:
        """Whether ``party`` is ``other``, or has succeeded it (a chain of successions counts)."""
        if party == other:
            return True
        todo, seen = [party], {party}
        while todo:
            current = todo.pop()
            if current == other:
                return True
            data = self.party(current)
            for predecessor in data.succeeds if data else ():
                if predecessor not in seen:
                    seen.add(predecessor)
                    todo.append(predecessor)
        return False

    # -- the flow ----------------------------------------------------------------------------
    def record(self, name: str) -> RecordEntry | None:
        """An accepted record by its name (digest)."""
        if name not in self.records:
            self.records[name] = self.reader.record(name) if self.reader else None
        return self.records[name]

    def body(self, name: str) -> SignedRecord | None:
        """An accepted record, whole."""
        if name not in self.bodies:
            self.bodies[name] = self.reader.body(name) if self.reader else None
        return self.bodies[name]

    def holding(self, key: HoldingKey) -> Holding | None:
        """A holding, however much of it is left."""
        if key not in self.holdings:
            self.holdings[key] = self.reader.holding(key) if self.reader else None
        return self.holdings[key]

    def transit(self, ship: int) -> list[Holding]:
        """The holdings of a shipment that are still on their way (something is left)."""
        found = self.transits.get(ship)
        if found is None:
            fetched = self.reader.transit(ship) if self.reader else []
            # One object per holding: another look-up may have brought it before.
            found = [self._one(each) for each in fetched]
            self.transits[ship] = found
        return [each for each in found if each.left is None or each.left > 0]

    def _one(self, holding: Holding) -> Holding:
        known = self.holdings.get(holding.key)
        if known is None:
            self.holdings[holding.key] = known = holding
        return known

    def lot(self, key: LotKey) -> Lot | None:
        """A lot that somebody made or acquired."""
        found = self.lot_entry(key)
        return found if found is not None and found.opened else None

    def lot_entry(self, key: LotKey) -> Lot | None:
        """A lot that somebody made, acquired, or only has labels for."""
        if key not in self.lots:
            self.lots[key] = self.reader.lot_entry(key) if self.reader else None
        return self.lots[key]

    def seen(self, iss: str, nonce: str) -> bool:
        """Whether the party has used the nonce before."""
        key = (iss, nonce)
        if key not in self.nonces:
            self.nonces[key] = self.reader.seen(iss, nonce) if self.reader else False
        return self.nonces[key]

    # -- facts and alerts --------------------------------------------------------------------
    def crops_at(self, place: str) -> list[Crop]:
        """What was harvested at a place."""
        return self._entries(
            self.crops_by_place,
            place,
            lambda reader: reader.crops_at(place),
            lambda effects: (each for each in effects.crops if each.place == place),
        )

    def crops_of(self, party: str) -> list[Crop]:
        """What a producer harvested."""
        return self._entries(
            self.crops_by_party,
            party,
            lambda reader: reader.crops_of(party),
            lambda effects: (each for each in effects.crops if each.party == party),
        )

    def diaries_at(self, place: str) -> list[DiaryEntry]:
        """The diary of a place."""
        return self._entries(
            self.diaries,
            place,
            lambda reader: reader.diaries_at(place),
            lambda effects: (each for each in effects.diaries if each.place == place),
        )

    def inspections_of(self, subject: str) -> list[Inspection]:
        """Inspections of a lot or place, oldest first."""
        return self._entries(
            self.inspections,
            subject,
            lambda reader: reader.inspections_of(subject),
            lambda effects: (each for each in effects.inspections if each.subject == subject),
        )

    def links_to(self, index: int) -> list[Link]:
        """Who spoke of a record later."""
        return self._entries(
            self.links,
            index,
            lambda reader: reader.links_to(index),
            lambda effects: (each for each in effects.links if each.about == index),
        )

    def labels_of(self, lot: LotKey) -> list[Label]:
        """The label records about a lot, oldest first, as later ones left them."""
        return self._entries(
            self.labels,
            lot,
            lambda reader: reader.labels_of(lot),
            lambda effects: (each for each in effects.labels if each.lot_key == lot),
        )

    def reserves_for(self, lot: LotKey) -> list[Reserve]:
        """What labels reserve for a lot."""
        return self._entries(
            self.reserves_by_lot,
            lot,
            lambda reader: reader.reserves_for(lot),
            lambda effects: (each for each in effects.reserves if each.lot_key == lot),
        )

    def reserves_on(self, holding: HoldingKey) -> list[Reserve]:
        """What labels reserve of a holding, for whatever lots."""
        return self._entries(
            self.reserves_by_holding,
            holding,
            lambda reader: reader.reserves_on(holding),
            lambda effects: (each for each in effects.reserves if each.source == holding),
        )

    def voided(self, index: int) -> bool:
        """Whether a later correction voided a record."""
        return any(link.kind == "void" for link in self.links_to(index))

    def closed_by(self, acquire: int) -> int | None:
        """The index of the late shipment to which an ``acquire`` belongs, if one came (and was not
        voided since)."""
        for link in self.links_to(acquire):
            if link.kind == "closes" and not self.voided(link.index):
                return link.index
        return None

    def alerts_of(self, index: int) -> list[Alert]:
        """The alerts that arise at a record, open and closed."""
        found = self.alerts.get(index)
        if found is None:
            old = self.reader is not None and index < self.base
            found = self.alerts[index] = self.reader.alerts_of(index) if old else []  # type: ignore[union-attr]
        return found

    def _entries(
        self,
        cache: dict[Any, list[Any]],
        key: Any,
        read: Callable[[Reader], list[Any]],
        fresh: Callable[[Effects], Iterator[Any]],
    ) -> list[Any]:
        """The list under ``key``: cached, or read and brought up to date with what this window
        has absorbed and the database does not have yet."""
        found = cache.get(key)
        if found is None:
            found = cache[key] = read(self.reader) if self.reader else []
            for effects in self.fresh:
                for entry in fresh(effects):
                    _replace(found, entry)
        return found

    # -- taking in ---------------------------------------------------------------------------
    def absorb(self, effects: Effects) -> None:
        """Takes in what an accepted record changes. The order of the lists does not matter."""
        entry, at = effects.entry, effects.at
        self.size, self.time = at.index + 1, at.time
        self.records[entry.name] = entry
        self.nonces[entry.iss, effects.record.body.nonce] = True
        self.bodies[entry.name] = effects.record
        for made in effects.made:
            self.holdings[made.key] = made
            if made.ship is not None:
                if made.ship < self.base:
                    self.transit(made.ship)
                self.transits.setdefault(made.ship, []).append(made)
        for drawn in effects.drawn:
            source = self.holding(drawn.source)
            if source is not None:
                source.left = _less(source.left, drawn.amount)
                if source.ship is not None:
                    source.left = 0  # what is on its way is drawn whole, or not at all
                source.pieces_left = _less(source.pieces_left, drawn.pieces)
        for root_key, used, live in effects.moved:
            root = self.holding(root_key)
            if root is not None:
                root.used, root.live = used, live
        for lot in effects.lots:
            self.lots[lot.product, lot.lot] = lot
        for key in effects.keys:
            self.keys[key.kid] = key
        for kid, trusted in effects.revoked:
            revoked = self.key(kid)
            if revoked is not None:
                revoked.revoked, revoked.trusted = at.index, trusted
        self._absorb_entries(effects)
        self._absorb_alerts(effects)
        if self.reader is not None:
            self.fresh.append(effects)

    def _absorb_entries(self, effects: Effects) -> None:
        for statement in effects.statements:
            self._put(self.registry, (statement.kind, statement.subject), statement)
            if statement.kind == "certificate":
                self._put(self.by_holder, statement.party, statement)
            elif statement.kind == "party":
                for cooperative in statement.data.members_of:
                    self._put(self.by_coop, cooperative, statement.subject)
                if effects.at.index == 0:
                    self.operator = statement.subject
                    self.genesis_kid = effects.record.kid
            elif statement.kind == "rules":
                self.thresholds = Thresholds.named(statement.data.thresholds)
        for crop in effects.crops:
            self._put(self.crops_by_place, crop.place, crop)
            self._put(self.crops_by_party, crop.party, crop)
        for diary in effects.diaries:
            self._put(self.diaries, diary.place, diary)
        for inspection in effects.inspections:
            self._put(self.inspections, inspection.subject, inspection)
        for link in effects.links:
            self._put(self.links, link.about, link)
        for label in effects.labels:
            self._put(self.labels, label.lot_key, label)
        for reserve in effects.reserves:
            self._put(self.reserves_by_lot, reserve.lot_key, reserve)
            self._put(self.reserves_by_holding, reserve.source, reserve)
        for unit in effects.units.values():
            self.units.put(unit)

    def _absorb_alerts(self, effects: Effects) -> None:
        for key in effects.opened:
            alerts = self.alerts_of(key.index)
            known = next((alert for alert in alerts if alert.key == key), None)
            if known is None:
                alerts.append(Alert(key, effects.at.index))
            else:
                known.opened, known.closed = effects.at.index, None
        for key in effects.closed:
            for alert in self.alerts_of(key.index):
                if alert.key == key:
                    alert.closed = effects.at.index

    def _put(self, cache: dict[Any, list[Any]], key: Any, entry: Any) -> None:
        """Enters into a list that is at hand; a window finds the others in ``fresh`` later."""
        found = cache.get(key)
        if found is None:
            if self.reader is not None:
                return
            found = cache[key] = []
        _replace(found, entry)


def _less(left: int | None, amount: int | None) -> int | None:
    return None if left is None or amount is None else left - amount


def _replace(entries: list[Any], entry: Any) -> None:
    """Puts ``entry`` in the place of the one that it restates, or at the end. Entries stand in the
    order of the records that first stated them, so most are found to be new at once."""
    if isinstance(entry, str):
        if entry not in entries:
            entries.append(entry)
        return
    index, mark = entry.index, _mark(entry)
    for position in range(len(entries) - 1, -1, -1):
        other = entries[position]
        if other.index < index:
            break
        if other.index == index and _mark(other) == mark:
            entries[position] = entry
            return
    entries.append(entry)


def _mark(entry: Any) -> tuple[int, int]:
    return getattr(entry, "n", 0), getattr(entry, "about", 0)


def open_alerts(alerts: Iterable[Alert]) -> Sequence[Alert]:
    """Those that no paper has answered."""
    return [alert for alert in alerts if alert.closed is None]
