"""The verifier's verdicts: what it accepts, what it refuses and where, and what it cannot know."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bundles import (
    COSIGNED,
    POLICY,
    audience,
    failing,
    name_of,
    outcomes,
    with_entry,
    without,
)
from tests.kit import Signed
from tests.market import market
from traceability.core import codec
from traceability.core.bundle import Bundle, Entry
from traceability.core.claims import Audience
from traceability.core.closure import answers, wanted
from traceability.core.errors import CODES
from traceability.core.verify import NAMES, Report, text_of, verify
from traceability.core.vkey import VerifierKey
from traceability.text import LANGUAGES, has_text

ROOT = Path(__file__).resolve().parents[2]
LOG = market().world.signer.key
BUNDLE = market().bundle()


def check(bundle: Bundle = BUNDLE, log: VerifierKey = LOG, **how: object) -> Report:
    """The report with the policy of both witnesses, unless another is given."""
    report = verify(bundle, log, **({"policy": POLICY} | how))  # type: ignore[arg-type]
    assert tuple(report.verdicts) == NAMES
    assert all(name == verdict.name for name, verdict in report.verdicts.items())
    assert "verdict.fault" not in {verdict.code for verdict in report.verdicts.values()}
    return report


def said(report: Report, name: str) -> str:
    return outcomes(report)[name]


# -- what holds --------------------------------------------------------------------------------
def test_the_bundle_of_a_lot_holds() -> None:
    report = check()
    assert report.holds
    assert outcomes(report) == {
        "signatures": "ok signatures.ok",
        "inclusion": "ok inclusion.ok",
        "witnesses": "ok witnesses.ok",
        "consistency": "unknown consistency.first",
        "links": "ok links.ok",
        "balance": "ok balance.ok",
        "origin": "ok origin.proven",
        "certificates": "ok certificates.ok",
        "alerts": "warn alerts.open",  # the member denied a quantity
        "recalls": "ok recalls.none",
    }
    assert report.cosigned == COSIGNED
    assert report.checkpoint is not None
    assert report.checkpoint.size == len(market().ledger.leaves)
    assert [alert.key.code for alert in report.alerts()] == ["disputed"]
    assert len(report.records) == len(BUNDLE.entries)
    assert text_of(BUNDLE.checkpoint) == report.checkpoint.text


def test_one_thread_says_what_two_say() -> None:
    several = replace(BUNDLE, target=replace(BUNDLE.target, holding=None))
    for bundle in (BUNDLE, several, without(BUNDLE, 3)):
        assert check(bundle, threads=1).verdicts == check(bundle, threads=3).verdicts


def test_the_closure_has_what_its_records_want_and_nothing_else() -> None:
    records = {e.index: market().exporter.records[e.index] for e in BUNDLE.entries}
    everything = market().exporter.records
    wants = {want for record in records.values() for want in wanted(record)}
    for index, record in enumerate(everything):
        answered = any(want in wants for want in answers(record))
        start = record.name == market().received.name
        assert (index in records) == (answered or start or index < 2)
    # The sale to the kitchen and the kitchen itself are nobody's business here.
    assert market().index(market().elsewhere) not in records


def test_readers_who_may_see_less_are_told_less_and_nothing_wrong() -> None:
    public = market().bundle(shows=audience(Audience.PUBLIC))
    report = check(public)
    assert report.holds
    assert said(report, "balance") == "unknown balance.undisclosed"
    assert said(report, "alerts") == "warn alerts.open"
    silent = market(False).bundle(shows=audience(Audience.PUBLIC))
    assert said(check(silent), "alerts") == "unknown alerts.undisclosed"
    chain = check(market(False).bundle(shows=audience(Audience.CHAIN)))
    assert (said(chain, "balance"), said(chain, "alerts")) == ("ok balance.ok", "ok alerts.none")


# -- what was dropped --------------------------------------------------------------------------
#: Of class 0, and named by no digest: whoever makes a bundle can keep them back unseen.
SILENT = ("early", "spraying", "inspection")


@pytest.mark.parametrize("index", [entry.index for entry in BUNDLE.entries])
def test_no_record_can_be_dropped_unseen_but_diaries_and_inspections(index: int) -> None:
    report = check(without(BUNDLE, index))
    if index in {market().index(getattr(market(), name)) for name in SILENT}:
        assert report.holds  # only an audit tells
    else:
        assert not report.holds


DROPPED = {
    "crop": {"links": "draw.unknown"},
    "other": {"links": "draw.unknown"},
    "sent": {"links": "draw.unknown"},
    "taken": {"links": "draw.unknown"},
    "home": {"links": "draw.unknown"},
    "made": {"links": "draw.unknown"},
    "onward": {"links": "draw.unknown"},
    "received": {"links": "bundle.target"},
    "correction": {"recalls": "bundle.left-out"},
    "dispute": {"recalls": "bundle.left-out"},
    "suspension": {"recalls": "bundle.left-out"},
    "certificate": {"recalls": "bundle.left-out"},
    "revocation": {"recalls": "bundle.left-out"},
    "consent": {"links": "consent.missing"},
    "new_key": {"signatures": "record.unknown-key"},
}


@pytest.mark.parametrize("what", DROPPED)
def test_what_was_dropped_is_missed_by_the_verdict_that_it_belongs_to(what: str) -> None:
    signed: Signed = getattr(market(), what)
    report = check(without(BUNDLE, market().index(signed)))
    expected = dict(DROPPED[what])
    if what == "crop":  # the correction, which comes first, has lost what it corrects
        expected = {"links": "draw.unknown"}
    assert failing(report) == expected
    if "recalls" in expected:
        assert report.verdicts["recalls"].index == market().index(signed)
        assert report.verdicts["recalls"].params == {"type": signed.claims["type"]}


@pytest.mark.parametrize("what", ["correction", "dispute", "suspension", "revocation"])
def test_without_the_public_section_nobody_can_tell_and_the_verdict_says_so(what: str) -> None:
    bundle = replace(BUNDLE, public=None)
    dropped = without(bundle, market().index(getattr(market(), what)))
    for each in (bundle, dropped):
        report = check(each)
        assert report.holds
        assert said(report, "recalls") == "unknown recalls.unknown"


Mend = Callable[[Bundle, int], Bundle]


def mended(bundle: Bundle, leaves: tuple[bytes, ...], records: tuple[bytes, ...]) -> Bundle:
    assert bundle.public is not None
    return replace(bundle, public=replace(bundle.public, leaves=leaves, records=records))


def text_at(bundle: Bundle, index: int) -> int:
    """Where the text of a class-1 leaf stands in the public section."""
    assert bundle.public is not None
    return sum(leaf[40] for leaf in bundle.public.leaves[:index])


def leaves_of(bundle: Bundle) -> tuple[bytes, ...]:
    assert bundle.public is not None
    return bundle.public.leaves


def texts_of(bundle: Bundle) -> tuple[bytes, ...]:
    assert bundle.public is not None
    return bundle.public.records


def no_text(b: Bundle, i: int) -> Bundle:
    at = text_at(b, i)
    return mended(b, leaves_of(b), texts_of(b)[:at] + texts_of(b)[at + 1 :])


def other_text(b: Bundle, i: int) -> Bundle:
    at = text_at(b, i)
    return mended(b, leaves_of(b), (*texts_of(b)[:at], texts_of(b)[2], *texts_of(b)[at + 1 :]))


def no_leaf(b: Bundle, i: int) -> Bundle:
    return mended(no_text(b, i), leaves_of(b)[:i] + leaves_of(b)[i + 1 :], texts_of(no_text(b, i)))


def other_class(b: Bundle, i: int) -> Bundle:
    leaf = leaves_of(b)[i][:40] + b"\0"
    leaves = (*leaves_of(b)[:i], leaf, *leaves_of(b)[i + 1 :])
    return mended(b, leaves, texts_of(no_text(b, i)))


def no_class(b: Bundle, i: int) -> Bundle:
    leaf = leaves_of(b)[i][:40] + b"\2"
    return mended(b, (*leaves_of(b)[:i], leaf, *leaves_of(b)[i + 1 :]), texts_of(b))


def empty(b: Bundle, _: int) -> Bundle:
    return mended(b, (), ())


def one_more(b: Bundle, i: int) -> Bundle:
    return mended(b, leaves_of(b), (*texts_of(b), texts_of(b)[text_at(b, i)]))


def swapped(b: Bundle, i: int) -> Bundle:
    leaves = list(leaves_of(b))
    leaves[i], leaves[i - 1] = leaves[i - 1], leaves[i]
    return mended(b, tuple(leaves), texts_of(b))


MENDED: dict[str, tuple[Mend, str]] = {
    "its text is not given": (no_text, "bundle.class"),
    "another text is given": (other_text, "bundle.class"),
    "neither text nor leaf": (no_leaf, "bundle.leaves"),
    "the leaf is of class 0": (other_class, "bundle.leaves"),
    "the leaf is of no class": (no_class, "bundle.leaves"),
    "nothing is public": (empty, "bundle.leaves"),
    "a text too many": (one_more, "bundle.leaves"),
    "leaves in another order": (swapped, "bundle.leaves"),
}


@pytest.mark.parametrize("how", MENDED)
@pytest.mark.parametrize("what", ["correction", "dispute", "suspension", "revocation"])
def test_mending_the_public_section_does_not_hide_what_was_dropped(how: str, what: str) -> None:
    mend, code = MENDED[how]
    index = market().index(getattr(market(), what))
    for bundle in (mend(without(BUNDLE, index), index), mend(BUNDLE, index)):
        report = check(bundle)
        left_out = how == "a text too many" and bundle.entries != BUNDLE.entries
        assert failing(report) == {"recalls": "bundle.left-out" if left_out else code}


# -- entries -----------------------------------------------------------------------------------
def entry(index: int) -> Entry:
    return next(each for each in BUNDLE.entries if each.index == index)


INDEX = market().index(market().taken)
NEXT = market().index(market().home)
PROOF = entry(INDEX).proof
ENTRIES: dict[str, tuple[Bundle, dict[str, str]]] = {
    "another's proof": (
        with_entry(BUNDLE, INDEX, proof=entry(NEXT).proof),
        {"inclusion": "proof.root"},
    ),
    "no proof": (with_entry(BUNDLE, INDEX, proof=()), {"inclusion": "proof.length"}),
    "a proof with one hash more": (
        with_entry(BUNDLE, INDEX, proof=(*PROOF, bytes(32))),
        {"inclusion": "proof.length"},
    ),
    "a proof with a short hash": (
        with_entry(BUNDLE, INDEX, proof=(PROOF[0][:31], *PROOF[1:])),
        {"inclusion": "proof.hash-length"},
    ),
    "a proof in another order": (
        with_entry(BUNDLE, INDEX, proof=PROOF[::-1]),
        {"inclusion": "proof.root"},
    ),
    "a millisecond later": (
        with_entry(BUNDLE, INDEX, time=entry(INDEX).time + 1),
        {"inclusion": "proof.root"},
    ),
    "before the record before it": (
        with_entry(BUNDLE, INDEX, time=1),
        {"inclusion": "bundle.order"},
    ),
    "a negative time": (with_entry(BUNDLE, 0, time=-5), {"inclusion": "bundle.order"}),
    "a time beyond 64 bits": (
        with_entry(BUNDLE, BUNDLE.entries[-1].index, time=2**64),
        {"inclusion": "leaf.malformed"},
    ),
    "the next index": (with_entry(BUNDLE, INDEX, index=NEXT), {"inclusion": "proof.root"}),
    "an index beyond the log": (
        with_entry(BUNDLE, BUNDLE.entries[-1].index, index=10**6),
        {"inclusion": "proof.index"},
    ),
    "a negative index": (with_entry(BUNDLE, 0, index=-1), {"inclusion": "bundle.order"}),
    "another record in its place": (
        with_entry(BUNDLE, INDEX, wire=entry(NEXT).wire),
        {"inclusion": "proof.root"},
    ),
    "in reverse order": (
        replace(BUNDLE, entries=BUNDLE.entries[::-1]),
        {"inclusion": "bundle.order"},
    ),
    "one record twice": (
        replace(BUNDLE, entries=(*BUNDLE.entries, BUNDLE.entries[-1])),
        {"inclusion": "bundle.order"},
    ),
    "one record twice, the second as another": (
        replace(BUNDLE, entries=(*BUNDLE.entries, replace(BUNDLE.entries[-1], index=45))),
        {"inclusion": "proof.root"},
    ),
    "nothing": (replace(BUNDLE, entries=()), {"links": "bundle.genesis"}),
    "only the first record": (
        replace(BUNDLE, entries=BUNDLE.entries[:1]),
        {"signatures": "record.unknown-key"},
    ),
    "only the first two": (replace(BUNDLE, entries=BUNDLE.entries[:2]), {"links": "bundle.target"}),
    "without the first two": (
        replace(BUNDLE, entries=BUNDLE.entries[2:]),
        {"signatures": "record.unknown-key"},
    ),
    "another lot": (
        replace(BUNDLE, target=replace(BUNDLE.target, lot="J2")),
        {"links": "bundle.target"},
    ),
    "another lot of the bundle": (
        replace(BUNDLE, target=replace(BUNDLE.target, lot="L1", gtin=market().pineapple)),
        {"links": "bundle.target"},
    ),
    "another product": (
        replace(BUNDLE, target=replace(BUNDLE.target, gtin=market().pineapple)),
        {"links": "bundle.target"},
    ),
    "another output": (
        replace(BUNDLE, target=replace(BUNDLE.target, holding=f"{market().received.name}.1")),
        {"links": "bundle.target"},
    ),
    "another holding": (
        replace(BUNDLE, target=replace(BUNDLE.target, holding=f"{market().taken.name}.0")),
        {"links": "bundle.target"},
    ),
    "a holding of no record here": (
        replace(BUNDLE, target=replace(BUNDLE.target, holding="A" * 43 + ".0")),
        {"links": "bundle.target"},
    ),
}


@pytest.mark.parametrize("what", ENTRIES)
def test_entries_that_are_not_the_logs_are_refused(what: str) -> None:
    bundle, expected = ENTRIES[what]
    report = check(bundle)
    assert failing(report) == expected
    assert not report.holds


def test_what_comes_after_a_failure_is_not_reached_and_says_so() -> None:
    report = check(with_entry(BUNDLE, INDEX, wire=b"nothing"))
    assert failing(report) == {"signatures": "record.malformed"}
    assert report.verdicts["signatures"].index == INDEX
    assert {each.code for each in report.verdicts.values() if each.outcome == "unknown"} == {
        "verdict.not-reached"
    }
    assert report.state is None
    assert report.alerts() == []


# -- disclosures -------------------------------------------------------------------------------
def with_disclosures(signed: Signed, change: Callable[[list[bytes]], list[bytes]]) -> Bundle:
    index = market().index(signed)
    record = signed.record
    wire = codec.to_wire(record.jws, change(list(record.disclosures)))
    return with_entry(BUNDLE, index, wire=wire)


def of(signed: Signed, field: str) -> bytes:
    return next(each for each in signed.record.disclosures if name_of(each) == field)


def test_a_second_disclosure_for_one_field_is_refused() -> None:
    from tests import forge

    crop = market().crop
    for extra in (
        forge.disclosure("by", "Ai đó"),
        of(crop, "by"),
        of(market().sent, "quantity"),
        forge.disclosure("quantity", "1 KGM"),
    ):
        report = check(with_disclosures(crop, lambda d, extra=extra: [*d, extra]))  # type: ignore[misc]
        assert failing(report) == {"signatures": "record.disclosure"}


def test_disclosures_of_two_fields_cannot_change_places_or_records() -> None:
    crop, sent = market().crop, market().sent
    assert check(with_disclosures(crop, lambda d: d[::-1])).holds  # the digests say where each goes
    theirs = of(sent, "quantity")
    swapped = with_disclosures(
        crop, lambda d: [theirs if e == of(crop, "quantity") else e for e in d]
    )
    assert failing(check(swapped)) == {"signatures": "record.disclosure"}


def test_a_withheld_draw_makes_the_balance_unknown_and_never_right() -> None:
    for signed in (market().made, market().correction, market().taken, market().crop):
        for field in ("quantity",):
            hidden = of(signed, field)
            report = check(with_disclosures(signed, lambda d, h=hidden: [e for e in d if e != h]))  # type: ignore[misc]
            assert report.holds
            assert said(report, "balance") == "unknown balance.undisclosed"


def test_every_verdict_has_its_words_in_both_languages() -> None:
    core = ROOT / "traceability" / "core"
    source = "".join((core / f"{n}.py").read_text("utf-8") for n in ("verify", "judgement"))
    codes = set(re.findall(r'report\.say\(\s*"[a-z]+", "[a-z]+", "([a-z.-]+)"', source))
    assert len(codes) > 20
    codes = {code for code in codes if code not in CODES} | {"verdict.not-reached"}
    for language in LANGUAGES:
        assert [code for code in sorted(codes) if not has_text(language, f"verdict.{code}")] == []
