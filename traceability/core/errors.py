"""The one error family of Gốc, and the register of its codes.

Every refusal that a person or a program can meet is a ``GocError`` with a stable ``code``
(dotted, lower case), parameters for the sentence that explains it, and, where it helps, a
``pointer`` to the offending field. The API maps codes to RFC 9457 problem details; catalogues
(``traceability/locale``) hold the sentence in Vietnamese and English. ``CODES`` is the complete
register: raising an unregistered code is itself an error, and a test fails when a code lacks
its texts in the catalogues or its line in ``docs/errors.md``.
"""

from typing import Final

CODES: Final[dict[str, str]] = {
    # -- identifiers, quantities, keys -------------------------------------------------------
    "base64.malformed": "The text is not base64url in its canonical form, without padding.",
    "key.malformed": "This is not an Ed25519 key in the form that is expected.",
    "key.weak": "The Ed25519 key is not the canonical form of a point of prime order.",
    "id.random": "An identifier is made from exactly {expected} random bytes.",
    "gtin.malformed": "A GTIN has 8, 12, 13 or 14 digits.",
    "gtin.check-digit": "The check digit of the GTIN is {found}, and should be {expected}.",
    "gtin.restricted-range": "Restricted-circulation numbers run from 0 to {limit}.",
    "gln.malformed": "A GLN has 13 digits.",
    "gln.check-digit": "The check digit of the GLN is {found}, and should be {expected}.",
    "sscc.malformed": "An SSCC has 18 digits.",
    "sscc.check-digit": "The check digit of the SSCC is {found}, and should be {expected}.",
    "digits.malformed": "Only the digits 0 to 9 are expected here.",
    "quantity.malformed": "A quantity is an amount and a unit, such as 1234.5 KGM.",
    "quantity.unit": "The unit {unit} is not known; known ones are {known}.",
    "quantity.too-precise": "An amount in {unit} has at most {digits} digits after the point.",
    "quantity.too-large": "The quantity is larger than any that can be recorded.",
    "quantity.zero": "The quantity must be more than zero.",
    "quantity.dimension": "{unit} does not measure what {other} measures.",
    "quantity.inexact": "The quantity cannot be written exactly in {unit}.",
    "time.malformed": "A time is written with seconds and offset: 2026-11-22T06:30:00+07:00.",
    "date.malformed": "A date is written as year, month and day: 2026-11-22.",
    # -- Merkle tree, notes, checkpoints, proofs ---------------------------------------------
    # -- records and their encoding ----------------------------------------------------------
    # -- the rulebook ------------------------------------------------------------------------
    # -- bundles -----------------------------------------------------------------------------
    # -- ledger and storage ------------------------------------------------------------------
    # -- API ---------------------------------------------------------------------------------
    # -- labels ------------------------------------------------------------------------------
    # -- spreadsheets ------------------------------------------------------------------------
}


class GocError(Exception):
    """A refusal with a stable code.

    ``params`` are the values that the catalogue's sentence names; they must never hold a
    personal value or a secret, since they reach logs. ``pointer`` is a JSON pointer (RFC 6901)
    into the input, or empty.
    """

    def __init__(self, code: str, /, pointer: str = "", **params: object) -> None:
        if code not in CODES:  # a programming error, and a test meets it
            raise AssertionError(f"unregistered error code {code!r}")
        self.code = code
        self.pointer = pointer
        self.params = params
        super().__init__(code, params)

    def __str__(self) -> str:
        where = f" at {self.pointer}" if self.pointer else ""
        try:
            sentence = CODES[self.code].format(**self.params)
        except (KeyError, IndexError):
            sentence = CODES[self.code]
        return f"{self.code}{where}: {sentence}"


class FormatError(GocError):
    """Bytes or text that are not what they claim to be."""


class RecordError(FormatError):
    """A record that cannot be parsed, or whose signature or disclosures do not hold."""


class RuleError(GocError):
    """A well-formed record that the rulebook refuses."""


class ProofError(GocError):
    """A Merkle proof, signed note or checkpoint that does not hold."""


class LedgerError(GocError):
    """The ledger cannot do what was asked: full, locked, unknown, or not permitted."""


class ImportRowError(GocError):
    """One row of a spreadsheet that cannot be taken."""
