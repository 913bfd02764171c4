"""``goc doctor`` finds what is wrong with a ledger and its surroundings, and says what to do."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.goc import Run, goc
from tests.kept import FARM, OPERATOR, Clock
from tests.kit import World
from tests.ledgers import codes, send
from traceability.audit.publisher import Publisher
from traceability.cli import doctor
from traceability.core import b64
from traceability.ledger import checkup
from traceability.ledger.checkup import Finding, ledger_findings
from traceability.ledger.keyring import Keyring
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings
from traceability.storage.engine import Database
from traceability.storage.migrations import migrate
from traceability.storage.server_facts import PostgresFacts, SqliteFacts
from traceability.text import has_text

KEY = b"k" * 32
HOST = "https://goc.example"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger in a folder, its key in the environment."""
    for name in ("DATABASE_URL", "LOG", "KEYRING_KEY_FILE", "LANG"):
        monkeypatch.delenv(f"GOC_{name}", raising=False)
    monkeypatch.setenv("GOC_KEYRING_KEY", b64.encode(KEY))
    monkeypatch.setenv("GOC_HOST", HOST)
    settings = Settings(tmp_path, f"sqlite:///{tmp_path}/goc.db", None, HOST, KEY)
    with Ledger.create(settings, OPERATOR, Clock()) as ledger:
        ledger.registry.party(FARM)
        publisher = Publisher.of(ledger, settings)
        publisher.publish()
        publisher.close()
    return tmp_path


def ask(folder: Path, *more: object) -> Run:
    """Ask the doctor, as a program."""
    return goc("doctor", "--data", folder, "--json", *more)


def found(run: Run) -> dict[str, str]:
    """What was found: check → level."""
    return {each["check"]: each["level"] for each in run.json["checks"]}


def execute(folder: Path, *statements: str) -> None:
    """Change the database behind the ledger's back."""
    database = Database(f"sqlite:///{folder}/goc.db")
    with database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    database.close()


def test_a_sound_ledger_is_found_sound(folder: Path) -> None:
    run = ask(folder)
    assert run.code == 0, run.text
    assert run.json["level"] == "ok"
    assert set(found(run).values()) == {"ok"}
    assert set(found(run)) == {
        "host", "files", "space", "sqlite", "schema", "records", "tiles", "clock", "log-key",
        "keyring", "head", "published",
    }  # fmt: skip
    assert b64.encode(KEY) not in run.text
    said = goc("doctor", "--data", folder)
    assert said.code == 0
    assert len(said.text.splitlines()) == len(found(run)) + 1


@pytest.mark.parametrize(
    ("statements", "check"),
    [
        (["UPDATE alembic_version SET version_num = 'later'"], "schema.old"),
        (["DELETE FROM record WHERE idx = 4"], "records.other"),
        (["UPDATE head SET size = 0"], "ledger.none"),
        (["UPDATE record SET digest = zeroblob(32) WHERE idx = 1"], "tiles.broken"),
        (["UPDATE head SET checkpoint = X'00'"], "head.broken"),
        (["UPDATE keyring SET nonce = zeroblob(12) WHERE party LIKE 'log:%'"], "keyring.other"),
        (["UPDATE keyring SET nonce = zeroblob(12) WHERE party LIKE 'p-%'"], "keyring.some"),
        (["DELETE FROM keyring WHERE party LIKE 'log:%'"], "keyring.no-log-key"),
        (["UPDATE head SET time = 9000000000000"], "clock.behind"),
    ],
)
def test_what_is_wrong_with_a_ledger_is_a_problem_by_name(
    folder: Path, statements: list[str], check: str
) -> None:
    execute(folder, *statements)
    run = ask(folder)
    assert run.code == 2
    assert found(run)[check] == "problem"
    sentence = next(each["text"] for each in run.json["checks"] if each["check"] == check)
    assert not sentence.startswith("doctor.")
    assert not re.search(r"\{\w+\}", sentence)


