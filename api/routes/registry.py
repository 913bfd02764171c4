"""The registry: parties, places, products and certificates, and the registration of parties."""

from starlette.requests import Request
from starlette.responses import Response

from api.bodies import read_model
from api.deps import Asking, CertificateId, Gtin, PartyId, PlaceId, Using
from api.openapi import gives, takes
from api.receipts import receipt_json
from api.routes.log import json_response
from api.routing import router as make_router
from api.schemas import NewParty, Receipt, Registered, Statement
from api.security import needs, public
from api.statements import statement

router = make_router("registry")


@router.post(
    "/parties",
    status_code=201,
    summary="Register a party with its first key",
    responses=gives(Registered, "The party's id, and the receipts of its records.", status=201),
    openapi_extra=takes(
        ("application/json", NewParty),
        example={"data": {"roles": ["cooperative"], "kind": "organisation", "name": "HTX Khóm"}},
    ),
)
@needs("admin")
async def register_party(request: Request, using: Using) -> Response:
    """States a new party and registers its first key, signed by the operator. Where the party's
    own device has no key, the server makes one and keeps it, encrypted."""
    wanted = await read_model(request, NewParty)
    key = wanted.key.model_dump() if wanted.key is not None else None
    done = await using.threads.run(using.ledger.registry.party, wanted.data, key)
    answer = Registered(
        id=done.id,
        receipts=[Receipt.model_validate(receipt_json(each)) for each in done.receipts],
    )
    headers = {"location": f"/api/v1/parties/{done.id}", "cache-control": "no-store"}
    return Response(answer.to_json(), 201, headers, "application/json")


@router.get("/parties/{party}", summary="Read a party", responses=gives(Statement))
@public
async def get_party(party: PartyId, using: Using, asking: Asking) -> Response:
    """What is stated about a party. Names of people are shown where they agreed to it."""
    found = await using.threads.run(statement, using.ledger, "party", party, asking)
    return json_response(found.to_json())


@router.get("/places/{place}", summary="Read a place", responses=gives(Statement))
@public
async def get_place(place: PlaceId, using: Using, asking: Asking) -> Response:
    """What is stated about a place. Exact coordinates are for its party and for auditors."""
    found = await using.threads.run(statement, using.ledger, "place", place, asking)
    return json_response(found.to_json())


@router.get("/products/{gtin}", summary="Read a product", responses=gives(Statement))
@public
async def get_product(gtin: Gtin, using: Using, asking: Asking) -> Response:
    """What is stated about a product."""
    found = await using.threads.run(statement, using.ledger, "product", gtin, asking)
    return json_response(found.to_json())


@router.get("/certificates/{certificate}", summary="Read a certificate", responses=gives(Statement))
@public
async def get_certificate(certificate: CertificateId, using: Using, asking: Asking) -> Response:
    """What is stated about a certificate now; `declared` where its holder alone says so."""
    found = await using.threads.run(statement, using.ledger, "certificate", certificate, asking)
    return json_response(found.to_json())
