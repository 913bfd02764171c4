"""``docs/api.md`` is true: its examples are run, and it has every operation."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from api.problems import STATUSES
from tests.api.stand import Stand

PAGE: Final = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text("utf-8")


def commands() -> Iterator[tuple[str, int]]:
    """Every ``curl`` of the page, and the status that it is said to give."""
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL):
        for line in re.split(r"\n(?=curl )", block.replace("\\\n", " ").strip()):
            command, _, said = line.partition("   # ")
            yield command, int(said or 0)


EXAMPLES: Final = list(commands())


@pytest.fixture(scope="module")
def variables(stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the page's variables stand for, and the folder with the files that it names."""
    folder = tmp_path_factory.mktemp("files")
    stand.publish()
    (folder / "record.txt").write_bytes(stand.diary().wire + b"\n")
    lines = b"\n".join(stand.diary().wire for _ in range(3))
    (folder / "records.txt").write_bytes(lines + b"\n")
    return {
        "GOC": str(stand.client.base_url).rstrip("/"),
        "TOKEN": stand.tokens["owner"],
        "ADMIN": stand.tokens["admin"],
        "FARM": stand.farm.id,
        "PLOT": stand.plot,
        "GTIN": stand.product,
        "LOT": stand.lot,
        "RECORD": stand.harvest.name,
        "folder": str(folder),
    }


def curl(command: str, variables: dict[str, str]) -> httpx.Response:
    """Does what a shell and curl would."""
    assert not any("$" in quoted for quoted in re.findall(r"'[^']*'", command)), "not expanded"
    words = shlex.split(re.sub(r"\$([A-Z]+)", lambda name: variables[name[1]], command))
    assert words.pop(0) == "curl"
    method, url, body, output = "", "", b"", ""
    headers: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = words.pop(0).encode()
        elif word == "--data-binary":
            file = words.pop(0).removeprefix("@")
            body = (Path(variables["folder"]) / file).read_bytes()
        elif word == "-o":
            output = words.pop(0)
        else:
            assert word.startswith("http"), f"what is {word}?"
            url = word
    answer = httpx.request(method or "GET", url, content=body, headers=headers)
    if output:
        (Path(variables["folder"]) / output).write_bytes(answer.content)
    return answer


@pytest.mark.parametrize("n", range(len(EXAMPLES)))
def test_every_example_of_the_page_works(variables: dict[str, str], n: int) -> None:
    command, status = EXAMPLES[n]
    answer = curl(command, variables)
    if status:
        assert answer.status_code == status
    else:
        assert answer.is_success, answer.text
    assert answer.content


def test_the_page_has_every_operation_and_no_other(stand: Stand) -> None:
    description = stand.get("/openapi.json").json()
    known = {
        (operation["operationId"], f"{method.upper()} {path}")
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }
    rows = re.findall(r"^\| `(\w+)` \| `([A-Z]+ [^`]+)` \| (\S.*) \|$", PAGE, re.MULTILINE)
    assert {(name, route) for name, route, _ in rows} == known
    for name, route, who in rows:
        method, _, path = route.partition(" ")
        scopes = description["paths"][path][method.lower()]["x-goc-scopes"]
        assert who.startswith("all") == (not scopes), name
        assert all(scope in who for scope in scopes), name


def test_the_page_has_every_status() -> None:
    rows = re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE)
    assert [int(row) for row in rows] == list(STATUSES)
