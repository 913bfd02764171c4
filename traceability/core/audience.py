"""Who may read which hidden value, and so which disclosures go with a record (DESIGN §3).

Which audience a field has, and whether its value is personal, is fixed by the schema (``Hide``), so
that the same is shown everywhere. A disclosure that is held back leaves its digest: whoever gets
the record can still verify all of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

import orjson

from traceability.core import b64
from traceability.core.claims import Audience, Hide, Privacy, Shape, shape_of
from traceability.core.codec import SignedRecord


def visible(
    record: SignedRecord, audience: Audience, include_personal: bool = True
) -> tuple[bytes, ...]:
    """Those of the record's disclosures, in their order, that ``audience`` may read.

    Personal values are among them only if ``include_personal``: what is public of a person is for
    the page that shows it now, not for a file that lasts.
    """
    allowed = {
        digest
        for digest, hide in _hidden(orjson.loads(record.payload), shape_of(type(record.body)))
        if hide.audience <= audience and (include_personal or hide.privacy is not Privacy.PERSONAL)
    }
    return _among(record.disclosures, allowed)


def without(disclosures: Iterable[bytes], digests: Iterable[str]) -> tuple[bytes, ...]:
    """The disclosures but for those with these digests: what is left when values are erased."""
    erased = frozenset(digests)
    return tuple(each for each in disclosures if _digest(each) not in erased)


def personal(record: SignedRecord) -> tuple[str, ...]:
    """The digests of the record's personal values, which may be erased."""
    found = _hidden(orjson.loads(record.payload), shape_of(type(record.body)))
    return tuple(digest for digest, hide in found if hide.privacy is Privacy.PERSONAL)


def _among(disclosures: Iterable[bytes], allowed: set[str]) -> tuple[bytes, ...]:
    return tuple(each for each in disclosures if _digest(each) in allowed)


def _digest(disclosure: bytes) -> str:
    return b64.encode(sha256(disclosure).digest())


def _hidden(value: Mapping[str, Any], shape: Shape) -> Iterator[tuple[str, Hide]]:
    """Digest and mark of each field that ``value``, or an object inside it, hides."""
    for name, digest in zip(value.get("hidden", ()), value.get("_sd", ()), strict=True):
        yield digest, shape.hideable[name]
    for member, (inner, many) in shape.children.items():
        child = value.get(member)
        if child is not None:
            for each in child if many else (child,):
                yield from _hidden(each, inner)
