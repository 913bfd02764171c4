"""The phone and the auditor say the same of thousands of bundles that were tampered with.

Of what the phone judges: both refuse or both accept a file, signatures, inclusion, witnesses,
consistency and recalls come out alike, and where they fail by the same code. Of links the phone
judges a part of the rulebook: whatever it refuses the auditor refuses too, and whatever the auditor
refuses by a rule that the phone has, the phone refuses. The forms of single fields
(``record.schema`` and its kin) are the auditor's alone.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from random import Random
from typing import Any, Final

import orjson
import pytest
from playwright.sync_api import Browser

from api.web.phone import FOLDER, JUDGING
from tests.bundles import EAST, POLICY, WEST
from tests.market import Market, market
from tests.phone import JUDGED, Case, Phone, Said, auditor
from traceability.core import b64, codec
from traceability.core.bundle import Bundle, Entry, Target
from traceability.core.checkpoint import Checkpoint, sign_checkpoint
from traceability.core.errors import CODES
from traceability.core.keys import PrivateKey
from traceability.core.leaf import entry_bytes, leaf_class
from traceability.core.merkle import Frontier, extend, leaf_hash
from traceability.core.policy import Policy

LOG = market().world.signer.key
BUNDLE = market().bundle()
FILE = BUNDLE.to_json()
WHOLLY: Final = JUDGED[:4]  #: what the phone judges as the auditor does


@pytest.fixture(scope="module")
def phone(chromium: Browser) -> Iterator[Phone]:
    context = chromium.new_context()
    yield Phone(context.new_page())
    context.close()


def codes_in(*modules: str) -> set[str]:
    """The codes by which modules of the phone refuse."""
    sources = "".join((FOLDER / f"{name}.js").read_text("utf-8") for name in modules)
    return set(re.findall(r'Fault\(\s*"([a-z0-9.-]+)"', sources))


#: Codes by which other rules refuse as well, that the phone does not have.
SHARED: Final = {"party.unknown", "draw.unknown"}
WHOLE_CODES: Final = codes_in("record", "json", "verify", "public", "ed25519") - {"record.schema"}
LINK_CODES: Final = codes_in("links") - SHARED | {"bundle.genesis", "bundle.target"}


def test_every_code_of_the_phone_is_one_of_the_register() -> None:
    assert codes_in(*JUDGING) - set(CODES) == set()
    assert len(codes_in(*JUDGING)) > 40


# -- comparing -----------------------------------------------------------------------------------
def compare(phone: Phone, cases: Sequence[Case], forms: bool = True) -> Counter[str]:
    """What was found, by kind; the test fails where the two disagree. ``forms``: whether no record
    was signed that has fields of a wrong form, so that the phone misses nothing."""
    seen: Counter[str] = Counter()
    strange: list[tuple[Said, Said]] = []
    for case, said in zip(cases, phone.judge(cases, LOG), strict=True):
        reference = auditor(case, LOG)
        if not agree(said, reference, forms):
            strange.append((said, reference))
        seen["refused" if said.refused else "holds" if said.holds else "fails"] += 1
        seen.update(each for each in said.verdicts.values() if each.startswith("fail"))
    assert strange == []
    return seen


def agree(said: Said, reference: Said, forms: bool) -> bool:
    """Whether the phone may say so where the reference says that."""
    if said.refused or reference.refused:
        return said.refused == reference.refused
    ours, theirs = said.verdicts, reference.verdicts
    if is_form(theirs["signatures"]):
        return not (forms and said.holds)
    if any(ours[name] != theirs[name] for name in WHOLLY):
        return False
    refused = [theirs[name] for name in ("links", "balance") if theirs[name].startswith("fail")]
    if ours["links"].startswith("fail"):
        return bool(refused)
    if refused:
        return not LINK_CODES & {each.removeprefix("fail ") for each in refused}
    if ours["links"] != theirs["links"]:
        return False
    return ours["recalls"] == theirs["recalls"] or is_form(theirs["recalls"])


def is_form(verdict: str) -> bool:
    """Whether it fails by what only the models of single fields know."""
    code = verdict.removeprefix("fail ")
    return verdict.startswith("fail") and code not in WHOLE_CODES


# -- the file ------------------------------------------------------------------------------------
def torn(random: Random) -> bytes:
    """The file with a few bytes changed, lost, doubled or put in."""
    text = bytearray(FILE)
    at = random.randrange(len(text))
    match random.randrange(6):
        case 0:
            text[at] = random.randrange(256)
        case 1:
            del text[at : at + random.randrange(1, 200)]
        case 2:
            text[at:at] = random.randbytes(random.randrange(1, 10))
        case 3:
            text[at] ^= 1 << random.randrange(8)
        case 4:
            text[at:at] = text[at : at + random.randrange(1, 400)]
        case _:
            other = random.randrange(len(text))
            text[at], text[other] = text[other], text[at]
    return bytes(text)


@pytest.mark.parametrize("seed", range(3))
def test_torn_files(phone: Phone, seed: int) -> None:
    random = Random(seed)
    found = compare(phone, [Case(torn(random), POLICY) for _ in range(300)])
    assert found["refused"] > 20
    assert found["fails"] > 50


Json = Any


def spelled(value: Json) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def rearranged(random: Random) -> bytes:
    """The file with some part of it moved, dropped, doubled or replaced by another of its kind."""
    value = orjson.loads(FILE)
    for _ in range(random.choice((1, 1, 1, 2))):
        _rearrange(random, value)
    return spelled(value)


def _rearrange(random: Random, value: Json) -> None:
    records = value["records"]
    n, m = random.randrange(len(records)), random.randrange(len(records))
    one, other = records[n], records[m]
    texts = [each for record in orjson.loads(FILE)["records"] for each in record["disclosures"]]
    changes: tuple[Callable[[], object], ...] = (
        lambda: records.pop(n),
        lambda: records.insert(m, records.pop(n)),
        lambda: records.insert(m, one),
        lambda: one.update(index=one["index"] + random.choice((-1, 1, 2**40))),
        lambda: one.update(time=one["time"] + random.choice((-1, 1, -(10**9), 10**9))),
        lambda: one.update(proof=one["proof"][: random.randrange(8)]),
        lambda: one.update(proof=[*one["proof"], *one["proof"][:1]]),
        lambda: one.update(proof=one["proof"][::-1]),
        lambda: one.update(jws=other["jws"]),
        lambda: one.update(jws=".".join((*one["jws"].split(".")[:2], other["jws"].split(".")[2]))),
        lambda: one.update(disclosures=other["disclosures"]),
        lambda: one["disclosures"].append(random.choice(texts)),
        lambda: one["disclosures"] and one["disclosures"].pop(),
        lambda: one["disclosures"].reverse(),
        lambda: one["disclosures"].append(""),
        lambda: one["disclosures"].append("~"),
        lambda: value.pop("public"),
        lambda: value.update(public=None),
        lambda: value["public"].update(leaves=value["public"]["leaves"][: random.randrange(99)]),
        lambda: value.update(cut=random.choice((True, False, 1, None, "true"))),
        lambda: value.update(consistency=None),
        lambda: value.update(consistency={"from": n, "proof": one["proof"]}),
        lambda: value.update(consistency={"from": n, "proof": one["proof"], "to": 1}),
        lambda: value["target"].update(lot=random.choice(("J2", "L1", "M1", "", "x" * 21, 7))),
        lambda: value["target"].update(gtin=random.choice(("02000000000015", "1", "٠" * 14))),
        lambda: value["target"].update(holding=random.choice((None, "x", 5))),
        lambda: value["target"].update(holding=f"{name_of(one)}.{random.randrange(4)}"),
        lambda: value["target"].pop("holding"),
        lambda: value.update(checkpoint=value["checkpoint"].replace("\n", "\n\n", 1)),
        lambda: value.update(checkpoint=value["checkpoint"] + value["checkpoint"][-120:]),
        lambda: value.update(checkpoint="\n".join(value["checkpoint"].split("\n")[:-2]) + "\n"),
        lambda: value.update(format="goc-bundle/2"),
        lambda: value.update(more=1),
        lambda: one.update(more=1),
        lambda: one.pop(random.choice(sorted(one))),
        lambda: one.update({random.choice(sorted(one)): random.choice((None, 1, "x", [], {}))}),
    )
    with suppress(
        KeyError, TypeError, AttributeError
    ):  # an earlier change took what this one needs
        random.choice(changes)()


def name_of(record: Json) -> str:
    return b64.encode(sha256(record["jws"].encode()).digest())


@pytest.mark.parametrize("seed", range(4))
def test_rearranged_files(phone: Phone, seed: int) -> None:
    random = Random(seed)
    policies = (POLICY, None, Policy((), (), (), "none"))
    found = compare(phone, [Case(rearranged(random), random.choice(policies)) for _ in range(300)])
    assert min(found[each] for each in ("refused", "fails", "holds")) > 10


@pytest.mark.parametrize(
    "text",
    [
        FILE,
        orjson.dumps(orjson.loads(FILE)),
        orjson.dumps(orjson.loads(FILE), option=orjson.OPT_SORT_KEYS),
        b" " + FILE + b"\n\n",
        FILE.replace(b'"index": 0', b'"index": -0', 1),
        FILE.replace(b'"index": 0', b'"index": 0.0', 1),
        FILE.replace(b'"index": 0', b'"index": 0e1', 1),
        FILE.replace(b'"index": 1,', b'"index": 1, "index": 1,', 1),
        FILE.replace(b'"index": 1,', b'"ind\\u0065x": 1,', 1),
        FILE.replace(b'"index": 1,', b'"ind\\u0065x": 1, "index": 1,', 1),
        FILE.replace(b'"format"', b'"format": "goc-bundle/1", "format"', 1),
        FILE.replace(b'"checkpoint": "', b'"checkpoint": "\\ud800', 1),
        FILE.replace(b'"checkpoint": "', b'"checkpoint": "\\ud83c\\udf3e', 1),
        b"\xef\xbb\xbf" + FILE,
        FILE + b"\x00",
        FILE[:-3],
        b"",
        b"null",
        b"[]",
        b'{"__proto__": 1}',
        b"[" * 5000 + b"]" * 5000,
        b"\xff",
    ],
    ids=range(22),
)
def test_other_spellings(phone: Phone, text: bytes) -> None:
    compare(phone, [Case(text, POLICY)])


def test_where_a_page_is_not_served_securely_the_verdicts_are_the_same(chromium: Browser) -> None:
    random = Random(7)
    context = chromium.new_context()
    plain = Phone(context.new_page(), "http://goc.example/")
    assert plain.ask("typeof crypto.subtle") == "undefined"
    found = compare(plain, [Case(FILE, POLICY), *(Case(torn(random), POLICY) for _ in range(60))])
    assert found["holds"] >= 1
    assert found["fails"] > 10
    context.close()


# -- checkpoints ---------------------------------------------------------------------------------
def test_logs_that_grew_shrank_or_forked_since_they_were_seen(phone: Phone) -> None:
    mine = Market()
    exporter = mine.exporter
    earlier = exporter.checkpoint(EAST, WEST)
    size = len(mine.ledger.leaves)
    mine.grow()
    grown = mine.bundle()
    proof = mine.exporter.consistency(size)
    proven = replace(grown, consistency=proof)
    forked = Market(dispute=False)
    forked.grow()
    shorter = replace(
        grown, consistency=(size, (*proof[1][:-1], bytes(32))), checkpoint=grown.checkpoint
    )
    other = replace(grown, consistency=(size - 1, proof[1]))
    seen = [earlier, grown.checkpoint, forked.exporter.checkpoint(), b"", b"x\n\n", None]
    files = [
        each.to_json() for each in (proven, grown, shorter, other, mine.bundle(), forked.bundle())
    ]
    files.append(FILE)
    cases = [Case(file, POLICY, each) for file in files for each in seen]
    found = compare(phone, cases)
    assert found["fail bundle.rolled-back"]
    assert found["fail bundle.no-consistency"]
    assert found["fail consistency.root"]
    assert found["holds"]


def test_policies_of_every_kind(phone: Phone) -> None:
    lines = [
        f"log {LOG}\n",
        f"witness dong {EAST.key}\n",
        f"witness tay {WEST.key} https://tay.example\n",
    ]
    bundles = [
        replace(BUNDLE, checkpoint=market().exporter.checkpoint(*each)).to_json()
        for each in ((), (EAST,), (WEST,), (EAST, WEST))
    ]
    quorums = ["quorum none\n", "quorum dong\n", "group g all dong tay\nquorum g\n"]
    quorums += ["group g any dong tay\nquorum g\n", "group g 2 dong tay\nquorum g\n"]
    policies = [Policy.parse("".join([*lines[:3], each]).encode()) for each in quorums]
    policies.append(Policy.parse(f"log {market().world.signer.key}\nquorum none\n".encode()))
    found = compare(phone, [Case(file, each) for file in bundles for each in policies])
    assert found["fail policy.quorum"]
    assert found["holds"]


# -- an operator that takes whatever it likes ----------------------------------------------------
PAYLOADS: Final = [orjson.loads(each.payload) for each in market().exporter.records]
WIRES: Final = [each.wire for each in market().exporter.records]
TIMES: Final = [each.time for each in market().ledger.leaves]
TYPES: Final = [each["type"] for each in PAYLOADS]


def leaves_of(value: Json, name: str = "") -> Iterator[tuple[str, Json]]:
    """All values with the names of their members."""
    if isinstance(value, dict):
        for member, inner in value.items():
            yield from leaves_of(inner, member)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves_of(inner, name)
    else:
        yield name, value


POOL: Final[dict[str, list[Json]]] = {}
for payload in PAYLOADS:
    for member, found_value in leaves_of(payload):
        POOL.setdefault(member, []).append(found_value)


def places_of(value: Json) -> Iterator[tuple[Json, Any, str]]:
    """All places of values: what holds them, where, and by what name."""
    pairs: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(value, dict):
        pairs = iter(list(value.items()))
    elif isinstance(value, list):
        pairs = iter(list(enumerate(value)))
    for at, inner in pairs:
        yield value, at, at if isinstance(at, str) else ""
        yield from places_of(inner)


KEYS: Final = [each.key for each in vars(market()).values() if hasattr(each, "key")] + [
    market().world.operator.key
]


def signed(payload: Json, key: PrivateKey, disclosures: Sequence[bytes]) -> bytes:
    return codec.to_wire(
        codec.sign(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS), key), disclosures
    )


def forged(random: Random) -> Bundle:
    """A log of good records and one that its operator should perhaps have refused, all shown."""
    n = random.randrange(len(PAYLOADS))
    payload = orjson.loads(orjson.dumps(PAYLOADS[n]))
    disclosures = market().exporter.records[n].disclosures
    for _ in range(random.choice((0, 1, 1, 1, 2))):
        holder, at, name = random.choice(list(places_of(payload)))
        if random.randrange(6) == 0:
            del holder[at]
        elif POOL.get(name):
            holder[at] = random.choice(POOL[name])
        elif isinstance(holder[at], str):
            holder[at] = random.choice(random.choice(list(POOL.values())))
    kids = {each.public.kid: each for each in KEYS}
    own = kids.get(market().exporter.records[n].kid, KEYS[0])
    key = random.choice(KEYS) if random.randrange(4) == 0 else own
    wires = list(WIRES)
    if random.randrange(3):
        if random.randrange(4):
            payload["nonce"] = b64.encode(random.randbytes(16))
        wires.append(signed(payload, key, disclosures))
    else:
        wires[n] = signed(payload, key, disclosures)
    return logged(wires)


def logged(wires: Sequence[bytes]) -> Bundle:
    """A bundle that shows a whole log, whatever is in it."""
    times = [*TIMES, *[TIMES[-1] + 1] * (len(wires) - len(TIMES))]
    hashes = []
    for wire, time in zip(wires, times, strict=True):
        jws = wire.split(b"~")[0]
        kind = orjson.loads(b64.decode(jws.split(b".")[1])).get("type")
        leaf = entry_bytes(
            sha256(jws).digest(), time, leaf_class(kind if isinstance(kind, str) else "")
        )
        hashes.append(leaf_hash(leaf))
    grown = extend(Frontier(), hashes)
    world = market().world
    note = sign_checkpoint(Checkpoint(world.log, len(hashes), grown.root), world.signer)
    entries = [
        Entry(wire, n, time, tuple(grown.proof(n)))
        for n, (wire, time) in enumerate(zip(wires, times, strict=True))
    ]
    target = Target(BUNDLE.target.gtin, BUNDLE.target.lot, BUNDLE.target.holding)
    return Bundle(target, tuple(entries), note)


@pytest.mark.slow
def test_forged_records(phone: Phone) -> None:
    random = Random(1)
    found = compare(phone, [Case(forged(random).to_json()) for _ in range(1000)], False)
    assert min(found[each] for each in ("fails", "holds")) > 100
    met = {each.removeprefix("fail ") for each in found} & (LINK_CODES | SHARED)
    assert len(met) > 10, met
