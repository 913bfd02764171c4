"""A compressed page with something put into it is that page, for every client."""

import gzip
import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from api.splice import Spliced, filled

TEXTS = st.one_of(
    st.binary(max_size=400),
    st.builds(lambda text, times: text * times, st.binary(max_size=40), st.integers(0, 3000)),
)


NAMES = ("title", "mark", "path", "mark")  # one may stand twice


@settings(deadline=None)
@given(
    st.lists(TEXTS, min_size=1, max_size=5),
    st.lists(st.dictionaries(st.sampled_from(NAMES), TEXTS), min_size=1, max_size=3),
)
def test_what_was_put_in_stands_between_what_was_there(
    parts: list[bytes], puts: list[dict[str, bytes]]
) -> None:
    standing = {"title": b"a title", "mark": b"", "path": b"?"}
    body = parts[0]
    for name, part in zip(NAMES, parts[1:], strict=False):
        body += f"<!--label:{name}-->".encode() + part
    spliced = Spliced(body, standing)
    assert spliced.plain() == filled(body, standing)
    for put in puts:
        whole = parts[0]
        for name, part in zip(NAMES, parts[1:], strict=False):
            whole += {**standing, **put}[name] + part
        assert spliced.plain(put) == whole
        packed = spliced.gzip(put)
        assert gzip.decompress(packed) == whole
        one = zlib.decompressobj(wbits=31)  # checks length and check sum of the first member
        assert one.decompress(packed) == whole
        assert one.eof
        assert one.unused_data == b""


def test_it_is_about_as_small_as_if_it_were_compressed_whole() -> None:
    before = b"".join(b"<li class='step'>%d</li>" % n for n in range(500))
    after = b"".join(b"<li class='proof'>%d</li>" % n for n in range(2000))
    middle = b"<p>a label</p>"
    spliced = Spliced(before + b"<!--label:mark-->" + after, {"mark": b""})
    whole = gzip.compress(before + middle + after, 9)
    assert len(spliced.gzip({"mark": middle})) < 1.1 * len(whole) + 100
