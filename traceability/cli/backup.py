"""``goc backup``: one file from which a ledger can be made again, and the check of such a file."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from traceability.cli.data import add_data
from traceability.cli.output import whole_file
from traceability.cli.say import Say
from traceability.core.errors import LedgerError

if TYPE_CHECKING:
    from traceability.ledger.backup_file import Manifest
    from traceability.settings import Settings


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "backup",
        help="write the ledger into one file, or check such a file",
        description="Writes records, disclosures, API tokens and the keys that the server holds "
        "(encrypted) into one file, from one moment of the database, while the server goes on. "
        "goc restore makes the ledger again from it, in SQLite or PostgreSQL. The keyring's key is "
        "not in it: keep that elsewhere, for without it a backup cannot be restored. Names and "
        "prices are in it: the file is for its owner's eyes only. With --verify it reads a file "
        "and checks it: its seal (if the keyring's key is set), every signature, and the root that "
        "the log signed.",
        epilog="example: goc backup /backup/goc-1.gocbak --data /srv/goc",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to write, or to check")
    parser.add_argument("--verify", action="store_true", help="check the file; write nothing")
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    add_data(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, say: Say) -> int:
    """0 done, 1 a file that does not hold."""
    from traceability.settings import Settings

    settings = Settings.read(options.data)
    if options.verify:
        return _verify(options, settings, say)
    if not options.force and options.file.exists():
        raise LedgerError("cli.exists", file=str(options.file))
    manifest = _write(options.file, settings)
    _show(options, manifest, say, "cli.backup.done")
    if not options.json:
        say("cli.backup.key")
    return 0


def _write(path: Path, settings: "Settings") -> "Manifest":
    from traceability.clock import now_ms
    from traceability.ledger.backup import back_up_from

    with whole_file(path, private=True) as file:
        return back_up_from(settings, file, now_ms)


def _verify(options: argparse.Namespace, settings: "Settings", say: Say) -> int:
    from traceability.ledger.backup_file import BackupFile, seal_key
    from traceability.ledger.restore import examine

    key = settings.keyring_key
    try:
        with BackupFile(options.file) as backup:
            manifest = examine(backup, None if key is None else seal_key(key))
    except LedgerError as error:
        if not error.code.startswith("backup."):
            raise
        say.refusal(error)
        return 1
    _show(options, manifest, say, "cli.backup.holds")
    if not options.json:
        say("cli.backup.log-key")
        say.line(f"  {manifest.log_key}")
        say("cli.backup.unsealed" if key is None else "cli.backup.sealed")
    return 0


def _show(options: argparse.Namespace, manifest: "Manifest", say: Say, key: str) -> None:
    from traceability.core import moment

    tokens, keys = (manifest.parts[f"{name}.jsonl"].rows for name in ("tokens", "keyring"))
    if options.json:
        said = {
            "file": str(options.file),
            "log": manifest.log,
            "log_key": manifest.log_key,
            "size": manifest.size,
            "time": manifest.time,
            "made": manifest.made,
            "checkpoint": manifest.checkpoint,
            "tokens": tokens,
            "keys": keys,
        }
        say.raw(orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n")
        return
    say(
        key,
        file=options.file,
        log=manifest.log,
        size=manifest.size,
        made=moment.format_time(manifest.made),
        tokens=tokens,
        keys=keys,
    )
