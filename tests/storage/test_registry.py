"""Parties get their keys, and what they own, by the hand that may give it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kept import FARM, SHOP, kept_ledger
from traceability.core import b64, ids
from traceability.core.errors import GocError, RuleError
from traceability.core.keys import PrivateKey, prove_possession
from traceability.ledger.keyring import Keyring
from traceability.ledger.ledger import Ledger

DIARY: dict[str, Any] = {"type": "diary", "data": {"activity": "weeding"}}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with kept_ledger(tmp_path) as found:
        yield found


def kids_of(ledger: Ledger, party: str) -> list[str]:
    with ledger.reading() as now:
        rows = now.rows("SELECT kid FROM party_key WHERE party = ? ORDER BY idx", party)
    return [kid for (kid,) in rows]


def held(ledger: Ledger) -> int:
    with ledger.reading() as now:
        return int(now.rows("SELECT count(*) FROM keyring")[0][0])


def test_a_party_and_its_first_key_are_registered_at_once(ledger: Ledger) -> None:
    registered = ledger.registry.party(FARM)
    assert ids.is_party(registered.id)
    assert [each.index for each in registered.receipts] == [3, 4]
    with ledger.reading() as now:
        key = now.reader.key(kids_of(ledger, registered.id)[0])
    assert key is not None
    assert (key.custody, key.recovery) == ("server", False)


def test_a_party_with_a_key_on_its_own_device_signs_there_alone(ledger: Ledger) -> None:
    key = PrivateKey.from_seed(b"s" * 32)
    party = ids.party_id(b"0123456789")
    pop = b64.encode(prove_possession(key, ledger.log, party))
    before = held(ledger)
    registered = ledger.registry.party(
        {**FARM, "party": party}, {"jwk": key.public.jwk, "pop": pop}
    )
    assert registered.id == party
    assert kids_of(ledger, party) == [key.public.kid]
    assert held(ledger) == before
    with pytest.raises(GocError) as refused:
        ledger.commands.sign(party, DIARY)
    assert refused.value.code == "command.no-key"


def test_a_party_that_is_refused_leaves_no_key(ledger: Ledger) -> None:
    before = held(ledger)
    with pytest.raises(RuleError) as refused:
        ledger.registry.party({"roles": ["market"], "kind": "organisation"})
    assert refused.value.code == "party.name"
    assert held(ledger) == before
    assert ledger.size == 3


def test_a_renewed_key_signs_from_then_on_and_the_old_one_can_be_ended(
    ledger: Ledger,
) -> None:
    registry = ledger.registry
    party = registry.party(FARM).id
    plot = registry.place(party, {"kind": "plot"}).id
    renewed = registry.renew_key(party)
    first, second = kids_of(ledger, party)
    assert renewed.id == second
    with ledger.reading() as now:
        entry = now.reader.key(second)
    assert entry is not None
    assert not entry.recovery
    registry.revoke_key(party, first, "replaced")
    diary = ledger.commands.sign(party, {**DIARY, "place": plot})
    receipt = ledger.accept([diary])[0]
    with ledger.reading() as now:
        written = now.reader.signed(receipt.index)
    assert written is not None
    assert written.kid == second


def test_a_party_that_lost_its_key_gets_a_new_one_from_the_operator(
    ledger: Ledger,
) -> None:
    registry = ledger.registry
    party = registry.party(FARM).id
    [lost] = kids_of(ledger, party)
    registry.revoke_key(party, lost, "lost")
    renewed = registry.renew_key(party)
    with ledger.reading() as now:
        entry = now.reader.key(renewed.id)
    assert entry is not None
    assert entry.recovery


def test_a_product_without_a_gtin_gets_a_restricted_number_of_its_own(
    ledger: Ledger,
) -> None:
    registry = ledger.registry
    party = registry.party(FARM).id
    product = {"name": {"vi": "Khóm"}, "makers": "owner", "unit": "KGM"}
    gtins = {registry.product(party, product).id for _ in range(3)}
    assert len(gtins) == 3
    assert all(ids.is_restricted(gtin) and ids.gtin14(gtin) == gtin for gtin in gtins)
    own = registry.product(party, {**product, "product": "08936012345674"})
    assert own.id == "08936012345674"


def test_papers_are_stated_by_who_may(ledger: Ledger) -> None:
    registry = ledger.registry
    farm = registry.party(FARM).id
    coop = registry.party({**SHOP, "roles": ["cooperative"], "name": "HTX Kỳ Như"}).id
    certifier = registry.party({**SHOP, "roles": ["certifier"], "name": "Vinacert"}).id
    paper = {
        "scheme": "vietgap", "number": "VG-1", "holder": farm, "certifier": certifier,
        "scope": {}, "from": "2026-01-01", "to": "2027-01-01",
    }  # fmt: skip
    signed = registry.certificate(certifier, paper)
    declared = registry.certificate(farm, paper)
    with ledger.reading() as now:
        found = {each.subject: each.declared for each in now.reader.certificates(farm)}
    assert found == {signed.id: False, declared.id: True}
    consent = {"grantor": farm, "agent": coop, "types": ["diary", "place"], "until": "2030-01-01"}
    assert registry.consent(consent, declared=True).id == f"{farm}>{coop}"
    plot = registry.place(coop, {"kind": "plot"}, for_=farm).id
    with ledger.reading() as now:
        assert now.reader.statements("place", plot)[0].party == farm
    with pytest.raises(RuleError) as refused:
        registry.product(coop, {"name": {"vi": "x"}, "makers": "owner", "unit": "KGM"}, for_=farm)
    assert refused.value.code == "consent.type"


def test_a_key_survives_where_the_ledger_failed_to_answer(
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry = ledger.registry
    before = held(ledger)

    def fail(_: object) -> Any:
        raise GocError("ledger.storage")

    monkeypatch.setattr(registry, "_append", fail)
    with pytest.raises(GocError):
        registry.party(FARM)
    assert held(ledger) == before + 1
    assert isinstance(ledger.keyring, Keyring)
