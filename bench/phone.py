"""The phone's verifier in Chromium on a slowed processor, against bare Ed25519 in the same run.

A bundle of twenty-odd records is verified in a page whose processor the DevTools protocol slows
four times, as on a phone of some years ago; the protocol slows a page's main thread, so that is
where it is measured, not in the worker in which readers run it. *first* is what a reader waits for:
a page that has just loaded the script, nothing compiled, no key looked at before; *again* is the
same page's later turns. *bare* is the browser's own verification of the same signatures, keys
imported, and nothing else. ``python -m bench phone``.
"""

from statistics import median
from typing import Any, Final

import orjson

from api.web.phone import JUDGING, script, script_of, shapes
from tests.bundles import Exporter
from tests.chromium import chromium, phone
from tests.kit import HOUR, World
from tests.memory import MemoryLedger
from traceability.core.bundle import Bundle
from traceability.core.lines import base64
from traceability.core.vkey import VerifierKey

ROUNDS: Final = 15
SLOWER: Final = 4
RECORDS: Final = 20

_VERIFY: Final = """async ([file, log, shapes, turns]) => {
  const bytes = unbase64(file);
  const took = [];
  let report;
  for (let turn = 0; turn < turns; turn += 1) {
    const began = performance.now();
    report = await verify({ file: bytes, log, policy: null, seen: null, shapes });
    took.push(performance.now() - began);
  }
  const signed = await Promise.all(report.records.map(async ({ kid, signature, signed }) => {
    const key = [...KNOWN.values()].find((each) => each.kid === kid);
    return [await key.imported, signature, signed];
  }));
  const bare = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const began = performance.now();
    await Promise.all(signed.map((each) => crypto.subtle.verify("Ed25519", ...each)));
    bare.push(performance.now() - began);
  }
  return { holds: report.holds, records: report.records.length, took, bare };
}"""


def small_bundle() -> tuple[Bundle, VerifierKey]:
    """A lot of two farms, through a cooperative and a packhouse to a shop."""
    world = World()
    ledger = MemoryLedger(world)
    farm, packhouse, shop = (world.party(role) for role in ("farm", "processor", "supermarket"))
    pineapple, peeled = world.product(farm), world.product(packhouse)
    plot = world.place(farm)
    world.diary(farm, plot)
    crop = world.harvest(farm, plot, [(pineapple, "L1", "100 KGM")])
    world.later(HOUR)
    sent = world.ship(farm, [crop[0]], to=packhouse)
    taken = world.receive(packhouse, sent)
    made = world.transform(
        packhouse,
        [taken[0]],
        [(peeled, "P1", "60 KGM")],
        kind="process",
        losses=[{"cause": "trim", "quantity": "40 KGM"}],
    )
    world.later(HOUR)
    onward = world.ship(packhouse, [made[0]], to=shop)
    arrived = world.receive(shop, onward)
    while len(world.records) < RECORDS:
        world.diary(farm, plot)
    ledger.append_all()
    return Exporter(ledger).bundle(arrived[0]), world.signer.key


def run(rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure; the figures."""
    bundle, log = small_bundle()
    file = bundle.to_json()
    given = [base64(file), str(log), orjson.loads(orjson.dumps(shapes())), 10]
    source = f'"use strict";\n{script_of(JUDGING)}'
    found = []
    with chromium() as browser:
        for _ in range(rounds):
            context = phone(browser)
            tab = context.new_page()
            tab.route("http://localhost/", lambda route: route.fulfill(body="<p>"))
            tab.goto("http://localhost/")
            session = context.new_cdp_session(tab)
            session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            tab.add_script_tag(content=source)
            found.append(tab.evaluate(_VERIFY, given))
            context.close()
    assert all(each["holds"] for each in found)
    again = [median(each["took"][5:]) for each in found]
    bare = [median(each["bare"][5:]) for each in found]
    return {
        "records": found[0]["records"],
        "file": len(file),
        "script": len(script("vi")),
        "slower": SLOWER,
        "first ms": round(median(each["took"][0] for each in found), 1),
        "first ms, at best": round(min(each["took"][0] for each in found), 1),
        "again ms": round(median(again), 1),
        "bare ms": round(median(bare), 1),
        "of bare": round(median(b / a for a, b in zip(again, bare, strict=True)), 3),
    }
