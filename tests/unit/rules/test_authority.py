"""Who may say it: keys, consent, succession, roles, and the log's first two records."""

import pytest

from tests.kit import Party, Signed, World
from tests.memory import MemoryLedger
from tests.telling import Story
from tests.unit.rules.scene import Scene
from traceability.core import codec, ids
from traceability.core.errors import RecordError, RuleError
from traceability.core.facts import Accepted
from traceability.core.rules import apply


def refusal(ledger: MemoryLedger, signed: Signed) -> str:
    """The code with which a ledger refuses a record."""
    with pytest.raises(RuleError) as caught:
        ledger.append(signed)
    return caught.value.code


# -- the first two records -------------------------------------------------------------------------
def test_a_log_begins_with_its_operators_own_party_record() -> None:
    world = World()
    farm = world.party("farm")
    stray = world.sign(farm, "party", {"party": farm.id, "roles": ["farm"], "kind": "household"})
    assert refusal(MemoryLedger(world), stray) == "genesis.party"
    # Somebody else's party record, though it names an operator.
    assert refusal(MemoryLedger(world), world.state_party(farm)) == "genesis.party"


def test_record_1_is_the_operators_key_signed_by_itself() -> None:
    world = World()
    first, key = world.take()
    other = world._key()
    farm = Party(ids.party_id(world.bytes(10)), ("farm",), world._key())
    for wrong in (
        world.state_party(farm),  # no key at all
        world.register(world.operator, world._key(), farm),  # another's key
        world.sign_claims(world.operator, key.claims, key=other),  # signed by another key
    ):
        ledger = MemoryLedger(world)
        ledger.append(first)
        assert refusal(ledger, wrong) == "genesis.key"


# -- keys ------------------------------------------------------------------------------------------
def test_a_key_that_nobody_registered_signs_nothing(scene: Scene) -> None:
    story = scene.story
    stranger = story._key()
    with story.refuses("key.unknown"):
        story.sign(scene.farm, "diary", {"activity": "weeding"}, place=scene.plot, key=stranger)


def test_nobody_signs_with_another_partys_key(scene: Scene) -> None:
    story = scene.story
    with story.refuses("key.foreign"):
        story.sign(
            scene.farm, "diary", {"activity": "weeding"}, place=scene.plot, key=scene.lone.key
        )


def test_a_signature_over_something_else_does_not_hold(scene: Scene) -> None:
    story = scene.story
    honest = scene.crop().record
    forged = codec.rebuild(honest.kid, honest.payload, bytes(64), honest.disclosures)
    with pytest.raises(RecordError, match=r"record\.signature"):
        codec.verify(codec.parse(forged), {honest.kid: scene.farm.key.public})
    assert story.index(story.records[-1]) == story.book.state.size - 1


