"""The rules of the house that a linter cannot state: who may import what, and what stays light.

The directions between our own packages are contracts of import-linter, in ``pyproject.toml``. Here
stand the outside ones, because they are lists of what is *allowed*: a package nobody thought of is
refused too. See ``docs/adr/001-layout-and-imports.md``.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("traceability", "labels", "api")

CORE_PACKAGES = {"pydantic", "pydantic_core", "orjson", "nacl"}

#: Modules of the standard library that would bring a clock, chance, files or the network. Threads
#: are not among them: they change nothing about what is computed.
IMPURE = set(
    """
    asyncio ctypes dbm fcntl fileinput ftplib getpass glob http importlib
    inspect linecache locale logging mmap multiprocessing os pathlib pickle platform
    pkgutil random runpy sched secrets select selectors shelve shutil signal site smtplib
    socket socketserver sqlite3 ssl subprocess sys syslog tempfile time urllib uuid
    webbrowser xmlrpc zipimport zoneinfo
    """.split()
)

#: Packages that belong to some of ours alone.
RESERVED = {
    "sqlmodel": ("traceability.storage", "traceability.ledger"),
    "sqlalchemy": ("traceability.storage", "traceability.ledger"),
    "sqlite3": ("traceability.storage", "traceability.ledger"),
    "psycopg": ("traceability.storage",),
    "obstore": ("traceability.storage",),
    "prometheus_client": ("api",),
    "alembic": ("traceability.storage",),
    "qrcode": ("labels",),
    "PIL": ("labels",),
    "fontTools": ("labels",),
    "zxingcpp": ("labels",),
    "fastapi": ("api",),
    "starlette": ("api",),
    "jinja2": ("api", "labels"),
    "openpyxl": ("traceability.exchange",),
}

#: What `pip install goc` brings, and therefore all that an auditor's commands may load.
LIGHT = CORE_PACKAGES | {"annotated_types", "typing_extensions", "typing_inspection"}


def modules(package: str) -> Iterator[tuple[str, ast.Module]]:
    """Name and syntax tree of each module in one of our packages."""
    for path in sorted((ROOT / package.replace(".", "/")).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield name, ast.parse(path.read_text("utf-8"))


def imports(tree: ast.Module) -> Iterator[str]:
    """The full name of everything imported, at the top or inside a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute here"
            yield node.module or ""


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


CORE = list(modules("traceability.core"))
ALL = [found for package in OURS for found in modules(package)]


def test_the_core_imports_itself_the_pure_part_of_the_standard_library_and_three_packages() -> None:
    pure = sys.stdlib_module_names - IMPURE
    foreign = [
        f"{name} imports {imported}"
        for name, tree in CORE
        for imported in imports(tree)
        if not within(imported, ("traceability.core",))
        and imported.split(".")[0] not in pure | CORE_PACKAGES
    ]
    assert foreign == []


def test_the_core_reads_no_file_no_keyboard_and_no_clock_by_a_builtin_either() -> None:
    forbidden = {"open", "input", "print", "exec", "eval", "__import__", "breakpoint"}
    clocks = {"now", "utcnow", "today"}
    found = [
        f"{name}:{node.lineno}"
        for name, tree in CORE
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in forbidden)
            or (isinstance(node.func, ast.Attribute) and node.func.attr in clocks)
        )
    ]
    assert found == []


@pytest.mark.parametrize(("package", "owners"), RESERVED.items(), ids=RESERVED)
def test_a_reserved_package_is_imported_by_its_owners_alone(
    package: str, owners: tuple[str, ...]
) -> None:
    strangers = [
        name
        for name, tree in ALL
        if not within(name, owners)
        and any(imported.split(".")[0] == package for imported in imports(tree))
    ]
    assert strangers == []


#: Packages that are used as a part of another and come with it.
PARTS = {
    "annotated_types": "pydantic",
    "markupsafe": "jinja2",
    "pydantic_core": "pydantic",
    "starlette": "fastapi",
}


@pytest.mark.parametrize(
    ("folders", "with_dev"),
    [(OURS, False), (("bench", "tests", "tools"), True)],
    ids=["run", "dev"],
)
def test_whatever_is_imported_is_declared(folders: tuple[str, ...], with_dev: bool) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lists = [project["project"]["dependencies"]]
    lists += project["project"]["optional-dependencies"].values()
    lists += project["dependency-groups"].values() if with_dev else []
    declared = {re.split(r"[<>=\[; ]", line)[0] for group in lists for line in group}
    known = sys.stdlib_module_names | {*OURS, "bench", "tests", "tools"}
    sources_of = packages_distributions()
    wanting = set()
    for name, tree in (found for folder in folders for found in modules(folder)):
        for imported in {wanted.split(".")[0] for wanted in imports(tree)} - known:
            sources = [PARTS.get(imported, imported), *sources_of.get(imported, ())]
            if not declared & {source.lower().replace("_", "-") for source in sources}:
                wanting.add(f"{name} imports {imported}")
    assert wanting == set()


def test_every_module_says_in_its_first_lines_what_it_is_for() -> None:
    silent = [name for name, tree in ALL if not ast.get_docstring(tree)]
    assert silent == []


def test_no_module_is_named_after_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}
    assert [name for name, _ in ALL if name.split(".")[-1] in vague] == []


def installed_packages() -> set[str]:
    """Top-level names of everything in this environment that is not light, ours or Python's."""
    site = Path(pytest.__file__).parents[1]
    names = {path.name.split(".")[0] for path in site.iterdir() if not path.name.startswith("_")}
    mine = {*OURS, "bench", "tests", "tools"}
    return {name for name in names if name.isidentifier()} - LIGHT - mine - {"cffi", "pycparser"}


# Everything but the light packages is hidden from a process of its own.
HIDING = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {hidden}:
            raise ModuleNotFoundError(f"{{name}} is not part of a light install", name=name)
sys.meta_path.insert(0, Hidden())
"""


def run_light(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program where only what a light install brings can be imported."""
    hiding = HIDING.format(hidden=installed_packages())
    return subprocess.run([sys.executable, "-c", hiding + program], capture_output=True, text=True)


def test_the_core_loads_with_nothing_but_what_a_light_install_brings() -> None:
    done = run_light(f"for name in {[name for name, _ in CORE]}: __import__(name)")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["verify", "audit"])
def test_an_auditors_command_starts_in_a_light_install(command: str) -> None:
    done = run_light(f"from traceability.cli import main; main([{command!r}, '--help'])")
    assert done.returncode == 0, done.stderr
    assert f"usage: goc {command}" in done.stdout


def test_a_light_install_has_no_web_server() -> None:
    done = run_light("import fastapi")
    assert "fastapi is not part of a light install" in done.stderr
