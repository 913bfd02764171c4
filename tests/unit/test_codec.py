"""Records to bytes and back; and everything that is no record."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import rfc8785
from joserfc import jws as jose
from joserfc.jwk import OKPKey
from sd_jwt.verifier import SDJWTVerifier  # type: ignore[import-untyped]

from tests import forge
from tests.forge import HARVEST, KEY, canonical, claims, digest, disclosure
from traceability.core import b64, codec, disclosures, envelope
from traceability.core.claims import Shape, shape_of
from traceability.core.errors import GocError, RecordError
from traceability.core.keys import PrivateKey
from traceability.core.registry_records import MODELS
from traceability.text import sentence_of, text

PAYLOAD = canonical(forge.payload())
SHOWN = forge.disclosures()
WIRE = forge.wire(PAYLOAD, SHOWN)
KID = KEY.public.kid


def code_of(wire: bytes, complete: bool = True) -> str:
    """The code of the refusal, which must be one."""
    with pytest.raises(RecordError) as caught:
        codec.parse(wire, complete)
    str(caught.value)  # its sentence can be told
    return caught.value.code


def test_a_record_says_after_the_journey_what_was_put_into_it() -> None:
    record = codec.parse(WIRE)
    said = record.body.model_dump(by_alias=True, exclude_unset=True, mode="json")
    for makes in (said, *said["makes"]):
        makes.pop("_sd")
        makes.pop("hidden")
    assert said == HARVEST
    assert (record.kid, record.undisclosed) == (KID, ())
    assert record.wire == WIRE
    assert WIRE.startswith(record.jws + b"~")
    codec.verify(record, {KID: KEY.public})


def test_storage_rebuilds_the_very_bytes_from_payload_signature_and_key() -> None:
    record = codec.parse(WIRE)
    again = codec.rebuild(record.kid, record.payload, record.signature, record.disclosures)
    assert again == WIRE
    assert codec.rebuild(record.kid, record.payload, record.signature) == record.jws + b"~"


def test_no_hidden_value_is_in_what_is_signed() -> None:
    jws, *_ = WIRE.split(b"~")
    signed = b64.decode(jws.split(b".")[1]).decode()
    for value in ("Hạnh", "100.5 KGM", "40 H87", "3 KGM"):
        assert value not in signed
    assert HARVEST["iss"] in signed


def test_what_must_not_be_hidden_is_hidden_on_request() -> None:
    payload, shown = codec.conceal(HARVEST, forge.Salts(), also=("holder", "lot"))
    first, second = orjson.loads(payload)["makes"]
    assert first["hidden"] == ["count", "holder", "quantity"]
    assert second["hidden"] == ["quantity"]  # it has no holder, and a lot cannot be hidden
    assert first["lot"] == "CD-01"
    assert codec.parse(forge.wire(payload, shown)).body.model_dump()["makes"][0]["holder"]


def test_undisclosed_fields_are_named_and_are_not_taken_for_nothing() -> None:
    record = codec.parse(forge.wire(PAYLOAD, SHOWN[1:3]), complete=False)
    assert record.undisclosed == ("/makes/1/quantity", "/by")
    makes: Any = record.body.model_dump()["makes"]
    assert [makes[0]["quantity"], makes[1]["quantity"]] == ["100.5 KGM", None]
    assert code_of(forge.wire(PAYLOAD, SHOWN[1:3])) == "record.undisclosed"


def test_what_the_record_is_called_does_not_depend_on_what_is_shown() -> None:
    names = {codec.parse(forge.wire(PAYLOAD, SHOWN[:n]), False).name for n in range(len(SHOWN) + 1)}
    assert names == {codec.parse(WIRE).name}


def test_hidden_fields_go_by_one_name_in_models_and_on_the_wire() -> None:
    # Closed.undisclosed looks a field up by its name on the wire.
    def walk(shape: Shape) -> None:
        for name in shape.hideable:
            assert re.fullmatch("[a-z]+", name), name
        for inner, _ in shape.children.values():
            walk(inner)

    for model in MODELS.values():
        walk(shape_of(model))


# -- other people's libraries ------------------------------------------------------------------
def test_joserfc_verifies_our_signature_as_ed25519_of_rfc_9864() -> None:
    jwk = OKPKey.import_key(dict(KEY.public.jwk))
    found = jose.deserialize_compact(WIRE.split(b"~")[0], jwk, algorithms=["Ed25519"])
    assert found.payload == PAYLOAD
    assert found.protected == {"alg": "Ed25519", "kid": KID, "typ": "goc+sd-jwt"}


def test_a_jws_that_joserfc_made_is_a_record() -> None:
    seed = b"a key of those who forge records"
    private = OKPKey.import_key({**KEY.public.jwk, "d": b64.encode(seed)})
    header = {"alg": "Ed25519", "kid": KID, "typ": "goc+sd-jwt"}
    made = jose.serialize_compact(header, PAYLOAD, private, algorithms=["Ed25519"]).encode()
    record = codec.parse(codec.to_wire(made, SHOWN))
    codec.verify(record, {KID: KEY.public})
    assert record.wire == WIRE  # Ed25519 is deterministic: it is our own, byte for byte


class Reference(SDJWTVerifier):  # type: ignore[misc]
    """The reference implementation; the signature is joserfc's matter."""

    def _verify_sd_jwt(self, *_: object) -> None:
        self._sd_jwt_payload = self._unverified_input_sd_jwt_payload


