"""What the JSON API answers and takes, as models: the schemas of its OpenAPI description.

Names are in camel case as in records. Times are Unix milliseconds where the log gives them and
RFC 3339 where a record claims them; quantities are text, as records write them.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from api.wishes import EVEN, Grid, SheetName
from labels.thermal import UNTUNED, Tuning
from traceability.core import ids
from traceability.ledger.complaints import ID_PATTERN, MOST_WORDS
from traceability.ledger.complaints import Kind as ComplaintKind
from traceability.ledger.complaints import State as ComplaintState
from traceability.ledger.print_jobs import PATTERN as PRINT_JOB_PATTERN
from traceability.ledger.tokens import ROLES, SCOPES
from traceability.ledger.units import UnitState

#: When something happened, as its record claims it.
Claimed = Annotated[str, Field(examples=["2026-09-12T06:30:00+07:00"])]
Milliseconds = Annotated[int, Field(ge=0, examples=[1790000000000])]
Digest = Annotated[str, Field(pattern=ids.DIGEST_PATTERN)]
Gtin = Annotated[str, Field(pattern=ids.GTIN_PATTERN, examples=["00200000000019"])]
LotCode = Annotated[str, Field(pattern=ids.LOT_PATTERN, examples=["CD-0912-A"])]
PartyId = Annotated[str, Field(pattern=ids.PARTY_PATTERN, examples=["p-0123456789abcdef"])]
PlaceId = Annotated[str, Field(pattern=ids.PLACE_PATTERN, examples=["l-0123456789abcdef"])]
Hash = Annotated[str, Field(description="32 bytes as base64", min_length=44, max_length=44)]
Note = Annotated[str, Field(description="a signed note, C2SP tlog-checkpoint")]


class Answer(BaseModel):
    """What all answers share: camel case, and nothing beyond what is documented."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )

    def to_json(self) -> bytes:
        """The answer as it is sent; what is not known is left out."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


class Problem(Answer):
    """Why a request failed, RFC 9457."""

    type: Annotated[str, Field(examples=["https://goc.example/problems/draw.over"])]
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(examples=["draw.over"])]
    pointer: Annotated[str | None, Field(description="JSON pointer into the request")] = None
    params: Annotated[dict[str, Any] | None, Field(description="what `detail` names")] = None


# -- records -----------------------------------------------------------------------------------
class Receipt(Answer):
    """The log has the record. Leaf = digest ‖ time ‖ class; ``proof`` from its sibling up."""

    record: Digest
    index: Annotated[int, Field(ge=0)]
    time: Milliseconds
    leaf_class: Annotated[Literal[0, 1], Field(alias="class")]
    proof: list[Hash]
    checkpoint: Note
    repeated: Annotated[bool, Field(description="the log had it before this request")]


class BatchReceipt(Answer):
    """As a receipt; ``checkpoint`` is the number of one of the batch's checkpoints."""

    record: Digest
    index: Annotated[int, Field(ge=0)]
    time: Milliseconds
    leaf_class: Annotated[Literal[0, 1], Field(alias="class")]
    proof: list[Hash]
    checkpoint: Annotated[int, Field(ge=0)]
    repeated: bool


class BatchResult(Answer):
    """What became of one line: a receipt, or a problem."""

    status: Annotated[int, Field(examples=[201])]
    receipt: BatchReceipt | None = None
    problem: Problem | None = None


class Batch(Answer):
    """What became of each line, in order."""

    checkpoints: list[Note]
    results: list[BatchResult]


class Command(BaseModel):
    """A record to be signed with the key that the server holds for ``party``."""

    model_config = ConfigDict(extra="forbid")
    party: Annotated[
        PartyId | None, Field(description="who signs; a party's token signs for that party")
    ] = None
    record: Annotated[dict[str, Any], Field(description="the record's claims, in the clear")]
    hide: Annotated[
        list[Annotated[str, Field(max_length=40)]],
        Field(max_length=8, description="fields to be hidden that need not be, such as `holder`"),
    ] = []


class ShownRecord(Answer):
    """A record as far as whoever asks may read it."""

    record: Digest
    index: int
    time: Milliseconds
    leaf_class: Annotated[Literal[0, 1], Field(alias="class")]
    type: str
    wire: Annotated[str, Field(description="`jws~disclosure~…~`: what may be read")]
    claims: Annotated[dict[str, Any], Field(description="the claims, disclosed values in place")]
    undisclosed: Annotated[list[str], Field(description="JSON pointers to what is not shown")]


