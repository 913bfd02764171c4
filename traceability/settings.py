"""What whoever runs a ledger decides, read once at the edge and handed down (STYLE, convention 6).

| variable | what it says | if it is not set |
|---|---|---|
| `GOC_DATABASE_URL` | a SQLAlchemy URL | `goc.db` in the data folder |
| `GOC_DATABASE_PASSWORD_FILE` | a file with the password for that URL | what the URL says |
| `GOC_LOG` | the log's origin, for ever | the one that is there; else `goc.localhost/demo` |
| `GOC_HOST` | the address that labels carry | the file `host`; else `https://goc.localhost` |
| `GOC_KEYRING_KEY` | 32 bytes as base64url, under which server-held keys are encrypted | the file |
| `GOC_KEYRING_KEY_FILE` | a file with those | `keyring.key` in the data folder, if it is there |
| `GOC_TILES_URL` | where the log is published: `file:///…`, `s3://…` | `tiles` in the data folder |
| `GOC_WITNESS_POLICY` | a file: the witnesses, and how many must cosign | none is asked |
| `GOC_LOG_FORMAT` | how the server's log is written: `json` or `text` | what suits where it goes |
| `GOC_DRAIN_SECONDS` | how long a server that is to end says so before it ends | 0 |
| `GOC_PLACE_HEADER` | a header in which the proxy says a place: `VN-CT`, `VN` | none is read |
| `GOC_ADDRESS_HEADER` | one in which it says who is asking, for limits | none is read |
| `GOC_COMPLAINT_MONTHS` | how long complaints are kept | 24 |

`host` lies in the data folder as well. There is no default for the keyring's key: a key that
everybody knows would be none. Keys and the database's URL (which may hold a password) are in no
``repr`` and no error. Credentials of object stores are not among the settings: ``obstore`` reads
them from the environment itself. A header that a proxy writes is to be one that it lets nobody else
write.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from traceability.core import b64, ids
from traceability.core.errors import FormatError, LedgerError

DEMO_LOG: Final = "goc.localhost/demo"
DEMO_HOST: Final = "https://goc.localhost"
KEY_BYTES: Final = 32
MOST_DRAIN_SECONDS: Final = 300
MOST_MONTHS: Final = 120
KEY_FILE: Final = "keyring.key"
DATABASE_FILE: Final = "goc.db"
TILES_FOLDER: Final = "tiles"
HOST_FILE: Final = "host"  #: labels that were printed carry it for ever, so it may be kept

_HOST: Final = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    r"(?::[0-9]{1,5})?"
)
_is_header: Final = re.compile(r"[A-Za-z0-9-]{1,60}").fullmatch
_WITH_USER: Final = re.compile(r"(postgres(?:ql)?(?:\+psycopg)?://[^:@/?#]+)(@.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Settings:
    """``data`` is the folder of files; ``log`` the origin, if one is asked for; ``host`` has no
    slash at its end."""

    data: Path
    database_url: str = field(repr=False)
    log: str | None
    host: str
    keyring_key: bytes | None = field(repr=False)
    tiles_url: str = field(default="", repr=False)
    witness_policy: Path | None = None
    log_format: str = ""
    drain_seconds: float = 0
    place_header: str = ""
    address_header: str = ""
    complaint_months: int = 24

    def __post_init__(self) -> None:
        if self.log is not None and not ids.is_origin(self.log):
            raise LedgerError("settings.log", origin=self.log[:100])
        if not _HOST.fullmatch(self.host):
            raise LedgerError("settings.host", host=self.host[:100])
        if self.keyring_key is not None and len(self.keyring_key) != KEY_BYTES:
            raise LedgerError("settings.keyring-key")
        if self.log_format not in ("", "json", "text"):
            raise LedgerError("settings.log-format", format=self.log_format[:20])
        if not 0 <= self.drain_seconds <= MOST_DRAIN_SECONDS:
            raise LedgerError("settings.drain", limit=MOST_DRAIN_SECONDS)
        for name, header in (
            ("GOC_PLACE_HEADER", self.place_header),
            ("GOC_ADDRESS_HEADER", self.address_header),
        ):
            if header and not _is_header(header):
                raise LedgerError("settings.header", name=name)
        if not 1 <= self.complaint_months <= MOST_MONTHS:
            raise LedgerError("settings.months", limit=MOST_MONTHS)

    @classmethod
    def read(
        cls,
        data: Path,
        environment: Mapping[str, str] | None = None,
        *,
        database_url: str | None = None,
        log: str | None = None,
        host: str | None = None,
    ) -> "Settings":
        """Settings for a data folder; arguments (from a command line) go before the environment.

        Raises ``LedgerError``: ``settings.log``, ``settings.host``, ``settings.keyring-key``,
        ``settings.key-file``, ``settings.password-file``, ``settings.log-format``,
        ``settings.drain``, ``settings.header``, ``settings.months``.
        """
        known = os.environ if environment is None else environment
        return cls(
            data,
            database_url or _database_url(known) or _file_url(data),
            log or known.get("GOC_LOG") or None,
            (host or known.get("GOC_HOST") or _kept_host(data) or DEMO_HOST).rstrip("/"),
            _keyring_key(data, known),
            known.get("GOC_TILES_URL") or "",
            Path(policy) if (policy := known.get("GOC_WITNESS_POLICY")) else None,
            known.get("GOC_LOG_FORMAT", ""),
            _seconds(known.get("GOC_DRAIN_SECONDS") or "0"),
            known.get("GOC_PLACE_HEADER", ""),
            known.get("GOC_ADDRESS_HEADER", ""),
            _months(known.get("GOC_COMPLAINT_MONTHS") or "24"),
        )

    @property
    def domain(self) -> str:
        """The host without its scheme."""
        return self.host.partition("://")[2]

    @property
    def tiles(self) -> str:
        """The URL of the published log: a folder of the data folder, unless another is named."""
        return self.tiles_url or (self.data.absolute() / TILES_FOLDER).as_uri()

    @property
    def holds_database(self) -> bool:
        """Whether the database is a file of the data folder."""
        return self.database_url == _file_url(self.data)


def create_key_file(data: Path, key: bytes) -> Path:
    """Write a new keyring key (32 random bytes) into the data folder, for its owner's eyes only.

    For a machine of one's own: whoever gets hold of the folder gets the key with it. A server has
    it in its environment. Raises ``LedgerError("settings.key-exists")`` rather than overwrite one.
    """
    return write_key_file(data / KEY_FILE, key)


def write_key_file(path: Path, key: bytes) -> Path:
    """Write a keyring's key into a new file, durably. Raises as ``create_key_file``."""
    if len(key) != KEY_BYTES:
        raise LedgerError("settings.keyring-key")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(b64.encode(key) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise LedgerError("settings.key-exists") from None
    except OSError:
        raise LedgerError("settings.key-file") from None
    return path


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise LedgerError("settings.drain", limit=MOST_DRAIN_SECONDS) from None


def _months(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _database_url(environment: Mapping[str, str]) -> str:
    """The URL that the environment names, with the password of its file in it; or nothing."""
    url, named = (environment.get(f"GOC_DATABASE_{part}", "") for part in ("URL", "PASSWORD_FILE"))
    if not named:
        return url
    place = _WITH_USER.fullmatch(url)
    try:
        password = Path(named).read_text("utf-8").rstrip("\r\n")
    except (OSError, ValueError):
        password = ""
    if place is None or not password:
        raise LedgerError("settings.password-file") from None
    return f"{place[1]}:{quote(password, safe='')}{place[2]}"


def _file_url(data: Path) -> str:
    return f"sqlite:///{data / DATABASE_FILE}"


def _kept_host(data: Path) -> str:
    try:
        return (data / HOST_FILE).read_text("ascii").strip()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        raise LedgerError("settings.host", host=HOST_FILE) from None


def _keyring_key(data: Path, environment: Mapping[str, str]) -> bytes | None:
    text = environment.get("GOC_KEYRING_KEY")
    if not text:
        named = environment.get("GOC_KEYRING_KEY_FILE")
        path = Path(named) if named else data / KEY_FILE
        if not named and not path.exists():
            return None
        return read_key_file(path)
    return _key(text)


def read_key_file(path: Path) -> bytes:
    """The keyring's key in a file; ``LedgerError``: ``settings.key-file``,
    ``settings.keyring-key``."""
    try:
        text = path.read_text("ascii")
    except (OSError, ValueError):
        raise LedgerError("settings.key-file") from None
    return _key(text)


def _key(text: str) -> bytes:
    try:
        key = b64.decode(text.strip())
    except FormatError:
        key = b""
    if len(key) != KEY_BYTES:
        raise LedgerError("settings.keyring-key")
    return key
