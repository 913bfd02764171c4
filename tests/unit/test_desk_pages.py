"""The pages with a form, and what a label's own part of its page says of signs."""

import gzip
import re
from base64 import b64encode
from datetime import date
from hashlib import sha256
from typing import Final, get_args

import pytest

from api.web.render import FORM_SECURITY_POLICY, render_mark
from api.web.view import Mark, MarkState
from tests.browser.host import DESK, LABEL, PATH, SERIAL
from tests.unit.test_page import Reader
from traceability.ledger.complaints import KINDS, STATES
from traceability.ledger.provinces import PROVINCES
from traceability.ledger.scan_signs import Code
from traceability.text import LANGUAGES, has_text, text

SIGNS: Final[tuple[Code, ...]] = get_args(Code)


def mark(language: str, state: MarkState = "packed", *signs: Code, scans: int = 137) -> str:
    since = date(2026, 11, 21) if scans else None
    return render_mark(Mark(SERIAL, state, scans, since, signs), language, PATH)["mark"].decode()


@pytest.mark.parametrize("length", [19, 20])
def test_no_lot_is_taken_for_the_serial_of_its_label(length: int) -> None:
    path = f"/01/08931234567897/10/{'U' * length}"
    made = render_mark(Mark(SERIAL, "packed"), "vi", path)["mark"].decode()
    assert f"/complain{path}/21/{SERIAL}?" in made
    assert made.count(SERIAL) == 3  # to be read, to complain of, and to say where


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", DESK)
def test_a_form_is_well_formed_light_and_all_in_its_policy(name: str, language: str) -> None:
    made = DESK[name](language)
    reader = Reader(made)
    assert reader.faults == []
    assert reader.open == ["(document)"]
    assert len(gzip.compress(made, 6)) < 30_000
    for tag in ("style", "script"):
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", made.decode(), re.DOTALL)
        assert inside
        for each in inside:
            digest = b64encode(sha256(each.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in FORM_SECURITY_POLICY
    assert b" style=" not in made
    assert b"desk." not in re.sub(rb"(?s)<script>.*?</script>", b"", made)
    for name_, value in re.findall(rb'(src|href|action)="([^"]*)"', made):
        assert re.match(rb"/(?!/)|#|\?|data:", value), (name_, value)


def test_a_form_asks_for_one_of_the_34_provinces_or_abroad() -> None:
    options = re.findall(r'<option value="([^"]*)"', DESK["where"]("vi").decode())
    assert options == ["", *(each.code for each in PROVINCES), "ZZ"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_and_state_has_its_words(language: str) -> None:
    keys = [f"desk.kind.{kind}" for kind in KINDS]
    keys += [f"desk.state.{state}" for state in (*STATES, "seen")]
    keys += [f"web.mark.sign.{sign}" for sign in (*SIGNS, "title", "may", "do")]
    keys += [f"scan.{sign}" for sign in SIGNS]
    assert [key for key in keys if not has_text(language, key)] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sign", SIGNS)
def test_a_sign_is_told_plainly_with_what_else_it_may_mean_and_what_to_do(
    sign: Code, language: str
) -> None:
    found = mark(language, "packed", sign)
    assert text(language, f"web.mark.sign.{sign}").partition("{")[0] in found
    for told in ("may", "do", "title"):
        assert text(language, f"web.mark.sign.{told}") in found
    assert 'class="mark verdict warn"' in found
    assert text(language, "web.mark.packed.title") not in found
    others = [each for each in SIGNS if each != sign]
    assert not any(
        text(language, f"web.mark.sign.{each}").rpartition("}")[2] in found for each in others
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_without_a_sign_is_told_no_such_thing(language: str) -> None:
    for found in (mark(language), mark(language, scans=0)):
        assert 'class="mark verdict ok"' in found
        assert text(language, "web.mark.packed.title") in found
        assert text(language, "web.mark.sign.may") not in found
    assert "137" in mark(language)
    assert "137" not in mark(language, scans=0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_void_stays_void_whatever_its_scans(language: str) -> None:
    found = mark(language, "void", "too-many")
    assert 'class="mark verdict fail bad"' in found
    assert text(language, "web.mark.void.title") in found
    assert text(language, "web.mark.void.lead") in found


@pytest.mark.parametrize("state", get_args(MarkState))
def test_a_problem_can_be_reported_of_any_label_and_a_place_told_of_ours_alone(
    state: MarkState,
) -> None:
    found = mark("vi", state, scans=0)
    assert f'href="/complain{LABEL}?lang=vi"' in found
    assert (f'href="/where{LABEL}' in found) == (state in ("packed", "not-yet", "void", "printed"))