# -- the registry ------------------------------------------------------------------------------
class Statement(Answer):
    """What holds now about a party, place, product or certificate, as far as it is public."""

    id: str
    record: Annotated[Digest, Field(description="the record that states it")]
    index: int
    since: Milliseconds
    party: Annotated[PartyId, Field(description="whose statement it is")]
    declared: Annotated[bool, Field(description="stated by another than it concerns")]
    data: Annotated[dict[str, Any], Field(description="as in records of this type")]


class DeviceKey(BaseModel):
    """The public key of a party's own device, with its proof of possession."""

    model_config = ConfigDict(extra="forbid")
    jwk: Annotated[dict[str, str], Field(description="RFC 8037: kty, crv, x")]
    pop: Annotated[str, Field(description="signature over goc-pop/1, base64url")]


class NewParty(BaseModel):
    """A party to register, and its device's key; without one the server makes and keeps a key."""

    model_config = ConfigDict(extra="forbid")
    data: Annotated[dict[str, Any], Field(description="as in `party` records, without the id")]
    key: DeviceKey | None = None


class Registered(Answer):
    """The id of what was registered, and the receipts of its records."""

    id: str
    receipts: list[Receipt]


# -- tokens ------------------------------------------------------------------------------------
class NewToken(BaseModel):
    """An API token to make."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
    scopes: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=len(SCOPES))]
    party: PartyId | None = None
    role: Annotated[str | None, Field(max_length=20, examples=list(ROLES))] = None
    expires: Annotated[Milliseconds | None, Field(le=2**53)] = None


class TokenMade(Answer):
    """The token, shown this once."""

    token: Annotated[str, Field(examples=["goc_0123456789abcdef_…"])]
    id: str
    expires: Milliseconds | None = None


class TokenEntry(Answer):
    """A token as lists show it."""

    id: str
    name: str
    scopes: list[str]
    party: PartyId | None = None
    role: str | None = None
    created: Milliseconds
    expires: Milliseconds | None = None
    revoked: Milliseconds | None = None


class TokenList(Answer):
    """Tokens, newest first."""

    tokens: list[TokenEntry]


# -- the log -----------------------------------------------------------------------------------
class Log(Answer):
    """The log, as it now stands."""

    origin: Annotated[str, Field(examples=["goc.example/vn"])]
    vkey: Annotated[str, Field(description="the verifier key; compare it with other sources")]
    size: int
    time: Annotated[Milliseconds, Field(description="of the last record")]
    checkpoint: Note


class Consistency(Answer):
    """The log at ``to`` extends the log at ``since``."""

    since: Annotated[int, Field(alias="from")]
    to: int
    proof: list[Hash]
    checkpoint: Annotated[Note, Field(description="of the size `to`")]


class Health(Answer):
    """Whether the service is well."""

    status: Literal["ok"]
    size: int | None = None


# -- lots --------------------------------------------------------------------------------------
class LotEntry(Answer):
    """A lot in a list."""

    gtin: Gtin
    lot: LotCode
    maker: Annotated[PartyId | None, Field(description="absent: only declared")] = None
    opened: Milliseconds
    index: Annotated[int, Field(description="of the record that began it")]
    link: Annotated[str, Field(description="what its label carries")]
    href: Annotated[str, Field(description="the lot, in this API")]


class LotList(Answer):
    """Lots by product and code. ``next`` is the cursor of the next page, where there is one."""

    lots: list[LotEntry]
    next: str | None = None


class LabelRun(Answer):
    """The labels of one `label` record."""

    record: Digest
    party: PartyId
    count: int
    net: Annotated[str, Field(description="net content of one", examples=["500 GRM"])]
    voided: int
    packed: Annotated[int | None, Field(description="for how many there are goods")] = None


class Lacking(Answer):
    """Something that the lot's record lacks."""

    code: Annotated[str, Field(examples=["picture"])]
    field: Annotated[int | None, Field(description="of the ten of Circular 02/2024")] = None
    needed: Annotated[bool, Field(description="whether the record is incomplete without it")]
    count: int
    text: str


