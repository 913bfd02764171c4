"""``goc verify``: a bundle's verdicts, without trusting whoever made it."""

import argparse
from pathlib import Path
from typing import Any

import orjson

from traceability.cli.say import Say
from traceability.core.bundle import Bundle
from traceability.core.policy import Policy
from traceability.core.verify import NAMES, Report, Verdict, text_of, verify
from traceability.core.vkey import VerifierKey
from traceability.text import has_text

_MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "unknown": "?"}


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "verify",
        help="verify a proof bundle (.goc.json)",
        description="Verifies a proof bundle: signatures, inclusion in the log, witnesses, links "
        "from harvest to holder, balance, origin, certificates, alerts, recalls. Works off line.",
        epilog="example: goc verify dua.goc.json --log 'goc.example+1a2b3c4d+AQ…' "
        "--seen last.checkpoint",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the bundle")
    parser.add_argument(
        "--log", required=True, metavar="VKEY", help="the log's verifier key, from elsewhere"
    )
    parser.add_argument(
        "--policy", type=Path, metavar="FILE", help="witness policy (C2SP tlog-policy)"
    )
    parser.add_argument(
        "--seen",
        type=Path,
        metavar="FILE",
        help="the checkpoint seen last: the bundle's must extend it; kept up to date on success",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, say: Say) -> int:
    """0 all verdicts hold, 1 some verdict fails, 2 unreadable input (``GocError``, ``OSError``)."""
    key = VerifierKey.parse(options.log)
    policy = Policy.parse(options.policy.read_bytes()) if options.policy else None
    if policy is not None:
        policy.require_log(key)
    seen = options.seen.read_bytes() if options.seen and options.seen.exists() else None
    bundle = Bundle.from_json(options.file.read_bytes())
    report = verify(bundle, key, policy, seen)
    if options.json:
        say.raw(orjson.dumps(_as_json(bundle, report), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        _show(bundle, report, say)
    if report.holds and options.seen:
        _remember(options.seen, bundle.checkpoint)
    return 0 if report.holds else 1


def _show(bundle: Bundle, report: Report, say: Say) -> None:
    say("cli.verify.target", gtin=bundle.target.gtin, lot=bundle.target.lot)
    if report.checkpoint is not None:
        say("cli.verify.log", log=report.checkpoint.origin, size=report.checkpoint.size)
    for name in NAMES:
        verdict = report.verdicts[name]
        where = f" (#{verdict.index})" if verdict.index is not None else ""
        say.line(f"  {_MARKS[verdict.outcome]} {_sentence(verdict, say)}{where}")
    for alert in report.alerts():
        if alert.closed is None:
            key = f"alert.{alert.key.code}"
            words = say.text(key) if has_text(say.language, key) else alert.key.code
            say.line(f"      #{alert.key.index}: {words}")
    if not report.holds:
        say("cli.verify.fails")
    elif any(verdict.outcome == "warn" for verdict in report.verdicts.values()):
        say("cli.verify.warns")
    else:
        say("cli.verify.holds")


def _sentence(verdict: Verdict, say: Say) -> str:
    name = say.text(f"verdict.name.{verdict.name}")
    key = f"verdict.{verdict.code}"
    if has_text(say.language, key):
        return f"{name}: {say.text(key, **verdict.params)}"
    return f"{name}: {say.explain(verdict.code, dict(verdict.params))}"


def _as_json(bundle: Bundle, report: Report) -> dict[str, object]:
    return {
        "holds": report.holds,
        "target": {"gtin": bundle.target.gtin, "lot": bundle.target.lot},
        "checkpoint": text_of(bundle.checkpoint) if report.checkpoint is not None else None,
        "verdicts": {
            name: {
                "outcome": verdict.outcome,
                "code": verdict.code,
                "params": dict(verdict.params),
                **({"index": verdict.index} if verdict.index is not None else {}),
            }
            for name, verdict in report.verdicts.items()
        },
        "alerts": [
            {
                "index": alert.key.index,
                "code": alert.key.code,
                "detail": alert.key.detail,
                "closed": alert.closed,
            }
            for alert in report.alerts()
        ],
    }


def _remember(path: Path, checkpoint: bytes) -> None:
    """Replaces the file in one step: a crash leaves the old checkpoint or the new one."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(checkpoint)
    fresh.replace(path)
