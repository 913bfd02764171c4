"""A server that is killed while it draws a print job: the next one goes on, and nobody sees it."""

import io
import time
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp

from tests.api.served import bearer
from tests.fault.test_sigterm import KEY, goc_serve
from tests.kit import World
from tests.ledgers import codes, send
from traceability import clock
from traceability.core import moment
from traceability.ledger.keyring import Keyring
from traceability.ledger.ledger import Ledger
from traceability.ledger.print_queue import LEASE
from traceability.settings import create_key_file
from traceability.storage.engine import Database, sqlite_url
from traceability.storage.migrations import migrate

LABELS = 4_000
HOST = "https://goc.example"


def prepared(folder: Path) -> tuple[str, str]:
    """A ledger to serve with a lot that has labels: a token of its maker, and their path."""
    world = World(start=moment.format_time(clock.now_ms() - 3_600_000), step=1)
    database = Database(sqlite_url(folder / "goc.db"))
    migrate(database)
    keyring = Keyring(database, KEY)
    create_key_file(folder, KEY)
    signer = keyring.create_log_key(world.log)
    with Ledger(database, signer, world.clock, keyring) as ledger:
        farm = world.party("farm")
        plot, product = world.place(farm), world.product(farm)
        crop = world.harvest(farm, plot, [(product, world.lot(), f"{LABELS} KGM")])
        key = ledger.label_keys.newest().id
        labels = world.label(farm, product, crop[0].lot, LABELS, data={"key": key})
        assert set(codes(send(ledger, world.take()))) == {None}
        token = ledger.tokens.create("farm", ["read", "write"], farm.id, "owner").text
    return token, f"/api/v1/lots/{product}/{crop[0].lot}/labels/{labels.name}"


def until(client: httpx.Client, href: str, seconds: float, **wanted: Any) -> dict[str, Any]:
    """A job, once it is as it is wanted: of a state, or with so many labels printed."""
    for n in count():
        job: dict[str, Any] = client.get(href).json()
        if job["state"] == wanted.get("state") or job["printed"] >= wanted.get(
            "printed", LABELS + 1
        ):
            return job
        assert job["state"] in ("queued", "running"), job
        assert n < seconds / 0.05, job
        time.sleep(0.05)
    raise AssertionError


@pytest.mark.slow
def test_a_job_whose_server_is_killed_twice_is_done_by_the_next_byte_for_byte(
    tmp_path: Path,
) -> None:
    token, labels = prepared(tmp_path)
    environment = {"GOC_HOST": HOST}

    def client(address: str) -> httpx.Client:
        return httpx.Client(base_url=address, headers=bearer(token), timeout=30)

    with goc_serve(tmp_path, **environment) as (process, address), client(address) as http:
        whole = http.post(f"{labels}/jobs", json={}).json()["href"]
        until(http, whole, 120, state="done")
        expected = http.get(f"{whole}/file").content
        href = http.post(f"{labels}/jobs", json={}).json()["href"]
        until(http, href, 60, printed=1)
        process.kill()
    begun = 0
    for last in (False, True):
        with goc_serve(tmp_path, **environment) as (process, address), client(address) as http:
            kept = http.get(href).json()["printed"]
            assert begun < kept < LABELS or not begun
            begun = kept
            if last:
                until(http, href, 2 * LEASE / 1000 + 120, state="done")
                found = http.get(f"{href}/file")
            else:
                until(http, href, 2 * LEASE / 1000 + 60, printed=kept + 1)
                process.kill()
    assert found.content == expected
    document = pypdfium2.PdfDocument(io.BytesIO(found.content))
    serials = set()
    for n in (0, len(document) // 2, len(document) - 1):
        image = document[n].render(scale=300 / 72).to_pil()
        serials |= {each.text for each in zxingcpp.read_barcodes(image)}
    assert len(serials) == 2 * 21 + (LABELS % 21 or 21)
    assert all(each.startswith(HOST) for each in serials)
