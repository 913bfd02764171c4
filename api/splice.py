"""Compressed pages into which something is put for each who asks.

A page is the same for all who scan a label of its lot but for a few places. So it is compressed
once, between those places, and what is put there is packed alone: a deflate stream may be flushed
so that nothing after it refers back (RFC 1951 §3.2; zlib's ``Z_FULL_FLUSH``), and streams cut there
are joined by laying them one after the other. The whole is one member of gzip (RFC 1952): clients
need not know of members, of which some read the first alone.

The check sum at its end is of the whole text. CRC-32 is affine over GF(2): that of a text followed
by ``n`` bytes comes from that of the text, by a matrix that depends on ``n`` alone, and that of the
bytes themselves. So nobody goes through the page again.

A place is a comment, ``<!--label:name-->``. No text that people wrote can be one: it is escaped.
"""

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

_PLACE: Final = re.compile(rb"<!--label:([a-z]+)-->")
_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # no name, no time, of unknown origin
_ONES: Final = 0xFFFFFFFF
_RAW: Final = -15  # deflate without a wrapping, the largest window
_SMALL: Final = -12  # the same with a window of 4 KiB: what is put in is short
_SHORT: Final = 100  # bytes that are not worth compressing


def filled(body: bytes, put: Mapping[str, bytes]) -> bytes:
    """``body`` with something in each of its places."""
    return _PLACE.sub(lambda found: put[found[1].decode()], body)


class Spliced:
    """What comes between the places, ready to be joined. For any thread."""

    __slots__ = ("_crc", "_length", "_names", "_packed", "_parts", "_standing", "_sums")

    def __init__(self, body: bytes, standing: Mapping[str, bytes], level: int = 9) -> None:
        """``standing``: what is in each place of ``body`` where nothing else is put; ``level``: how
        hard zlib tries, 1 to 9."""
        split = _PLACE.split(body)
        self._parts, self._names = split[::2], [name.decode() for name in split[1::2]]
        self._standing = {name: standing[name] for name in self._names}
        self._length = sum(map(len, self._parts))
        self._crc = zlib.crc32(self._parts[0])
        self._sums = [(_columns(len(part)), zlib.crc32(part)) for part in self._parts[1:]]
        self._packed = [_flushed(part, level) for part in self._parts[:-1]]
        packing = zlib.compressobj(level, zlib.DEFLATED, _RAW)
        self._packed.append(packing.compress(self._parts[-1]) + packing.flush())

    @property
    def weight(self) -> int:
        """Bytes that it takes, about."""
        return self._length + sum(map(len, self._packed)) + 1024 * len(self._parts)

    def plain(self, put: Mapping[str, bytes] | None = None) -> bytes:
        """The page."""
        joined = [self._parts[0]]
        for each, part in zip(self._put(put or {}), self._parts[1:], strict=True):
            joined += each, part
        return b"".join(joined)

    def gzip(self, put: Mapping[str, bytes]) -> bytes:
        """The page, compressed."""
        crc, length = self._crc, self._length
        joined = [_HEAD, self._packed[0]]
        for each, (columns, sum_), packed in zip(
            self._put(put), self._sums, self._packed[1:], strict=True
        ):
            crc = _advanced(columns, zlib.crc32(each, crc)) ^ sum_
            length += len(each)
            joined += _packed(each), packed
        joined.append(struct.pack("<II", crc, length & _ONES))
        return b"".join(joined)

    def _put(self, put: Mapping[str, bytes]) -> Iterator[bytes]:
        return (put.get(name, self._standing[name]) for name in self._names)


def _flushed(part: bytes, level: int) -> bytes:
    packing = zlib.compressobj(level, zlib.DEFLATED, _RAW)
    return packing.compress(part) + packing.flush(zlib.Z_FULL_FLUSH)


def _packed(put: bytes) -> bytes:
    if not put:
        return b""
    if len(put) <= _SHORT:  # a stored block
        return struct.pack("<BHH", 0, len(put), len(put) ^ 0xFFFF) + put
    packing = zlib.compressobj(1, zlib.DEFLATED, _SMALL, 4)
    return packing.compress(put) + packing.flush(zlib.Z_FULL_FLUSH)


def _columns(count: int) -> tuple[int, ...]:
    """What each bit of a CRC-32 comes to when ``count`` zero bytes follow, without the inversions
    before and after."""
    zeros = bytes(count)
    return tuple(zlib.crc32(zeros, 1 << bit ^ _ONES) ^ _ONES for bit in range(32))


def _advanced(columns: tuple[int, ...], crc: int) -> int:
    """The CRC-32 of a text, as it counts once the bytes have followed."""
    found = 0
    for column in columns:
        if crc & 1:
            found ^= column
        crc >>= 1
    return found
