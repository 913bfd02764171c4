"""``goc audit``: a whole exported ledger, replayed by the same rulebook."""

import argparse
import os
from pathlib import Path
from typing import Any

import orjson

from traceability.cli.say import Say
from traceability.text import has_text


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "audit",
        help="replay a whole exported ledger",
        description="Replays an archive in memory by the same rulebook that the server ran: every "
        "signature, the whole tree, every rule; compares the state it arrives at, and names the "
        "first record that is wrong. With --signatures only signatures and tree are checked: about "
        "twice as fast, in little memory.",
        epilog="example: goc audit 2026.goc.archive --log 'goc.example+1a2b3c4d+AQ…'",
    )
    parser.add_argument("archive", type=Path, metavar="ARCHIVE", help="from goc export --all")
    parser.add_argument("--log", required=True, metavar="VKEY", help="the log's verifier key")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="witness policy")
    parser.add_argument("--seen", type=Path, metavar="FILE", help="the checkpoint seen last")
    parser.add_argument(
        "--signatures", action="store_true", help="only signatures and tree, without the rules"
    )
    parser.add_argument(
        "--jobs",
        type=_count,
        metavar="N",
        default=_cores(),
        help="processes that verify signatures (one for each core)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    parser.set_defaults(run=run)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError("from 1 to 256")
    return int(text)


def run(options: argparse.Namespace, say: Say) -> int:
    """0 all holds, 1 something is wrong, 2 unreadable input."""
    from traceability.audit.archive import ArchiveFile, read_header
    from traceability.core.policy import Policy
    from traceability.core.vkey import VerifierKey

    key = VerifierKey.parse(options.log)
    policy = Policy.parse(options.policy.read_bytes()) if options.policy else None
    seen = options.seen.read_bytes() if options.seen else None
    with options.archive.open("rb") as file:
        header = read_header(file)
        records = ArchiveFile(file)
        if options.signatures:
            from traceability.audit.signatures import audit_signatures

            report = audit_signatures(header, records, key, policy, seen, options.jobs)
        else:
            from traceability.audit.full import audit

            again = records.wire if file.seekable() else None
            report = audit(header, records, key, policy, seen, options.jobs, again)
    if options.json:
        fault = report.fault
        out = {
            "holds": report.holds,
            "records": report.size,
            "rules_replayed": not options.signatures,
            "state": report.state,
            "state_compared": bool(header.state) and report.holds and not options.signatures,
            "seen_compared": seen is not None and report.holds,
            "open_alerts": report.alerts,
            "open_alerts_by_code": dict(report.alert_codes),
            "fault": None
            if fault is None
            else {"stage": fault.stage, "code": fault.code, "index": fault.index,
                  "params": fault.params},
        }  # fmt: skip
        say.raw(orjson.dumps(out, option=orjson.OPT_INDENT_2, default=str) + b"\n")
    elif report.fault is None and options.signatures:
        say("cli.audit.signatures", records=report.size)
        say("cli.audit.no-rules")
        say("cli.audit.seen" if seen is not None else "cli.audit.no-seen")
    elif report.fault is None:
        say("cli.audit.holds", records=report.size, state=report.state)
        say("cli.audit.state" if header.state else "cli.audit.no-state")
        say("cli.audit.seen" if seen is not None else "cli.audit.no-seen")
        say("cli.audit.alerts", alerts=report.alerts)
        for code, count in report.alert_codes:
            say.line(f"  {count:>5}  {_words(code, say)} [{code}]")
    else:
        fault = report.fault
        where = "–" if fault.index is None else str(fault.index)
        say("cli.audit.fails", index=where, stage=say.text(f"cli.audit.stage.{fault.stage}"))
        say.line(f"  {say.explain(fault.code, fault.params)} [{fault.code}]")
    return 0 if report.holds else 1


def _words(code: str, say: Say) -> str:
    key = f"alert.{code}"
    return say.text(key) if has_text(say.language, key) else code
