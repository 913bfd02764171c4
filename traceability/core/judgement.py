"""What a replay of a bundle says of the goods: six of the ten verdicts.

By now no rule has refused anything. These judgements say how far that goes: where it rests on the
operator's word, on the holder's own, or on what is not shown to us.
"""

from collections.abc import Sequence
from typing import Any

from traceability.core.bundle import Bundle
from traceability.core.checkpoint import Checkpoint
from traceability.core.codec import SignedRecord
from traceability.core.excerpt import Excerpt
from traceability.core.facts import Holding, Statement
from traceability.core.public import check_complete
from traceability.core.registry_records import FLOW_TYPES
from traceability.core.state import State
from traceability.core.verdicts import Report
from traceability.core.way import Way, closed


def judge_links(report: Report, excerpt: Excerpt) -> None:
    """Links hold by now; say where they rest on the operator's word, or on what is not shown."""
    state = excerpt.state
    records = len(report.records)
    undisclosed = _count_undisclosed(report, "/holder")
    # Keys that the operator put in the place of the party's own.
    recovered = {kid for kid, key in state.keys.items() if key is not None and key.recovery}
    on_word = sum(
        record.kid in recovered or at.index in excerpt.declared for record, at, _ in report.records
    )
    if excerpt.beyond:
        report.say("links", "warn", "links.cut", records=len(excerpt.beyond))
    elif on_word:
        report.say("links", "warn", "links.operator-word", records=on_word)
    elif undisclosed:
        report.say("links", "warn", "links.undisclosed", records=undisclosed)
    else:
        report.say("links", "ok", "links.ok", records=records)


def _count_undisclosed(report: Report, member: str) -> int:
    """The records about goods that hide such a member from us."""
    return sum(
        record.body.type in FLOW_TYPES and any(each.endswith(member) for each in record.undisclosed)
        for record, _, _ in report.records
        if record.undisclosed
    )


def judge_balance(report: Report, excerpt: Excerpt, lots: int) -> None:
    """Nothing is drawn beyond what there is; known only as far as all quantities are."""
    hidden = _count_undisclosed(report, "/quantity")
    if excerpt.beyond:
        report.say("balance", "unknown", "balance.cut", records=len(excerpt.beyond))
    elif hidden:
        report.say("balance", "unknown", "balance.undisclosed", records=hidden)
    else:
        report.say("balance", "ok", "balance.ok", lots=lots)


def judge_origin(report: Report, excerpt: Excerpt) -> None:
    """Proven back to the harvests, unless goods came from outside the ledger."""
    declared = sum(
        record.body.type == "acquire" and not closed(record, at.index, excerpt.state)
        for record, at, _ in report.records
    )
    if declared:
        report.say("origin", "warn", "origin.declared", records=declared)
    elif excerpt.cut:
        report.say("origin", "unknown", "origin.cut")
    else:
        report.say("origin", "ok", "origin.proven")


def judge_recalls(
    report: Report,
    bundle: Bundle,
    state: State,
    checkpoint: Checkpoint,
    target: Sequence[Holding],
) -> None:
    """Nothing public was left out; and what corrections and revocations say of the target."""
    unread = 0
    if bundle.public is not None:
        shown = [record for record, _, _ in report.records]
        unread = check_complete(bundle.public, checkpoint, shown)
    # A revocation may take its trust back from records that it follows: they stand, but in doubt.
    trusted = {
        kid: key.trusted
        for kid, key in state.keys.items()
        if key is not None and key.trusted is not None
    }
    doubted = sum(
        record.kid in trusted and at.index > trusted[record.kid] for record, at, _ in report.records
    )
    if all(state.voided(each.index) for each in target):
        report.say("recalls", "warn", "recalls.voided")
    elif doubted:
        report.say("recalls", "warn", "recalls.doubted-key", records=doubted)
    elif bundle.public is None:
        report.say("recalls", "unknown", "recalls.unknown")
    elif unread:
        report.say("recalls", "unknown", "recalls.unread", records=unread)
    else:
        report.say("recalls", "ok", "recalls.none", size=checkpoint.size)


def judge_certificates(report: Report, excerpt: Excerpt, way: Way) -> None:
    """Every claim of a harvest that the lot comes from was covered on its day, and by another than
    who makes it. All of the lot that is shown counts, whichever holding of it the bundle names."""
    alerts = sum(
        alert.closed is None and alert.key.code.startswith("certificate.") and way.bears(alert.key)
        for alert in report.alerts()
    )
    claimed = {claim for crop in way.crops for claim in crop.claims}
    if alerts:
        report.say("certificates", "warn", "certificates.alerts", alerts=alerts)
    elif excerpt.beyond:
        report.say("certificates", "unknown", "certificates.cut")
    elif not claimed:
        report.say("certificates", "ok", "certificates.none-claimed")
    elif any(_on_own_word(each, claimed, way) for each in _certificates(excerpt.state)):
        report.say("certificates", "warn", "certificates.declared")
    else:
        report.say("certificates", "ok", "certificates.ok")


def _certificates(state: State) -> list[Statement]:
    return [each[-1] for (kind, _), each in state.registry.items() if kind == "certificate"]


def _on_own_word(statement: Statement, claimed: set[str], way: Way) -> bool:
    """Whether nobody but the holder has stated a certificate of a scheme that is claimed."""
    data: Any = statement.data
    return statement.declared and data.scheme in claimed and statement.party in way.parties


def judge_alerts(
    report: Report, excerpt: Excerpt, records: Sequence[SignedRecord], way: Way
) -> None:
    """No alert on the lot's way is open, but those of certificates; known only as far as all
    amounts are."""
    others = sum(
        alert.closed is None
        and not alert.key.code.startswith("certificate.")
        and way.bears(alert.key)
        for alert in report.alerts()
    )
    if others:
        report.say("alerts", "warn", "alerts.open", alerts=others)
    elif excerpt.beyond:
        report.say("alerts", "unknown", "alerts.cut")
    elif report.verdicts["balance"].outcome == "unknown" or any(
        "/data/area" in record.undisclosed and record.body.type == "place" for record in records
    ):
        report.say("alerts", "unknown", "alerts.undisclosed")
    else:
        report.say("alerts", "ok", "alerts.none")