class LotLabels(Answer):
    """The labels of a lot. Numbers that nobody may know are absent."""

    gtin: Gtin
    lot: LotCode
    printed: int
    voided: int
    packed: int | None = None
    waiting: Annotated[int | None, Field(description="printed ahead, not packed yet")] = None
    left_over: Annotated[int | None, Field(description="for which no goods can come")] = None
    room: Annotated[str | None, Field(description="for how much more there may be labels")] = None
    key: Annotated[str | None, Field(description="what a new `label` record names")] = None
    invented_scans: Annotated[
        int, Field(description="how often serials were scanned that were never printed")
    ]
    records: list[LabelRun]
    ready: Annotated[bool | None, Field(description="absent: the lot is still to be packed")] = None
    lacking: list[Lacking]


# -- scans and complaints ----------------------------------------------------------------------
Place = Annotated[str, Field(description="ISO 3166: a country or a part of one; empty: not known")]
Words = Annotated[str, Field(max_length=MOST_WORDS)]


class CopySign(Answer):
    """A sign that somebody else may carry a label's serial: a reason to look, and no proof."""

    code: Annotated[str, Field(examples=["far-apart"])]
    since: Annotated[Milliseconds, Field(description="the hour of the scan by which it showed")]
    text: str


class ScanDay(Answer):
    """How often a label was scanned on a day (of Vietnam) at a coarse place."""

    day: Annotated[date, Field(examples=["2026-11-22"])]
    place: Place
    count: int


class SuspectLabel(Answer):
    """A label with signs of a copy; ``days`` are the latest hundred."""

    serial: str
    scans: int
    signs: list[CopySign]
    days: list[ScanDay]


class LotScans(Answer):
    """How a lot's labels were scanned, and those with signs of a copy, by serial."""

    gtin: Gtin
    lot: LotCode
    scans: int
    labels: Annotated[int, Field(description="how many labels were scanned at all")]
    invented: Annotated[int, Field(description="scans of serials that were never printed")]
    used: Annotated[
        Milliseconds | None, Field(description="when all of the lot was used up, if it was")
    ] = None
    suspects: list[SuspectLabel]
    next: str | None = None


class ComplaintContact(Answer):
    """How to reach whoever complained, and where they were, as far as they said."""

    contact: str
    position: Annotated[str, Field(description="latitude,longitude to two places; may be empty")]


class Complaint(Answer):
    """What somebody says is wrong with goods, and what became of it."""

    id: Annotated[str, Field(pattern=ID_PATTERN)]
    created: Milliseconds
    gtin: Gtin
    lot: LotCode
    serial: str
    party: Annotated[PartyId | None, Field(description="who answers it; absent: nobody")] = None
    kind: ComplaintKind
    words: str
    place: Place
    state: ComplaintState
    seen: Milliseconds | None = None
    answered: Milliseconds | None = None
    answer: str | None = None
    remarked: Milliseconds | None = None
    remark: Annotated[str | None, Field(description="an auditor's")] = None
    contact: Annotated[
        ComplaintContact | None,
        Field(description="for the party's owner and clerks, and for auditors"),
    ] = None


class ComplaintList(Answer):
    """Complaints, newest first."""

    complaints: list[Complaint]
    next: str | None = None


class ComplaintAnswer(BaseModel):
    """What a party answers; from an auditor's token ``text`` is a remark. Words without a state
    make it ``answered``, which takes some, now or before."""

    model_config = ConfigDict(extra="forbid")
    state: ComplaintState | None = None
    text: Words | None = None


