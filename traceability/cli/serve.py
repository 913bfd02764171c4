"""``goc serve``: the HTTP server of a ledger. The web layer lies above this one and is found by its
entry point, so that a light install does without it."""

import argparse
import os
import socket
import sys
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
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="processes that share the port; more than one need PostgreSQL (1)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, say: Say) -> int:
    """Serves until told to stop."""
    from traceability.settings import DEMO_HOST, Settings

    if not 0 <= options.port <= 65_535:
        raise LedgerError("cli.port", port=options.port)
    settings = Settings.read(options.data)
    told = settings.host != DEMO_HOST and settings.keyring_key is not None
    if not settings.holds_database and not told and not options.data.is_dir():
        # A wrong folder, most likely: nobody wants labels that lead to a demo.
        raise LedgerError("settings.data", folder=str(options.data))
    serve = face("serve")
    port = free_port(options.bind, options.port)
    url = f"http://{_in_url(options.bind)}:{port}"

    def ready() -> None:
        """The ledger is open: now it may be said where it is served."""
        say("cli.serve.start", url=f"{url}/")
        if not _is_local(settings.host, url):
            say("cli.serve.labels", host=settings.host)
        sys.stdout.flush()

    return int(serve(settings, options.bind, port, ready, options.workers) or 0)


def _is_local(host: str, url: str) -> bool:
    """Whether labels lead to this server, under one of the names that a machine has for itself."""
    names = ("127.0.0.1", "localhost", "0.0.0.0", "[::]", "[::1]")  # noqa: S104
    ours = {url.replace(name, other) for name in names for other in names if name in url} or {url}
    return host in ours


def free_port(host: str, port: int) -> int:
    """The port, or for 0 one that is free; ``LedgerError("cli.bound")`` where nothing can listen
    on it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in found:
            with socket.socket(family, kind, protocol) as tried:
                if os.name == "posix":  # as the server does: what was closed just now is free
                    tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    tried.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                tried.bind((address[0], port, *address[2:]))
                port = port or tried.getsockname()[1]
    except OSError as error:
        reason = error.strerror or str(error)
        raise LedgerError("cli.bound", address=f"{_in_url(host)}:{port}", reason=reason) from error
    return port


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
