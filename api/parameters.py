"""Query parameters: one that nobody knows is refused, since whoever sends it expects it to count.

``cursor=`` for ``after=`` would else give the first page again and again.
"""

from collections.abc import Iterable
from typing import Final

from traceability.core.errors import FormatError

EVERYWHERE: Final = frozenset({"lang"})  #: the language of what people read, ``api.language``


def known_only(sent: Iterable[str], known: frozenset[str]) -> None:
    """Refuse a parameter that is not among the known: ``request.parameter``, which names them."""
    for name in sent:
        if name not in known:
            cut = name[:40]
            pointer = "/" + cut.replace("~", "~0").replace("/", "~1")
            raise FormatError(
                "request.parameter", pointer, parameter=cut, known=", ".join(sorted(known))
            )
