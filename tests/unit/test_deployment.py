"""What is deployed is as the manual says, and nothing in it names what is not there."""

import argparse
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from openapi_spec_validator.readers import read_from_filename

from api.server import CLOSING_SECONDS
from api.workers import PATIENCE
from traceability import settings
from traceability.storage.engine import READERS, SILENT_SECONDS, WRITERS

ROOT: Final = Path(__file__).resolve().parents[2]
MANUAL: Final = (ROOT / "docs" / "operations.md").read_text("utf-8")
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text("utf-8")
DEPLOY: Final = ROOT / "deploy"

#: Beside those of ``traceability.settings``: what the command line reads itself.
OF_THE_COMMAND_LINE: Final = {"GOC_DATA", "GOC_LANG"}
KNOWN: Final = set(re.findall(r"`(GOC_[A-Z_]+)`", settings.__doc__ or "")) | OF_THE_COMMAND_LINE
NAMES: Final = re.compile(r"\bGOC_[A-Z_]*[A-Z]\b")
CONNECTIONS: Final = WRITERS + 2 * READERS + 1  #: of a worker; one is the publisher's

ONCE: Final = {"init", "migrate"}  #: services that do their work and end


def compose() -> dict[str, Any]:
    """The compose file, with its merges done."""
    found, _ = read_from_filename(str(ROOT / "docker-compose.yml"))
    assert isinstance(found, dict)
    return found


COMPOSE: Final = compose()
SERVICES: Final[Mapping[str, Mapping[str, Any]]] = COMPOSE["services"]
OURS: Final = {name for name, each in SERVICES.items() if "build" in each}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions and what follows each, continued lines joined."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines if line)]


def last(name: str) -> str:
    """What the image has of an instruction: the last one counts."""
    return [rest for found, rest in instructions() if found == name][-1]


def refusal(words: list[str]) -> str:
    """What the parser of ``goc`` says against a command line; nothing where it takes it."""
    from traceability.cli import parser

    said: list[str] = []

    def error(self: argparse.ArgumentParser, message: str) -> None:
        said.append(f"{self.prog}: {message}")
        raise ValueError(message)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "error", error)
        try:
            parser().parse_args(words)
        except ValueError:
            return said[0]
        except SystemExit:  # --help, --version
            pass
    return ""


