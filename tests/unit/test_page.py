"""The consumer page as bytes: what it says, what it never says, and what it weighs."""

import gzip
import random
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from api.web import render
from api.web.render import (
    CONTENT_SECURITY_POLICY,
    Kept,
    local,
    render_home,
    render_lot,
    render_problem,
    render_product,
    render_unit,
)
from api.web.view import (
    CertificateState,
    CheckKind,
    Inspection,
    LotPage,
    Outcome,
    Party,
    Phrase,
    State,
    StepKind,
)
from tests.browser.pages import (
    HOSTILE,
    PAGES,
    PROBLEMS,
    crowded,
    goods,
    home,
    hostile,
    pallet,
    pineapple,
    warned,
)
from traceability.text import LANGUAGES, has_text, text

TEMPLATES = Path(render.__file__).parent / "templates"
VOID = {"base", "meta", "link", "img", "br", "use", "path", "circle", "rect", "stop", "input"}
EVERY_PAGE = [
    *(pytest.param(lambda lang, make=make: render_lot(make(), lang), id=name)
      for name, make in PAGES.items()),
    *(pytest.param(lambda lang, each=each: render_problem(each, lang), id=name)
      for name, each in PROBLEMS.items()),
    pytest.param(lambda lang: render_home(home(), lang), id="home"),
    pytest.param(lambda lang: render_product(goods(), lang), id="goods"),
]  # fmt: skip
Render = Callable[[str], bytes]