def without_names(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_names(each) for name, each in value.items() if name != "hidden"}
    return list(map(without_names, value)) if isinstance(value, list) else value


def test_the_reference_implementation_of_sd_jwt_reads_our_disclosures() -> None:
    found = Reference(WIRE.decode(), lambda *_: None).get_verified_payload()
    assert without_names(found) == HARVEST


def test_the_reference_implementation_hides_what_we_do_not_show() -> None:
    some = Reference(forge.wire(PAYLOAD, SHOWN[1:2]).decode(), lambda *_: None)
    found = without_names(some.get_verified_payload())
    ours = codec.parse(forge.wire(PAYLOAD, SHOWN[1:2]), complete=False)
    left_out = {"/makes/0/count": "count", "/makes/0/quantity": "quantity"}
    assert found["makes"][0].keys() == HARVEST["makes"][0].keys() - {
        name for pointer, name in left_out.items() if pointer in ours.undisclosed
    }


def test_our_canon_is_rfc_8785_for_a_record_and_its_disclosures() -> None:
    assert rfc8785.dumps(forge.payload()) == PAYLOAD
    for each in SHOWN:
        array = b64.decode(each)
        assert rfc8785.dumps(json.loads(array)) == array


#: What of the published vectors a record's values may be: not floats, and no keys beyond ASCII,
#: which our encoder would spell or sort otherwise. The models have neither.
OUTSIDE = {"values.json": "floats", "arrays.json": "floats and null", "weird.json": "odd keys"}


@pytest.mark.parametrize("name", ["french.json", "structures.json", "unicode.json", *OUTSIDE])
def test_canonical_vectors_are_read_as_they_stand_or_refused(
    shared_vectors: Path, name: str
) -> None:
    given = (shared_vectors / "jcs" / "input" / name).read_bytes()
    wanted = (shared_vectors / "jcs" / "output" / name).read_bytes()
    assert rfc8785.dumps(json.loads(given)) == wanted
    with pytest.raises(RecordError):
        disclosures.canonical(given, "record.not-canonical")
    try:
        value = disclosures.canonical(wanted, "record.not-canonical")
    except RecordError:
        assert name in (*OUTSIDE, "structures.json")
    else:
        assert canonical(value) == wanted == rfc8785.dumps(value)
    # None of them is a record, whatever their canon.
    assert code_of(forge.wire(wanted)).startswith("record.")


