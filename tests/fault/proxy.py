"""A network between a ledger and its PostgreSQL that can be cut, at any word of their talk.

    with Proxy(server.folder) as proxy:
        database = Database(proxy.url(name))
        proxy.cut("before", b"COMMIT")    # the next such word never arrives, and all is cut
        proxy.stall()                     # everybody holds the line, and nothing gets through
        proxy.refuse()                    # nobody listens
        proxy.heal()

It listens on this machine's loopback and speaks to the server's Unix socket.
"""

import select
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

_PIECE = 65_536
When = Literal["before", "after", "forsake"]


class Proxy:
    """Passes everything on, until told otherwise."""

    def __init__(self, folder: str) -> None:
        """``folder``: of the server's Unix socket."""
        self._server = str(Path(folder) / ".s.PGSQL.5432")
        self._flowing = threading.Event()
        self._flowing.set()
        self._forsaken: list[socket.socket] = []
        self._lines: list[tuple[socket.socket, socket.socket]] = []
        self._word, self._when = b"", ""
        self.cuts = 0
        self._closed = False
        self._listen()

    def url(self, database: str) -> str:
        """Of a database behind it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}?connect_timeout=2"

    # -- what may happen to a network ------------------------------------------------------------
    def cut(self, when: When = "before", word: bytes = b"") -> None:
        """Cut all lines, now; or the one on which the ledger says ``word`` next: ``before`` the
        server hears it, ``after`` it has done what it was told and before anybody hears its answer;
        or ``forsake`` the server, which does not hear it and does not learn that the line is cut.
        """
        if word:
            self._word, self._when = word, when
            return
        for line in self._lines:
            _break(*line)

    def stall(self) -> None:
        """Nothing gets through any more, and no line is cut."""
        self._flowing.clear()

    def refuse(self) -> None:
        """Nobody listens any more, and all lines are cut."""
        _break(self._door)
        self.cut()

    def heal(self) -> None:
        """All is well again, for whoever connects anew or was held up."""
        self._word = b""
        self._flowing.set()
        if self._door.fileno() < 0:
            self._listen(self.port)

    # -- the machinery --------------------------------------------------------------------------
    def _listen(self, port: int = 0) -> None:
        self._door = socket.create_server(("127.0.0.1", port), backlog=64)
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._door,), daemon=True).start()

    def _accept(self, door: socket.socket) -> None:
        while True:
            try:
                ours, _ = door.accept()
                if self._closed:
                    return
            except OSError:
                return
            theirs = socket.socket(socket.AF_UNIX)
            theirs.connect(self._server)
            self._lines.append((ours, theirs))
            for pump in (self._ask, self._answer):
                threading.Thread(target=pump, args=(ours, theirs), daemon=True).start()

    def _ask(self, ours: socket.socket, theirs: socket.socket) -> None:
        with suppress(OSError):
            while data := ours.recv(_PIECE):
                self._flowing.wait()
                if self._word and self._word in data:
                    self._trip(ours, theirs, data)
                    return
                theirs.sendall(data)
        _break(ours, theirs)

    def _trip(self, ours: socket.socket, theirs: socket.socket, data: bytes) -> None:
        """The word was said: ``data`` has it."""
        self._word = b""
        self.cuts += 1
        if self._when == "after":
            self._flowing.clear()  # nobody hears the answer
            theirs.sendall(data)
            _until_committed(ours, theirs)
        if self._when == "forsake":
            self._forsaken.append(theirs)
            _break(ours)
        else:
            _break(ours, theirs)
        self._flowing.set()

    def _answer(self, ours: socket.socket, theirs: socket.socket) -> None:
        with suppress(OSError, ValueError):  # the latter for a line that was closed meanwhile
            while True:
                self._flowing.wait()
                if not select.select([theirs], [], [], 0.02)[0] or not self._flowing.is_set():
                    continue
                data = theirs.recv(_PIECE)
                if not data:
                    break
                ours.sendall(data)
        if theirs not in self._forsaken:
            _break(ours, theirs)

    def close(self) -> None:
        """Cut everything for good."""
        self._closed = True
        self.heal()
        self.refuse()
        _break(*self._forsaken)

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _until_committed(ours: socket.socket, theirs: socket.socket) -> None:
    """Pass on what is asked until the server has said that it has committed; leave that unread."""
    late = time.monotonic() + 10
    while True:
        readable = select.select([ours, theirs], [], [], 0.02)[0]
        if theirs in readable and b"COMMIT\0" in theirs.recv(_PIECE, socket.MSG_PEEK):
            return
        if ours in readable:
            theirs.sendall(ours.recv(_PIECE))
        assert time.monotonic() < late, "the server did not commit"


def _break(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
