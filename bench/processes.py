"""Servers in processes of their own behind one port, the processor time that they take, and the
load that is sent to them from another process."""

import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson


@dataclass(frozen=True)
class Server:
    """Processes that serve one port."""

    port: int
    processes: tuple[int, ...]

    def cpu(self) -> float:
        """Seconds of processor time that they have used."""
        return cpu_of(self.processes)


def cpu_of(processes: Iterable[int]) -> float:
    """Seconds of processor time that processes, and their children that have ended, have used."""
    ticks = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(
    kind: str, folder: Path, url: str, count: int = 1, environment: Mapping[str, str] = {}
) -> Iterator[Server]:
    """``bench.servers KIND`` in ``count`` processes on one port, from when all of them serve."""
    with ExitStack() as stack:
        held = stack.enter_context(socket.socket())  # keeps the port ours
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        command = [sys.executable, "-m", "bench.servers", kind, str(folder), url, str(port)]
        processes = [
            stack.enter_context(_process(command, os.environ | dict(environment)))
            for _ in range(count)
        ]
        for process in processes:
            assert process.stdout is not None
            if process.stdout.readline() != b"serving\n":
                raise RuntimeError(f"a {kind} server ended with {process.wait()}")
        yield Server(port, tuple(process.pid for process in processes))


@contextmanager
def _process(
    command: Sequence[str], environment: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()


class Sending:
    """A load generator that runs."""

    def __init__(
        self, port: int, folder: Path, requests: list[list[bytes]], rate: float | None = None
    ) -> None:
        file = folder / f"requests-{port}-{id(self)}"
        file.write_bytes(pickle.dumps(requests))
        self._file = file
        command = [sys.executable, "-m", "bench.load", str(port), str(file)]
        command += [] if rate is None else [str(rate)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def figures(self, status: int | None = None) -> dict[str, Any]:
        """Wait for its end; what ``bench.load`` says. Raises where anything was refused, or not
        answered with ``status`` where one is said."""
        output, _ = self._process.communicate()
        self._file.unlink()
        if self._process.returncode:
            raise RuntimeError(f"the load generator ended with {self._process.returncode}")
        found: dict[str, Any] = orjson.loads(output)
        right = "2" if status is None else str(status)
        wrong = {each: n for each, n in found["statuses"].items() if not each.startswith(right)}
        if wrong:
            raise RuntimeError(f"answered {wrong}: {found['refusals']}")
        return found


def load(
    port: int, folder: Path, requests: list[list[bytes]], status: int | None = None
) -> dict[str, Any]:
    """Send the requests from another process; its figures."""
    return Sending(port, folder, requests).figures(status)
