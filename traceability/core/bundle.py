"""The proof bundle, ``.goc.json`` (DESIGN §3): what a verifier needs of a lot, and no more.

``records`` are in log order, each with its disclosures (as many as the reader may see), leaf index,
acceptance time and inclusion proof to the checkpoint's size. They are the closure of the target:
what it was made of back to harvests and acquisitions (cut at a depth only if ``cut`` says so),
every correction and dispute of those, and what the rules need to judge them: registry records,
the diaries of the plots, inspections; records 0 and 1 always.

``public`` makes omission impossible as well: all leaf entries up to the checkpoint, 41 bytes each,
from which the verifier computes the root itself and learns which leaves are of class 1, and the
signed text of every one of those. So no correction, dispute, revocation or recall can be left out
unseen. It is there when the log is small enough for it; a verifier of a larger log asks the
published log instead, and says "unknown" until it has.

A bundle carries neither the log's key nor the witness policy: those are known from elsewhere.

The file is JSON in any spelling. A name that stands twice in one object is refused, since two
readers might take two different values for it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError

from traceability.core import ids
from traceability.core.codec import to_wire
from traceability.core.errors import FormatError
from traceability.core.leaf import LEAF_BYTES
from traceability.core.lines import base64, unbase64
from traceability.core.uncollected import uncollected

FORMAT: Final = "goc-bundle/1"
MAX_BYTES: Final = 128 * 1024 * 1024
MAX_RECORDS: Final = 200_000
MAX_VALUES: Final = 8_000_000  #: a small file could otherwise ask for gigabytes of memory
_MUCH: Final = 512 * 1024  #: bytes, from which on reading makes garbage collection worth a thought

_Whole = Annotated[int, Strict(), Field(ge=0, le=2**53 - 1)]
_Jws = Annotated[str, Field(max_length=60 * 1024, pattern=r"^[A-Za-z0-9_.-]*$")]
_Hash = Annotated[str, Field(min_length=44, max_length=44)]


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of a bundle. ``wire`` is ``jws~d~d~``; ``proof`` runs from the leaf's sibling up."""

    wire: bytes
    index: int
    time: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """The lot that the bundle speaks of and, where one is meant, the holding."""

    gtin: str
    lot: str
    holding: str | None = None


@dataclass(frozen=True, slots=True)
class PublicLeaves:
    """All leaf entries of the log, and the signed texts of those of class 1, in log order."""

    leaves: tuple[bytes, ...]
    records: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A proof bundle. ``consistency``: (older size, proof from there to the checkpoint)."""

    target: Target
    entries: tuple[Entry, ...]
    checkpoint: bytes
    consistency: tuple[int, tuple[bytes, ...]] | None = None
    public: PublicLeaves | None = None
    cut: bool = False

    def to_json(self) -> bytes:
        """The bundle as its file has it."""
        target = {"gtin": self.target.gtin, "lot": self.target.lot}
        if self.target.holding is not None:
            target["holding"] = self.target.holding
        out: dict[str, object] = {
            "format": FORMAT,
            "target": target,
            "records": [_entry_json(entry) for entry in self.entries],
            "checkpoint": self.checkpoint.decode(),
        }
        if self.cut:
            out["cut"] = True
        if self.consistency is not None:
            size, proof = self.consistency
            out["consistency"] = {"from": size, "proof": [base64(each) for each in proof]}
        if self.public is not None:
            out["public"] = {
                "leaves": base64(b"".join(self.public.leaves)),
                "records": [jws.decode() for jws in self.public.records],
            }
        return orjson.dumps(out, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    @classmethod
    def from_json(cls, data: bytes) -> "Bundle":
        """Reads a bundle's file; ``FormatError("bundle.*")`` for what is not one."""
        if len(data) > MAX_BYTES:
            raise FormatError("bundle.too-large", limit=MAX_BYTES)
        with uncollected(len(data) > _MUCH):
            return cls._read(data)

    @classmethod
    def _read(cls, data: bytes) -> "Bundle":
        try:
            model = _BundleModel.model_validate(_loads(data))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            pointer = "".join(f"/{str(step)[:40]}" for step in first["loc"])
            raise FormatError("bundle.malformed", pointer, what=first["msg"]) from None
        known: dict[str, bytes] = {}
        entries = tuple(
            Entry(
                to_wire(each.jws.encode(), (d.encode() for d in each.disclosures)),
                each.index,
                each.time,
                _hashes(each.proof, f"/records/{n}/proof", known),
            )
            for n, each in enumerate(model.records)
        )
        consistency = None
        if model.consistency is not None:
            consistency = (
                model.consistency.from_,
                _hashes(model.consistency.proof, "/consistency/proof", known),
            )
        return cls(
            Target(model.target.gtin, model.target.lot, model.target.holding),
            entries,
            model.checkpoint.encode(),
            consistency,
            None if model.public is None else _public(model.public),
            model.cut,
        )


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _TargetModel(_Closed):
    gtin: Annotated[str, Field(pattern=ids.GTIN_PATTERN)]
    lot: Annotated[str, Field(pattern=ids.LOT_PATTERN)]
    holding: Annotated[str | None, Field(pattern=ids.HOLDING_PATTERN)] = None