# -- the header --------------------------------------------------------------------------------
HEADERS = {
    "another algorithm": f'{{"alg":"EdDSA","kid":"{KID}","typ":"goc+sd-jwt"}}',
    "none": f'{{"alg":"none","kid":"{KID}","typ":"goc+sd-jwt"}}',
    "a symmetric algorithm": f'{{"alg":"HS256","kid":"{KID}","typ":"goc+sd-jwt"}}',
    "another type": f'{{"alg":"Ed25519","kid":"{KID}","typ":"vc+sd-jwt"}}',
    "another order": f'{{"kid":"{KID}","alg":"Ed25519","typ":"goc+sd-jwt"}}',
    "white space": f'{{"alg": "Ed25519","kid":"{KID}","typ":"goc+sd-jwt"}}',
    "a further member": f'{{"alg":"Ed25519","kid":"{KID}","typ":"goc+sd-jwt","x":1}}',
    "crit": f'{{"alg":"Ed25519","crit":["b64"],"kid":"{KID}","typ":"goc+sd-jwt"}}',
    "an embedded key": f'{{"alg":"Ed25519","jwk":{{}},"kid":"{KID}","typ":"goc+sd-jwt"}}',
    "no kid": '{"alg":"Ed25519","typ":"goc+sd-jwt"}',
    "a short kid": f'{{"alg":"Ed25519","kid":"{KID[:-1]}","typ":"goc+sd-jwt"}}',
    "a long kid": f'{{"alg":"Ed25519","kid":"{KID}A","typ":"goc+sd-jwt"}}',
    "a kid with unused bits": f'{{"alg":"Ed25519","kid":"{"A" * 42}B","typ":"goc+sd-jwt"}}',
    "a kid of other letters": f'{{"alg":"Ed25519","kid":"{KID[:-2]}\\"A","typ":"goc+sd-jwt"}}',
    "a kid that goes on": f'{{"alg":"Ed25519","kid":"{KID[:-9]}","a":"bcd","typ":"goc+sd-jwt"}}',
    "nothing": "",
    "an array": "[]",
}


@pytest.mark.parametrize("what", HEADERS)
def test_any_other_header_is_refused(what: str) -> None:
    assert code_of(forge.wire(PAYLOAD, SHOWN, HEADERS[what].encode())) == "record.header"


def test_a_header_refused_once_is_refused_again() -> None:
    wire = forge.wire(PAYLOAD, SHOWN, HEADERS["none"].encode())
    assert [code_of(wire) for _ in range(3)] == ["record.header"] * 3


def test_many_keys_do_not_fill_the_memory() -> None:
    body, _ = b64.encode(PAYLOAD), SHOWN
    for n in range(5000):
        kid = b64.encode(n.to_bytes(32, "big"))
        wire = codec.header_for(kid) + f".{body}.{'A' * 86}~".encode()
        assert codec.parse(wire, complete=False).kid == kid
    assert len(envelope._headers) <= 4096


# -- the compact form --------------------------------------------------------------------------
HEAD, BODY, SIGNATURE = WIRE.split(b"~")[0].split(b".")
COMPACT = {
    "nothing": b"",
    "only tildes": b"~~~",
    "no tilde at the end": WIRE[:-1],
    "a key-binding JWT at the end": WIRE + b"e30.e30.e30",
    "two parts": b"~".join([HEAD + b"." + BODY, *SHOWN, b""]),
    "four parts": b"~".join([WIRE.split(b"~")[0] + b".", *SHOWN, b""]),
    "no signature": HEAD + b"." + BODY + b".~",
    "a short signature": HEAD + b"." + BODY + b"." + SIGNATURE[:-2] + b"~",
    "a padded payload": HEAD + b"." + BODY + b"=." + SIGNATURE + b"~",
    "a newline in the payload": HEAD + b".\n" + BODY + b"." + SIGNATURE + b"~",
    "a space before": b" " + WIRE,
    "letters of plain base64": HEAD + b"." + b"+/+/" + BODY + b"." + SIGNATURE + b"~",
    "set unused bits in the signature": HEAD + b"." + BODY + b"." + SIGNATURE[:-1] + b"B~",
    "an empty disclosure": WIRE + b"~",
    "letters beyond ASCII": WIRE.replace(b".", "．".encode(), 1),
    "a payload that is not JSON": forge.wire(b"{"),
    "a payload that is not UTF-8": forge.wire(b'{"type":"\xff"}'),
    "a byte-order mark": forge.wire(b"\xef\xbb\xbf" + PAYLOAD),
}


@pytest.mark.parametrize("what", COMPACT)
def test_what_is_not_a_jws_with_disclosures_is_refused(what: str) -> None:
    assert code_of(COMPACT[what], complete=False) in ("record.malformed", "record.header")


def test_a_payload_with_set_unused_bits_is_refused() -> None:
    # Some payload whose length leaves bits over: the same bytes, another text, another name.
    for wire in (forge.wire(forge.payload(claims(place=p))) for p in ("l-" + "0" * 16, None)):
        head, body, signature = wire.split(b"~")[0].split(b".")
        if len(body) % 4:
            other = body[:-1] + bytes([body[-1] + 1])
            assert code_of(b".".join((head, other, signature)) + b"~") == "record.malformed"
            return
    pytest.fail("no payload of such a length")


