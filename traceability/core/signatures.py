"""Reading many records at once, their signatures on two cores where there are two.

libsodium frees the interpreter while it verifies, so two threads verify almost twice as much as
one. Parsing needs the interpreter all the time, and is done before: threads that both parse and
verify hand it to each other after every record, and lose by that what they gain.

A ``kid`` names its key by a hash of it, so a signature verifies by that key or by none, wherever in
the bundle the key stands. Whether it was registered before the record, and for its signer, is for
the rules to judge.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from traceability.core import codec
from traceability.core.codec import SignedRecord
from traceability.core.errors import GocError
from traceability.core.keys import PublicKey

_FEW: Final = 32  #: fewer records are not worth a second thread


class SignatureFault(Exception):  # noqa: N818 - it carries the error that is one
    """The first record, by position, that cannot be read or whose signature does not hold."""

    def __init__(self, position: int, error: GocError) -> None:
        super().__init__(position, error.code)
        self.position = position
        self.error = error


def read_all(wires: Sequence[bytes], threads: int = 2) -> list[SignedRecord]:
    """The records of ``wires`` (``jws~d~d~``, not all disclosed), every signature verified by a key
    that is registered among them. Raises ``SignatureFault``: for the first that cannot be read,
    else for the first whose signature does not hold."""
    records: list[SignedRecord] = []
    try:
        for wire in wires:
            records.append(codec.parse(wire, complete=False))  # noqa: PERF401 - the fault's position
    except GocError as error:
        raise SignatureFault(len(records), error) from error
    keys = codec.keys_in(records)
    if threads < 2 or len(records) < _FEW:
        _raise(_first_fault(records, keys, 0, len(records)))
        return records
    share = -(-len(records) // threads)
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [
            pool.submit(_first_fault, records, keys, start, start + share)
            for start in range(share, len(records), share)
        ]
        faults = [_first_fault(records, keys, 0, share), *(each.result() for each in others)]
    for fault in faults:
        _raise(fault)
    return records


def _first_fault(
    records: Sequence[SignedRecord], keys: Mapping[str, PublicKey], start: int, end: int
) -> SignatureFault | None:
    verify = codec.verify
    for position in range(start, min(end, len(records))):
        try:
            verify(records[position], keys)
        except GocError as error:
            return SignatureFault(position, error)
    return None


def _raise(fault: SignatureFault | None) -> None:
    if fault is not None:
        raise fault
