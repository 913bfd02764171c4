"""``goc restore``: a ledger made again from a backup."""

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from traceability.cli.data import add_data
from traceability.cli.say import Say

if TYPE_CHECKING:
    from traceability.ledger.restore import Guard
    from traceability.settings import Settings


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "restore",
        help="make the ledger again from a backup",
        description="Fills an empty database, SQLite or PostgreSQL, from a file of goc backup: so "
        "it is also the way from one to the other. Believes nothing of the file: every record is "
        "judged again by the rules, and the root must be the one that the log signed. All or "
        "nothing. The keyring's key must be the one of the time of the backup. A backup that is "
        "older than the published log (GOC_TILES_URL) is refused: the log would have two "
        "histories.",
        epilog="example: GOC_DATABASE_URL=postgresql://goc@db/goc "
        "goc restore /backup/goc-1.gocbak --data /srv/goc",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a file of goc backup")
    add_data(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, say: Say) -> int:
    """Restores, and says what to do next."""
    from traceability.ledger.backup_file import BackupFile
    from traceability.ledger.restore import restore_to
    from traceability.settings import Settings

    settings = Settings.read(options.data)
    with BackupFile(options.file) as backup:
        head = restore_to(settings, backup, _guard(settings, backup.manifest.log_key))
        host = backup.manifest.host
    if options.json:
        said = {"log": head.log, "size": head.size, "checkpoint": head.checkpoint.decode()}
        say.raw(orjson.dumps(said | {"host": host}, option=orjson.OPT_INDENT_2) + b"\n")
        return 0
    say("cli.restore.done", log=head.log, file=options.file, size=head.size)
    if host != settings.host:
        say("cli.restore.host", host=host)
    say("cli.restore.next", data=shlex.quote(str(options.data)))
    return 0


def _guard(settings: "Settings", log_key: str) -> "Guard":
    """Whoever knows what was published refuses a backup that is behind it, before anything is
    committed."""
    from traceability.core.vkey import VerifierKey
    from traceability.storage.published import Guard
    from traceability.storage.tile_stores import open_tiles

    return Guard(open_tiles(settings.tiles), VerifierKey.parse(log_key))
