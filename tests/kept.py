"""Ledgers that hold their parties' keys, as a server runs them; for tests of commands and above."""

from pathlib import Path
from typing import Any, Final

from traceability.ledger.ledger import Ledger
from traceability.settings import Settings

OPERATOR: Final = {"name": "Liên hiệp HTX thử nghiệm"}
FARM: Final[dict[str, Any]] = {
    "roles": ["farm"], "kind": "household", "person": "Nguyễn Văn Tư", "phone": "0900",
}  # fmt: skip
SHOP: Final[dict[str, Any]] = {
    "roles": ["supermarket"], "kind": "organisation", "name": "Siêu thị Ngã Bảy",
}  # fmt: skip


class Clock:
    """A clock that goes on by a second whenever it is looked at."""

    def __init__(self) -> None:
        self.now = 1_790_000_000_000

    def __call__(self) -> int:
        self.now += 1_000
        return self.now


def kept_ledger(folder: Path) -> Ledger:
    """A new ledger in a folder."""
    url = f"sqlite:///{folder}/goc.db"
    settings = Settings(folder, url, None, "https://goc.localhost", b"k" * 32)
    return Ledger.create(settings, OPERATOR, Clock())
