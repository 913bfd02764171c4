"""A server that is told to end under load answers what it accepted, and loses no receipt.

The real program in a process of its own; clients that send one record after the other; SIGTERM in
the middle. Each record was answered with a receipt, and then the log has it; or its sender got a
clear refusal or a closed connection, and then sends it again and gets a receipt, of now or of then.
"""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.api.served import RECORD, bearer
from tests.kit import Signed, World
from tests.ledgers import codes, send
from traceability import clock
from traceability.core import b64, moment
from traceability.ledger.keyring import Keyring
from traceability.ledger.ledger import Ledger
from traceability.ledger.rebuild import check
from traceability.settings import Settings, create_key_file
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.migrations import migrate

CLIENTS, EACH = 8, 400
KEY = b"k" * 32
PATIENCE = 120  # seconds for a server to start where others have the processors


@dataclass
class Sent:
    """What became of the records that clients sent."""

    receipts: dict[str, int] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    unanswered: list[Signed] = field(default_factory=list)


def prepared(folder: Path, each: int = EACH) -> tuple[str, int, list[list[Signed]]]:
    """A ledger to serve: a token for its farm, its size, and what each client is to send."""
    world = World(start=moment.format_time(clock.now_ms() - 3_600_000), step=1)
    database = Database(sqlite_url(folder / "goc.db"))
    migrate(database)
    keyring = Keyring(database, KEY)
    create_key_file(folder, KEY)
    with Ledger(database, keyring.create_log_key(world.log), world.clock, keyring) as ledger:
        farm = world.party("farm")
        plot = world.place(farm)
        assert set(codes(send(ledger, world.take()))) == {None}
        size = ledger.size
        token = ledger.tokens.create("farm", ["read", "write"], farm.id, "owner").text
    work = [[world.diary(farm, plot) for _ in range(each)] for _ in range(CLIENTS)]
    return token, size, work


def answers(url: str) -> bool:
    """Whether a server is there and well."""
    try:
        return httpx.get(url, timeout=10).status_code == 200
    except httpx.TransportError:
        return False


@contextmanager
def goc_serve(
    folder: Path, probe: str = "/health/ready", **environment: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``goc serve`` in a process of its own, once ``probe`` is answered; and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-c", "import sys; from traceability.cli import main; sys.exit(main())",
        "serve", "--data", str(folder), "--port", str(port),
    ]  # fmt: skip
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        command, stderr=log, stdout=subprocess.DEVNULL, text=True, env={**environment}
    )
    address = f"http://127.0.0.1:{port}"
    try:
        late = time.monotonic() + PATIENCE
        while not answers(f"{address}{probe}"):
            told = (folder / "log").read_text()
            assert process.poll() is None, told
            assert time.monotonic() < late, told
            time.sleep(0.05)
        yield process, address
    finally:
        process.kill()
        process.wait(10)
        log.close()


def client(address: str, token: str, work: list[Signed], sent: Sent) -> None:
    """Send one record after the other on one connection, until the server is gone."""
    headers = {"content-type": RECORD, **bearer(token)}
    with httpx.Client(base_url=address, timeout=30) as http:
        for n, record in enumerate(work):
            try:
                answer = http.post("/api/v1/records", content=record.wire, headers=headers)
            except httpx.TransportError:
                sent.unanswered += work[n:]
                return
            if answer.status_code == 201:
                sent.receipts[record.name] = answer.json()["index"]
            else:
                sent.refused.append(answer.status_code)
                sent.unanswered.append(record)


@pytest.mark.slow
@pytest.mark.parametrize("drain", ["0", "0.5"])
def test_a_server_told_to_end_under_load_answers_what_it_accepted(
    tmp_path: Path, drain: str
) -> None:
    token, before, work = prepared(tmp_path)
    sent = Sent()
    with goc_serve(tmp_path, GOC_DRAIN_SECONDS=drain) as (process, address):
        threads = [
            threading.Thread(target=client, args=(address, token, each, sent)) for each in work
        ]
        for thread in threads:
            thread.start()
        while len(sent.receipts) < 100:
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        if drain != "0":
            answers = {httpx.get(f"{address}/health/ready").status_code for _ in range(3)}
            assert 503 in answers
        assert process.wait(60) == 0
        for thread in threads:
            thread.join()
    assert set(sent.refused) <= {503}
    written = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert not [line for line in written if "fault" in line]

    settings = Settings(tmp_path, sqlite_url(tmp_path / "goc.db"), None, "https://x.example", KEY)
    with Ledger.open(settings) as ledger:
        with ledger.reading() as now:
            rows = now.rows("SELECT idx, digest FROM record")
            found = {b64.encode(digest): idx for idx, digest in rows}
        assert {name: found.get(name) for name in sent.receipts} == sent.receipts
        again = ledger.append([each.wire for each in sent.unanswered])
        assert again, "the server was told too late"
        assert codes(again) == [None] * len(again)
        assert ledger.size == before + CLIENTS * EACH  # each of them once
        assert check(ledger.database) is None
