"""A record's payload as it lies in its row: packed, at about half its length.

What varies in a payload is less than half of it; the rest says in every record again how a record
is spelt. So payloads are packed (raw DEFLATE, RFC 1951) with a dictionary of that spelling, which
is fixed for ever: whoever has a row reads it with the dictionary that its first byte names.

    0x7B ``{``  the payload itself, as it was signed
    0x01        DEFLATE with ``DICTIONARY``

The dictionary is a matter of size alone: whatever is not in it is packed all the same. A better one
gets a number of its own, and those before it stay.
"""

import zlib
from typing import Final

from traceability.core.codec import SignedRecord
from traceability.core.errors import LedgerError

#: How records are spelt, the rarer types first: what is nearest to the end is found cheapest.
DICTIONARY: Final = (
    b'"jwk":{"crv":"Ed25519","kty":"OKP","x":""},"party":"p-","pop":""},"custody":"device","server"'
    b'"kind":"household","organisation","memberOf":["p-"],"person","phone","roles":["farm"],'
    b'"certificate":"c-","certifier":"p-","from":"2026-01-01","scheme":"vietgap","scope":{},'
    b'"status":"suspended","to":"2027-01-01","crop":"makers":"anyone","name":{"en":"","vi":""},'
    b'"unit":"KGM"},"area","kind":"plot","location","corrects":"reason":"void":true},"outputs":['
    b'"activity":"fertiliser","pesticide","irrigation","input":"","phi":14,"about":[{"product":"0'
    b'"kind":"laboratory","result":"pass"},"refs":[{"number":"","sha256":"","type":"delivery-note"'
    b'"source":{"kind":"off-ledger","name"]},"process","assemble","top-up","outcome":"refused",'
    b'"reason":"quality","cause":"missing","for":"p-","type":"correct","v":1}'
    b'{"at":"2026-06-01T06:00:00+07:00","data":{"kind":"sold"},"draws":[{"_sd":[""],"from":".0",'
    b'"hidden":["quantity"]}],"iat":"2026-06-01T06:00:00+07:00","iss":"p-","log":"goc.","nonce":"",'
    b'"type":"consume","v":1}"data":{"gains":[],"kind":"move-sort-pack","losses":[{"_sd":[""],'
    b'"cause":"reject","hidden":["quantity"]}]},"draws":[{"_sd":[""],"from":".1","hidden":['
    b'"quantity"]},{"_sd":[""],"from":".2","hidden":["quantity"]}],"type":"transform","v":1}'
    b'{"_sd":["",""],"at":"2026-06-01T06:00:00+07:00","data":{"season":"2026-1"},"hidden":["by",'
    b'"note"],"iat":"2026-06-01T06:00:00+07:00","iss":"p-","log":"goc.","makes":[{"_sd":["",""],'
    b'"hidden":["count","quantity"],"holder":"p-","lot":"L","place":"l-","product":"0"}],'
    b'"nonce":"","place":"l-","refs":[{"_sd":[""],"hidden":["number"],"type":"other"}],'
    b'"type":"harvest","v":1}'
    b'{"_sd":[""],"at":"2026-06-01T06:00:00+07:00","data":{"_sd":["","",""],"hidden":["driver",'
    b'"seal","vehicle"]},"draws":[{"_sd":[""],"from":".0","hidden":["quantity"]}],"hidden":["by"],'
    b'"iat":"2026-06-01T06:00:00+07:00","iss":"p-","log":"goc.","makes":[{"_sd":[""],'
    b'"hidden":["quantity"],"holder":"p-","lot":"L","product":"0"}],"nonce":"","type":"ship","v":1}'
    b'{"_sd":["",""],"at":"2026-06-01T06:00:00+07:00","data":{"_sd":[""],"gains":[],'
    b'"hidden":["receiver"],"losses":[]},"draws":[{"_sd":[""],"from":".0","hidden":["quantity"]}],'
    b'"hidden":["by","note"],"iat":"2026-06-01T06:00:00+07:00","iss":"p-","log":"goc.",'
    b'"makes":[{"_sd":[""],"hidden":["quantity"],"holder":"p-","lot":"L","outcome":"accepted",'
    b'"product":"0"}],"nonce":"","type":"receive","v":1}'
)
LONGEST: Final = 1 << 16  #: of a payload; a record is shorter
_VERSION: Final = b"\x01"
_PLAIN: Final = b"{"
_LEVEL, _WINDOW, _MEMORY = 3, -12, 4  # small, and so begun quickly: a payload is below one window
_NEW: Final = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, _MEMORY, zdict=DICTIONARY)
_OLD: Final = zlib.decompressobj(_WINDOW, zdict=DICTIONARY)


def pack(payload: bytes) -> bytes:
    """What the row of a payload holds."""
    packing = _NEW.copy()
    packed = b"".join((_VERSION, packing.compress(payload), packing.flush()))
    return packed if len(packed) < len(payload) else payload


def unpack(stored: bytes) -> bytes:
    """The payload of which a row holds this. ``LedgerError("ledger.storage")``: of none."""
    stored = bytes(stored)
    if stored[:1] == _PLAIN:
        return stored
    unpacking = _OLD.copy()
    try:
        payload = unpacking.decompress(stored[1:], LONGEST)
    except zlib.error:
        raise LedgerError("ledger.storage") from None
    if stored[:1] != _VERSION or not unpacking.eof or unpacking.unused_data:
        raise LedgerError("ledger.storage")
    return payload


def make_ready(record: SignedRecord) -> None:
    """Pack a record's payload ahead of time, where nobody waits for a lock."""
    record.stored = pack(record.payload)
