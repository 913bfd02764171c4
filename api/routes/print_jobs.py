"""Print jobs: labels that are drawn while nobody waits for them, and fetched once they are done."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from api.bodies import COMMAND_BYTES, JSON, as_model, read_body
from api.deps import Digest, Gtin, JobId, Known, LotCode, Services, Using, idempotency_key
from api.language import Language
from api.openapi import gives, takes
from api.print_files import file_response
from api.print_jobs import ask, ask_once, own, party_of, shown
from api.problems import language_of
from api.routes.log import json_response
from api.routing import router as make_router
from api.schemas import NewPrintJob, PrintJob, PrintJobList
from api.security import needs
from api.wishes import PDF, TEXT, Wish
from traceability.ledger.print_jobs import PrintJob as Job

router = make_router("print-jobs")

_KEY: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "The same key with the same body is the same job.",
            "schema": {"type": "string", "maxLength": 200},
        }
    ]
}
_RANGES: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": name,
            "in": "header",
            "description": about,
            "schema": {"type": "string", "maxLength": 200},
        }
        for name, about in (
            ("Range", "`bytes=1000-`: a download goes on where it was."),
            ("If-Range", "The ETag of what was begun: else all comes again."),
        )
    ]
}


@router.post(
    "/lots/{gtin}/{lot}/labels/{digest}/jobs",
    status_code=202,
    summary="Have the labels of a record printed",
    responses=gives(PrintJob, "The job; it goes on by itself.", status=202),
    openapi_extra=takes((JSON, NewPrintJob)) | _KEY,
)
@needs("write", "admin")
async def create_print_job(
    gtin: Gtin, lot: LotCode, digest: Digest, request: Request, using: Using, asking: Known
) -> Response:
    """Has labels drawn while nobody waits. What they say, and which of them are void, is as of now;
    what cannot be printed is refused at once. Each label has a serial of its own."""
    key = idempotency_key(request)
    _, body = await read_body(request, COMMAND_BYTES, (JSON,))
    wanted, language = as_model(body, NewPrintJob), language_of(request)
    run = using.threads.run
    what = using.ledger, using.settings, (gtin, lot), digest, asking, _wish(wanted, language)
    if key is None:
        job = await run(ask, *what, wanted.count)
    else:
        once = request.scope["raw_path"] + b"\n" + body
        job = await run(ask_once, *what, wanted.count, key, once)
    using.printer.wake()
    return _answer(job, using, language, 202)


@router.get("/print-jobs", summary="Print jobs of one's party", responses=gives(PrintJobList))
@needs("write", "admin")
async def list_print_jobs(request: Request, using: Using, asking: Known) -> Response:
    """The jobs of the token's party, newest first; of the operator, for a token of no party."""
    party = party_of(asking, using.ledger.operator)
    found = await using.threads.run(using.printer.jobs.of, party)
    language, host = language_of(request), using.settings.host
    jobs = [shown(job, language, host) for job in found]
    return json_response(PrintJobList(jobs=jobs).to_json())


@router.get("/print-jobs/{job_id}", summary="A print job", responses=gives(PrintJob))
@needs("write", "admin")
async def get_print_job(job_id: JobId, request: Request, using: Using, asking: Known) -> Response:
    """How far a job is."""
    job = await using.threads.run(own, using.ledger, job_id, asking)
    return _answer(job, using, language_of(request))


@router.delete(
    "/print-jobs/{job_id}",
    status_code=204,
    summary="Cancel a print job",
    responses={204: {"description": "It is not drawn any further, and its file is dropped."}},
)
@needs("write", "admin")
async def cancel_print_job(job_id: JobId, using: Using, asking: Known) -> Response:
    """Ends a job, and drops what was drawn of it; of one that is done, too."""
    await using.threads.run(own, using.ledger, job_id, asking)
    await using.threads.run(using.printer.jobs.cancel, job_id)
    return Response(status_code=204)


@router.post(
    "/print-jobs/{job_id}/resume",
    status_code=202,
    summary="Go on with a print job",
    responses=gives(PrintJob, "The job as it now stands.", status=202),
)
@needs("write", "admin")
async def resume_print_job(
    job_id: JobId, request: Request, using: Using, asking: Known
) -> Response:
    """Goes on with a job that has failed, where it was; begins one again that was cancelled. Any
    other stays as it is."""
    await using.threads.run(own, using.ledger, job_id, asking)
    job = await using.threads.run(using.printer.jobs.resume, job_id)
    using.printer.wake()
    return _answer(job, using, language_of(request), 202)


@router.get(
    "/print-jobs/{job_id}/file",
    summary="What a print job has drawn",
    operation_id="getPrintFile",
    responses={
        **gives(also={PDF: "Sheets of labels.", TEXT: "For a label printer: ZPL or TSPL."}),
        **gives(
            description="The part that was asked for.",
            status=206,
            also={PDF: "Part of the file.", TEXT: "Part of the file."},
        ),
        304: {"description": "It is as the client has it."},
    },
    openapi_extra=_RANGES,
)
@needs("write", "admin")
async def get_print_file(job_id: JobId, request: Request, using: Using, asking: Known) -> Response:
    """The finished file, whole or from any byte on; 409 before it is done."""
    return await file_response(using, request, job_id, asking)


def _answer(job: Job, using: Services, language: str, status: int = 200) -> Response:
    found = shown(job, language, using.settings.host)
    headers = {"cache-control": "no-store"} | ({"location": found.href} if status == 202 else {})
    return Response(found.to_json(), status, headers, JSON)


def _wish(wanted: NewPrintJob, language: Language) -> Wish:
    return Wish(
        wanted.kind,
        wanted.form,
        wanted.sheet,
        wanted.first,
        wanted.dpi,
        0,
        wanted.width,
        wanted.height,
        wanted.language or language,
        wanted.tuning,
        wanted.start,
        wanted.grid,
        wanted.logo,
    )
