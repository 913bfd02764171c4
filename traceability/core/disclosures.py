"""What a record hides, and the disclosures that show it (DESIGN §3; SD-JWT, RFC 9901).

An object that hides fields has ``_sd``, their digests, and beside it ``hidden``, their names in the
digests' order. A disclosure is the base64url of the canonical JSON array ``[salt, name, value]``;
its digest is the base64url of the SHA-256 of that text. It belongs to exactly one place: to the
``_sd`` that has its digest, under the name that it bears itself. So nothing can be hidden twice,
shown twice, moved to another field or shown otherwise than it was signed; and a hidden value hides
nothing in its turn.

Which fields may be hidden, and which must be, is read off the models (``claims.Shape``).
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from re import compile as pattern
from typing import Any, Final

import orjson

from traceability.core import b64, ids
from traceability.core.claims import Shape
from traceability.core.errors import FormatError, RecordError

SALT_BYTES: Final = 16

Shown = dict[str, tuple[Any, ...]]  #: digest of a disclosure -> name, value
At = tuple["At", str | int] | None  #: where the walk is, from the inside out

_SORTED: Final = orjson.OPT_SORT_KEYS
_USED: Final = (
    "",
    None,
)  #: stands for a disclosure that has found its field; no field is so called
_is_salt: Final = pattern(ids.NONCE_PATTERN).fullmatch
# Most disclosures: a text without escapes. What matches is its own canonical form.
_is_plain: Final = pattern(
    r'\["[A-Za-z0-9_-]{21}[AQgw]","([a-z]+)","([^"\\\x00-\x1f]*)"\]'
).fullmatch


def canonical(data: bytes, code: str) -> Any:
    """The value of canonical JSON (RFC 8785); ``RecordError(code)`` for any other spelling.

    orjson with sorted keys is that canon but for floats and keys beyond ASCII, which it writes or
    sorts otherwise, and ``null``: the caller's models refuse floats and keys, and null is refused
    here. Nesting deeper than 254 is refused, as orjson does not write it.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise RecordError("record.malformed", what="not JSON") from error
    try:
        same = orjson.dumps(value, option=_SORTED) == data
    except (TypeError, RecursionError) as error:
        raise RecordError(code, what="it nests too deeply, or a number is too large") from error
    if not same:
        raise RecordError(code, what="not in canonical form")
    if b"null" in data and _has_null(value):
        raise RecordError("record.schema", field="/", what="null is no value; leave it out")
    return value


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(_has_null, value)))


# -- reading -----------------------------------------------------------------------------------
def read(disclosures: Sequence[bytes]) -> Shown:
    """The disclosures of one record by their digests; ``RecordError("record.disclosure")``."""
    shown: Shown = {}
    for disclosure in disclosures:
        try:
            text = b64.decode(disclosure)
            plain = _is_plain(text.decode())
        except FormatError as error:
            raise RecordError("record.disclosure", what="base64url is not canonical") from error
        except UnicodeDecodeError as error:
            raise RecordError("record.malformed", what="not UTF-8") from error
        found = plain.groups() if plain else _any(text)
        shown[b64.encode(sha256(disclosure).digest())] = found
    if len(shown) != len(disclosures):
        raise RecordError("record.disclosure", what="the same disclosure twice")
    return shown


def _any(text: bytes) -> tuple[str, Any]:
    """Name and value of a disclosure of any kind."""
    array = canonical(text, "record.disclosure")
    if type(array) is not list or len(array) != 3:
        raise RecordError("record.disclosure", what="it is not [salt, name, value]")
    salt, name, value = array
    if type(salt) is not str or not _is_salt(salt):
        raise RecordError("record.disclosure", what="the salt is not 128 bits in base64url")
    if type(name) is not str:
        raise RecordError("record.disclosure", what="the name is not a text")
    if type(value) is not str and _hides(value):
        raise RecordError("record.disclosure", what="a hidden value may not hide again")
    return name, value


def _hides(value: Any) -> bool:
    if isinstance(value, dict):
        return "_sd" in value or "hidden" in value or any(map(_hides, value.values()))
    return isinstance(value, list) and any(map(_hides, value))


def place(claims: dict[str, Any], shape: Shape, shown: Shown, complete: bool) -> tuple[str, ...]:
    """Put the disclosed values into ``claims``, each where it belongs; ``shown`` is used up.

    Returns JSON pointers to the hidden fields whose values were not shown: none if ``complete``,
    which refuses them (``record.undisclosed``). Raises ``RecordError``: ``record.in-the-clear``,
    ``record.hidden``, or ``record.disclosure``, also for a disclosure that belongs to no field.
    """
    walk = _Walk(shown, complete)
    try:
        walk.enter(claims, shape, None)
    except TypeError as error:  # an array or object where a name or digest belongs
        raise RecordError("record.hidden", what="_sd and hidden are not texts") from error
    if walk.used != len(shown):
        raise RecordError("record.disclosure", what="a disclosure belongs to no field")
    return tuple(walk.undisclosed)


