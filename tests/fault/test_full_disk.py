"""PostgreSQL's disk is full: that is said, nothing is half written, and all goes on when it is not.

A small library before the C library (``full_disk.c``) keeps tables from growing while a file is
there; so it needs a C compiler, and is skipped, loudly, where there is none.
"""

import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault.ledger_checks import Shown, require_kept
from tests.kit import Signed, World
from tests.ledgers import codes, open_ledger
from tests.postgres import CRASHING, Postgres
from traceability.core.errors import LedgerError
from traceability.ledger.outcome import Receipt

SOURCE = Path(__file__).with_name("full_disk.c")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults"), pytest.mark.postgres]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the library and the sign lie: the server, which is nobody, reads both."""
    found = Path(tempfile.mkdtemp(prefix="goc-full-disk-"))
    found.chmod(0o755)
    yield found
    shutil.rmtree(found)


@pytest.fixture
def library(folder: Path) -> Path:
    """The compiled library."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        warnings.warn("NO C COMPILER: a full disk of PostgreSQL was not tested", stacklevel=1)
        pytest.skip("no C compiler")
    made = folder / "full_disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", made, SOURCE, "-ldl"], check=True)
    made.chmod(0o755)
    return made


def test_a_full_disk_is_said_and_survived(library: Path, folder: Path, tmp_path: Path) -> None:
    full = folder / "full"
    environment = {"LD_PRELOAD": str(library), "GOC_FULL_DISK": str(full)}
    world, shown = World(), Shown()
    with Postgres(CRASHING, environment=environment) as server:
        url = server.url(server.create_database())
        with open_ledger(tmp_path, world, url=url) as ledger:
            farm = world.party("farm")
            plot, product = world.place(farm), world.product(farm)

            def harvests() -> list[Signed]:
                for _ in range(40):
                    line = (product, world.lot(), "5 KGM")
                    world.harvest(farm, plot, [line], note="đầy " * 100)
                return world.take()

            def failed(batch: list[Signed]) -> bool:
                future = ledger.appender.submit([each.wire for each in batch])
                error = future.exception(60)
                if error is not None:
                    assert isinstance(error, LedgerError)
                    assert error.code == "ledger.storage"
                    return True
                outcomes = future.result()
                assert codes(outcomes) == [None] * len(batch)
                for signed, receipt in zip(batch, outcomes, strict=True):
                    assert isinstance(receipt, Receipt)
                    shown.receipt(signed.name, receipt.to_proof())
                return False

            assert not failed(harvests())
            for _ in range(3):
                full.touch()
                batch, before = harvests(), ledger.receipts.head()
                while not failed(batch):
                    assert len(world.records) < 4_000, "the disk never was full"
                    batch, before = harvests(), ledger.receipts.head()
                assert failed(batch)
                assert ledger.receipts.head() == before
                full.unlink()
                assert not failed(batch)
                assert ledger.size == before.size + len(batch)
            require_kept(ledger.database, world.signer.key, shown)
