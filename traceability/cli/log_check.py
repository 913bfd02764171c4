"""``goc log check``: a published log, from its files alone."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from traceability.cli.say import Say
from traceability.core.errors import LedgerError


def add(inner: Any) -> None:
    """Adds the command to those of ``goc log``."""
    parser: argparse.ArgumentParser = inner.add_parser(
        "check",
        help="check a published log",
        description="Reads a published log, all of it, and checks that every tile and the root "
        "follow from the entries, that the log has signed it and the policy's witnesses have "
        "cosigned it, and that it extends the checkpoint seen before. What the records say is not "
        "published: goc audit checks that, from an archive.",
        epilog="example: goc log check https://goc.example/log --log 'goc.example+1a2b3c4d+AQ…'",
    )
    parser.add_argument("place", metavar="PLACE", help="its address, or a folder with a copy")
    parser.add_argument("--log", required=True, metavar="VKEY", help="the log's verifier key")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="witness policy")
    parser.add_argument("--seen", type=Path, metavar="FILE", help="the checkpoint seen last")
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, say: Say) -> int:
    """0 all holds, 1 something is wrong, 2 it cannot be read."""
    from traceability.audit.fetch import reader_of
    from traceability.audit.published import audit_published
    from traceability.core.policy import Policy
    from traceability.core.tiles import CHECKPOINT_PATH
    from traceability.core.vkey import VerifierKey

    key = VerifierKey.parse(options.log)
    policy = Policy.parse(options.policy.read_bytes()) if options.policy else None
    seen = options.seen.read_bytes() if options.seen else None
    read = reader_of(options.place)
    if read(CHECKPOINT_PATH) is None:  # nothing that could be wrong
        raise LedgerError("cli.log-none")
    report = audit_published(read, key, policy, seen)
    fault = report.fault
    if options.json:
        out = {
            "holds": report.holds,
            "records": report.size,
            "checked": report.checked,
            "time": report.time,
            "witnesses": list(report.witnesses),
            "witnesses_compared": policy is not None and report.holds,
            "seen_compared": seen is not None and report.holds,
            "fault": None
            if fault is None
            else {"stage": fault.stage, "code": fault.code, "index": fault.index,
                  "params": fault.params},
        }  # fmt: skip
        say.raw(orjson.dumps(out, option=orjson.OPT_INDENT_2, default=str) + b"\n")
    elif fault is None:
        say("cli.log.holds", records=report.size)
        if report.time is not None:
            last = datetime.fromtimestamp(report.time / 1000, UTC)
            say("cli.log.last", time=last.isoformat(timespec="seconds"))
        names = ", ".join(report.witnesses) or "–"
        say("cli.log.no-witnesses" if policy is None else "cli.log.witnesses", witnesses=names)
        say("cli.audit.seen" if seen is not None else "cli.audit.no-seen")
    else:
        where = "–" if fault.index is None else str(fault.index)
        say("cli.log.fails", index=where, stage=say.text(f"cli.audit.stage.{fault.stage}"))
        say.line(f"  {say.explain(fault.code, fault.params)} [{fault.code}]")
    return 0 if report.holds else 1
