"""Compressed pages into which something is put for each who asks.

A page is the same for all who scan a label of its lot but for one place. So it is compressed once,
before that place and after it, and what is put there is compressed alone: a deflate stream may be
flushed so that nothing after it refers back (RFC 1951 §3.2; zlib's ``Z_FULL_FLUSH``), and streams
cut there are joined by laying them one after the other. The whole is one member of gzip (RFC 1952):
clients need not know of members, of which some read the first alone.

The check sum at its end is of the whole text. CRC-32 is affine over GF(2): that of a text followed
by ``n`` bytes comes from that of the text, by a matrix that depends on ``n`` alone, and that of the
bytes themselves. So nobody goes through the page again.
"""

import struct
import zlib
from typing import Final

_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # no name, no time, of unknown origin
_ONES: Final = 0xFFFFFFFF
_RAW: Final = -15  # deflate without a wrapping, the largest window
_SMALL: Final = -12  # the same with a window of 4 KiB: what is put in is short


class Spliced:
    """What comes before and after the place, ready to be joined. For any thread."""

    __slots__ = ("_after", "_after_crc", "_before", "_columns", "_crc", "_length", "_packed")

    def __init__(self, before: bytes, after: bytes, level: int = 9) -> None:
        """``level``: how hard zlib tries, 1 to 9."""
        self._before = before
        self._after = after
        self._length = len(before) + len(after)
        self._crc = zlib.crc32(before)
        self._after_crc = zlib.crc32(after)
        self._columns = _columns(len(after))
        packing = zlib.compressobj(level, zlib.DEFLATED, _RAW)
        head = _HEAD + packing.compress(before) + packing.flush(zlib.Z_FULL_FLUSH)
        packing = zlib.compressobj(level, zlib.DEFLATED, _RAW)
        self._packed = head, packing.compress(after) + packing.flush()

    @property
    def weight(self) -> int:
        """Bytes that it takes beside the page itself."""
        return sum(map(len, self._packed)) + 1024

    def plain(self, middle: bytes) -> bytes:
        """The page."""
        return self._before + middle + self._after

    def gzip(self, middle: bytes) -> bytes:
        """The page, compressed."""
        packing = zlib.compressobj(1, zlib.DEFLATED, _SMALL, 4)
        put = packing.compress(middle) + packing.flush(zlib.Z_FULL_FLUSH)
        crc = _advanced(self._columns, zlib.crc32(middle, self._crc)) ^ self._after_crc
        length = (self._length + len(middle)) & _ONES
        head, tail = self._packed
        return b"".join((head, put, tail, struct.pack("<II", crc, length)))


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
