"""Many records at once: the first that fails is named, however many threads there are."""

import gc
from dataclasses import replace
from functools import lru_cache

import pytest

from tests.bundles import failing, with_entry
from tests.market import Crooked
from traceability.core import codec
from traceability.core.bundle import Bundle
from traceability.core.errors import GocError
from traceability.core.signatures import SignatureFault, read_all
from traceability.core.verify import verify


@lru_cache(maxsize=1)
def many() -> tuple[Crooked, Bundle]:
    """A bundle of some three hundred records."""
    crooked = Crooked()
    for _ in range(280):
        crooked.world.place(crooked.farm)
    crooked.ledger.append_all()
    return crooked, crooked.bundle(crooked.crop, indices=range(len(crooked.ledger.leaves)))


def wires() -> list[bytes]:
    return [entry.wire for entry in many()[1].entries]


def unsigned(wire: bytes) -> bytes:
    """The record with a signature that does not hold."""
    jws, rest = wire.split(b"~", 1)
    return jws[:-86] + b"A" * 86 + b"~" + rest


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_all_records_are_read_in_their_order(threads: int) -> None:
    assert [record.wire for record in read_all(wires(), threads)] == wires()
    assert [record.wire for record in read_all(wires()[:2], threads)] == wires()[:2]
    assert read_all([], threads) == []


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("wrong", [{5}, {5, 6, 200}, {290, 291}, {31, 32, 33}, {150, 100, 280}])
def test_the_first_signature_that_does_not_hold_is_named(threads: int, wrong: set[int]) -> None:
    texts = [unsigned(wire) if n in wrong else wire for n, wire in enumerate(wires())]
    with pytest.raises(SignatureFault) as caught:
        read_all(texts, threads)
    assert caught.value.position == min(wrong)
    assert caught.value.error.code == "record.signature"


@pytest.mark.parametrize("threads", [1, 2])
def test_what_cannot_be_read_is_named_before_any_signature(threads: int) -> None:
    texts = [unsigned(wires()[0]), *wires()[1:200], b"nothing", *wires()[201:]]
    with pytest.raises(SignatureFault) as caught:
        read_all(texts, threads)
    assert (caught.value.position, caught.value.error.code) == (200, "record.malformed")


def test_a_key_verifies_wherever_it_stands_but_must_be_there() -> None:
    key = next(n for n, wire in enumerate(wires()) if n > 1 and is_key(wire))
    moved = [*wires()[:key], *wires()[key + 1 :], wires()[key]]
    assert len(read_all(moved)) == len(wires())
    with pytest.raises(SignatureFault) as caught:
        read_all(moved[:-1])
    assert caught.value.error.code == "record.unknown-key"


def is_key(wire: bytes) -> bool:
    return codec.parse(wire).body.type == "key"


@pytest.mark.parametrize("enabled", [True, False])
def test_verifying_much_leaves_the_collector_as_it_was(enabled: bool) -> None:
    crooked, bundle = many()
    (gc.enable if enabled else gc.disable)()
    try:
        report = verify(bundle, crooked.world.signer.key)
        assert report.holds
        assert gc.isenabled() == enabled
        wrong = with_entry(bundle, 270, wire=unsigned(bundle.entries[270].wire))
        assert failing(verify(wrong, crooked.world.signer.key)) == {
            "signatures": "record.signature"
        }
        assert gc.isenabled() == enabled
        assert gc.get_freeze_count() == 0
    finally:
        gc.enable()


def test_a_fault_of_ours_is_a_verdict_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    crooked, bundle = many()

    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("traceability.core.verify._judge_consistency", broken)
    report = verify(replace(bundle, public=None), crooked.world.signer.key)
    assert not report.holds
    assert failing(report) == {"links": "verdict.fault"}
    with pytest.raises(GocError):
        codec.parse(b"")
