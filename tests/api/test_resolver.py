"""What a label's address leads to: for people, for machines, and where it leads nowhere."""

import gzip
import io
import re
import time
from hashlib import sha256
from html import unescape
from pathlib import Path

import httpx
import numpy as np
import orjson
import pytest
import zxingcpp
from jsonschema import Draft7Validator  # type: ignore[import-untyped]
from PIL import Image

from api.web.render import CONTENT_SECURITY_POLICY
from tests.api.served import HOST
from tests.api.stand import Stand
from traceability.core.bundle import Bundle
from traceability.core.verify import verify
from traceability.text import text

LINKSET = "application/linkset+json"
VOCABULARY = "https://ref.gs1.org/voc/"


def raw(stand: Stand, path: str, **headers: str) -> httpx.Response:
    """Ask with these headers alone."""
    with httpx.Client(base_url=stand.client.base_url, headers={}) as client:
        client.headers.clear()
        return client.get(path, headers=headers)


# -- the page ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "liked", "language"),
    [
        ("", "", "vi"),
        ("", "vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "en;q=0.2, vi;q=0.1", "en"),
        ("", "fr, de;q=0.9", "vi"),
        ("", "*", "vi"),
        ("", "en;q=x", "vi"),
        ("", "en;q=nan", "vi"),
        ("", "vi;q=0.4, en-GB;q=0.5, en;q=0.3", "en"),
        ("", "vi;q=0", "en"),
        ("", "vi;q=0, en;q=0", "vi"),
        ("", "*;q=0.5, vi;q=0.2", "en"),
        ("", "fr, " * 200 + "en", "en"),
        ("?lang=en", "vi", "en"),
        ("?lang=vi", "en", "vi"),
        ("?lang=fr", "en", "en"),
    ],
)
def test_the_page_speaks_the_readers_language(
    stand: Stand, path: str, liked: str, language: str
) -> None:
    page = raw(stand, stand.page_path + path, **{"accept-language": liked})
    assert page.status_code == 200
    assert page.headers["content-language"] == language
    assert f'<html lang="{language}">' in page.text
    assert stand.lot in page.text


