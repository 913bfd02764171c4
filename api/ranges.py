"""Parts of a file (RFC 9110 §14): a download that broke off goes on where it was.

One range of bytes is understood. Of several, of other units, and of what cannot be read, nothing is
taken notice of, as the standard allows: the answer is then the whole.
"""

import re
from typing import Final

from traceability.core.errors import FormatError

_RANGE: Final = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.IGNORECASE)


def span_of(header: str, condition: str, etag: str, size: int) -> tuple[int, int] | None:
    """The first byte and the one behind the last that a request asks for; None: all of them.

    ``header`` is its ``Range``, ``condition`` its ``If-Range``: a range counts only of the file
    that the client has begun. ``FormatError("request.range")`` where none of it is there.
    """
    found = _RANGE.fullmatch(header)
    if found is None or (condition and condition != etag):
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:  # so many at the end
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= end:
        raise FormatError("request.range", size=size)
    return start, end
