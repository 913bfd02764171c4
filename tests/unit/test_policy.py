"""Trust policies: the specification's example, and each thing that a policy must not say."""

import pytest

from traceability.core.checkpoint import Cosignature
from traceability.core.errors import FormatError, ProofError
from traceability.core.keys import PrivateKey
from traceability.core.note import Cosigner, NoteSigner
from traceability.core.policy import MAX_POLICY_BYTES, Group, Policy

LOG = NoteSigner("goc.example", PrivateKey.from_seed(bytes(32))).key
OTHER = NoteSigner("khac.example", PrivateKey.from_seed(bytes([99]) * 32)).key
NAMES = ("X1", "X2", "X3", "Y1", "Y2", "Y3")
KEYS = {
    name: Cosigner(f"{name.lower()}.example", PrivateKey.from_seed(bytes([n]) * 32)).key
    for n, name in enumerate(NAMES, start=1)
}
WITNESSES = "".join(f"witness {name} {KEYS[name]}\n" for name in NAMES)
EXAMPLE = f"""
# two houses
log {LOG}

{WITNESSES}
group X-witnesses 2 X1 X2 X3
group Y-witnesses any Y1 Y2 Y3
  # and both of them
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def parse(text: str) -> Policy:
    return Policy.parse(text.encode())


def cosigned(*names: str, time: int = 7) -> list[Cosignature]:
    return [Cosignature(KEYS[name], time) for name in names]


@pytest.mark.parametrize(
    ("names", "satisfied"),
    [
        ((), False),
        (("X1", "X2"), False),
        (("X1", "Y1"), False),
        (("X1", "X3", "Y2"), True),
        (("X2", "X3", "Y1", "Y2", "Y3"), True),
        (("Y1", "Y2", "Y3", "X1"), False),
        (NAMES, True),
    ],
)
def test_the_specification_s_example_asks_for_two_x_and_one_y(
    names: tuple[str, ...], satisfied: bool
) -> None:
    quorum = parse(EXAMPLE).judge(cosigned(*names))
    assert quorum.satisfied is satisfied
    assert set(quorum.witnesses) == set(names)


def test_the_parts_of_a_policy_are_read() -> None:
    policy = parse(EXAMPLE)
    assert [log.key for log in policy.logs] == [LOG]
    assert policy.witness_keys == tuple(KEYS.values())
    assert policy.groups[0] == Group("X-witnesses", 2, ("X1", "X2", "X3"))
    assert [group.k for group in policy.groups] == [2, 1, 2]
    assert Policy.parse(policy.to_bytes()) == policy


def test_urls_are_kept() -> None:
    text = f"log {LOG} https://goc.example/\nwitness A {KEYS['X1']} https://a.example\nquorum A\n"
    policy = parse(text)
    assert policy.logs[0].url == "https://goc.example/"
    assert policy.witnesses[0].url == "https://a.example"
    assert policy.to_bytes() == text.encode()


def test_words_are_parted_by_any_spaces_and_tabs() -> None:
    policy = parse(f" \twitness\t A  {KEYS['X1']} \n\t\n \t# x\nquorum \t A\t")
    assert policy.quorum == policy.witnesses[0].name == "A"


def test_a_quorum_of_one_witness_is_that_witness() -> None:
    policy = parse(f"{WITNESSES}quorum X2\n")
    assert policy.judge(cosigned("X2")).satisfied
    assert not policy.judge(cosigned("X1", "X3")).satisfied


def test_no_quorum_asks_for_nobody() -> None:
    quorum = parse("quorum none\n").judge([])
    assert (quorum.satisfied, quorum.witnesses, quorum.time) == (True, (), None)


def test_the_quorum_tells_the_latest_time_of_those_it_counted() -> None:
    stranger = Cosignature(Cosigner("la.example", PrivateKey.from_seed(bytes(32))).key, 99)
    seen = [*cosigned("X1", time=3), *cosigned("Y1", time=5), stranger]
    assert parse(EXAMPLE).judge(seen).time == 5


def test_witnesses_outside_the_policy_count_for_nothing() -> None:
    policy = parse(f"witness A {KEYS['X1']}\nquorum A\n")
    assert not policy.judge(cosigned("X2", "Y1")).satisfied


def test_a_quorum_that_is_required_and_not_met_is_an_error() -> None:
    policy = parse(EXAMPLE)
    assert policy.require(cosigned("X1", "X2", "Y1")).satisfied
    with pytest.raises(ProofError, match=r"policy\.quorum"):
        policy.require(cosigned("X1", "Y1"))


def test_only_listed_logs_are_accepted_where_any_are_listed() -> None:
    with pytest.raises(ProofError, match=r"policy\.log"):
        parse(EXAMPLE).require_log(OTHER)
    parse(EXAMPLE).require_log(LOG)
    unlisted = parse("quorum none\n")
    unlisted.require_log(OTHER)
    assert unlisted.logs == ()


def test_names_are_opaque_bytes() -> None:
    """ "K" and the Kelvin sign are two names, and what is no UTF-8 is a name, too."""
    kelvin, odd = "\u212a".encode(), b"\xff\xfe"
    lines = [
        b"witness K " + str(KEYS["X1"]).encode(),
        b"witness " + kelvin + b" " + str(KEYS["X2"]).encode(),
        b"witness " + odd + b" " + str(KEYS["X3"]).encode(),
        b"group g all K " + kelvin + b" " + odd,
        b"quorum g",
    ]
    policy = Policy.parse(b"\n".join(lines))
    assert len({witness.name for witness in policy.witnesses}) == 3
    assert Policy.parse(policy.to_bytes()) == policy


def test_thirty_two_of_each_and_many_more_are_borne() -> None:
    lines, name = [], ""
    for n in range(300):
        seed = n.to_bytes(32, "big")
        key = Cosigner(f"w{n}.example", PrivateKey.from_seed(seed)).key
        lines.append(f"witness w{n} {key}\n")
        lines.append(f"group g{n} all w{n} {name}\n")
        name = f"g{n}"
    policy = parse("".join(lines) + f"quorum {name}\n")
    everyone = [Cosignature(key, 0) for key in policy.witness_keys]
    assert policy.judge(everyone).satisfied
    assert not policy.judge(everyone[1:]).satisfied


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("quorum nobody\n", 1),
        (f"quorum X1\n{WITNESSES}", 1),
        ("quorum none\nquorum none\n", 2),
        ("quorum\n", 1),
        ("quorum none none\n", 1),
        ("Quorum none\n", 1),
        ("quorum none # as yet\n", 1),
        ("quorum none\r\n", 1),
        ("quorum none\n\0\n", 2),
        ("quorum none\n#\x7f\n", 2),
        (f"log {KEYS['X1']}\n", 1),
        ("log\n", 1),
        ("log a+b+c\n", 1),
        (f"log {LOG} url more\n", 1),
        (f"log {LOG}\nlog {LOG}\n", 2),
        (f"witness none {KEYS['X1']}\n", 1),
        (f"witness A {LOG}\n", 1),
        ("witness A\n", 1),
        (f"witness A {KEYS['X1']} url more\n", 1),
        (f"witness A {KEYS['X1']}\nwitness A {KEYS['X2']}\n", 2),
        (f"witness A {KEYS['X1']}\nwitness B {KEYS['X1']}\n", 2),
        (f"{WITNESSES}group g any\n", 7),
        (f"{WITNESSES}group g X1 X2\n", 7),
        (f"{WITNESSES}group g 0 X1\n", 7),
        (f"{WITNESSES}group g 2 X1\n", 7),
        (f"{WITNESSES}group g 01 X1\n", 7),
        (f"{WITNESSES}group g -1 X1\n", 7),
        (f"{WITNESSES}group g any X1 X1\n", 7),
        (f"{WITNESSES}group g any g\n", 7),
        (f"{WITNESSES}group g any none\n", 7),
        (f"{WITNESSES}group g any Z1\n", 7),
        (f"{WITNESSES}group X1 any X2\n", 7),
        (f"{WITNESSES}group g any X1\ngroup h any X1\n", 8),
        (f"{WITNESSES}group g any h\ngroup h any X1\n", 7),
    ],
)
def test_each_wrong_line_is_named(text: str, line: int) -> None:
    with pytest.raises(FormatError, match=r"policy\.malformed") as refusal:
        parse(text)
    assert refusal.value.params["line"] == line


def test_the_same_key_under_another_name_is_the_same_witness() -> None:
    alias = Cosigner("alias.example", PrivateKey.from_seed(bytes([1]) * 32)).key
    assert alias.public == KEYS["X1"].public
    with pytest.raises(FormatError, match=r"policy\.malformed"):
        parse(f"witness A {KEYS['X1']}\nwitness B {alias}\nquorum A\n")


@pytest.mark.parametrize("text", ["", "\n", f"log {LOG}\n"])
def test_a_policy_without_a_quorum_is_none(text: str) -> None:
    with pytest.raises(FormatError, match=r"policy\.no-quorum"):
        parse(text)


def test_a_policy_beyond_the_limit_is_refused() -> None:
    with pytest.raises(FormatError, match=r"policy\.too-large"):
        Policy.parse(b"#" * (MAX_POLICY_BYTES + 1))