# -- the image -------------------------------------------------------------------------------------
def test_the_image_runs_as_a_user_of_its_own_and_ends_when_told_to() -> None:
    user = last("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user), "by number: nobody has to look it up"
    assert all(SERVICES[name]["user"] == user for name in OURS)
    assert last("STOPSIGNAL") == "SIGTERM"
    assert json.loads(last("ENTRYPOINT")) == ["goc"]


def test_no_step_and_no_command_of_the_image_needs_a_shell() -> None:
    for name, rest in instructions():
        if name in ("RUN", "CMD", "ENTRYPOINT"):
            assert isinstance(json.loads(rest), list)
        if name == "HEALTHCHECK":
            assert isinstance(json.loads(rest.partition(" CMD ")[2]), list)


def test_the_image_is_well_when_the_server_is_ready() -> None:
    program = json.loads(last("HEALTHCHECK").partition(" CMD ")[2])
    assert program[:2] == ["python", "-c"]
    compile(program[2], "healthcheck", "exec")
    assert "/health/ready" in program[2]


def test_everything_that_is_installed_is_checked_against_a_hash() -> None:
    installs = [rest for name, rest in instructions() if name == "RUN" and "install" in rest]
    synced = [rest for name, rest in instructions() if name == "RUN" and '"sync"' in rest]
    pip = [rest for rest in installs if "/pip" in rest or '"pip"' in rest]
    assert len(pip) == 2
    assert all("--require-hashes" in rest or "--no-index" in rest for rest in pip)
    assert synced
    assert all("--frozen" in rest and "--no-dev" in rest for rest in synced)
    build = (DEPLOY / "build.txt").read_text("utf-8")
    assert re.search(r"^hatchling==[\d.]+ \\\n +--hash=sha256:", build, re.MULTILINE)


def test_all_that_is_copied_is_there_and_is_sent_to_the_builder() -> None:
    sent = [
        line[1:]
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    ]
    for name, rest in instructions():
        if name == "COPY" and "--from" not in rest:
            for path in rest.split()[:-1]:
                assert (ROOT / path).exists(), path
                assert any(path == each or path.startswith(f"{each}/") for each in sent), path


# -- the services ----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_hardened_bounded_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) in ([], ["NET_BIND_SERVICE"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert {"mem_limit", "cpus", "pids_limit"} <= set(service)
    assert service["logging"]["options"]["max-size"]
    if name in ONCE:
        assert service["restart"] in ("no", "on-failure:3")
        assert service["healthcheck"] == {"disable": True}
    else:
        assert service["restart"] == "unless-stopped"
        # The server's is the image's.
        assert name == "server" or service["healthcheck"]["test"][0] == "CMD"


def test_every_image_has_a_version() -> None:
    images = [service["image"] for service in SERVICES.values()]
    images += [rest.split()[0] for name, rest in instructions() if name == "FROM"]
    python = last("ARG").partition("=")[2]
    for image in images:
        _, _, tag = image.replace("${PYTHON}", python).partition(":")
        assert re.match(r"v?\d+(\.\d+)*(-[a-z]+)?$|\d[\d.]*-slim-\w+$", tag), image


def test_secrets_come_from_files_alone() -> None:
    declared = COMPOSE["secrets"]
    assert all(set(each) == {"file"} for each in declared.values())
    readme = (DEPLOY / "secrets" / "README.md").read_text("utf-8")
    for name, each in declared.items():
        assert each["file"] == f"./deploy/secrets/{name}"
        assert f"`{name}`" in readme
    for service in SERVICES.values():
        assert set(service.get("secrets", ())) <= set(declared)
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|TOKEN|KEY", variable):
                assert variable.endswith("_FILE")
                assert value.removeprefix("/run/secrets/") in service["secrets"]
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), variable
    ignored = (DEPLOY / "secrets" / ".gitignore").read_text("utf-8").splitlines()
    assert ignored[0] == "*"


def test_volumes_have_names_and_only_files_of_ours_come_from_outside() -> None:
    used = set()
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source, _, rest = volume.partition(":")
            if source.startswith("."):
                assert (ROOT / source).exists()
                assert rest.endswith(":ro")
            else:
                used.add(source)
    assert used == set(COMPOSE["volumes"])
    assert "tiles:/srv/log:ro" in SERVICES["proxy"]["volumes"]


def test_only_the_proxy_is_open_to_the_world_and_the_database_to_nobody() -> None:
    open_ = {name for name, each in SERVICES.items() for port in each.get("ports", ())
             if not port.startswith("127.0.0.1:")}  # fmt: skip
    assert open_ == {"proxy"}
    assert SERVICES["postgres"]["networks"] == ["back"]
    assert COMPOSE["networks"]["back"]["internal"] is True


def test_the_server_waits_for_the_migration_and_has_time_to_end() -> None:
    needs = SERVICES["server"]["depends_on"]
    assert needs["migrate"] == {"condition": "service_completed_successfully"}
    assert needs["postgres"] == {"condition": "service_healthy"}
    drain = int(SERVICES["server"]["environment"]["GOC_DRAIN_SECONDS"])
    grace = int(SERVICES["server"]["stop_grace_period"].removesuffix("s"))
    assert grace >= drain + PATIENCE + 5  # what is under way is answered, and published
    unit = (DEPLOY / "systemd" / "goc.service").read_text("utf-8")
    stops = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert stops
    assert int(stops[1]) >= drain + PATIENCE + 5


def test_a_database_that_hangs_is_given_up_before_the_server_has_to_end() -> None:
    assert SILENT_SECONDS + 5 <= CLOSING_SECONDS
    assert CLOSING_SECONDS + 10 <= PATIENCE


