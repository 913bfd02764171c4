"""Print jobs as people use them: who may ask for one, and who sees it.

As with printing at once (``api.printing``): the people of the party whose labels they are, in a
role that may sign ``label`` records. To all others a job is not there.
"""

from typing import Final

from api.print_orders import form_of, order_of
from api.printing import run_of
from api.problems import problem
from api.schemas import PrintJob as Shown
from api.schemas import Problem
from api.wishes import Wish
from traceability.core.errors import GocError, LedgerError
from traceability.ledger.idempotency import Answered
from traceability.ledger.labels import label_records
from traceability.ledger.ledger import Ledger
from traceability.ledger.print_jobs import PrintJob, PrintJobs, not_done
from traceability.ledger.tokens import Principal
from traceability.settings import Settings

PATH: Final = "/api/v1/print-jobs"


def party_of(asking: Principal, operator: str) -> str:
    """Whose jobs somebody sees; ``access.…`` for who may print none."""
    party = asking.party or operator
    asking.require_writing(party, "label", operator)
    return party


def ask(
    ledger: Ledger,
    settings: Settings,
    lot: tuple[str, str],
    record: str,
    asking: Principal,
    wish: Wish,
    count: int | None = None,
    id_: str | None = None,
) -> PrintJob:
    """Have the labels of a record printed. Raises as ``run_of``, ``order_of`` and
    ``PrintJobs.ask``."""
    run, jobs = run_of(ledger, *lot, record, asking), _jobs(ledger)
    party = run.label.party
    jobs.require_turn(party, id_)  # before anything is drawn
    order = order_of(ledger, settings, run, wish, count)
    return jobs.ask(party, *lot, record, order.to_json(), order.count, id_)


def ask_once(
    ledger: Ledger,
    settings: Settings,
    lot: tuple[str, str],
    record: str,
    asking: Principal,
    wish: Wish,
    count: int | None,
    key: str,
    request: bytes,
) -> PrintJob:
    """As ``ask``; the same ``request`` under the same idempotency key is the same job."""
    once, jobs = ledger.idempotency, _jobs(ledger)
    begun = once.begin(asking.token, key, request, jobs.new_id().encode())
    if isinstance(begun, Answered):
        return own(ledger, begun.body.decode(), asking)
    try:
        job = ask(ledger, settings, lot, record, asking, wish, count, begun.decode())
    except GocError as error:
        if not error.code.startswith("ledger."):  # else it may have been put down
            once.release(asking.token, key, request, begun)
        raise
    once.remember(asking.token, key, request, 202, job.id.encode())
    return job


def own(ledger: Ledger, id_: str, asking: Principal) -> PrintJob:
    """A job, for who may see it. ``print-job.unknown``, ``access.…``."""
    party = party_of(asking, ledger.operator)
    job = _jobs(ledger).get(id_)
    if job.party != party:
        raise LedgerError("print-job.unknown", job=id_)
    return job


def finished(ledger: Ledger, id_: str, asking: Principal) -> PrintJob:
    """A job whose file may be read. Raises as ``own`` and ``require_standing``;
    ``print-job.not-done``."""
    job = own(ledger, id_, asking)
    if job.state != "done":
        raise not_done(job)
    require_standing(ledger, job)
    return job


def require_standing(ledger: Ledger, job: PrintJob) -> None:
    """Refuse labels that came to nothing, ``print.lost``, and those of a key that was stolen,
    ``label-key.withdrawn``: they are the thief's as well."""
    with ledger.reading() as now:
        records = label_records(now, job.product, job.lot)
    withdrawn = ledger.label_keys.withdrawn()
    for each in records:
        if each.name != job.record:
            continue
        if each.lost is not None:
            raise LedgerError("print.lost", lot=job.lot)
        if each.key in withdrawn:
            raise LedgerError("label-key.withdrawn", key=each.key)


def shown(job: PrintJob, language: str, host: str) -> Shown:
    """A job as the API shows it."""
    href = f"{PATH}/{job.id}"
    return Shown(
        id=job.id,
        state=job.state,
        gtin=job.product,
        lot=job.lot,
        record=job.record,
        form=form_of(job.wish),
        count=job.count,
        printed=job.printed,
        bytes=job.bytes,
        created=job.created,
        updated=job.updated,
        expires=job.expires,
        href=href,
        file=f"{href}/file" if job.state == "done" else None,
        problem=(
            None
            if job.error is None
            else Problem.model_validate(problem(job.error, language, host))
        ),
    )


def _jobs(ledger: Ledger) -> PrintJobs:
    return PrintJobs(ledger.database, ledger.clock)
