"""Write ``docs/cli.md``: every command of ``goc`` with its options and examples.

``python -m tools.commands`` writes the page; ``page()`` is what a test compares with it. The page
is made from the argument parser itself, not from ``--help``, whose layout differs between versions
of Python.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "cli.md"

HEAD: Final = """\
# The command line

<!-- Made by `make docs` from the parser of `goc`. -->

`goc COMMAND --help` says the same.
"""

Action = argparse.Action
Parser = argparse.ArgumentParser


def below(parser: Parser) -> list[Parser]:
    """The commands directly below ``parser``, in their order; an alias is no command of its own."""
    return [
        command
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for command in dict.fromkeys(action.choices.values())
    ]


def commands(parser: Parser) -> Iterator[Parser]:
    """``parser`` and all its commands, each before those below it."""
    yield parser
    for command in below(parser):
        yield from commands(command)


def own_arguments(parser: Parser) -> list[Action]:
    """What one command takes: neither its commands nor ``--help``, which all have."""
    return [
        action
        for action in parser._actions
        if not isinstance(action, argparse._SubParsersAction | argparse._HelpAction)
        and action.help != argparse.SUPPRESS
    ]


def page(parser: Parser) -> str:
    """The whole page for ``parser``."""
    return HEAD + "".join(_section(command) for command in commands(parser))


def _section(parser: Parser) -> str:
    parts = [f"\n## `{parser.prog}`\n"]
    if parser.description:
        parts.append(f"\n{parser.description.strip()}\n")
    arguments = own_arguments(parser)
    if arguments:
        parts.append("\n")
    parts.extend(f"- {_names(argument)}: {_meaning(argument)}\n" for argument in arguments)
    if parser.epilog:
        parts.append(f"\n```\n{parser.epilog.strip()}\n```\n")
    return "".join(parts)


def _names(argument: Action) -> str:
    """`` `-o FILE`, `--output FILE` `` or, for what stands by its place alone, `` `FILE` ``."""
    if argument.nargs == 0:
        value = ""
    elif argument.choices is not None and argument.metavar is None:
        value = "{" + ",".join(str(choice) for choice in argument.choices) + "}"
    elif isinstance(argument.metavar, str):
        value = argument.metavar
    else:
        value = argument.dest.upper() if argument.option_strings else argument.dest
    names = [f"{option} {value}".strip() for option in argument.option_strings] or [value]
    return ", ".join(f"`{name}`" for name in names)


def _meaning(argument: Action) -> str:
    if not argument.help:
        return "…"
    return " ".join((argument.help % {**vars(argument), "prog": "goc"}).split())


def main(argv: list[str] | None = None) -> int:
    """0 when the page was written."""
    argparse.ArgumentParser(
        prog="python -m tools.commands", description="Write docs/cli.md anew."
    ).parse_args(argv)
    from traceability.cli import parser

    PAGE.write_text(page(parser()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
