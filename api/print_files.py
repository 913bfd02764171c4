"""The file of a print job, sent whole or from any byte on (``api.ranges``)."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.deps import Services
from api.print_jobs import finished
from api.print_orders import form_of
from api.printing import label_file
from api.ranges import span_of
from api.wishes import PDF, TEXT
from traceability.ledger.print_jobs import PIECE
from traceability.ledger.tokens import Principal


def attachment(lot: str, form: str) -> str:
    """The header that names the file of a lot's labels, such as ``tem-NR261105-1.pdf``."""
    return f'attachment; filename="{label_file(lot, form)}"'


async def file_response(
    using: Services, request: Request, job_id: str, asking: Principal
) -> Response:
    """What a request asks for of a finished file. Raises as ``finished`` and ``span_of``."""
    job = await using.threads.run(finished, using.ledger, job_id, asking)
    form, etag = form_of(job.wish), f'"{job.id}.{job.updated:x}"'
    told = request.headers
    headers = {"etag": etag, "accept-ranges": "bytes", "cache-control": "no-store"}
    if etag in told.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    span = span_of(told.get("range", ""), told.get("if-range", ""), etag, job.bytes)
    start, end = span or (0, job.bytes)
    headers["content-length"] = str(end - start)
    headers["content-disposition"] = attachment(job.lot, form)
    if span is not None:
        headers["content-range"] = f"bytes {start}-{end - 1}/{job.bytes}"
    return StreamingResponse(
        _pieces(using, job.id, start, end),
        200 if span is None else 206,
        headers,
        PDF if form == "pdf" else TEXT,
    )


async def _pieces(using: Services, job: str, at: int, end: int) -> AsyncIterator[bytes]:
    """Bytes of a file, each piece read when the one before was sent."""
    while at < end:
        piece = await using.threads.run(using.printer.jobs.read, job, at, min(PIECE, end - at))
        yield piece
        at += len(piece)
