"""The server itself: what it lets a client hold open, what it writes down, how it ends."""

import asyncio
import logging
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from api import bodies, server
from tests.api.served import RECORD
from tests.api.stand import Stand
from tests.kept import kept_ledger
from traceability.settings import create_key_file


@contextmanager
def connection(stand: Stand) -> Iterator[socket.socket]:
    """A bare connection to the stand's server."""
    port = stand.client.base_url.port
    assert port is not None
    with socket.create_connection(("127.0.0.1", port), timeout=10) as found:
        yield found


def closed(line: socket.socket) -> bool:
    """Whether the server has closed the connection."""
    try:
        return line.recv(65536) == b""
    except ConnectionResetError:
        return True


def test_a_head_that_is_too_large_is_refused(stand: Stand) -> None:
    with connection(stand) as line:
        line.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\nx: " + b"y" * 20_000 + b"\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 400")


def test_what_is_no_http_is_refused(stand: Stand) -> None:
    with connection(stand) as line:
        line.sendall(b"\x16\x03\x01\x02\x00\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("begun", [b"", b"GET /health/live HTTP/1.1\r\nhost: x\r\n"])
def test_a_head_that_does_not_come_is_not_waited_for(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0)
    with connection(stand) as line, connection(stand) as served:
        line.sendall(begun)
        time.sleep(0.1)
        served.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
        assert served.recv(65536).startswith(b"HTTP/1.1 200")
        assert closed(line)  # within a few seconds, or the read times out


def test_a_body_that_does_not_come_is_not_waited_for(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "SECONDS", 0.2)
    with connection(stand) as line:
        token = stand.tokens["owner"]
        line.sendall(
            f"POST /api/v1/records HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
            f"content-type: {RECORD}\r\ncontent-length: 1000\r\n\r\nabc".encode()
        )
        answer = line.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"request.slow" in answer + line.recv(65536)
        assert closed(line)


def test_a_client_that_goes_away_takes_nothing_with_it(stand: Stand) -> None:
    record = stand.diary()
    stand.get("/api/v1/lots", "owner")  # known: who is not is looked up before the body is read
    with connection(stand) as line:
        token = stand.tokens["owner"]
        line.sendall(
            f"POST /api/v1/records HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
            f"content-type: {RECORD}\r\ncontent-length: {len(record.wire)}\r\n\r\n".encode()
            + record.wire
        )
    deadline = time.monotonic() + 10
    while stand.get(f"/api/v1/records/{record.name}/receipt").status_code == 404:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert stand.append(record).json()["repeated"] is True


def test_answers_to_requests_that_came_together_keep_their_order(stand: Stand) -> None:
    asked = b"".join(
        b"GET /health/live HTTP/1.1\r\nhost: x\r\nx-request: %d\r\n\r\n" % n for n in range(2)
    )
    with connection(stand) as line:
        line.sendall(asked + b"GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        answers = b""
        while part := line.recv(65536):
            answers += part
    found = re.findall(rb"HTTP/1\.1 (\d+)", answers)
    assert found == [b"200", b"200", b"404"]


def test_head_and_body_go_out_in_one_write_and_nothing_is_lost_by_closing() -> None:
    sent: list[bytes] = []

    class Wire:
        """What a connection writes to."""

        def write(self, data: bytes) -> None:
            sent.append(data)

        def close(self) -> None:
            sent.append(b"closed")

    async def talk() -> None:
        line = server.JoiningTransport(cast(Any, Wire()), asyncio.get_running_loop())
        line.write(b"head ")
        line.write(b"body")
        assert sent == []
        await asyncio.sleep(0)
        assert sent == [b"head body"]
        line.write(b"last")
        line.close()
        await asyncio.sleep(0)

    asyncio.run(talk())
    assert sent == [b"head body", b"last", b"closed"]


def test_the_short_way_past_the_framework_is_dressed_and_guarded_like_any_other(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "goc.access")
    refused = own_stand.client.post("/api/v1/records", content=b"x")
    assert refused.status_code == 401
    assert refused.json()["code"] == "access.no-token"
    assert refused.headers["x-content-type-options"] == "nosniff"

    def fails(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(own_stand.ledger.appender, "parse", fails)
    record = own_stand.diary()
    fault = own_stand.append(record)
    assert fault.status_code == 500
    assert fault.json()["code"] == "ledger.fault"
    assert "a fault of ours" not in fault.text
    wrong = own_stand.client.put("/api/v1/records", content=b"x")
    assert wrong.status_code == 405
    lines = [each.getMessage() for each in caplog.records if each.name == "goc.access"]
    assert [line.split(" ")[:3] for line in lines[:2]] == [
        ["POST", "/api/v1/records", "401"],
        ["POST", "/api/v1/records", "500"],
    ]


def test_the_access_log_says_what_was_done_and_nothing_of_whom_or_which(
    own_stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "goc.access")
    shell = own_stand.app.middleware_stack
    assert shell is not None
    own_stand.get(own_stand.page_path + "/21/SERIAL77?lang=en")
    own_stand.get(f"/api/v1/parties/{own_stand.farm.id}", "owner")
    own_stand.get("/nothing/of/Nguyen")
    # The line is written after the answer: the last one may still be on its way.
    deadline = time.monotonic() + 5
    while sum(record.name == "goc.access" for record in caplog.records) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    lines = [record.getMessage() for record in caplog.records if record.name == "goc.access"]
    assert [line.split(" ")[:3] for line in lines] == [
        ["GET", "/01/{rest:path}", "200"],
        ["GET", "/api/v1/parties/{party}", "200"],
        ["GET", "-", "404"],
    ]
    written = " ".join(lines)
    for secret in ("127.0.0.1", "SERIAL77", own_stand.farm.id, "Nguyen", "goc_"):
        assert secret not in written


def test_goc_serve_answers_until_it_is_told_to_stop_and_ends_in_order(tmp_path: Path) -> None:
    kept_ledger(tmp_path).close()
    create_key_file(tmp_path, b"k" * 32)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-c", "import sys; from traceability.cli import main; sys.exit(main())",
        "serve", "--data", str(tmp_path), "--port", str(port),
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        ready = f"http://127.0.0.1:{port}/health/ready"
        for _ in range(200):
            assert process.poll() is None
            try:
                answer = httpx.get(ready)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        assert answer.json() == {"status": "ok", "size": 3}
        assert "server" not in answer.headers
        process.send_signal(signal.SIGTERM)
        _, written = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "GET /health/ready 200" in written
    assert "Traceback" not in written
