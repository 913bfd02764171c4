"""What monitoring reads: the server's counters in the form of Prometheus, at ``GET /metrics``.

The ledger tells its ``Observer``, the shell tells of each request, and once a second ``sample``
reads what is so at the moment: the queue, the writer, and how far publishing lags behind
(``Publishing``: the one place where the publisher is asked). docs/monitoring.md lists all metrics.

No label holds anything of a record, a party or a token: routes are templates, refusals are areas of
codes, and methods and routes that nobody serves are one each, so that no client can make up labels.

Several processes behind one port share files (``api.metrics_folder``), and any of them answers for
all. The library is imported when a server is made, not with this module: it looks once whether it
is to share.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from api.metrics_folder import is_shared
from traceability.ledger.append import Appender
from traceability.ledger.observer import GroupSeen

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SAMPLE_SECONDS: Final = 1.0
#: Seconds. An append takes a few milliseconds, a page with a long way some hundreds.
REQUEST_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
WRITER_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
GROUP_BUCKETS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS"})


class WitnessStanding(Protocol):
    """How it goes with one witness."""

    cosigned: int
    failures: int


class Publishing(Protocol):
    """What is read of a publisher's standing (``Publisher.standing``). In a process that does not
    lead it stands still, and is not read."""

    leads: bool
    size: int
    quorum: bool
    errors: int

    @property
    def lag(self) -> int:
        """Records that are not published yet."""
        ...

    @property
    def witnesses(self) -> Mapping[str, WitnessStanding]:
        """By the names of the policy."""
        ...

    def lag_ms(self, now: int) -> int:
        """For how long the oldest of them has been waiting."""
        ...


class Metrics:
    """The metrics of one process: an ``Observer`` of its writer. For any thread."""

    def __init__(self) -> None:
        from prometheus_client import (
            CollectorRegistry,
            Counter,
            Gauge,
            Histogram,
            disable_created_metrics,
        )

        disable_created_metrics()  # type: ignore[no-untyped-call]  # as many series again, unread
        registry = self._registry = CollectorRegistry()

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(name, about, labels, registry=registry)

        def gauge(name: str, about: str, mode: Any = "livesum", *labels: str) -> Gauge:
            return Gauge(name, about, labels, registry=registry, multiprocess_mode=mode)

        def spread(name: str, about: str, buckets: Any, *labels: str) -> Histogram:
            return Histogram(name, about, labels, registry=registry, buckets=buckets)

        records = counter("goc_records", "Records by what became of them", "outcome")
        self._accepted, self._repeated = records.labels("accepted"), records.labels("repeated")
        self._refused = counter("goc_records_refused", "Refused records by area of code", "area")
        self._unverified = counter("goc_unverified", "Records whose signature fails", "code")
        self._failed = counter("goc_groups_failed", "Transactions that failed, by code", "code")
        self._group = spread("goc_group_records", "Records of a transaction", GROUP_BUCKETS)
        self._lock = spread("goc_lock_wait_seconds", "Waiting for the log's lock", WRITER_BUCKETS)
        self._commit = spread("goc_commit_seconds", "Writing and committing", WRITER_BUCKETS)
        self._whole = spread("goc_group_seconds", "A whole transaction", WRITER_BUCKETS)
        self._queue = gauge("goc_queue_records", "Records that wait for the writer")
        self._most = gauge("goc_queue_records_most", "Most that ever waited at once", "max")
        self._busy = gauge("goc_writer_busy_seconds", "Present transaction's age", "livemax")
        self._size = gauge("goc_log_size", "The log's size at this server's last commit", "max")
        self._published = gauge("goc_published_size", "Leaves that are published", "max")
        self._lag = gauge("goc_publish_lag_records", "Records that are not published", "livemax")
        self._late = gauge("goc_publish_lag_seconds", "How long they have waited", "livemax")
        self._quorum = gauge("goc_publish_quorum", "1 while enough witnesses cosign", "livemin")
        self._unpublished = gauge("goc_publish_failures", "Rounds that failed", "sum")
        self._cosigned = gauge("goc_witness_size", "Leaves cosigned", "max", "witness")
        self._unwitnessed = gauge("goc_witness_failures", "Refusals", "sum", "witness")
        self._signs = gauge("goc_scan_signs", "Signs of copied labels", "livemax")
        self._complaints = gauge("goc_complaints_open", "Complaints without an answer", "livemax")
        prints = gauge("goc_print_jobs", "Print jobs that have not ended", "livemax", "state")
        self._prints = prints.labels("queued"), prints.labels("running")
        self._requests = counter("goc_http_requests", "Requests", "method", "route", "status")
        self._latency = spread(
            "goc_http_request_seconds", "Time to answer", REQUEST_BUCKETS, "route"
        )
        self._children: dict[tuple[str, str, int], tuple[Any, Any]] = {}
        if not is_shared():  # of many processes, one could speak for itself alone
            from prometheus_client import ProcessCollector

            ProcessCollector(registry=registry)

    # -- told ------------------------------------------------------------------------------------
    def group(self, seen: GroupSeen) -> None:
        """As ``Observer``."""
        self._group.observe(seen.records)
        self._lock.observe(seen.lock_seconds)
        self._whole.observe(seen.seconds)
        if seen.error is not None:
            self._failed.labels(seen.error).inc()
            return
        if seen.accepted:
            self._accepted.inc(seen.accepted)
            self._commit.observe(seen.commit_seconds)
        if seen.repeated:
            self._repeated.inc(seen.repeated)
        for area, count in seen.refused.items():
            self._refused.labels(area).inc(count)

    def unverified(self, code: str) -> None:
        """As ``Observer``."""
        self._unverified.labels(code).inc()

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. ``route`` is the template that it matched."""
        found = self._children.get((method, route, status))
        if found is None:
            known = method if method in _METHODS else "other"
            found = self._children[known, route, status] = (
                self._requests.labels(known, route, str(status)).inc,
                self._latency.labels(route).observe,
            )
        count, observe = found
        count()
        observe(seconds)

    # -- asked -----------------------------------------------------------------------------------
    def sample(self, appender: Appender, now: int, publishing: Publishing | None = None) -> None:
        """Read what is so at the moment; ``now`` in Unix milliseconds."""
        waiting, most = appender.queue
        self._queue.set(waiting)
        self._most.set(most)
        self._busy.set(appender.busy_for)
        self._size.set(appender.size)
        leads = publishing is not None and publishing.leads
        self._lag.set(publishing.lag if publishing is not None and leads else 0)
        self._late.set(publishing.lag_ms(now) / 1000 if publishing is not None and leads else 0)
        self._quorum.set(publishing.quorum if publishing is not None and leads else 1)
        if publishing is None or not leads:
            return
        self._published.set(publishing.size)
        self._unpublished.set(publishing.errors)
        for name, witness in publishing.witnesses.items():
            self._cosigned.labels(name).set(witness.cosigned)
            self._unwitnessed.labels(name).set(witness.failures)

    def to_see(self, signs: int, complaints: int) -> None:
        """What is there for people to look at: signs of copies, complaints without an answer."""
        self._signs.set(signs)
        self._complaints.set(complaints)

    def printing(self, waiting: int, running: int) -> None:
        """How many print jobs there are, as every process finds them in the database."""
        for gauge, number in zip(self._prints, (waiting, running), strict=True):
            gauge.set(number)

    def page(self) -> bytes:
        """All metrics of this server, of all of its processes, as Prometheus reads them."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        if not is_shared():
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)


Tell = Callable[[str, str, int, float], None]
"""``Metrics.request``, or whatever else is told of each request."""
