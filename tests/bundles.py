"""Bundles of a ledger in memory, made as an exporter must make them, and taken apart by tests."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import orjson

from tests.kit import Out, Signed
from tests.memory import MemoryLedger
from traceability.core import b64, codec
from traceability.core.bundle import Bundle, Entry, PublicLeaves, Target
from traceability.core.checkpoint import add_cosignatures
from traceability.core.claims import Audience, Hide
from traceability.core.closure import Want, answers, close
from traceability.core.codec import SignedRecord
from traceability.core.facts import Accepted, Effects, RecordEntry
from traceability.core.keys import PrivateKey
from traceability.core.leaf import Leaf
from traceability.core.merkle import consistency_proof, leaf_hash, root_of
from traceability.core.note import Cosigner
from traceability.core.policy import Policy
from traceability.core.registry_records import hidden_fields
from traceability.core.verify import Report

EAST: Final = Cosigner("dong.example", PrivateKey.from_seed(b"a witness of the tests, east ..."))
WEST: Final = Cosigner("tay.example", PrivateKey.from_seed(b"a witness of the tests, west ..."))
POLICY: Final = Policy.parse(
    f"witness dong {EAST.key}\nwitness tay {WEST.key}\ngroup ca-hai all dong tay\n"
    "quorum ca-hai\n".encode()
)
COSIGNED: Final = 1_790_000_000


@dataclass
class Exporter:
    """Makes bundles of all that a ledger has taken so far."""

    ledger: MemoryLedger

    @cached_property
    def records(self) -> list[SignedRecord]:
        """All records in log order, fully disclosed."""
        return [effects.record for effects in self.ledger.effects]

    @cached_property
    def answering(self) -> dict[Want, list[int]]:
        """Which records answer a want."""
        found: dict[Want, list[int]] = defaultdict(list)
        for index, record in enumerate(self.records):
            for want in answers(record):
                found[want].append(index)
        return dict(found)

    def find(self, want: Want) -> Iterable[int]:
        """The indices of all records that answer it."""
        return self.answering.get(want, ())

    def index(self, name: str) -> int:
        """The index of a record by its name."""
        return self.answering["record", name][0]

    def closure(self, *names: str) -> list[int]:
        """The closure of some records."""
        return close(map(self.index, names), self.records.__getitem__, self.find)

    def entry(
        self, index: int, shows: Callable[[SignedRecord, bytes], bool] | None = None
    ) -> Entry:
        """A record as a bundle has it; ``shows`` says which disclosures go with it."""
        record = self.records[index]
        shown = [each for each in record.disclosures if shows is None or shows(record, each)]
        time = self.ledger.leaves[index].time
        return Entry(codec.to_wire(record.jws, shown), index, time, tuple(self.ledger.proof(index)))

    def public(self) -> PublicLeaves:
        """The public section."""
        leaves = tuple(leaf.to_bytes() for leaf in self.ledger.leaves)
        return PublicLeaves(leaves, tuple(r.jws for r in self.records if r.leaf_class == 1))

    def checkpoint(self, *witnesses: Cosigner) -> bytes:
        """The present checkpoint, cosigned."""
        note = self.ledger.checkpoint()
        key = self.ledger.world.signer.key
        text = note.decode().split("\n\n")[0] + "\n"
        for witness in witnesses:
            line = f"{witness.sign(text, COSIGNED)}\n".encode()
            note = add_cosignatures(note, line, key, [witness.key])
        return note

    def consistency(self, size: int) -> tuple[int, tuple[bytes, ...]]:
        """The proof that the present tree extends that of ``size`` leaves."""
        hashes = self.ledger.hashes
        proof = consistency_proof(
            size,
            len(hashes),
            lambda level, at: root_of(hashes[at << level : (at + 1) << level]),
        )
        return size, tuple(proof)

    def bundle(
        self,
        of: Out,
        *,
        public: bool = True,
        shows: Callable[[SignedRecord, bytes], bool] | None = None,
        indices: Collection[int] | None = None,
    ) -> Bundle:
        """The bundle of one holding: its closure, or the records that are named."""
        chosen = self.closure(of.record) if indices is None else sorted(indices)
        return Bundle(
            Target(of.product, of.lot, of.name),
            tuple(self.entry(index, shows) for index in chosen),
            self.checkpoint(EAST, WEST),
            public=self.public() if public else None,
        )


def force(ledger: MemoryLedger, signed: Signed | bytes, time: int | None = None) -> int:
    """An operator that takes whatever it likes: the record gets its leaf, and no rule is asked.
    Returns its index."""
    record = codec.parse(signed if isinstance(signed, bytes) else signed.wire)
    index = len(ledger.leaves)
    now = ledger.world.now if time is None else time
    body = record.body
    entry = RecordEntry(index, record.name, body.type, body.iss, body.acting, now, now)
    ledger.effects.append(Effects(record, Accepted(index, now), entry))
    ledger.leaves.append(Leaf(record.digest, now, record.leaf_class))
    ledger.hashes.append(leaf_hash(ledger.leaves[-1].to_bytes()))
    ledger.world.take()
    return index


def refile(ledger: MemoryLedger, index: int, **changes: int) -> None:
    """The log commits to another time or class of a record than it should."""
    leaf = ledger.leaves[index] = replace(ledger.leaves[index], **changes)  # type: ignore[arg-type]
    ledger.hashes[index] = leaf_hash(leaf.to_bytes())


def audience(limit: Audience) -> Callable[[SignedRecord, bytes], bool]:
    """Shows what readers up to an audience may see."""
    levels: dict[tuple[str, str], Hide] = {
        (kind, path.split(".")[-1]): hide for (kind, path), hide in hidden_fields().items()
    }

    def shows(record: SignedRecord, disclosure: bytes) -> bool:
        return levels[record.body.type, name_of(disclosure)].audience <= limit

    return shows


def name_of(disclosure: bytes) -> str:
    """The field that a disclosure shows."""
    name: str = orjson.loads(b64.decode(disclosure))[1]
    return name


def without(bundle: Bundle, index: int) -> Bundle:
    """The bundle with one record dropped."""
    return replace(bundle, entries=tuple(e for e in bundle.entries if e.index != index))


def with_entry(bundle: Bundle, index: int, /, **changes: object) -> Bundle:
    """The bundle with one record's entry changed."""
    entries = tuple(
        replace(each, **changes) if each.index == index else each  # type: ignore[arg-type]
        for each in bundle.entries
    )
    return replace(bundle, entries=entries)


def failing(report: Report) -> dict[str, str]:
    """The verdicts that fail, with their codes."""
    return {name: each.code for name, each in report.verdicts.items() if each.outcome == "fail"}


def outcomes(report: Report) -> dict[str, str]:
    """All verdicts: outcome and code."""
    return {name: f"{each.outcome} {each.code}" for name, each in report.verdicts.items()}
