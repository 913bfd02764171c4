"""Gốc's own vectors of records and bundles, for those who write another reader.

``python -m tests.vectors.records`` writes ``records.json`` beside this file, byte for byte the same
each time. It is a log of some thirty records, at least one of each type, told from harvest to shop:
for each the claims as they were meant, the payload and the disclosures as they were signed, the
digest and the leaf. At the end stands the bundle of what the shop received, with the verdicts.

Keys come from seeds, nonces and salts from a counter. Nothing of it depends on the tests' own
world, so that it changes with the formats alone.
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from traceability.core import b64, codec, moment
from traceability.core.bundle import Bundle, Entry, PublicLeaves, Target
from traceability.core.checkpoint import Checkpoint, sign_checkpoint
from traceability.core.closure import answers, close
from traceability.core.codec import SignedRecord
from traceability.core.keys import PrivateKey, prove_possession
from traceability.core.leaf import Leaf
from traceability.core.merkle import inclusion_proof, leaf_hash, root_of
from traceability.core.note import NoteSigner
from traceability.core.thresholds import FIRST, RULEBOOK
from traceability.core.verify import verify

FILE: Final = Path(__file__).with_suffix(".json")
LOG: Final = "goc.example/so-cai"
SIGNER: Final = NoteSigner(LOG, PrivateKey.from_seed(b"goc test vectors: the log's key."))
START: Final = moment.parse_time("2026-06-01T06:00:00+07:00")
PINEAPPLE: Final = "08936000000011"
JUICE: Final = "08936000000028"
DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"

Claims = dict[str, Any]


def identifier(letter: str, number: int) -> str:
    return f"{letter}-{'0' * 15}{DIGITS[number]}"


ROLES: Final = {
    "operator": "operator",
    "farm": "farm",
    "cooperative": "cooperative",
    "member": "farm",
    "certifier": "certifier",
    "shop": "supermarket",
}
NAMES: Final = {
    "operator": "Sàn truy xuất",
    "cooperative": "HTX Thử Nghiệm",
    "certifier": "Trung tâm chứng nhận",
    "shop": "Siêu thị Xanh",
}
PARTIES: Final = {name: identifier("p", n) for n, name in enumerate(ROLES, 1)}
PLOT, FIELD = identifier("l", 1), identifier("l", 2)
CERTIFICATE: Final = identifier("c", 1)


class Story:
    """The records, one after the other, a minute apart."""

    def __init__(self) -> None:
        self.records: list[tuple[str, Claims, SignedRecord]] = []
        self.salts = 0
        self.keys = {name: self.key(name) for name in PARTIES}
        self.now = START

    def key(self, name: str) -> PrivateKey:
        return PrivateKey.from_seed(sha256(f"goc test vectors: {name}".encode()).digest())

    def salt(self) -> bytes:
        self.salts += 1
        return self.salts.to_bytes(16, "big")

    def tell(self, who: str, kind: str, data: Claims, **claims: Any) -> SignedRecord:
        self.now += 60_000
        whole: Claims = {
            "v": 1,
            "log": LOG,
            "type": kind,
            "iss": PARTIES[who],
            "at": moment.format_time(self.now),
            "iat": moment.format_time(self.now),
            "nonce": b64.encode(self.salt()),
            **{name.rstrip("_"): value for name, value in claims.items()},
            "data": data,
        }
        payload, disclosures = codec.conceal(whole, self.salt, also=("number",))
        wire = codec.to_wire(codec.sign(payload, self.keys[who]), disclosures)
        record = codec.parse(wire)
        self.records.append((who, whole, record))
        return record

    def register(self, name: str, by: str = "operator", key: PrivateKey | None = None) -> None:
        key = key or self.keys[name]
        pop = b64.encode(prove_possession(key, LOG, PARTIES[name]))
        data = {"party": PARTIES[name], "jwk": key.public.jwk, "pop": pop, "custody": "device"}
        self.tell(by, "key", data)
        self.keys[name] = key


def registry(story: Story) -> None:
    """Who, where, what, and on whose word."""
    for name, role in ROLES.items():
        data: Claims = {"party": PARTIES[name], "roles": [role], "kind": "household"}
        if name in NAMES:
            data |= {"kind": "organisation", "name": NAMES[name]}
        else:
            data |= {"person": "Nguyễn Văn A", "phone": "0900 000 000", "shown": "Nông hộ A"}
            data["address"] = {"province": "Cần Thơ", "commune": "Xã Tân Bình", "line": "Ấp 1"}
        if name == "member":
            data["memberOf"] = [PARTIES["cooperative"]]
        story.tell("operator", "party", data)
        story.register(name)
    story.tell("operator", "rules", {"rulebook": RULEBOOK, "thresholds": FIRST.digest})
    pineapple: Claims = {"product": PINEAPPLE, "name": {"vi": "Khóm Cầu Đúc", "en": "Pineapple"}}
    pineapple |= {"makers": "anyone", "unit": "KGM", "crop": "pineapple"}
    story.tell("cooperative", "product", pineapple)
    juice: Claims = {
        "product": JUICE,
        "name": {"vi": "Nước khóm"},
        "makers": "owner",
        "unit": "LTR",
    }
    juice |= {"massPerUnit": "1.04 KGM", "netContent": "0.33 LTR"}
    juice["process"] = {"yieldMin": "0.4", "yieldMax": "0.8"}
    story.tell("cooperative", "product", juice)
    corners = [("105.6001", "9.7001"), ("105.6021", "9.7001"), ("105.6021", "9.7011")]
    outline = [{"lon": lon, "lat": lat} for lon, lat in [*corners, corners[0]]]
    plot = {"place": PLOT, "kind": "plot", "area": "1.2 HAR", "polygon": outline}
    story.tell("farm", "place", plot | {"name": "Vườn nhà", "crop": "pineapple"})
    point = {"lon": "105.6500", "lat": "9.7500"}
    field = {"place": FIELD, "kind": "plot", "area": "8000 MTK", "point": point}
    story.tell("member", "place", field)
    certificate: Claims = {"certificate": CERTIFICATE, "scheme": "vietgap", "number": "VG-0001"}
    certificate |= {"holder": PARTIES["farm"], "certifier": PARTIES["certifier"]}
    certificate |= {"scope": {"crops": ["pineapple"]}, "from": "2026-01-01", "to": "2026-12-31"}
    story.tell("certifier", "certificate", certificate)
    consent: Claims = {"grantor": PARTIES["member"], "agent": PARTIES["cooperative"]}
    consent |= {"types": ["harvest"], "until": "2026-12-31"}
    story.tell("member", "consent", consent)
    old = story.keys["farm"].public.kid
    story.register("farm", "farm", story.key("farm, second key"))
    story.tell("farm", "key-revoke", {"kid": old, "reason": "replaced"})


def make(lot: str, quantity: str, holder: str, product: str = PINEAPPLE, **more: Any) -> Claims:
    """One output."""
    return {"lot": lot, "product": product, "holder": PARTIES[holder], "quantity": quantity} | more


def draw(record: SignedRecord, quantity: str, n: int = 0) -> Claims:
    """One input."""
    return {"from": f"{record.name}.{n}", "quantity": quantity}


def goods(story: Story) -> SignedRecord:
    """From the plots to the shop; returns what the shop received."""
    tell = story.tell
    spraying = {"activity": "pesticide", "input": "Abamectin 1.8EC", "phi": 7, "dose": "10 ml"}
    early = moment.format_time(story.now - 9 * 86_400_000)
    sprayed = tell("farm", "diary", spraying | {"area": "1.2 HAR"}, at=early, place=PLOT)
    restated = {"diary": spraying | {"dose": "15 ml"}}
    error = {"corrects": sprayed.name, "reason": "Ghi nhầm liều", "restated": restated}
    tell("farm", "correct", error)
    note = {"by": "Trần Thị B", "refs": [{"type": "photograph", "sha256": "0" * 64}]}
    makes = [make("CD-0601", "500 KGM", "farm", count="400 H87", claims=["vietgap"])]
    crop = tell("farm", "harvest", {"season": "2026-1"}, place=PLOT, makes=makes, **note)
    makes = [make("CD-0602", "80.5 KGM", "member")]
    other = tell("cooperative", "harvest", {}, place=FIELD, makes=makes, for_=PARTIES["member"])
    tell("member", "dispute", {"record": other.name, "denies": "quantity", "statement": "78 kg"})
    lorry = {"vehicle": "95C-012.34", "driver": "Lê Văn C", "temperature": "18.5"}
    papers = [{"type": "delivery-note", "number": "PGH-17"}]
    sent = tell(
        "farm", "ship", lorry, draws=[draw(crop, "500 KGM")], refs=papers,
        makes=[make("CD-0601", "500 KGM", "cooperative")],
    )  # fmt: skip
    checks = {"temperature": "19", "sensory": "pass"}
    lost = [{"cause": "scale", "quantity": "2 KGM"}]
    lines = [make("CD-0601", "490 KGM", "cooperative", outcome="accepted")]
    lines += [make("CD-0601", "8 KGM", "farm", outcome="refused", reason="quality")]
    taken = tell(
        "cooperative", "receive", {"losses": lost, "checks": checks}, makes=lines,
        draws=[draw(sent, "500 KGM")],
    )  # fmt: skip
    about = [{"product": PINEAPPLE, "lot": "CD-0601"}]
    result: Claims = {"kind": "laboratory", "result": "pass", "inspector": "Phạm D"}
    result["parameters"] = [{"name": "Abamectin", "value": "0.004", "unit": "mg/kg"}]
    tell("certifier", "inspect", result, about=about)
    found = tell(
        "cooperative", "count", {"losses": [{"cause": "spoilage", "quantity": "10 KGM"}]},
        draws=[draw(taken, "490 KGM")], makes=[make("CD-0601", "480 KGM", "cooperative")],
    )  # fmt: skip
    pressed: Claims = {"kind": "process", "process": "press"}
    pressed |= {"losses": [{"cause": "trim", "quantity": "120 KGM"}]}
    made = tell(
        "cooperative", "transform", pressed, draws=[draw(found, "400 KGM")],
        makes=[make("NK-0601", "260 LTR", "cooperative", JUICE, expires="2026-12-01")],
    )  # fmt: skip
    bought = {"kind": "off-ledger", "name": "Bà E", "country": "VN"}
    tell("shop", "acquire", {"source": bought}, makes=[make("X1", "5 KGM", "shop")])
    onward = tell(
        "cooperative", "ship", {}, draws=[draw(made, "200 LTR")],
        makes=[make("NK-0601", "200 LTR", "shop", JUICE)],
    )  # fmt: skip
    received = tell(
        "shop", "receive", {}, draws=[draw(onward, "200 LTR")],
        makes=[make("NK-0601", "200 LTR", "shop", JUICE, outcome="accepted")],
    )  # fmt: skip
    tell("shop", "consume", {"kind": "sold"}, draws=[draw(received, "150 LTR")])
    labels(story, found)
    crates(story, found)
    return received


def labels(story: Story, fruit: SignedRecord) -> None:
    """Of what is pressed, and of what will be; some of them are torn up."""
    pressed, ahead = ([{"product": JUICE, "lot": lot}] for lot in ("NK-0601", "NK-0602"))
    bottles: Claims = {"count": 600, "net": "0.33 LTR", "key": "m1"}
    printed = story.tell("cooperative", "label", bottles, about=pressed)
    waiting = [draw(fruit, "40 KGM")]
    story.tell("cooperative", "label", bottles | {"count": 100, "ahead": waiting}, about=ahead)
    torn = [{"first": 0, "last": 0}, {"first": 590, "last": 599}]
    story.tell("cooperative", "label", {"voids": printed.name, "spans": torn}, about=pressed)


def crates(story: Story, fruit: SignedRecord) -> None:
    """A crate on a pallet, which is taken apart again."""
    crate: Claims = {"kind": "crate", "number": "17", "contents": [draw(fruit, "20 KGM")]}
    inner = story.tell("cooperative", "unit", crate)
    pallet: Claims = {"kind": "pallet", "sscc": "089300000000000019", "units": [inner.name]}
    outer = story.tell("cooperative", "unit", pallet)
    story.tell("cooperative", "unit", {"opens": [outer.name, inner.name]})


def log_of(story: Story) -> tuple[list[Leaf], list[bytes]]:
    """The leaves, each accepted a second after it was signed, and their hashes."""
    leaves = [
        Leaf(record.digest, moment.parse_time(claims["iat"]) + 1000, record.leaf_class)
        for _, claims, record in story.records
    ]
    return leaves, [leaf_hash(leaf.to_bytes()) for leaf in leaves]


def bundle_of(story: Story, of: SignedRecord) -> Bundle:
    """The bundle of a record's first output, with the public section."""
    leaves, hashes = log_of(story)
    records = [record for _, _, record in story.records]
    names = {record.name: index for index, record in enumerate(records)}

    def proof(index: int) -> tuple[bytes, ...]:
        found = inclusion_proof(
            index,
            len(hashes),
            lambda level, at: root_of(hashes[at << level : (at + 1) << level]),
        )
        return tuple(found)

    closure = close(
        [names[of.name]],
        records.__getitem__,
        lambda want: [i for i, record in enumerate(records) if want in answers(record)],
    )
    entries = tuple(Entry(records[i].wire, i, leaves[i].time, proof(i)) for i in closure)
    checkpoint = sign_checkpoint(Checkpoint(LOG, len(hashes), root_of(hashes)), SIGNER)
    public = PublicLeaves(
        tuple(leaf.to_bytes() for leaf in leaves),
        tuple(record.jws for record in records if record.leaf_class),
    )
    return Bundle(Target(JUICE, "NK-0601", f"{of.name}.0"), entries, checkpoint, None, public)


