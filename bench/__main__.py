"""``python -m bench [--quick] [NAME …]``: measure, each against a bare limit in the same run.

Without a name, everything but ``peers``, which installs somebody else's packages in a folder of its
own, and ``scale`` and ``trace``, which make ledgers of ten million records (20 GB, ten minutes; in
``GOC_BENCH_FOLDER``). Figures are medians of several rounds taken in turn, one JSON object a
benchmark; on a machine that does something else meanwhile, trust the ratios. ``--quick`` takes one
short round of each, to see that all of them work.
"""

import argparse
import json
from importlib import import_module
from typing import Any, Final, NamedTuple


class Bench(NamedTuple):
    """A function of a module, and what it takes for a quick round. Modules are loaded when their
    turn comes: the processes that an audit starts would else load all of them too."""

    module: str
    function: str
    quick: dict[str, Any]

    def run(self, quick: bool) -> dict[str, Any]:
        """The figures."""
        measure = getattr(import_module(f"bench.{self.module}"), self.function)
        figures: dict[str, Any] = measure(**(self.quick if quick else {}))
        return figures


BENCHES: Final = {
    "append-stages": Bench("append", "stages", {"records": 990}),
    "append-growth": Bench("append", "growth", {"large": 10_000, "rounds": 4}),
    "append-http": Bench("http_append", "run", {"rounds": 1}),
    "append-http-postgres": Bench("http_append", "run_postgres", {"rounds": 1}),
    "slow-disk": Bench("slow_disk", "run", {"rounds": 1}),
    "page": Bench("page", "run", {"rounds": 1}),
    "page-under-load": Bench("page_under_load", "run", {"seconds": 3.0}),
    "labels": Bench("labels", "run", {"count": 420, "rounds": 1}),
    "verify": Bench("verify", "run", {"rounds": 2}),
    "phone": Bench("phone", "run", {"rounds": 2}),
    "audit": Bench("audit", "run", {"rounds": 1, "records": 20_000}),
    "peers": Bench("peers", "run", {}),
    "scale": Bench("scale", "run", {"sizes": (10_000, 100_000), "rounds": 2, "many": 3_000}),
    "trace": Bench("trace", "run", {"size": 100_000, "lots": 30}),
}
BY_NAME_ONLY: Final = frozenset({"peers", "scale", "trace"})


def main() -> None:
    """Run the benchmarks that are named."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of each")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(BENCHES))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}: choose from {list(BENCHES)}")
    for name in options.names or [each for each in BENCHES if each not in BY_NAME_ONLY]:
        figures = BENCHES[name].run(options.quick)
        print(json.dumps({name: figures}, indent=2, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
