"""What a party holds: for its own people, the operator and auditors."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from api.deps import Cursor, Known, Limit, PartyId, Services, Using
from api.openapi import gives
from api.routes.log import json_response
from api.routing import router as make_router
from api.schemas import Holding, HoldingList
from api.security import needs
from traceability.core import ids
from traceability.ledger.held import Held, amount_text
from traceability.ledger.holdings import holdings

router = make_router("holdings")


@router.get("/parties/{party}/holdings", summary="What a party holds", responses=gives(HoldingList))
@needs("read", "audit", "admin")
async def list_holdings(
    party: PartyId,
    using: Using,
    asking: Known,
    gtin: Annotated[str | None, Query(pattern=ids.GTIN_PATTERN)] = None,
    lot: Annotated[str | None, Query(pattern=ids.LOT_PATTERN)] = None,
    place: Annotated[str | None, Query(pattern=ids.PLACE_PATTERN)] = None,
    transit: Annotated[
        bool | None, Query(description="only what is on its way to it, or only what is there")
    ] = None,
    after: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """The open holdings of a party, oldest first. `holding` is what a draw names."""
    asking.require_reading(party)
    found = await using.threads.run(_list, using, party, gtin, lot, place, transit, after, limit)
    return json_response(found.to_json())


def _list(
    using: Services,
    party: str,
    gtin: str | None,
    lot: str | None,
    place: str | None,
    transit: bool | None,
    after: str | None,
    limit: int,
) -> HoldingList:
    with using.ledger.reading() as now:
        page = holdings(
            now, party, product=gtin, lot=lot, place=place, transit=transit, after=after,
            limit=limit,
        )  # fmt: skip
    return HoldingList(holdings=[_shown(each) for each in page.items], next=page.next)


def _shown(held: Held) -> Holding:
    return Holding(
        holding=held.name,
        record=held.record,
        gtin=held.product,
        lot=held.lot,
        place=held.place,
        quantity=amount_text(held.left, held.unit),
        count=None if held.pieces_left is None else f"{held.pieces_left} H87",
        claims=list(held.claims),
        since=held.at,
        in_transit=held.ship is not None,
        shipper=held.shipper,
    )