class _EntryModel(_Closed):
    jws: _Jws
    disclosures: tuple[_Jws, ...] = Field(max_length=4000, fail_fast=True)
    index: _Whole
    time: _Whole
    proof: tuple[_Hash, ...] = Field(max_length=64, fail_fast=True)


class _ConsistencyModel(_Closed):
    from_: _Whole = Field(alias="from")
    proof: tuple[_Hash, ...] = Field(max_length=64, fail_fast=True)


class _PublicModel(_Closed):
    leaves: str
    records: tuple[_Jws, ...] = Field(max_length=MAX_RECORDS, fail_fast=True)


class _BundleModel(_Closed):
    format: Literal["goc-bundle/1"]
    target: _TargetModel
    records: tuple[_EntryModel, ...] = Field(min_length=1, max_length=MAX_RECORDS, fail_fast=True)
    checkpoint: Annotated[str, Field(max_length=65_536)]
    cut: Annotated[bool, Strict()] = False
    consistency: _ConsistencyModel | None = None
    public: _PublicModel | None = None


def _loads(data: bytes) -> object:
    if data.count(b",") > MAX_VALUES:
        raise FormatError("bundle.too-large", limit=MAX_BYTES)
    try:
        value = orjson.loads(data)
        # The usual spellings, ours among them, are compared whole: equal, they repeat no name.
        usual = orjson.OPT_INDENT_2 if data[1:2] == b"\n" else 0
        if data.removesuffix(b"\n") != orjson.dumps(value, option=usual):
            json.loads(data, object_pairs_hook=_distinct)
    except orjson.JSONDecodeError as error:
        raise FormatError("bundle.malformed", what="not JSON") from error
    except (TypeError, ValueError, RecursionError) as error:
        raise FormatError("bundle.malformed", what="nested too deeply, or too large") from error
    return value


def _distinct(members: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in members}) != len(members):
        raise FormatError("bundle.malformed", what="a name stands twice in one object")


def _hashes(texts: Sequence[str], pointer: str, known: dict[str, bytes]) -> tuple[bytes, ...]:
    """The hashes of one proof. Proofs share most of theirs, so each is read once (``known``)."""
    hashes: list[bytes] = []
    for n, text in enumerate(texts):
        data = known.get(text)
        if data is None:
            data = unbase64(text)
            if data is None or len(data) != 32:
                raise FormatError("bundle.malformed", f"{pointer}/{n}", what="a hash has 32 bytes")
            known[text] = data
        hashes.append(data)
    return tuple(hashes)


def _public(model: _PublicModel) -> PublicLeaves:
    data = unbase64(model.leaves)
    if data is None or len(data) % LEAF_BYTES:
        raise FormatError("bundle.malformed", "/public/leaves", what="an entry has 41 bytes")
    leaves = tuple(data[at : at + LEAF_BYTES] for at in range(0, len(data), LEAF_BYTES))
    return PublicLeaves(leaves, tuple(jws.encode() for jws in model.records))


def _entry_json(entry: Entry) -> dict[str, object]:
    jws, *disclosures = entry.wire.rstrip(b"~").split(b"~")
    return {
        "jws": jws.decode(),
        "disclosures": [each.decode() for each in disclosures],
        "index": entry.index,
        "time": entry.time,
        "proof": [base64(each) for each in entry.proof],
    }
