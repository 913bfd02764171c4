"""API tokens: the operator makes and ends all, a party's owner those of the party."""

from starlette.requests import Request
from starlette.responses import Response

from api.bodies import read_model
from api.deps import Known, Using
from api.openapi import gives, takes
from api.routes.log import json_response
from api.routing import router as make_router
from api.schemas import NewToken, TokenEntry, TokenList, TokenMade
from api.security import needs
from traceability.core.errors import LedgerError
from traceability.ledger.tokens import TokenEntry as Entry

router = make_router("tokens", "/api/v1/tokens")


@router.get("", summary="List tokens", responses=gives(TokenList))
@needs("admin")
async def list_tokens(using: Using) -> Response:
    """All tokens, newest first; what they read is kept nowhere."""
    found = await using.threads.run(using.ledger.tokens.entries)
    return json_response(TokenList(tokens=[_shown(each) for each in found]).to_json())


@router.post(
    "",
    status_code=201,
    summary="Make a token",
    responses=gives(TokenMade, "The token; it is shown this once.", status=201),
    openapi_extra=takes(("application/json", NewToken)),
)
@needs("admin")
async def create_token(request: Request, using: Using) -> Response:
    """Makes a token: of a party, with a role in it; or of the operator or an auditor."""
    wanted = await read_model(request, NewToken)
    if wanted.party is not None:
        known = await using.threads.run(_is_party, using, wanted.party)
        if not known:
            raise LedgerError("party.unknown", "/party", party=wanted.party)
    made = await using.threads.run(
        using.ledger.tokens.create,
        wanted.name,
        wanted.scopes,
        wanted.party,
        wanted.role,
        wanted.expires,
    )
    body = TokenMade(token=made.text, id=made.principal.token, expires=made.expires).to_json()
    location = {"location": f"/api/v1/tokens/{made.principal.token}", "cache-control": "no-store"}
    return Response(body, 201, location, "application/json")


@router.delete(
    "/{token_id}",
    status_code=204,
    summary="End a token",
    responses={204: {"description": "The token is worth nothing any more."}},
)
@needs("admin")
async def revoke_token(token_id: str, using: Using, asking: Known) -> Response:
    """Ends a token from now on; other processes notice within half a minute."""
    del asking
    await using.threads.run(using.ledger.tokens.revoke, token_id)
    return Response(status_code=204)


def _is_party(using: Using, party: str) -> bool:
    with using.ledger.reading() as now:
        return bool(now.reader.statements("party", party))


def _shown(entry: Entry) -> TokenEntry:
    principal = entry.principal
    return TokenEntry(
        id=principal.token,
        name=principal.name,
        scopes=sorted(principal.scopes),
        party=principal.party,
        role=principal.role,
        created=entry.created,
        expires=entry.expires,
        revoked=entry.revoked,
    )