def test_settings_that_cannot_serve_are_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("GOC_HOST", "http://127.0.0.1:8000")
        assert (ask(folder).code, found(ask(folder))["host.local"]) == (1, "warning")
    with monkeypatch.context() as patch:
        patch.setenv("GOC_KEYRING_KEY", b64.encode(b"x" * 32))
        assert (ask(folder).code, found(ask(folder))["keyring.other"]) == (2, "problem")
    with monkeypatch.context() as patch:
        patch.delenv("GOC_KEYRING_KEY")
        assert found(ask(folder))["keyring.none"] == "problem"
        (folder / "keyring.key").write_text(b64.encode(KEY))
        run = ask(folder)
        assert (found(run)["key-file"], found(run)["file.open"]) == ("warning", "problem")
        (folder / "keyring.key").chmod(0o600)
        assert ask(folder).code == 1
        (folder / "keyring.key").write_text("no key")
        assert found(ask(folder)) == {"error": "problem"}


def test_files_that_others_may_read_and_a_full_disk_are_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "goc.db").chmod(0o644)
    assert (ask(folder).code, found(ask(folder))["file.open"]) == (2, "problem")
    (folder / "goc.db").chmod(0o600)
    monkeypatch.setattr(doctor, "LITTLE_SPACE", 1 << 60)
    assert (ask(folder).code, found(ask(folder))["space.little"]) == (1, "warning")
    monkeypatch.setattr(doctor, "NO_SPACE", 1 << 60)
    assert ask(folder).code == 2


def test_where_there_is_nothing_the_way_to_begin_is_said(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(tmp_path / "nowhere")
    assert (run.code, found(run)["folder.none"]) == (2, "problem")
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "empty").mkdir()
    assert found(ask(tmp_path / "empty"))["ledger.none"] == "problem"
    assert list((tmp_path / "empty").iterdir()) == []
    url = "postgresql://goc:hush@127.0.0.1:9/goc"
    monkeypatch.setenv("GOC_DATABASE_URL", url)
    away = ask(folder)
    assert (away.code, found(away)["database.unreachable"]) == (2, "problem")
    assert "hush" not in away.text
    monkeypatch.setenv("GOC_DATABASE_URL", f"{url}?no_such_option=1")
    assert found(ask(folder))["error"] == "problem"
    monkeypatch.setenv("GOC_DATABASE_URL", url)
    refused = goc("migrate", "--data", folder)
    assert refused.code == 2
    assert "[cli.unreachable]" in refused.err
    assert "hush" not in refused.err


def test_the_doctor_looks_beside_a_running_ledger_and_keeps_it_from_nothing(folder: Path) -> None:
    settings = Settings(folder, f"sqlite:///{folder}/goc.db", None, HOST, KEY)
    with Ledger.open(settings) as ledger, ledger.database.writing():
        assert ask(folder).code == 0


# -- what was published ----------------------------------------------------------------------------
def go_on(folder: Path) -> None:
    """One party more."""
    settings = Settings(folder, f"sqlite:///{folder}/goc.db", None, HOST, KEY)
    with Ledger.open(settings, Clock()) as ledger:
        ledger.registry.party(FARM)


