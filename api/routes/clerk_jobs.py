"""Large runs of labels, drawn while nobody waits: how far each is, and its file.

The same jobs as in the JSON API (``api.print_jobs``), for the same people.
"""

from decimal import Decimal
from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import clerk
from api.bodies import checked
from api.deps import Digest, Gtin, JobId, Known, LotCode, Using
from api.people import HOME, away, path_of, sent_form, show
from api.print_files import file_response
from api.print_jobs import ask_once, own
from api.problems import language_of
from api.routing import router as make_router
from api.security import signed_in
from api.session import nonce_of
from api.web.format import in_vietnam
from api.wishes import Form, Kind, SheetName, Wish
from traceability.ledger.print_jobs import MEGABYTE, MOST_LABELS
from traceability.text import sentence_of

AGAIN_SECONDS: Final = 3  #: until a page of a job that goes on looks again by itself

router = make_router("print-jobs", HOME)


class Wanted(BaseModel):
    """What the form for a print run asks for. ``start``: the label to begin with, from 1."""

    model_config = ConfigDict(extra="ignore")
    kind: Kind = "retail"
    form: Form = "pdf"
    sheet: SheetName = "L7160"
    first: int = Field(1, ge=1, le=200)
    dpi: int = Field(203, ge=203, le=600)
    start: int = Field(1, ge=1, le=10_000_001)


@router.post("/lots/{gtin}/{lot}/labels/{digest}/jobs", include_in_schema=False)
@signed_in("write")
async def start_print_job(
    gtin: Gtin, lot: LotCode, digest: Digest, request: Request, using: Using, asking: Known
) -> Response:
    """Has a run drawn; sent twice, it is one job."""
    form = await sent_form(request)
    wanted, nonce = checked(form, Wanted), nonce_of(form)
    language = language_of(request)
    wish = Wish(
        wanted.kind, wanted.form, wanted.sheet, wanted.first, wanted.dpi, 0, None, None, language,
        skip=wanted.start - 1,
    )  # fmt: skip
    body = f"{gtin}/{lot}/{digest}/{wish}".encode()
    job = await using.threads.run(
        ask_once, using.ledger, using.settings, (gtin, lot), digest, asking, wish, MOST_LABELS,
        f"form-{nonce}", body,
    )  # fmt: skip
    using.printer.wake()
    return away(request, f"{HOME}/jobs/{job.id}")


@router.get("/jobs/{job_id}", include_in_schema=False)
@signed_in("write")
async def print_job_page(job_id: JobId, request: Request, using: Using, asking: Known) -> Response:
    """How far a job is; where there is script it looks again by itself."""
    language = language_of(request)
    job = await using.threads.run(own, using.ledger, job_id, asking)
    name = await using.threads.run(clerk.name_of, using.ledger, job.product, language)
    goes_on = job.state in ("queued", "running")
    return await show(
        request,
        "app_job.html",
        job=job,
        name=name,
        here=path_of(job.product, job.lot),
        until=None if job.expires is None else in_vietnam(job.expires),
        megabytes=Decimal(job.bytes * 10 // MEGABYTE) / 10,
        why=None if job.error is None else sentence_of(language, job.error.code, job.error.params),
        again=AGAIN_SECONDS if goes_on else 0,
    )


@router.post("/jobs/{job_id}", include_in_schema=False)
@signed_in("write")
async def change_print_job(
    job_id: JobId, request: Request, using: Using, asking: Known
) -> Response:
    """Ends a job, or goes on with one."""
    form = await sent_form(request)
    job = await using.threads.run(own, using.ledger, job_id, asking)
    if form.get("do") == "cancel":
        await using.threads.run(using.printer.jobs.cancel, job.id)
    elif form.get("do") == "resume":
        await using.threads.run(using.printer.jobs.resume, job.id)
        using.printer.wake()
    return away(request, f"{HOME}/jobs/{job.id}")


@router.get("/jobs/{job_id}/file", include_in_schema=False)
@signed_in("write")
async def print_job_file(job_id: JobId, request: Request, using: Using, asking: Known) -> Response:
    """The finished file."""
    return await file_response(using, request, job_id, asking)
