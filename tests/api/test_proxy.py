"""The web server in front, as ``deploy/Caddyfile`` sets it up: a real Caddy before a real server.

Skipped, loudly, where there is no ``caddy`` (Debian: ``apt-get install caddy``).
"""

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.api.stand import Stand
from tests.conftest import ROOT
from traceability.core.tiles import Tile

CADDY = shutil.which("caddy")
pytestmark = pytest.mark.skipif(CADDY is None, reason="caddy is not installed")

ENGLISH = {"accept-language": "en"}  # as the stand's own client

#: What is other than on a server: ports, addresses, and whose certificates.
HERE = """{{
	skip_install_trust
	default_bind 127.0.0.1
	http_port {http}
	https_port {https}
"""


def free_port() -> int:
    with closing(socket.socket()) as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def written(folder: Path, stand: Stand) -> tuple[Path, int, int]:
    """The Caddyfile for this machine, and the ports of TLS and of the probe. Whatever it replaces
    must be there."""
    http, https, probe = free_port(), free_port(), free_port()
    text = (ROOT / "deploy" / "Caddyfile").read_text("utf-8")
    head, _, rest = text.partition("{\n")
    text = head + HERE.format(http=http, https=https) + rest
    (folder / "srv").mkdir()
    (folder / "srv" / "log").symlink_to(stand.folder / "tiles")
    for there, here in (
        ("server:8000", f"127.0.0.1:{stand.client.base_url.port}"),
        ("127.0.0.1:8081", f"127.0.0.1:{probe}"),
        ("root /srv\n", f"root {folder}/srv\n"),
        ("root * /srv\n", f"root * {folder}/srv\n"),
    ):
        assert there in text
        text = text.replace(there, here)
    path = folder / "Caddyfile"
    path.write_text(text, "utf-8")
    return path, https, probe


@pytest.fixture(scope="module")
def proxy(stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the stand, by way of Caddy and TLS."""
    folder = tmp_path_factory.mktemp("caddy")
    stand.publish()
    file, port, probe = written(folder, stand)
    environment = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "SITE": "localhost",
        "ACME_EMAIL": "admin@goc.example",
    }
    with (folder / "log").open("wb") as log:
        caddy = subprocess.Popen(
            [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(file)],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        authority = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        ends = time.monotonic() + 30
        while True:
            assert caddy.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < ends, (folder / "log").read_text()
            try:
                trust = ssl.create_default_context(cafile=str(authority))
                client = httpx.Client(
                    base_url=f"https://localhost:{port}", verify=trust, headers=ENGLISH
                )
                client.get("/health/live")
                break
            except (OSError, httpx.TransportError):
                time.sleep(0.05)
        assert httpx.get(f"http://127.0.0.1:{probe}/").status_code == 200  # the container's health
        with closing(client):
            yield client
    finally:
        caddy.terminate()
        caddy.wait(20)


def test_pages_and_health_come_through(stand: Stand, proxy: httpx.Client) -> None:
    assert proxy.get("/health/ready").json()["size"] == stand.size
    page = proxy.get(stand.page_path)
    assert page.status_code == 200
    assert stand.lot in page.text
    assert page.content == stand.get(stand.page_path).content
    assert page.headers["strict-transport-security"] == "max-age=31536000"
    assert "server" not in page.headers


def test_a_slash_and_a_percent_sign_in_a_lots_code_arrive_as_they_were_sent(
    stand: Stand, proxy: httpx.Client
) -> None:
    harvest = stand.world.harvest(stand.farm, stand.plot, [(stand.product, "A/B%1", "5 KGM")])
    assert stand.append(harvest).status_code == 201
    for path in (f"/01/{stand.product}/10/A%2FB%251", f"/api/v1/lots/{stand.product}/A%2FB%251"):
        there = proxy.get(path)
        assert there.status_code == 200
        assert there.content == stand.get(path).content
        assert "A/B%1" in there.text


def test_tiles_come_from_their_folder_and_are_kept_for_ever(
    stand: Stand, proxy: httpx.Client
) -> None:
    size = int(proxy.get("/log/checkpoint").text.splitlines()[1])
    for tile in (Tile(0, 0, size), Tile(-1, 0, size)):
        found = proxy.get(f"/log/{tile.path}")
        assert found.content == (stand.folder / "tiles" / tile.path).read_bytes()
        assert found.headers["content-type"] == "application/octet-stream"
        assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "last-modified" in found.headers  # which the server itself does not say
        again = proxy.get(f"/log/{tile.path}", headers={"if-none-match": found.headers["etag"]})
        assert again.status_code == 304


def test_the_checkpoint_and_what_is_no_tile_come_from_the_server(
    stand: Stand, proxy: httpx.Client
) -> None:
    found = proxy.get("/log/checkpoint")
    assert found.content == (stand.folder / "tiles" / "checkpoint").read_bytes()
    assert found.headers["cache-control"] == "public, max-age=1"
    for path in ("/log/.lock", "/log/.new/", "/log/tile/", "/log/tile/0/999", "/log/goc.db"):
        missing = proxy.get(path)
        assert missing.status_code == 404
        assert missing.headers["content-type"] == "application/problem+json"
    assert proxy.get("/log/tile/..%2F..%2Fgoc.db").status_code == 404


def test_a_body_that_is_too_large_is_stopped_in_front(stand: Stand, proxy: httpx.Client) -> None:
    headers = {"content-type": "application/vnd.goc.records", **stand.as_("owner")}
    sent = proxy.post("/api/v1/records/batch", content=b"x" * 10_000_000, headers=headers)
    # Caddy stops at its limit, and may first notice that the server, which was announced too much,
    # has closed the connection meanwhile.
    assert sent.status_code in (413, 502)
    largest = proxy.post("/api/v1/records/batch", content=b"x" * 8_388_608, headers=headers)
    assert largest.status_code != 413


def test_metrics_are_not_for_the_outside(stand: Stand, proxy: httpx.Client) -> None:
    assert stand.get("/metrics", "monitoring").status_code == 200
    assert proxy.get("/metrics", headers=stand.as_("monitoring")).status_code == 404


def test_a_record_is_appended_through_it(stand: Stand, proxy: httpx.Client) -> None:
    headers = {"content-type": "application/sd-jwt", **stand.as_("owner")}
    sent = proxy.post("/api/v1/records", content=stand.diary().wire, headers=headers)
    assert sent.status_code == 201
