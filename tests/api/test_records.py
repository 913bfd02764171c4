"""Records over HTTP: what is taken, what the receipt proves, what a second sending does."""

import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.served import LINES, RECORD, app_of, bearer, serving
from tests.api.stand import Stand
from tests.kit import DAY, Signed, World
from tests.ledgers import open_ledger
from traceability.core import codec
from traceability.core.checkpoint import open_checkpoint
from traceability.core.leaf import Leaf
from traceability.core.lines import unbase64
from traceability.core.merkle import leaf_hash, verify_consistency, verify_inclusion
from traceability.core.proof import ProofFile, verify_proof

DIARY = {"type": "diary", "data": {"activity": "irrigation"}}


def proven(stand: Stand, record: Signed, receipt: dict[str, Any], checkpoint: str) -> None:
    """The receipt's JSON alone proves that the log has the record."""
    leaf = Leaf(record.record.digest, receipt["time"], receipt["class"])
    opened = open_checkpoint(checkpoint.encode(), stand.world.signer.key, ()).checkpoint
    hashes = [unbase64(each) or b"" for each in receipt["proof"]]
    hashed = leaf_hash(leaf.to_bytes())
    verify_inclusion(receipt["index"], opened.size, hashed, hashes, opened.root)


def test_a_receipt_proves_that_the_log_has_the_record(stand: Stand) -> None:
    record = stand.diary()
    answer = stand.append(record)
    receipt = answer.json()
    assert answer.status_code == 201
    assert receipt["record"] == record.name
    assert answer.headers["location"] == f"/api/v1/records/{record.name}"
    proven(stand, record, receipt, receipt["checkpoint"])


@pytest.mark.parametrize("kind", ["application/goc+sd-jwt", "application/jose", RECORD])
def test_a_record_is_taken_under_each_of_its_media_types(stand: Stand, kind: str) -> None:
    answer = stand.append(stand.diary(), **{"content-type": f"{kind}; charset=utf-8"})
    assert answer.status_code == 201


def test_a_receipt_can_be_had_as_a_proof_file_at_once_and_later(stand: Stand) -> None:
    record = stand.diary()
    now = stand.append(record, accept="text/plain")
    stand.append(stand.diary())
    later = stand.get(f"/api/v1/records/{record.name}/receipt", accept="text/plain")
    for answer in (now, later):
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        proof = ProofFile.parse(answer.content)
        verify_proof(proof, record.record.digest + proof.extra, stand.world.signer.key)


def test_the_same_record_sent_again_is_answered_with_its_receipt(stand: Stand) -> None:
    record = stand.diary()
    first, again = stand.append(record), stand.append(record)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
    assert first.json()["index"] == again.json()["index"]
    proven(stand, record, again.json(), again.json()["checkpoint"])


def test_a_batch_is_answered_line_by_line_with_one_checkpoint(stand: Stand) -> None:
    old = stand.diary()
    stand.append(old)
    world = stand.world
    fresh = world.harvest(stand.farm, stand.plot, [(stand.product, world.lot(), "9 KGM")])
    sent = world.ship(stand.farm, [(fresh[0], "9 KGM")], to=stand.shop)
    again = world.ship(stand.farm, [(fresh[0], "1 KGM")], to=stand.shop)
    records = [fresh, sent, again, old, fresh]
    answer = stand.append_all(records)
    batch = answer.json()
    assert answer.status_code == 200
    assert [each["status"] for each in batch["results"]] == [201, 201, 409, 200, 200]
    assert (
        len(batch["checkpoints"]) == 2
    )  # that of the batch, and the one before for the old record
    for record, result in zip(records, batch["results"], strict=True):
        if "receipt" in result:
            receipt = result["receipt"]
            proven(stand, record, receipt, batch["checkpoints"][receipt["checkpoint"]])
        else:
            assert result["problem"]["code"] == "draw.over"


