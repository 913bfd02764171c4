"""A bundle's verdicts: what holds, what does not, and what was not checked (DESIGN §3).

The verifier trusts nobody but the log's key (and the witnesses of a policy), given from outside.
It checks every signature and every inclusion proof, and then *replays* the records by the same
rulebook that the server ran, on an empty state: so keys belong to who signs, draws resolve, nobody
draws another's or more than there is, and alerts come out as they did there. What was not disclosed
to us is unknown, never assumed.

Verdicts, each on its own: ``signatures`` · ``inclusion`` · ``witnesses`` · ``consistency`` ·
``links`` · ``balance`` (of what is shown: that nothing *else* was drawn needs an audit) ·
``origin`` (proven, or declared in part) · ``certificates`` at the time · ``alerts`` · ``recalls``
(with corrections, disputes and revocations: known to be complete only if all class-1 leaves were
checked).
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from traceability.core import codec
from traceability.core.bundle import Bundle, PublicLeaves
from traceability.core.checkpoint import Checkpoint, OpenedCheckpoint, open_checkpoint
from traceability.core.codec import SignedRecord
from traceability.core.errors import GocError, ProofError
from traceability.core.facts import Accepted, Alert, Effects, Holding
from traceability.core.keys import PublicKey
from traceability.core.leaf import Leaf
from traceability.core.merkle import InclusionChecker, leaf_hash, root_of, verify_consistency
from traceability.core.note import Note
from traceability.core.policy import Policy
from traceability.core.registry_records import leaf_class
from traceability.core.rules import apply
from traceability.core.state import State
from traceability.core.vkey import VerifierKey

Outcome = Literal["ok", "warn", "fail", "unknown"]
NAMES: Final = (
    "signatures",
    "inclusion",
    "witnesses",
    "consistency",
    "links",
    "balance",
    "origin",
    "certificates",
    "alerts",
    "recalls",
)
#: Refusals of the rulebook that speak of amounts; all others break a link.
_BALANCE: Final = ("balance.", "draw.over", "assemble.", "quantity.")
_SUMS: Final = (".sum", ".gain")
_BY_NOW: Final = frozenset({"correct", "dispute", "key-revoke", "certificate"})
_CHUNK: Final = 64


@dataclass(frozen=True, slots=True)
class Verdict:
    """One verdict. ``code`` says why (an error code, or ``<name>.<state>``); ``index`` where."""

    name: str
    outcome: Outcome
    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    index: int | None = None


@dataclass(slots=True)
class Report:
    """The verdicts in the order of ``NAMES``, and what the replay arrived at."""

    verdicts: dict[str, Verdict]
    checkpoint: Checkpoint | None = None
    cosigned: int | None = None  #: Unix seconds of the latest cosignature that counted
    records: list[tuple[SignedRecord, Accepted, Effects]] = field(default_factory=list)
    state: State | None = None

    @property
    def holds(self) -> bool:
        """No verdict fails. Warnings and unknowns remain for the reader to weigh."""
        return all(verdict.outcome != "fail" for verdict in self.verdicts.values())

    def alerts(self) -> list[Alert]:
        """All alerts of the shown records, open and closed, in log order."""
        if self.state is None:
            return []
        return [alert for index in sorted(self.state.alerts) for alert in self.state.alerts[index]]


class _VerdictError(Exception):
    """Ends the verification with a verdict: what follows would rest on what failed."""

    def __init__(self, name: str, error: GocError, index: int | None = None) -> None:
        super().__init__(name)
        self.verdict = Verdict(name, "fail", error.code, dict(error.params), index)


def verify(
    bundle: Bundle,
    log: VerifierKey,
    policy: Policy | None = None,
    seen: bytes | None = None,
) -> Report:
    """Checks a bundle against the log's key, a witness policy, and a checkpoint seen before.

    Never raises for what the bundle holds: every fault is a verdict. A verdict that could not be
    reached because an earlier one failed is ``unknown`` with the code ``verdict.not-reached``.
    """
    report = Report({})
    try:
        _verify(report, bundle, log, policy, seen)
    except _VerdictError as failed:
        report.verdicts[failed.verdict.name] = failed.verdict
    report.verdicts = {
        name: report.verdicts.get(name, Verdict(name, "unknown", "verdict.not-reached"))
        for name in NAMES
    }
    return report


def _verify(
    report: Report, bundle: Bundle, log: VerifierKey, policy: Policy | None, seen: bytes | None
) -> None:
    def say(name: str, outcome: Outcome, code: str, **params: object) -> None:
        report.verdicts[name] = Verdict(name, outcome, code, params)

    with ThreadPoolExecutor(2) as pool:
        opened = _open(bundle, log, policy)
        report.checkpoint = opened.checkpoint
        records, signatures = _parse(bundle, pool)
        _check_inclusion(bundle, records, opened.checkpoint)
        say("inclusion", "ok", "inclusion.ok", size=opened.checkpoint.size)
        for done in signatures:
            failed = done.result()
            if failed is not None:
                raise failed
        say("signatures", "ok", "signatures.ok", records=len(records))
    _judge_witnesses(report, opened, policy)
    _judge_consistency(report, bundle, opened.checkpoint, log, seen)
    state = _replay(report, bundle, records, log.name)
    target = _target(bundle, state)
    say("links", "ok", "links.ok", records=len(records))
    _judge_recalls(report, bundle, records, opened.checkpoint, state)
    if any(each is not None and each.made is None for each in state.holdings.values()):
        say("balance", "unknown", "balance.undisclosed")
    else:
        say("balance", "ok", "balance.ok", lots=len(target))
    _judge_origin(report, state, bundle.cut)
    _judge_alerts(report)


def _open(bundle: Bundle, log: VerifierKey, policy: Policy | None) -> OpenedCheckpoint:
    try:
        return open_checkpoint(bundle.checkpoint, log, policy.witness_keys if policy else ())
    except GocError as error:
        raise _VerdictError("inclusion", error) from error


def _parse(
    bundle: Bundle, pool: ThreadPoolExecutor
) -> tuple[list[SignedRecord], list[Future[_VerdictError | None]]]:
    """Parses all records; signatures are verified beside it, since libsodium frees the GIL."""
    records: list[SignedRecord] = []
    keys: dict[str, PublicKey] = {}
    waiting: list[Future[_VerdictError | None]] = []
    start = 0
    try:
        for entry in bundle.entries:
            record = codec.parse(entry.wire, complete=False)
            records.append(record)
            if record.body.type == "key":
                keys.update(codec.keys_in([record]))
            if len(records) - start == _CHUNK:
                if start:  # the first chunk holds record 1, which vouches for record 0
                    waiting.append(_submit(pool, bundle, records, keys, start))
                    start = len(records)
                else:
                    waiting.append(_submit(pool, bundle, records, keys, 0))
                    start = len(records)
    except GocError as error:
        index = bundle.entries[len(records)].index
        raise _VerdictError("signatures", error, index) from error
    waiting.append(_submit(pool, bundle, records, keys, start))
    return records, waiting


def _submit(
    pool: ThreadPoolExecutor,
    bundle: Bundle,
    records: list[SignedRecord],
    keys: Mapping[str, PublicKey],
    start: int,
) -> Future[_VerdictError | None]:
    chunk = records[start:]

    def check() -> _VerdictError | None:
        for offset, record in enumerate(chunk):
            try:
                codec.verify(record, keys)
            except GocError as error:
                return _VerdictError("signatures", error, bundle.entries[start + offset].index)
        return None

    return pool.submit(check)


def _check_inclusion(
    bundle: Bundle, records: Sequence[SignedRecord], checkpoint: Checkpoint
) -> None:
    checker = InclusionChecker(checkpoint.size, checkpoint.root)
    last_index, last_time = -1, -1
    for entry, record in zip(bundle.entries, records, strict=True):
        try:
            if entry.index <= last_index or entry.time < last_time:
                raise ProofError("bundle.order")
            leaf = Leaf(record.digest, entry.time, leaf_class(record.body.type))
            checker.check(entry.index, leaf_hash(leaf.to_bytes()), entry.proof)
        except GocError as error:
            raise _VerdictError("inclusion", error, entry.index) from error
        last_index, last_time = entry.index, entry.time


def _judge_witnesses(report: Report, opened: OpenedCheckpoint, policy: Policy | None) -> None:
    if policy is None:
        report.verdicts["witnesses"] = Verdict("witnesses", "unknown", "witnesses.no-policy")
        return
    quorum = policy.judge(opened.cosignatures)
    report.cosigned = quorum.time
    params = {"witnesses": ", ".join(quorum.witnesses)}
    report.verdicts["witnesses"] = (
        Verdict("witnesses", "ok", "witnesses.ok", params)
        if quorum.satisfied
        else Verdict("witnesses", "fail", "policy.quorum", params)
    )


def _judge_consistency(
    report: Report, bundle: Bundle, now: Checkpoint, log: VerifierKey, seen: bytes | None
) -> None:
    if seen is None:
        report.verdicts["consistency"] = Verdict("consistency", "unknown", "consistency.first")
        return
    try:
        before = open_checkpoint(seen, log).checkpoint
        if before.size > now.size:
            raise ProofError("bundle.rolled-back", seen=before.size, shown=now.size)
        proof: Sequence[bytes] = ()
        if before.size < now.size:
            if bundle.consistency is None or bundle.consistency[0] != before.size:
                raise ProofError("bundle.no-consistency", seen=before.size)
            proof = bundle.consistency[1]
        verify_consistency(before.size, now.size, before.root, now.root, list(proof))
    except GocError as error:
        raise _VerdictError("consistency", error) from error
    report.verdicts["consistency"] = Verdict(
        "consistency", "ok", "consistency.ok", {"size": before.size}
    )


def _replay(report: Report, bundle: Bundle, records: Sequence[SignedRecord], origin: str) -> State:
    state = State(origin)
    if [entry.index for entry in bundle.entries[:2]] != [0, 1]:
        raise _VerdictError("links", ProofError("bundle.genesis"))
    for entry, record in zip(bundle.entries, records, strict=True):
        at = Accepted(entry.index, entry.time)
        try:
            effects = apply(record, at, state)
        except GocError as error:
            code = error.code
            balance = code.startswith(_BALANCE) or code.endswith(_SUMS)
            raise _VerdictError("balance" if balance else "links", error, entry.index) from error
        state.absorb(effects)
        report.records.append((record, at, effects))
    report.state = state
    return state


def _target(bundle: Bundle, state: State) -> list[Holding]:
    target = bundle.target
    held = [
        each
        for each in state.holdings.values()
        if each is not None and each.lot_key == (target.gtin, target.lot)
    ]
    if not held:
        raise _VerdictError("links", ProofError("bundle.target", lot=target.lot))
    if target.holding is not None:
        name, _, n = target.holding.rpartition(".")
        entry = state.record(name)
        if entry is None or state.holding((entry.index, int(n))) not in held:
            raise _VerdictError("links", ProofError("bundle.target", lot=target.lot))
    return held


def _judge_recalls(
    report: Report,
    bundle: Bundle,
    records: Sequence[SignedRecord],
    checkpoint: Checkpoint,
    state: State,
) -> None:
    if bundle.public is None:
        report.verdicts["recalls"] = Verdict("recalls", "unknown", "recalls.unknown")
        return
    shown = {record.digest for record in records}
    names = {record.name for record in records}
    subjects = {
        "correct": names,
        "dispute": names,
        "key-revoke": {record.kid for record in records},
        "certificate": {subject for kind, subject in state.registry if kind == "certificate"},
    }
    for record, index in _public_records(bundle.public, checkpoint):
        if record.body.type not in _BY_NOW or record.digest in shown:
            continue
        if _subject(record) in subjects[record.body.type]:
            error = ProofError("bundle.left-out", type=record.body.type)
            raise _VerdictError("recalls", error, index)
    params = {"size": checkpoint.size}
    report.verdicts["recalls"] = Verdict("recalls", "ok", "recalls.none", params)


def _subject(record: SignedRecord) -> str:
    """What a public record that acts on earlier ones is about."""
    data: Any = record.body.data  # type: ignore[attr-defined]
    member = {"correct": "corrects", "dispute": "record", "key-revoke": "kid"}
    return str(getattr(data, member.get(record.body.type, "certificate")))


def _public_records(
    public: PublicLeaves, checkpoint: Checkpoint
) -> Iterable[tuple[SignedRecord, int]]:
    """All class-1 records of the log, proven to be all of them."""
    try:
        if len(public.leaves) != checkpoint.size:
            raise ProofError("bundle.leaves")
        if root_of([leaf_hash(leaf) for leaf in public.leaves]) != checkpoint.root:
            raise ProofError("bundle.leaves")
        leaves = [Leaf.from_bytes(leaf) for leaf in public.leaves]
    except GocError as error:
        raise _VerdictError("recalls", error) from error
    given = iter(public.records)
    for index, leaf in enumerate(leaves):
        if leaf.cls != 1:
            continue
        try:
            record = codec.parse(next(given, b"") + b"~", complete=False)
            if record.digest != leaf.digest or leaf_class(record.body.type) != 1:
                raise ProofError("bundle.class")
        except GocError as error:
            raise _VerdictError("recalls", error, index) from error
        yield record, index
    if next(given, None) is not None:
        raise _VerdictError("recalls", ProofError("bundle.leaves"))


def _judge_origin(report: Report, state: State, cut: bool) -> None:
    declared = [
        at.index
        for record, at, _ in report.records
        if record.body.type == "acquire"
        and not any(link.kind == "closes" for link in state.links_to(at.index))
    ]
    if declared:
        verdict = Verdict("origin", "warn", "origin.declared", {"records": len(declared)})
    elif cut:
        verdict = Verdict("origin", "unknown", "origin.cut")
    else:
        verdict = Verdict("origin", "ok", "origin.proven")
    report.verdicts["origin"] = verdict


def _judge_alerts(report: Report) -> None:
    alerts = [alert for alert in report.alerts() if alert.closed is None]
    papers = [alert for alert in alerts if alert.key.code.startswith("certificate.")]
    others = [alert for alert in alerts if alert not in papers]
    claimed = any(effects.crops and any(c.claims for c in effects.crops)
                  for _, _, effects in report.records)  # fmt: skip
    if papers:
        verdict = Verdict("certificates", "warn", "certificates.alerts", {"alerts": len(papers)})
    elif claimed:
        verdict = Verdict("certificates", "ok", "certificates.ok")
    else:
        verdict = Verdict("certificates", "ok", "certificates.none-claimed")
    report.verdicts["certificates"] = verdict
    report.verdicts["alerts"] = (
        Verdict("alerts", "warn", "alerts.open", {"alerts": len(others)})
        if others
        else Verdict("alerts", "ok", "alerts.none")
    )


def text_of(note: bytes) -> str:
    """The checkpoint text of a signed note, unverified: for showing only."""
    return Note.parse(note).text
