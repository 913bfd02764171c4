"""Without the search for cyclic garbage, while much is made of which none is garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected(much: bool) -> Iterator[None]:
    """For a hundred thousand objects that all stay, the collector takes a fifth of the time.

    When it goes on, what was made meanwhile counts as old, so that it is not searched at once
    (``freeze`` and ``unfreeze`` only move it). A program that has frozen objects of its own keeps
    them so. Does nothing unless ``much`` is made.
    """
    if not much or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()
        gc.enable()
