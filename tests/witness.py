"""A witness as the specification has it (C2SP tlog-witness), on loopback, with faults on demand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from traceability.core.checkpoint import Checkpoint, open_checkpoint
from traceability.core.errors import GocError
from traceability.core.keys import PrivateKey
from traceability.core.lines import unbase64
from traceability.core.merkle import EMPTY_ROOT, verify_consistency
from traceability.core.note import Cosigner, Note
from traceability.core.vkey import VerifierKey

TIME = 1_780_000_000  #: what its clock says


class Witness:
    """One witness of one log. ``fault`` says how it misbehaves: ``dead`` answers nothing,
    ``slow`` waits for ``awake`` before it answers, ``drip`` sends headers without an end, ``lying``
    signs another text, ``forgetful`` names any size but the one that it is asked from, ``boasting``
    names one that nobody has reached, ``empty`` has no cosignature, ``endless`` sends too much,
    ``elsewhere`` redirects."""

    def __init__(self, name: str, log: VerifierKey, seed: int) -> None:
        self.name = name
        self.cosigner = Cosigner(f"{name}.example", PrivateKey.from_seed(bytes([seed]) * 32))
        self.log = log
        self.fault = ""
        self.awake = threading.Event()
        self.size, self.root, self.note = 0, EMPTY_ROOT, b""
        self.asked: list[int] = []  # the old sizes that it was asked from
        self.statuses: list[int] = []
        self._persisting = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self._thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Its submission prefix."""
        return f"http://127.0.0.1:{self.server.server_port}/goc"

    @property
    def line(self) -> str:
        """Its line in a policy."""
        return f"witness {self.name} {self.cosigner.key} {self.url}\n"

    def close(self) -> None:
        """Let go of everybody, and end."""
        self.awake.set()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()

    # -- the protocol ----------------------------------------------------------------------------
    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer, as the specification says."""
        head, _, note = body.partition(b"\n\n")
        first, *lines = head.decode().split("\n")
        word, _, number = first.partition(" ")
        if word != "old" or not number.isdigit():
            return 400, b""
        old = int(number)
        self.asked.append(old)
        try:
            origin = Checkpoint.parse(Note.parse(note).text).origin
            if origin != self.log.name:
                return 404, b""
            checkpoint = open_checkpoint(note, self.log).checkpoint
        except GocError:
            return 403, b""
        if old > checkpoint.size:
            return 400, b""
        with self._persisting:
            if old != self.size:
                return 409, b"%d\n" % self.size
            proof = [unbase64(line) or b"" for line in lines]
            if (old == 0 and proof) or len(proof) > 63:
                return 422, b""
            try:
                verify_consistency(old, checkpoint.size, self.root, checkpoint.root, proof)
            except GocError:
                return 422, b""
            self.size, self.root, self.note = checkpoint.size, checkpoint.root, note
        text = checkpoint.text
        if self.fault == "lying":
            text = text.replace(str(checkpoint.size), str(checkpoint.size + 1), 1)
        return 200, f"{self.cosigner.sign(text, TIME)}\n".encode()

    def answer(self, body: bytes) -> tuple[int, bytes]:
        """What it says, as its fault makes it."""
        match self.fault:
            case "forgetful":
                self.asked.append(-1)
                return 409, b"%d\n" % (1 + len(self.asked) % 2)
            case "boasting":
                return 409, b"1000000\n"
            case "empty":
                other = Cosigner("other.example", PrivateKey.from_seed(b"o" * 32))
                text = Note.parse(body.partition(b"\n\n")[2]).text
                return 200, f"{other.sign(text, TIME)}\n".encode()
            case "endless":
                return 200, b"x" * 1_000_000
            case "elsewhere":
                return 302, b""
        return self.add_checkpoint(body)

    def _handler(witness: Any) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                origin = sha256(witness.log.name.encode()).hexdigest()
                found = witness.note if self.path == f"/goc/{origin}/checkpoint" else b""
                if witness.fault == "dead":
                    self.close_connection = True
                    return
                self.send_response(200 if found else 404)
                self.send_header("Content-Length", str(len(found)))
                self.end_headers()
                self.wfile.write(found)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if witness.fault == "dead":
                    self.close_connection = True
                    return
                if witness.fault == "slow":
                    witness.awake.wait(60)
                if witness.fault == "drip":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
                    while not witness.awake.wait(0.05):
                        self.wfile.write(b"x")
                        self.wfile.flush()
                    return
                status, answer = (404, b"")
                if self.path == "/goc/add-checkpoint":
                    status, answer = witness.answer(body)
                witness.statuses.append(status)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/")
                if status == 409:
                    self.send_header("Content-Type", "text/x.tlog.size")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def handle(self) -> None:
                try:
                    super().handle()
                except OSError:  # who asked is gone
                    self.close_connection = True

        return Handler


@contextmanager
def witnesses(log: VerifierKey, *names: str) -> Iterator[list[Witness]]:
    """So many witnesses of a log."""
    found = [Witness(name, log, seed) for seed, name in enumerate(names, start=40)]
    try:
        yield found
    finally:
        for each in found:
            each.close()
