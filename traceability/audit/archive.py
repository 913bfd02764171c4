"""The archive of a whole ledger: text, one record a line, written and read as a stream.

The first line is a JSON header, ``{"format":"goc-archive/1","log":…,"size":…,"checkpoint":…,
"state":…}``: the log's origin, the number of records, the signed checkpoint of that size and the
digest of the state at which the server arrived (``core.snapshot``). Then come the records in log
order, ``<acceptance time in Unix ms> <jws~d~d~>``. A reader needs nothing else, and trusts nothing
of it but the log's key, which it has from elsewhere.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import orjson

from traceability.core import ids
from traceability.core.codec import MAX_BYTES
from traceability.core.errors import FormatError

FORMAT: Final = "goc-archive/1"
_LINE: Final = 2 * MAX_BYTES + 32
_HEADER: Final = 128 * 1024


@dataclass(frozen=True, slots=True)
class Header:
    """What the archive says of itself; ``state`` is a digest, or empty where none was made."""

    log: str
    size: int
    checkpoint: bytes
    state: str


@dataclass(frozen=True, slots=True)
class ArchivedRecord:
    """A record of an archive: its wire form and its acceptance time."""

    index: int
    time: int
    wire: bytes


def write(file: BinaryIO, header: Header, records: Iterable[tuple[int, bytes]]) -> int:
    """Writes header and ``(time, wire)`` in log order; gives the number of records."""
    members = {
        "format": FORMAT,
        "log": header.log,
        "size": header.size,
        "checkpoint": header.checkpoint.decode(),
        "state": header.state,
    }
    file.write(orjson.dumps(members, option=orjson.OPT_APPEND_NEWLINE))
    count = 0
    for time, wire in records:
        file.write(b"%d %b\n" % (time, wire))
        count += 1
    return count


def read_header(file: BinaryIO) -> Header:
    """Reads the first line; ``FormatError("archive.malformed")`` for anything else."""
    line = file.readline(_HEADER)
    try:
        members = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise FormatError("archive.malformed", what="the first line is not a header") from error
    if (
        not isinstance(members, dict)
        or members.keys() != {"format", "log", "size", "checkpoint", "state"}
        or members["format"] != FORMAT
        or type(members["size"]) is not int
        or members["size"] < 0
        or not all(isinstance(members[each], str) for each in ("log", "checkpoint", "state"))
        or not ids.is_origin(members["log"])
    ):
        raise FormatError("archive.malformed", what="the first line is not a header")
    return Header(members["log"], members["size"], members["checkpoint"].encode(), members["state"])


def read_records(file: BinaryIO) -> Iterator[ArchivedRecord]:
    """Reads the records one after the other; ``FormatError("archive.malformed")`` for a line that
    is none, ``archive.truncated`` for a last line that breaks off."""
    return iter(ArchiveFile(file))


class ArchiveFile:
    """The records of an archive whose header was read; any of them can be read again."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._starts = array("Q")  # where each line begins: eight bytes a record

    def __iter__(self) -> Iterator[ArchivedRecord]:
        """The records, once, as ``read_records`` says."""
        file, starts = self._file, self._starts
        seekable = file.seekable()
        at = file.tell() if seekable else 0
        index = 0
        while line := file.readline(_LINE):
            if not line.endswith(b"\n"):
                raise FormatError("archive.truncated", index=index)
            time, gap, wire = line[:-1].partition(b" ")
            if not gap or not time.isdigit() or len(time) > 16:
                raise FormatError("archive.malformed", what=f"the line of record {index}")
            if seekable:
                starts.append(at)
                at += len(line)
            yield ArchivedRecord(index, int(time), wire)
            index += 1

    def wire(self, index: int) -> bytes:
        """The wire form of a record that was read before, of a file that can be wound back."""
        before = self._file.tell()
        self._file.seek(self._starts[index])
        line = self._file.readline(_LINE)
        self._file.seek(before)
        return line[:-1].partition(b" ")[2]
