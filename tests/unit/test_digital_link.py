"""GS1 Digital Link URIs: how they are built, what is refused, and with which code."""

import pytest

from labels.application_identifiers import CHARACTERS_82, FORMATS, QUALIFIERS, fits
from labels.digital_link import LONGEST, DigitalLink, check_digits, read
from traceability.core.errors import FormatError
from traceability.core.ids import is_lot

GTIN = "08931234567897"


def test_a_link_to_a_lot_is_the_gtin_and_then_the_lot() -> None:
    link = DigitalLink("goc.example", GTIN, "CD-20261122")
    assert link.uri == f"https://goc.example/01/{GTIN}/10/CD-20261122"


def test_a_link_to_a_unit_ends_in_its_serial() -> None:
    link = DigitalLink("goc.example", GTIN, "CD1", "0A9K2")
    assert link.uri == f"https://goc.example/01/{GTIN}/10/CD1/21/0A9K2"


def test_a_short_gtin_is_filled_up_to_fourteen_digits() -> None:
    assert DigitalLink("goc.example", "8931234567897").uri.endswith(f"/01/{GTIN}")


def test_characters_with_a_meaning_in_addresses_are_percent_encoded() -> None:
    uri = DigitalLink("goc.example", GTIN, "A/B%C?D+E", '<"&>').uri
    assert uri.endswith("/10/A%2FB%25C%3FD%2BE/21/%3C%22%26%3E")
    assert DigitalLink.parse(uri).lot == "A/B%C?D+E"


def test_each_of_the_82_characters_survives() -> None:
    assert len(CHARACTERS_82) == len(set(CHARACTERS_82)) == 82
    for character in CHARACTERS_82:
        assert is_lot(character)
        link = DigitalLink("goc.example", GTIN, f"a{character}", f"{character}b")
        assert DigitalLink.parse(link.uri) == link


def test_a_ledger_tried_out_at_home_may_be_linked_without_tls() -> None:
    link = DigitalLink("127.0.0.1:8000", GTIN, "L1", scheme="http")
    assert link.uri == f"http://127.0.0.1:8000/01/{GTIN}/10/L1"
    assert DigitalLink.parse(link.uri) == link


def test_a_host_is_written_in_lower_case() -> None:
    assert DigitalLink("Goc.Example", GTIN).uri.startswith("https://goc.example/")


@pytest.mark.parametrize(
    ("domain", "lot", "serial", "code"),
    [
        ("goc example", "A", None, "link.domain"),
        ("goc.example/vn", "A", None, "link.domain"),
        ("gốc.vn", "A", None, "link.domain"),
        ("", "A", None, "link.domain"),
        ("user@goc.example", "A", None, "link.domain"),
        ("goc.example\n", "A", None, "link.domain"),
        ("goc.example", "", None, "link.value"),
        ("goc.example", "A" * 21, None, "link.value"),
        ("goc.example", "lô-1", None, "link.value"),
        ("goc.example", "A#B", None, "link.value"),  # not among the 82
        ("goc.example", "A B", None, "link.value"),
        ("goc.example", "A\n", None, "link.value"),
        ("goc.example", "A", "", "link.value"),
        ("goc.example", "..", None, "link.dots"),
        ("goc.example", "A", ".", "link.dots"),
    ],
)
def test_what_no_label_can_carry_is_refused(
    domain: str, lot: str, serial: str | None, code: str
) -> None:
    with pytest.raises(FormatError) as refusal:
        DigitalLink(domain, GTIN, lot, serial)
    assert refusal.value.code == code


