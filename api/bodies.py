"""Bodies of requests: of a type that is expected, no larger and no slower than allowed.

The size is counted as the body comes in; ``Content-Length`` only refuses earlier. A small body has
come with its head, so the clock is started only for one that has to be waited for.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any, Final, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

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
    kind = _announced(request.scope["headers"], limit, accepted)
    there = _at_once(request.receive)
    if there is not None and not there.get("more_body", False):
        body: bytes = there.get("body", b"")
        if there["type"] == "http.request" and len(body) <= limit:
            return kind, body
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SECONDS):
            async for part in _stream(request.receive, there):
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
        return checked(orjson.loads(body), model)
    except orjson.JSONDecodeError:
        raise FormatError("request.malformed", what="not JSON") from None


def checked(values: object, model: type[Model]) -> Model:
    """What came as a model. Raises ``FormatError("request.field")``."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        pointer = pointer_of(first["loc"])
        raise FormatError(
            "request.field", pointer, **fault_of(first).as_params(pointer or "/")
        ) from None


def _at_once(receive: Receive) -> Message | None:
    """The next message, if it has come already. Taking a step of ``receive`` and giving it up takes
    nothing from whoever calls it next."""
    step: Any = receive()
    try:
        step.send(None)
    except StopIteration as there:
        message: Message = there.value
        return message
    step.close()
    return None


async def _stream(receive: Receive, first: Message | None) -> AsyncIterator[bytes]:
    """The parts of a body, of which ``first`` has come already."""
    message = first if first is not None else await receive()
    while message["type"] == "http.request":
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return
        message = await receive()
    raise ClientDisconnect


def _announced(
    headers: Sequence[tuple[bytes, bytes]], limit: int, accepted: Collection[str]
) -> str:
    """The media type that a head announces, where it is one that is expected."""
    given, encoding, length = b"", b"identity", b"0"
    for name, value in headers:
        if name == b"content-type":
            given = value
        elif name == b"content-length":
            length = value
        elif name == b"content-encoding":
            encoding = value
    kind = given.partition(b";")[0].strip().lower().decode("latin-1")
    if kind not in accepted or encoding != b"identity":
        raise FormatError(
            "request.content-type", found=kind[:80] or "-", accepted=", ".join(sorted(accepted))
        )
    if not length.isdigit() or int(length) > limit:
        raise FormatError("request.too-large", limit=limit)
    return kind
