"""When all of a lot was used up, as far as the ledger can say: a label scanned long after that is
on something else.

The ledger knows lots, not single packages, and this must not cry wolf. So it says so only of a lot
that nobody can add to any more, of which nothing is left with anybody, which went nowhere but from
holder to holder, and of which exactly as much as was made was served, wasted, destroyed or sampled.
What was *sold* or given away lies in somebody's kitchen for as long as they like: of such a lot,
and of one that was packed anew, corrected, counted, or arrived short, nothing is said.
"""

from typing import Any, Final

from traceability.ledger.holdings import LIVE
from traceability.ledger.labels import is_closed
from traceability.ledger.reading import Reading
from traceability.ledger.records import records_at

MOST_USES: Final = 200  #: records that are looked at: of a lot used in more pieces, nothing is said
_MOVING: Final = frozenset({"ship", "receive"})
_USING: Final = frozenset({"served", "wasted", "destroyed", "sampled"})


def used_at(now: Reading, gtin: str, lot: str, time: int) -> int | None:
    """When the last of a lot was used up (Unix milliseconds), if it was by ``time``."""
    entry = now.reader.lot_entry((gtin, lot))
    if entry is None or not entry.made or not is_closed(now, entry, time):
        return None
    left = f"SELECT 1 FROM holding h WHERE h.product = ? AND h.lot = ? AND {LIVE} LIMIT 1"  # noqa: S608
    if now.rows(left, gtin, lot):
        return None
    drawn = now.rows(
        "SELECT r.type, r.idx, SUM(d.amount), COUNT(*) - COUNT(d.amount) FROM holding h"
        " JOIN draw d ON d.source_idx = h.idx AND d.source_n = h.n"
        " JOIN record r ON r.idx = d.idx WHERE h.product = ? AND h.lot = ?"
        " GROUP BY r.type, r.idx LIMIT ?",
        gtin,
        lot,
        4 * MOST_USES,
    )
    uses = [row for row in drawn if row[0] == "consume"]
    if len(drawn) == 4 * MOST_USES or not uses or len(uses) > MOST_USES:
        return None
    if {row[0] for row in drawn} - _MOVING != {"consume"} or any(row[3] for row in uses):
        return None
    if sum(int(row[2]) for row in uses) != entry.made:
        return None
    last = 0
    for kept in records_at(now, [row[1] for row in uses]).values():
        body: Any = kept.record.body
        if body.data.kind not in _USING:
            return None
        last = max(last, kept.time)
    return last
