"""``goc``: the command line for operators and auditors.

Each command lives in a module of its own that adds its parser and runs it; a module imports what it
needs only when it runs, so that an auditor's light install can verify and audit without a database
or a web server. Exit codes: 0 all is well, 1 something does not hold, 2 the input cannot be read or
the command cannot run.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from traceability.cli import (
    audit,
    backup,
    demo,
    doctor,
    export,
    imports,
    init,
    keyring,
    label_key,
    log,
    migrate,
    print_labels,
    publish,
    rebuild,
    restore,
    serve,
    token,
    verify,
)
from traceability.cli.database import database_fault, from_near
from traceability.cli.faces import missing
from traceability.cli.say import Say
from traceability.core.errors import GocError

_COMMANDS = (
    demo,
    init,
    token,
    serve,
    publish,
    doctor,
    export,
    verify,
    audit,
    migrate,
    rebuild,
    backup,
    restore,
    keyring,
    label_key,
    print_labels,
    log,
    imports,
)


def parser() -> argparse.ArgumentParser:
    """The whole command line, for ``main``, the documentation and the tests."""
    top = argparse.ArgumentParser(
        prog="goc",
        description="Gốc: a traceability ledger whose labels prove where produce comes from.",
        epilog="GOC_LANG=en gives English, vi (the default) Vietnamese. "
        "Each command has its own --help with an example.",
    )
    top.add_argument("--version", action="version", version=f"goc {version('goc')}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    options = parser().parse_args(arguments)
    say = Say.from_environment()
    try:
        return int(options.run(options, say))
    except GocError as error:
        say.refusal(from_near(error))
        return 2
    except ModuleNotFoundError as error:
        extra = missing(error)
        if extra is None:
            raise
        say.refusal(extra)
        return 2
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stderr.close()
        return 0
    except OSError as error:
        say.problem("cli.file", file=str(error.filename or ""), reason=error.strerror or str(error))
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        fault = database_fault(error)
        if fault is None:
            raise
        say.refusal(fault)
        return 2
