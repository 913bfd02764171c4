"""Readiness: a load balancer is told the truth, and soon."""

import threading
import time
from collections.abc import Iterable
from types import FrameType
from typing import Any

import pytest

from api import health
from tests.api.stand import Stand
from tests.ledgers import send
from traceability.core.errors import LedgerError
from traceability.core.keys import PrivateKey
from traceability.ledger.key_cache import KeyCache
from traceability.ledger.receipts import Receipts


def reason(stand: Stand) -> str | None:
    """Why the server is not ready; None where it is."""
    answer = stand.get("/health/ready")
    assert stand.get("/health/live").status_code == 200
    if answer.status_code == 200:
        assert answer.json() == {"status": "ok", "size": stand.size}
        return None
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    return str(answer.json()["code"])


def test_a_server_that_can_work_is_ready(own_stand: Stand) -> None:
    assert reason(own_stand) is None


def test_a_database_that_hangs_keeps_nobody_waiting_and_no_thread_but_one(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, asked = threading.Event(), []
    real = Receipts.head

    def hangs(self: Receipts) -> Any:
        if threading.current_thread().name.startswith("goc-health"):
            asked.append(1)
            assert answers.wait(30)
        return real(self)

    monkeypatch.setattr(health, "PATIENCE", 0.1)
    monkeypatch.setattr(Receipts, "head", hangs)
    assert {reason(own_stand) for _ in range(5)} == {"health.database"}
    assert len(asked) == 1
    answers.set()
    monkeypatch.setattr(health, "PATIENCE", 10)
    assert reason(own_stand) is None


def test_a_key_that_must_be_looked_up_in_a_database_that_hangs_stops_nobody_else(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, asked = threading.Event(), threading.Event()
    real = KeyCache.find

    def hangs(self: KeyCache, kids: Iterable[str]) -> Any:
        asked.set()
        assert answers.wait(30)
        return real(self, kids)

    monkeypatch.setattr(KeyCache, "find", hangs)
    world, farm = own_stand.world, own_stand.farm
    stranger = world.sign(farm, "diary", {"activity": "weeding"}, place=own_stand.plot,
                          key=PrivateKey.from_seed(world.bytes(32)))  # fmt: skip
    got: list[int] = []
    sender = threading.Thread(target=lambda: got.append(own_stand.append(stranger).status_code))
    sender.start()
    assert asked.wait(10)
    assert own_stand.client.get("/health/live", timeout=5).status_code == 200
    answers.set()
    sender.join(10)
    assert got == [422]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LedgerError("ledger.storage"), "ledger.storage"),
        (RuntimeError("Nguyễn Văn Tư"), "health.database"),
    ],
)
def test_a_database_that_cannot_be_read_is_said_so(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    def fails(self: Receipts) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(Receipts, "head", fails)
        answer = own_stand.get("/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert "Nguyễn" not in answer.text
    assert reason(own_stand) is None


def test_another_schema_is_not_ready(own_stand: Stand) -> None:
    with own_stand.ledger.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'later'")
    assert reason(own_stand) == "ledger.schema"


def test_a_writer_that_is_stuck_is_not_ready(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, real = threading.Event(), own_stand.ledger.appender._store.lock

    def stuck() -> Any:
        assert going.wait(30)
        return real()

    monkeypatch.setattr(own_stand.ledger.appender._store, "lock", stuck)
    monkeypatch.setattr(health, "STUCK", 0.05)
    answer = own_stand.ledger.appender.submit([own_stand.diary().wire])
    time.sleep(0.1)
    assert reason(own_stand) == "health.writer"
    going.set()
    assert len(answer.result(30)) == 1
    deadline = time.monotonic() + 10
    while reason(own_stand) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_writer_that_has_stopped_is_not_ready(own_stand: Stand) -> None:
    own_stand.ledger.appender.close()
    assert reason(own_stand) == "health.writer"


def test_a_log_that_was_set_back_is_not_ready(own_stand: Stand) -> None:
    send(own_stand.ledger, [own_stand.diary()])
    with own_stand.ledger.database.writing() as connection:  # as an older copy would have it
        connection.exec_driver_sql("UPDATE head SET size = size - 1")
    assert reason(own_stand) == "health.shorter"


def test_a_log_that_is_behind_what_was_published_is_not_ready(own_stand: Stand) -> None:
    own_stand.app.state.publisher.standing.size = own_stand.size + 1_000
    assert reason(own_stand) == "health.shorter"


def test_a_server_that_is_to_end_says_so_and_still_serves(own_stand: Stand) -> None:
    from api.server import QuietServer, configure

    server = QuietServer(configure(own_stand.app))
    server.drains(own_stand.app.state.health, 60)
    frame: FrameType | None = None
    server.handle_exit(15, frame)
    assert reason(own_stand) == "health.ending"
    assert own_stand.append(own_stand.diary()).status_code == 201
    assert not server.should_exit
    server.handle_exit(15, frame)  # a second signal does not wait
    assert server.should_exit
