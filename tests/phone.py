"""The phone's verifier in a real browser, asked by tests what it says of thousands of files."""

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
JUDGED = ("signatures", "inclusion", "witnesses", "consistency", "links")
_BATCH = 400

_SETUP = f"""
const SHAPES = {orjson.dumps(shapes()).decode()};
const bytesOf = (text) => text === null ? null : unbase64(text);
async function judgeAll(cases, log) {{
  const found = [];
  for (const [file, policy, seen] of cases) {{
    const report = await verify({{ file: bytesOf(file), log, policy: bytesOf(policy),
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
        return not self.refused and not any(each.startswith("fail") for each in self.verdicts.values())


class Phone:
    """The verifier loaded into a page of its own."""

    def __init__(self, tab: "Page") -> None:
        self.tab = tab
        tab.route("http://localhost/", lambda route: route.fulfill(body="<p>"))
        tab.goto("http://localhost/")  # WebCrypto exists in a secure context alone
        tab.add_script_tag(content=f'"use strict";\n{script_of(JUDGING)}{_SETUP}')

    def ask(self, expression: str, about: object = None) -> Any:
        """What JavaScript makes of ``expression``, a function of ``about``."""
        return self.tab.evaluate(expression, about)

    def judge(self, cases: Sequence[Case], log: VerifierKey) -> list[Said]:
        """What the phone says of each."""
        found: list[Said] = []
        for start in range(0, len(cases), _BATCH):
            batch = [
                [
                    base64(each.file),
                    None if each.policy is None else base64(each.policy.to_bytes()),
                    None if each.seen is None else base64(each.seen),
                ]
                for each in cases[start : start + _BATCH]
            ]
            said = self.ask("([cases, log]) => judgeAll(cases, log)", [batch, str(log)])
            found.extend(Said(*each) for each in said)
        return found


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
