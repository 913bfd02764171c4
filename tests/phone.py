"""The phone's verifier in a real browser, asked by tests what it says of thousands of files."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from api.web.phone import JUDGING, script_of, shapes
from traceability.core.bundle import Bundle
from traceability.core.errors import FormatError
from traceability.core.lines import base64
from traceability.core.policy import Policy
from traceability.core.verify import verify
from traceability.core.vkey import VerifierKey

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: What the phone judges of the verdicts of ``core.verdicts``.
JUDGED = ("signatures", "inclusion", "witnesses", "consistency", "links", "recalls")
_BATCH = 400

_SETUP = f"""
const SHAPES = {orjson.dumps(shapes()).decode()};
const bytesOf = (text) => text === null ? null : unbase64(text);
async function judgeAll(whole, cases, log) {{
  const found = [];
  const base = unbase64(whole);
  for (const [[head, tail, changed], policy, seen] of cases) {{
    const file = joined(base.subarray(0, head), unbase64(changed), base.subarray(tail));
    const report = await verify({{ file, log, policy: bytesOf(policy),
                                   seen: bytesOf(seen), shapes: SHAPES }});
    const verdicts = {{}};
    for (const each of report.verdicts) verdicts[each.name] = `${{each.outcome}} ${{each.code}}`;
    found.push([report.refused, verdicts]);
  }}
  return found;
}}
/** Whether work ends without a fault of a check; any other error is thrown. */
async function stands(work) {{
  try {{
    await work();
    return true;
  }} catch (error) {{
    if (error instanceof Fault) return false;
    throw error;
  }}
}}
"""


@dataclass(frozen=True)
class Case:
    """A bundle's file, the policy to judge it by, and the checkpoint seen before."""

    file: bytes
    policy: Policy | None = None
    seen: bytes | None = None


@dataclass(frozen=True)
class Said:
    """Whether a file was refused as no bundle, else the verdicts: outcome and code."""

    refused: bool
    verdicts: dict[str, str]

    @property
    def holds(self) -> bool:
        """Nothing that was judged fails."""
        return not self.refused and not any(
            each.startswith("fail") for each in self.verdicts.values()
        )


class Phone:
    """The verifier loaded into a page of its own. WebCrypto exists in a secure context alone:
    ``site`` names another."""

    def __init__(self, tab: "Page", site: str = "http://localhost/") -> None:
        self.tab = tab
        tab.route(site, lambda route: route.fulfill(body="<p>"))
        tab.goto(site)
        tab.add_script_tag(content=f'"use strict";\n{script_of(JUDGING)}{_SETUP}')

    def ask(self, expression: str, about: object = None) -> Any:
        """What JavaScript makes of ``expression``, a function of ``about``."""
        return self.tab.evaluate(expression, about)

    def judge(self, cases: Sequence[Case], log: VerifierKey) -> list[Said]:
        """What the phone says of each."""
        found: list[Said] = []
        base = cases[0].file
        for start in range(0, len(cases), _BATCH):
            batch = [
                [
                    _change(base, each.file),
                    None if each.policy is None else base64(each.policy.to_bytes()),
                    None if each.seen is None else base64(each.seen),
                ]
                for each in cases[start : start + _BATCH]
            ]
            asked = [base64(base), batch, str(log)]
            said = self.ask("([whole, cases, log]) => judgeAll(whole, cases, log)", asked)
            found.extend(Said(*each) for each in said)
        return found


def _change(base: bytes, other: bytes) -> tuple[int, int, str]:
    """How ``other`` comes from ``base``: where what they share ends, where it begins again, and
    what stands between. A hundred kilobytes for each changed byte would take too long to hand over.
    """
    most = min(len(base), len(other))
    head = bisect(range(1, most + 1), False, key=lambda n: base[:n] != other[:n])
    rest = min(most - head, most)
    tail = bisect(range(1, rest + 1), False, key=lambda n: base[-n:] != other[-n:])
    return head, len(base) - tail, base64(other[head : len(other) - tail])


def auditor(case: Case, log: VerifierKey) -> Said:
    """What the reference says of a file, all ten verdicts."""
    try:
        bundle = Bundle.from_json(case.file)
    except FormatError:
        return Said(True, {})
    report = verify(bundle, log, case.policy, case.seen, threads=1)
    return Said(
        False, {name: f"{each.outcome} {each.code}" for name, each in report.verdicts.items()}
    )
