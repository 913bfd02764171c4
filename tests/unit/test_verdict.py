"""The verdict never says more than its checks."""

from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.verdict import ESSENTIAL, INTEGRITY, Check, CheckKind, Outcome, State, Verdict

NOW = datetime(2026, 11, 22, tzinfo=UTC)
STATES = st.dictionaries(st.sampled_from(CheckKind), st.sampled_from(State))


def judge(states: dict[CheckKind, State], packed: bool = True) -> Verdict:
    return Verdict(tuple(Check(kind, state) for kind, state in states.items()), NOW, packed)


ALL_WELL = dict.fromkeys(CheckKind, State.OK)


def test_all_well_is_verified() -> None:
    assert judge(ALL_WELL).outcome is Outcome.VERIFIED


def test_nothing_checked_is_nothing_known() -> None:
    assert judge({}).outcome is Outcome.UNKNOWN
    assert {line.state for line in judge({}).lines} == {State.UNKNOWN}


@pytest.mark.parametrize("kind", sorted(ESSENTIAL))
def test_without_an_essential_check_nothing_is_concluded(kind: CheckKind) -> None:
    states = {each: state for each, state in ALL_WELL.items() if each is not kind}
    assert judge(states).outcome is Outcome.UNKNOWN
    assert [check.kind for check in judge(states).decisive] == [kind]


@pytest.mark.parametrize("kind", sorted(set(CheckKind) - ESSENTIAL))
def test_what_is_not_essential_may_be_unknown(kind: CheckKind) -> None:
    assert judge(ALL_WELL | {kind: State.UNKNOWN}).outcome is Outcome.VERIFIED


@pytest.mark.parametrize(("kind", "state"), list(product(CheckKind, (State.WARN, State.FAIL))))
def test_no_warning_and_no_failure_leaves_a_page_green(kind: CheckKind, state: State) -> None:
    verdict = judge(ALL_WELL | {kind: state})
    assert verdict.outcome is not Outcome.VERIFIED
    assert [check.kind for check in verdict.decisive] == [kind]


@given(STATES, st.booleans())
def test_the_worst_is_said(states: dict[CheckKind, State], packed: bool) -> None:
    verdict = judge(states, packed)
    found = {line.kind: line.state for line in verdict.lines}
    broken = any(found[kind] is State.FAIL for kind in INTEGRITY)
    recalled = found[CheckKind.RECALLS] is State.FAIL
    assert (verdict.outcome is Outcome.BROKEN) == broken
    assert (verdict.outcome is Outcome.RECALLED) == (recalled and not broken)
    if verdict.outcome is Outcome.VERIFIED:
        assert packed
        assert {found[kind] for kind in ESSENTIAL} == {State.OK}
        assert set(found.values()) <= {State.OK, State.UNKNOWN}
        assert verdict.decisive == ()
    elif verdict.outcome is not Outcome.NOT_PACKED:
        assert verdict.decisive


@given(STATES)
def test_the_ten_checks_always_stand_in_their_order(states: dict[CheckKind, State]) -> None:
    assert [line.kind for line in judge(states).lines] == list(CheckKind)


def test_each_tone_is_one_of_four() -> None:
    assert {outcome.tone for outcome in Outcome} == set(State)