@pytest.mark.parametrize("gtin", ["08931234567894", "8931", "0893123456789x"])
def test_a_wrong_gtin_is_refused(gtin: str) -> None:
    with pytest.raises(FormatError) as refusal:
        DigitalLink("goc.example", gtin)
    assert refusal.value.code.startswith("gtin.")
    with pytest.raises(FormatError):
        DigitalLink.parse(f"https://goc.example/01/{gtin}")


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("https://a/" + "x" * LONGEST, "link.too-long"),
        (f"https://a/01/{GTIN}/10/lô", "link.character"),
        ("mailto:a@b", "link.scheme"),
        ("https://a", "link.no-key"),
        ("https://a@b/01/" + GTIN, "link.domain"),
        ("https://a/about", "link.no-key"),
        ("https://a/ARHKVAdpQgo", "link.compressed"),
        (f"https://a/01/{GTIN}/10/A%2", "link.percent"),
        (f"https://a/01/{GTIN}/10/", "link.empty"),
        (f"https://a/01/{GTIN}?17=", "link.empty"),
        (f"https://a/01/{GTIN}/10/A%00B", "link.value"),
        (f"https://a/01/{GTIN}/10/A%C3%A9", "link.value"),
        (f"https://a/01/{GTIN}/10/A%23B", "link.value"),
        (f"https://a/01/{GTIN}/10/A%0A", "link.value"),
        ("https://a/01/1234", "link.value"),
        ("https://a/01/8931234567897", "link.short-gtin"),
        ("https://a/01/893123456789", "link.short-gtin"),
        ("https://a/01/89312345", "link.short-gtin"),
        ("https://a/00/006141411234567890?01=8931234567897", "link.short-gtin"),
        (f"https://a/01/{GTIN}/17/261122", "link.order"),
        (f"https://a/01/{GTIN}/10/A/3103/000500", "link.order"),
        (f"https://a/01/{GTIN}/21/1/10/A", "link.order"),
        (f"https://a/01/{GTIN}/10/A/10/B", "link.order"),
        (f"https://a/01/{GTIN}/22/A/235/B", "link.order"),
        (f"https://a/01/{GTIN}?0=1", "link.unknown-ai"),
        (f"https://a/01/{GTIN}?17=261122&17=261123", "link.repeated"),
        (f"https://a/01/{GTIN}/10/A?10=A", "link.repeated"),
        (f"https://a/01/{GTIN}?8200=A", "link.attribute"),
        (f"https://a/01/{GTIN}?21=A", "link.attribute"),
        (f"https://a/01/{GTIN}?10=A", "link.misplaced"),
    ],
)
def test_a_wrong_uri_is_refused_by_name(uri: str, code: str) -> None:
    with pytest.raises(FormatError) as refusal:
        read(uri)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("path", "right", "wrong"),
    [
        ("00/{}", "006141411234567890", "006141411234567891"),
        ("01/{}", GTIN, "08931234567894"),
        ("414/{}", "9520123456788", "9520123456789"),
        ("253/{}", "9520123456788DOC1", "9520123456787DOC1"),
        ("402/{}", "61414112345678902", "61414112345678901"),
        ("8003/{}", "00614141000012A1", "00614141000013A1"),
        ("8018/{}", "061414112345678902", "061414112345678901"),
        (f"01/{GTIN}/10/L1?410={{}}", "9520123456788", "9520123456780"),
    ],
)
def test_a_wrong_check_digit_is_refused_wherever_one_stands(
    path: str, right: str, wrong: str
) -> None:
    check_digits(read("https://goc.example/" + path.format(right)))
    with pytest.raises(FormatError) as refusal:
        check_digits(read("https://goc.example/" + path.format(wrong)))
    assert refusal.value.code.endswith(".check-digit")
    assert refusal.value.params["found"] != refusal.value.params["expected"]


def test_a_label_with_a_wrong_digit_in_another_key_is_refused_too() -> None:
    with pytest.raises(FormatError) as refusal:
        DigitalLink.parse(f"https://goc.example/01/{GTIN}/10/L1?410=9520123456780")
    assert refusal.value.code == "link.check-digit"


def test_a_link_to_a_place_is_not_one_to_a_product() -> None:
    with pytest.raises(FormatError) as refusal:
        DigitalLink.parse("https://goc.example/414/9520123456788")
    assert refusal.value.code == "link.not-a-product"


def test_a_stem_and_other_parameters_are_passed_over() -> None:
    uri = f"https://goc.example/vi/tem/01/{GTIN}/10/L1?17=261231&linkType=gs1:pip#top"
    link = read(uri)
    assert link.stem == "https://goc.example/vi/tem"
    assert link.value("17") == "261231"
    assert link.value("21") is None
    assert DigitalLink.parse(uri) == DigitalLink("goc.example", GTIN, "L1")


def test_every_qualifier_of_the_table_has_a_format() -> None:
    for key, sequences in QUALIFIERS.items():
        assert {key, *(ai for sequence in sequences for ai in sequence)} <= set(FORMATS)


@pytest.mark.parametrize(
    ("ai", "good", "bad"),
    [
        ("00", "006141411234567890", "00614141123456789"),
        ("10", "A" * 20, "A" * 21),
        ("253", "1231231231232", "123123123123"),
        ("253", "1231231231232" + "x" * 17, "1231231231232" + "x" * 18),
        ("310" + "3", "000195", "00195"),
        ("423", "704156", "7041"),
        ("7007", "261101261122", "2611012611"),
        ("8010", "ABC-1/2#3", "abc"),
        ("8030", "a-_Z", "a+Z"),
        ("4331", "000200-", "000200 "),
    ],
)
def test_a_value_has_the_length_and_characters_of_its_identifier(
    ai: str, good: str, bad: str
) -> None:
    assert fits(ai, good)
    assert not fits(ai, bad)


def test_measures_exist_with_up_to_five_decimals() -> None:
    assert {"3100", "3105", "3375", "3695"} <= set(FORMATS)
    assert not {"3106", "3380", "3580", "3590"} & set(FORMATS)
