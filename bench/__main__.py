"""``python -m bench [NAME …]``: measure, each against a bare limit in the same run.

Without a name, everything. Figures are medians; on a machine that does something else meanwhile,
trust the ratios.
"""

import argparse
import json
from collections.abc import Callable
from typing import Any

from bench import append, http_append, page, verify

BENCHES: dict[str, Callable[[], dict[str, Any]]] = {
    "append-stages": append.stages,
    "append-growth": append.growth,
    "append-http": http_append.run,
    "page": page.run,
    "verify": verify.run,
}


def main() -> None:
    """Run the benchmarks that are named."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    names = parser.parse_args().names
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}: choose from {list(BENCHES)}")
    for name in names or BENCHES:
        print(json.dumps({name: BENCHES[name]()}, indent=2, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