class _Walk:
    """One walk through a record: which disclosures were used, and what was not shown."""

    __slots__ = ("absent", "complete", "shown", "undisclosed", "used")

    def __init__(self, shown: Shown, complete: bool) -> None:
        self.shown = shown
        self.complete = complete
        self.used = 0
        self.absent: set[str] = set()  # digests of what was not shown
        self.undisclosed: list[str] = []

    def enter(self, value: Any, shape: Shape, at: At) -> None:
        """An object, those within it, and what it hides."""
        if type(value) is not dict:
            return  # the model says what is wrong with it
        must = shape.must
        if must and not value.keys().isdisjoint(must):
            name = min(must & value.keys())
            raise RecordError("record.in-the-clear", _pointer(at, name), field=name)
        for member, inner, many in shape.branches:
            child = value.get(member)
            if child is None:
                continue
            if many and type(child) is list:
                for position, each in enumerate(child):
                    self.enter(each, inner, ((at, member), position))
            else:
                self.enter(child, inner, (at, member))
        if "hidden" in value or "_sd" in value:
            self._fill(value, shape, at)

    def _fill(self, value: dict[str, Any], shape: Shape, at: At) -> None:
        digests, names = value.get("_sd"), value.get("hidden")
        if (
            type(names) is not list
            or type(digests) is not list
            or not names
            or len(names) != len(digests)
        ):
            raise RecordError("record.hidden", _pointer(at), what="_sd and hidden do not match")
        shown, hideable = self.shown, shape.hideable
        for name, digest in zip(names, digests, strict=True):
            if name not in hideable:
                raise RecordError("record.hidden", _pointer(at), what="what may not be hidden")
            if name in value:
                raise RecordError("record.hidden", _pointer(at, name), what="hidden and shown")
            found = shown.get(digest)
            if found is None:
                self._miss(name, digest, names, at)
            elif found[0] != name:
                if found is _USED:
                    raise RecordError("record.hidden", _pointer(at, name), what="hidden twice")
                raise RecordError("record.disclosure", what="the name is another than was signed")
            else:
                value[name] = found[1]
                shown[digest] = _USED
                self.used += 1

    def _miss(self, name: str, digest: str, names: list[str], at: At) -> None:
        """A field whose value was not shown."""
        if not isinstance(digest, str) or not ids.is_digest(digest):
            raise RecordError("record.hidden", _pointer(at, name), what="this is no digest")
        if self.complete:
            raise RecordError("record.undisclosed", _pointer(at, name), field=name)
        if digest in self.absent or names.count(name) > 1:
            raise RecordError("record.hidden", _pointer(at, name), what="hidden twice")
        self.absent.add(digest)
        self.undisclosed.append(_pointer(at, name))


def _pointer(at: At, *below: str) -> str:
    """The JSON pointer (RFC 6901) to a place of the walk; all its names are those of models."""
    steps = list(below)
    while at is not None:
        at, step = at
        steps.insert(0, str(step))
    return "".join(f"/{step}" for step in steps)


# -- writing -----------------------------------------------------------------------------------
def hide(
    value: Mapping[str, Any],
    shape: Shape,
    salt: Callable[[], bytes],
    also: frozenset[str],
    disclosures: list[bytes],
) -> dict[str, Any]:
    """``value`` with digests in the place of what must be hidden, and of the hideable fields named
    in ``also``; the disclosures are appended to ``disclosures``. Members that are None are left
    out. ``salt`` gives 16 fresh random bytes a call."""
    out: dict[str, Any] = {}
    names: list[str] = []
    digests: list[str] = []
    for name in sorted(value):
        member = value[name]
        if member is None:
            continue
        if name in shape.must or (name in also and name in shape.hideable):
            disclosure = disclose(salt(), name, member)
            disclosures.append(disclosure)
            names.append(name)
            digests.append(b64.encode(sha256(disclosure).digest()))
        elif name in shape.children and isinstance(member, Mapping):
            out[name] = hide(member, shape.children[name][0], salt, also, disclosures)
        elif name in shape.children and isinstance(member, list | tuple):
            inner = shape.children[name][0]
            out[name] = [
                hide(each, inner, salt, also, disclosures) if isinstance(each, Mapping) else each
                for each in member
            ]
        else:
            out[name] = member
    if names:
        out["_sd"] = digests
        out["hidden"] = names
    return out


def disclose(salt: bytes, name: str, value: Any) -> bytes:
    """The disclosure of one field."""
    return b64.encode(write([b64.encode(salt), name, value])).encode()


def write(value: Any) -> bytes:
    """Canonical JSON of what records are made of; ``RecordError`` for what no record can hold."""
    try:
        return orjson.dumps(value, option=_SORTED)
    except (TypeError, RecursionError) as error:
        raise RecordError("record.malformed", what="a value that no record can hold") from error