class NewPrintJob(BaseModel):
    """How the labels of a record are to be printed; what is left out is as it is usual."""

    model_config = ConfigDict(extra="forbid")
    kind: Annotated[
        Literal["retail", "crate"], Field(description="how much a label says, and how large it is")
    ] = "retail"
    form: Annotated[
        Literal["pdf", "zpl", "tspl"], Field(description="sheets, or a label printer's language")
    ] = "pdf"
    sheet: Annotated[
        SheetName, Field(description="of a PDF; or A4 in columns by rows, such as `3x8`")
    ] = "L7160"
    first: Annotated[int, Field(ge=1, le=200, description="the first free place of a sheet")] = 1
    dpi: Annotated[int, Field(ge=203, le=600, description="of a label printer")] = 203
    start: Annotated[
        int,
        Field(ge=0, le=10_000_000, description="labels of the record to pass over, void or not"),
    ] = 0
    count: Annotated[
        int | None, Field(ge=1, le=10_000_000, description="how many; absent: all that are left")
    ] = None
    width: Annotated[float | None, Field(ge=15, le=300, description="of a label, in mm")] = None
    height: Annotated[float | None, Field(ge=15, le=300, description="of a label, in mm")] = None
    language: Annotated[
        Literal["vi", "en"] | None, Field(description="of the labels; absent: of the request")
    ] = None
    tuning: Annotated[Tuning, Field(description="of a label printer")] = UNTUNED
    grid: Annotated[Grid, Field(description="of a sheet that is columns by rows")] = EVEN
    logo: Annotated[bool, Field(description="the maker's picture, if it has one")] = True


class PrintJob(Answer):
    """Labels that are drawn while nobody waits, and kept for a day."""

    id: Annotated[str, Field(pattern=PRINT_JOB_PATTERN, examples=["j-0123456789abcdef"])]
    state: Literal["queued", "running", "done", "cancelled", "failed"]
    gtin: Gtin
    lot: LotCode
    record: Digest
    form: Literal["pdf", "zpl", "tspl"]
    count: Annotated[int, Field(description="labels of the job")]
    printed: Annotated[int, Field(description="of those, how many are drawn")]
    bytes: Annotated[int, Field(description="of the file, as far as it is drawn")]
    created: Milliseconds
    updated: Milliseconds
    expires: Annotated[Milliseconds | None, Field(description="once it has ended")] = None
    href: Annotated[str, Field(description="the job, in this API")]
    file: Annotated[str | None, Field(description="its file, once it is done")] = None
    problem: Annotated[Problem | None, Field(description="why it has failed")] = None


class PrintJobList(Answer):
    """Print jobs, newest first."""

    jobs: list[PrintJob]


class Verdict(Answer):
    """One thing that was checked."""

    name: Annotated[str, Field(examples=["signatures"])]
    outcome: Literal["ok", "warn", "fail", "unknown"]
    code: Annotated[str, Field(examples=["signatures.ok"])]
    params: dict[str, Any] | None = None
    index: Annotated[int | None, Field(description="the record that it is about")] = None


class Alert(Answer):
    """What the rulebook accepts but marks."""

    code: Annotated[str, Field(examples=["certificate.expired"])]
    detail: str
    index: Annotated[int, Field(description="the record at which it arises")]
    output: Annotated[int | None, Field(description="one of its outputs; absent: all")] = None
    serious: bool
    opened: Annotated[int, Field(description="the record that brought it")]
    closed: Annotated[int | None, Field(description="the record that answered it")] = None
    sentence: str
    stated: Annotated[
        bool, Field(description="by the ledger's operator: the public bundle does not prove it")
    ] = False


class Origin(Answer):
    """Where a lot, or something in it, comes from: harvested (proven) or acquired (declared)."""

    record: Digest
    index: int
    type: Literal["harvest", "acquire"]
    gtin: Gtin
    lot: LotCode
    at: Claimed
    party: PartyId
    place: PlaceId | None = None


class Remaining(Answer):
    """What is left of a lot with one holder; ``holder`` is absent where it may not be known."""

    holder: PartyId | None = None
    in_transit: bool
    quantity: str | None = None


class LotLinks(Answer):
    """Where the rest is."""

    page: str
    bundle: str
    trace: str
    label: str


class Lot(Answer):
    """A lot: what a verification of its public bundle found, and what the token may know beside."""

    gtin: Gtin
    lot: LotCode
    link: str
    restricted: Annotated[bool, Field(description="the GTIN means something at this host only")]
    name: Annotated[dict[str, str], Field(description="of the product, by language")]
    maker: PartyId | None = None
    holds: Annotated[bool, Field(description="no verdict fails")]
    verdicts: list[Verdict]
    alerts: list[Alert]
    origins: list[Origin]
    made: Annotated[list[str] | None, Field(description="for parties on its way")] = None
    remaining: list[Remaining] | None = None
    copy_signs: Annotated[
        dict[str, int] | None,
        Field(description="labels with signs of a copy, by sign; for who may see its scans"),
    ] = None
    records: Annotated[int, Field(description="in its bundle")]
    log: Log
    links: LotLinks


