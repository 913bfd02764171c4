"""The OpenAPI description is valid, complete, and true: answers are as it says."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api import schemas
from api.forms import URLENCODED
from tests.api.stand import Stand
from traceability.clock import random_bytes
from traceability.core import codec
from traceability.core.keys import PrivateKey
from traceability.core.registry_records import MODELS
from traceability.ledger.commands import sign_command

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def text_as_it_is(_: Any, value: Any) -> bytes:
    """Made-up records go out as the text that they are."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


schemathesis.serializer(
    "application/sd-jwt",
    "application/goc+sd-jwt",
    "application/jose",
    "application/vnd.goc.records",
)(text_as_it_is)


@pytest.fixture(scope="module")
def description(stand: Stand) -> dict[str, Any]:
    """The description as it is served."""
    found: dict[str, Any] = stand.get("/openapi.json").json()
    return found


def operations(description: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The operations by their ids."""
    return {
        operation["operationId"]: operation
        for methods in description["paths"].values()
        for operation in methods.values()
    }


def test_the_description_is_valid(description: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(description).iter_errors()) == []


def test_every_operation_can_be_called_by_its_name_and_says_what_it_is_for(
    description: dict[str, Any],
) -> None:
    count = sum(len(methods) for methods in description["paths"].values())
    assert len(operations(description)) == count
    known = {tag["name"] for tag in description["tags"]}
    for name, operation in operations(description).items():
        assert name.isidentifier()
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) <= known
        assert "default" in operation["responses"]
        assert "security" in operation


def test_names_of_operations_stay_as_they_are(description: dict[str, Any]) -> None:
    """Clients are generated from them."""
    assert set(operations(description)) == {
        "answerComplaint", "appendRecord", "appendRecords", "cancelPrintJob",
        "createPrintJob", "createToken", "describe", "eraseContact", "getBundle",
        "getCertificate", "getCheckpoint", "getComplaintForm", "getConsistency",
        "getDescription", "getDocs", "getHome", "getLabel", "getLive", "getLog", "getLot",
        "getMap", "getMetrics", "getParty", "getPhoneVerifier", "getPicture", "getPlace",
        "getPlaceForm", "getPolicy", "getPrintFile", "getPrintJob", "getProblem",
        "getProduct", "getPublishedCheckpoint", "getReady", "getReceipt", "getReceiptForm",
        "getRecord", "getResolver", "getRobots", "getSymbol", "getTile", "getUnit",
        "getUnitLabel", "listComplaints", "listHoldings", "listLabels", "listLots",
        "listPrintJobs", "listProblems", "listScans", "listTokens", "listUnits",
        "lookUpComplaint", "printLabels", "registerParty", "resolve", "resolveUnit",
        "resumePrintJob", "revokeToken", "sendComplaint", "tellPlace", "traceLot",
    } - {"describe"}  # fmt: skip


def test_a_command_can_be_made_from_the_description(description: dict[str, Any]) -> None:
    known = description["components"]["schemas"]
    body = operations(description)["appendRecord"]["requestBody"]["content"]
    record = body["application/json"]["schema"]["properties"]["record"]
    assert set(record["discriminator"]["mapping"]) == set(MODELS)
    harvest = known["CommandHarvest"]
    assert set(harvest["required"]) == {"type", "place", "makes", "data"}
    assert not {"nonce", "iat", "iss", "_sd", "hidden"} & set(harvest["properties"])


def test_the_name_of_the_api_can_be_that_of_a_generated_client(
    description: dict[str, Any],
) -> None:
    assert description["info"]["title"].isascii()


@pytest.mark.parametrize("kind", ["harvest", "ship", "receive", "transform", "consume"])
def test_an_example_of_each_record_that_moves_goods_is_one(
    description: dict[str, Any], stand: Stand, kind: str
) -> None:
    body = operations(description)["appendRecord"]["requestBody"]["content"]["application/json"]
    record = dict(body["examples"][kind]["value"]["record"])
    assert record["type"] == kind
    record["draws"] = [
        {"from": each, "quantity": "400 KGM"} if isinstance(each, str) else each
        for each in record.get("draws", [])
    ]
    if not record["draws"]:
        del record["draws"]
    signed = sign_command(
        record, log=stand.ledger.log, party=stand.farm.id, key=PrivateKey.from_seed(b"k" * 32),
        now=stand.world.now, random=random_bytes,
    )  # fmt: skip
    assert codec.parse(signed).body.type == kind


def test_what_is_no_json_is_described_as_text_or_bytes(description: dict[str, Any]) -> None:
    for name, operation in operations(description).items():
        sent = operation.get("requestBody", {}).get("content", {})
        got = {
            kind: each
            for answer in operation["responses"].values()
            for kind, each in answer.get("content", {}).items()
        }
        for kind, each in (*sent.items(), *got.items()):
            if not kind.endswith("json") and kind != URLENCODED:
                assert each["schema"]["type"] == "string", name
                is_bytes = kind in sent or kind.startswith("image/")
                assert (each["schema"].get("format") == "binary") is is_bytes, (name, kind)


def test_no_schema_is_missing_and_none_is_idle(description: dict[str, Any]) -> None:
    text = str(description)
    known = description["components"]["schemas"]
    idle = [name for name in known if f"#/components/schemas/{name}'" not in text]
    taken_by_hand = {"Command"}
    assert set(idle) <= taken_by_hand
    assert {name for name, each in vars(schemas).items()
            if isinstance(each, type) and each.__module__ == schemas.__name__} - {"Answer"} <= set(
                known
            )  # fmt: skip


QUICK = settings(
    max_examples=10,
    database=None,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def asking(base: str, headers: dict[str, str]) -> Callable[[Any], None]:
    """Asks one made-up case, and compares the answer with the description."""

    def ask(case: Any) -> None:
        case.call_and_validate(base_url=base, headers=headers, checks=CHECKS)

    return ask


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_asked_is_answered_as_described(stand: Stand, mode: GenerationMode) -> None:
    """Requests made up from the description, right and wrong."""
    base = str(stand.client.base_url).rstrip("/")
    reader = stand.ledger.tokens.create("made up", ["read", "audit"]).text
    asked = 0
    for found in schemathesis.openapi.from_url(f"{base}/openapi.json").get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        writes = operation.method == "post"
        headers = stand.as_("owner") if writes else {"authorization": f"Bearer {reader}"}
        cases = operation.as_strategy(generation_mode=mode)
        try:
            QUICK(given(case=cases)(asking(base, headers)))()
        except Unsatisfiable:  # nothing can be asked wrongly
            continue
        asked += 1
    assert asked > 10
