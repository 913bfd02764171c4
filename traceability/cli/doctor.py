"""``goc doctor``: is everything as a server needs it, and if not, what to do?"""

import argparse
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import orjson

from traceability.cli.data import add_data
from traceability.cli.database import database_fault
from traceability.cli.say import Say
from traceability.core.errors import GocError, LedgerError

if TYPE_CHECKING:
    from traceability.ledger.checkup import Finding
    from traceability.settings import Settings

LITTLE_SPACE: Final = 1 << 30  #: bytes
NO_SPACE: Final = 100 << 20
_NO_LOG: Final = ("ledger.none", "schema.")  #: findings without which no more can be found
_CODES: Final = {"ok": 0, "warning": 1, "problem": 2}


def add(commands: Any) -> None:
    """Adds the command to the parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "doctor",
        help="check settings, database, clock, keys and ledger, and say what to do",
        description="Checks whether everything is as a server needs it: settings, permissions, "
        "space, the database and how it is set up, the clock, the keys, and whether the ledger is "
        "whole. Says of each whether it is sound, and if not, what to do. Changes nothing, and may "
        "run beside the server. Exit codes: 0 all is sound, 1 warnings, 2 problems.",
        epilog="example: goc doctor --data /srv/goc --workers 4",
    )
    add_data(parser)
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes that will serve it (1)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, for programs")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, say: Say) -> int:
    """0 sound, 1 warnings, 2 problems."""
    found = list(_all(options))
    worst = max((each.level for each in found), key=_CODES.__getitem__)
    if options.json:
        checks = [
            {"check": each.what, "level": each.level, "text": _text(each, say),
             "params": {name: _plain(value) for name, value in each.params.items()}}
            for each in found
        ]  # fmt: skip
        whole = {"level": worst, "checks": checks}
        say.raw(orjson.dumps(whole, option=orjson.OPT_INDENT_2) + b"\n")
    else:
        for each in found:
            say.line(f"{say.text(f'doctor.level.{each.level}')}  {_text(each, say)}")
        say(f"doctor.worst.{worst}")
    return _CODES[worst]


def _text(finding: "Finding", say: Say) -> str:
    if finding.what == "error":  # a sentence of the catalogue of errors
        return say.explain(finding.params["code"], finding.params)
    return say.text(f"doctor.{finding.what}", **finding.params)


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool) else str(value)


def _all(options: argparse.Namespace) -> "Iterator[Finding]":
    """All findings. What cannot be read is one, and ends those that would need it."""
    from traceability.ledger.checkup import PROBLEM, Finding
    from traceability.settings import Settings

    try:
        settings = Settings.read(options.data)
        yield from _settings(settings)
        yield from _folder(settings)
        yield from _ledger(settings, max(1, options.workers))
    except GocError as error:
        yield Finding("error", PROBLEM, {"code": error.code, **error.params})
    except Exception as error:
        fault = database_fault(error)
        if fault is None:
            raise
        yield Finding("error", PROBLEM, {"code": fault.code, **fault.params})


def _settings(settings: "Settings") -> "Iterator[Finding]":
    from traceability.ledger.checkup import WARNING, Finding
    from traceability.settings import DEMO_HOST, KEY_FILE

    host = {"host": settings.host}
    if settings.host == DEMO_HOST or not settings.host.startswith("https://"):
        yield Finding("host.local", WARNING, host)
    else:
        yield Finding("host", params=host)
    if settings.keyring_key is not None and (settings.data / KEY_FILE).exists():
        yield Finding("key-file", WARNING, {"file": settings.data / KEY_FILE})


def _folder(settings: "Settings") -> "Iterator[Finding]":
    """Who may read the folder's files, and how much room there is."""
    from traceability.ledger.checkup import PROBLEM, Finding
    from traceability.settings import DATABASE_FILE, KEY_FILE

    folder = settings.data
    if not folder.is_dir():
        yield Finding("folder.none", PROBLEM, {"folder": folder})
        return
    open_files = [each for each in _secret(folder, (DATABASE_FILE, KEY_FILE)) if _is_open(each)]
    for file in open_files:
        yield Finding("file.open", PROBLEM, {"file": file})
    if not open_files:
        yield Finding("files")
    yield _space(folder)
    tiles = _tiles_folder(settings)
    if tiles is not None and tiles.stat().st_dev != folder.stat().st_dev:
        yield _space(tiles)


def _space(folder: Path) -> "Finding":
    from traceability.ledger.checkup import OK, PROBLEM, WARNING, Finding, Level

    free = shutil.disk_usage(folder).free
    level: Level = PROBLEM if free < NO_SPACE else WARNING if free < LITTLE_SPACE else OK
    params = {"folder": folder, "gb": round(free / (1 << 30), 1)}
    return Finding("space" if level == OK else "space.little", level, params)


def _tiles_folder(settings: "Settings") -> Path | None:
    """The folder of the published log, where it is one that is there."""
    parts = urlsplit(settings.tiles)
    folder = Path(unquote(parts.path))
    return folder if parts.scheme == "file" and folder.is_dir() else None


def _secret(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        yield from sorted(folder.glob(f"{name}*"))


def _is_open(file: Path) -> bool:
    """Whether others than its owner may read or write it."""
    return bool(stat.S_IMODE(file.stat().st_mode) & 0o077)


def _ledger(settings: "Settings", workers: int) -> "Iterator[Finding]":
    from traceability.clock import now_ms
    from traceability.ledger.checkup import (
        PROBLEM,
        Finding,
        database_findings,
        ledger_findings,
        published_findings,
    )
    from traceability.ledger.reading import is_there
    from traceability.storage.engine import Database

    if not is_there(settings.database_url):
        yield Finding("ledger.none", PROBLEM)
        return
    database = Database(settings.database_url)
    try:
        try:
            yield from database_findings(database, now_ms(), workers)
        except LedgerError as error:
            if error.code == "settings.database":
                raise
            if error.code == "settings.encoding":
                yield Finding("postgres.encoding", PROBLEM, error.params)
                return
            close = database_fault(error.__cause__) if error.__cause__ is not None else None
            reason = (close or error).params.get("reason", error.code)
            yield Finding("database.unreachable", PROBLEM, {"reason": reason})
            return
        key = settings.keyring_key
        found = list(ledger_findings(database, key, now_ms()))
        yield from found
        if key is not None and not any(each.what.startswith(_NO_LOG) for each in found):
            yield from published_findings(database, settings.tiles, key, now_ms())
    finally:
        database.close()
