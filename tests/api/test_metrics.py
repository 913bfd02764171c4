"""Metrics: what monitoring reads counts what took place, and names nobody."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.metrics import Metrics
from tests.api.stand import Stand
from tests.conftest import ROOT
from traceability.ledger.observer import GroupSeen


def metrics(stand: Stand) -> dict[str, float]:
    """What monitoring reads now."""
    answer = stand.get("/metrics", "monitoring")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return parsed(answer.text)


def parsed(page: str) -> dict[str, float]:
    """Samples by name and labels."""
    lines = [line for line in page.splitlines() if line and not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def soon(stand: Stand, said: Callable[[dict[str, float]], bool]) -> dict[str, float]:
    """Metrics that are so, now or soon: the writer accounts for what it did after its answer."""
    deadline = time.monotonic() + 10
    while not said(found := metrics(stand)):
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def test_appends_refusals_repeats_and_forged_signatures_are_counted(own_stand: Stand) -> None:
    record = own_stand.diary()
    assert own_stand.append(record).status_code == 201
    assert own_stand.append(record).json()["repeated"] is True
    forged = bytearray(own_stand.diary().wire)
    at = forged.rindex(b".") + 5
    forged[at] = ord("A") if forged[at] != ord("A") else ord("B")
    assert own_stand.append(bytes(forged)).status_code == 422
    lot = own_stand.world.harvest(
        own_stand.farm, own_stand.plot, [(own_stand.product, own_stand.lot, "1 KGM")]
    )
    own_stand.append(lot)
    over = own_stand.world.ship(own_stand.farm, [(lot[0], "900 KGM")], to=own_stand.shop)
    assert own_stand.append(over).status_code == 409
    found = soon(own_stand, lambda seen: 'goc_records_refused_total{area="draw"}' in seen)
    assert found['goc_records_total{outcome="accepted"}'] == 2
    assert found['goc_records_total{outcome="repeated"}'] == 1
    assert found['goc_unverified_total{code="record.signature"}'] == 1
    assert found['goc_records_refused_total{area="draw"}'] == 1
    assert found["goc_lock_wait_seconds_count"] == found["goc_group_records_count"] >= 4
    assert found["goc_commit_seconds_count"] == 2
    assert found["goc_queue_records_most"] >= 1
    assert found["goc_queue_records"] == 0
    ours = 'goc_http_requests_total{method="POST",route="/api/v1/records",status="201"}'
    assert found[ours] == 2


def test_no_metric_names_a_path_a_party_a_token_or_what_a_client_made_up(own_stand: Stand) -> None:
    own_stand.get(own_stand.page_path + "/21/SERIAL77?phone=0912345678")
    own_stand.get(f"/api/v1/parties/{own_stand.farm.id}", "owner")
    own_stand.get("/nothing/of/Nguyen")
    own_stand.client.request("LOCK", "/api/v1/records")
    found = soon(own_stand, lambda seen: any("other" in name for name in seen))
    written = " ".join(found)
    token = own_stand.ledger.tokens.authenticate(own_stand.tokens["owner"])
    assert token is not None
    for name in ("SERIAL77", "0912345678", own_stand.farm.id, "Nguyen", token.token, "LOCK"):
        assert name not in written
    assert 'route="/01/{rest:path}"' in written


def test_a_transaction_that_fails_is_counted_by_its_reason(own_stand: Stand) -> None:
    record = own_stand.diary()
    own_stand.get("/api/v1/lots", "owner")
    with own_stand.ledger.database.writing():  # somebody else holds the lock for too long
        assert own_stand.append(record).json()["code"] == "ledger.locked"
    found = soon(own_stand, lambda seen: 'goc_groups_failed_total{code="ledger.locked"}' in seen)
    assert found['goc_groups_failed_total{code="ledger.locked"}'] == 1
    assert found["goc_lock_wait_seconds_sum"] >= 0.1


def test_an_observer_that_fails_stops_nothing(own_stand: Stand) -> None:
    class Broken(Metrics):
        """Fails."""

        def group(self, seen: GroupSeen) -> None:
            raise RuntimeError(f"watching {seen.records} records went wrong")

    own_stand.ledger.appender.observer = Broken()
    for _ in range(2):
        assert own_stand.append(own_stand.diary()).status_code == 201


@dataclass
class Witness:
    """A witness that is behind."""

    cosigned: int = 6
    failures: int = 2


@dataclass
class Standing:
    """A publisher that is behind."""

    leads: bool = True
    size: int = 7
    lag: int = 5
    quorum: bool = False
    errors: int = 3
    witnesses: dict[str, Witness] = field(default_factory=lambda: {"sở": Witness()})

    def lag_ms(self, now: int) -> int:
        return now - 1_000


def test_what_publishing_says_of_itself_is_shown(own_stand: Stand) -> None:
    told = Metrics()
    told.sample(own_stand.ledger.appender, 13_500, Standing())
    found = parsed(told.page().decode())
    assert found["goc_published_size"] == 7
    assert found["goc_publish_lag_records"] == 5
    assert found["goc_publish_lag_seconds"] == 12.5
    assert found["goc_publish_quorum"] == 0
    assert found["goc_publish_failures"] == 3
    assert found['goc_witness_size{witness="sở"}'] == 6
    assert found['goc_witness_failures{witness="sở"}'] == 2


def test_a_process_that_does_not_publish_says_nothing_of_it(own_stand: Stand) -> None:
    told = Metrics()
    told.sample(own_stand.ledger.appender, 13_500, Standing())
    told.sample(own_stand.ledger.appender, 13_500, Standing(leads=False))
    found = parsed(told.page().decode())
    assert (found["goc_publish_lag_seconds"], found["goc_publish_quorum"]) == (0, 1)


TALE = """
import sys
from pathlib import Path
from api.metrics_folder import gone, prepare
prepare(Path(sys.argv[1]))
import os, subprocess
PART = '''
import os
from api.metrics import Metrics
told = Metrics()
for _ in range(5):
    told.request("GET", "/x", 200, 0.01)
told._queue.set(4)
print(os.getpid())
'''
pids = [int(subprocess.run([sys.executable, "-c", PART], check=True, capture_output=True).stdout)
        for _ in range(2)]
gone(pids[0])
from api.metrics import Metrics
print(Metrics().page().decode())
"""


def test_any_of_several_processes_answers_for_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "counter_1.db").write_bytes(b"of an earlier server")
    clean = {name: value for name, value in os.environ.items() if "PROMETHEUS" not in name}
    command = [sys.executable, "-c", TALE, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=clean)
    assert run.returncode == 0, run.stderr
    found = parsed(run.stdout)
    assert found['goc_http_requests_total{method="GET",route="/x",status="200"}'] == 10
    assert found['goc_http_request_seconds_count{route="/x"}'] == 10
    assert found["goc_queue_records"] == 4  # of the one that lives


@pytest.mark.parametrize("scopes", [["read", "audit"], ["write"]])
def test_no_other_scope_opens_the_metrics(stand: Stand, scopes: list[str]) -> None:
    token = stand.ledger.tokens.create("x", scopes).text
    answer = stand.client.get("/metrics", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "access.scope")


def test_monitoring_reads_nothing_else(stand: Stand) -> None:
    for path in ("/api/v1/lots", "/api/v1/tokens", f"/api/v1/parties/{stand.farm.id}/holdings"):
        assert stand.get(path, "monitoring").status_code == 403
