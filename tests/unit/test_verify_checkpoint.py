"""The verifier and the log: whose checkpoint it is, who saw it, and what it extends."""

from dataclasses import replace

import pytest

from tests.bundles import (
    COSIGNED,
    EAST,
    POLICY,
    WEST,
    failing,
    outcomes,
)
from tests.market import Market, market
from traceability.core.bundle import Bundle
from traceability.core.checkpoint import Checkpoint, sign_checkpoint
from traceability.core.keys import PrivateKey
from traceability.core.merkle import root_of
from traceability.core.note import Cosigner, Note, NoteSigner
from traceability.core.policy import Policy
from traceability.core.verify import NAMES, Report, verify
from traceability.core.vkey import VerifierKey

LOG = market().world.signer.key
BUNDLE = market().bundle()


def check(bundle: Bundle = BUNDLE, log: VerifierKey = LOG, **how: object) -> Report:
    """The report with the policy of both witnesses, unless another is given."""
    report = verify(bundle, log, **({"policy": POLICY} | how))  # type: ignore[arg-type]
    assert tuple(report.verdicts) == NAMES
    assert all(name == verdict.name for name, verdict in report.verdicts.items())
    assert "verdict.fault" not in {verdict.code for verdict in report.verdicts.values()}
    return report


def said(report: Report, name: str) -> str:
    return outcomes(report)[name]


# -- checkpoints and witnesses -----------------------------------------------------------------
def test_another_logs_checkpoint_is_refused() -> None:
    size = len(market().ledger.leaves)
    root = root_of(market().ledger.hashes)
    same_name = NoteSigner(LOG.name, PrivateKey.from_seed(bytes(32)))
    forged = sign_checkpoint(Checkpoint(LOG.name, size, root), same_name)
    assert failing(check(replace(BUNDLE, checkpoint=forged))) == {"inclusion": "note.unsigned"}
    # The log's own signature over a text that names another origin.
    text = BUNDLE.checkpoint.decode().split("\n\n")[0].replace(LOG.name, "goc.example/other") + "\n"
    signed = Note(text, (market().world.signer.sign(text),)).to_bytes()
    assert failing(check(replace(BUNDLE, checkpoint=signed))) == {"inclusion": "checkpoint.origin"}
    # All of it is of another log: then its key is not the one that we know.
    other = NoteSigner("goc.example/other", PrivateKey.from_seed(bytes(32)))
    foreign = sign_checkpoint(Checkpoint("goc.example/other", size, root), other)
    assert failing(check(replace(BUNDLE, checkpoint=foreign))) == {"inclusion": "note.unsigned"}
    report = check(replace(BUNDLE, checkpoint=foreign), log=other.key, policy=None)
    assert failing(report) == {"links": "record.log"}


@pytest.mark.parametrize(
    "checkpoint",
    [b"", b"\n\n", b"\xff", BUNDLE.checkpoint[:-1], b"a\n1\nAA==\n\n\xe2\x80\x94 a b\n"],
)
def test_what_is_no_checkpoint_is_refused(checkpoint: bytes) -> None:
    report = check(replace(BUNDLE, checkpoint=checkpoint))
    assert list(failing(report)) == ["inclusion"]


def test_a_checkpoint_of_another_size_or_root_proves_none_of_the_records() -> None:
    signer = market().world.signer
    size, root = len(market().ledger.leaves), root_of(market().ledger.hashes)
    for checkpoint, verdict in (
        (Checkpoint(LOG.name, size, bytes(32)), "inclusion"),
        (Checkpoint(LOG.name, 2 * size, root), "inclusion"),
        (Checkpoint(LOG.name, 1, root), "inclusion"),
        (Checkpoint(LOG.name, 0, root), "inclusion"),
        # The paths alone are as long in a tree of one leaf more; its leaves are not.
        (Checkpoint(LOG.name, size + 1, root), "recalls"),
    ):
        bundle = replace(BUNDLE, checkpoint=sign_checkpoint(checkpoint, signer))
        assert list(failing(check(bundle, policy=None))) == [verdict]


def resigned(*witnesses: Cosigner) -> Bundle:
    return replace(BUNDLE, checkpoint=market().exporter.checkpoint(*witnesses))


STRANGER = Cosigner("xa.example", PrivateKey.from_seed(b"a witness that nobody knows ...."))
FALSE_EAST = Cosigner(EAST.key.name, PrivateKey.from_seed(b"a witness under another's name ."))


@pytest.mark.parametrize(
    "witnesses", [(), (EAST,), (WEST,), (STRANGER,), (EAST, STRANGER), (FALSE_EAST, WEST)]
)
def test_a_quorum_that_is_not_met_fails_alone(witnesses: tuple[Cosigner, ...]) -> None:
    report = check(resigned(*witnesses))
    assert failing(report) == {"witnesses": "policy.quorum"}
    assert said(report, "recalls") == "ok recalls.none"