def told(story: Story) -> list[dict[str, Any]]:
    leaves, hashes = log_of(story)
    return [
        {
            "index": index,
            "claims": claims,
            "signer": who,
            "kid": record.kid,
            "payload": record.payload.decode(),
            "jws": record.jws.decode(),
            "disclosures": [
                {"text": each.decode(), "array": json.loads(b64.decode(each))}
                for each in record.disclosures
            ],
            "digest": record.name,
            "leaf": {"time": leaf.time, "class": leaf.cls, "entry": leaf.to_bytes().hex()},
            "leaf_hash": hashes[index].hex(),
        }
        for index, ((who, claims, record), leaf) in enumerate(
            zip(story.records, leaves, strict=True)
        )
    ]


def vectors() -> bytes:
    """Return what ``records.json`` must hold."""
    story = Story()
    registry(story)
    bundle = bundle_of(story, goods(story))
    report = verify(bundle, SIGNER.key)
    whole = {
        "about": "Records and bundles of Gốc; python -m tests.vectors.records makes this file",
        "log_key": str(SIGNER.key),
        "parties": PARTIES,
        "records": told(story),
        "bundle": json.loads(bundle.to_json()),
        "verdicts": {
            name: {"outcome": verdict.outcome, "code": verdict.code}
            for name, verdict in report.verdicts.items()
        },
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


if __name__ == "__main__":
    FILE.write_bytes(vectors())