def test_a_revoked_key_signs_nothing_more_and_what_it_signed_before_stands(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    story.revoke(scene.farm, scene.farm.kid, reason="stolen")
    with story.refuses("key.revoked"):
        story.ship(scene.farm, [crop[0]], to=scene.shop)
    assert story.left(crop[0]) == "100 KGM"


def test_a_new_key_is_vouched_for_by_an_active_one_or_by_the_operator_as_a_recovery(
    scene: Scene,
) -> None:
    story = scene.story
    story.register(scene.farm)
    assert story.book.state.statements("key", scene.farm.id)[-1].declared is False
    story.revoke(scene.farm, scene.farm.kid)
    story.register(story.operator, party=scene.farm)
    entry = story.book.state.key(scene.farm.kid)
    assert entry is not None
    assert entry.recovery
    assert story.book.state.statements("key", scene.farm.id)[-1].declared is True
    assert story.left(scene.crop()[0]) == "100 KGM"


def test_a_key_is_registered_once_ever(scene: Scene) -> None:
    story = scene.story
    used = scene.farm.key
    with story.refuses("key.registered"):
        story.register(scene.lone, used)
    story.revoke(scene.farm, used.public.kid)
    with story.refuses("key.registered"):
        story.register(story.operator, used, scene.farm)


def test_whoever_registers_a_key_shows_that_it_has_it(scene: Scene) -> None:
    story = scene.story
    with story.refuses("key.possession"):
        story.register(scene.lone, story._key(), pop="A" * 86)
    # A proof for another party does not serve either.
    mine = story.records[-1].claims["data"] | {"party": scene.farm.id}
    with story.refuses("key.possession"):
        story.sign(scene.farm, "key", mine)


def test_nobody_registers_or_revokes_another_partys_key(scene: Scene) -> None:
    story = scene.story
    with story.refuses("key.by-party"):
        story.register(scene.lone, story._key(), Party(scene.farm.id, ("farm",), scene.farm.key))
    with story.refuses("key.by-party"):
        story.revoke(scene.lone, scene.farm.kid)


def test_a_revocation_names_a_known_key_once_and_trusts_only_what_came_before(
    scene: Scene,
) -> None:
    story = scene.story
    with story.refuses("key.unknown"):
        story.revoke(scene.farm, story._key().public.kid)
    with story.refuses("key.trusted"):
        story.revoke(scene.farm, scene.farm.kid, trusted=story.book.state.size)
    story.revoke(scene.farm, scene.farm.kid, trusted=5)
    with story.refuses("key.revoked"):
        story.revoke(story.operator, scene.farm.kid)
    entry = story.book.state.key(scene.farm.kid)
    assert entry is not None
    assert entry.trusted == 5


# -- parties ---------------------------------------------------------------------------------------
def test_a_key_belongs_to_a_party_that_is_registered(scene: Scene) -> None:
    ghost = Party(ids.party_id(scene.story.bytes(10)), ("farm",), scene.story._key())
    with scene.story.refuses("party.unknown"):
        scene.story.register(scene.story.operator, ghost.key, ghost)


def test_a_party_that_ended_signs_nothing_about_later_days(scene: Scene) -> None:
    story = scene.story
    story.state_party(
        scene.lone, kind="household", person="Sáu Mận", ended=story.date(-1), succeeds=[]
    )
    with story.refuses("party.ended"):
        story.diary(scene.lone, scene.lone_plot)
    # What it did on its last day may still be written down.
    story.diary(scene.lone, scene.lone_plot, claims={"at": story.at("17:00", -1)})


def test_a_record_of_another_log_is_refused(scene: Scene) -> None:
    story = scene.story
    with story.refuses("record.log"):
        story.sign(
            scene.farm, "diary", {"activity": "weeding"}, place=scene.plot, log="goc.example/other"
        )


# -- acting for another ----------------------------------------------------------------------------
def test_acting_for_a_farm_needs_its_consent_to_that_type_of_record(scene: Scene) -> None:
    story = scene.story
    line = [(scene.pineapple, "N1", "10 KGM")]
    with story.refuses("consent.missing"):
        story.harvest(scene.trader, scene.lone_plot, line, for_=scene.lone.id)
    story.consent(scene.lone, scene.trader, "ship")
    with story.refuses("consent.type"):
        story.harvest(scene.trader, scene.lone_plot, line, for_=scene.lone.id)
    story.consent(scene.lone, scene.trader, "ship", "harvest")
    crop = story.harvest(scene.trader, scene.lone_plot, line, for_=scene.lone.id)
    assert story.holding(crop[0]).holder == scene.lone.id


def test_a_consent_ends_with_its_day(scene: Scene) -> None:
    story = scene.story
    story.consent(scene.lone, scene.trader, "harvest", until=story.date(1))
    story.later(86_400_000)
    line = [(scene.pineapple, "N1", "10 KGM")]
    story.harvest(scene.trader, scene.lone_plot, line, for_=scene.lone.id)
    story.later(86_400_000)
    with story.refuses("consent.ended"):
        story.harvest(scene.trader, scene.lone_plot, line, for_=scene.lone.id)


def test_nobody_acts_for_a_party_that_is_not_registered(scene: Scene) -> None:
    ghost = ids.party_id(scene.story.bytes(10))
    with scene.story.refuses("party.unknown"):
        scene.story.harvest(
            scene.trader, scene.plot, [(scene.pineapple, "N1", "1 KGM")], for_=ghost
        )


def test_only_producers_harvest(scene: Scene) -> None:
    plot = scene.story.place(scene.shop)
    with scene.story.refuses("role.producer"):
        scene.story.harvest(scene.shop, plot, [(scene.pineapple, "N1", "1 KGM")])


def test_a_successor_acts_for_those_that_it_succeeded(scene: Scene) -> None:
    story = scene.story
    heir = story.party("farm", succeeds=[scene.farm.id])
    grandchild = story.party("farm", succeeds=[heir.id])
    crop = scene.crop()
    story.ship(grandchild, [(crop[0], "10 KGM")], to=scene.shop)
    story.harvest(heir, scene.plot, [(scene.pineapple, "N1", "5 KGM")], for_=scene.farm.id)
    own = story.harvest(heir, scene.plot, [(scene.pineapple, "N2", "5 KGM")])
    with story.refuses("draw.foreign"):  # and not the other way round
        story.ship(scene.farm, [own[0]], to=scene.shop)


# -- once ------------------------------------------------------------------------------------------
def test_the_same_record_and_the_same_nonce_are_taken_once(scene: Scene) -> None:
    story = scene.story
    crop = scene.crop()
    with story.refuses("record.known"):
        story._accept(crop)
    with story.refuses("record.replay"):
        story.harvest(
            scene.farm, scene.plot, [(scene.pineapple, "N2", "1 KGM")], nonce=crop.claims["nonce"]
        )
    # Another party may come upon the same nonce.
    story.diary(scene.lone, scene.lone_plot, claims={"nonce": crop.claims["nonce"]})


def test_judging_a_record_changes_nothing_until_it_is_taken_in() -> None:
    story = Story()
    before = story.book.state.size
    record = World(2).records[0].record
    with pytest.raises(RuleError):
        apply(record, Accepted(before, story.now), story.book.state)
    assert story.book.state.size == before
