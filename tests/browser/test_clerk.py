"""A clerk's work in a real browser: on a small phone and at a desk, with and without script."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from api.app import create_app
from api.routes import clerk_print
from tests.api.served import running, settings_for
from tests.api.stand import Stand, open_stand
from traceability.ledger.complaints import Told

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: What can be tapped and is too small for a glove: what it is, and its size in CSS pixels.
SMALL = """[...document.querySelectorAll(
    'a, button, summary, select, label.choice, input, textarea')]
    .filter(each => each.checkVisibility() && !['hidden', 'radio', 'checkbox'].includes(each.type))
    .map(each => [each.outerHTML.slice(0, 60), each.getBoundingClientRect()])
    .filter(([, box]) => box.height < 47.9 || box.width < 47.9)
    .map(([what, box]) => `${what}: ${box.width} × ${box.height}`)"""

WORDS = "Mua ở chợ Ngã Bảy sáng nay.\nHai gói xoài có cùng một số tem, một gói đã mềm."


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with open_stand(tmp_path_factory.mktemp("stand")) as found:
        yield found


@pytest.fixture(scope="module")
def origin(stand: Stand) -> Iterator[str]:
    """The stand served as a machine of one's own is, without https."""
    settings = settings_for(stand.folder)
    local = type(settings)(
        settings.data, settings.database_url, None, "http://localhost", settings.keyring_key
    )
    with running(create_app(stand.ledger, local)) as port:
        yield f"http://localhost:{port}"


@pytest.fixture(
    params=[(360, 640, True), (1280, 800, True), (360, 640, False)],
    ids=["phone", "desk", "without script"],
)
def tab(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    width, height, script = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": height}, locale="vi-VN", java_script_enabled=script
    )
    yield context.new_page()
    context.close()


def looked_at(tab: Page, faults: list[str]) -> None:
    """Look for what keeps anybody out."""
    where = tab.url.partition("/app")[2] or tab.url
    if tab.evaluate(WIDER):
        faults.append(f"{where} scrolls sideways")
    faults += (f"{where}: {each}" for each in tab.evaluate(SMALL))
    for fault in Axe().run(tab).response["violations"]:
        faults.append(f"{where}: {fault['id']}: {fault['nodes'][0]['html'][:200]}")


def test_labels_are_made_printed_and_voided(
    tab: Page, stand: Stand, origin: str, request: pytest.FixtureRequest
) -> None:
    faults: list[str] = []
    with_script = "without" not in request.node.name

    def look() -> None:
        if with_script:  # without any, axe cannot look
            looked_at(tab, faults)

    def go_on() -> None:
        tab.locator("main form button").last.click()

    tab.goto(f"{origin}{stand.clerk_path}")
    assert tab.title().startswith("Đăng nhập")
    look()
    tab.fill("#key", "goc_sai")
    go_on()
    assert tab.locator("#key-why").is_visible()
    look()
    tab.fill("#key", stand.tokens["clerk"])
    go_on()
    assert stand.clerk_path in tab.url, "to where one was going"
    assert "Mục 2." in tab.inner_text("main")
    look()
    tab.click("text=Danh sách lô hàng")
    look()
    tab.click(f"text={stand.lot}")
    tab.click("text=Tạo tem")
    look()
    tab.fill("[name=count]", "5.000")
    tab.fill("[name=net]", "1")
    go_on()
    assert tab.input_value("[name=count]") == "5.000"
    assert tab.locator("#count-why").is_visible()
    look()
    tab.fill("[name=count]", "3")
    go_on()
    assert "Đã tạo 3 tem" in tab.inner_text("main")
    look()
    tab.click("text=Máy in tem nhiệt Zebra")
    go_on()
    look()
    with tab.expect_download() as waited:
        go_on()
    assert waited.value.suggested_filename.endswith(".zpl")
    tab.goto(f"{origin}{stand.clerk_path}")
    tab.locator("text=Hủy tem không dùng").first.click()
    look()
    tab.click("text=Tất cả 3 tem còn lại")
    go_on()
    assert "Hủy 3 tem?" in tab.inner_text("h1")
    look()
    tab.click("button.danger")
    assert "Đã hủy 3 tem, từ số 1 đến số 3" in tab.inner_text("main")
    look()
    tab.click("text=Đăng xuất")
    assert "Đã đăng xuất." in tab.inner_text("main")
    tab.goto(f"{origin}/app")
    assert tab.title().startswith("Đăng nhập")
    assert faults == []


def test_a_specimen_is_seen_before_anything_is_printed(
    chromium: Browser, stand: Stand, origin: str
) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 640})
    tab = context.new_page()
    tab.goto(f"{origin}/login")
    tab.fill("#key", stand.tokens["owner"])
    tab.locator("main form button").click()
    made = stand.labels(1)
    tab.goto(f"{origin}{stand.clerk_path}/labels/{made.name}/print?form=pdf", wait_until="load")
    drawn = tab.evaluate("document.querySelector('.specimen img').naturalWidth")
    context.close()
    assert drawn > 0


