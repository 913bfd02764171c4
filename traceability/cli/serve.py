"""``goc serve``: the HTTP server of a ledger. The web layer lies above this one and is found by its
entry point, so that a light install does without it."""

import argparse
from typing import Any

from traceability.cli.data import add_data
from traceability.cli.faces import face
from traceability.cli.say import Say
from traceability.core.errors import LedgerError


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "serve",
        help="serve a ledger over HTTP",
        description="Serves the pages of labels, the resolver and the JSON API of a ledger. Ends "
        "on SIGTERM or Ctrl-C, after answering what it has accepted.",
        epilog="example: goc serve --data var/demo --port 8000",
    )
    add_data(parser)
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="TCP port (8000)")
    parser.add_argument(
        "--bind", default="127.0.0.1", metavar="ADDRESS", help="address to listen on (127.0.0.1)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, say: Say) -> int:
    """Serves until told to stop."""
    from traceability.settings import Settings

    if not 0 <= options.port <= 65_535:
        raise LedgerError("cli.port", port=options.port)
    settings = Settings.read(options.data)
    serve = face("serve")
    say("cli.serve.start", url=f"http://{options.bind}:{options.port}/")
    return int(serve(settings, options.bind, options.port) or 0)
