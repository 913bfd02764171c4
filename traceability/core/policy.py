"""Trust policies (C2SP tlog-policy): which logs, which witnesses, and how many of them.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <name>...
    quorum <name>|none

One statement a line, words parted by spaces and tabs; ``#`` opens a comment line. Witnesses and
groups share one set of names, which only the policy itself uses. A group refers to names above
it, each name is in one group at most, so that a witness counts once; exactly one quorum line
names the witness or group that must have seen a checkpoint.

Bytes beyond ASCII are opaque, as the specification wants: names are compared byte by byte.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NoReturn

from traceability.core.checkpoint import Cosignature
from traceability.core.errors import FormatError, ProofError
from traceability.core.lines import decimal
from traceability.core.vkey import SignatureType, VerifierKey

MAX_POLICY_BYTES: Final = 256 * 1024
NONE: Final = "none"

_FORBIDDEN = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_BLANK = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log that the policy accepts; the URL, if any, is where to reach it."""

    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness by its name in the policy; the URL, if any, is its submission prefix."""

    name: str
    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Counts as having seen a checkpoint when at least ``k`` of its members have."""

    name: str
    k: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quorum:
    """Whether a policy's quorum was met, and by whom."""

    satisfied: bool
    witnesses: tuple[str, ...]
    """The policy's names of the witnesses whose cosignatures counted, in the policy's order."""
    time: int | None
    """The latest cosignature among those (Unix seconds), or none."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy file's content. Groups stand in their order: members before their groups."""

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str
    """A witness's or a group's name, or ``none``."""

    @property
    def witness_keys(self) -> tuple[VerifierKey, ...]:
        """The keys to open a checkpoint with."""
        return tuple(witness.key for witness in self.witnesses)

    def judge(self, cosignatures: Iterable[Cosignature]) -> Quorum:
        """Say whether verified cosignatures meet the quorum.

        They are those of an opened checkpoint; ones by witnesses that the policy does not know
        count for nothing.
        """
        times = {each.witness: each.time for each in cosignatures}
        seen = [witness for witness in self.witnesses if witness.key in times]
        names = {witness.name for witness in seen}
        for group in self.groups:
            if sum(member in names for member in group.members) >= group.k:
                names.add(group.name)
        return Quorum(
            satisfied=self.quorum == NONE or self.quorum in names,
            witnesses=tuple(witness.name for witness in seen),
            time=max((times[witness.key] for witness in seen), default=None),
        )

    def require(self, cosignatures: Iterable[Cosignature]) -> Quorum:
        """Judge, and raise ``ProofError("policy.quorum")`` where the quorum is not met."""
        quorum = self.judge(cosignatures)
        if not quorum.satisfied:
            raise ProofError("policy.quorum")
        return quorum

    def require_log(self, log: VerifierKey) -> None:
        """Raise ``ProofError("policy.log")`` where the policy lists logs, but not this one.

        A policy may list none, where the log is known from elsewhere.
        """
        if self.logs and all(each.key != log for each in self.logs):
            raise ProofError("policy.log", name=log.name)

    def to_bytes(self) -> bytes:
        """Write the policy as a file, without comments. What is parsed from it is equal."""
        lines = [_line("log", str(log.key), log.url) for log in self.logs]
        lines += [_line("witness", w.name, str(w.key), w.url) for w in self.witnesses]
        lines += [_line("group", g.name, str(g.k), *g.members) for g in self.groups]
        lines.append(_line("quorum", self.quorum))
        return "".join(lines).encode("utf-8", "surrogateescape")

    @classmethod
    def parse(cls, data: bytes) -> "Policy":
        """Read a policy file.

        Raises ``FormatError``: ``policy.malformed`` with the line, ``policy.no-quorum``, or
        ``policy.too-large`` beyond 256 KB.
        """
        if len(data) > MAX_POLICY_BYTES:
            raise FormatError("policy.too-large", limit=MAX_POLICY_BYTES)
        reader = _Reader()
        for number, line in enumerate(data.split(b"\n"), start=1):
            reader.line = number
            if _FORBIDDEN.search(line):
                reader.refuse("a control character")
            # Opaque bytes that are not UTF-8 become lone surrogates, and come back as they were.
            words = _BLANK.split(line.decode("utf-8", "surrogateescape").strip(" \t"))
            if words[0] and not words[0].startswith("#"):
                reader.take(words)
        return reader.finish()


def _line(*words: str) -> str:
    return " ".join(word for word in words if word) + "\n"


@dataclass(slots=True)
class _Reader:
    """The lines of a policy file read so far."""

    line: int = 0
    logs: list[PolicyLog] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorum: str | None = None
    names: set[str] = field(default_factory=set)
    grouped: set[str] = field(default_factory=set)
    listed: set[tuple[str | bytes, ...]] = field(default_factory=set)

    def refuse(self, what: str) -> NoReturn:
        raise FormatError("policy.malformed", line=self.line, what=what)

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self.logs.append(PolicyLog(self._log_key(vkey), "".join(url)))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                key = self._witness_key(vkey)
                self.witnesses.append(Witness(self._define(name), key, "".join(url)))
            case ["group", name, threshold, _, *_]:
                members = tuple(words[3:])
                k = self._threshold(threshold, len(members))
                for member in members:
                    self._join(member)
                self.groups.append(Group(self._define(name), k, members))
            case ["quorum", name]:
                if self.quorum is not None:
                    self.refuse("a second quorum")
                if name != NONE and name not in self.names:
                    self.refuse("a name that no line above defines")
                self.quorum = name
            case _:
                self.refuse("not a log, witness, group or quorum line")

    def finish(self) -> Policy:
        if self.quorum is None:
            raise FormatError("policy.no-quorum")
        logs, witnesses, groups = tuple(self.logs), tuple(self.witnesses), tuple(self.groups)
        return Policy(logs, witnesses, groups, self.quorum)

    def _define(self, name: str) -> str:
        if name == NONE or name in self.names:
            self.refuse("a name that is taken")
        self.names.add(name)
        return name

    def _join(self, member: str) -> None:
        if member not in self.names:
            self.refuse("a name that no line above defines")
        if member in self.grouped:
            self.refuse("a name that is in a group already")
        self.grouped.add(member)

    def _threshold(self, word: str, members: int) -> int:
        k = {"all": members, "any": 1}.get(word, decimal(word))
        if k is None or not 1 <= k <= members:
            self.refuse("a threshold that the group cannot have")
        return k

    def _key(self, vkey: str, kind: SignatureType) -> VerifierKey:
        try:
            key = VerifierKey.parse(vkey)
        except FormatError as error:
            self.refuse(f"the verifier key ({error.code})")
        if key.kind is not kind:
            self.refuse(f"the verifier key must be of type {kind:02x}")
        return key

    def _log_key(self, vkey: str) -> VerifierKey:
        key = self._key(vkey, SignatureType.ED25519)
        self._list("log", key)
        return key

    def _witness_key(self, vkey: str) -> VerifierKey:
        key = self._key(vkey, SignatureType.COSIGNATURE)
        self._list("witness", key)
        return key

    def _list(self, what: str, key: VerifierKey) -> None:
        """Refuse the same key under another name, and what signature lines would not tell apart."""
        marks = {(what, key.public.raw), (what, key.name, key.id)}
        if not self.listed.isdisjoint(marks):
            self.refuse(f"a {what} that is listed already")
        self.listed |= marks
