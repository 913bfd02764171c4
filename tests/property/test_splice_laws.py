"""A compressed page with something put into it is that page, for every client."""

import gzip
import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from api.splice import Spliced

TEXTS = st.one_of(
    st.binary(max_size=400),
    st.builds(lambda text, times: text * times, st.binary(max_size=40), st.integers(0, 3000)),
)


@settings(deadline=None)
@given(TEXTS, TEXTS, st.lists(TEXTS, min_size=1, max_size=3))
def test_what_was_put_in_stands_between_what_was_there(
    before: bytes, after: bytes, middles: list[bytes]
) -> None:
    spliced = Spliced(before, after)
    for middle in middles:
        whole = before + middle + after
        assert spliced.plain(middle) == whole
        packed = spliced.gzip(middle)
        assert gzip.decompress(packed) == whole
        one = zlib.decompressobj(wbits=31)  # checks length and check sum of the first member
        assert one.decompress(packed) == whole
        assert one.eof
        assert one.unused_data == b""


def test_it_is_about_as_small_as_if_it_were_compressed_whole() -> None:
    before = b"".join(b"<li class='step'>%d</li>" % n for n in range(500))
    after = b"".join(b"<li class='proof'>%d</li>" % n for n in range(2000))
    spliced, middle = Spliced(before, after), b"<p>a label</p>"
    whole = gzip.compress(before + middle + after, 9)
    assert len(spliced.gzip(middle)) < 1.1 * len(whole) + 100
