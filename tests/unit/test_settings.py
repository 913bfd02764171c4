"""Settings come from the command line, the environment, or a default; secrets from no default."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import make_url

from traceability.core import b64
from traceability.core.errors import LedgerError
from traceability.settings import DEMO_LOG, HOST_FILE, Settings, create_key_file

KEY = bytes(range(32))


def test_a_data_folder_is_all_that_a_demo_needs(tmp_path: Path) -> None:
    settings = Settings.read(tmp_path, {})
    assert settings.log is None
    assert settings.host == "https://goc.localhost"
    assert settings.database_url == f"sqlite:///{tmp_path}/goc.db"
    assert settings.keyring_key is None


def test_the_environment_goes_before_defaults_and_the_command_line_before_both(
    tmp_path: Path,
) -> None:
    environment = {
        "GOC_DATABASE_URL": "postgresql://a:b@db/goc",
        "GOC_LOG": "goc.example/vn",
        "GOC_HOST": "https://truy.example/",
        "GOC_KEYRING_KEY": b64.encode(KEY),
    }
    settings = Settings.read(tmp_path, environment)
    assert (settings.log, settings.host) == ("goc.example/vn", "https://truy.example")
    assert settings.database_url == "postgresql://a:b@db/goc"
    assert settings.keyring_key == KEY
    assert Settings.read(tmp_path, environment, log="goc.example/2").log == "goc.example/2"


def test_the_address_on_labels_may_be_kept_with_the_data(tmp_path: Path) -> None:
    (tmp_path / HOST_FILE).write_text("http://127.0.0.1:8000\n")
    assert Settings.read(tmp_path, {}).host == "http://127.0.0.1:8000"
    environment = {"GOC_HOST": "https://truy.example"}
    assert Settings.read(tmp_path, environment).host == "https://truy.example"
    for wrong in ("no address", "máy chủ"):
        (tmp_path / HOST_FILE).write_text(wrong, "utf-8")
        with pytest.raises(LedgerError) as refused:
            Settings.read(tmp_path, {})
        assert refused.value.code == "settings.host"


def test_no_secret_is_shown(tmp_path: Path) -> None:
    settings = Settings(tmp_path, "postgresql://a:hush@db/goc", DEMO_LOG, "http://localhost:1", KEY)
    assert "hush" not in repr(settings)
    assert repr(KEY)[3:9] not in repr(settings)
    with pytest.raises(LedgerError) as refused:
        Settings.read(tmp_path, {"GOC_KEYRING_KEY": "hush-hush"})
    assert refused.value.code == "settings.keyring-key"
    assert "hush" not in str(refused.value)


def test_the_keyrings_key_may_lie_in_a_file(tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.write_text(b64.encode(KEY) + "\n")
    assert Settings.read(tmp_path, {"GOC_KEYRING_KEY_FILE": str(other)}).keyring_key == KEY
    with pytest.raises(LedgerError) as refused:
        Settings.read(tmp_path, {"GOC_KEYRING_KEY_FILE": str(tmp_path / "nowhere")})
    assert refused.value.code == "settings.key-file"
    assert "nowhere" not in str(refused.value)


def test_the_databases_password_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hush/@:é?\n", "utf-8")
    url = "postgresql://goc@db:5432/goc?target_session_attrs=read-write"
    told = {"GOC_DATABASE_URL": url, "GOC_DATABASE_PASSWORD_FILE": str(file)}
    settings = Settings.read(tmp_path, told)
    parsed = make_url(settings.database_url)
    assert (parsed.username, parsed.password, parsed.host) == ("goc", "hush/@:é?", "db")
    assert parsed.query == {"target_session_attrs": "read-write"}
    assert "hush" not in repr(settings)
    assert Settings.read(tmp_path, told, database_url="sqlite://").database_url == "sqlite://"


@pytest.mark.parametrize(
    "url",
    ["", "sqlite:///goc.db", "postgresql://db/goc", "postgresql://goc:known@db/goc"],
    ids=["none", "of no server", "no user", "a password"],
)
def test_a_password_that_fits_no_user_is_refused_and_not_shown(tmp_path: Path, url: str) -> None:
    file = tmp_path / "password"
    file.write_text("hush")
    with pytest.raises(LedgerError) as refused:
        Settings.read(tmp_path, {"GOC_DATABASE_URL": url, "GOC_DATABASE_PASSWORD_FILE": str(file)})
    assert refused.value.code == "settings.password-file"
    assert "hush" not in str(refused.value)
    assert "known" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff", None])
def test_a_password_file_without_a_password_is_refused(
    tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    told = {"GOC_DATABASE_URL": "postgresql://goc@db/goc", "GOC_DATABASE_PASSWORD_FILE": str(file)}
    with pytest.raises(LedgerError) as refused:
        Settings.read(tmp_path, told)
    assert refused.value.code == "settings.password-file"


def test_a_key_file_is_for_its_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = create_key_file(tmp_path / "new", KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Settings.read(tmp_path / "new", {}).keyring_key == KEY
    with pytest.raises(LedgerError) as refused:
        create_key_file(tmp_path / "new", bytes(32))
    assert refused.value.code == "settings.key-exists"
    assert Settings.read(tmp_path / "new", {}).keyring_key == KEY


@pytest.mark.parametrize(
    ("variable", "value", "code"),
    [
        ("GOC_LOG", "Not An Origin", "settings.log"),
        ("GOC_HOST", "goc.example", "settings.host"),
        ("GOC_HOST", "https://goc.example/path", "settings.host"),
        ("GOC_HOST", "https://goc.example?x", "settings.host"),
        ("GOC_KEYRING_KEY", b64.encode(bytes(31)), "settings.keyring-key"),
        ("GOC_KEYRING_KEY", b64.encode(KEY) + "=", "settings.keyring-key"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, variable: str, value: str, code: str
) -> None:
    with pytest.raises(LedgerError) as refused:
        Settings.read(tmp_path, {variable: value})
    assert refused.value.code == code


def test_what_a_server_is_told_of_its_log_and_its_end_is_checked(tmp_path: Path) -> None:
    told = Settings.read(tmp_path, {"GOC_LOG_FORMAT": "json", "GOC_DRAIN_SECONDS": "2.5"})
    assert (told.log_format, told.drain_seconds) == ("json", 2.5)
    for wrong, code in (
        ({"GOC_LOG_FORMAT": "xml"}, "settings.log-format"),
        ({"GOC_DRAIN_SECONDS": "soon"}, "settings.drain"),
        ({"GOC_DRAIN_SECONDS": "nan"}, "settings.drain"),
        ({"GOC_DRAIN_SECONDS": "-1"}, "settings.drain"),
        ({"GOC_PLACE_HEADER": "X-Place: VN"}, "settings.header"),
        ({"GOC_ADDRESS_HEADER": "địa chỉ"}, "settings.header"),
        ({"GOC_COMPLAINT_MONTHS": "0"}, "settings.months"),
        ({"GOC_COMPLAINT_MONTHS": "two"}, "settings.months"),
        ({"GOC_COMPLAINT_MONTHS": "121"}, "settings.months"),
    ):
        with pytest.raises(LedgerError) as refused:
            Settings.read(tmp_path, wrong)
        assert refused.value.code == code


def test_the_log_is_published_in_the_data_folder_unless_another_place_is_named(
    tmp_path: Path,
) -> None:
    assert Settings.read(tmp_path, {}).tiles == (tmp_path / "tiles").as_uri()
    named = Settings.read(
        tmp_path, {"GOC_TILES_URL": "s3://hush/log", "GOC_WITNESS_POLICY": "policy.txt"}
    )
    assert (named.tiles, named.witness_policy) == ("s3://hush/log", Path("policy.txt"))
    assert "hush" not in repr(named)
