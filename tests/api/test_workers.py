"""``goc serve --workers``: processes that share a port and a log, and stand in for each other."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from api.workers import SHORT
from tests.api.served import bearer
from tests.conftest import ROOT
from tests.goc import goc
from traceability.ledger.ledger import Ledger
from traceability.ledger.rebuild import check
from traceability.settings import Settings, create_key_file
from traceability.storage.engine import Database

WORKERS = 2
PATIENCE = 40
#: Whoever runs the tests may have been told to outlive a terminal; a server started so would too.
SERVE = """import signal
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from traceability.cli import main
exit(main())"""


class Served:
    """A ledger on PostgreSQL that workers serve, and the operator's token."""

    def __init__(self, folder: Path, url: str) -> None:
        self.settings = Settings(folder, url, "goc.example/many", "https://goc.example", b"k" * 32)
        with Ledger.create(self.settings, {"name": "Vận hành"}) as ledger:
            self.token = ledger.tokens.create("test", ["read", "write", "admin"]).text
            self.operator = ledger.operator
        self.environment = os.environ | {
            "GOC_DATABASE_URL": url,
            "GOC_HOST": "https://goc.example",
            "GOC_KEYRING_KEY": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s",
            "GOC_LANG": "en",
        }
        self.folder = folder
        self.base = ""

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        """The supervisor, from when all workers serve."""
        command = [sys.executable, "-c", SERVE,
                   "serve", "--port", "0", "--data", str(self.folder),
                   "--workers", str(WORKERS)]  # fmt: skip
        process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, cwd=ROOT, text=True,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert "http://" in line, line
            self.base = next(word for word in line.split() if word.startswith("http://"))
            self.base = self.base.rstrip("/")
            yield process
        finally:
            process.kill()
            process.wait(PATIENCE)
            assert process.stdout is not None
            process.stdout.close()

    def register(self, number: int) -> int:
        """Registers a party, over a connection of its own; the answer's status."""
        party = {"kind": "organisation", "roles": ["market"], "name": f"Chợ {number}"}
        with httpx.Client(base_url=self.base, timeout=20, headers=bearer(self.token)) as client:
            return client.post("/api/v1/parties", json={"data": party}).status_code

    def size(self) -> int:
        answer = httpx.get(f"{self.base}/api/v1/log", timeout=20).json()
        return int(answer["size"])


def children(process: int) -> list[int]:
    """The processes that a process has begun."""
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(each) for each in found]


def until(what: Callable[[], bool]) -> None:
    """Waits until something holds."""
    late = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < late, "it never came to that"
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
def served(tmp_path: Path, postgres_ledger_url: str) -> Served:
    return Served(tmp_path, postgres_ledger_url)


@pytest.mark.slow
@pytest.mark.xdist_group("workers")
def test_workers_append_to_one_log_and_end_in_order(served: Served) -> None:
    with served.serving() as process:
        workers = children(process.pid)
        assert len(workers) == WORKERS
        before = served.size()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(served.register, range(48)))
        assert answers == [201] * 48
        assert served.size() == before + 2 * 48  # a party and its key
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert not any(map(is_alive, workers))
    database = Database(served.settings.database_url)
    assert check(database) is None
    database.close()


@pytest.mark.slow
@pytest.mark.xdist_group("workers")
def test_another_worker_takes_the_place_of_one_that_was_killed(served: Served) -> None:
    with served.serving() as process:
        time.sleep(SHORT + 0.5)
        workers = children(process.pid)
        os.kill(workers[0], signal.SIGKILL)
        until(lambda: len(children(process.pid)) == WORKERS and workers[0] not in
              children(process.pid))  # fmt: skip
        # Whoever waited at the door of the dead one is served by the new one.
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(served.register, range(16))) == [201] * 16


@pytest.mark.slow
@pytest.mark.xdist_group("workers")
def test_workers_do_not_outlive_their_supervisor(served: Served) -> None:
    with served.serving() as process:
        workers = children(process.pid)
        process.kill()
        process.wait(PATIENCE)
        until(lambda: not any(map(is_alive, workers)))


@pytest.mark.slow
@pytest.mark.xdist_group("workers")
def test_a_terminal_that_is_closed_ends_all_in_order(served: Served, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    served.environment["TMPDIR"] = str(kept)
    with served.serving() as process:
        workers = children(process.pid)
        assert list(kept.iterdir()) != []
        for each in (*workers, process.pid):  # as a terminal tells all of them
            os.kill(each, signal.SIGHUP)
        assert process.wait(PATIENCE) == 0
        assert not any(map(is_alive, workers))
    assert list(kept.iterdir()) == []


@pytest.mark.parametrize(("count", "code"), [(2, "cli.workers-sqlite"), (0, "cli.workers")])
def test_a_sqlite_file_has_one_worker_and_no_server_has_none(
    count: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOC_DATABASE_URL", raising=False)
    create_key_file(tmp_path, b"k" * 32)
    Ledger.create(Settings.read(tmp_path), {"name": "Vận hành"}).close()
    run = goc("serve", "--data", tmp_path, "--port", 0, "--workers", count)
    assert run.code == 2
    assert f"[{code}]" in run.err


@pytest.mark.slow
@pytest.mark.xdist_group("workers")
def test_any_worker_tells_the_metrics_of_all(served: Served) -> None:
    with served.serving():
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(served.register, range(24))) == [201] * 24

        def told(_: object) -> tuple[float, float]:
            """Accepted records and answered registrations, as one of the workers tells."""
            page = httpx.get(f"{served.base}/metrics", headers=bearer(served.token)).text
            lines = [line.rpartition(" ") for line in page.splitlines() if line[:1] != "#"]
            found = {name: float(value) for name, _, value in lines}
            request = 'goc_http_requests_total{method="POST",route="/api/v1/parties",status="201"}'
            return found['goc_records_total{outcome="accepted"}'], found[request]

        until(lambda: {told(n) for n in range(8)} == {(48, 24)})


@pytest.mark.slow
@pytest.mark.xdist_group("workers")
def test_workers_that_are_to_end_say_so_and_serve_a_while(served: Served) -> None:
    served.environment["GOC_DRAIN_SECONDS"] = "3"
    with served.serving() as process:
        process.send_signal(signal.SIGTERM)
        until(lambda: httpx.get(f"{served.base}/health/ready").status_code == 503)
        assert served.register(1) == 201
        assert process.wait(PATIENCE) == 0
