"""The application: routes, refusals, and what runs while it runs.

Thin: every answer comes from the ledger, and everything that judges lies below. Hot routes stand
first, since routes are tried in their order.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api import resolver
from api.deps import Services
from api.desk import Desk
from api.door import Door
from api.health import Health
from api.limits import Limits
from api.metrics import SAMPLE_SECONDS, Metrics
from api.pages import Pages
from api.people import refusal
from api.print_runner import PrintRunner
from api.problems import as_goc_error, language_of, problem_response
from api.published import PublishedLog
from api.request_ids import RequestIds
from api.routes import (
    clerk,
    clerk_desk,
    clerk_jobs,
    clerk_labels,
    clerk_print,
    complaints,
    desk,
    documents,
    files,
    holdings,
    home,
    labels,
    log,
    lots,
    phone,
    print_jobs,
    published,
    record,
    records,
    registry,
    scans,
    service,
    sign_in,
    tokens,
    units,
)
from api.routing import HotRoute, Route
from api.scanning import Scanning
from api.session import is_for_people
from api.shell import Shell
from api.streams import Streams
from api.threads import Threads
from traceability.audit.publisher import Publisher
from traceability.core.errors import GocError, LedgerError
from traceability.ledger.ledger import Ledger
from traceability.ledger.loop import LoopAppender
from traceability.ledger.news import News
from traceability.ledger.scans import Scans
from traceability.settings import Settings

NEWS_SECONDS: Final = 1.0
_SWEEP_SECONDS: Final = 6 * 3600
_COUNT_SECONDS: Final = 5.0
_WATCH_SECONDS: Final = 60.0
_MOST_COSTLY: Final = 60  #: that may wait for what is made one at a time
_COSTLY_BYTES: Final = 16 * 1024 * 1024

ROUTERS: Final = (
    records.router,
    resolver.router,
    resolver.description_router,
    published.router,
    record.router,
    lots.router,
    labels.router,
    scans.router,
    complaints.router,
    print_jobs.router,
    holdings.router,
    units.router,
    units.scan_router,
    registry.router,
    tokens.router,
    log.router,
    service.router,
    service.metrics_router,
    home.router,
    sign_in.router,
    clerk.router,
    clerk_labels.router,
    clerk_print.router,
    clerk_jobs.router,
    clerk_desk.router,
    files.router,
    phone.router,
    documents.router,
    desk.router,
)


class Application(FastAPI):
    """FastAPI, and a short way past it for the requests that come by the thousand a second.

    A ``HotRoute`` whose path has no parameters needs none of FastAPI's layers, each of which costs
    every request some microseconds: it is found by method and path, and keeps the shell around it.
    """

    def __init__(self, host: str, metrics: Metrics) -> None:
        super().__init__(
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            lifespan=_lifespan,
            redirect_slashes=False,
        )
        self.router.routes.clear()
        self._short: dict[tuple[str, bytes], HotRoute] = {}
        ids = RequestIds()
        self._shell = Shell(self._answer, host, metrics.request, ids)
        self.add_middleware(Shell, host=host, tell=metrics.request, ids=ids)

    def take(self, route: Route) -> None:
        """Serve a route, after those that were taken before."""
        self.router.routes.append(route)
        if isinstance(route, HotRoute) and not route.param_convertors:
            for method in route.methods or ():
                self._short.setdefault((method, route.path.encode()), route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        route = self._short.get((scope["method"], scope["raw_path"])) if _is_http(scope) else None
        if route is None:
            await super().__call__(scope, receive, send)
        else:
            scope["app"], scope["route"] = self, route
            await self._shell(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await scope["route"].app(scope, receive, send)
        except GocError as error:  # before anything was sent: hot routes answer at once
            response = await _refuse(Request(scope, receive), error)
            await response(scope, receive, send)


def _is_http(scope: Scope) -> bool:
    return bool(scope["type"] == "http")


def create_app(ledger: Ledger, settings: Settings) -> FastAPI:
    """The application over a ledger. When it ends, the appender is closed: what was accepted is
    answered first, and published. The ledger itself stays its owner's to close.

    Raises what ``Publisher.of`` does, for settings that cannot be meant.
    """
    metrics = Metrics()
    ledger.appender.observer = metrics
    app = Application(settings.host, metrics)
    for router in ROUTERS:
        for route in router.routes:
            if not isinstance(route, Route):
                raise TypeError(f"{route} asks nobody who they are")
            app.take(route)
    for kind in (GocError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _refuse)
    app.state.settings = settings
    app.state.ledger = ledger
    app.state.publisher = publisher = Publisher.of(ledger, settings)
    app.state.metrics = metrics
    app.state.health = Health(ledger, publisher.standing)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    ledger: Ledger = app.state.ledger
    publisher: Publisher = app.state.publisher
    written = PublishedLog(publisher.store)
    threads, one_by_one, door = Threads(), Threads(1, _MOST_COSTLY), Door(ledger.tokens)
    streams = Streams()
    counts = Scans(ledger.database, ledger.clock)
    told = Desk.of(ledger, app.state.settings)
    printer = PrintRunner(ledger)
    loop = asyncio.get_running_loop()

    news = News(ledger.database)
    app.state.goc = Services(
        ledger,
        app.state.settings,
        threads,
        Pages(threads, news.read, quiet=news.quiet),
        Pages(one_by_one, news.read, most_bytes=_COSTLY_BYTES),
        LoopAppender(ledger.appender, loop),
        door,
        written,
        publisher,
        app.state.metrics,
        app.state.health,
        streams,
        counts,
        Scanning(threads, ledger, counts),
        told,
        Limits(minutes=sign_in.MINUTES),
        printer,
    )
    with suppress(LedgerError):  # read once, and not on the loop
        await threads.run(lambda: ledger.operator)
    publisher.start()
    printer.start()
    sweeping = asyncio.create_task(
        _sweep(threads, ledger.idempotency.sweep, counts.sweep, told.complaints.sweep)
    )
    counting = asyncio.create_task(_count(counts, threads))
    watching = asyncio.create_task(_watch(app.state.metrics, counts, told, threads))
    sampling = asyncio.create_task(_sample(app.state.metrics, ledger, publisher, printer))
    following = asyncio.create_task(_follow(news, threads))
    try:
        yield
    finally:
        sweeping.cancel()
        counting.cancel()
        watching.cancel()
        sampling.cancel()
        following.cancel()
        await streams.close()
        await loop.run_in_executor(None, printer.close)
        with suppress(LedgerError):  # some counts are lost
            await threads.run(counts.flush)
        await loop.run_in_executor(None, ledger.appender.close)
        await loop.run_in_executor(None, publisher.close)
        written.close()
        threads.close()
        one_by_one.close()
        door.close()
        app.state.health.close()


async def _follow(news: News, threads: Threads) -> None:
    """Read what the log says from the start, whether anybody asks for a page or not: who comes next
    must not find that all pages are to be made anew at once."""
    while True:
        with suppress(LedgerError):  # the next look will tell
            await threads.run(news.read)
        await asyncio.sleep(NEWS_SECONDS)


async def _sample(
    metrics: Metrics, ledger: Ledger, publisher: Publisher, printer: PrintRunner
) -> None:
    """Read what is so now, for the metrics."""
    while True:
        metrics.sample(ledger.appender, ledger.clock(), publisher.standing)
        metrics.printing(printer.waiting, printer.running)
        await asyncio.sleep(SAMPLE_SECONDS)


async def _count(scans: Scans, threads: Threads) -> None:
    """Write how often labels were scanned."""
    while True:
        await asyncio.sleep(_COUNT_SECONDS)
        with suppress(LedgerError):  # they wait
            await threads.run(scans.flush)


async def _watch(metrics: Metrics, scans: Scans, desk: Desk, threads: Threads) -> None:
    """Read now and then, for the metrics, how much there is for people to look at."""
    while True:
        with suppress(LedgerError):  # the next look will tell
            metrics.to_see(
                await threads.run(scans.noticed), await threads.run(desk.complaints.open)
            )
        await asyncio.sleep(_WATCH_SECONDS)


async def _sweep(threads: Threads, *sweeps: Callable[[], int]) -> None:
    """Drop what is old: what idempotency keys remember, counts of scans, complaints."""
    while True:
        for sweep in sweeps:
            with suppress(LedgerError):  # another time will do
                await threads.run(sweep)
        await asyncio.sleep(_SWEEP_SECONDS)


async def _refuse(request: Request, error: Exception) -> Response:
    known = as_goc_error(error, request.method)
    if is_for_people(request.scope["path"]):
        return refusal(request, known)
    return problem_response(known, language_of(request), request.app.state.settings.host)
