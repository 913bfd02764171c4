"""The verifier against an operator that asks no rule, and words that are nobody's but one's own."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import orjson
import pytest

from tests import forge
from tests.bundles import (
    POLICY,
    Exporter,
    failing,
    force,
    name_of,
    outcomes,
    refile,
    without,
)
from tests.kit import DAY, Signed
from tests.market import Crooked, Market
from traceability.core import b64, codec
from traceability.core.bundle import Bundle, PublicLeaves
from traceability.core.keys import PrivateKey
from traceability.core.leaf import Leaf
from traceability.core.merkle import leaf_hash
from traceability.core.verify import Report, verify
from traceability.core.vkey import VerifierKey


def check(bundle: Bundle, log: VerifierKey) -> Report:
    """The report with the policy of both witnesses."""
    report = verify(bundle, log, POLICY)
    assert "verdict.fault" not in {verdict.code for verdict in report.verdicts.values()}
    return report


def of(crooked: Crooked, signed: Signed, **how: object) -> Report:
    """The report on the bundle of what somebody signed there."""
    return check(crooked.bundle(signed, **how), crooked.world.signer.key)


def said(report: Report, name: str) -> str:
    return outcomes(report)[name]


@pytest.fixture
def crooked() -> Crooked:
    return Crooked()


# -- an operator that takes what it should refuse ----------------------------------------------
def test_a_key_of_another_party_does_not_sign_for_this_one(crooked: Crooked) -> None:
    world = crooked.world
    claims = crooked.crop.claims | {"nonce": "A" * 22}
    forged = world.sign_claims(crooked.thief, claims)
    crooked.take(forged)
    assert failing(of(crooked, forged)) == {"signatures": "record.unknown-key"}  # not even wanted
    everything = list(range(len(crooked.ledger.leaves)))
    report = of(crooked, forged, indices=everything)
    assert failing(report) == {"links": "key.foreign"}
    assert report.verdicts["links"].index == everything[-1]


def test_a_key_counts_only_from_its_own_index_on(crooked: Crooked) -> None:
    world, farm = crooked.world, crooked.farm
    fresh = PrivateKey.from_seed(bytes(32))
    claims = crooked.crop.claims | {"nonce": "A" * 22}
    early = world.sign_claims(farm, claims, key=fresh)
    registered = world.register(farm, fresh)
    crooked.take(early, registered)
    assert failing(of(crooked, early)) == {"links": "key.unknown"}


def test_a_revoked_key_signs_nothing_more_even_where_the_revocation_is_kept_back(
    crooked: Crooked,
) -> None:
    world, farm = crooked.world, crooked.farm
    revocation = world.revoke(farm, farm.kid)
    late = world.harvest(farm, crooked.plot, [(crooked.pineapple, "L9", "1 KGM")])
    crooked.take(revocation, late)
    assert failing(of(crooked, late)) == {"links": "key.revoked"}
    exporter = Exporter(crooked.ledger)
    kept_back = [i for i in exporter.closure(late.name) if i != exporter.index(revocation.name)]
    assert failing(of(crooked, late, indices=kept_back)) == {"recalls": "bundle.left-out"}


def test_records_after_the_last_trusted_one_stand_in_doubt(crooked: Crooked) -> None:
    world, farm = crooked.world, crooked.farm
    index = crooked.ledger.state.size - 1
    trusted = world.revoke(world.operator, farm.kid, trusted=index, reason="stolen")
    crooked.ledger.append_all()
    assert said(of(crooked, crooked.crop), "recalls") == "ok recalls.none"
    other = Crooked()
    other.world.revoke(other.world.operator, other.farm.kid, trusted=index - 1, reason="stolen")
    other.ledger.append_all()
    report = of(other, other.crop)
    assert report.holds
    assert said(report, "recalls") == "warn recalls.doubted-key"
    assert trusted.claims["data"]["trusted"] == index


def test_a_signature_that_does_not_hold_is_seen_though_the_log_took_it(crooked: Crooked) -> None:
    wire = crooked.crop.wire
    jws, rest = wire.split(b"~", 1)
    head, payload, _ = jws.split(b".")
    other = crooked.world.ship(crooked.farm, [crooked.crop[0]], to=crooked.shop).record.jws
    forged = b".".join((head, payload, other.split(b".")[2])) + b"~" + rest
    index = force(crooked.ledger, forged)
    record = codec.parse(forged)
    bundle = Exporter(crooked.ledger).bundle(crooked.crop[0], indices=range(index + 1))
    report = check(bundle, crooked.world.signer.key)
    assert failing(report) == {"signatures": "record.signature"}
    assert report.verdicts["signatures"].index == index
    assert record.name != crooked.crop.name


WRONG: dict[str, tuple[Callable[[Crooked], Signed], dict[str, str]]] = {
    "more than there is": (
        lambda c: c.world.ship(c.farm, [(c.crop[0], "100.000001 KGM")], to=c.shop),
        {"balance": "draw.over"},
    ),
    "another's goods": (
        lambda c: c.world.ship(c.thief, [c.crop[0]], to=c.shop),
        {"links": "draw.foreign"},
    ),
    "more sent than drawn": (lambda c: c.send("200 KGM"), {"balance": "ship.sum"}),
    "more made than drawn": (
        lambda c: c.world.transform(c.farm, [c.crop[0]], [(c.pineapple, "L1", "110 KGM")]),
        {"balance": "balance.gain"},
    ),
    "at another's place": (
        lambda c: c.world.harvest(c.thief, c.plot, [(c.pineapple, "T1", "5 KGM")]),
        {"links": "place.not-own"},
    ),
    "for one who never agreed": (
        lambda c: c.world.harvest(
            c.thief,
            c.plot,
            [(c.pineapple, "T1", "5 KGM")],
            for_=c.farm.id,
            makes=[{"product": c.pineapple, "lot": "T1", "holder": c.farm.id, "quantity": "5 KGM"}],
        ),
        {"links": "consent.missing"},
    ),
    "another's lot code": (lambda c: c.imitate(), {"links": "lot.foreign"}),
    "for another log": (
        lambda c: c.world.ship(c.farm, [c.crop[0]], to=c.shop, log="goc.example/other"),
        {"links": "record.log"},
    ),
    "in the future": (
        lambda c: c.world.ship(c.farm, [c.crop[0]], to=c.shop, at=c.world.time(c.world.now + DAY)),
        {"links": "time.future"},
    ),
    "before what it draws": (
        lambda c: c.world.ship(
            c.farm, [c.crop[0]], to=c.shop, at=c.world.time(c.world.now - 2 * DAY)
        ),
        {"links": "time.before-draw"},
    ),
    "a nonce that was used": (
        lambda c: c.world.ship(c.farm, [c.crop[0]], to=c.shop, nonce=c.crop.claims["nonce"]),
        {"links": "record.replay"},
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_the_rules_refuse_is_refused_again_wherever_the_log_has_it(what: str) -> None:
    crooked = Crooked()
    make, expected = WRONG[what]
    signed = make(crooked)
    crooked.take(signed)
    report = of(crooked, signed, indices=range(len(crooked.ledger.leaves)))
    assert failing(report) == expected
    assert report.verdicts[next(iter(expected))].index == len(crooked.ledger.leaves) - 1


def test_two_draws_on_one_holding_are_seen_where_both_are_shown(crooked: Crooked) -> None:
    world = crooked.world
    first = world.ship(crooked.farm, [crooked.crop[0]], to=crooked.shop)
    second = world.ship(crooked.farm, [crooked.crop[0]], to=crooked.thief)
    crooked.take(first, second)
    both = of(crooked, second, indices=range(len(crooked.ledger.leaves)))
    assert failing(both) == {"balance": "draw.over"}
    # Each alone holds: that nothing else was drawn, an audit says.
    assert of(crooked, first).holds
    assert of(crooked, second).holds


def test_a_log_that_files_a_record_under_another_class_is_seen_where_the_record_is_shown() -> None:
    for name in ("crop", "dispute", "correction"):
        found = Market()
        index = found.index(getattr(found, name))
        refile(found.ledger, index, cls=1 - found.ledger.leaves[index].cls)
        report = check(found.bundle(), found.world.signer.key)
        assert failing(report) == {"inclusion": "proof.root"}
        assert report.verdicts["inclusion"].index == index


def test_a_dispute_filed_under_class_0_can_be_kept_back_and_only_the_disputer_knows() -> None:
    found = Market()
    index = found.index(found.dispute)
    refile(found.ledger, index, cls=0)
    bundle = without(found.bundle(), index)
    assert bundle.public is not None
    texts = tuple(jws for jws in bundle.public.records if jws != found.dispute.record.jws)
    mended = replace(bundle, public=replace(bundle.public, records=texts))
    # The disputer's own receipt does not hold for this class, and an audit names the record.
    assert check(mended, found.world.signer.key).holds


def test_a_class_0_record_filed_under_class_1_is_seen_in_the_public_section() -> None:
    found = Market()
    index = found.index(found.elsewhere)  # not in the bundle
    refile(found.ledger, index, cls=1)
    exporter = found.exporter
    bundle = found.bundle()
    assert bundle.public is not None
    texts = tuple(r.jws for i, r in enumerate(exporter.records) if found.ledger.leaves[i].cls)
    mended = replace(bundle, public=replace(bundle.public, records=texts))
    assert failing(check(mended, found.world.signer.key)) == {"recalls": "bundle.class"}


def test_public_records_of_a_later_version_leave_the_verdict_open(crooked: Crooked) -> None:
    jws, *_ = crooked.crop.wire.split(b"~")
    claims = orjson.loads(b64.decode(jws.split(b".")[1])) | {"type": "recall"}
    recall = codec.sign(forge.canonical(claims), crooked.farm.key)
    report = check(grown_by(crooked, recall), crooked.world.signer.key)
    assert report.holds
    assert said(report, "recalls") == "unknown recalls.unread"
    # What no version can read is another matter.
    noise = codec.sign(b"nothing", crooked.farm.key)
    report = check(grown_by(crooked, noise), crooked.world.signer.key)
    assert failing(report) == {"recalls": "record.malformed"}


def grown_by(crooked: Crooked, jws: bytes) -> Bundle:
    """The bundle of the crop, after the log took a public record that we cannot parse."""
    ledger, before = crooked.ledger, crooked.bundle(crooked.crop).public
    assert before is not None
    leaf = Leaf(sha256(jws).digest(), crooked.world.now, 1)
    ledger.leaves.append(leaf)
    ledger.hashes.append(leaf_hash(leaf.to_bytes()))
    bundle = crooked.bundle(crooked.crop)
    public = PublicLeaves((*before.leaves, leaf.to_bytes()), (*before.records, jws))
    ledger.leaves.pop()
    ledger.hashes.pop()
    return replace(bundle, public=public)


def test_a_log_whose_time_goes_back_is_seen_in_its_leaves() -> None:
    found = Market()
    index = found.index(found.elsewhere)
    refile(found.ledger, index, time=1)
    assert failing(check(found.bundle(), found.world.signer.key)) == {"recalls": "bundle.order"}


# -- words that are only the operator's, or only one's own -------------------------------------
def test_a_key_that_the_operator_put_in_anothers_place_is_marked(crooked: Crooked) -> None:
    world = crooked.world
    farm = world.party("farm")
    first = world.records[-1]
    world.register(world.operator, party=farm)
    plot = world.place(farm)
    crop = world.harvest(farm, plot, [(crooked.pineapple, "R1", "5 KGM")])
    crooked.ledger.append_all()
    report = of(crooked, crop)
    assert report.holds
    assert said(report, "links") == "warn links.operator-word"
    # Without the first key the second would look like it; but keys are public.
    exporter = Exporter(crooked.ledger)
    kept_back = [i for i in exporter.closure(crop.name) if i != exporter.index(first.name)]
    hidden = of(crooked, crop, indices=kept_back)
    assert failing(hidden) == {"recalls": "bundle.left-out"}
    assert said(hidden, "links") == "ok links.ok"


def test_a_consent_that_only_the_operator_states_is_not_passed_over(crooked: Crooked) -> None:
    world, farm, agent = crooked.world, crooked.farm, crooked.world.party("cooperative")
    world.consent(farm, agent, "harvest", by=world.operator)
    lines = [(crooked.pineapple, "C1", "5 KGM")]
    crop = world.harvest(agent, crooked.plot, lines, for_=farm.id)
    crooked.ledger.append_all()
    report = of(crooked, crop)
    assert report.holds
    assert said(report, "links") == "warn links.operator-word"
    # The farm confirms what was recorded for it, and besides something that is not shown.
    unseen = world.harvest(agent, crooked.plot, [(crooked.pineapple, "C2", "5 KGM")], for_=farm.id)
    other = world.place(farm)
    far = world.harvest(agent, other, [(crooked.pineapple, "C3", "5 KGM")], for_=farm.id)
    world.consent(farm, agent, "harvest", confirms=[crop.name, unseen.name, far.name])
    crooked.ledger.append_all()
    shown = Exporter(crooked.ledger).closure(crop.name)
    assert Exporter(crooked.ledger).index(far.name) not in shown
    assert said(of(crooked, crop), "links") == "ok links.ok"


def test_a_newer_consent_cannot_be_kept_back(crooked: Crooked) -> None:
    world, farm, agent = crooked.world, crooked.farm, crooked.world.party("cooperative")
    world.consent(farm, agent, "harvest", "diary")
    ended = world.consent(farm, agent, "diary")  # harvests no longer
    lines = [(crooked.pineapple, "C1", "5 KGM")]
    crop = world.harvest(agent, crooked.plot, lines, for_=farm.id)
    crooked.take(*world.take())
    assert failing(of(crooked, crop)) == {"links": "consent.type"}
    exporter = Exporter(crooked.ledger)
    kept_back = [i for i in exporter.closure(crop.name) if i != exporter.index(ended.name)]
    assert failing(of(crooked, crop, indices=kept_back)) == {"recalls": "bundle.left-out"}


def test_a_certificate_on_ones_own_word_is_not_passed_over(crooked: Crooked) -> None:
    world, farm = crooked.world, crooked.farm
    make = {"product": crooked.pineapple, "holder": farm.id, "place": crooked.plot}
    makes = [make | {"lot": "V1", "quantity": "5 KGM", "claims": ["vietgap"]}]
    crop = world.harvest(farm, crooked.plot, [], makes=makes)
    crooked.ledger.append_all()
    assert said(of(crooked, crop), "certificates") == "warn certificates.alerts"
    own = world.certificate(farm, farm)
    crooked.ledger.append_all()
    assert said(of(crooked, crop), "certificates") == "warn certificates.declared"
    certifier = world.party("certifier")
    data = own.claims["data"] | {"certifier": certifier.id}
    world.sign(certifier, "certificate", data)
    crooked.ledger.append_all()
    assert said(of(crooked, crop), "certificates") == "ok certificates.ok"


def test_a_voided_lot_is_not_passed_off_as_one(crooked: Crooked) -> None:
    world, farm, crop = crooked.world, crooked.farm, crooked.crop
    world.correct(farm, crop, [crop[0]], data={"void": True})
    crooked.ledger.append_all()
    report = of(crooked, crop)
    assert report.holds
    assert said(report, "recalls") == "warn recalls.voided"


def test_a_taken_shipment_whose_consignee_is_withheld_is_marked(crooked: Crooked) -> None:
    world = crooked.world
    sent = world.ship(crooked.farm, [crooked.crop[0]], to=crooked.shop, also=["holder"])
    stolen = world.receive(crooked.thief, sent)
    crooked.take(sent, stolen)
    assert failing(of(crooked, stolen)) == {"links": "draw.foreign"}
    withheld = of(crooked, stolen, shows=lambda _, each: name_of(each) != "holder")
    assert withheld.holds
    assert said(withheld, "links") == "warn links.undisclosed"


def test_an_overdraw_behind_withheld_quantities_is_not_called_balanced(crooked: Crooked) -> None:
    sent = crooked.send("900 KGM")
    crooked.take(sent)
    assert failing(of(crooked, sent)) == {"balance": "ship.sum"}
    draw = sent.record.disclosures[0]
    assert name_of(draw) == "quantity"
    withheld = of(crooked, sent, shows=lambda _, each: each != draw)
    assert withheld.holds
    assert said(withheld, "balance") == "unknown balance.undisclosed"
    assert said(withheld, "alerts") == "unknown alerts.undisclosed"


# -- goods from outside ------------------------------------------------------------------------
def test_goods_from_outside_are_declared_until_their_supplier_records_the_shipment(
    crooked: Crooked,
) -> None:
    world, farm, shop = crooked.world, crooked.farm, crooked.shop
    source = {"kind": "unrecorded", "party": farm.id}
    hidden = world.acquire(shop, [(crooked.pineapple, "L1", "40 KGM")], source, also=["party"])
    crooked.ledger.append_all()
    assert said(of(crooked, hidden), "origin") == "warn origin.declared"
    draws = [{"from": crooked.crop[0].name, "quantity": "40 KGM"}]
    world.sign(farm, "ship", {"closes": hidden.name}, draws=draws)
    crooked.ledger.append_all()
    assert said(of(crooked, hidden), "origin") == "ok origin.proven"
    # Whose shipment it was, we cannot tell where the supplier is withheld.
    withheld = of(crooked, hidden, shows=lambda _, each: name_of(each) != "party")
    assert withheld.holds
    assert said(withheld, "origin") == "warn origin.declared"
