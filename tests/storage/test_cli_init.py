"""``goc init`` and ``goc token``: an operator begins a ledger, and says who may use it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.goc import Run, goc
from traceability.cli.new_folder import new_folder
from traceability.core import b64
from traceability.core.vkey import VerifierKey
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings, create_key_file

LOG, HOST, NAME = "so.goc.example/2026", "https://so.goc.example", "Liên hiệp HTX Sông Hậu"
SECRET = b"k" * 32
DAY = 86_400_000


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What whoever runs the tests has set for a ledger of their own stays out of this."""
    for name in ("DATA", "DATABASE_URL", "LOG", "HOST", "KEYRING_KEY", "KEYRING_KEY_FILE", "LANG"):
        monkeypatch.delenv(f"GOC_{name}", raising=False)


@pytest.fixture
def anybody() -> Iterator[None]:
    """A user whose new files are for all to read and write, unless somebody takes care."""
    before = os.umask(0)
    yield
    os.umask(before)


def init(folder: Path, *more: object, name: str = NAME) -> Run:
    return goc("init", "--data", folder, "--log", LOG, "--host", HOST, "--name", name, *more)


def opened(folder: Path) -> Ledger:
    return Ledger.open(Settings.read(folder))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new ledger with its key in its folder."""
    run = init(tmp_path / "goc", "--create-key")
    assert (run.code, run.err) == (0, "")
    return tmp_path / "goc"


# -- beginning ---------------------------------------------------------------------------------
def test_a_new_ledger_holds_its_operator_and_the_rules_and_nothing_else(folder: Path) -> None:
    with opened(folder) as ledger, ledger.reading() as now:
        assert (ledger.log, ledger.size) == (LOG, 3)
        records = [now.reader.signed(n) for n in range(3)]
        operator = now.reader.statements("party", ledger.operator)[0].data
    assert [each.body.type for each in records if each] == ["party", "key", "rules"]
    assert (operator.name, operator.roles) == (NAME, ("operator",))
    assert Settings.read(folder).host == HOST
    assert {path.name for path in folder.iterdir()} == {"goc.db", "host", "keyring.key"}


def test_what_it_says_is_what_an_operator_needs_next(tmp_path: Path) -> None:
    folder = tmp_path / "sổ mới"
    run = init(folder, "--create-key")
    key = goc("log", "key", "--data", folder).text.strip()
    assert VerifierKey.parse(key).name == LOG
    assert f"  {key}\n" in run.text
    assert str(folder / "keyring.key") in run.text
    assert f"goc token create --data '{folder}' --name " in run.text
    assert f"goc serve --data '{folder}'" in run.text
    assert (folder / "keyring.key").read_text("ascii").strip() not in run.text


def test_json_is_one_object_with_the_key_that_others_verify_by(tmp_path: Path) -> None:
    said = init(tmp_path / "goc", "--create-key", "--json").json
    with opened(tmp_path / "goc") as ledger:
        assert said == {
            "log": LOG,
            "log_key": str(ledger.vkey),
            "operator": ledger.operator,
            "host": HOST,
            "keyring_key_file": str(tmp_path / "goc" / "keyring.key"),
        }


def test_of_an_address_all_may_read_commune_and_province(tmp_path: Path) -> None:
    address = "Số 12, Ấp 3, Xã Hỏa Lựu, Thành phố Cần Thơ"
    assert init(tmp_path / "goc", "--create-key", "--address", address).code == 0
    assert init(tmp_path / "2", "--create-key", "--address", "Thành phố Cần Thơ").code == 0
    with opened(tmp_path / "goc") as ledger, ledger.reading() as now:
        stated = now.reader.statements("party", ledger.operator)[0].data.address
        assert (stated.commune, stated.province) == ("Xã Hỏa Lựu", "Thành phố Cần Thơ")
        record = now.reader.signed(0)
    assert record is not None
    public = b64.decode(record.jws.split(b".")[1].decode())
    assert "Xã Hỏa Lựu".encode() in public
    assert "Số 12".encode() not in public
    assert record.body.data.address.line == "Số 12, Ấp 3"  # type: ignore[attr-defined]
    with opened(tmp_path / "2") as ledger, ledger.reading() as now:
        stated = now.reader.statements("party", ledger.operator)[0].data.address
        assert (stated.commune, stated.province) == (None, "Thành phố Cần Thơ")


def test_a_name_is_kept_in_the_form_that_others_type_it_in(tmp_path: Path) -> None:
    taken_apart = "Ca\u0302\u0300n Tho\u031b"
    assert init(tmp_path / "goc", "--create-key", name=f" {taken_apart} ").code == 0
    with opened(tmp_path / "goc") as ledger, ledger.reading() as now:
        assert now.reader.statements("party", ledger.operator)[0].data.name == "Cần Thơ"


# -- the keyring's key -------------------------------------------------------------------------
def test_without_a_key_it_says_how_to_come_by_one_and_makes_nothing(tmp_path: Path) -> None:
    run = init(tmp_path / "new" / "goc")
    assert run.code == 2
    assert all(word in run.err for word in ("[cli.no-key]", "GOC_KEYRING_KEY", "--create-key"))
    assert list(tmp_path.iterdir()) == []


def test_a_key_from_the_environment_is_not_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOC_KEYRING_KEY", b64.encode(SECRET))
    for more in ((), ("--create-key",)):
        folder = tmp_path / f"goc{len(more)}"
        run = init(folder, *more)
        assert run.code == 0, run.err
        assert {path.name for path in folder.iterdir()} == {"goc.db", "host"}
        assert b64.encode(SECRET) not in run.text
        assert b64.encode(SECRET).encode() not in (folder / "goc.db").read_bytes()
    monkeypatch.delenv("GOC_KEYRING_KEY")
    assert "[keyring.no-key]" in goc("log", "key", "--data", tmp_path / "goc0").err


def test_a_key_that_lies_in_the_folder_already_is_the_one_that_is_used(tmp_path: Path) -> None:
    create_key_file(tmp_path, SECRET)
    assert init(tmp_path).code == 0
    assert Settings.read(tmp_path).keyring_key == SECRET
    with opened(tmp_path) as ledger:
        assert ledger.size == 3


# -- what it refuses ---------------------------------------------------------------------------
def test_a_ledger_that_is_there_stays_as_it_is(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for run in (init(folder, "--create-key"), goc("demo", "--data", folder)):
        assert (run.code, "[cli.has-ledger]" in run.err) == (2, True)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_with_other_things_in_it_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    before = mode(tmp_path)
    run = init(tmp_path, "--create-key")
    assert (run.code, "[cli.not-empty]" in run.err) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert mode(tmp_path) == before


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--host", "goc example", "settings.host"),
        ("--log", "not an origin", "settings.log"),
        ("--name", " ", "record.schema"),
        ("--address", "x" * 81, "record.schema"),
    ],
)
def test_a_failure_leaves_nothing_behind(
    tmp_path: Path, option: str, value: str, code: str
) -> None:
    run = init(tmp_path / "new" / "goc", "--create-key", option, value)
    assert (run.code, f"[{code}]" in run.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_a_folder_that_was_there_as_it_was(tmp_path: Path) -> None:
    create_key_file(tmp_path, SECRET)
    assert init(tmp_path, name="").code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["keyring.key"]
    assert init(tmp_path).code == 0


def test_a_folder_that_cannot_be_filled_is_emptied_again(tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "mine").touch()
    before = mode(tmp_path)

    def fill() -> None:
        with new_folder(tmp_path) as folder:
            for name in ("checkpoint", "host", "goc.db"):
                (folder / name).write_text("new")

    with pytest.raises(OSError, match="host"):
        fill()
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == [
        "host", "host/mine",
    ]  # fmt: skip
    assert mode(tmp_path) == before


def test_a_database_elsewhere_keeps_the_key_that_it_was_begun_under(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOC_DATABASE_URL", f"sqlite:///{tmp_path}/elsewhere.db")
    folder = tmp_path / "goc"
    assert init(folder, "--create-key", name="").code == 2
    assert [path.name for path in folder.iterdir()] == ["keyring.key"]
    assert init(folder).code == 0
    assert {path.name for path in folder.iterdir()} == {"host", "keyring.key"}
    again = init(tmp_path / "2", "--create-key")
    assert (again.code, "[ledger.exists]" in again.err) == (2, True)


# -- who may look inside -----------------------------------------------------------------------
@pytest.mark.usefixtures("anybody")
@pytest.mark.parametrize("there", [False, True])
def test_a_new_folder_is_its_owners_alone(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "goc"
    if there:
        folder.mkdir(mode=0o777)
        number = folder.stat().st_ino
    assert init(folder, "--create-key").code == 0
    assert mode(folder) == 0o700
    assert mode(folder / "goc.db") == 0o600
    assert mode(folder / "keyring.key") == 0o600
    if there:
        assert folder.stat().st_ino == number, "a mounted disk cannot be replaced"


@pytest.mark.usefixtures("anybody")
def test_what_lies_beside_the_database_while_it_is_used_is_its_owners_alone(folder: Path) -> None:
    with opened(folder) as ledger:
        ledger.tokens.create("một", ["admin"])
        found = {path.name: mode(path) for path in folder.glob("goc.db*")}
    assert found == {"goc.db": 0o600, "goc.db-wal": 0o600, "goc.db-shm": 0o600}


@pytest.mark.usefixtures("anybody")
def test_a_ledger_made_by_a_program_is_its_owners_alone(tmp_path: Path) -> None:
    create_key_file(tmp_path / "goc", SECRET)
    Ledger.create(Settings.read(tmp_path / "goc"), {"name": NAME}).close()
    assert (mode(tmp_path / "goc"), mode(tmp_path / "goc" / "goc.db")) == (0o700, 0o600)


# -- tokens ------------------------------------------------------------------------------------
def token(folder: Path, *more: object, name: str = "thử") -> Run:
    return goc("token", "create", "--data", folder, "--name", name, *more)


def test_quiet_prints_the_token_alone_and_it_opens_the_ledger(folder: Path) -> None:
    run = token(folder, "--admin", "--quiet")
    assert (run.code, run.err) == (0, "")
    with opened(folder) as ledger:
        who = ledger.tokens.authenticate(run.text.removesuffix("\n"))
    assert who is not None
    assert (who.name, who.scopes, who.party) == ("thử", frozenset({"admin"}), None)


def test_a_token_is_told_once_and_lies_nowhere(folder: Path) -> None:
    told = token(folder, "--admin")
    [text] = [line.strip() for line in told.text.splitlines() if line.strip().startswith("goc_")]
    assert told.text.count(text) == 1
    secret = text.split("_", 2)[2]
    listed = goc("token", "list", "--data", folder)
    assert text.split("_")[1] in listed.text
    as_json = goc("token", "list", "--data", folder, "--json")
    ended = goc("token", "revoke", text, "--data", folder)
    unknown = goc("token", "revoke", text.replace("goc_", "goc_0"), "--data", folder)
    assert (ended.code, unknown.code, "[token.unknown]" in unknown.err) == (0, 2, True)
    for run in (listed, as_json, ended, unknown):
        assert secret[:6] not in run.text + run.err
    for path in folder.iterdir():
        assert secret.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        ("owner", {"read", "write"}),
        ("clerk", {"read", "write"}),
        ("scanner", {"read", "write"}),
        ("viewer", {"read"}),
    ],
)
def test_a_partys_token_acts_for_it_in_its_role(folder: Path, role: str, scopes: set[str]) -> None:
    statement = {"roles": ["cooperative"], "kind": "organisation", "name": "HTX Khóm Nắng Vàng"}
    with opened(folder) as ledger:
        party = ledger.registry.party({**statement, "number": "HTX-01"}).id
        for named in (party, "HTX-01", "htx khóm nắng vàng"):
            run = token(folder, "--party", named, "--role", role, "--quiet")
            who = ledger.tokens.authenticate(run.text.strip())
            assert who is not None, "a server that runs knows it at once"
            assert (who.party, who.role, who.scopes) == (party, role, frozenset(scopes))
    assert "HTX Khóm Nắng Vàng (" in goc("token", "list", "--data", folder).text


def test_an_auditors_access_ends_and_others_only_if_asked(folder: Path) -> None:
    token(folder, "--auditor", name="kiểm toán")
    token(folder, "--auditor", "--days", 7, name="một tuần")
    token(folder, "--admin", name="mãi")
    shown = goc("token", "list", "--data", folder, "--json").json["tokens"]
    good = {
        each["name"]: each["expires"] and round((each["expires"] - each["created"]) / DAY)
        for each in shown
    }
    assert good == {"kiểm toán": 90, "một tuần": 7, "mãi": None}
    assert {tuple(each["scopes"]) for each in shown} == {("audit",), ("admin",)}


def test_a_revoked_token_opens_nothing_and_the_list_says_so(folder: Path) -> None:
    assert "Chưa có mã truy cập" in goc("token", "list", "--data", folder).text
    text = token(folder, "--admin", "--quiet").text.strip()
    id_ = text.split("_")[1]
    assert goc("token", "revoke", id_, "--data", folder).code == 0
    assert goc("token", "revoke", id_, "--data", folder).code == 0, "twice does no harm"
    [line] = goc("token", "list", "--data", folder).text.splitlines()
    assert line.startswith(f"{id_}  chấm dứt từ ")
    with opened(folder) as ledger:
        assert ledger.tokens.authenticate(text) is None


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--party", "nobody", "--role", "owner"), "import.party"),
        (("--party", NAME), "token.role"),
        (("--admin", "--role", "owner"), "token.role"),
        (("--admin", "--days", "0"), "cli.days"),
        (("--admin", "--days", "99999"), "cli.days"),
        (("--admin", "--name", "x" * 81), "token.name"),
        (("--admin", "--name", "a\x1b[2J"), "token.name"),
        (("--admin", "--name", ""), "token.name"),
    ],
)
def test_a_token_that_cannot_be_meant_is_not_made(
    folder: Path, more: tuple[str, ...], code: str
) -> None:
    run = token(folder, *more)
    assert (run.code, run.out, f"[{code}]" in run.err) == (2, b"", True)
    assert goc("token", "list", "--data", folder, "--json").json == {"tokens": []}


@pytest.mark.parametrize(
    "more",
    [
        (),
        ("--admin", "--auditor"),
        ("--party", "x", "--admin"),
        ("--party", "x", "--role", "admin"),
    ],
    ids=" ".join,
)
def test_a_token_is_of_one_kind(folder: Path, more: tuple[str, ...]) -> None:
    run = token(folder, *more)
    assert (run.code, "usage: goc token create" in run.err) == (2, True)


def test_without_a_ledger_there_are_no_tokens(tmp_path: Path) -> None:
    for command in (("create", "--name", "x", "--admin"), ("list",), ("revoke", "x")):
        run = goc("token", *command, "--data", tmp_path / "none")
        assert (run.code, "[ledger.none]" in run.err) == (2, True)
    assert list(tmp_path.iterdir()) == []