# -- the canon ---------------------------------------------------------------------------------
def spelled(old: str, new: str) -> bytes:
    text = PAYLOAD.decode()
    assert old in text
    return forge.wire(text.replace(old, new, 1).encode(), SHOWN)


SPELLINGS: dict[str, Callable[[], bytes]] = {
    "white space": lambda: spelled('"v":1', '"v": 1'),
    "a newline at the end": lambda: forge.wire(PAYLOAD + b"\n", SHOWN),
    "another order of keys": lambda: forge.wire(
        orjson.dumps(dict(reversed(forge.payload().items()))), SHOWN
    ),
    "another order within": lambda: spelled(
        '"lot":"CD-02","product":"02000000000015"', '"product":"02000000000015","lot":"CD-02"'
    ),
    "a key twice": lambda: spelled('"v":1', '"v":1,"v":1'),
    "a key twice, and the last one counts": lambda: spelled('"v":1', '"v":2,"v":1'),
    "an escaped letter": lambda: spelled('"harvest"', '"h\\u0061rvest"'),
    "an escaped key": lambda: spelled('"iss"', '"\\u0069ss"'),
    "an escaped slash": lambda: spelled("goc.example/test", "goc.example\\/test"),
    "an exponent": lambda: spelled('"v":1', '"v":1e0'),
    "minus zero": lambda: spelled('"v":1', '"v":-0'),
    "a number beyond 64 bits": lambda: spelled('"v":1', '"v":100000000000000000000000'),
    "upper-case escapes": lambda: spelled('"2026-1"', '"\\u001F"'),
}


@pytest.mark.parametrize("what", SPELLINGS)
def test_another_spelling_of_the_same_is_refused(what: str) -> None:
    assert code_of(SPELLINGS[what]()) == "record.not-canonical"


NUMBERS = {
    "a float": "1.0",
    "a large float": "1e+21",
    "a fraction": "0.5",
    "true": "true",
    "a text": '"1"',
    "2⁵³": "9007199254740992",
    "another version": "2",
    "zero": "0",
    "minus one": "-1",
    "null": "null",
    "minus zero as a float": "-0.0",
}


@pytest.mark.parametrize("what", NUMBERS)
def test_a_number_that_orjson_would_let_through_is_refused(what: str) -> None:
    # orjson writes 1.0, -0.0 and true again as they stand, so the canon alone would not tell.
    assert code_of(spelled('"v":1', f'"v":{NUMBERS[what]}')) in (
        "record.schema",
        "record.not-canonical",
    )


@pytest.mark.parametrize(
    "text", ['"v":' + "9" * 20_000, '"v":NaN', '"v":Infinity', '"v":01', "\"v\":'1'", '"v":+1']
)
def test_what_is_no_json_is_refused(text: str) -> None:
    assert code_of(spelled('"v":1', text)) == "record.malformed"


@pytest.mark.parametrize("text", ["\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud83d"])
def test_lone_surrogates_are_refused(text: str) -> None:
    assert code_of(spelled("2026-1", text)) == "record.malformed"


@pytest.mark.parametrize("where", ["", "data", "makes"])
@pytest.mark.parametrize(
    "name", ["x", "é", "__class__", "sd", "from_", "_SD", "", "...", "_sd_alg"]
)
def test_an_unknown_member_is_refused_at_every_level(where: str, name: str) -> None:
    body = forge.payload()
    inner = {"": body, "data": body["data"], "makes": body["makes"][0]}[where]
    inner[name] = "1"
    assert code_of(forge.wire(body, SHOWN)) == "record.schema"


def test_control_characters_are_spelled_as_rfc_8785_says() -> None:
    text = "".join(map(chr, range(0x20))) + '"\\/\x7f\x80\u2028\ue000\U0001f34d'
    body = forge.payload(claims(by=None)) | {"note": text}
    assert rfc8785.dumps(body) == canonical(body)


@pytest.mark.parametrize(
    ("where", "value"),
    [("since", None), ("for", None), ("refs", None), ("hidden", None), ("data", None)],
)
def test_null_is_no_value(where: str, value: None) -> None:
    assert code_of(forge.wire(forge.payload() | {where: value}, SHOWN)) == "record.schema"


def test_null_deep_within_is_no_value_and_the_word_is_harmless() -> None:
    body = forge.payload()
    body["makes"][1]["claims"] = [None]
    assert code_of(forge.wire(body, SHOWN)) == "record.schema"
    said = claims(data={"season": "null"}, by='{"x":null}')
    found: Any = codec.parse(forge.wire(forge.payload(said), forge.disclosures(said))).body
    assert (found.data.season, found.by) == ("null", '{"x":null}')