def test_a_page_goes_out_with_what_keeps_it_safe_and_small(stand: Stand) -> None:
    page = raw(stand, stand.page_path, **{"accept-encoding": "gzip"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["content-encoding"] == "gzip"
    assert int(page.headers["content-length"]) < 30_000
    assert page.headers["cache-control"] == "public, max-age=1"
    assert {"accept", "accept-language", "accept-encoding"} <= {
        each.strip().lower() for each in page.headers["vary"].split(",")
    }
    plain = raw(stand, stand.page_path, **{"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == page.text


def test_every_resource_of_a_page_comes_from_the_same_host(stand: Stand) -> None:
    for path in (stand.page_path, "/", "/docs", "/problems"):
        found = re.findall(r'(?:src|href)="([^"]+)"', raw(stand, path).text)
        assert [each for each in found if not each.startswith(("/", "#", "?", "data:"))] == []


def test_a_page_that_is_known_is_not_sent_again(stand: Stand) -> None:
    first = raw(stand, stand.page_path)
    again = raw(stand, stand.page_path, **{"if-none-match": first.headers["etag"]})
    other = raw(stand, stand.page_path, **{"if-none-match": '"other"'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert other.status_code == 200


def test_head_is_answered_as_get_without_the_page(stand: Stand) -> None:
    head = stand.client.head(stand.page_path)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 1000


@pytest.mark.parametrize("path", ["", "/21/XYZ123", "?17=261231&3103=000500", "?utm=x#top"])
def test_what_else_an_address_carries_leads_to_the_same_page(stand: Stand, path: str) -> None:
    assert stand.lot in raw(stand, stand.page_path + path).text


def test_a_lot_code_with_strange_letters_is_found(stand: Stand) -> None:
    world = stand.world
    line = (stand.product, 'A/B%1"<>', "1 KGM")
    stand.append(world.harvest(stand.farm, stand.plot, [line]))
    path = f"{stand.product}/10/A%2FB%251%22%3C%3E"
    page = raw(stand, f"/01/{path}")
    assert page.status_code == 200
    assert "A/B%1&#34;&lt;&gt;" in page.text
    found = stand.get(f"/api/v1/lots/{path.replace('/10/', '/')}").json()
    assert found["lot"] == 'A/B%1"<>'
    assert stand.get(found["links"]["bundle"]).status_code == 200
    label = stand.get(found["links"]["label"].replace(".svg", ".png")).content
    assert scanned(label) == found["link"]


def scanned(png: bytes) -> str:
    """What a scanner reads off a picture."""
    (found,) = zxingcpp.read_barcodes(np.asarray(Image.open(io.BytesIO(png)).convert("L")))
    return str(found.text)


# -- the page and the ledger -----------------------------------------------------------------------
def test_a_page_says_within_two_seconds_what_was_appended(stand: Stand) -> None:
    world = stand.world
    plot = world.place(stand.farm)
    fresh = world.harvest(stand.farm, plot, [(stand.product, world.lot(), "5 KGM")])
    stand.append_all(world.take()[-2:])
    path = f"/01/{stand.product}/10/{fresh[0].lot}"
    before = raw(stand, path + "?lang=en")
    assert before.status_code == 200
    about = {"product": stand.product, "lot": fresh[0].lot}
    assert stand.append(world.inspect(stand.farm, about, "fail")).status_code == 201
    deadline = time.monotonic() + 5
    while (after := raw(stand, path + "?lang=en")).text == before.text:
        assert time.monotonic() < deadline, "the page never heard of it"
        time.sleep(0.1)
    assert text("en", "alert.inspect.failed") in after.text
    assert text("en", "alert.inspect.failed") not in before.text
    assert after.headers["etag"] != before.headers["etag"]


def test_a_page_stays_the_same_while_the_ledger_does(own_stand: Stand) -> None:
    first = raw(own_stand, own_stand.page_path)
    time.sleep(1.2)  # no longer fresh, and still valid
    own_stand.world.later(60_000)
    assert raw(own_stand, own_stand.page_path).headers["etag"] == first.headers["etag"]


def test_the_page_the_json_and_the_bundle_agree(stand: Stand) -> None:
    bundle = Bundle.from_json(stand.get(stand.lot_path + "/bundle").content)
    report = verify(bundle, stand.world.signer.key)
    assert report.holds
    found = stand.get(stand.lot_path).json()
    assert found["holds"] is True
    assert found["records"] == len(bundle.entries)
    shown = {each["name"]: each["outcome"] for each in found["verdicts"]}
    assert shown == {name: each.outcome for name, each in report.verdicts.items()}


# -- for machines ----------------------------------------------------------------------------------
def test_machines_get_json_from_the_same_address(stand: Stand) -> None:
    asked = raw(stand, stand.page_path, accept="application/json").json()
    assert asked == stand.get(stand.lot_path).json()
    assert asked["link"] == f"{HOST}{stand.page_path}"
    assert asked["maker"] == stand.farm.id


@pytest.mark.parametrize("by", ["accept", "?linkType=linkset", "?linkType=all"])
def test_the_linkset_is_valid_and_each_of_its_links_leads_somewhere(
    stand: Stand, shared_vectors: Path, by: str
) -> None:
    headers = {"accept": LINKSET} if by == "accept" else {}
    answer = raw(stand, stand.page_path + ("" if by == "accept" else by), **headers)
    assert answer.headers["content-type"] == LINKSET
    assert 'rel="http://www.w3.org/ns/json-ld#context"' in answer.headers["link"]
    schema = orjson.loads((shared_vectors / "gs1-linkset-schema.json").read_bytes())
    Draft7Validator(schema).validate(answer.json())
    contexts = answer.json()["linkset"]
    anchors = [context["anchor"] for context in contexts]
    assert anchors == [f"{HOST}{stand.page_path}", f"{HOST}/01/{stand.product}"]
    for context in contexts:
        for term, links in context.items():
            if term in ("anchor", "itemDescription"):
                continue
            for link in links:
                there = raw(stand, link["href"].removeprefix(HOST), accept=link["type"])
                assert there.status_code == 200
                assert there.headers["content-type"].startswith(link["type"])


def test_a_linkset_goes_from_the_unit_up_to_the_key(stand: Stand, shared_vectors: Path) -> None:
    answer = raw(stand, f"{stand.page_path}/21/0A9K2?linkType=linkset")
    schema = orjson.loads((shared_vectors / "gs1-linkset-schema.json").read_bytes())
    Draft7Validator(schema).validate(answer.json())
    anchors = [context["anchor"].removeprefix(HOST) for context in answer.json()["linkset"]]
    lot = stand.page_path
    assert anchors == [f"{lot}/21/0A9K2", lot, f"/01/{stand.product}"]


def test_linksets_of_units_crowd_nothing_out(own_stand: Stand) -> None:
    raw(own_stand, own_stand.page_path + "?linkType=linkset")
    raw(own_stand, f"{own_stand.page_path}/21/S?linkType=linkset")
    before = len(own_stand.app.state.goc.pages._kept)
    for n in range(20):
        found = raw(own_stand, f"{own_stand.page_path}/21/S{n}?linkType=linkset")
        assert found.status_code == 200
    assert len(own_stand.app.state.goc.pages._kept) == before


def test_a_linkset_may_be_asked_for_one_link_type(stand: Stand) -> None:
    some = raw(stand, stand.page_path + "?linkType=gs1:pip", accept=LINKSET).json()["linkset"]
    assert [set(each) for each in some] == [{"anchor", "itemDescription", VOCABULARY + "pip"}]
    none = raw(stand, stand.page_path + "?linkType=gs1:safetyInfo", accept=LINKSET)
    assert (none.status_code, none.json()["code"]) == (404, "link.type")


def test_a_linkset_tells_of_a_product_that_was_renamed(own_stand: Stand) -> None:
    path, world = own_stand.page_path + "?linkType=linkset", own_stand.world
    assert "Dứa" not in raw(own_stand, path).text
    world.product(own_stand.farm, product=own_stand.product, name={"vi": "Dứa mật"})
    assert own_stand.append(world.records[-1]).status_code == 201
    deadline = time.monotonic() + 6
    while "Dứa mật" not in raw(own_stand, path).text:
        assert time.monotonic() < deadline, "the linkset never heard of it"
        time.sleep(0.1)


def test_the_resolver_describes_itself(stand: Stand, shared_vectors: Path) -> None:
    schema = orjson.loads((shared_vectors / "gs1resolver-description-schema.json").read_bytes())
    described = raw(stand, "/.well-known/gs1resolver").json()
    Draft7Validator(schema).validate(described)
    assert described["resolverRoot"] == HOST


@pytest.mark.parametrize(
    ("link_type", "status"),
    [
        ("gs1:traceability", 200), ("https://ref.gs1.org/voc/traceability", 200),
        ("https%3A%2F%2Fgs1.org%2Fvoc%2Ftraceability", 200), ("traceability", 200),
        ("gs1:defaultLink", 200), ("gs1:defaultLinkMulti", 200), ("gs1:certificationInfo", 200),
        ("", 200), ("gs1:pip", 307), ("gs1:masterData", 307),
        ("gs1:recallStatus", 404), ("gs1:PIP", 404), ("x", 404),
    ],
)  # fmt: skip
def test_a_link_type_is_served_or_is_not_there(stand: Stand, link_type: str, status: int) -> None:
    answer = raw(stand, f"{stand.page_path}?linkType={link_type}")
    assert answer.status_code == status
    if status == 200:
        assert stand.lot in answer.text


def test_of_two_link_types_the_first_counts(stand: Stand) -> None:
    asked = "?linkType=gs1:recallStatus&linkType=gs1:traceability"
    assert raw(stand, stand.page_path + asked).status_code == 404


def test_a_redirection_takes_the_query_along_and_arrives(stand: Stand) -> None:
    query = "linkType=gs1:pip&17=261231&utm=%22x%20%C3%A9&lang=en"
    answer = raw(stand, f"{stand.page_path}?{query}")
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{HOST}/01/{stand.product}?{query}"
    assert {"accept", "accept-language"} <= set(answer.headers["vary"].lower().split(", "))
    there = raw(stand, answer.headers["location"].removeprefix(HOST))
    assert there.status_code == 200
    assert there.headers["content-language"] == "en"


def test_a_redirection_to_the_api_brings_it_nothing_that_it_does_not_know(stand: Stand) -> None:
    answer = raw(stand, f"{stand.page_path}?linkType=gs1:masterData&17=261231")
    assert answer.headers["location"] == f"{HOST}/api/v1/products/{stand.product}"
    assert raw(stand, answer.headers["location"].removeprefix(HOST)).status_code == 200
    links = raw(stand, stand.page_path + "?linkType=linkset").json()["linkset"][1]
    assert [each["fwqs"] for each in links[VOCABULARY + "masterData"]] == [False]


def test_a_link_type_that_only_the_lot_has_leads_from_the_unit_to_the_lot(stand: Stand) -> None:
    answer = raw(stand, f"{stand.page_path}/21/S1?linkType=gs1:certificationInfo")
    assert answer.status_code == 307
    assert answer.headers["location"].startswith(f"{HOST}{stand.page_path}?")


def test_several_links_that_suit_alike_are_left_to_the_client(
    stand: Stand, shared_vectors: Path
) -> None:
    asked = stand.page_path + "?linkType=gs1:traceability"
    answer = raw(stand, asked, accept="application/json")
    assert answer.status_code == 300
    assert answer.headers["content-type"] == LINKSET
    schema = orjson.loads((shared_vectors / "gs1-linkset-schema.json").read_bytes())
    Draft7Validator(schema).validate(answer.json())
    (context,) = answer.json()["linkset"]
    types = [each["type"] for each in context[VOCABULARY + "traceability"]]
    assert types.count("application/json") == 3
    assert raw(stand, asked, accept="text/html, application/json;q=0.9").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/01/{product}/10/COPIED?linkType=gs1:masterData", "/01/02000000000992?linkType=gs1:pip"],
)
def test_what_the_ledger_does_not_know_has_no_links(stand: Stand, path: str) -> None:
    for accept in (LINKSET, "application/json"):
        answer = raw(stand, path.format(product=stand.product), accept=accept)
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("accept", "status", "form"),
    [
        ("", 200, "text/html"),
        ("*/*", 200, "text/html"),
        ("text/*", 200, "text/html"),
        ("application/*", 200, "application/json"),
        ("text/html;q=0.5, application/json", 200, "application/json"),
        ("text/html;q=0.5, */*;q=0.1", 200, "text/html"),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", 200, "text/html"),
        ("application/json, text/plain, */*", 200, "application/json"),
        ("text/html;q=0, */*", 200, "application/json"),
        ("text/html;q=0, application/json;q=0, */*;q=0.1", 200, LINKSET),
        (LINKSET + ";q=0.9, text/html;q=0.8", 200, LINKSET),
        (LINKSET + ";q=0.1, text/html", 200, "text/html"),
        ("Application/JSON; charset=UTF-8", 200, "application/json"),
        ("image/png", 406, "application/problem+json"),
        ("text/html;q=0", 406, "application/problem+json"),
        ("*/*;q=0", 406, "application/problem+json"),
        ("nonsense", 406, "application/problem+json"),
    ],
)
def test_an_address_gives_the_form_that_is_liked_best(
    stand: Stand, accept: str, status: int, form: str
) -> None:
    for path in (stand.page_path, f"/01/{stand.product}"):
        answer = raw(stand, path, accept=accept)
        assert answer.status_code == status
        assert answer.headers["content-type"].partition(";")[0] == form
        if status == 200:
            assert "accept" in answer.headers["vary"].lower().split(", ")
        else:
            assert answer.json()["code"] == "request.not-acceptable"
            assert LINKSET in answer.json()["params"]["offered"]


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        ("?linkType=gs1:pip", "text/html", 307),
        ("?linkType=gs1:traceability", "application/json", 300),
        ("?linkType=gs1:recallStatus", "text/html", 404),
        ("?10=L1", "text/html", 400),
        ("", "image/png", 406),
        ("?linkType=linkset", "text/html", 200),
    ],
)
def test_head_tells_of_every_answer_what_get_would(
    stand: Stand, query: str, accept: str, status: int
) -> None:
    path = stand.page_path + query
    head = stand.client.head(path, headers={"accept": accept})
    got = stand.client.get(path, headers={"accept": accept})
    assert (head.status_code, got.status_code, head.content) == (status, status, b"")
    for name in ("content-type", "content-length", "location", "link", "vary"):
        assert head.headers.get(name) == got.headers.get(name)
    assert head.headers["access-control-allow-origin"] == "*"


def test_a_header_in_two_lines_is_one_list(stand: Stand) -> None:
    lines = [("accept", "text/html;q=0.2"), ("accept", "application/json")]
    answer = httpx.get(f"{stand.client.base_url}{stand.page_path}", headers=lines)
    assert answer.headers["content-type"] == "application/json"


def test_every_form_leads_to_the_linkset(stand: Stand) -> None:
    for path in (stand.page_path, f"/01/{stand.product}"):
        there = f'<{path}?linkType=linkset>; rel="linkset"; type="{LINKSET}"'
        answer = raw(stand, path)
        assert answer.headers["link"] == there
        assert "Link" in answer.headers["access-control-expose-headers"]
        assert stand.client.head(path).headers["link"] == there
    assert 'rel="linkset"' in raw(stand, stand.page_path + "?linkType=pip").headers["link"]


def test_pages_of_other_sites_may_read_and_not_write(stand: Stand) -> None:
    asked = stand.client.options(stand.page_path)
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == "*"
    assert asked.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert "authorization" not in asked.headers["access-control-allow-headers"].lower()
    assert raw(stand, stand.page_path).headers["access-control-allow-origin"] == "*"


# -- where it leads nowhere ------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/01/{product}/10/COPIED", 404, "This lot is not known"),
        ("/01/02000000000992/10/L1", 404, "This lot is not known"),
        ("/01/02000000000992", 404, "This lot is not known"),
        ("/01/02000000000016/10/L1", 400, "This label cannot be read"),
        ("/01/123/10/L1", 400, "This label cannot be read"),
        ("/01/{product}/10/", 400, "This label cannot be read"),
        ("/01/{product}/21/X/10/L1", 400, "This label cannot be read"),
        ("/01/{product}/10/%20", 400, "This label cannot be read"),
        ("/01/{product}/10/%ZZ", 400, "This label cannot be read"),
        ("/01/{product}/10/" + "L" * 21, 400, "This label cannot be read"),
        ("/01/{product}/10/L1/21/" + "x" * 600, 400, "This label cannot be read"),
        ("/01/<script>alert(1)</script>/10/L1", 400, "This label cannot be read"),
    ],
)
def test_a_label_that_leads_nowhere_is_explained(
    stand: Stand, path: str, status: int, says: str
) -> None:
    page = raw(stand, path.format(product=stand.product), **{"accept-language": "en"})
    assert page.status_code == status
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    assert says in page.text
    assert "<script>alert" not in page.text
    data = raw(stand, path.format(product=stand.product), accept="application/json")
    assert data.status_code == status
    assert data.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/01/02000000000016/10/L1", "gtin.check-digit"),
        ("/01/2000000000015/10/L1", "link.short-gtin"),
        ("/01/{product}?10=L1", "link.misplaced"),
        ("/01/{product}/10/L1?21=S1", "link.attribute"),
        ("/01/{product}/10/L1?10=L1", "link.repeated"),
        ("/01/{product}/10/L1?17=261231&17=261230", "link.repeated"),
        ("/01/{product}/10/L1?17=2612", "link.value"),
        ("/01/{product}/10/L1?89=X", "link.unknown-ai"),
        ("/01/{product}/10/L1?410=9520123456780", "link.check-digit"),
        ("/01/{product}/10/L1/17/261231", "link.order"),
        ("/01/{product}/21/S1/10/L1", "link.order"),
        ("/01/{product}/10/L1/10/L2", "link.order"),
        ("/01/{product}/10/L1/", "link.pairs"),
        ("/01/{product}/10/L1/x", "link.pairs"),
        ("/01/{product}/10/L1/x/y", "link.pairs"),
        ("/01/{product}/10/X/01/02000000000022", "link.elsewhere"),
        ("/01/{product}/10/A%2", "link.percent"),
        ("/01/{product}/10/A%23B", "link.value"),
        ("/01/{product}/10/A%20B", "link.value"),
        ("/01/{product}/10/L1?x=" + "y" * 2100, "link.too-long"),
    ],
)
def test_an_address_that_is_wrong_is_refused_with_the_reason(
    stand: Stand, path: str, code: str
) -> None:
    path = path.format(product=stand.product)
    data = raw(stand, path, accept="application/json")
    assert (data.status_code, data.json()["code"]) == (400, code)
    page = raw(stand, path, **{"accept-language": "vi"})
    assert page.status_code == 400
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert data.json()["detail"] in unescape(page.text)


