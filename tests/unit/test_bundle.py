"""The file of a bundle: what is written is read back, and nothing else is."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from tests.bundles import POLICY
from tests.market import market
from traceability.core import bundle as module
from traceability.core.bundle import Bundle
from traceability.core.errors import FormatError
from traceability.core.verify import verify

BUNDLE = replace(market().bundle(), consistency=market().exporter.consistency(20))
FILE = BUNDLE.to_json()
DOCUMENT: dict[str, Any] = orjson.loads(FILE)


def code_of(data: bytes | dict[str, Any]) -> str:
    with pytest.raises(FormatError) as caught:
        Bundle.from_json(data if isinstance(data, bytes) else orjson.dumps(data))
    str(caught.value)
    return caught.value.code


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(FILE)
    change(document)
    return document


def test_a_bundle_comes_back_as_it_was() -> None:
    assert Bundle.from_json(FILE) == BUNDLE
    small = replace(BUNDLE, consistency=None, public=None, cut=True)
    small = replace(small, target=replace(BUNDLE.target, holding=None))
    assert Bundle.from_json(small.to_json()) == small
    assert b'"cut": true' in small.to_json()
    assert b'"cut"' not in FILE


def test_the_file_is_as_design_section_3_says() -> None:
    assert list(DOCUMENT) == [
        "format", "target", "records", "checkpoint", "consistency", "public",
    ]  # fmt: skip
    assert DOCUMENT["format"] == "goc-bundle/1"
    assert list(DOCUMENT["records"][0]) == ["jws", "disclosures", "index", "time", "proof"]
    assert DOCUMENT["consistency"]["from"] == 20
    assert FILE.endswith(b"}\n")


@pytest.mark.parametrize(
    "spelled",
    [
        orjson.dumps(DOCUMENT),
        orjson.dumps(DOCUMENT, option=orjson.OPT_SORT_KEYS),
        json.dumps(DOCUMENT).encode(),
        json.dumps(DOCUMENT, indent=4, ensure_ascii=True).encode(),
        b"\r\n\t " + json.dumps(DOCUMENT, indent=2).encode() + b"\n\n",
    ],
)
def test_the_spelling_of_the_json_does_not_matter(spelled: bytes) -> None:
    assert Bundle.from_json(spelled) == BUNDLE
    assert verify(Bundle.from_json(spelled), market().world.signer.key, POLICY).holds


# -- what is no bundle -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"1", b'"goc-bundle/1"', b"\xff", b"\xef\xbb\xbf" + FILE, FILE[:-2],
     FILE + b"{}", FILE.replace(b'"index": 0', b'"index": NaN', 1),
     FILE.replace(b"goc-bundle/1", b"\\ud800")],
)  # fmt: skip
def test_what_is_no_json_or_no_object_is_no_bundle(data: bytes) -> None:
    assert code_of(data) == "bundle.malformed"


def again(name: bytes, value: bytes) -> bytes:
    """The file with a member that stands twice."""
    at = FILE.index(name)
    return FILE[:at] + name + b": " + value + b", " + FILE[at:]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b'"format"', b'"goc-bundle/1"'), (b'"records"', b"[]"), (b'"checkpoint"', b'""'),
        (b'"gtin"', b'"00000000000000"'), (b'"index"', b"7"), (b'"index"', b"0"),
        (b'"time"', b"1"), (b'"jws"', b'""'), (b'"from"', b"3"), (b'"leaves"', b'""'),
    ],
)  # fmt: skip
def test_a_name_that_stands_twice_is_refused(name: bytes, value: bytes) -> None:
    twice = again(name, value)
    assert orjson.loads(twice).keys() == DOCUMENT.keys()  # a reader might take either
    assert code_of(twice) == "bundle.malformed"
    escaped = twice.replace(name, b'"\\u%04x' % name[1] + name[2:], 1)
    assert code_of(escaped) == "bundle.malformed"


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "another format": lambda d: d.update(format="goc-bundle/2"),
    "no format": lambda d: d.pop("format"),
    "no target": lambda d: d.pop("target"),
    "no checkpoint": lambda d: d.pop("checkpoint"),
    "no records": lambda d: d.update(records=[]),
    "records as an object": lambda d: d.update(records={}),
    "an unknown member": lambda d: d.update(log_key="…"),
    "an unknown member of a record": lambda d: d["records"][0].update(x=1),
    "an unknown member of the target": lambda d: d["target"].update(x=1),
    "an unknown member of the proof": lambda d: d["consistency"].update(x=1),
    "an unknown member of the public section": lambda d: d["public"].update(x=1),
    "an index that is a text": lambda d: d["records"][0].update(index="0"),
    "an index that is true": lambda d: d["records"][0].update(index=True),
    "a fraction of an index": lambda d: d["records"][0].update(index=0.0),
    "a negative index": lambda d: d["records"][0].update(index=-1),
    "an index of 2⁵³": lambda d: d["records"][0].update(index=2**53),
    "an index of 2⁶⁴": lambda d: d["records"][0].update(index=2**64 - 1),
    "a negative time": lambda d: d["records"][0].update(time=-1),
    "no time": lambda d: d["records"][0].pop("time"),
    "a null": lambda d: d["records"][0].update(proof=None),
    "a proof of sixty-five hashes": lambda d: d["records"][0].update(proof=["A" * 43 + "="] * 65),
    "a hash of 31 bytes": lambda d: d["records"][0].update(proof=["A" * 42 + "=="]),
    "a hash without padding": lambda d: d["records"][0].update(proof=["A" * 43]),
    "a hash with unused bits": lambda d: d["records"][0].update(proof=["A" * 42 + "B="]),
    "a hash in another alphabet": lambda d: d["records"][0].update(proof=["_" * 43 + "="]),
    "a disclosure within the jws": lambda d: d["records"][2].update(
        jws="~".join([d["records"][2]["jws"], *d["records"][2]["disclosures"]]), disclosures=[]
    ),
    "two disclosures in one": lambda d: d["records"][5].update(disclosures=["YQ~YQ"]),
    "a disclosure with a newline": lambda d: d["records"][5].update(disclosures=["YQ\n"]),
    "a jws with a newline": lambda d: d["records"][0].update(jws=d["records"][0]["jws"] + "\n"),
    "a jws of a megabyte": lambda d: d["records"][0].update(jws="A" * 2**20),
    "a checkpoint of a megabyte": lambda d: d.update(checkpoint="A" * 2**20),
    "a GTIN of 13 digits": lambda d: d["target"].update(gtin="8936000000001"),
    "a lot with a space": lambda d: d["target"].update(lot="L 1"),
    "a holding that is none": lambda d: d["target"].update(holding="A" * 43),
    "a holding of too high a number": lambda d: d["target"].update(holding="A" * 43 + ".1000"),
    "cut is one": lambda d: d.update(cut=1),
    "leaves of odd length": lambda d: d["public"].update(leaves="AAAA"),
    "leaves that are no base64": lambda d: d["public"].update(leaves="!"),
    "from below zero": lambda d: d["consistency"].update({"from": -1}),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_is_not_of_the_form_is_refused(what: str) -> None:
    assert code_of(changed(WRONG[what])) == "bundle.malformed"


@pytest.mark.parametrize("depth", [250, 260, 1000, 1030, 100_000])
@pytest.mark.parametrize("where", ["records", "target", "x"])
def test_deep_nesting_is_refused_and_no_more(depth: int, where: str) -> None:
    bomb = b"[" * depth + b"]" * depth
    assert code_of(b'{"format":"goc-bundle/1","%b":%b}' % (where.encode(), bomb)) == (
        "bundle.malformed"
    )
    spaced = b'{ "format":"goc-bundle/1","%b":%b}' % (where.encode(), bomb)
    assert code_of(spaced) == "bundle.malformed"


@pytest.mark.parametrize("one", [b"{}", b"[]", b"0", b'""'])
def test_a_million_records_that_are_none_are_refused_at_the_first(one: bytes) -> None:
    data = b'{"format":"goc-bundle/1","checkpoint":"","target":{"gtin":"00000000000000","lot":"L"},'
    assert code_of(data + b'"records":[' + b",".join([one] * 1_000_000) + b"]}") == (
        "bundle.malformed"
    )


def test_a_small_file_cannot_ask_for_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_VALUES", 10_000)
    assert code_of(b'{"records":[' + b"[]," * 10_001 + b"[]]}") == "bundle.too-large"
    monkeypatch.setattr(module, "MAX_BYTES", len(FILE) - 1)
    assert code_of(FILE) == "bundle.too-large"


def test_a_name_of_any_length_does_not_flood_the_error() -> None:
    with pytest.raises(FormatError) as caught:
        Bundle.from_json(orjson.dumps(DOCUMENT | {"x" * 100_000: 1}))
    assert len(caught.value.pointer) < 100
