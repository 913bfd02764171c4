"""What a server that has to end says to those whom it could not answer."""

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx
import pytest
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.request_ids import RequestIds
from api.server import QuietServer, configure
from api.shell import Shell


class Hanging:
    """An application that answers nobody: as if its database said nothing. At ``/begun`` it begins
    an answer, and does not end it."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for said in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{said}.complete"})
            return
        if scope["path"] == "/begun":
            await StreamingResponse(self._parts())(scope, receive, send)
        self.asked.set()
        await asyncio.Event().wait()

    async def _parts(self) -> AsyncIterator[bytes]:
        yield b"one"
        self.asked.set()
        await asyncio.Event().wait()


@contextmanager
def ended_meanwhile(app: Hanging) -> Iterator[str]:
    """The address of a server that is told to end once it has been asked, and waits no second."""
    shell = Shell(app, "https://goc.example", lambda *_: None, RequestIds())
    config = configure(shell)  # type: ignore[arg-type]
    config.timeout_graceful_shutdown = 1
    server = QuietServer(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        serves = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serves.start()

        def end() -> None:
            app.asked.wait(20)
            server.should_exit = True

        ends = threading.Thread(target=end)
        ends.start()
        try:
            while not server.started:
                assert serves.is_alive()
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            app.asked.set()
            for each in (ends, serves):
                each.join(20)


def test_who_was_not_answered_before_the_end_is_told_to_come_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ended_meanwhile(Hanging()) as address:
        answer = httpx.get(f"{address}/x", headers={"accept-language": "en"}, timeout=20)
    assert (answer.status_code, answer.json()["code"]) == (503, "ledger.closed")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "retry-after" in answer.headers
    assert not [each for each in caplog.records if each.exc_info]


def test_an_answer_that_was_begun_breaks_off_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    with (
        ended_meanwhile(Hanging()) as address,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        httpx.get(f"{address}/begun", timeout=20)
    assert not [
        each for each in caplog.records if each.exc_info and each.levelno >= logging.WARNING
    ]