def test_a_database_is_compared_with_what_was_published(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path_factory.mktemp("old") / "goc.db"
    shutil.copy(folder / "goc.db", old)
    go_on(folder)
    assert (ask(folder).code, found(ask(folder))["published.behind"]) == (1, "warning")
    assert goc("publish", "--once", "--data", folder).code == 0
    assert found(ask(folder))["published"] == "ok"

    monkeypatch.setenv("GOC_DATABASE_URL", f"sqlite:///{old}")
    run = ask(folder)
    assert (run.code, found(run)["published.ahead"]) == (2, "problem")
    monkeypatch.setenv("GOC_TILES_URL", (old.parent / "nothing").as_uri())
    assert found(ask(folder))["published.emptied"] == "problem"
    monkeypatch.setenv("GOC_TILES_URL", "ftp://x")
    assert found(ask(folder))["published.unreachable"] == "problem"
    monkeypatch.setenv("GOC_TILES_URL", old.parent.as_uri())
    (old.parent / "checkpoint").write_text("no checkpoint")
    assert found(ask(folder))["published.unreadable"] == "problem"


def test_another_history_than_the_published_one_is_a_problem(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("other")
    shutil.copy(folder / "goc.db", other / "goc.db")
    shutil.copytree(folder / "tiles", other / "tiles")
    go_on(folder)
    assert goc("publish", "--once", "--data", folder).code == 0
    go_on(other)  # the same place in the log goes to another party
    monkeypatch.setenv("GOC_TILES_URL", (folder / "tiles").as_uri())
    run = ask(other)
    assert (run.code, found(run)["published.forked"]) == (2, "problem")


# -- PostgreSQL ------------------------------------------------------------------------------------
SOUND = PostgresFacts(160_003, 1_000_000, False, True, True, "on", 97, False, 0, 0, 0)


def judged(facts: PostgresFacts, now: int = 1_000_000, workers: int = 4) -> dict[str, str]:
    """What is found of a server that is not sound."""
    return {
        each.what: each.level
        for each in checkup._postgres(facts, now, workers)
        if each.level != "ok"
    }


def test_a_sound_server_is_found_sound() -> None:
    assert judged(SOUND) == {}
    assert judged(replace(SOUND, demanded=True, standbys=2, in_step=1)) == {}


@pytest.mark.parametrize(
    ("change", "what", "level"),
    [
        ({"version": 130_014}, "postgres.old", "problem"),
        ({"is_standby": True}, "postgres.standby", "problem"),
        ({"fsync": False}, "postgres.durable", "problem"),
        ({"full_page_writes": False}, "postgres.durable", "problem"),
        ({"commit": "off"}, "postgres.commit", "warning"),
        ({"connections": 40}, "connections.few", "warning"),
        ({"demanded": True}, "standbys.missing", "problem"),
        ({"standbys": 1}, "standbys.loose", "warning"),
        ({"standbys": 1, "in_step": 1, "lag_bytes": 1 << 30}, "standbys.behind", "warning"),
        ({"time": 1_010_000}, "clock.database.apart", "warning"),
        ({"time": 9_000_000}, "clock.database.apart", "problem"),
    ],
)
def test_a_server_that_could_lose_or_refuse_records_is_said(
    change: dict[str, Any], what: str, level: str
) -> None:
    assert judged(replace(SOUND, **change)) == {what: level}


def test_a_file_that_is_not_durable_is_said() -> None:
    [_, finding] = checkup._sqlite(SqliteFacts("3.40.1", "delete", 1))
    assert (finding.what, finding.level) == ("sqlite.durable", "problem")


@pytest.fixture
def on_postgres(postgres_ledger_url: str) -> Iterator[Database]:
    """A ledger on PostgreSQL."""
    world = World()
    database = Database(postgres_ledger_url)
    migrate(database)
    keyring = Keyring(database, KEY, world.clock)
    with Ledger(database, keyring.create_log_key(world.log), world.clock, keyring) as ledger:
        world.place(world.party("farm"))
        assert set(codes(send(ledger, world.take()))) == {None}
        yield database


def test_a_real_server_is_asked(on_postgres: Database) -> None:
    from traceability.clock import now_ms

    seen = {each.what: each for each in checkup.database_findings(on_postgres, now_ms(), 2)}
    assert seen["postgres"].level == "ok"
    assert seen["connections"].params["needed"] == 2 * checkup.CONNECTIONS
    assert seen["clock.database"].level == "ok"
    # The tests' server keeps nothing through a power cut, and the doctor says so.
    assert seen["postgres.durable"].level == "problem"
    assert {each.level for each in ledger_findings(on_postgres, KEY, now_ms())} == {"ok"}


def test_whatever_may_be_found_has_its_sentence_in_every_language() -> None:
    sources = [Path(checkup.__file__), Path(doctor.__file__)]
    whole = "".join(each.read_text("utf-8") for each in sources)
    named = set(re.findall(r'Finding\(\s*"([a-z.-]+)"', whole)) - {"error"}
    named |= {name for pair in re.findall(r'Finding\("([a-z.-]+)" if .*? else "([a-z.-]+)"', whole)
              for name in pair}  # fmt: skip
    assert len(named) > 35
    wanting = [
        (language, name)
        for language in ("vi", "en")
        for name in named | set(checkup._PUBLISHED.values()) | {"published.unreadable"}
        if not has_text(language, f"doctor.{name}")
    ]
    assert wanting == []
    assert Finding("host").level == "ok"