def test_the_database_has_connections_for_all_workers() -> None:
    config = (DEPLOY / "postgres" / "goc.conf").read_text("utf-8")
    values = dict(re.findall(r"^(\w+) = ('[^']*'|\S+)", config, re.MULTILINE))
    command = SERVICES["server"]["command"]
    workers = int(command[command.index("--workers") + 1])
    limit = re.search(r"CONNECTION LIMIT (\d+)", (DEPLOY / "postgres" / "first.sql").read_text())
    assert limit
    assert workers * CONNECTIONS + 10 <= int(limit[1]) < int(values["max_connections"])
    assert f"workers × {CONNECTIONS}" in MANUAL.replace("\n", " ")
    for name in ("synchronous_commit", "fsync", "full_page_writes"):
        assert values[name] == "on"


# -- what is named ---------------------------------------------------------------------------------
def deployed() -> Iterator[Path]:
    yield ROOT / "Dockerfile"
    yield ROOT / "docker-compose.yml"
    yield ROOT / "docs" / "operations.md"
    yield from (path for path in DEPLOY.rglob("*") if path.is_file())


def test_every_variable_that_is_named_is_one_that_is_read() -> None:
    wrong = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in deployed()
        for name in NAMES.findall(path.read_text("utf-8"))
        if name not in KNOWN
    }
    assert wrong == set()


def test_every_variable_that_is_read_is_in_the_manual() -> None:
    assert set(re.findall(r"^\| `(GOC_[A-Z_]+)` \|", MANUAL, re.MULTILINE)) == KNOWN


def test_what_is_filled_in_is_explained() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    example = (DEPLOY / "env.example").read_text("utf-8")
    asked = set(re.findall(r"\$\{([A-Z_]+)", text))
    assert asked == set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))


def command_lines() -> Iterator[str]:
    """Every whole command of ``goc`` in the manual, the image, the services and the units."""
    for block in re.findall(r"^```sh\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL):
        yield from re.sub(r"\\\n\s*", "", block).splitlines()
    yield shlex.join(["goc", *json.loads(last("CMD"))])
    for name in OURS:
        service = SERVICES[name]
        yield shlex.join([*service.get("entrypoint", ["goc"]), *service["command"]])
    for unit in (DEPLOY / "systemd").glob("*.service"):
        yield from re.findall(r"^ExecStart=(.*)", unit.read_text("utf-8"), re.MULTILINE)


def words_for_goc(line: str) -> list[str] | None:
    """What a line gives to ``goc``, directly or by way of what runs it; None where it does not."""
    words = shlex.split(line, comments=True)
    if {"|", ">", ">>"} & set(words):
        words = words[: min(n for n, word in enumerate(words) if word in ("|", ">", ">>"))]
    if words and Path(words[0]).name in ("goc", "goc-admin"):
        return words[1:]
    if words[:2] == ["docker", "compose"] and "run" in words:
        for n, word in enumerate(words):
            if word in OURS and word != "backup":
                return words[n + 1 :] or SERVICES[word]["command"]
    return None


COMMANDS: Final = sorted({line for line in command_lines() if words_for_goc(line) is not None})


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_that_is_shown_can_be_given(line: str) -> None:
    words = words_for_goc(line)
    assert words is not None
    assert refusal(words) == ""


def test_commands_within_sentences_exist_too() -> None:
    wrong = []
    for span in re.findall(r"`(goc [^`]+)`", MANUAL):
        words = [w for w in shlex.split(span.replace("…", "")) if w.isascii()][1:]
        said = refusal(["x" if word == "FILE" else "4" if word == "N" else word for word in words])
        if said and "required" not in said:
            wrong.append(f"{span}: {said}")
    assert wrong == []
    assert len(COMMANDS) > 15


def test_the_manual_leads_only_to_what_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", MANUAL):
        assert (ROOT / "docs" / target).exists(), target
    for path in re.findall(r"`((?:deploy|tools|docs)/[\w./-]+)`", MANUAL):
        assert (ROOT / path).exists() or path.startswith("deploy/secrets/"), path
