"""No rule without a test: every refusal that the rulebook knows is provoked by one.

A test provokes a refusal by ``story.refuses("<code>")``, or names it in a table of a parametrised
test. These are read off the tests' own source; that they are provoked indeed, they assert.
"""

import ast
from pathlib import Path

from traceability.core.errors import CODES

HERE = Path(__file__).resolve().parent
RULES = HERE.parents[2] / "traceability" / "core" / "rules"
TESTS = [*HERE.glob("test_*.py"), *(HERE.parent / "days").glob("test_*.py")]


def texts(*files: Path) -> set[str]:
    """All string constants of these files that are codes."""
    return {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value in CODES
    }


def rulebook() -> set[str]:
    """The codes of the rulebook's section of the register."""
    codes = list(CODES)
    return set(codes[codes.index("record.known") : codes.index("rules.unknown") + 1])


def test_every_refusal_of_the_rulebook_is_provoked_by_a_test() -> None:
    tests = [file for file in TESTS if file.name != Path(__file__).name]
    assert sorted(rulebook() - texts(*tests)) == []


def test_every_refusal_in_the_code_is_in_the_rulebooks_section() -> None:
    elsewhere = texts(*RULES.glob("*.py")) - rulebook()
    assert sorted(elsewhere) == []


def test_every_refusal_in_the_register_is_still_in_the_code() -> None:
    made_up = {f"{kind}.foreign" for kind in ("place", "product")}  # by one rule for both
    thresholds = RULES.parent / "thresholds.py"
    assert sorted(rulebook() - texts(*RULES.glob("*.py"), thresholds) - made_up) == []
