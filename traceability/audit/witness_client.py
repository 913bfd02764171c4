"""Asking one witness for a cosignature, or for what it has seen (C2SP tlog-witness).

    POST <prefix>/add-checkpoint

    old <size>                      what the witness has cosigned of this log, as far as we know
    <base64 hash>                   up to 63: the consistency proof from there, none from 0
    <empty line>
    <checkpoint>

    200: signature lines · 409: another size, which it has cosigned · all else: no

    GET <prefix>/<hex of SHA-256(origin)>/checkpoint        200: what it has cosigned last · 404

A witness is a stranger: what it answers is bounded in size and time, and only a cosignature that
verifies counts. The one who may not be believed about the size is asked once more from there, and
not again. What it has seen it can prove, by a checkpoint that the log itself has signed.
"""

import http.client
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from traceability.core.checkpoint import Checkpoint, Cosignature, add_cosignatures, open_checkpoint
from traceability.core.errors import GocError
from traceability.core.lines import base64, decimal
from traceability.core.note import MAX_NOTE_BYTES, Note
from traceability.core.policy import Witness
from traceability.core.vkey import VerifierKey

MAX_HASHES: Final = 63
_REFUSALS: Final = {
    400: "it takes the request for malformed",
    403: "it does not trust the log's key",
    404: "it does not know the log",
    422: "it does not accept the proof",
}

Prove = Callable[[int], Sequence[bytes]]
"""The consistency proof from a size to that of the checkpoint."""


class WitnessError(Exception):
    """A witness did not cosign; the text says why."""


class AheadError(WitnessError):
    """A witness says that it has cosigned more of the log than there is."""

    def __init__(self, size: int) -> None:
        super().__init__(f"it has cosigned {size} records of this log, more than there are")
        self.size = size


class Ask:
    """One question to one witness, for a thread of its own; any other may ``abort`` it."""

    def __init__(self, witness: Witness, log: VerifierKey, seconds: float) -> None:
        """``seconds``: how long the witness may be silent."""
        self.witness = witness
        self._log = log
        self._seconds = seconds
        self._connection: http.client.HTTPConnection | None = None

    def cosign(self, note: bytes, old: int, prove: Prove) -> tuple[bytes, Cosignature]:
        """The witness's answer (signature lines) and its cosignature on the checkpoint ``note``.

        ``old``: the size that it is believed to have cosigned. Raises ``WitnessError``.
        """
        size = Checkpoint.parse(Note.parse(note).text).size
        for _ in range(2):
            if old > size:
                raise AheadError(old)
            proof = [] if old in (0, size) else prove(old)
            lines = [f"old {old}", *map(base64, proof), "", ""]
            status, answer = self._call("add-checkpoint", "\n".join(lines).encode() + note)
            if status == 200:
                return answer, self._verified(note, answer)
            found = decimal(answer.decode("ascii", "replace").removesuffix("\n"))
            if status != 409 or found is None:
                raise WitnessError(_REFUSALS.get(status, f"it answers {status}"))
            old = found
        raise WitnessError("it cannot make up its mind about what it has cosigned")

    def seen(self) -> Checkpoint | None:
        """The checkpoint that the witness has cosigned last, verified to be the log's own; None
        where it has none. Raises ``WitnessError``."""
        origin = sha256(self._log.name.encode()).hexdigest()
        status, answer = self._call(f"{origin}/checkpoint")
        if status != 200:
            return None
        try:
            return open_checkpoint(answer, self._log).checkpoint
        except GocError as error:
            raise WitnessError(f"what it shows does not hold: {error.code}") from error

    def abort(self) -> None:
        """Break off: whoever asks gets a ``WitnessError``."""
        connection = self._connection
        sock = None if connection is None else connection.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _verified(self, note: bytes, answer: bytes) -> Cosignature:
        key = self.witness.key
        try:
            cosigned = add_cosignatures(note, answer, self._log, [key])
            found = open_checkpoint(cosigned, self._log, [key]).cosignatures
        except GocError as error:
            raise WitnessError(f"its answer does not hold: {error.code}") from error
        if not found:
            raise WitnessError("its answer has no cosignature of its key")
        return found[0]

    def _call(self, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        try:
            url = urlsplit(f"{self.witness.url.rstrip('/')}/{path}")
            kinds = {"https": http.client.HTTPSConnection, "http": http.client.HTTPConnection}
            connection = kinds[url.scheme](url.hostname or "", url.port, timeout=self._seconds)
        except (KeyError, ValueError):
            raise WitnessError("its address is none of http or https") from None
        self._connection = connection
        try:
            headers = {} if body is None else {"Content-Type": "text/plain"}
            connection.request("GET" if body is None else "POST", url.path, body, headers)
            response = connection.getresponse()
            answer = response.read(MAX_NOTE_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            raise WitnessError(f"it cannot be reached: {type(error).__name__}") from error
        finally:
            connection.close()
        if len(answer) > MAX_NOTE_BYTES:
            raise WitnessError("its answer is too long")
        return response.status, answer
