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
    "leaf.malformed": "This is not an entry of the log: digest, time of acceptance and class.",
    "merkle.frontier": "This is not the frontier of a Merkle tree.",
    "merkle.hash-length": "A hash of the Merkle tree has 32 bytes.",
    "proof.malformed": "This is not a proof file: {what}.",
    "proof.too-large": "A proof file may have {limit} bytes; this one is larger.",
    "proof.index": "The tree of {size} leaves has no leaf {index}.",
    "proof.length": "The inclusion proof has {found} hashes, and should have {expected}.",
    "proof.hash-length": "A hash in the proof does not have 32 bytes.",
    "proof.root": "The inclusion proof does not lead to the root of the tree.",
    "consistency.sizes": "A tree of {size2} leaves cannot extend one of {size1}.",
    "consistency.length": "The consistency proof has {found} hashes, and should have {expected}.",
    "consistency.root": "The larger tree does not extend the smaller: the log was rewritten.",
    "tile.path": "This is not the path of a tile.",
    "tile.malformed": "The tile does not hold what its path says.",
    "tile.missing": "The tile {path} is missing.",
    "tile.entry-size": "An entry of the log has more than 65,535 bytes.",
    "note.malformed": "This is not a signed note: {what}.",
    "note.too-large": "A signed note may have {limit} bytes; this one is larger.",
    "note.name": "This cannot be the name of a signer.",
    "note.key": "This is not a verifier key: name, key ID and key, joined by plus signs.",
    "note.key-type": "The verifier key {name} is of a type that does not serve here.",
    "note.key-clash": "Two keys are called {name} and have the same key ID.",
    "note.signature": "The signature of {name} does not hold.",
    "note.unsigned": "Nobody who is trusted has signed this note.",
    "checkpoint.malformed": "This is not a checkpoint: {what}.",
    "checkpoint.origin": "The checkpoint is of the log {found}, not of {expected}.",
    "checkpoint.unsigned": "The log {name} has not signed this checkpoint.",
    "policy.malformed": "The policy is wrong in line {line}: {what}.",
    "policy.too-large": "A policy may have {limit} bytes; this one is larger.",
    "policy.no-quorum": "The policy has no quorum line.",
    "policy.log": "The policy does not list the log {name}.",
    "policy.quorum": "The witnesses that the policy asks for have not all cosigned.",
    # -- records and their encoding ----------------------------------------------------------
    "record.malformed": "This is not a record: {what}.",
    "record.too-large": "A record may have {limit} bytes; this one is larger ({size}).",
    "record.header": "The header is not the one that records have, or names another algorithm.",
    "record.not-canonical": "The payload is not canonical JSON (RFC 8785), or repeats a key.",
    "record.type": "There is no record of this type.",
    "record.type-reserved": "Records of type {type} come with a later version.",
    "record.schema": "The field {field} is wrong: {what}.",
    "record.in-the-clear": "The field {field} must be hidden, not written in the clear.",
    "record.hidden": "Hidden fields do not fit their digests: {what}.",
    "record.disclosure": "A disclosure does not fit the record: {what}.",
    "record.undisclosed": "The value of the hidden field {field} is missing.",
    "record.unknown-key": "Nobody has registered the key {kid}.",
    "record.signature": "The signature does not hold: the record was changed after signing.",
    # -- the rulebook ------------------------------------------------------------------------
    # -- bundles -----------------------------------------------------------------------------
    # -- ledger and storage ------------------------------------------------------------------
    # -- API ---------------------------------------------------------------------------------
    # -- labels ------------------------------------------------------------------------------
    "link.too-long": "The address is longer than {limit} characters.",
    "link.character": "The address holds a character that no web address may hold.",
    "link.scheme": "The address does not begin with https:// or http://.",
    "link.domain": "The address has no valid host name.",
    "link.no-key": "The address carries no GS1 key, so it is not a GS1 Digital Link.",
    "link.compressed": "This looks like a compressed GS1 Digital Link, which is not read here.",
    "link.percent": "A percent sign in the address is not followed by two hexadecimal digits.",
    "link.empty": "The application identifier ({ai}) has no value.",
    "link.value": "The value of ({ai}) has a length or a character that GS1 does not allow.",
    "link.dots": "A value of ({ai}) made of dots alone would be lost on the way through a browser.",
    "link.order": "What follows ({key}) in the path is not allowed there, or not in this order.",
    "link.unknown-ai": "GS1 has assigned no application identifier ({ai}).",
    "link.repeated": "The application identifier ({ai}) stands more than once.",
    "link.attribute": "The application identifier ({ai}) may not stand after the question mark.",
    "link.misplaced": "The application identifier ({ai}) belongs in the path of the address.",
    "link.not-a-product": "The address is about ({ai}), not about a product.",
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
