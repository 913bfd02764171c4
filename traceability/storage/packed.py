"""Columns of values as arrays in PostgreSQL's binary form, made in one go.

The driver makes an array element by element, which costs ten times the inserting itself; the form
is simple (PostgreSQL, ``array_send``): number of dimensions, whether there are nulls, the elements'
type, length, lower bound, then each element behind its length in bytes, -1 for a null.
"""

import struct
from collections.abc import Callable, Sequence
from itertools import chain, repeat
from typing import Any, ClassVar, Final

from sqlalchemy import Column, LargeBinary, Text

_HEAD: Final = struct.Struct(">iiiii")
_LENGTH: Final = struct.Struct(">i").pack
_ONE_INT: Final = struct.Struct(">iq").pack
_NULL: Final = _LENGTH(-1)
INT, TEXT, BYTES = 20, 25, 17  # the types' numbers in PostgreSQL's catalogue


class Packed:
    """An array, ready to be sent; ``oid`` is its type's number."""

    __slots__ = ("data",)
    oid: ClassVar[int]

    def __init__(self, data: bytes) -> None:
        self.data = data


class Ints(Packed):
    """``bigint[]``."""

    __slots__ = ()
    oid = 1016


class Texts(Packed):
    """``text[]``."""

    __slots__ = ()
    oid = 1009


class Blobs(Packed):
    """``bytea[]``."""

    __slots__ = ()
    oid = 1001


def ints(values: Sequence[int | None]) -> Ints:
    """64-bit integers as one parameter."""
    n = len(values)
    if None in values:
        parts = [_NULL if value is None else _ONE_INT(8, value) for value in values]
        return Ints(_HEAD.pack(1, 1, INT, n, 1) + b"".join(parts))
    flat = chain.from_iterable(zip(repeat(8, n), values, strict=True))
    return Ints(_HEAD.pack(1, 0, INT, n, 1) + struct.pack(">" + "iq" * n, *flat))


def texts(values: Sequence[str | None]) -> Texts:
    """Texts as one parameter."""
    return Texts(_sized([None if value is None else value.encode() for value in values], TEXT))


def blobs(values: Sequence[bytes | None]) -> Blobs:
    """Byte strings as one parameter."""
    return Blobs(_sized(values, BYTES))


def _sized(values: Sequence[bytes | None], kind: int) -> bytes:
    parts = [_HEAD.pack(1, int(None in values), kind, len(values), 1)]
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            parts += (_LENGTH(len(value)), value)
    return b"".join(parts)


Packer = Callable[[Sequence[Any]], Packed]


def packer_of(column: Column[Any]) -> tuple[Packer, str]:
    """What packs values of a column, and the array's type in SQL."""
    if isinstance(column.type, Text):
        return texts, "text[]"
    if isinstance(column.type, LargeBinary):
        return blobs, "bytea[]"
    return ints, "bigint[]"