def test_a_proxy_that_decodes_slashes_never_leads_to_another_lot(own_stand: Stand) -> None:
    stand = own_stand
    codes = ("A", "A/21/B", "C/D", "C%2FD", "E/F", "G%41", "GA")
    lines = [(stand.product, code, "1 KGM") for code in codes]
    sent = stand.append(stand.world.harvest(stand.farm, stand.plot, lines))
    assert sent.status_code == 201
    kept = f"/01/{stand.product}/10/"
    for whole in ("A", "A%2F21%2FB", "C%252FD", "E%2FF", "G%2541", "GA", "A/21/S1"):
        assert raw(stand, kept + whole).status_code == 200
    for decoded, meant in (("A/21/B", "A/21/B"), ("C%2FD", "C%2FD"), ("G%41", "G%41")):
        answer = raw(stand, kept + decoded, accept="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "link.ambiguous")
        assert answer.json()["params"]["lot"] == meant
        assert raw(stand, kept + decoded).status_code == 400
    lost = raw(stand, kept + "E/F", accept="application/json")
    assert (lost.status_code, lost.json()["code"]) == (400, "link.pairs")


def test_a_product_without_a_lot_says_where_the_lot_stands(stand: Stand) -> None:
    page = raw(stand, f"/01/{stand.product}", **{"accept-language": "en"})
    assert page.status_code == 200
    assert "Product 1" in page.text
    assert f"{HOST}/01/{stand.product}/10/" in page.text
    data = raw(stand, f"/01/{stand.product}", accept="application/json").json()
    assert data["data"]["name"]["vi"] == "Sản phẩm 1"
    linkset = raw(stand, f"/01/{stand.product}", accept=LINKSET).json()
    assert "https://ref.gs1.org/voc/masterData" in linkset["linkset"][0]


def test_a_product_has_a_page_like_that_of_a_lot_and_no_name_reorders_it(own_stand: Stand) -> None:
    stand = own_stand
    name = {"vi": "Khóm \u202egnoud\u2066 tươi\u2069", "en": "Pineapple \u202a fresh"}
    product = stand.world.product(
        stand.farm, name=name, brand="Cầu\u202d Đúc", storage="Nơi mát", shelfLife=7
    )
    assert stand.append(stand.world.records[-1]).status_code == 201
    pages = [raw(stand, f"/01/{product}{query}").text for query in ("?lang=vi", "?lang=en")]
    for page in pages:
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", page)
        assert "<style>" in page
        assert 'class="brand"' in page
        assert f"{HOST}/01/{product}/10/" in page
    assert "Chưa có số lô" in raw(stand, f"/01/{product}", **{"accept-language": "fr"}).text
    assert all(word in pages[0] for word in ("Bảo quản", "Nơi mát", "7 ngày"))
    assert 'lang="en"' in pages[1]
    served = raw(stand, f"/01/{product}")
    assert "content-security-policy" in served.headers
    assert len(served.content) < 30_000


def test_lots_that_are_not_there_crowd_nothing_out(own_stand: Stand) -> None:
    raw(own_stand, own_stand.page_path)
    kept = own_stand.app.state.goc.pages._kept
    before = len(kept)
    for n in range(20):
        raw(own_stand, f"/01/{own_stand.product}/10/X{n}")
    assert len(kept) == before


# -- bundles, labels, the start page -----------------------------------------------------------
def test_a_bundle_holds_and_shows_each_reader_what_he_may_see(stand: Stand) -> None:
    key, path = stand.world.signer.key, stand.lot_path + "/bundle"
    sizes = {}
    for role in ("anonymous", "other", "shop", "auditor"):
        answer = stand.get(path, role)
        bundle = Bundle.from_json(answer.content)
        report = verify(bundle, key)
        assert report.holds
        sizes[role] = sum(each.wire.count(b"~") for each in bundle.entries)
        assert "attachment" in answer.headers["content-disposition"]
        assert b"Nguy" not in answer.content  # no names of people in files
    assert sizes["anonymous"] == sizes["other"] < sizes["shop"] <= sizes["auditor"]
    assert verify(Bundle.from_json(stand.get(path, "auditor").content), key).verdicts[
        "balance"
    ].outcome == "ok"  # fmt: skip
    with_people = stand.get(path + "?personal=true", "auditor")
    assert (
        sum(e.wire.count(b"~") for e in Bundle.from_json(with_people.content).entries)
        > (sizes["auditor"])
    )


def test_a_bundle_proves_consistency_with_a_log_seen_before(stand: Stand) -> None:
    seen = stand.get("/api/v1/log").json()
    stand.append(stand.diary())
    answer = stand.get(f"{stand.lot_path}/bundle?from={seen['size']}")
    report = verify(
        Bundle.from_json(answer.content), stand.world.signer.key, seen=seen["checkpoint"].encode()
    )
    assert report.verdicts["consistency"].outcome == "ok"


def test_a_bundle_of_one_holding_leads_to_its_holder(stand: Stand) -> None:
    answer = stand.get(f"{stand.lot_path}/bundle?holding={stand.receipt[0].name}", "shop")
    bundle = Bundle.from_json(answer.content)
    assert bundle.target.holding == stand.receipt[0].name
    assert verify(bundle, stand.world.signer.key).holds


def test_the_way_forward_is_for_those_who_may_know_buyers(stand: Stand) -> None:
    path = stand.lot_path + "/trace?direction=forward"
    assert stand.get(path).status_code == 401

    def holders(role: str) -> set[str | None]:
        return {each.get("holder") for each in stand.get(path, role).json()["nodes"]}

    assert holders("auditor") == {stand.farm.id, stand.shop.id}
    assert stand.shop.id in holders("owner")  # its own customer
    assert stand.shop.id not in holders("other")
    assert stand.get(path, "other").json()["cut"] is True


def test_the_way_back_shows_amounts_to_who_stands_on_it(stand: Stand) -> None:
    path = stand.lot_path + "/trace"

    def quantities(role: str) -> list[str | None]:
        return [each.get("quantity") for each in stand.get(path, role).json()["nodes"]]

    assert quantities("anonymous") == [None]
    assert quantities("other") == [None]
    assert quantities("shop") == ["100 KGM"]
    assert quantities("auditor") == ["100 KGM"]


def test_a_lot_says_more_to_who_stands_on_its_way(stand: Stand) -> None:
    anybody = stand.get(stand.lot_path).json()
    assert "made" not in anybody
    assert "remaining" not in anybody
    other = stand.get(stand.lot_path, "other").json()
    assert "remaining" not in other
    shop = stand.get(stand.lot_path, "shop").json()
    assert shop["made"] == ["100 KGM"]
    mine = [each for each in shop["remaining"] if each.get("holder") == stand.shop.id]
    assert [each["quantity"] for each in mine] == ["40 KGM"]
    auditor = stand.get(stand.lot_path, "auditor").json()
    assert {each["holder"] for each in auditor["remaining"]} == {stand.farm.id, stand.shop.id}


@pytest.mark.parametrize("query", ["", "?dpi=203&colour=false", "?width=80&lang=en"])
def test_a_label_reads_as_the_address_of_its_lot(stand: Stand, query: str) -> None:
    answer = stand.get(f"{stand.lot_path}/label.png{query}")
    assert answer.headers["content-type"] == "image/png"
    assert scanned(answer.content) == f"{HOST}{stand.page_path}"


def test_labels_and_symbols_are_drawings_that_run_nothing(stand: Stand) -> None:
    for name in ("label.svg", "qr.svg"):
        answer = stand.get(f"{stand.lot_path}/{name}")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert b"<script" not in answer.content


def test_the_start_page_shows_the_labels_that_lie_ready(own_stand: Stand) -> None:
    folder = own_stand.folder / "labels"
    folder.mkdir()
    (folder / f"{own_stand.product}-{own_stand.lot}.svg").touch()
    (folder / "02000000000992-GONE.svg").touch()
    (folder / "nonsense-.svg").touch()
    page = raw(own_stand, "/")
    assert page.status_code == 200
    assert own_stand.page_path in page.text
    assert f"{own_stand.lot_path}/qr.svg" in page.text
    assert "GONE" not in page.text
    assert str(own_stand.world.signer.key) in page.text


def test_a_picture_is_shown_if_its_bytes_are_those_that_were_stated(own_stand: Stand) -> None:
    folder, picture = own_stand.folder / "pictures", b"\x89PNG a pineapple"
    folder.mkdir()
    name = sha256(picture).hexdigest()
    (folder / f"{name}.png").write_bytes(picture)
    (folder / ("0" * 64 + ".png")).write_bytes(picture)
    answer = raw(own_stand, f"/pictures/{name}")
    assert answer.content == picture
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    assert raw(own_stand, "/pictures/" + "0" * 64).status_code == 404


def test_a_client_without_compression_gets_what_others_unpack(stand: Stand) -> None:
    with httpx.Client(base_url=stand.client.base_url) as client:
        client.get(stand.lot_path)
        time.sleep(0.5)  # by then it is what it will be for as long as the log stands still
        with client.stream("GET", stand.lot_path, headers={"accept-encoding": "gzip"}) as response:
            packed = b"".join(response.iter_raw())
        plain = client.get(stand.lot_path, headers={"accept-encoding": "identity"})
    assert gzip.decompress(packed) == plain.content


def test_a_lots_origins_are_its_own_harvests_and_not_others_of_the_plot(own_stand: Stand) -> None:
    stand = own_stand
    other = stand.world.harvest(stand.farm, stand.plot, [(stand.product, "OTHER1", "10 KGM")])
    assert stand.append(other).status_code == 201
    for lot, harvest in ((stand.lot, stand.harvest), ("OTHER1", other)):
        found = stand.get(f"/api/v1/lots/{stand.product}/{lot}").json()
        assert [each["record"] for each in found["origins"]] == [harvest.name]
