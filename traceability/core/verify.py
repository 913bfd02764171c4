"""A bundle's verdicts: what holds, what does not, and what was not checked (DESIGN §3).

The verifier trusts nobody but the log's key (and the witnesses of a policy), given from outside.

1. The checkpoint is the log's: its name, its signature. The witnesses' lines are judged apart.
2. Every record parses, and its signature holds (``core.signatures``).
3. Every record is a leaf of the checkpoint's tree, at its index, with its time and the class of its
   type; indices rise and times never fall.
4. The checkpoint extends the one that was seen before, if one was.
5. The records are *replayed* by the same rulebook that the server ran, on an empty state
   (``core.excerpt``): so keys belong to who signs, draws resolve, nobody draws another's or more
   than there is, and alerts come out as they did there.
6. With the log's public records at hand, none that belongs to the bundle was left out
   (``core.public``).

What was not disclosed to us is unknown, never assumed. Whoever makes a bundle chooses what it shows
of class 0: a plot's diary, an inspection or another harvest of the same lot can be kept back, and
only an audit of the log would tell.
"""

from collections.abc import Sequence
from typing import Final

from traceability.core.bundle import Bundle
from traceability.core.checkpoint import Checkpoint, open_checkpoint
from traceability.core.codec import SignedRecord
from traceability.core.errors import GocError, ProofError
from traceability.core.excerpt import Excerpt
from traceability.core.facts import Accepted, Holding
from traceability.core.judgement import (
    judge_alerts,
    judge_balance,
    judge_certificates,
    judge_links,
    judge_origin,
    judge_recalls,
)
from traceability.core.leaf import entry_bytes
from traceability.core.merkle import InclusionChecker, leaf_hash, verify_consistency
from traceability.core.note import Note
from traceability.core.policy import NONE, Policy
from traceability.core.signatures import SignatureFault, read_all
from traceability.core.state import State
from traceability.core.uncollected import uncollected
from traceability.core.verdicts import NAMES, Outcome, Report, Verdict, VerdictError
from traceability.core.vkey import VerifierKey
from traceability.core.way import Way

#: Refusals of the rulebook that speak of amounts; all others break a link.
_BALANCE: Final = ("balance.", "draw.over", "assemble.", "quantity.")
_SUMS: Final = (".sum", ".gain")
_MANY: Final = 256  #: records, from which on verifying makes garbage collection worth a thought


def verify(
    bundle: Bundle,
    log: VerifierKey,
    policy: Policy | None = None,
    seen: bytes | None = None,
    threads: int = 2,
) -> Report:
    """Checks a bundle against the log's key, a witness policy, and a checkpoint seen before.

    Never raises for what the bundle holds: every fault is a verdict. A verdict that could not be
    reached because an earlier one failed is ``unknown`` with the code ``verdict.not-reached``.
    """
    report = Report({})
    try:
        with uncollected(len(bundle.entries) >= _MANY):
            _verify(report, bundle, log, policy, seen, threads)
    except VerdictError as failed:
        report.verdicts[failed.verdict.name] = failed.verdict
    except Exception:  # a fault of ours: what it interrupted must never pass for verified
        report.say("links", "fail", "verdict.fault")
    report.verdicts = {
        name: report.verdicts.get(name, Verdict(name, "unknown", "verdict.not-reached"))
        for name in NAMES
    }
    return report


def _verify(
    report: Report,
    bundle: Bundle,
    log: VerifierKey,
    policy: Policy | None,
    seen: bytes | None,
    threads: int,
) -> None:
    try:
        checkpoint = open_checkpoint(bundle.checkpoint, log).checkpoint
    except GocError as error:
        raise VerdictError("inclusion", error) from error
    report.checkpoint = checkpoint
    try:
        records = read_all([entry.wire for entry in bundle.entries], threads)
    except SignatureFault as fault:
        index = bundle.entries[fault.position].index
        raise VerdictError("signatures", fault.error, index) from fault
    report.say("signatures", "ok", "signatures.ok", records=len(records))
    _check_inclusion(bundle, records, checkpoint)
    report.say("inclusion", "ok", "inclusion.ok", size=checkpoint.size)
    _judge_witnesses(report, bundle, log, policy)
    _judge_consistency(report, bundle, checkpoint, log, seen)
    excerpt = _replay(report, bundle, records, log.name)
    target = _target(bundle, excerpt.state)
    judge_links(report, excerpt)
    judge_recalls(report, bundle, excerpt.state, checkpoint, target)
    judge_balance(report, excerpt, len(target))
    judge_origin(report, excerpt)
    way = Way(report.records, excerpt.state, (bundle.target.gtin, bundle.target.lot))
    judge_certificates(report, excerpt, way)
    judge_alerts(report, excerpt, records, way)


