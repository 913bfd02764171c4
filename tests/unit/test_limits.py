"""How often somebody does something: counted without knowing who, and forgotten soon."""

import pytest

from api.limits import MINUTES, Limits, address_of, header_of
from traceability.core.errors import LedgerError


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def scope(*headers: tuple[str, str], peer: str = "127.0.0.1") -> dict[str, object]:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return {"headers": raw, "client": (peer, 1)}


def test_what_was_done_is_counted_by_who_and_what_and_forgotten_after_a_while() -> None:
    clock = Clock()
    limits = Limits(clock)
    assert [limits.times("a", "192.0.2.1") for _ in range(3)] == [1, 2, 3]
    assert limits.times("a", "192.0.2.2") == limits.times("b", "192.0.2.1") == 1
    assert limits.times("a1", "92.0.2.1") == 1  # parts are told apart
    clock.seconds = 60 * MINUTES
    assert limits.times("a", "192.0.2.1") == 1


def test_too_often_is_refused_for_whoever_it_is_and_nobody_else() -> None:
    limits = Limits(Clock())
    for _ in range(3):
        limits.admit(3, "form", "one")
    with pytest.raises(LedgerError) as refused:
        limits.admit(3, "form", "one")
    assert (refused.value.code, refused.value.params) == ("request.too-often", {"minutes": MINUTES})
    limits.admit(3, "form", "other")


def test_what_is_looked_at_is_not_counted_and_a_period_may_be_shorter() -> None:
    clock = Clock()
    limits = Limits(clock, minutes=5)
    assert [limits.so_far("a") for _ in range(3)] == [0, 0, 0]
    limits.times("a")
    clock.seconds = 5 * 60 - 1
    assert (limits.so_far("a"), limits.so_far("b")) == (1, 0)
    clock.seconds = 5 * 60
    assert limits.so_far("a") == 0


def test_no_address_can_be_read_in_what_is_remembered() -> None:
    salts = iter([b"1" * 16, b"2" * 16])
    clock = Clock()
    limits = Limits(clock, lambda _: next(salts))
    limits.times("scan", "192.0.2.1")
    [first] = limits._seen
    assert b"192" not in first
    clock.seconds = 60 * MINUTES
    limits.times("scan", "192.0.2.1")
    [second] = limits._seen
    assert first != second  # nothing ties the one to the other


def test_a_flood_of_addresses_fills_no_memory_and_takes_nobody_s_count() -> None:
    limits = Limits(Clock(), most=100, shared=0)
    limits.times("mine")
    assert {limits.times("flood", str(n)) for n in range(1_000)} == {1}
    assert len(limits._seen) == 100
    assert limits.times("mine") == 2


def test_where_too_much_is_done_to_be_remembered_nobody_is_free_of_limits() -> None:
    limits = Limits(Clock(), most=100, shared=10)
    limits.times("mine")
    for n in range(1_000):
        limits.times("flood", str(n))
    assert len(limits._seen) <= 110
    assert limits.times("mine") == 2
    assert limits.so_far("late") > 1
    with pytest.raises(LedgerError) as refused:
        limits.admit(20, "late")
    assert refused.value.code == "request.too-often"


@pytest.mark.parametrize(
    ("headers", "peer", "header", "address"),
    [
        ([], "8.8.8.8", "", "8.8.8.8"),
        ([], "127.0.0.1", "", ""),  # a proxy's: it stands for anybody
        ([], "10.0.0.7", "", ""),
        ([], "2001:4860:4860::8888", "", "2001:4860:4860::"),
        ([], "::ffff:8.8.8.8", "", "8.8.8.8"),  # of a socket that listens to both
        ([("X-Real-IP", "::ffff:8.8.4.4")], "10.0.0.7", "X-Real-IP", "8.8.4.4"),
        ([("X-Real-IP", "::1:2:3:4:5")], "10.0.0.7", "X-Real-IP", "0:0:0:1::"),
        ([("X-Real-IP", "a" * 200 + ", 8.8.4.4")], "10.0.0.7", "X-Real-IP", "8.8.4.4"),
        ([("X-Real-IP", "8.8.4.4")], "10.0.0.7", "", ""),  # nobody said that it may be believed
        ([("X-Real-IP", "8.8.4.4")], "10.0.0.7", "X-Real-Ip", "8.8.4.4"),
        ([("X-Forwarded-For", "1.1.1.1, 8.8.4.4")], "10.0.0.7", "X-Forwarded-For", "8.8.4.4"),
        ([("X-Real-IP", "1.1.1.1"), ("X-Real-IP", "8.8.4.4")], "", "X-Real-IP", "8.8.4.4"),
        ([("X-Real-IP", "unknown")], "10.0.0.7", "X-Real-IP", ""),
        ([], "", "X-Real-IP", ""),
    ],
)
def test_whom_a_request_is_counted_for(
    headers: list[tuple[str, str]], peer: str, header: str, address: str
) -> None:
    assert address_of(scope(*headers, peer=peer), header) == address


def test_a_header_is_read_up_to_a_length_and_only_if_it_is_named() -> None:
    asked = scope(("X-Place", "V" * 500))
    assert header_of(asked, "") == ""
    assert header_of(asked, "X-Place") == "V" * 100
    assert header_of(asked, "X-Other") == ""
