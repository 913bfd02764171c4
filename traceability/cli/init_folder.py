"""The data folder of ``goc init``: a ledger of an operator's own, with nothing in it yet but its
beginning: records 0 and 1, the operator's party and key, and record 2, the rules in force.

The folder comes into being in one step (``traceability.cli.new_folder``). A database elsewhere
(``GOC_DATABASE_URL``) cannot: what was begun there goes on with the next try, under the same key of
the keyring, so a key file that was made for it stays.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from traceability.cli.new_folder import new_folder, refuse_used, write_file
from traceability.clock import random_bytes
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.settings import (
    HOST_FILE,
    KEY_BYTES,
    KEY_FILE,
    Settings,
    create_key_file,
)

#: What may lie in the folder before: a key put there by its owner, and what a disk begins with.
BESIDE: Final = (KEY_FILE, "lost+found")


@dataclass(frozen=True, slots=True)
class Begun:
    """A new ledger. ``operator`` is its party; ``host`` the address that labels carry."""

    log: str
    log_key: str
    operator: str
    host: str


def make(
    target: Path, log: str, host: str, operator: Mapping[str, Any], create_key: bool = False
) -> Begun:
    """Make the data folder ``target``. ``operator``: data of its ``party`` record.

    Raises ``LedgerError``: ``cli.has-ledger``, ``cli.not-empty``, ``cli.no-key``, ``settings.*``,
    and as the ledger does; ``RecordError`` or ``RuleError`` for the operator's data.
    """
    refuse_used(target, BESIDE)
    settings = Settings.read(target, log=log, host=host)
    key = settings.keyring_key
    if key is None:
        if not create_key:
            raise LedgerError("cli.no-key")
        key = random_bytes(KEY_BYTES)
        if not settings.holds_database:
            create_key_file(target, key)
    with new_folder(target) as folder:
        write_file(folder / HOST_FILE, f"{settings.host}\n".encode())
        if settings.keyring_key is None and settings.holds_database:
            create_key_file(folder, key)
        there = Settings.read(folder, log=log, host=host)
        with Ledger.create(replace(there, keyring_key=key), operator) as ledger:
            return Begun(ledger.log, str(ledger.vkey), ledger.operator, settings.host)


def operator_data(name: str, address: str | None = None) -> dict[str, Any]:
    """What record 0 says of the operator. An address is written as in Vietnam, from the house to
    the province: ``Số 12, Xã Hỏa Lựu, Thành phố Cần Thơ``; what comes before the commune is
    hidden, as any such line is."""
    data: dict[str, Any] = {"name": _plain(name)}
    parts = [part for part in map(_plain, (address or "").split(",")) if part]
    if parts:
        *line, commune, province = ["", *parts] if len(parts) == 1 else parts
        named = {"line": ", ".join(line), "commune": commune, "province": province}
        data["address"] = {field: words for field, words in named.items() if words}
    return data


def _plain(words: str) -> str:
    """As it is written, in the form of Unicode that all keyboards but a few give."""
    return unicodedata.normalize("NFC", words).strip()