# -- types -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("recall", "record.type-reserved"),
        ("offer", "record.type-reserved"), ("Harvest", "record.type"), ("", "record.type"),
        (1, "record.type"), ([], "record.type"), ({}, "record.type"),
        (["harvest"], "record.type"), (True, "record.type"),
    ],
)  # fmt: skip
def test_a_type_that_there_is_not_is_refused(kind: object, code: str) -> None:
    assert code_of(forge.wire(forge.payload() | {"type": kind}, SHOWN)) == code


@pytest.mark.parametrize("body", [b"[]", b"1", b'"harvest"', b"true", b"{}", b"[[]]", b"null"])
def test_a_payload_that_is_no_record_is_refused(body: bytes) -> None:
    assert code_of(forge.wire(body)) in ("record.type", "record.schema")


def test_concealing_what_no_record_can_hold_is_a_refusal_too() -> None:
    deep: Any = "x"
    for _ in range(2000):
        deep = [deep]
    for value in (deep, 2**70, {1: 2}, object()):
        with pytest.raises(RecordError, match="record"):
            codec.conceal(claims(since=value), forge.salt)
        with pytest.raises(RecordError, match="record"):
            codec.conceal(claims(by=value), forge.salt)
    for kind in ("recall", "nothing", None, 3):
        with pytest.raises(RecordError, match=r"record\.type"):
            codec.conceal({"type": kind}, forge.salt)


# -- size and depth ----------------------------------------------------------------------------
def test_a_record_of_sixty_kilobytes_is_the_largest() -> None:
    refs = [{"type": "other", "sha256": "0" * 64}] * 20
    parameters = [{"name": "n" * 80, "value": "v" * 80, "unit": "u" * 80, "limit": "l" * 80}] * 40
    body = {
        **claims(by=None, makes=None, refs=refs),
        "type": "inspect",
        "about": [{"product": "0" * 14, "lot": "L"}] * 20,
        "data": {"kind": "rapid", "result": "pass", "parameters": parameters},
    }
    fits = forge.wire(body)
    assert 20_000 < len(fits) < codec.MAX_BYTES
    assert codec.parse(fits).body.type == "inspect"
    large = forge.wire(canonical(body | {"x": "y" * codec.MAX_BYTES}))
    assert code_of(large) == "record.too-large"
    assert code_of(b"~" * (2 * codec.MAX_BYTES + 1)) == "record.too-large"
    assert code_of(fits + SHOWN[0] * 2000 + b"~") == "record.too-large"


@pytest.mark.parametrize("depth", [100, 253, 254, 255, 256, 1000, 1023, 1024, 1025, 14_000])
@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_refused_and_no_more(depth: int, begin: str, end: str) -> None:
    if depth * len(begin + end) > 30_000:
        depth = 30_000 // len(begin + end)
    bomb = (begin * depth + "1" + end * depth).encode()
    assert code_of(forge.wire(bomb)).startswith("record.")
    assert code_of(forge.wire(b'{"data":' + bomb + b',"type":"harvest"}')).startswith("record.")
    hidden = disclosure("", "", raw=b'["' + b"A" * 22 + b'","by",' + bomb + b"]")
    assert code_of(forge.wire(PAYLOAD, [*SHOWN, hidden])).startswith("record.")


def test_thousands_of_disclosures_are_refused() -> None:
    many = [disclosure("by", str(n)) for n in range(1600)]
    assert code_of(forge.wire(PAYLOAD, [*SHOWN, *many])) == "record.disclosure"
    assert code_of(forge.wire(PAYLOAD, [*SHOWN, *many, many[0]])) == "record.disclosure"


def arrays(schema: Any) -> Iterator[dict[str, Any]]:
    """All schemas of arrays within a schema of pydantic's."""
    if isinstance(schema, dict):
        if schema.get("type") == "tuple":
            yield schema
        for each in schema.values():
            yield from arrays(each)
    elif isinstance(schema, list | tuple):
        for each in schema:
            yield from arrays(each)


def test_one_fault_in_an_array_is_enough() -> None:
    found = [each for model in MODELS.values() for each in arrays(model.__pydantic_core_schema__)]
    assert len(found) > 100
    assert all(each.get("fail_fast") for each in found)
    with pytest.raises(RecordError, match=r"record\.schema at /refs/0/type"):
        codec.parse(forge.wire(forge.payload() | {"refs": [{}] * 14_000}, SHOWN))


