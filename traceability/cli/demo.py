"""``goc demo``: a ledger full of a season, to try everything on."""

import argparse
import os
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import orjson

from traceability.cli.faces import face
from traceability.cli.say import Say

if TYPE_CHECKING:
    from traceability.cli.demo_folder import Demo

LOCAL: Final = "http://127.0.0.1:8000"


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "demo",
        help="fill a new ledger with a season to try out",
        description="Makes a new data folder with the season of three cooperatives in the Mekong "
        "delta: some 700 signed records, labels of a few lots, a proof bundle. The people in it "
        "are invented. The folder must be new or empty.",
        epilog="example: goc demo --data var/demo",
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the new folder")
    parser.add_argument(
        "--host",
        metavar="URL",
        help=f"the address that labels carry (GOC_HOST, or {LOCAL})",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, say: Say) -> int:
    """Makes the folder, and says what is in it."""
    label = face("label")
    from traceability.cli.demo_folder import make

    began = monotonic()
    host = options.host or os.environ.get("GOC_HOST") or LOCAL
    demo = make(options.data, host, label)
    if options.json:
        say.raw(orjson.dumps(_as_json(options.data, demo), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        _show(options.data, demo, monotonic() - began, say)
    return 0


def _show(folder: Path, demo: "Demo", seconds: float, say: Say) -> None:
    bundle = folder / demo.bundle
    say("cli.demo.done", folder=folder, records=demo.records, seconds=f"{seconds:.0f}")
    say("cli.demo.invented")
    say.line()
    say("cli.demo.labels")
    for label in demo.labels:
        say.line()
        say.line(f"  {say.text('cli.demo.label', name=label.name, lot=label.lot)}")
        say.line(f"    {label.url}")
        say.line(f"    {folder / label.png}")
    say.line()
    say("cli.demo.key")
    say.line(f"  {demo.log_key}")
    say("cli.demo.bundle", lot=demo.bundle_lot, file=bundle)
    say("cli.demo.verify")
    say.line(f"  goc verify {bundle} --log '{demo.log_key}'")
    say.line()
    say("cli.demo.clerk", party=demo.clerk)
    say.line(f"  {demo.host}/login")
    say.line(f"  {demo.clerk_key}")
    say.line()
    say("cli.demo.serve", folder=folder)


def _as_json(folder: Path, demo: "Demo") -> dict[str, object]:
    return {
        "log_key": demo.log_key,
        "host": demo.host,
        "records": demo.records,
        "bundle": str(folder / demo.bundle),
        "checkpoint": str(folder / demo.checkpoint),
        "clerk": {"party": demo.clerk, "key": demo.clerk_key},
        "labels": [
            {
                "url": each.url,
                "gtin": each.gtin,
                "lot": each.lot,
                "product": each.name,
                "png": str(folder / each.png),
                "svg": str(folder / each.svg),
            }
            for each in demo.labels
        ],
    }
