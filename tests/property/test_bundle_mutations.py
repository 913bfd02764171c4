"""No change of a bundle passes: of any byte of any record, of any part of its file."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bundles import POLICY, failing, with_entry
from tests.market import market
from traceability.core import codec
from traceability.core.bundle import Bundle, Entry, PublicLeaves, Target
from traceability.core.codec import SignedRecord
from traceability.core.errors import FormatError, GocError
from traceability.core.verify import Report, verify

LOG = market().world.signer.key
BUNDLE = market().bundle()
FILE = BUNDLE.to_json()
RECORDS = [codec.parse(entry.wire) for entry in BUNDLE.entries]
KEYS = codec.keys_in(RECORDS)


def check(bundle: Bundle) -> Report:
    report = verify(bundle, LOG, POLICY, threads=1)
    codes = {verdict.code for verdict in report.verdicts.values()}
    assert "verdict.fault" not in codes
    return report


def passes(wire: bytes, original: SignedRecord) -> bool:
    """Whether the stages that look at one record alone let it pass for the original: it parses, its
    signature holds, and the leaf that the log has is its own."""
    try:
        record = codec.parse(wire, complete=False)
        codec.verify(record, KEYS)
    except GocError:
        return False
    return record.digest == original.digest


def variants(byte: int) -> tuple[int, ...]:
    """Other bytes in its place: the neighbours in the alphabet, another case, anything."""
    return tuple(
        {byte ^ 1, byte ^ 0x20, byte ^ 0x80, (byte + 1) % 256, ord("A"), ord("~")} - {byte}
    )


@pytest.mark.slow
@pytest.mark.parametrize("position", range(len(RECORDS)))
def test_no_byte_of_a_record_can_be_changed(position: int) -> None:
    original, wire = RECORDS[position], BUNDLE.entries[position].wire
    for at, byte in enumerate(wire):
        kinds = variants(byte)
        for kind in kinds:
            changed = wire[:at] + bytes([kind]) + wire[at + 1 :]
            assert not passes(changed, original), (at, byte, kind)


@pytest.mark.slow
@pytest.mark.parametrize("position", range(len(RECORDS)))
def test_the_whole_verifier_refuses_changes_all_along_a_record(position: int) -> None:
    entry = BUNDLE.entries[position]
    wire = entry.wire
    for at in range(position % 7, len(wire), max(len(wire) // 12, 1)):
        changed = wire[:at] + bytes([variants(wire[at])[at % 3]]) + wire[at + 1 :]
        report = check(with_entry(BUNDLE, entry.index, wire=changed))
        assert not report.holds
        assert failing(report).keys() <= {"signatures", "inclusion"}
        assert {v.index for v in report.verdicts.values() if v.outcome == "fail"} == {entry.index}


@pytest.mark.parametrize("position", range(len(RECORDS)))
def test_no_disclosure_can_be_dropped_but_openly(position: int) -> None:
    entry, original = BUNDLE.entries[position], RECORDS[position]
    for each in original.disclosures:
        shown = [other for other in original.disclosures if other != each]
        wire = codec.to_wire(original.jws, shown)
        record = codec.parse(wire, complete=False)
        assert len(record.undisclosed) == 1
        with pytest.raises(GocError, match=r"record\.undisclosed"):
            codec.parse(wire)
        report = check(with_entry(BUNDLE, entry.index, wire=wire))
        assert report.holds
        if record.undisclosed[0].endswith("/quantity"):
            assert report.verdicts["balance"].outcome == "unknown"


@settings(max_examples=150)
@given(st.data())
def test_a_changed_file_is_no_bundle_or_fails_or_says_the_same(data: st.DataObject) -> None:
    text = bytearray(FILE)
    at = data.draw(st.integers(0, len(text) - 1))
    match data.draw(st.integers(0, 3)):
        case 0:
            text[at] = data.draw(st.integers(0, 255))
        case 1:
            del text[at : at + data.draw(st.integers(1, 200))]
        case 2:
            text[at:at] = data.draw(st.binary(min_size=1, max_size=10))
        case _:
            text[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        bundle = Bundle.from_json(bytes(text))
    except FormatError:
        return
    assert bundle == BUNDLE or not check(bundle).holds or less(bundle)


def less(bundle: Bundle) -> bool:
    """Whether it shows less of the same: as whoever hands a bundle on may do."""
    names = {entry.index: codec.parse(entry.wire, False).name for entry in bundle.entries}
    ours = {e.index: r.name for e, r in zip(BUNDLE.entries, RECORDS, strict=True)}
    return names.items() <= ours.items() and bundle.public in (None, BUNDLE.public)


WIRES = st.sampled_from([entry.wire for entry in BUNDLE.entries]) | st.binary(max_size=60)
HASHES = st.lists(st.binary(max_size=33), max_size=8).map(tuple)
WHOLE = st.integers(-(2**70), 2**70) | st.integers(0, 60)
ENTRIES = st.builds(Entry, WIRES, WHOLE, WHOLE, HASHES) | st.sampled_from(BUNDLE.entries)
TARGETS = st.builds(
    Target,
    st.text(max_size=14) | st.just(BUNDLE.target.gtin),
    st.text(max_size=20) | st.just(BUNDLE.target.lot),
    st.none() | st.just(BUNDLE.target.holding) | st.from_regex(r"\A[A-Za-z0-9_-]{43}\.[0-9]\Z"),
)
PUBLIC = st.none() | st.builds(
    PublicLeaves,
    st.lists(st.binary(max_size=42), max_size=50).map(tuple),
    st.lists(WIRES, max_size=30).map(tuple),
)


@settings(max_examples=200)
@given(
    TARGETS,
    st.lists(ENTRIES, max_size=50),
    st.binary(max_size=99) | st.just(BUNDLE.checkpoint),
    st.none() | st.tuples(WHOLE, HASHES),
    PUBLIC | st.just(BUNDLE.public),
    st.booleans(),
    st.none() | st.just(BUNDLE.checkpoint) | st.binary(max_size=50),
)
def test_nothing_makes_the_verifier_raise(
    target: Target,
    entries: list[Entry],
    checkpoint: bytes,
    consistency: tuple[int, tuple[bytes, ...]] | None,
    public: PublicLeaves | None,
    cut: bool,
    seen: bytes | None,
) -> None:
    entries = sorted(entries, key=lambda entry: entry.index)
    bundle = Bundle(target, tuple(entries), checkpoint, consistency, public, cut)
    report = verify(bundle, LOG, POLICY, seen)
    assert "verdict.fault" not in {verdict.code for verdict in report.verdicts.values()}
    if not {0, 1} <= {entry.index for entry in entries}:
        assert not report.holds


@settings(max_examples=60)
@given(st.sets(st.sampled_from([entry.index for entry in BUNDLE.entries])), st.booleans())
def test_any_part_of_a_bundle_holds_only_if_nothing_that_was_named_is_missing(
    dropped: set[int], public: bool
) -> None:
    kept = tuple(entry for entry in BUNDLE.entries if entry.index not in dropped)
    report = check(replace(BUNDLE, entries=kept, public=BUNDLE.public if public else None))
    silent = {market().index(getattr(market(), n)) for n in ("early", "spraying", "inspection")}
    named: set[Any] = dropped - silent
    if public:
        assert report.holds == (not named)
    elif not named:
        assert report.holds
