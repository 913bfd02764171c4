"""What users meet is documented: every error code, and every command with an example."""

import argparse
import re
import tomllib
from difflib import unified_diff
from pathlib import Path

from tools import commands, errors
from tools.catalogues import placeholders
from traceability.core.errors import CODES
from traceability.text import _catalogue, text

ROOT = Path(__file__).resolve().parents[2]
DEPENDENCIES = ROOT / "docs" / "dependencies.md"

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)+")


def goc() -> argparse.ArgumentParser:
    """The parser of ``goc``, loaded by the tests that need it alone."""
    from traceability.cli import parser

    return parser()


def changes(page: Path, made: str) -> list[str]:
    """The lines in which a page differs from what would be made now."""
    written = page.read_text("utf-8") if page.is_file() else ""
    return list(unified_diff(written.splitlines(), made.splitlines(), n=0, lineterm=""))


def test_every_error_has_a_sentence_for_people_in_every_language() -> None:
    assert errors.missing() == []


def test_every_code_is_lower_case_words_in_at_least_two_parts() -> None:
    assert [code for code in CODES if not CODE.fullmatch(code)] == []


def test_a_sentence_for_people_names_only_what_the_error_carries() -> None:
    unknown = [
        f"{code}: {name}"
        for code, sentence in CODES.items()
        for name in placeholders(text("vi", f"error.{code}")) - placeholders(sentence)
    ]
    assert unknown == []


def test_no_text_is_left_for_an_error_that_no_longer_exists() -> None:
    keys = {key for key in _catalogue("vi") if key.startswith("error.")}
    assert keys - {f"error.{code}" for code in CODES} == set()


def test_the_page_of_errors_is_as_the_register_and_the_catalogues_say() -> None:
    assert changes(errors.PAGE, errors.page()) == [], "run `make docs`"


def test_the_page_of_commands_is_as_the_parser_says() -> None:
    assert changes(commands.PAGE, commands.page(goc())) == [], "run `make docs`"


def test_every_command_says_what_it_is_for_and_shows_an_example() -> None:
    wanting = [
        command.prog
        for command in commands.commands(goc())
        if not command.description
        or (not commands.below(command) and command.prog not in (command.epilog or ""))
    ]
    assert wanting == []


def test_every_option_is_explained() -> None:
    wanting = [
        f"{command.prog} {argument.dest}"
        for command in commands.commands(goc())
        for argument in commands.own_arguments(command)
        if not argument.help
    ]
    assert wanting == []


def test_the_page_shows_commands_below_commands_with_options_choices_and_examples() -> None:
    parser = argparse.ArgumentParser(prog="goc", description="A ledger.", epilog="goc lot show 1")
    below = parser.add_subparsers()
    lot = below.add_parser("lot", description="About a lot.")
    show = lot.add_subparsers().add_parser("show", aliases=["s"], description="Show a lot.")
    show.add_argument("lot", help="the lot's code")
    show.add_argument("-o", "--output", metavar="FILE", default="-", help="default: %(default)s")
    show.add_argument("--as", choices=["text", "json"], help="in which form")
    show.add_argument("--quiet", action="store_true", help="print nothing")
    shown = commands.page(parser).removeprefix(commands.HEAD)
    assert shown == (
        "\n## `goc`\n\nA ledger.\n\n```\ngoc lot show 1\n```\n"
        "\n## `goc lot`\n\nAbout a lot.\n"
        "\n## `goc lot show`\n\nShow a lot.\n\n"
        "- `lot`: the lot's code\n"
        "- `-o FILE`, `--output FILE`: default: -\n"
        "- `--as {text,json}`: in which form\n"
        "- `--quiet`: print nothing\n"
    )


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    names = {re.split(r"[<>=\[; ]", requirement)[0] for group in groups for requirement in group}
    rows = re.findall(r"^\| ([a-z0-9-]+) \| \S", DEPENDENCIES.read_text("utf-8"), re.MULTILINE)
    assert names - set(rows) == set()
    assert set(rows) - names == {"package", "uv", "hatchling"}
