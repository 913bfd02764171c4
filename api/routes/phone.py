"""What a phone needs to verify by itself: the script that does it, and whom to believe."""

from typing import Annotated, Final

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from api.deps import Services, Using
from api.openapi import gives
from api.pages import Made
from api.routing import router as make_router
from api.security import WORKER, public
from api.web.phone import PREFIX, path_of, script
from traceability.audit.publisher import read_policy
from traceability.core.errors import LedgerError
from traceability.core.policy import NONE, Policy, PolicyLog, Witness

_TYPE: Final = "text/javascript; charset=utf-8"
_FOR_EVER: Final = (("cache-control", "public, max-age=31536000, immutable"),)
_SECOND: Final = (("cache-control", "public, max-age=1"),)

router = make_router("log", "")


@router.get(
    "/.well-known/goc-policy",
    summary="The log and its witnesses",
    operation_id="getPolicy",
    responses=gives(also={"text/plain": "A C2SP tlog-policy file."}),
)
@public
async def get_policy(request: Request, using: Using) -> Response:
    """The log's verifier key, its witnesses, and how many of them must have seen a checkpoint. Who
    believes the server's own word for it has verified nothing: compare it with another source, or
    with what was said at an earlier visit."""
    kept = await using.pages.get(("policy",), lambda: _policy(using))
    return kept.response(request.scope)


@router.get(
    PREFIX + "{name}",
    summary="The verifier for browsers",
    operation_id="getPhoneVerifier",
    responses=gives(also={"text/javascript": "A script for a worker."}),
)
@public
async def get_script(
    name: Annotated[str, Path(pattern=r"^[0-9a-f]{24}\.(vi|en)\.js$")],
    request: Request,
    using: Using,
) -> Response:
    """The script by which a lot's page verifies its bundle on the reader's own device. Its name
    says what is in it, and the page names it."""
    language = name.split(".")[1]
    if path_of(language) != PREFIX + name:
        raise LedgerError("request.nothing-here")
    request.scope[WORKER] = True
    kept = await using.pages.get(
        ("phone", language), lambda: Made(script(language), _TYPE, None, headers=_FOR_EVER)
    )
    return kept.response(request.scope)


def _policy(using: Services) -> Made:
    """The policy that the publisher asks witnesses by, without where they are reached: this log
    alone, whatever others the file lists. While it goes over to another key, that one stands behind
    the present one."""
    asked = read_policy(using.settings) or Policy((), (), (), NONE)
    keys = using.ledger.vkey, using.ledger.next_vkey
    logs = tuple(PolicyLog(key, f"{using.settings.host}/log") for key in keys if key is not None)
    witnesses = tuple(Witness(each.name, each.key) for each in asked.witnesses)
    told = Policy(logs, witnesses, asked.groups, asked.quorum)
    return Made(told.to_bytes(), "text/plain; charset=utf-8", None, headers=_SECOND)