def test_strangers_do_no_harm() -> None:
    report = check(resigned(EAST, STRANGER, FALSE_EAST, WEST))
    assert said(report, "witnesses") == "ok witnesses.ok"


def test_a_false_cosignature_of_a_known_witness_fails_alone() -> None:
    head, _, lines = BUNDLE.checkpoint.decode().rpartition("\n\n")
    log, east, west = lines.splitlines()
    east = east[:-4] + ("AAA=" if not east.endswith("AAA=") else "BBA=")
    forged = f"{head}\n\n{log}\n{east}\n{west}\n".encode()
    report = check(replace(BUNDLE, checkpoint=forged))
    assert failing(report) == {"witnesses": "note.signature"}
    # Whoever does not know the witness is not concerned.
    assert check(replace(BUNDLE, checkpoint=forged), policy=None).holds


def test_a_policy_for_another_log_fails() -> None:
    other = NoteSigner("goc.example/other", PrivateKey.from_seed(bytes(32))).key
    policy = Policy.parse(f"log {other}\nquorum none\n".encode())
    assert failing(check(policy=policy)) == {"witnesses": "policy.log"}


def test_no_policy_and_a_policy_that_asks_for_nobody_say_unknown() -> None:
    assert said(check(policy=None), "witnesses") == "unknown witnesses.no-policy"
    none = Policy.parse(f"log {LOG}\nwitness dong {EAST.key}\nquorum none\n".encode())
    report = check(policy=none)
    assert said(report, "witnesses") == "unknown witnesses.none-asked"
    assert report.cosigned == COSIGNED


# -- consistency -------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def grown() -> tuple[Market, bytes, int]:
    """A market that grew after somebody had seen its checkpoint."""
    found = Market()
    seen, size = found.ledger.checkpoint(), len(found.ledger.leaves)
    found.grow()
    return found, seen, size


def test_a_log_that_has_only_grown_is_consistent(grown: tuple[Market, bytes, int]) -> None:
    found, seen, size = grown
    bundle = replace(found.bundle(), consistency=found.exporter.consistency(size))
    report = check(bundle, seen=seen)
    assert said(report, "consistency") == "ok consistency.ok"
    assert report.verdicts["consistency"].params == {"size": size}
    same = check(found.bundle(), seen=found.ledger.checkpoint())
    assert said(same, "consistency") == "ok consistency.ok"
    empty = Checkpoint(LOG.name, 0, root_of([]))
    nothing = sign_checkpoint(empty, found.world.signer)
    assert said(check(found.bundle(), seen=nothing), "consistency") == "ok consistency.ok"


def test_a_rolled_back_log_is_refused(grown: tuple[Market, bytes, int]) -> None:
    found, _, _ = grown
    report = check(BUNDLE, seen=found.ledger.checkpoint())
    assert failing(report) == {"consistency": "bundle.rolled-back"}
    assert said(report, "links") == "unknown verdict.not-reached"


def test_a_forked_log_is_refused(grown: tuple[Market, bytes, int]) -> None:
    found, seen, size = grown
    fork = Market(dispute=False)  # the same log, with another history
    while len(fork.ledger.leaves) <= size:
        fork.grow()
    proof = fork.exporter.consistency(size)
    forged = replace(fork.bundle(), consistency=proof)
    assert failing(check(forged, seen=seen)) == {"consistency": "consistency.root"}
    # Of equal size, too.
    other = sign_checkpoint(
        Checkpoint(LOG.name, len(found.ledger.leaves), bytes(32)), found.world.signer
    )
    assert failing(check(found.bundle(), seen=other)) == {"consistency": "consistency.root"}


def test_a_proof_of_consistency_cannot_be_left_out_or_be_another(
    grown: tuple[Market, bytes, int],
) -> None:
    found, seen, size = grown
    bundle = found.bundle()
    from_, proof = found.exporter.consistency(size)
    assert failing(check(bundle, seen=seen)) == {"consistency": "bundle.no-consistency"}
    for wrong, code in (
        ((from_ - 1, proof), "bundle.no-consistency"),
        ((from_, ()), "consistency.length"),
        ((from_, proof[::-1]), "consistency.root"),
        ((from_, (*proof, bytes(32))), "consistency.length"),
        ((from_, (bytes(32), *proof[1:])), "consistency.root"),
    ):
        report = check(replace(bundle, consistency=wrong), seen=seen)
        assert failing(report) == {"consistency": code}


@pytest.mark.parametrize("seen", [b"", b"\xff\xfe", b"nothing\n\n"])
def test_what_is_no_checkpoint_was_not_seen(seen: bytes) -> None:
    assert list(failing(check(seen=seen))) == ["consistency"]