class Reader(HTMLParser):
    """Elements in order with their attributes' names, their nesting, and the text that is seen."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.parents: list[tuple[str, str]] = []
        self.open: list[str] = ["(document)"]
        self.seen: list[str] = []
        self.faults: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.parents.append((self.open[-1], tag))
        if len({name for name, _ in attrs}) != len(attrs):
            self.faults.append(f"{tag} has an attribute twice")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes <{self.open[-1]}>")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open[-1] not in ("style", "script", "title"):
            self.seen.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.seen).replace("\u00a0", " "))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def words(page: LotPage, language: str = "vi") -> str:
    return Reader(render_lot(page, language)).text


# -- what it says --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "make"), PAGES.items())
def test_the_verdict_is_the_first_thing_said(
    name: str, make: Callable[[], LotPage], language: str
) -> None:
    page = make()
    if name in set(Outcome):
        assert page.verdict.outcome == name
    said = words(page, language)
    verdict = text(language, f"web.outcome.{page.verdict.outcome}")
    assert said.index(verdict) < said.index(page.product.name)
    others = {text(language, f"web.outcome.{other}") for other in Outcome} - {verdict}
    assert not [other for other in others if other in said[: said.index(page.product.name)]]


def test_a_page_with_warnings_names_each_and_what_it_means() -> None:
    page = warned()
    first_screen = words(page).split("Đã kiểm tra những gì")[0]
    for alert in page.alerts:
        told = str(alert.title) in first_screen and str(alert.meaning) in first_screen
        assert told is (alert.answered_on is None)
    assert "Giải đáp ngày 21/11/2026" in words(page)


def test_a_claim_is_not_repeated_on_a_page_that_says_stop() -> None:
    assert "VietGAP" in words(pineapple()).split("Từ đâu")[0]
    for make in (PAGES["recalled"], PAGES["broken"]):
        assert make().product.claims == ("VietGAP",)
        assert "VietGAP" not in words(make()).split("Từ đâu")[0]


def test_what_is_only_declared_says_so_where_it_is_shown() -> None:
    said = words(PAGES["unknown"]())
    assert said.count("Khai báo, chưa chứng minh") >= 3  # origin, step, section
    assert "tổ chức chứng nhận chưa ký" in words(warned())


def test_a_farm_that_did_not_agree_is_not_named() -> None:
    page = replace(pineapple(), producer=Party("farm"))
    assert "Nông hộ (không công bố tên)" in words(page)
    assert "Farm (name not published)" in words(page, "en")


def test_a_laboratory_found_but_a_holder_checked_its_own_goods() -> None:
    page = pineapple()
    assert "Phòng thí nghiệm Tây Đô kết luận:" in words(page)
    own = replace(page, inspections=(replace(page.inspections[0], by_holder=True),))
    assert "Phòng thí nghiệm Tây Đô tự kiểm tra:" in words(own)


def test_a_number_of_this_host_alone_is_marked() -> None:
    assert "chỉ có giá trị tại goc.example" in words(pineapple())
    assert "chỉ có giá trị tại" not in words(PAGES["juice"]())


def test_many_farms_are_one_stage_with_the_farms_below_it() -> None:
    said = words(PAGES["juice"]())
    assert "7 nơi thu hoạch" in said
    assert "7 lần thu hoạch" in said
    assert "và 4 bên khác" in said


def test_bad_news_is_never_behind_a_fold_of_good_news() -> None:
    page = pineapple()
    bad = replace(page.inspections[0], state=State.FAIL, result="không đạt rồi")
    many = replace(page, inspections=(*page.inspections * 20, bad))
    assert words(many).index("không đạt rồi") < words(many).index("không phát hiện")


LAW = (
    "Tên sản phẩm", "Hình ảnh", "Đơn vị sản xuất, kinh doanh", "Địa chỉ", "Các công đoạn",
    "Mã vật phẩm", "Mã địa điểm", "Thời gian sản xuất", "Mã truy xuất", "Nhãn hiệu",
    "Ký hiệu, kiểu", "Số sê-ri", "Thời hạn sử dụng", "Tiêu chuẩn áp dụng",  # Circular 02/2024
    "GTIN", "Mã định danh", "Nơi hoàn thiện cuối", "Chứng nhận", "Hạn sử dụng",
    "Cảnh báo an toàn",  # Decree 37/2026, Art. 32
)  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_every_field_that_the_law_asks_for_has_its_place(name: str) -> None:
    published = words(PAGES[name]()).split("Thông tin công bố")[1].split("Tự kiểm tra")[0]
    assert [label for label in LAW if label not in published] == []


def test_what_is_known_is_published_and_what_is_not_is_named_as_missing() -> None:
    published = words(pineapple()).split("Thông tin công bố")[1].split("Tự kiểm tra")[0]
    known = (
        "1801999001", "Ấp Thạnh Lợi", "27/11/2026", "Túi 500 g", "8939990010024",
        "TCVN 1871:2014", "VietGAP-TT-13-07-92-0088", "Phường Vị Tân, Cần Thơ",
    )  # fmt: skip
    assert [told for told in known if told not in published] == []
    missing = words(PAGES["unknown"]()).split("Thông tin công bố")[1].split("Tự kiểm tra")[0]
    assert missing.count("chưa công bố") >= 10


def test_the_sceptic_finds_key_bundle_command_and_digest() -> None:
    page = pineapple()
    said = words(page)
    assert page.proof.command in said
    assert page.proof.verifier_key in said
    assert page.proof.record in said
    links = {link.get("href") for link in Reader(render_lot(page, "vi")).all("a")}
    assert {page.proof.bundle_path, page.json_path, "?lang=en"} <= links


def test_the_full_page_for_paper_has_nothing_folded() -> None:
    folded = Reader(render_lot(PAGES["juice"](), "vi")).all("details")
    unfolded = Reader(render_lot(PAGES["juice"](), "vi", unfolded=True)).all("details")
    assert len(folded) == len(unfolded) > 3
    assert not any("open" in fold for fold in folded)
    assert all("open" in fold for fold in unfolded)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_lot_is_explained_and_says_what_to_do(language: str) -> None:
    said = Reader(render_problem(PROBLEMS["lot-unknown"], language)).text
    assert PROBLEMS["lot-unknown"].lot in said
    assert text(language, "web.problem.lot-unknown.do.3") in said
    assert text(language, "web.outcome.verified") not in said


def test_the_start_page_lists_every_label_with_its_picture_and_the_key() -> None:
    page = Reader(render_home(home(), "vi"))
    assert len([image for image in page.all("img") if image["alt"]]) == len(home().labels)
    assert home().verifier_key in page.text
    assert home().api_docs_path in {link.get("href") for link in page.all("a")}


# -- both languages ------------------------------------------------------------------------------


def keys_of_templates() -> Iterator[str]:
    for template in TEMPLATES.iterdir():
        source = template.read_text("utf-8")
        yield from re.findall(r"""["'](web\.[a-z0-9.-]*[a-z0-9])["'](?! ~)""", source)


def keys_of_the_model() -> Iterator[str]:
    for kind in CheckKind:
        yield f"web.check.{kind}"
        yield from (f"web.check.{kind}.{state}" for state in State)
    for outcome in Outcome:
        yield from (f"web.outcome.{outcome}", f"web.outcome.{outcome}.lead")
    for state in State:
        yield from (f"web.state.{state}", f"web.inspection.{state}")
    yield from (f"web.certificate.{state}" for state in CertificateState)
    for step in StepKind:
        yield from (f"web.step.{step}", f"web.counterpart.{step}")
    for problem in PROBLEMS:
        yield from (f"web.problem.{problem}.{part}" for part in ("title", "lead", "do.1", "do.3"))
    yield from ("web.notice.hold.by", "web.notice.recall.by")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_exists(language: str) -> None:
    asked = {*keys_of_templates(), *keys_of_the_model()}
    assert len(asked) > 200
    assert sorted(key for key in asked if not has_text(language, key)) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", EVERY_PAGE)
def test_no_key_and_no_empty_brace_reaches_a_reader(page: Render, language: str) -> None:
    said = Reader(page(language)).text
    assert re.findall(r"web\.[a-z]+[.a-z-]*|\{[a-z]*\}", said) == []


def test_an_unknown_language_gets_vietnamese() -> None:
    assert render_lot(pineapple(), "fr") == render_lot(pineapple(), "vi")


# -- hostile words -------------------------------------------------------------------------------


def shape(page: LotPage) -> list[tuple[str, tuple[str, ...]]]:
    return [(tag, tuple(attributes)) for tag, attributes in Reader(render_lot(page, "vi")).elements]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_no_words_can_change_the_page_around_them(words: str) -> None:
    assert shape(hostile(words)) == shape(hostile("bình thường"))


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_words_cannot_point_a_page_elsewhere_or_hide(words: str) -> None:
    page = render_lot(hostile(words), "vi").decode()
    assert "javascript:" not in "".join(re.findall(r'(?:href|src)="[^"]*"', page))
    assert not re.search("[\u0000-\u0009\u000b-\u001f\u200b\u202a-\u202e]", page)
    assert len(page) < 250_000


def test_every_place_for_words_is_tried_by_the_hostile_page() -> None:
    """Guards the two tests above: an empty field would escape them."""

    def empty(value: object, path: str) -> Iterator[str]:
        if is_dataclass(value) and not isinstance(value, type):
            for each in fields(value):
                yield from empty(getattr(value, each.name), f"{path}.{each.name}")
        elif isinstance(value, tuple):
            if not value:
                yield path
            for item in value:
                yield from empty(item, path)
        elif value == "":
            yield path

    assert list(empty(hostile("x"), "page")) == []


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/01/02000001000014/10/KH-26%2F1", True),
        ("/pictures/khom.jpg?size=2", True),
        ("//evil.example/x", False),
        ("/\\evil.example", False),
        ("https://evil.example/", False),
        ("javascript:alert(1)", False),
        ('/x" onload="y', False),
        ("/a b", False),
        ("", False),
    ],
)
def test_a_path_stays_on_this_host_or_is_dropped(path: str, kept: bool) -> None:
    assert local(path) == (path if kept else "")


