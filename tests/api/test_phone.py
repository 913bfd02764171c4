"""What a phone is given to verify by itself: the script, the log's key and policy."""

import gzip
import re
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from api.web.phone import FOLDER, MODULES, script, script_of
from api.web.render import CONTENT_SECURITY_POLICY
from tests.api.stand import Stand, open_stand
from tests.bundles import EAST, WEST
from traceability.core.keys import PrivateKey
from traceability.core.note import NoteSigner
from traceability.core.policy import Policy
from traceability.text import LANGUAGES, texts


def script_path(stand: Stand, language: str = "vi") -> str:
    page = stand.get(f"{stand.page_path}?lang={language}").text
    found = re.search(r'data-script="([^"]+)"', page)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_script_that_a_page_names_is_kept_for_ever_and_named_by_what_it_is(
    stand: Stand, language: str
) -> None:
    path = script_path(stand, language)
    answer = stand.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert sha256(answer.content).hexdigest().startswith(path.split("/")[-1].split(".")[0])


def test_the_script_s_own_policy_lets_it_ask_its_own_site_and_nothing_else(stand: Stand) -> None:
    policy = stand.get(script_path(stand)).headers["content-security-policy"]
    assert policy == "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
    assert "worker-src 'self'" in CONTENT_SECURITY_POLICY
    assert "connect-src" not in CONTENT_SECURITY_POLICY  # the page itself asks for nothing
    assert "'self'" not in CONTENT_SECURITY_POLICY.split("script-src")[1].split(";")[0]


@pytest.mark.parametrize(
    "name",
    ["0" * 24 + ".vi.js", "0" * 24 + ".fr.js", "worker.js", "..%2fverify.js", "0" * 23 + ".vi.js"],
)
def test_another_name_leads_nowhere(stand: Stand, name: str) -> None:
    answer = stand.get(f"/phone/{name}")
    assert answer.status_code in (404, 422)
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_script_is_small_on_the_wire(language: str) -> None:
    assert len(gzip.compress(script(language), 9)) < 24_000


def test_nothing_of_a_module_but_its_comments_is_lost_in_the_script() -> None:
    whole = script_of(MODULES)
    assert not re.search(r"^\s*(import|export)\b", whole, re.MULTILINE)
    assert not re.search(r"^\s*(//|\*|/\*)", whole, re.MULTILINE)
    for name in MODULES:
        source = (FOLDER / f"{name}.js").read_text("utf-8")
        for function in re.findall(r"^(?:export )?(?:async )?function (\w+)", source, re.MULTILINE):
            assert f"function {function}(" in whole


def test_no_two_modules_of_the_script_share_a_name() -> None:
    named = re.compile(r"^(?:export )?(?:async )?(?:const|let|function|class) (\w+)", re.MULTILINE)
    found = Counter(
        name
        for module in MODULES
        for name in named.findall((FOLDER / f"{module}.js").read_text("utf-8"))
    )
    assert found.total() > 100
    assert [name for name, times in found.items() if times > 1] == []


def test_every_text_that_the_modules_name_is_in_the_catalogues() -> None:
    named = set(re.findall(r'"(phone\.[a-z.-]*[a-z])"', script_of(MODULES)))
    assert len(named) > 8
    for language in LANGUAGES:
        assert named - set(texts(language, "phone.")) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_has_its_words(language: str) -> None:
    known = texts(language, "phone.")
    for name in ("signatures", "inclusion", "witnesses", "consistency", "links", "recalls"):
        assert {f"phone.{name}", f"phone.{name}.ok", f"phone.{name}.fail"} <= set(known)
        assert f"phone.{name}.unknown" in known


# -- whom to believe -----------------------------------------------------------------------------
def test_the_policy_names_the_log_s_key_and_that_it_has_no_witnesses(stand: Stand) -> None:
    answer = stand.get("/.well-known/goc-policy")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    policy = Policy.parse(answer.content)
    assert [each.key for each in policy.logs] == [stand.ledger.vkey]
    assert (policy.witnesses, policy.groups, policy.quorum) == ((), (), "none")


def test_the_policy_names_the_key_that_the_log_goes_over_to_behind_the_present_one(
    tmp_path: Path,
) -> None:
    old, new = (PrivateKey.from_seed(bytes([n]) * 32) for n in (1, 2))
    signer = NoteSigner("goc.example/test", old, new)
    with open_stand(tmp_path, signer=signer) as stand:
        policy = Policy.parse(stand.get("/.well-known/goc-policy").content)
    assert [each.key for each in policy.logs] == [signer.key, signer.next]


def test_the_policy_names_witnesses_but_not_where_they_are_reached(tmp_path: Path) -> None:
    file = tmp_path / "policy"
    file.write_text(
        f"witness dong {EAST.key} http://127.0.0.1:9/inside\nwitness tay {WEST.key}\n"
        "group g all dong tay\nquorum g\n"
    )
    with open_stand(tmp_path, policy=file) as watched:
        answer = watched.get("/.well-known/goc-policy")
        policy = Policy.parse(answer.content)
        assert [each.key for each in policy.logs] == [watched.ledger.vkey]
    assert [each.key for each in policy.witnesses] == [EAST.key, WEST.key]
    assert policy.quorum == "g"
    assert b"inside" not in answer.content