# -- the log -----------------------------------------------------------------------------------
def _check_inclusion(
    bundle: Bundle, records: Sequence[SignedRecord], checkpoint: Checkpoint
) -> None:
    check = InclusionChecker(checkpoint.size, checkpoint.root).check
    last_index, last_time = -1, -1
    for entry, record in zip(bundle.entries, records, strict=True):
        try:
            if entry.index <= last_index or entry.time < last_time:
                raise ProofError("bundle.order")
            leaf = entry_bytes(record.digest, entry.time, record.leaf_class)
            check(entry.index, leaf_hash(leaf), entry.proof)
        except GocError as error:
            raise VerdictError("inclusion", error, entry.index) from error
        last_index, last_time = entry.index, entry.time


def _judge_witnesses(
    report: Report, bundle: Bundle, log: VerifierKey, policy: Policy | None
) -> None:
    if policy is None:
        report.say("witnesses", "unknown", "witnesses.no-policy")
        return
    try:
        policy.require_log(log)
        opened = open_checkpoint(bundle.checkpoint, log, policy.witness_keys)
    except GocError as error:
        report.verdicts["witnesses"] = VerdictError("witnesses", error).verdict
        return
    quorum = policy.judge(opened.cosignatures)
    report.cosigned = quorum.time
    names = ", ".join(quorum.witnesses)
    if not quorum.satisfied:
        report.say("witnesses", "fail", "policy.quorum", witnesses=names)
    elif policy.quorum == NONE:
        report.say("witnesses", "unknown", "witnesses.none-asked", witnesses=names)
    else:
        report.say("witnesses", "ok", "witnesses.ok", witnesses=names)


def _judge_consistency(
    report: Report, bundle: Bundle, now: Checkpoint, log: VerifierKey, seen: bytes | None
) -> None:
    if seen is None:
        report.say("consistency", "unknown", "consistency.first")
        return
    try:
        before = open_checkpoint(seen, log).checkpoint
        if before.size > now.size:
            raise ProofError("bundle.rolled-back", seen=before.size, shown=now.size)
        proof: tuple[bytes, ...] = ()
        if 0 < before.size < now.size:
            if bundle.consistency is None or bundle.consistency[0] != before.size:
                raise ProofError("bundle.no-consistency", seen=before.size)
            proof = bundle.consistency[1]
        verify_consistency(before.size, now.size, before.root, now.root, proof)
    except GocError as error:
        raise VerdictError("consistency", error) from error
    report.say("consistency", "ok", "consistency.ok", size=before.size)


# -- the flow ----------------------------------------------------------------------------------
def _replay(
    report: Report, bundle: Bundle, records: Sequence[SignedRecord], origin: str
) -> Excerpt:
    if [entry.index for entry in bundle.entries[:2]] != [0, 1]:
        raise VerdictError("links", ProofError("bundle.genesis"))
    excerpt = Excerpt(origin, bundle.cut, _claims_of(records) if bundle.cut else ())
    for entry, record in zip(bundle.entries, records, strict=True):
        at = Accepted(entry.index, entry.time)
        try:
            effects = excerpt.take(record, at)
        except GocError as error:
            code = error.code
            balance = code.startswith(_BALANCE) or code.endswith(_SUMS)
            raise VerdictError("balance" if balance else "links", error, entry.index) from error
        report.records.append((record, at, effects))
    report.state = excerpt.state
    return excerpt


def _claims_of(records: Sequence[SignedRecord]) -> set[str]:
    """All that anybody claims for goods."""
    return {
        claim
        for record in records
        for make in getattr(record.body, "makes", ())
        for claim in make.claims
    }


def _target(bundle: Bundle, state: State) -> list[Holding]:
    """The holdings that the bundle speaks of: of its lot, or the one that it names."""
    target = bundle.target
    held = [
        each
        for each in state.holdings.values()
        if each is not None and each.lot_key == (target.gtin, target.lot)
    ]
    if target.holding is not None:
        name, _, n = target.holding.rpartition(".")
        entry = state.record(name)
        held = [each for each in held if entry is not None and each.key == (entry.index, int(n))]
    if not held:
        raise VerdictError("links", ProofError("bundle.target", lot=target.lot))
    return held


def text_of(note: bytes) -> str:
    """The checkpoint text of a signed note, unverified: for showing only."""
    return Note.parse(note).text


__all__ = ["NAMES", "Outcome", "Report", "Verdict", "text_of", "verify"]
