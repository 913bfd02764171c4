"""Laws of Digital Links: what is built is read again; whatever is read, nothing but ours leaks."""

from hypothesis import given
from hypothesis import strategies as st

from labels.application_identifiers import CHARACTERS_82, FORMATS, fits
from labels.digital_link import DigitalLink, read
from traceability.core.errors import FormatError
from traceability.core.ids import check_digit

gtins = st.text("0123456789", min_size=13, max_size=13).map(lambda d: f"{d}{check_digit(d)}")
values = st.text(CHARACTERS_82, min_size=1, max_size=20).filter(lambda v: v not in {".", ".."})
hosts = st.from_regex(r"[a-z0-9]{1,12}(\.[a-z]{2,8}){0,2}(:[1-9][0-9]{1,4})?", fullmatch=True)


@given(hosts, gtins, st.none() | values, st.none() | values)
def test_a_link_reads_back_as_it_was_built(
    host: str, gtin: str, lot: str | None, serial: str | None
) -> None:
    link = DigitalLink(host, gtin, lot, serial)
    assert DigitalLink.parse(link.uri) == link
    expected = [("01", gtin), ("10", lot), ("21", serial)]
    carried = [(e.ai, e.value) for e in read(link.uri).elements]
    assert carried == [(ai, value) for ai, value in expected if value is not None]


@given(gtins, values, values)
def test_a_uri_needs_no_more_than_unreserved_characters_and_percent_signs(
    gtin: str, lot: str, serial: str
) -> None:
    path = DigitalLink("h.vn", gtin, lot, serial).uri.removeprefix("https://h.vn/")
    assert path.count("/") == 5
    assert all(c.isalnum() or c in "-._~%/" for c in path)
    assert path.isascii()


@given(st.sampled_from(sorted(FORMATS)), st.text(max_size=95))
def test_a_value_that_fits_is_made_of_gs1_characters(ai: str, value: str) -> None:
    if fits(ai, value):
        assert value.isascii()
        assert 1 <= len(value) <= 90


@given(
    st.text(max_size=60)
    | st.text("htps:/01.&?=#%+a2", max_size=60).map(lambda t: f"https://a/{t}")
    | st.tuples(gtins, st.text(max_size=20)).map(lambda t: f"https://a/01/{t[0]}{t[1]}")
)
def test_any_text_is_read_or_refused_with_a_code_of_ours(text: str) -> None:
    refusals = []
    try:
        link = read(text, names=True, short_gtins=True, unknown_attributes=True)
    except FormatError as refusal:
        refusals.append(refusal.code)
    assert refusals or link.element_string().startswith("^" + link.path[0].ai)
    assert all(code.startswith("link.") for code in refusals)