class TraceNode(Answer):
    """A holding in a lot's lineage, as far as whoever asks may know it."""

    holding: Annotated[str, Field(pattern=ids.HOLDING_PATTERN)]
    record: Digest
    index: int
    type: str
    at: Claimed
    gtin: Gtin
    lot: LotCode
    party: Annotated[PartyId, Field(description="who made the record, or for whom")]
    holder: PartyId | None = None
    place: PlaceId | None = None
    quantity: str | None = None
    claims: list[str]
    in_transit: bool


class TraceOpen(Answer):
    """A holding from which there is more than was followed. To go on: trace its own lot, with this
    `holding` and, where it is there, with `after`."""

    holding: Annotated[str, Field(pattern=ids.HOLDING_PATTERN)]
    after: int | None = None


class Trace(Answer):
    """A lot's lineage. Edges lead from a holding that was drawn on to one that was made of it.
    ``cut``: there is more, beyond the depth, the number asked for, or what the token may know;
    ``open``: where, as far as the token may know."""

    gtin: Gtin
    lot: LotCode
    direction: Literal["back", "forward"]
    targets: list[str]
    nodes: list[TraceNode]
    edges: list[tuple[str, str]]
    cut: bool
    open: list[TraceOpen]


class TraceStart(Answer):
    """What the lines of a lineage are about."""

    gtin: Gtin
    lot: LotCode
    direction: Literal["back", "forward"]
    targets: list[str]


class TraceEnd(Answer):
    """How much was sent before; where this line is missing, the answer was broken off."""

    nodes: int
    edges: int
    open: int
    cut: bool


class TraceLine(Answer):
    """A line of a lineage; it has one of these members. First ``start``, then holdings and edges in
    the order in which they were found (an edge after both of its holdings), then all that is
    ``open``, then ``end``."""

    start: TraceStart | None = None
    node: TraceNode | None = None
    edge: tuple[str, str] | None = None
    open: TraceOpen | None = None
    end: TraceEnd | None = None


# -- units -------------------------------------------------------------------------------------
class UnitName(Answer):
    """A crate or pallet, by the record that packed it and by its number."""

    record: Digest
    number: Annotated[str, Field(examples=["089300000000000019"])]
    sscc: Annotated[bool, Field(description="the number is an SSCC, and not the packer's own")]
    kind: Annotated[str, Field(examples=["crate", "pallet"])]


class UnitContent(Answer):
    """So much of a lot in a unit, on all its levels."""

    gtin: Gtin
    lot: LotCode
    quantity: Annotated[str | None, Field(examples=["240.5 KGM"])] = None
    count: str | None = None
    href: Annotated[str, Field(description="of the lot's page")]


class PackedUnit(UnitName):
    """A crate or pallet as it stands. ``unseen``: it came, and nobody said what became of it;
    ``emptied``: nobody opened it, and nothing of its goods is left."""

    state: UnitState
    packed_by: PartyId
    holder: PartyId | None = None
    stands_in: UnitName | None = None
    units: list[UnitName]
    contents: list[UnitContent]


class UnitList(Answer):
    """The crates and pallets in a party's hands or on their way to it, oldest first."""

    units: list[PackedUnit]
    next: str | None = None


class ScannedUnits(Answer):
    """What was packed under an SSCC, as anybody may know it: one, unless two parties gave the same
    number; then who gave it first comes first."""

    units: list[PackedUnit]


# -- holdings ----------------------------------------------------------------------------------
class Holding(Answer):
    """So much of a lot, held by a party. ``holding`` is how a draw names it."""

    holding: Annotated[str, Field(pattern=ids.HOLDING_PATTERN)]
    record: Digest
    gtin: Gtin
    lot: LotCode
    place: PlaceId | None = None
    quantity: Annotated[str | None, Field(examples=["240.5 KGM"])] = None
    count: str | None = None
    claims: list[str]
    since: Milliseconds
    in_transit: bool
    shipper: PartyId | None = None


class HoldingList(Answer):
    """What a party holds now, oldest first."""

    holdings: list[Holding]
    next: str | None = None
