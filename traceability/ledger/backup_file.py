"""The file of a backup (docs/adr/008): everything of a ledger that cannot be made again, once.

A ZIP archive (deflate) of five members, streamed in this order and readable with any tool:

    records.jsonl   a line a record, in log order: [time, key, signature, payload, disclosures]
    tokens.jsonl    a line an API token, as its table has it
    keyring.jsonl   a line a server-held key, encrypted as its table has it
    manifest.json   format, log, checkpoint; and of each member above rows, bytes and SHA-256
    seal            HMAC-SHA256 of the manifest under a key derived from the keyring's key

``key`` is the index of the record that registered the signer's key; signature and other bytes are
base64url. Whatever else the tables say of a record follows from its text, and is not in the file:
so nothing can be in it that the signatures do not bind. Tokens and keys are bound by the seal
alone: who could add a line there would be let in.

The keyring's own key is never in the file.
"""

import hmac
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import orjson

from traceability.core import b64
from traceability.core.codec import MAX_BYTES
from traceability.core.errors import GocError, LedgerError
from traceability.core.vkey import VerifierKey

FORMAT: Final = "goc-backup/1"
RECORDS, TOKENS, KEYRING = "records.jsonl", "tokens.jsonl", "keyring.jsonl"
PARTS: Final = (RECORDS, TOKENS, KEYRING)
_MANIFEST, _SEAL = "manifest.json", "seal"
_LONGEST: Final = 8 * MAX_BYTES  #: bytes of a line: a record, its disclosures, and their escapes
_LONGEST_MANIFEST: Final = 1 << 20
_LEVEL: Final = 6
_PACKED: Final = (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)


@dataclass(frozen=True, slots=True)
class Part:
    """What a manifest says of a member."""

    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. ``time`` is that of the last record, ``made`` that of the
    backup, in Unix milliseconds; ``schema`` the revision of the database that it came from."""

    log: str
    log_key: str
    host: str
    size: int
    time: int
    made: int
    checkpoint: str
    schema: str
    published: int
    parts: Mapping[str, Part]

    def to_bytes(self) -> bytes:
        """As JSON."""
        whole = {"format": FORMAT} | {name: getattr(self, name) for name in self.__slots__}
        return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what ``to_bytes`` wrote; ``backup.malformed``, or ``backup.format`` for a later
        form."""
        with malformed(_MANIFEST):
            told = orjson.loads(data)
            form = told.pop("format")
            if form != FORMAT:
                raise LedgerError("backup.format", found=str(form)[:40], known=FORMAT)
            parts = {name: Part(**part) for name, part in told.pop("parts").items()}
            made = cls(**told, parts=parts)
            texts = (made.log, made.log_key, made.host, made.checkpoint, made.schema)
            numbers = (made.size, made.time, made.made, made.published)
            if {type(each) for each in texts} != {str} or {type(each) for each in numbers} != {int}:
                raise TypeError
            if set(parts) != set(PARTS) or made.to_bytes() != data:
                raise ValueError
            VerifierKey.parse(made.log_key)
            return made


def seal_key(keyring_key: bytes) -> bytes:
    """The key that seals backups of a ledger with this keyring's key."""
    return hmac.digest(keyring_key, b"goc-backup/1 seal", "sha256")


class BackupWriter:
    """Writes a backup, member after member, in constant memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, True, _LEVEL)
        self.parts: dict[str, Part] = {}

    def part(self, name: str, rows: Iterable[Any]) -> None:
        """Write a member: rows as JSON arrays, a line each."""
        count = size = 0
        digest = sha256()
        with self._zip.open(_info(name), "w", force_zip64=True) as out:
            for row in rows:
                line = orjson.dumps(row) + b"\n"
                out.write(line)
                digest.update(line)
                count += 1
                size += len(line)
        self.parts[name] = Part(count, size, digest.hexdigest())

    def close(self, manifest: Manifest, key: bytes) -> None:
        """Write the manifest and its seal: until then it is no backup."""
        data = manifest.to_bytes()
        self._zip.writestr(_info(_MANIFEST), data)
        self._zip.writestr(_info(_SEAL), b64.encode(hmac.digest(key, data, "sha256")) + "\n")
        self._zip.close()

    def abandon(self) -> None:
        """Let go of the file, of which nothing will come."""
        with suppress(OSError, ValueError):
            self._zip.close()


class BackupFile:
    """A backup to be read. ``manifest`` is what it says of itself, by its own word until
    ``require_seal``.

    Raises ``LedgerError``: ``backup.malformed``, ``backup.format``, and ``backup.part`` for a
    member that is not as the manifest says.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            with malformed("zip"):
                self._zip = zipfile.ZipFile(self._file)
                names = sorted(self._zip.namelist())
                if names != sorted((*PARTS, _MANIFEST, _SEAL)):
                    raise ValueError
                if any(each.compress_type not in _PACKED for each in self._zip.infolist()):
                    raise ValueError  # whose faults are of kinds that nobody here expects
            self._manifest = self._small(_MANIFEST)
            self._seal = self._small(_SEAL)
            self.manifest = Manifest.parse(self._manifest)
        except BaseException:
            self._file.close()
            raise

    def require_seal(self, key: bytes) -> None:
        """Refuse a manifest that was not sealed with this key: ``backup.seal``."""
        ours = b64.encode(hmac.digest(key, self._manifest, "sha256")).encode() + b"\n"
        if not hmac.compare_digest(ours, self._seal):
            raise LedgerError("backup.seal")

    def rows(self, name: str) -> Iterator[list[Any]]:
        """The rows of a member. Only when all are read is it known that they are the right ones:
        nothing may be kept of them before."""
        told = self.manifest.parts[name]
        count = size = 0
        digest = sha256()
        with malformed(name), self._zip.open(name) as raw:
            while line := raw.readline(_LONGEST):
                digest.update(line)
                size += len(line)
                count += 1
                if size > told.bytes or count > told.rows or not line.endswith(b"\n"):
                    raise LedgerError("backup.part", part=name)
                row = orjson.loads(line)
                if type(row) is not list:
                    raise ValueError
                yield row
        if (count, size, digest.hexdigest()) != (told.rows, told.bytes, told.sha256):
            raise LedgerError("backup.part", part=name)

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _small(self, name: str) -> bytes:
        with malformed(name), self._zip.open(name) as member:
            data = member.read(_LONGEST_MANIFEST + 1)
            if len(data) > _LONGEST_MANIFEST:
                raise ValueError
            return data


@contextmanager
def malformed(part: str) -> Iterator[None]:
    """Whatever a file that is no backup makes others raise, as ``backup.malformed``."""
    try:
        yield
    except GocError as error:
        if isinstance(error, LedgerError):
            raise
        raise LedgerError("backup.malformed", part=part) from error
    except (
        zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError,
        ValueError, TypeError, KeyError, AttributeError, IndexError,
    ) as error:  # fmt: skip
        raise LedgerError("backup.malformed", part=part) from error


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)  # dated 1980, whenever it is made
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info