def test_an_object_hides_no_more_than_it_may() -> None:
    body = forge.payload(claims(by=None))
    body |= {"hidden": ["by"] * 40_0, "_sd": [digest(b"%d" % n) for n in range(400)]}
    assert code_of(forge.wire(body, SHOWN), complete=False) == "record.hidden"


# -- hiding ------------------------------------------------------------------------------------
def tampered(change: Callable[[dict[str, Any]], object], shown: list[bytes] | None = None) -> bytes:
    """The harvest, signed anew after a change of its payload."""
    body = forge.payload()
    change(body)
    return forge.wire(body, SHOWN if shown is None else shown)


HIDING: dict[str, tuple[Callable[[], bytes], str]] = {
    "names without digests": (lambda: tampered(lambda b: b.pop("_sd")), "record.hidden"),
    "digests without names": (lambda: tampered(lambda b: b.pop("hidden")), "record.hidden"),
    "fewer names": (lambda: tampered(lambda b: b["makes"][0]["hidden"].pop()), "record.hidden"),
    "fewer digests": (lambda: tampered(lambda b: b["makes"][0]["_sd"].pop()), "record.hidden"),
    "empty both": (lambda: tampered(lambda b: b.update(_sd=[], hidden=[])), "record.hidden"),
    "a text for the names": (lambda: tampered(lambda b: b.update(hidden="b")), "record.hidden"),
    "a text for the digests": (lambda: tampered(lambda b: b.update(_sd="a")), "record.hidden"),
    "an object for the names": (
        lambda: tampered(lambda b: b.update(hidden={"by": 1})),
        "record.hidden",
    ),
    "a name that is an array": (
        lambda: tampered(lambda b: b.update(hidden=[["by"]])),
        "record.hidden",
    ),
    "a digest that is an object": (lambda: tampered(lambda b: b.update(_sd=[{}])), "record.hidden"),
    "a name that is a number": (lambda: tampered(lambda b: b.update(hidden=[1])), "record.hidden"),
    "a digest that is a number": (
        lambda: tampered(lambda b: b.update(_sd=[1])),
        "record.hidden",
    ),
    "one name twice": (
        lambda: tampered(lambda b: b["makes"][0].update(hidden=["count"] * 2)),
        "record.hidden",
    ),
    "one digest twice": (
        lambda: tampered(lambda b: b["makes"][0].update(_sd=[b["makes"][0]["_sd"][0]] * 2)),
        "record.hidden",
    ),
    "one digest in two objects": (
        lambda: tampered(lambda b: b["makes"][1].update(_sd=b["makes"][0]["_sd"][1:])),
        "record.hidden",
    ),
    "names in another order": (
        lambda: tampered(lambda b: b["makes"][0]["hidden"].reverse()),
        "record.disclosure",
    ),
    "hidden and shown": (
        lambda: forge.wire(
            forge.payload()
            | {
                "makes": [
                    {
                        "lot": "A",
                        "product": "02000000000015",
                        "holder": HARVEST["iss"],
                        "hidden": ["holder"],
                        "_sd": [digest(disclosure("holder", HARVEST["iss"]))],
                    }
                ]
            },
            [SHOWN[3], disclosure("holder", HARVEST["iss"])],
        ),
        "record.hidden",
    ),
    "a field that may not be hidden": (
        lambda: tampered(
            lambda b: (
                b.pop("place"),
                b.update(_sd=[*b["_sd"], digest(disclosure("place", "l"))], hidden=["by", "place"]),
            ),
            [*SHOWN, disclosure("place", "l")],
        ),
        "record.hidden",
    ),
    "an unknown field": (lambda: tampered(lambda b: b.update(hidden=["xyz"])), "record.hidden"),
    "_sd as a hidden field": (
        lambda: tampered(lambda b: b.update(hidden=["_sd"])),
        "record.hidden",
    ),
    "hidden as a hidden field": (
        lambda: tampered(lambda b: b.update(hidden=["hidden"])),
        "record.hidden",
    ),
    "a person in the clear": (
        lambda: tampered(lambda b: b.update(by="Hạnh"), SHOWN),
        "record.in-the-clear",
    ),
    "a quantity in the clear": (
        lambda: tampered(lambda b: b["makes"][1].update(quantity="3 KGM")),
        "record.in-the-clear",
    ),
    "a hidden field of a place where none is": (
        lambda: tampered(lambda b: b["data"].update(_sd=b.pop("_sd"), hidden=b.pop("hidden"))),
        "record.hidden",
    ),
    "a disclosure too few": (lambda: forge.wire(PAYLOAD, SHOWN[:-1]), "record.undisclosed"),
    "a disclosure for no field": (
        lambda: forge.wire(PAYLOAD, [*SHOWN, disclosure("note", "x")]),
        "record.disclosure",
    ),
    "the same disclosure twice": (
        lambda: forge.wire(PAYLOAD, [*SHOWN, SHOWN[0]]),
        "record.disclosure",
    ),
    "two disclosures for one field": (
        lambda: forge.wire(PAYLOAD, [*SHOWN, disclosure("by", "Ai đó")]),
        "record.disclosure",
    ),
    "another disclosure in its place": (
        lambda: forge.wire(PAYLOAD, [disclosure("by", "Ai đó"), *SHOWN[1:]]),
        "record.undisclosed",
    ),
}