def test_a_form_that_another_page_sends_with_the_browsers_cookie_does_nothing(
    chromium: Browser, stand: Stand, origin: str
) -> None:
    context = chromium.new_context()
    tab = context.new_page()
    tab.goto(f"{origin}/login")
    tab.fill("#key", stand.tokens["owner"])
    tab.locator("main form button").click()
    before = stand.size
    other = origin.replace("localhost", "127.0.0.1")
    tab.route(
        f"{other}/trap",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f"<form method=post action='{origin}{stand.clerk_path}/labels/new'>"
            "<input name=count value=1><button>x</button></form>",
        ),
    )
    tab.goto(f"{other}/trap")
    tab.click("button")
    context.close()
    assert stand.size == before


def test_a_large_run_shows_how_far_it_is_and_is_fetched(
    chromium: Browser, stand: Stand, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clerk_print, "AT_ONCE", 0)
    context = chromium.new_context(viewport={"width": 360, "height": 640}, locale="vi-VN")
    tab = context.new_page()
    faults: list[str] = []
    tab.goto(f"{origin}/login")
    tab.fill("#key", stand.tokens["owner"])
    tab.locator("main form button").click()
    made = stand.labels(2)
    tab.goto(f"{origin}{stand.clerk_path}/labels/{made.name}/print?form=pdf")
    tab.locator("main form button").last.click()
    tab.wait_for_selector("text=Tệp đã xong", timeout=20_000)  # it looks again by itself
    looked_at(tab, faults)
    with tab.expect_download() as waited:
        tab.click("text=Tải tệp để in")
    name = waited.value.suggested_filename
    tab.click("text=Bỏ tệp này")
    assert "chỉ tệp in bị bỏ" in tab.inner_text("main")
    looked_at(tab, faults)
    context.close()
    assert name.endswith(".pdf")
    assert faults == []


def test_complaints_are_read_and_answered_and_signs_of_copies_seen(
    tab: Page, stand: Stand, origin: str, request: pytest.FixtureRequest
) -> None:
    faults: list[str] = []
    with_script = "without" not in request.node.name
    complaints, scans = stand.app.state.goc.desk.complaints, stand.app.state.goc.scans
    made = complaints.take(
        Told(
            stand.product, stand.lot, "S1", "copied", WORDS, "VN-CT", "0901 234 567", "10.03,105.78"
        ),
        stand.farm.id,
        request.node.name,
    )
    for place in ("VN-HN", "VN-CT"):
        scans.note(stand.product, stand.lot, "S1", place)
    scans.note(stand.product, stand.lot, None, "VN-HN")
    scans.flush()

    def look() -> None:
        if with_script:
            looked_at(tab, faults)

    tab.goto(f"{origin}/app/complaints/{made.id}")
    tab.fill("#key", stand.tokens["clerk"])
    tab.locator("main form button").last.click()
    assert "Chưa đọc" in tab.inner_text("main"), "to where one was going"
    look()
    tab.click("text=làm tem")
    look()
    tab.click("text=phản ánh chưa trả lời")
    look()
    tab.locator(f"a[href*='{made.id}']").click()
    tab.click("text=Gửi trả lời")
    assert tab.locator("#text-why").is_visible()
    look()
    tab.fill("#text", "Đã so với sổ in tem.")
    tab.click("text=Gửi trả lời")
    assert "Đã ghi câu trả lời." in tab.inner_text("main")
    look()
    tab.click("text=Xóa thông tin liên hệ")
    look()
    tab.click("button.danger")
    assert "0901 234 567" not in tab.inner_text("main")
    look()
    tab.goto(f"{origin}/app")
    tab.click("text=lô có dấu hiệu tem bị sao chép")
    look()
    tab.click(f"text={stand.lot}")
    assert "Tem S1" in tab.inner_text("#reports")
    look()
    assert faults == []


def test_what_is_wrong_is_said_where_everybody_can_read_it(
    chromium: Browser, stand: Stand, origin: str
) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 640}, locale="vi-VN")
    tab = context.new_page()
    faults: list[str] = []
    tab.goto(f"{origin}/login")
    tab.fill("#key", stand.tokens["owner"])
    tab.locator("main form button").click()
    old = stand.labels(4)
    stand.ledger.label_keys.withdraw(stand.ledger.label_keys.newest().id)
    new = stand.labels(5)
    left = stand.world.ship(stand.farm, [(stand.harvest[0], "60 KGM")], to=stand.shop)
    assert stand.append(left).status_code == 201
    lot = f"{origin}{stand.clerk_path}"
    for path, says in (
        (f"{origin}/app", "không còn giữ hàng của lô"),
        (f"{origin}/app?find=ZZ", "Không tìm thấy lô nào"),
        (lot, "dùng khóa đã bị thu hồi"),
        (f"{lot}/labels/new", "không còn giữ hàng nào của lô này"),
        (f"{lot}/labels/{old.name}/print", "không in được nữa"),
        (f"{lot}/labels/{new.name}/print?form=zpl", "cuộn tem 63,5 × 38,1 mm"),
        (f"{lot}/labels/{new.name}/file?form=pdf&first=24", "không có vị trí 24"),
    ):
        tab.goto(path)
        assert says in tab.inner_text("main"), path
        looked_at(tab, faults)
    context.close()
    assert faults == []
