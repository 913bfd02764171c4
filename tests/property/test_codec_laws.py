"""Laws of the codec: every record comes back as it was, and every change of it is caught."""

from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import forge
from tests.forge import HARVEST, KEY
from traceability.core import b64, codec, ids
from traceability.core.errors import GocError
from traceability.core.keys import PrivateKey

PARTIES = st.binary(min_size=10, max_size=10).map(ids.party_id)
PLACES = st.binary(min_size=10, max_size=10).map(ids.place_id)
NONCES = st.binary(min_size=16, max_size=16).map(b64.encode)
LINES = st.text(
    st.characters(codec="utf-8", exclude_characters="\x7f", min_codepoint=0x20),
    min_size=1,
    max_size=40,
)
QUANTITIES = st.builds("{}.{} {}".format, st.integers(0, 10**6), st.integers(0, 9), st.just("KGM"))
MAKES = st.fixed_dictionaries(
    {"lot": st.from_regex(r"\A[A-Z0-9-]{1,20}\Z"), "product": st.just("02000000000015")},
    optional={
        "holder": PARTIES,
        "quantity": QUANTITIES,
        "count": st.just("3 H87"),
        "claims": st.lists(st.just("vietgap"), max_size=2),
    },
)
HARVESTS = st.fixed_dictionaries(
    {name: st.just(HARVEST[name]) for name in ("v", "log", "type", "at", "iat")}
    | {
        "iss": PARTIES,
        "nonce": NONCES,
        "place": PLACES,
        "makes": st.lists(MAKES, min_size=1, max_size=4),
        "data": st.fixed_dictionaries({}, optional={"season": LINES, "grade": LINES}),
    },
    optional={
        "by": LINES,
        "note": LINES,
        "for": PARTIES,
        "refs": st.lists(
            st.fixed_dictionaries({"type": st.just("other")}, optional={"number": LINES}),
            max_size=2,
        ),
    },
)
ALSO = st.sets(st.sampled_from(["holder", "number", "place", "nonsense"]))
SEEDS = st.binary(min_size=32, max_size=32)
WIRE = forge.wire(forge.payload(), forge.disclosures())
ORIGINAL = codec.parse(WIRE)
SAID = ORIGINAL.body.model_dump()


def said(record: codec.SignedRecord) -> Any:
    """The claims of a record, without what only says how they were hidden."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {n: plain(each) for n, each in value.items() if n not in ("_sd", "hidden")}
        return list(map(plain, value)) if isinstance(value, list) else value

    return plain(record.body.model_dump(by_alias=True, exclude_unset=True, mode="json"))


@given(HARVESTS, ALSO, SEEDS)
def test_claims_come_back_as_they_were(claims: dict[str, Any], also: set[str], seed: bytes) -> None:
    key = PrivateKey.from_seed(seed)
    payload, shown = codec.conceal(claims, forge.Salts(), also)
    wire = codec.to_wire(codec.sign(payload, key), shown)
    record = codec.parse(wire)
    assert said(record) == claims
    assert rfc8785.dumps(orjson.loads(payload)) == payload
    assert record.wire == wire
    assert codec.rebuild(record.kid, record.payload, record.signature, shown) == wire
    codec.verify(record, {key.public.kid: key.public})


@given(HARVESTS, ALSO, st.data())
def test_whatever_is_shown_is_what_was_signed(
    claims: dict[str, Any], also: set[str], data: st.DataObject
) -> None:
    payload, shown = codec.conceal(claims, forge.Salts(), also)
    some = data.draw(st.lists(st.sampled_from(shown), unique=True)) if shown else []
    record = codec.parse(forge.wire(payload, some), complete=False)
    assert record.name == codec.parse(forge.wire(payload, shown)).name
    assert len(record.undisclosed) == len(shown) - len(some)
    for pointer in record.undisclosed:
        *path, name = pointer[1:].split("/")
        place: Any = record.body
        for step in path:
            place = place[int(step)] if step.isdigit() else getattr(place, step)
        assert place.undisclosed(name)
        assert getattr(place, name) is None


def mutated(data: st.DataObject, wire: bytes) -> bytes:
    """The bytes with some of them changed, dropped, doubled or moved."""
    text = bytearray(wire)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        match data.draw(st.integers(0, 4)):
            case 0:
                text[at] = data.draw(st.integers(0, 255))
            case 1:
                del text[at : at + data.draw(st.integers(1, 30))]
            case 2:
                text[at:at] = data.draw(st.binary(min_size=1, max_size=30))
            case 3:
                text[at:at] = text[at : at + data.draw(st.integers(1, 200))]
            case _:
                text[at] ^= 1 << data.draw(st.integers(0, 7))
        if not text:
            break
    return bytes(text)


@settings(max_examples=400)
@given(st.data())
def test_no_change_of_its_bytes_passes_for_the_record(data: st.DataObject) -> None:
    wire = mutated(data, WIRE)
    for complete in (True, False):
        try:
            record = codec.parse(wire, complete)
            codec.verify(record, {KEY.public.kid: KEY.public})
        except GocError:
            continue
        # Only the disclosures can have changed: fewer of them, or in another order.
        assert record.digest == ORIGINAL.digest
        assert record.jws == ORIGINAL.jws
        shown = record.body.model_dump()
        if complete:
            assert shown == SAID
        for pointer in record.undisclosed:
            assert pointer.split("/")[-1] in ("by", "count", "quantity")


@settings(max_examples=200)
@given(st.binary(max_size=300), st.booleans())
def test_bytes_of_any_kind_are_a_record_or_an_error_of_ours(noise: bytes, signed: bool) -> None:
    for text in (noise, noise + b"~", forge.wire(noise) if signed else b"..~"):
        with pytest.raises(GocError):
            codec.parse(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=200)
@given(JSON, st.sampled_from(["data", "makes", "refs", "hidden", "_sd", "by", "at", "place", "v"]))
def test_json_of_any_kind_in_any_place_is_refused_or_read_strictly(value: Any, where: str) -> None:
    wire = forge.wire(forge.payload() | {where: value}, forge.disclosures())
    try:
        record = codec.parse(wire, complete=False)
    except GocError:
        return
    assert said(record).keys() <= HARVEST.keys() | {"refs"}
    assert rfc8785.dumps(orjson.loads(record.payload)) == record.payload


@settings(max_examples=200)
@given(JSON, st.sampled_from(["by", "note", "quantity", "data", "_sd", "x"]))
def test_json_of_any_kind_in_a_disclosure_is_refused_or_read_strictly(
    value: Any, name: str
) -> None:
    shown = forge.disclosure(name, value)
    body = forge.payload() | {"_sd": [forge.digest(shown)], "hidden": ["by"]}
    try:
        record: Any = codec.parse(forge.wire(body, [*forge.disclosures()[1:], shown]))
    except GocError:
        return
    assert (name, record.body.by) == ("by", value)