def test_many_at_once_are_each_answered_with_their_own_receipt(stand: Stand) -> None:
    records = [stand.diary() for _ in range(60)]
    answers: dict[str, httpx.Response] = {}

    def send(mine: list[Signed]) -> None:
        with httpx.Client(base_url=stand.client.base_url) as client:
            for each in mine:
                headers = {"content-type": RECORD, **stand.as_("owner")}
                answers[each.name] = client.post(
                    "/api/v1/records", content=each.wire, headers=headers
                )

    threads = [threading.Thread(target=send, args=[records[n::6]]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    receipts = {name: answer.json() for name, answer in answers.items()}
    assert {answer.status_code for answer in answers.values()} == {201}
    assert len({receipt["index"] for receipt in receipts.values()}) == 60
    for record in records:
        receipt = receipts[record.name]
        assert receipt["record"] == record.name
        proven(stand, record, receipt, receipt["checkpoint"])


# -- commands ----------------------------------------------------------------------------------
def test_a_command_becomes_a_record_that_the_party_signed(stand: Stand) -> None:
    answer = stand.command({**DIARY, "place": stand.plot})
    assert answer.status_code == 201
    read = stand.get(answer.headers["location"], "owner").json()
    assert (read["type"], read["claims"]["iss"]) == ("diary", stand.farm.id)
    record = codec.parse(read["wire"].encode())
    codec.verify(record, {stand.farm.kid: stand.farm.key.public})


def test_the_operator_signs_for_itself_alone(stand: Stand) -> None:
    operator = stand.world.operator.id
    statement = {
        "type": "party",
        "data": {
            "party": operator, "roles": ["operator"], "kind": "organisation", "name": "Sàn mới",
        },
    }  # fmt: skip
    assert stand.command(statement, "admin", party=operator).status_code == 201
    assert stand.command(DIARY, "admin", party=stand.farm.id).status_code == 403
    assert stand.command(DIARY, "owner", party=operator).status_code == 403
    assert stand.command(DIARY, "admin").status_code == 422  # who signs?


def test_a_draw_may_name_a_holding_alone_and_a_scanner_may_write_what_scanners_do(
    stand: Stand,
) -> None:
    world = stand.world
    fresh = world.harvest(stand.farm, stand.plot, [(stand.product, world.lot(), "7.5 KGM")])
    stand.append(fresh)
    used = {"type": "consume", "draws": [fresh[0].name], "data": {"kind": "given"}}
    assert stand.command(used, "scanner").status_code == 201
    again = stand.command(used, "scanner")
    assert again.status_code == 422  # nothing is left, and nothing cannot be drawn


def test_a_command_sent_again_under_its_key_is_recorded_once(stand: Stand) -> None:
    command, before = {**DIARY, "place": stand.plot}, stand.size
    first = stand.command(command, key="k-1")
    again = stand.command(command, key="k-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"repeated": True}
    assert again.headers["location"] == first.headers["location"]
    assert stand.size == before + 1
    without = [stand.command(command).json()["record"] for _ in range(2)]
    assert len(set(without)) == 2


def test_a_key_belongs_to_one_request_and_one_token(stand: Stand) -> None:
    command = {**DIARY, "place": stand.plot}
    stand.command(command, key="k-2")
    other = stand.command({**command, "data": {"activity": "weeding"}}, key="k-2")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency.reused")
    clerk = stand.command(command, "clerk", key="k-2")
    assert clerk.status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "a b"])
def test_a_key_that_is_none_is_refused(stand: Stand, key: str) -> None:
    answer = stand.command(DIARY, key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "request.idempotency-key")


def test_a_command_that_was_refused_may_be_sent_anew_under_its_key(stand: Stand) -> None:
    world = stand.world
    used = {"type": "consume", "draws": [{"from": "A" * 43 + ".0", "quantity": "1 KGM"}],
            "data": {"kind": "given"}}  # fmt: skip
    assert stand.command(used, key="k-3").status_code == 422
    fresh = world.harvest(stand.farm, stand.plot, [(stand.product, world.lot(), "3 KGM")])
    stand.append(fresh)
    used["draws"] = [{"from": fresh[0].name, "quantity": "1 KGM"}]
    assert stand.command(used, key="k-3").status_code == 201


def test_a_command_whose_answer_was_lost_is_not_recorded_twice(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server dies between the append and its answer."""
    command, before = {**DIARY, "place": own_stand.plot}, own_stand.size

    def crash(*_: object) -> None:
        raise RuntimeError("the machine went away")

    with monkeypatch.context() as patch:
        patch.setattr(own_stand.ledger.idempotency, "remember", crash)
        assert own_stand.command(command, key="k").status_code == 500
    assert own_stand.size == before + 1
    again = own_stand.command(command, key="k")
    assert (again.status_code, again.json()["repeated"]) == (200, True)
    assert own_stand.size == before + 1


def test_what_keys_remember_is_dropped_once_it_is_old(tmp_path: Path) -> None:
    world = World()
    with open_ledger(tmp_path, world) as ledger:
        ledger.idempotency.begin("token", "old", b"request", b"wire")
        world.later(3 * DAY)
        ledger.idempotency.begin("token", "new", b"request", b"wire")
        with serving(app_of(ledger, tmp_path)):
            deadline = time.monotonic() + 10
            while ledger.idempotency.recall("token", "old", b"request") is not None:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        assert ledger.idempotency.recall("token", "new", b"request") is not None


# -- parties -------------------------------------------------------------------------------------
def test_a_party_that_was_registered_can_have_things_recorded_at_once(stand: Stand) -> None:
    body = {"data": {"roles": ["farm"], "kind": "household", "person": "Trần Thị Bảy"}}
    made = stand.client.post("/api/v1/parties", json=body, headers=stand.as_("admin"))
    assert made.status_code == 201
    party = made.json()["id"]
    assert [each["class"] for each in made.json()["receipts"]] == [1, 1]
    token = stand.ledger.tokens.create("x", ["read", "write"], party, "owner").text
    place = {"type": "place", "data": {"place": "l-0123456789abcdef", "kind": "plot"}}
    answer = stand.client.post("/api/v1/records", json={"record": place}, headers=bearer(token))
    assert answer.status_code == 201, answer.text
    shown = stand.get(made.headers["location"])
    assert "Trần Thị Bảy" not in shown.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"data": {"roles": ["king"], "kind": "person"}}, 422, "record.schema"),
        ({"data": {"roles": ["farm"], "kind": "household"}, "key": {"jwk": {}, "pop": ""}}, 422,
         "record.schema"),
        ({"data": {"roles": ["operator"], "kind": "organisation", "name": "x"}}, 422,
         "party.one-operator"),
        ({"data": []}, 422, "request.field"),
    ],
)  # fmt: skip
def test_a_party_that_cannot_be_is_not_registered(
    stand: Stand, body: dict[str, Any], status: int, code: str
) -> None:
    before = stand.size
    answer = stand.client.post("/api/v1/parties", json=body, headers=stand.as_("admin"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert stand.size == before


# -- reading -------------------------------------------------------------------------------------
def test_hidden_values_are_shown_to_whom_they_are_meant_for(stand: Stand) -> None:
    path = f"/api/v1/records/{stand.harvest.name}"
    for role in ("viewer", "owner", "auditor"):
        record = stand.get(path, role).json()
        assert record["claims"]["makes"][0]["quantity"] == "100 KGM"
        assert record["claims"]["by"] == "Nguyễn Văn Tư"
        assert record["undisclosed"] == []
    assert stand.get(path).status_code == 404


def test_what_is_shown_of_a_record_can_be_verified(stand: Stand) -> None:
    shown = stand.get(f"/api/v1/records/{stand.world.records[0].name}").json()
    record = codec.parse(shown["wire"].encode(), complete=False)
    assert record.name == shown["record"]
    codec.verify(record, {record.kid: codec.keys_in([stand.world.records[1].record])[record.kid]})


def test_a_persons_name_is_for_those_who_may_read_it(stand: Stand) -> None:
    path = f"/api/v1/parties/{stand.farm.id}"
    assert "person" not in stand.get(path).json()["data"]
    assert "person" not in stand.get(path, "other").json()["data"]
    assert stand.get(path, "owner").json()["data"]["person"].startswith("Nông hộ")
    assert stand.get(path, "auditor").json()["data"]["phone"] == "0900 000 000"


def test_the_log_grows_by_proof(stand: Stand) -> None:
    old = stand.get("/api/v1/log").json()
    stand.append(stand.diary())
    found = stand.get(f"/api/v1/log/consistency?from={old['size']}").json()
    key = stand.world.signer.key
    before = open_checkpoint(old["checkpoint"].encode(), key, ()).checkpoint
    after = open_checkpoint(found["checkpoint"].encode(), key, ()).checkpoint
    proof = [unbase64(each) or b"" for each in found["proof"]]
    verify_consistency(before.size, after.size, before.root, after.root, proof)
    assert found["to"] == after.size == old["size"] + 1
    assert stand.get("/api/v1/log/checkpoint").text == found["checkpoint"]


def test_holdings_and_lots_come_in_pages(stand: Stand) -> None:
    world = stand.world
    for _ in range(5):
        stand.append(world.harvest(stand.farm, stand.plot, [(stand.product, world.lot(), "1 KGM")]))
    for path, name in (
        (f"/api/v1/parties/{stand.farm.id}/holdings", "holdings"),
        (f"/api/v1/lots?maker={stand.farm.id}", "lots"),
    ):
        whole = stand.get(path + ("&" if "?" in path else "?") + "limit=200", "owner").json()
        found: list[Any] = []
        after: str | None = ""
        while after is not None:
            mark = "&" if "?" in path else "?"
            page = stand.get(f"{path}{mark}limit=2{after}", "owner").json()
            assert len(page[name]) <= 2
            found += page[name]
            after = f"&after={page['next']}" if "next" in page else None
        assert found == whole[name]
        assert len(found) >= 5


def test_a_batch_of_nothing_but_lines_of_another_media_type_is_refused(stand: Stand) -> None:
    answer = stand.client.post(
        "/api/v1/records/batch",
        content=stand.diary().wire,
        headers={"content-type": RECORD, **stand.as_("owner")},
    )
    assert answer.status_code == 415
    assert LINES in answer.json()["params"]["accepted"]
