"""Large runs of labels, drawn while nobody waits: how far each is, and its file.

The same jobs as in the JSON API (``api.print_jobs``), for the same people.
"""

from decimal import Decimal
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api import clerk
from api.bodies import checked
from api.deps import Digest, Gtin, JobId, Known, LotCode, Using
from api.people import HOME, away, path_of, sent_form, show, spoken
from api.print_files import file_response
from api.print_jobs import ask_once, own
from api.problems import language_of
from api.routes.clerk_print import Wanted, show_form
from api.routing import router as make_router
from api.security import signed_in
from api.session import nonce_of
from api.web.format import in_vietnam
from traceability.core.errors import GocError
from traceability.ledger.print_jobs import MEGABYTE, MOST_LABELS
from traceability.text import sentence_of

AGAIN_SECONDS: Final = 3  #: until a page of a job that goes on looks again by itself

router = make_router("print-jobs", HOME)


@router.post("/lots/{gtin}/{lot}/labels/{digest}/jobs", include_in_schema=False)
@signed_in("write")
async def start_print_job(
    gtin: Gtin, lot: LotCode, digest: Digest, request: Request, using: Using, asking: Known
) -> Response:
    """Has a run drawn; sent twice, it is one job. What cannot be drawn is said on the form."""
    form = await sent_form(request)
    nonce, language = nonce_of(form), language_of(request)
    await using.threads.run(clerk.page, using, gtin, lot, asking, language)  # not there to others
    try:
        wish = checked(form, Wanted).wish(language)
        body = f"{gtin}/{lot}/{digest}/{wish}".encode()
        job = await using.threads.run(
            ask_once, using.ledger, using.settings, (gtin, lot), digest, asking, wish, MOST_LABELS,
            f"form-{nonce}", body,
        )  # fmt: skip
    except GocError as error:
        return await show_form(request, using, (gtin, lot, digest), asking, form, error)
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
        why=None
        if job.error is None
        else sentence_of(language, job.error.code, spoken(job.error.params, language)),
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
