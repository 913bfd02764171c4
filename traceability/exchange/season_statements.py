"""A season's registry as commands: parties and their first keys, consents, places, plots, products,
certificates (DESIGN §6).

A member that has a telephone signs itself that its cooperative may record for it. All other
consents, such as those to a collector whom one met at the roadside, are stated by the operator and
so only *declared*, until the farm confirms what was recorded with a consent of its own. Plots are
stated by whoever may do so for the farm, else by the farm.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from traceability.core import b64
from traceability.core.keys import PrivateKey, prove_possession
from traceability.exchange.season import Season
from traceability.exchange.season_names import Command, Names, given
from traceability.exchange.season_registry import Certificate, Party, Place, Plot, Product


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of a product: the SHA-256 of its file in hex, and its media type."""

    sha256: str
    type: str


def party_data(season: Season, party: Party) -> Command:
    """What is said of a party, but for its id and those of others."""
    return given(
        roles=list(party.roles),
        kind=party.kind,
        name=party.name,
        person=party.person,
        shown=party.shown,
        phone=party.phone,
        address=_address(season, party.commune),
        number=party.number,
    )


def _address(season: Season, commune: str) -> Command:
    code, name = season.province
    return {
        "country": "VN",
        "province": name,
        "provinceCode": code,
        "commune": season.communes[commune],
        "communeCode": commune,
    }


@dataclass(frozen=True, slots=True)
class Statements:
    """Makes the commands; each comes with the short name of the party that signs it."""

    season: Season
    names: Names
    pictures: Mapping[str, Picture]  #: by product

    # -- parties -------------------------------------------------------------------------------
    def party(self, party: Party) -> Command:
        """The operator states a party."""
        ids = given(
            party=self.names.party[party.key],
            memberOf=[self.names.party[each] for each in party.member_of],
        )
        return {"type": "party", "data": party_data(self.season, party) | ids}

    def key(self, party: Party, key: PrivateKey, log: str) -> Command:
        """The operator registers a party's first key."""
        id_ = self.names.party[party.key]
        pop = b64.encode(prove_possession(key, log, id_))
        data = {"party": id_, "jwk": key.public.jwk, "pop": pop, "custody": party.custody}
        return {"type": "key", "data": data}

    def consents(self) -> Iterator[tuple[str, Command]]:
        """Who may record for whom, in the grantor's own word or the operator's."""
        farms = {party.key: party for party in self.season.parties}
        for consent in self.season.consents:
            for grantor in consent.grantors:
                farm = farms[grantor]
                own = farm.phone is not None and consent.agent in farm.member_of
                yield grantor if own else self.season.operator, self.consent(grantor, consent.agent)

    def consent(self, grantor: str, agent: str, confirms: tuple[str, ...] = ()) -> Command:
        """A consent, by the terms that the season states for the two; it may confirm records."""
        terms = next(
            each
            for each in self.season.consents
            if each.agent == agent and grantor in each.grantors
        )
        data = given(
            grantor=self.names.party[grantor],
            agent=self.names.party[agent],
            types=list(terms.types),
            until=terms.until,
            confirms=list(confirms),
        )
        return {"type": "consent", "data": data}

    # -- places --------------------------------------------------------------------------------
    def place(self, place: Place) -> tuple[str, Command]:
        """A place of its owner's."""
        data = given(
            place=self.names.place[place.key],
            kind=place.kind,
            name=place.name,
            address=_address(self.season, place.commune),
            point={"lon": place.lon, "lat": place.lat},
        )
        return place.owner, {"type": "place", "data": data}

    def plot(self, plot: Plot) -> tuple[str, Command]:
        """A plot of a farm's, stated by whoever may."""
        corners = [{"lon": lon, "lat": lat} for lon, lat in plot.shape]
        area = given(
            scheme="growing-area",
            code=plot.growing_area,
            issued=plot.issued,
            authority=plot.authority,
        )
        data = given(
            place=self.names.place[plot.key],
            kind="plot",
            code=plot.code,
            address=_address(self.season, plot.commune),
            codes=[area] if plot.growing_area else [],
            crop=plot.crop,
            area=plot.area,
            point=corners[0] if len(corners) == 1 else None,
            polygon=corners if len(corners) > 1 else None,
        )
        command: Command = {"type": "place", "data": data}
        for consent in self.season.consents:
            if plot.farm in consent.grantors and "place" in consent.types:
                return consent.agent, {**command, "for": self.names.party[plot.farm]}
        return plot.farm, command

    # -- products and papers -------------------------------------------------------------------
    def product(self, product: Product) -> tuple[str, Command]:
        """A product of its owner's."""
        picture = self.pictures.get(product.key)
        process = product.process
        data = given(
            product=product.gtin,
            name={"vi": product.vi, "en": product.en},
            makers=product.makers,
            licensed=[self.names.party[each] for each in product.licensed],
            unit=product.unit,
            crop=product.crop,
            variety=product.variety,
            brand=product.brand,
            massPerUnit=product.mass_per_unit,
            netContent=product.net_content,
            shelfLife=product.shelf_life,
            storage=product.storage,
            warning=product.warning,
            standards=list(product.standards),
            process=process
            and given(
                yieldMin=process.yield_min, yieldMax=process.yield_max, waterMax=process.water_max
            ),
            picture=picture and {"sha256": picture.sha256, "type": picture.type},
        )
        return product.owner, {"type": "product", "data": data}

    def certificate(self, paper: Certificate) -> tuple[str, Command]:
        """A certificate, by its certifier where that is on the ledger, else by its holder."""
        scope = given(
            crops=list(paper.crops),
            products=[self.names.product[each] for each in paper.products],
            places=[self.names.place[each] for each in paper.places],
            members=paper.members,
        )
        data = given(
            certificate=self.names.certificate[paper.key],
            scheme=paper.scheme,
            number=paper.number,
            holder=self.names.party[paper.holder],
            certifier=paper.certifier and self.names.party[paper.certifier],
            certifierName=paper.certifier_name,
            scope=scope,
            to=paper.to,
            status=paper.status,
            statusFrom=paper.status_from,
        )
        return paper.certifier or paper.holder, {
            "type": "certificate",
            "data": {**data, "from": paper.from_},
        }
