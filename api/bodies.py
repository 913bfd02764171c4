"""Bodies of requests: of a type that is expected, no larger and no slower than allowed.

The size is counted as the body comes in; ``Content-Length`` only refuses earlier.
"""

import asyncio
from collections.abc import Collection
from typing import Final, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from traceability.core.codec import MAX_BYTES
from traceability.core.errors import FormatError
from traceability.core.fields import fault_of, pointer_of

SECONDS: Final = 30
RECORD_BYTES: Final = 2 * MAX_BYTES  #: a record with its disclosures
BATCH_BYTES: Final = 8 * 1024 * 1024
COMMAND_BYTES: Final = 64 * 1024

JSON: Final = "application/json"

Model = TypeVar("Model", bound=BaseModel)


async def read_body(request: Request, limit: int, accepted: Collection[str]) -> tuple[str, bytes]:
    """The media type and the bytes of a body.

    Raises ``FormatError``: ``request.content-type``, ``request.too-large``, ``request.slow``,
    ``request.malformed``.
    """
    kind = _media_type(request, accepted)
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > limit:
        raise FormatError("request.too-large", limit=limit)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise FormatError("request.too-large", limit=limit)
                parts.append(part)
    except TimeoutError:
        raise FormatError("request.slow", seconds=SECONDS) from None
    except ClientDisconnect:
        raise FormatError("request.malformed", what="it breaks off") from None
    return kind, parts[0] if len(parts) == 1 else b"".join(parts)


async def read_model(request: Request, model: type[Model]) -> Model:
    """A JSON body as a model; ``request.field`` says which field is wrong."""
    _, body = await read_body(request, COMMAND_BYTES, (JSON,))
    return as_model(body, model)


def as_model(body: bytes, model: type[Model]) -> Model:
    """JSON as a model. Raises ``FormatError``: ``request.malformed``, ``request.field``."""
    try:
        return model.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise FormatError("request.malformed", what="not JSON") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        pointer = pointer_of(first["loc"])
        raise FormatError(
            "request.field", pointer, **fault_of(first).as_params(pointer or "/")
        ) from None


def _media_type(request: Request, accepted: Collection[str]) -> str:
    given = request.headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if kind not in accepted or request.headers.get("content-encoding", "identity") != "identity":
        raise FormatError(
            "request.content-type", found=kind[:80] or "-", accepted=", ".join(sorted(accepted))
        )
    return kind