@pytest.mark.parametrize("what", HIDING)
def test_hidden_fields_that_do_not_fit_are_refused(what: str) -> None:
    make, code = HIDING[what]
    assert code_of(make()) == code


def field(name: Any, value: Any, **how: Any) -> bytes:
    """A record that hides its ``by`` under a disclosure of any make."""
    shown = disclosure(name, value, **how)
    body = forge.payload() | {"_sd": [digest(shown)], "hidden": ["by"]}
    return forge.wire(body, [*SHOWN[1:], shown])


S = b64.encode(forge.SALT)
DISCLOSURES: dict[str, tuple[Callable[[], bytes], str]] = {
    "another name": (lambda: field("note", "x"), "record.disclosure"),
    "null": (lambda: field("by", None), "record.schema"),
    "a number": (lambda: field("by", 3), "record.schema"),
    "a list": (lambda: field("by", ["x"]), "record.schema"),
    "an object": (lambda: field("by", {}), "record.schema"),
    "an empty text": (lambda: field("by", ""), "record.schema"),
    "two of three": (lambda: field(0, 0, raw=f'["{S}","by"]'.encode()), "record.disclosure"),
    "four of three": (
        lambda: field(0, 0, raw=f'["{S}","by","x","y"]'.encode()),
        "record.disclosure",
    ),
    "an object for the array": (
        lambda: field(0, 0, raw=b'{"0":1,"1":2,"2":3}'),
        "record.disclosure",
    ),
    "a text for the array": (lambda: field(0, 0, raw=b'"abc"'), "record.disclosure"),
    "white space": (lambda: field(0, 0, raw=f'["{S}", "by","x"]'.encode()), "record.disclosure"),
    "an escape": (lambda: field(0, 0, raw=f'["{S}","\\u0062y","x"]'.encode()), "record.disclosure"),
    "no JSON": (lambda: field(0, 0, raw=b"["), "record.malformed"),
    "a short salt": (lambda: field("by", "x", salt="A" * 21), "record.disclosure"),
    "a long salt": (lambda: field("by", "x", salt="A" * 23), "record.disclosure"),
    "a salt with unused bits": (lambda: field("by", "x", salt="A" * 21 + "B"), "record.disclosure"),
    "a salt of other letters": (
        lambda: field("by", "x", salt="A" * 20 + "=="),
        "record.disclosure",
    ),
    "a salt and a newline": (lambda: field("by", "x", salt="A" * 21 + "\n"), "record.disclosure"),
    "a salt that is a number": (lambda: field("by", "x", salt=1), "record.disclosure"),
    "a name that is a number": (lambda: field(1, "x"), "record.disclosure"),
    "a name that is an array": (lambda: field(["by"], "x"), "record.disclosure"),
    "hiding again": (lambda: field("by", {"_sd": [], "hidden": []}), "record.disclosure"),
    "hiding again deep within": (lambda: field("by", [{"a": {"_sd": []}}]), "record.disclosure"),
}


@pytest.mark.parametrize("what", DISCLOSURES)
def test_a_disclosure_that_is_none_is_refused(what: str) -> None:
    make, code = DISCLOSURES[what]
    assert code_of(make()) == code
    assert code_of(make(), complete=False) == code


