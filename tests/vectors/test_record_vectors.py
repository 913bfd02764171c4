"""Our own vectors of records and bundles: made again as they stand, and read back by hand."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

import orjson
import pytest
import rfc8785
from nacl.signing import VerifyKey

from tests.vectors.records import FILE, vectors
from traceability.core import codec
from traceability.core.bundle import Bundle
from traceability.core.facts import Accepted
from traceability.core.registry_records import MODELS
from traceability.core.rules import apply
from traceability.core.state import State
from traceability.core.verify import verify
from traceability.core.vkey import VerifierKey


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_bytes())
    return found


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def test_the_vectors_are_made_again_byte_for_byte() -> None:
    assert FILE.read_bytes() == vectors()


def test_there_is_a_record_of_each_type(told: dict[str, Any]) -> None:
    assert {record["claims"]["type"] for record in told["records"]} == set(MODELS)


def test_the_records_are_what_the_standards_say(told: dict[str, Any]) -> None:
    """RFC 7515, RFC 8785, RFC 8032, RFC 9901 and RFC 6962, without a line of ours."""
    keys: dict[str, bytes] = {}
    for record in told["records"]:
        if record["claims"]["type"] == "key":
            x = record["claims"]["data"]["jwk"]["x"]
            name = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'
            keys[encode(sha256(name.encode()).digest())] = decode(x)
    for record in told["records"]:
        header, payload, signature = record["jws"].split(".")
        assert json.loads(decode(header)) == {
            "alg": "Ed25519",
            "kid": record["kid"],
            "typ": "goc+sd-jwt",
        }
        assert decode(payload) == record["payload"].encode()
        assert rfc8785.dumps(json.loads(record["payload"])) == record["payload"].encode()
        VerifyKey(keys[record["kid"]]).verify(f"{header}.{payload}".encode(), decode(signature))
        assert record["digest"] == encode(sha256(record["jws"].encode()).digest())
        leaf = record["leaf"]
        entry = decode(record["digest"]) + leaf["time"].to_bytes(8, "big") + bytes([leaf["class"]])
        assert leaf["entry"] == entry.hex()
        assert record["leaf_hash"] == sha256(b"\0" + entry).hexdigest()
        shown = {encode(sha256(d["text"].encode()).digest()): d for d in record["disclosures"]}
        assert revealed(json.loads(record["payload"]), shown) == record["claims"]
        for each in record["disclosures"]:
            assert decode(each["text"]) == rfc8785.dumps(each["array"])


def revealed(value: Any, shown: dict[str, Any]) -> Any:
    """The claims with every hidden field in its place."""
    if isinstance(value, list):
        return [revealed(each, shown) for each in value]
    if not isinstance(value, dict):
        return value
    names, digests = value.pop("hidden", []), value.pop("_sd", [])
    open_ = {name: revealed(each, shown) for name, each in value.items()}
    for name, digest in zip(names, digests, strict=True):
        _, signed, open_[name] = shown[digest]["array"]
        assert signed == name
    return open_


def test_our_codec_reads_the_records(told: dict[str, Any]) -> None:
    for record in told["records"]:
        texts = [each["text"].encode() for each in record["disclosures"]]
        parsed = codec.parse(codec.to_wire(record["jws"].encode(), texts))
        assert (parsed.name, parsed.kid) == (record["digest"], record["kid"])
        assert parsed.leaf_class == record["leaf"]["class"]


def test_the_rulebook_accepts_the_whole_log(told: dict[str, Any]) -> None:
    state = State(told["log_key"].split("+")[0])
    for record in told["records"]:
        texts = [each["text"].encode() for each in record["disclosures"]]
        parsed = codec.parse(codec.to_wire(record["jws"].encode(), texts))
        at = Accepted(record["index"], record["leaf"]["time"])
        state.absorb(apply(parsed, at, state))
    assert state.size == len(told["records"])


def test_the_verdicts_on_the_bundle_are_those_of_the_vectors(told: dict[str, Any]) -> None:
    bundle = Bundle.from_json(orjson.dumps(told["bundle"]))
    assert orjson.loads(bundle.to_json()) == told["bundle"]
    report = verify(bundle, VerifierKey.parse(told["log_key"]))
    assert report.holds
    found = {n: {"outcome": v.outcome, "code": v.code} for n, v in report.verdicts.items()}
    assert found == told["verdicts"]
    indices = [record["index"] for record in told["bundle"]["records"]]
    types = {told["records"][index]["claims"]["type"] for index in indices}
    assert {"harvest", "correct", "inspect", "key-revoke"} <= types
    assert not types & {"acquire", "consume", "dispute"}  # nobody's business here
