"""The PostgreSQL of the tests is a real one, fresh for each test, and never outlives them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.postgres import Postgres


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in rows}


def test_the_server_is_postgresql_18_and_speaks_vietnamese(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        (version,) = connection.execute("SHOW server_version_num").fetchone() or ("",)
        (text,) = connection.execute("SELECT upper(%s)", ["Cầu Đúc"]).fetchone() or ("",)
    assert version.startswith("18")
    assert text == "CẦU ĐÚC"


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_gets_a_database_without_anything_of_another(
    postgres_database: str, turn: str
) -> None:
    assert tables(postgres_database) == set()
    with psycopg.connect(postgres_database) as connection:
        connection.execute("CREATE TABLE leftover (id int)")
    assert tables(postgres_database) == {"leftover"}


def test_a_database_made_from_a_template_has_its_tables(postgres: Postgres) -> None:
    template = postgres.create_database()
    with psycopg.connect(postgres.url(template)) as connection:
        connection.execute("CREATE TABLE lot (code text)")
    copy = postgres.create_database(template)
    assert tables(postgres.url(copy)) == {"lot"}
    for name in (copy, template):
        postgres.drop_database(name)


def test_the_server_ends_and_its_data_goes_when_the_tests_are_killed() -> None:
    program = (
        "from tests.postgres import Postgres; import time;"
        "print(Postgres().folder, flush=True); time.sleep(600)"
    )
    tester = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert tester.stdout is not None
    folder = Path(tester.stdout.readline().strip())
    server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    assert alive(server)

    tester.send_signal(signal.SIGKILL)
    tester.wait()

    deadline = time.monotonic() + 20
    while (folder.exists() or alive(server)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
    assert not alive(server)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