@pytest.mark.parametrize("change", [b"=", b"\n", b" ", b"+"])
def test_a_disclosure_in_another_spelling_is_refused(change: bytes) -> None:
    for other in (SHOWN[0] + change, change + SHOWN[0]):
        body = forge.payload()
        body["makes"][0]["_sd"][0] = digest(other)
        assert code_of(forge.wire(body, [other, *SHOWN[1:]])) in (
            "record.disclosure",
            "record.malformed",
        )


def test_a_polygon_hides_nothing_within() -> None:
    corners = [{"lon": "105.6000", "lat": "9.7000"}] * 4
    whole = {
        **claims(by=None, place=None, makes=None),
        "type": "place",
        "data": {"place": HARVEST["place"], "kind": "plot", "polygon": corners},
    }
    body, shown = forge.payload(whole), forge.disclosures(whole)
    found: Any = codec.parse(forge.wire(body, shown)).body
    assert len(found.data.polygon) == 4
    again = disclosure("polygon", [corners[0] | {"_sd": ["A" * 43], "hidden": ["lon"]}] * 4)
    body["data"]["_sd"] = [digest(again)]
    assert code_of(forge.wire(body, [again])) == "record.disclosure"


def test_what_has_a_code_of_its_own_comes_by_that_code() -> None:
    for where, value, code in (
        ("at", "yesterday", "time.malformed"),
        ("at", "2026-02-30T06:00:00", "time.malformed"),
        ("iss", "nobody", "record.schema"),
    ):
        assert code_of(forge.wire(forge.payload() | {where: value}, SHOWN)) == code


def test_a_wrong_field_is_told_by_a_reason_in_the_readers_language() -> None:
    wrong = {
        "iss": ("nobody", "form", "p-0123456789abcdef"),
        "v": (2, "too-large", "1"),
        "nonce": (7, "text", ""),
        "colour": ("red", "unknown", ""),
    }
    for field_, (value, reason, named) in wrong.items():
        with pytest.raises(RecordError) as caught:
            codec.parse(forge.wire(forge.payload() | {field_: value}, SHOWN))
        error = caught.value
        assert (error.code, error.pointer) == ("record.schema", f"/{field_}")
        assert error.params["reason"] == reason
        for language in ("vi", "en"):
            sentence = sentence_of(language, error.code, error.params)
            assert named in sentence
            assert "String should" not in sentence
            assert "{" not in sentence
            assert text(language, f"field.{reason}", **error.params) in sentence


def test_errors_tell_no_hidden_value() -> None:
    secret = "Hạnh\x07"
    with pytest.raises(RecordError) as caught:
        codec.parse(field("by", secret))
    assert (caught.value.code, caught.value.pointer) == ("record.schema", "/by")
    assert "Hạnh" not in str(caught.value)
    assert "Hạnh" not in repr(caught.value.params)


def test_a_member_of_any_length_does_not_flood_the_error() -> None:
    with pytest.raises(RecordError) as caught:
        codec.parse(forge.wire(forge.payload() | {"/x~" * 5000: "1"}, SHOWN))
    assert caught.value.pointer.startswith("/~1x~0~1x~0")
    assert len(caught.value.pointer) < 100


# -- signatures --------------------------------------------------------------------------------
def test_a_signature_by_another_key_does_not_hold() -> None:
    other = PrivateKey.from_seed(bytes(32))
    with pytest.raises(RecordError, match=r"record\.signature"):
        codec.verify(codec.parse(WIRE), {KID: other.public})
    with pytest.raises(RecordError, match=r"record\.unknown-key"):
        codec.verify(codec.parse(WIRE), {other.public.kid: other.public})


def test_keys_of_a_batch_are_found_and_a_weak_one_does_not_harm_the_others() -> None:
    other = PrivateKey.from_seed(bytes(32)).public

    def key_record(x: str) -> codec.SignedRecord:
        data = {
            "party": HARVEST["iss"],
            "jwk": {"crv": "Ed25519", "kty": "OKP", "x": x},
            "pop": "A" * 86,
            "custody": "device",
        }
        whole = claims(by=None, place=None, makes=None, type="key", data=data)
        return codec.parse(forge.wire(whole))

    weak = b64.encode(bytes([1]) + bytes(31))  # the neutral element, which "signs" everything
    batch = [key_record(weak), codec.parse(WIRE), key_record(b64.encode(other.raw))]
    assert codec.keys_in(batch) == {other.kid: other}


def test_every_refusal_is_of_the_one_family() -> None:
    assert issubclass(RecordError, GocError)
