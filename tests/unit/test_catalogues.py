"""The text catalogues: both languages complete, and compiled as they stand."""

import gettext
from pathlib import Path

import pytest

from tools.catalogues import compile_all, compiled, faults, stale


@pytest.fixture
def locale(tmp_path: Path) -> Path:
    """Two small catalogues without a fault."""
    write(tmp_path, "vi", "cli", {"cli.hello": "Chào {name}!", "cli.bye": "Tạm biệt."})
    write(tmp_path, "en", "cli", {"cli.bye": "Goodbye.", "cli.hello": "Hello {name}!"})
    return tmp_path


def write(locale: Path, language: str, domain: str, texts: dict[str, str]) -> Path:
    po = locale / language / "LC_MESSAGES" / f"{domain}.po"
    po.parent.mkdir(parents=True, exist_ok=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
    entries = [f'msgid "{key}"\nmsgstr "{sentence}"\n' for key, sentence in texts.items()]
    po.write_text("\n".join([header, *entries]), "utf-8")
    return po


def test_the_catalogues_of_gốc_have_no_fault_and_are_compiled_as_they_stand() -> None:
    assert [*faults(), *stale()] == []


def test_two_whole_catalogues_pass(locale: Path) -> None:
    compile_all(locale)
    assert [*faults(locale), *stale(locale)] == []


def test_a_compiled_catalogue_is_read_by_the_standard_library(locale: Path) -> None:
    compile_all(locale)
    with (locale / "vi" / "LC_MESSAGES" / "cli.mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("cli.hello") == "Chào {name}!"


def test_compiling_does_not_depend_on_the_order_of_entries_or_on_dates(locale: Path) -> None:
    po = locale / "en" / "LC_MESSAGES" / "cli.po"
    before = compiled(po)
    head, bye, hello = po.read_text("utf-8").split("\n\n")
    dated = head + '"PO-Revision-Date: 2026-11-22 10:00+0700\\n"'
    po.write_text("\n\n".join([dated, hello, bye]), "utf-8")
    assert compiled(po) == before


def test_a_changed_text_makes_the_compiled_catalogue_stale(locale: Path) -> None:
    compile_all(locale)
    write(locale, "vi", "cli", {"cli.hello": "Xin chào {name}!", "cli.bye": "Tạm biệt."})
    assert [line for line in stale(locale) if "cli.mo: stale" in line]


def test_a_compiled_catalogue_without_its_source_is_found(locale: Path) -> None:
    compile_all(locale)
    (locale / "en" / "LC_MESSAGES" / "cli.po").unlink()
    assert [line for line in stale(locale) if "has no .po" in line]


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        ({"cli.hello": "Hello {name}!"}, "cli.bye is missing in en"),
        ({"cli.hello": "Hello {nmae}!", "cli.bye": "Goodbye."}, "but ['nmae'] in en"),
        ({"cli.hello": "Hello {name", "cli.bye": "Goodbye."}, "cli.hello: expected '}'"),
        ({"cli.hello": "", "cli.bye": "Goodbye."}, "cli.hello has no text"),
    ],
)
def test_each_fault_is_named(locale: Path, texts: dict[str, str], complaint: str) -> None:
    write(locale, "en", "cli", texts)
    assert [line for line in faults(locale) if complaint in line]


def test_a_key_given_twice_is_found(locale: Path) -> None:
    po = locale / "en" / "LC_MESSAGES" / "cli.po"
    po.write_text(po.read_text("utf-8") + '\nmsgid "cli.bye"\nmsgstr "Bye."\n', "utf-8")
    assert [line for line in faults(locale) if "cli.bye is given twice" in line]


def test_a_key_in_two_domains_is_found(locale: Path) -> None:
    for language in ("vi", "en"):
        write(locale, language, "web", {"cli.bye": "…"})
    assert [line for line in faults(locale) if "cli.bye stands in two domains" in line]


def test_a_malformed_catalogue_is_reported_and_does_not_stop_the_others(locale: Path) -> None:
    po = locale / "en" / "LC_MESSAGES" / "cli.po"
    po.write_text('message "cli.bye"\n', "utf-8")
    compile_all(locale)
    assert [line for line in faults(locale) if line.startswith(str(po))]
    assert (locale / "vi" / "LC_MESSAGES" / "cli.mo").is_file()
