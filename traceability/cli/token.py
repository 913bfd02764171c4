"""``goc token``: who may use the API of a ledger (DESIGN §6).

A token is a secret. It is printed once, when it is made, and appears in no list and no error.
"""

import argparse
from typing import TYPE_CHECKING, Any, Final

import orjson

from traceability.cli.data import add_data
from traceability.cli.say import Say, day_of
from traceability.core.errors import LedgerError

if TYPE_CHECKING:
    from traceability.ledger.reading import Reading
    from traceability.ledger.tokens import TokenEntry

DAY: Final = 86_400_000  #: milliseconds
MOST_DAYS: Final = 3650
AUDITORS_DAYS: Final = 90  #: an auditor's access ends (DESIGN §6)
ROLES: Final = ("owner", "clerk", "scanner", "viewer")


def add(commands: Any) -> None:
    """Adds the command and its own commands to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "token",
        help="make, list and end the tokens of the API",
        description="Says who may use the API of a ledger. A server that runs learns of it by "
        "itself, within half a minute.",
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_create(inner)
    listing = inner.add_parser(
        "list",
        help="list all tokens",
        description="Lists all tokens, newest first, by their ids. What they read is kept nowhere.",
        epilog="example: goc token list --data /srv/goc",
    )
    add_data(listing)
    listing.add_argument("--json", action="store_true", help="one JSON object, for programs")
    listing.set_defaults(run=run_list)
    revoke = inner.add_parser(
        "revoke",
        help="end a token",
        description="Ends a token, from now on.",
        epilog="example: goc token revoke 0123456789abcdef --data /srv/goc",
    )
    revoke.add_argument("id", metavar="ID", help="its id, from goc token list")
    add_data(revoke)
    revoke.set_defaults(run=run_revoke)


def _add_create(inner: Any) -> None:
    create: argparse.ArgumentParser = inner.add_parser(
        "create",
        help="make a token",
        description="Makes a token and prints it, this once. The operator's registers parties and "
        "signs for the operator; an auditor's reads everything; monitoring's reads the "
        "metrics alone; a party's does in its name what "
        "the role allows: an owner everything, a clerk all but saying who may sign, a scanner "
        "receipts, consumption and inspections; a viewer reads.",
        epilog="example: goc token create --data /srv/goc --name 'cân HTX' --party HTX-HC-01 "
        "--role clerk --days 365",
    )
    add_data(create)
    create.add_argument("--name", required=True, help="what it is for, as lists show it")
    whose = create.add_mutually_exclusive_group(required=True)
    whose.add_argument("--admin", action="store_true", help="the operator's")
    whose.add_argument("--auditor", action="store_true", help="an auditor's, for the whole ledger")
    whose.add_argument("--metrics", action="store_true", help="monitoring's: GET /metrics alone")
    whose.add_argument("--party", metavar="PARTY", help="a party's: its id, number or name")
    create.add_argument("--role", choices=ROLES, help="the role in the party")
    create.add_argument(
        "--days",
        type=int,
        metavar="N",
        help=f"for how many days it is good (an auditor's {AUDITORS_DAYS}, others no end)",
    )
    create.add_argument("--quiet", action="store_true", help="print the token alone, for scripts")
    create.set_defaults(run=run_create)


def run_create(options: argparse.Namespace, say: Say) -> int:
    """Prints the token."""
    from traceability.exchange.register_names import find_party
    from traceability.ledger.ledger import Ledger
    from traceability.settings import Settings

    days = AUDITORS_DAYS if options.auditor and options.days is None else options.days
    if days is not None and not 0 < days <= MOST_DAYS:
        raise LedgerError("cli.days", days=days, limit=MOST_DAYS)
    with Ledger.open(Settings.read(options.data)) as ledger:
        party = None
        if options.party is not None:
            with ledger.reading() as now:
                party = find_party(now, options.party)
        expires = None if days is None else ledger.clock() + days * DAY
        made = ledger.tokens.create(options.name, _scopes(options), party, options.role, expires)
    if options.quiet:
        say.line(made.text)
        return 0
    say("cli.token.once")
    say.line(f"  {made.text}")
    say("cli.token.made", id=made.principal.token, until=_until(expires, say))
    return 0


def run_list(options: argparse.Namespace, say: Say) -> int:
    """Prints a line for each token, or one JSON object."""
    from traceability.ledger.ledger import Ledger
    from traceability.settings import Settings

    with Ledger.open(Settings.read(options.data)) as ledger:
        entries = ledger.tokens.entries()
        if options.json:
            shown = [_as_json(entry) for entry in entries]
            say.raw(orjson.dumps({"tokens": shown}, option=orjson.OPT_INDENT_2) + b"\n")
            return 0
        with ledger.reading() as now:
            for entry in entries:
                whose = _whose(entry, now, say)
                say.line(
                    f"{entry.principal.token}  {_state(entry, ledger.clock(), say)}  {whose}  "
                    f"{entry.principal.name}"
                )
    if not entries:
        say("cli.token.none")
    return 0


def run_revoke(options: argparse.Namespace, say: Say) -> int:
    """Ends the token; the whole token, given by mistake, is not repeated."""
    from traceability.ledger.ledger import Ledger
    from traceability.settings import Settings

    id_ = str(options.id)
    if id_.startswith("goc_"):
        id_ = id_.split("_")[1]
    with Ledger.open(Settings.read(options.data)) as ledger:
        ledger.tokens.revoke(id_)
    say("cli.token.revoked", id=id_)
    return 0


def _scopes(options: argparse.Namespace) -> tuple[str, ...]:
    if options.admin:
        return ("admin",)
    if options.auditor:
        return ("audit",)
    if options.metrics:
        return ("metrics",)
    return ("read",) if options.role == "viewer" else ("read", "write")


# -- showing -----------------------------------------------------------------------------------
def _whose(entry: "TokenEntry", now: "Reading", say: Say) -> str:
    principal = entry.principal
    if principal.party is None:
        kind = "auditor" if principal.has("audit") else "metrics"
        kind = "admin" if principal.has("admin") else kind
        return say.text(f"cli.token.{kind}")
    stated = now.reader.statements("party", principal.party)
    name = (stated[-1].data.name if stated else None) or principal.party
    return f"{name} ({say.text(f'cli.token.role.{principal.role}')})"


def _state(entry: "TokenEntry", now: int, say: Say) -> str:
    if entry.revoked is not None:
        return say.text("cli.token.ended", day=day_of(entry.revoked))
    if entry.expires is not None and entry.expires <= now:
        return say.text("cli.token.expired", day=day_of(entry.expires))
    return _until(entry.expires, say)


def _until(expires: int | None, say: Say) -> str:
    if expires is None:
        return say.text("cli.token.no-end")
    return say.text("cli.token.until", day=day_of(expires))


def _as_json(entry: "TokenEntry") -> dict[str, object]:
    principal = entry.principal
    return {
        "id": principal.token,
        "name": principal.name,
        "scopes": sorted(principal.scopes),
        "party": principal.party,
        "role": principal.role,
        "created": entry.created,
        "expires": entry.expires,
        "revoked": entry.revoked,
    }
