"""A whole ledger in memory, by the rules of the real one: what an auditor arrives at."""

from dataclasses import dataclass

from tests.kit import Signed, World
from traceability.core import codec, moment
from traceability.core.checkpoint import Checkpoint, sign_checkpoint
from traceability.core.facts import Accepted, Effects
from traceability.core.leaf import Leaf
from traceability.core.merkle import Frontier, extend, inclusion_proof, leaf_hash, root_of
from traceability.core.rules import apply
from traceability.core.state import State


@dataclass
class MemoryLedger:
    """State, leaves and proofs of what a world has signed."""

    world: World

    def __post_init__(self) -> None:
        self.state = State(self.world.log)
        self.effects: list[Effects] = []
        self.leaves: list[Leaf] = []
        self.hashes: list[bytes] = []

    def append(self, signed: Signed | bytes, time: int | None = None) -> Effects:
        """Judges and takes one record, at the world's time; raises ``GocError`` if refused."""
        record = codec.parse(signed if isinstance(signed, bytes) else signed.wire)
        now = max(self.state.time, self.world.now if time is None else time)
        effects = apply(record, Accepted(self.state.size, now), self.state)
        self.state.absorb(effects)
        self.effects.append(effects)
        leaf = Leaf(record.digest, now, record.leaf_class)
        self.leaves.append(leaf)
        self.hashes.append(leaf_hash(leaf.to_bytes()))
        return effects

    def append_all(self) -> list[Effects]:
        """Takes all that the world has signed since the last time, each at the time it says."""
        return [
            self.append(signed, moment.parse_time(signed.claims["iat"]))
            for signed in self.world.take()
        ]

    def proof(self, index: int) -> list[bytes]:
        """The inclusion proof of a record in the present tree."""
        return inclusion_proof(index, len(self.hashes), self._hash_at)

    def checkpoint(self) -> bytes:
        """The present tree's checkpoint, signed by the world's log."""
        root = extend(Frontier(), self.hashes).root
        return sign_checkpoint(
            Checkpoint(self.world.log, len(self.hashes), root), self.world.signer
        )

    def _hash_at(self, level: int, index: int) -> bytes:
        return root_of(self.hashes[index << level : (index + 1) << level])