# -- weight and form -----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", EVERY_PAGE)
def test_a_page_weighs_less_than_half_of_what_it_may(page: Render, language: str) -> None:
    assert len(gzip.compress(page(language), 6)) < 12_000


def test_a_page_of_a_thousand_farms_weighs_under_30_kilobytes_and_says_what_it_leaves_out() -> None:
    chance = random.Random(2)

    def name() -> str:
        return "".join(chance.choice("aăâbcdđeêghiklmnoôơpqrstuưvxy ") for _ in range(40))

    page = crowded(1_000)
    page = replace(
        page,
        origins=tuple(replace(each, party=Party("farm", name())) for each in page.origins),
        steps=tuple(
            replace(each, who=Party("farm", name()), place=replace(each.place, name=name()))
            for each in page.steps
        ),
        inspections=tuple(
            Inspection(each.by, each.on, name(), each.state, name()) for each in page.inspections
        ),
    )
    for unfolded in (False, True):
        made = render_lot(page, "vi", unfolded=unfolded)
        assert len(gzip.compress(made, 6)) < 30_000
    assert "Còn 960 mục nữa" in Reader(made).text


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_nothing_is_fetched_from_elsewhere(page: Render) -> None:
    made = page("vi")
    reader = Reader(made)
    for tag, attributes in reader.elements:
        for name in ("src", "href", "action", "srcset", "data", "poster"):
            target = attributes.get(name)
            assert target is None or re.match(r"/(?!/)|#|\?|data:image/svg\+xml,", target), (
                tag,
                name,
            )
    assert b"@import" not in made
    assert not re.search(rb"url\((?!#)", made)
    assert not re.search(rb"https?://(?!goc\.example|www\.w3\.org/2000/svg)", made)


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_style_and_script_are_those_that_the_policy_allows(page: Render) -> None:
    made = page("en").decode()
    for tag in ("style", "script"):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", made, re.DOTALL)
        digest = b64encode(sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in CONTENT_SECURITY_POLICY
    assert " style=" not in made


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", EVERY_PAGE)
def test_the_html_is_well_formed(page: Render, language: str) -> None:
    reader = Reader(page(language))
    assert reader.faults == []
    assert reader.open == ["(document)"]
    assert reader.all("html") == [{"lang": language}]
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    used = {str(use["href"])[1:] for use in reader.all("use")}
    assert used <= set(ids)
    for parent, tag in reader.parents:
        assert parent != "p" or tag not in {"p", "div", "dl", "ul", "ol", "table", "h2", "h3"}
        assert parent not in {"ul", "ol"} or tag == "li"
        assert parent != "dl" or tag == "div"
    for image in reader.all("img"):
        assert image["alt"]
        assert image["width"]
        assert image["height"]


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_headings_form_an_outline(page: Render) -> None:
    levels = [int(tag[1]) for tag, _ in Reader(page("vi")).elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


# -- colours -------------------------------------------------------------------------------------

TOKENS = dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", render.STYLE))
READ = [
    *((ink, ground) for ink in ("ink", "ink-soft")
      for ground in ("paper", "sheet", "straw-pale", "earth-pale")),
    *(("ink", ground) for ground in ("leaf", "straw", "stone")),
    ("paper", "earth"),
    ("paper", "ink"),
    ("leaf", "ink"),  # the tick in its disc
]  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("ink", "ground"), READ)
def test_what_is_read_has_a_contrast_of_seven_to_one(ink: str, ground: str) -> None:
    light, dark = sorted((luminance(TOKENS[ink]), luminance(TOKENS[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 7


def test_every_colour_is_a_token_and_every_token_is_used() -> None:
    rules = render.STYLE.split("}", 1)[1]
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", rules)) <= {"#fff"}
    used = set(re.findall(r"var\(--([a-z-]+)\)", rules))
    assert used == set(re.findall(r"--([a-z-]+):", render.STYLE))


def test_a_phrase_speaks_the_readers_language_in_its_values_too() -> None:
    page = pineapple()
    inner = Phrase("web.value.days", {"count": 1_400})
    phrase = Phrase("web.declared.acquired", {"who": inner, "goods": page.steps[2].amounts[0]})
    told = replace(page, declared=(phrase,))
    assert "1.400 ngày khai báo đã mua 1.052,5 kg" in words(told)
    assert "1,400 days states that it bought 1,052.5 kg" in words(told, "en")


# -- found, shared, kept ---------------------------------------------------------------------------
def meta(page: bytes, name: str) -> str | None:
    return next(
        (each.get("content") for tag, each in Reader(page).elements
         if tag == "meta" and each.get("name") == name),
        None,
    )  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", EVERY_PAGE)
def test_every_page_says_in_a_line_what_it_is(make: Render, language: str) -> None:
    said = meta(make(language), "description")
    assert said
    assert 10 <= len(said) <= 200


def test_search_engines_may_find_products_but_no_lots() -> None:
    assert meta(render_lot(pineapple(), "vi"), "robots") == "noindex"
    assert meta(render_problem(PROBLEMS["lot-unknown"], "vi"), "robots") == "noindex"
    assert meta(render_product(goods(), "vi"), "robots") is None
    assert meta(render_home(home(), "vi"), "robots") is None


def test_a_page_that_is_kept_needs_nothing_else_and_says_how_old_it_is() -> None:
    page = replace(pineapple(), way=PAGES["juice"]().way)
    assert page.product.picture is not None
    assert page.way is not None
    whole = "data:image/png;base64,AAAA"
    kept = Kept(
        datetime(2026, 11, 22, 6, 30, tzinfo=UTC),
        "https://goc.example",
        {page.product.picture.path: whole, page.way.path: "data:image/svg+xml;base64,BBBB"},
    )
    found = Reader(render_lot(page, "en", unfolded=True, kept=kept))
    pictures = [each.get("src") for tag, each in found.elements if tag == "img"]
    assert pictures == [whole, "data:image/svg+xml;base64,BBBB"]
    assert {each.get("href") for tag, each in found.elements if tag == "base"} == {
        f"https://goc.example{page.path}"
    }
    assert "Saved at" in " ".join(found.seen)
    assert "Saved at" not in " ".join(Reader(render_lot(page, "en")).seen)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pallet_without_lots_asks_nobody_to_tap_one(language: str) -> None:
    for page, said, unsaid in (
        (pallet(), "lead", "none"),
        (replace(pallet(), lots=()), "none", "lead"),
    ):
        shown = render_unit(page, language).decode()
        assert text(language, f"web.unit.lots.{said}") in shown
        assert text(language, f"web.unit.lots.{unsaid}") not in shown
