"""The OpenAPI description: good enough to generate a client from.

Every operation has a stable id, every answer a schema, every refusal the one form of problems.
Commands are described by the very models that judge records, without what the server fills in.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import Response
from starlette.routing import BaseRoute

from api.problems import MEDIA_TYPE
from api.security import Access
from traceability.core.registry_records import MODELS

TITLE: Final = "Goc"  # generators of clients make a module's name of it
VERSION: Final = "1"
DESCRIPTION: Final = """\
A traceability ledger whose labels prove where produce comes from.

Everything public can be read without a token. For all else, send an API token as
`Authorization: Bearer goc_…`. What a token may do is fixed by its scopes (`read`, `write`, `audit`,
`admin`, `metrics`) and, for a party's token, by its role there (`owner`, `clerk`, `scanner`,
`viewer`).

Refusals are RFC 9457 problem documents. `code` never changes its meaning; `detail` is a sentence
for people, in Vietnamese or, with `Accept-Language: en`, in English. On 503, wait for `Retry-After`
seconds and send the same again: what was recorded already is answered with its receipt.
"""
TAGS: Final = (
    ("records", "Append signed records, or have commands signed; get receipts."),
    ("lots", "Lots: what is known of them, their lineage, their proof bundles, their labels."),
    ("print-jobs", "Labels that are drawn while nobody waits, and fetched once they are done."),
    ("holdings", "What a party holds."),
    ("units", "Crates and pallets."),
    ("complaints", "What people say is wrong with goods whose label they scanned."),
    ("registry", "Parties, places, products, certificates."),
    ("tokens", "API tokens."),
    ("log", "The log: its key, its checkpoint, proofs that it only grows."),
    ("resolver", "GS1 Digital Link: what a label's address leads to."),
    ("service", "Is the service well?"),
)
JSON: Final = "application/json"
_SCHEMAS: Final = "#/components/schemas/"
_COMMAND: Final = "Command"  #: how the schemas of commands begin
#: What stands for all addresses of labels.
_LINKS: Final = {
    "/01/{rest}": "/01/{gtin}/10/{lot}",
    "/complain/{rest}": "/complain/01/{gtin}/10/{lot}",
    "/where/{rest}": "/where/01/{gtin}/10/{lot}/21/{serial}",
}
_FILLED_IN: Final = frozenset({"v", "log", "iss", "iat", "nonce", "_sd", "hidden"})


def gives(
    model: type[BaseModel] | None = None,
    description: str = "As asked.",
    *,
    status: int = 200,
    also: Mapping[str, str | type[BaseModel]] | None = None,
    example: Any = None,
) -> dict[int | str, dict[str, Any]]:
    """The documented success of a route: JSON of ``model``, and ``also`` other media types with
    what they hold (a model: what each line holds)."""
    content: dict[str, Any] = {}
    if model is not None:
        content[JSON] = {"schema": {"$ref": _SCHEMAS + model.__name__}}
        if example is not None:
            content[JSON]["example"] = example
    for media_type, what in (also or {}).items():
        if not isinstance(what, str):
            content[media_type] = {"schema": {"$ref": _SCHEMAS + what.__name__}}
            continue
        kind = "object" if media_type.endswith("json") else "string"
        schema: dict[str, Any] = {"type": kind, "description": what}
        if media_type.startswith("image/"):
            schema["format"] = "binary"
        content[media_type] = {"schema": schema}
    return {status: {"description": description, "content": content}}


def takes(
    *bodies: tuple[str, Any],
    description: str = "",
    example: Any = None,
    examples: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The documented body of a route: pairs of media type and schema or model. ``examples`` are
    bodies in JSON by name."""
    content = {}
    for media_type, schema in bodies:
        whole = schema if isinstance(schema, dict) else {"$ref": _SCHEMAS + schema.__name__}
        content[media_type] = {"schema": whole}
    if example is not None:
        content[JSON]["example"] = example
    if examples is not None:
        content[JSON]["examples"] = {name: {"value": each} for name, each in examples.items()}
    return {
        "requestBody": {"required": True, "description": description, "content": content},
    }


def documented(options: dict[str, Any], access: Access) -> None:
    """Add to a route's options what all have in common: problems, and who may use it."""
    options["response_class"] = Response
    responses = {**(options.get("responses") or {})}
    pages = responses.get("default", {}).get("content", {})
    problem = {"schema": {"$ref": _SCHEMAS + "Problem"}}
    responses["default"] = {
        "description": "A problem, RFC 9457.",
        "content": {MEDIA_TYPE: problem, **pages},
    }
    options["responses"] = responses
    security: list[dict[str, list[str]]] = [{"token": []}]
    extra = {**(options.get("openapi_extra") or {})}
    extra["security"] = [{}, *security] if access.is_public else security
    extra["x-goc-scopes"] = list(access.scopes)
    options["openapi_extra"] = extra


def describe(
    routes: Sequence[BaseRoute], models: Iterable[type[BaseModel]], host: str
) -> dict[str, Any]:
    """The whole description."""
    found = get_openapi(
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        routes=routes,
        servers=[{"url": host}],
        tags=[{"name": name, "description": text} for name, text in TAGS],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    found["paths"] = {_LINKS.get(path, path): each for path, each in found["paths"].items()}
    _, schemas = models_json_schema(
        [(model, "serialization") for model in models], ref_template=_SCHEMAS + "{model}"
    )
    components = found.setdefault("components", {})
    components["schemas"] = dict(sorted({**schemas["$defs"], **_commands()}.items()))
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "An API token, `goc_…`."}
    }
    return found


def command_schema() -> dict[str, Any]:
    """The schema of any record as a command has it."""
    names = {kind: f"{_SCHEMAS}{_COMMAND}{model.__name__}" for kind, model in MODELS.items()}
    return {
        "oneOf": [{"$ref": name} for name in names.values()],
        "discriminator": {"propertyName": "type", "mapping": names},
    }


def _commands() -> dict[str, Any]:
    _, schemas = models_json_schema(
        [(model, "validation") for model in MODELS.values()],
        ref_template=_SCHEMAS + _COMMAND + "{model}",
    )
    found = {_COMMAND + name: _bare(schema) for name, schema in schemas["$defs"].items()}
    draw = found[_COMMAND + "Draw"]
    whole = {
        "type": "string",
        "description": "The name of a holding, `<digest>.<n>`: all that is left of it.",
    }
    found[_COMMAND + "Draw"] = {"anyOf": [draw, whole]}
    return found


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    """A model's schema without what the server fills in."""
    out = dict(schema)
    if "properties" in out:
        out["properties"] = {
            name: each for name, each in out["properties"].items() if name not in _FILLED_IN
        }
        if "at" in out["properties"] and "iat" in schema["properties"]:  # now, if it is not said
            out["required"] = [name for name in out["required"] if name != "at"]
        if "required" in out:
            out["required"] = [name for name in out["required"] if name not in _FILLED_IN]
            if not out["required"]:
                del out["required"]
    return out
