"""Print jobs: asked for, drawn while nobody waits, fetched whole or in parts, by their party."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from api.print_orders import order_of
from api.print_runner import PrintRunner
from api.printing import run_of
from api.ranges import span_of
from api.wishes import Wish
from tests.api.stand import PATIENCE, Stand, open_stand
from tests.api.test_printing import labelled, symbols
from tests.kit import Signed
from traceability.core.errors import FormatError, LedgerError
from traceability.ledger import print_jobs
from traceability.ledger.print_jobs import LASTING
from traceability.ledger.print_queue import PrintQueue


@pytest.fixture(params=["sqlite", "postgres"])
def each_stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    """A stand of its own, on each database system."""
    url = ""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_ledger_url")
    with open_stand(tmp_path, url=url) as found:
        yield found


def ask(
    stand: Stand, record: Signed, role: str = "owner", key: str = "", **wanted: Any
) -> httpx.Response:
    headers = stand.as_(role) | ({"idempotency-key": key} if key else {})
    path = f"{stand.lot_path}/labels/{record.name}/jobs"
    return stand.client.post(path, json=wanted, headers=headers)


def ended(stand: Stand, answer: httpx.Response) -> dict[str, Any]:
    """A job, once it has ended."""
    assert answer.status_code == 202, answer.text
    late = time.monotonic() + PATIENCE
    while True:
        job: dict[str, Any] = stand.get(answer.headers["location"], "owner").json()
        if job["state"] not in ("queued", "running"):
            return job
        assert time.monotonic() < late, job
        time.sleep(0.02)


def idle(stand: Stand) -> None:
    """Nobody draws in this process any more."""
    stand.app.state.goc.printer.close()


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_job_is_drawn_by_itself_and_its_labels_are_genuine(each_stand: Stand) -> None:
    record = labelled(each_stand, 25)
    void = each_stand.world.void_labels(each_stand.farm, record, (3, 4))
    assert each_stand.append(void).status_code == 201
    asked = ask(each_stand, record, first=20)
    assert (asked.json()["count"], asked.json()["form"]) == (23, "pdf")
    job = ended(each_stand, asked)
    assert (job["state"], job["printed"]) == ("done", 23), job
    file = each_stand.get(job["file"], "clerk")
    assert file.headers["content-type"] == "application/pdf"
    assert int(file.headers["content-length"]) == len(file.content) == job["bytes"]
    assert file.headers["content-disposition"].startswith("attachment; filename=")
    links = symbols(file.content)
    assert len(set(links)) == 23
    page = each_stand.get(
        links[-1].removeprefix("https://goc.example"), accept="text/html"
    )  # fmt: skip
    assert "A genuine label of this lot" in page.text
    at_once = each_stand.get(f"{each_stand.lot_path}/labels/{record.name}/print?first=20", "owner")
    assert at_once.content == file.content


@pytest.mark.parametrize("form", ["zpl", "tspl"])
def test_printers_languages_are_drawn_too(stand: Stand, form: str) -> None:
    record = labelled(stand, 5)
    job = ended(stand, ask(stand, record, form=form, start=2))
    assert job["count"] == 3
    file = stand.get(job["file"], "owner")
    path = f"{stand.lot_path}/labels/{record.name}/print?form={form}&start=2"
    assert file.content == stand.get(path, "owner").content
    stand.client.delete(job["href"], headers=stand.as_("owner"))


def test_many_jobs_share_the_labels_of_a_record(stand: Stand) -> None:
    record = labelled(stand, 9)
    found = []
    for start, count in ((0, 4), (4, 4), (8, None)):
        job = ended(stand, ask(stand, record, start=start, count=count))
        found += symbols(stand.get(job["file"], "owner").content)
        stand.client.delete(job["href"], headers=stand.as_("owner"))
    assert len(found) == len(set(found)) == 9


def test_who_asks_again_with_the_same_key_gets_the_same_job(each_stand: Stand) -> None:
    record = labelled(each_stand, 2)
    first, again = (ask(each_stand, record, key="k-1") for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert code_of(ask(each_stand, record, key="k-1", form="zpl")) == (409, "idempotency.reused")
    other = labelled(each_stand, 2)
    assert code_of(ask(each_stand, other, key="k-1")) == (409, "idempotency.reused")
    assert ask(each_stand, record, "clerk", key="k-1").json()["id"] != first.json()["id"]
    assert len(each_stand.get("/api/v1/print-jobs", "owner").json()["jobs"]) == 2


def test_a_key_whose_request_was_refused_may_come_again(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = labelled(own_stand, 2)
    with monkeypatch.context() as full:
        full.setattr(print_jobs, "MOST_WAITING", 0)
        refused = ask(own_stand, record, key="k-2")
    assert code_of(refused) == (409, "print-job.too-many")
    assert ask(own_stand, record, key="k-2").status_code == 202


def test_whoever_has_no_turn_has_no_label_drawn(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = labelled(own_stand, 2)
    drawn: list[object] = []
    monkeypatch.setattr("api.print_jobs.order_of", lambda *given: drawn.append(given))
    with monkeypatch.context() as busy:
        busy.setattr(print_jobs, "MOST_WAITING", 0)
        assert code_of(ask(own_stand, record)) == (409, "print-job.too-many")
    monkeypatch.setattr(print_jobs, "PARTY_BYTES", 0)
    assert code_of(ask(own_stand, record, key="k-3")) == (409, "print-job.full")
    assert drawn == []


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ({"start": 9}, 400, "print.start"),
        ({"first": 22}, 400, "print.position"),
        ({"form": "zpl", "dpi": 250}, 400, "print.dpi"),
        ({"form": "zpl", "width": 15, "height": 15}, 400, "label.too-low"),
        ({"form": "tspl", "kind": "crate", "dpi": 600, "height": 300}, 400, "print.too-many-dots"),
        ({"form": "exe"}, 422, "request.field"),
        ({"count": 0}, 422, "request.field"),
        ({"speed": 1}, 422, "request.field"),
    ],
)
def test_what_cannot_be_printed_is_refused_before_anything_is_kept(
    own_stand: Stand, wanted: dict[str, Any], status: int, code: str
) -> None:
    answer = ask(own_stand, labelled(own_stand, 1), **wanted)
    assert answer.status_code == status, answer.text
    assert answer.json()["code"].startswith(code.rpartition("-")[0] or code)
    assert own_stand.get("/api/v1/print-jobs", "owner").json()["jobs"] == []


def test_a_file_that_is_not_there_yet_is_a_conflict_and_says_how_far_it_is(
    own_stand: Stand,
) -> None:
    idle(own_stand)
    job = ask(own_stand, labelled(own_stand, 3)).json()
    assert (job["state"], "file" in job) == ("queued", False)
    answer = own_stand.get(f"{job['href']}/file", "owner")
    assert code_of(answer) == (409, "print-job.not-done")
    assert answer.json()["detail"] == "The print job is not done: 0 of 3 labels are drawn."


def test_a_cancelled_job_has_no_file_and_can_be_begun_again(each_stand: Stand) -> None:
    first = ask(each_stand, labelled(each_stand, 30))
    job = ended(each_stand, first)
    whole = each_stand.get(job["file"], "owner").content
    for _ in range(2):
        gone = each_stand.client.delete(job["href"], headers=each_stand.as_("clerk"))
        assert gone.status_code == 204
    cancelled = each_stand.get(job["href"], "owner").json()
    assert (cancelled["state"], cancelled["bytes"]) == ("cancelled", 0)
    assert code_of(each_stand.get(job["file"], "owner")) == (409, "print-job.not-done")
    again = each_stand.client.post(f"{job['href']}/resume", headers=each_stand.as_("owner"))
    assert ended(each_stand, again)["state"] == "done"
    assert each_stand.get(job["file"], "owner").content == whole


def test_labels_that_are_voided_later_are_in_the_file_and_scan_as_void(own_stand: Stand) -> None:
    idle(own_stand)
    record = labelled(own_stand, 4)
    asked = ask(own_stand, record)
    void = own_stand.world.void_labels(own_stand.farm, record, (0, 0))
    assert own_stand.append(void).status_code == 201
    assert PrintRunner(own_stand.ledger).turn()
    file = own_stand.get(ended(own_stand, asked)["file"], "owner").content
    assert len(symbols(file)) == 4
    assert ask(own_stand, record).json()["count"] == 3  # asked for now, it is left out


def test_no_cache_keeps_a_file_and_none_of_a_stolen_key_is_given(own_stand: Stand) -> None:
    record = labelled(own_stand, 2)
    job = ended(own_stand, ask(own_stand, record))
    assert own_stand.get(job["file"], "owner").headers["cache-control"] == "no-store"
    own_stand.ledger.label_keys.withdraw(own_stand.ledger.label_keys.newest().id)
    assert code_of(own_stand.get(job["file"], "owner")) == (409, "label-key.withdrawn")


def test_labels_that_came_to_nothing_are_not_drawn_and_not_given(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle(own_stand)
    record = labelled(own_stand, 2)
    done = ask(own_stand, record)
    own_stand.world.now += 1
    waiting = ask(own_stand, record)
    runner = PrintRunner(own_stand.ledger)
    assert runner.turn()
    database = own_stand.ledger.database
    with database.writing() as connection:  # another made the lot first
        connection.exec_driver_sql(f"UPDATE label SET lost = 1 WHERE name = '{record.name}'")  # noqa: S608
    assert runner.turn()
    failed = ended(own_stand, waiting)
    assert (failed["state"], failed["problem"]["code"]) == ("failed", "print.lost")
    assert failed["problem"]["status"] == 409
    assert code_of(own_stand.get(f"{ended(own_stand, done)['href']}/file", "owner")) == (
        409, "print.lost",
    )  # fmt: skip
    assert code_of(ask(own_stand, record)) == (409, "print.lost")


def test_jobs_of_another_party_are_not_there(own_stand: Stand) -> None:
    job = ended(own_stand, ask(own_stand, labelled(own_stand, 1)))
    for role in ("other", "shop", "admin"):
        assert own_stand.get("/api/v1/print-jobs", role).json() == {"jobs": []}
        for path in (job["href"], f"{job['href']}/file"):
            assert code_of(own_stand.get(path, role)) == (404, "print-job.unknown")
    assert own_stand.get(job["href"], "owner").json()["state"] == "done"


def test_a_job_is_kept_for_a_day_and_says_so(own_stand: Stand) -> None:
    job = ended(own_stand, ask(own_stand, labelled(own_stand, 1)))
    assert job["expires"] == job["updated"] + LASTING
    own_stand.world.now += LASTING + 1
    own_stand.app.state.goc.printer.jobs.sweep()
    assert code_of(own_stand.get(job["href"], "owner")) == (404, "print-job.unknown")


def test_monitoring_sees_jobs_that_wait(own_stand: Stand) -> None:
    idle(own_stand)
    ask(own_stand, labelled(own_stand, 1))
    printer = own_stand.app.state.goc.printer
    printer.look()
    own_stand.app.state.metrics.printing(printer.waiting, printer.running)
    text = own_stand.get("/metrics", "monitoring").text
    assert 'goc_print_jobs{state="queued"} 1.0' in text
    assert 'goc_print_jobs{state="running"} 0.0' in text


# -- in turns, and after faults --------------------------------------------------------------------


def test_a_file_drawn_in_many_turns_is_the_very_same(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle(own_stand)
    record = labelled(own_stand, 99)
    monkeypatch.setattr("api.wishes._IN_PART", 20)
    for wanted in ({"sheet": "single"}, {"form": "zpl"}):
        whole = ask(own_stand, record, **wanted)
        assert PrintRunner(own_stand.ledger).turn()
        pieces = ask(own_stand, record, **wanted)
        turns = 0
        while PrintRunner(own_stand.ledger, turn_seconds=0).turn():
            turns += 1
        assert turns > 3
        one, other = (
            own_stand.get(ended(own_stand, each)["file"], "owner").content
            for each in (whole, pieces)
        )
        assert one == other
        assert len(set(symbols(one))) == 99 if "sheet" in wanted else b"^XA" in one


def test_a_database_that_is_away_for_a_while_fails_no_job(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle(own_stand)
    asked = ask(own_stand, labelled(own_stand, 2))
    runner = PrintRunner(own_stand.ledger)

    def away(*_: object) -> bool:
        raise LedgerError("ledger.unreachable")

    with monkeypatch.context() as fault:
        fault.setattr(PrintQueue, "store", away)
        with pytest.raises(LedgerError):
            runner.turn()
    assert own_stand.get(asked.headers["location"], "owner").json()["state"] == "queued"
    assert runner.turn()
    assert ended(own_stand, asked)["state"] == "done"


def test_a_fault_of_ours_fails_the_job_and_no_other(
    own_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle(own_stand)
    record = labelled(own_stand, 2)
    asked = ask(own_stand, record)
    own_stand.world.now += 1
    next_one = ask(own_stand, record)
    runner = PrintRunner(own_stand.ledger)
    with monkeypatch.context() as fault:
        fault.setattr("api.print_runner.key_of", lambda *_: 1 / 0)
        assert runner.turn()
    failed = ended(own_stand, asked)
    assert (failed["state"], failed["problem"]["code"]) == ("failed", "ledger.fault")
    assert runner.turn()
    assert ended(own_stand, next_one)["state"] == "done"


# -- ranges ----------------------------------------------------------------------------------------


def test_a_download_that_broke_off_goes_on_where_it_was(each_stand: Stand) -> None:
    job = ended(each_stand, ask(each_stand, labelled(each_stand, 99), sheet="single"))
    file = each_stand.get(job["file"], "owner")
    whole, etag = file.content, file.headers["etag"]
    rest = each_stand.get(job["file"], "owner", range="bytes=100000-")
    assert rest.status_code == 206
    assert rest.content == whole[100_000:]
    assert rest.headers["content-range"] == f"bytes 100000-{len(whole) - 1}/{len(whole)}"
    assert rest.headers["etag"] == etag
    for asked, expected in (("5-9", whole[5:10]), ("-7", whole[-7:]), ("0-0", whole[:1])):
        part = each_stand.get(job["file"], "owner", range=f"bytes={asked}", **{"if-range": etag})
        assert (part.status_code, part.content) == (206, expected)
    other = each_stand.get(job["file"], "owner", range="bytes=5-9", **{"if-range": '"other"'})
    assert (other.status_code, other.content) == (200, whole)
    beyond = each_stand.get(job["file"], "owner", range=f"bytes={len(whole)}-")
    assert code_of(beyond) == (416, "request.range")
    assert beyond.headers["content-range"] == f"bytes */{len(whole)}"
    known = each_stand.get(job["file"], "owner", **{"if-none-match": etag})
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-99", (0, 100)), ("bytes=0-", (0, 100)), ("bytes=99-", (99, 100)),
        ("bytes=90-1000", (90, 100)), ("bytes=-1000", (0, 100)), ("bytes= 1-2 ", (1, 3)),
        ("Bytes=1-2", (1, 3)), ("", None), ("bytes=", None), ("bytes=-", None),
        ("bytes=5-4", None), ("bytes=1-2,4-5", None), ("lines=1-2", None), ("bytes=a-b", None),
        (f"bytes={'9' * 40}-", None),
    ],
)  # fmt: skip
def test_a_range_is_read_as_the_standard_has_it(header: str, span: tuple[int, int] | None) -> None:
    assert span_of(header, "", '"e"', 100) == span


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_beyond_the_file_is_refused(header: str) -> None:
    with pytest.raises(FormatError) as refused:
        span_of(header, "", '"e"', 100)
    assert refused.value.code == "request.range"


def test_a_job_prints_as_it_was_asked_to(own_stand: Stand) -> None:
    """Grid, printer and picture are kept with the order, and so is the picture that there was."""
    record = labelled(own_stand, 2)
    folder = own_stand.folder / "logos"
    folder.mkdir()
    Image.new("RGB", (300, 200), "black").save(folder / f"{own_stand.farm.id}.png")
    for wanted in (
        {"sheet": "2x5", "width": 90, "height": 50, "grid": {"left": 12, "top": 20}},
        {"form": "tspl", "tuning": {"offset_x": 1, "darkness": 12}},
        {"form": "zpl", "logo": False},
    ):
        job = ended(own_stand, ask(own_stand, record, **wanted))
        assert job["state"] == "done", job
        drawn = own_stand.get(job["file"], "owner").content
        flat = {**wanted, **wanted.get("grid", {}), **wanted.get("tuning", {})}  # type: ignore[dict-item]
        asked = "&".join(
            f"{name}={str(value).lower()}"
            for name, value in flat.items()
            if name not in ("grid", "tuning")
        )
        path = f"{own_stand.lot_path}/labels/{record.name}/print?{asked}"
        assert own_stand.get(path, "owner").content == drawn


def test_what_is_kept_of_an_order_is_the_order(own_stand: Stand) -> None:
    record = labelled(own_stand, 3)
    wish = Wish("retail", "pdf", "L7160", 4, 203, 0, None, None, "vi", skip=1)
    principal = own_stand.ledger.tokens.authenticate(own_stand.tokens["owner"])
    assert principal is not None
    lot = own_stand.product, own_stand.lot
    settings = own_stand.app.state.settings
    run = run_of(own_stand.ledger, *lot, record.name, principal)
    order = order_of(own_stand.ledger, settings, run, wish, None)
    assert order.parse(order.to_json()) == order
    assert order.count == 2
