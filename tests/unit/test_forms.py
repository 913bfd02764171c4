"""Forms of strangers: a token says that one was opened here, and lately."""

import pytest

from api.forms import LASTING, SOONEST, Forms, written
from traceability.core.errors import FormatError
from traceability.core.ids import BASE32

KEY = b"k" * 32
PATH = "/complain/01/00200000000019/10/L1"


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def is_good(forms: Forms, token: str, path: str = PATH, at_once: bool = False) -> bool:
    try:
        forms.check(token, path, at_once=at_once)
    except FormatError as error:
        return error.code != "form.expired"
    return True


def test_a_form_can_be_sent_once_it_could_be_read_and_until_it_is_old(clock: Clock) -> None:
    forms = Forms(KEY, clock)
    token = forms.token(PATH)
    assert not is_good(forms, token)
    assert is_good(forms, token, at_once=True)
    clock.now += SOONEST
    assert is_good(forms, token)
    clock.now += LASTING - SOONEST
    assert is_good(forms, token)
    clock.now += 1
    assert not is_good(forms, token)
    clock.now -= LASTING + 2
    assert not is_good(forms, token, at_once=True)  # of the future


def test_a_token_is_of_one_form_of_one_server(clock: Clock) -> None:
    forms = Forms(KEY, clock)
    token = forms.token(PATH)
    clock.now += SOONEST
    assert is_good(Forms(KEY, clock), token)  # another process of the same
    assert not is_good(Forms(b"x" * 32, clock), token)
    assert not is_good(Forms(None, clock), token)
    assert not is_good(forms, token, PATH + "2")
    for wrong in ("", "x", token[:-4], token + "AAAA", "A" * len(token), "é", token + "="):
        assert not is_good(forms, wrong)


def test_a_token_has_one_receipt_code_and_no_other_has_it(clock: Clock) -> None:
    forms = Forms(KEY, clock)
    tokens = [forms.token(PATH) for _ in range(50)]
    codes = [forms.code(token) for token in tokens]
    assert len(set(tokens)) == len(set(codes)) == 50
    assert codes == [Forms(KEY, clock).code(token) for token in tokens]
    assert Forms(b"x" * 32, clock).code(tokens[0]) != codes[0]
    assert all(len(code) == 12 and set(code) <= set(BASE32) for code in codes)


def test_a_code_is_written_in_groups_of_four() -> None:
    assert written("7k3m9ab01xyz") == "7K3M-9AB0-1XYZ"
