"""A ledger is made once, opened as often as one likes, and never taken for another."""

from pathlib import Path
from typing import Any

import pytest

from tests.kept import OPERATOR, Clock
from traceability.core import codec
from traceability.core.checkpoint import open_checkpoint
from traceability.core.errors import GocError, LedgerError, RuleError
from traceability.core.thresholds import FIRST
from traceability.core.vkey import VerifierKey
from traceability.ledger.ledger import Ledger
from traceability.ledger.outcome import Receipt, Refusal
from traceability.settings import Settings, create_key_file
from traceability.storage.engine import Database
from traceability.storage.migrations import migrate


def settings_of(folder: Path, **environment: str) -> Settings:
    return Settings.read(folder, environment)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    create_key_file(tmp_path, b"k" * 32)
    return settings_of(tmp_path)


def refused(settings: Settings) -> str:
    with pytest.raises(LedgerError) as refusal:
        Ledger.open(settings)
    return refusal.value.code


def test_a_new_ledger_begins_with_its_operator_its_key_and_the_rules(settings: Settings) -> None:
    with Ledger.create(settings, OPERATOR, Clock()) as ledger:
        assert ledger.size == 3
        assert ledger.log == "goc.localhost/demo"
        with ledger.reading() as now:
            bodies: list[Any] = [now.reader.signed(n) for n in range(3)]
            rules = now.reader.statements("rules", "rules")
        assert [each.body.type for each in bodies] == ["party", "key", "rules"]
        assert bodies[0].body.data.party == ledger.operator
        assert bodies[0].body.data.name == OPERATOR["name"]
        assert {each.kid for each in bodies} == {bodies[0].kid}
        assert rules[0].data.thresholds == FIRST.digest


def test_what_was_made_is_there_when_it_is_opened_again(settings: Settings) -> None:
    with Ledger.create(settings, OPERATOR, Clock()) as ledger:
        operator, vkey = ledger.operator, str(ledger.vkey)
    with Ledger.open(settings, Clock()) as ledger:
        assert (ledger.operator, str(ledger.vkey), ledger.size) == (operator, vkey, 3)
        registered = ledger.registry.party({"roles": ["farm"], "kind": "household", "person": "Tư"})
        assert ledger.size == 5
        assert registered.receipts[1].index == 4


def test_checkpoints_are_signed_by_the_logs_own_key_which_signs_no_record(
    settings: Settings,
) -> None:
    with Ledger.create(settings, OPERATOR, Clock()) as ledger:
        vkey = VerifierKey.parse(str(ledger.vkey))
        opened = open_checkpoint(ledger.receipts.head().checkpoint, vkey)
        assert (opened.checkpoint.origin, opened.checkpoint.size) == (ledger.log, 3)
        with ledger.reading() as now:
            assert now.reader.key(vkey.public.kid) is None


def test_where_there_is_no_ledger_nothing_is_opened_and_nothing_left_behind(
    settings: Settings,
) -> None:
    before = sorted(settings.data.iterdir())
    assert refused(settings) == "ledger.none"
    assert sorted(settings.data.iterdir()) == before


def test_a_database_without_a_log_is_no_ledger(settings: Settings) -> None:
    database = Database(settings.database_url)
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE other (a)")
    assert refused(settings) == "ledger.none"
    migrate(database)
    database.close()
    assert refused(settings) == "ledger.none"


def test_a_ledger_is_not_made_twice(settings: Settings) -> None:
    Ledger.create(settings, OPERATOR, Clock()).close()
    with pytest.raises(LedgerError) as refusal:
        Ledger.create(settings, OPERATOR, Clock())
    assert refusal.value.code == "ledger.exists"
    with Ledger.open(settings) as ledger:
        assert ledger.size == 3


def test_another_logs_name_is_refused(settings: Settings, tmp_path: Path) -> None:
    Ledger.create(settings, OPERATOR, Clock()).close()
    assert refused(settings_of(tmp_path, GOC_LOG="goc.example/other")) == "ledger.other-log"
    with Ledger.open(settings_of(tmp_path, GOC_LOG="goc.localhost/demo")) as ledger:
        assert ledger.size == 3


def test_a_missing_or_wrong_keyring_key_is_told_apart(settings: Settings, tmp_path: Path) -> None:
    Ledger.create(settings, OPERATOR, Clock()).close()
    (tmp_path / "keyring.key").unlink()
    assert refused(settings_of(tmp_path)) == "keyring.no-key"
    create_key_file(tmp_path, b"x" * 32)
    assert refused(settings_of(tmp_path)) == "keyring.key"


def test_a_ledger_that_could_not_begin_can_be_begun_again(settings: Settings) -> None:
    with pytest.raises(RuleError) as refusal:
        Ledger.create(settings, {"kind": "organisation"}, Clock())
    assert refusal.value.code == "party.name"
    assert refused(settings) == "ledger.none"
    with Ledger.create(settings, OPERATOR, Clock()) as ledger:
        assert ledger.size == 3


def test_long_lists_are_appended_in_batches_and_each_record_answered(settings: Settings) -> None:
    with Ledger.create(settings, OPERATOR, Clock()) as ledger:
        sign = ledger.commands.sign
        party = {"roles": ["farm"], "kind": "household"}
        wires = [
            sign(ledger.operator, {"type": "party", "data": party | {"party": f"p-{n:016}"}})
            for n in range(1_050)
        ]
        wires[500] = wires[500].replace(b".", b"..", 1)
        outcomes = ledger.append(wires)
        assert [n for n, each in enumerate(outcomes) if isinstance(each, Refusal)] == [500]
        assert [each.index for each in outcomes[-2:] if isinstance(each, Receipt)] == [1050, 1051]


def test_accept_raises_the_first_refusals_reason(settings: Settings) -> None:
    with Ledger.create(settings, OPERATOR, Clock()) as ledger:
        sign = ledger.commands.sign
        nameless = {"party": "p-0123456789abcdef", "roles": ["market"], "kind": "organisation"}
        wrong = sign(ledger.operator, {"type": "party", "data": nameless})
        with pytest.raises(GocError) as refusal:
            ledger.accept([wrong])
        assert refusal.value.code == "party.name"
        assert codec.parse(wrong).body.type == "party"


def test_a_ledger_put_together_by_hand_holds_no_keys(settings: Settings) -> None:
    with Ledger.create(settings, OPERATOR, Clock()) as made:
        signer = made.keyring.log_signer(made.log)
    with Ledger.begin(settings.database_url, signer, Clock()) as ledger:
        assert ledger.size == 3
        with pytest.raises(LedgerError) as refusal:
            _ = ledger.commands
        assert refusal.value.code == "keyring.no-key"
