"""A market stand with a server: parties whose keys the server holds too, tokens in every role."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from api.session import form_mac
from tests.api.served import LINES, RECORD, app_of, bearer, serving
from tests.kit import DAY, Party, Signed, World
from tests.ledgers import codes, send
from traceability.core.note import NoteSigner
from traceability.ledger.keyring import Keyring
from traceability.ledger.ledger import Ledger
from traceability.ledger.sessions import LASTING, Sessions
from traceability.ledger.tokens import Principal, Tokens
from traceability.storage.engine import BUSY_MS, Database, sqlite_url
from traceability.storage.migrations import migrate

#: Who asks: nobody, people of the farm in each role, another party, and those above parties.
ROLES = (
    "anonymous", "viewer", "scanner", "clerk", "owner", "other", "auditor", "admin", "expired",
    "revoked", "monitoring",
)  # fmt: skip
OF_THE_FARM = ("viewer", "scanner", "clerk", "owner")
PATIENCE = 60  #: seconds for what goes on by itself, where others have the processors


@dataclass
class Stand:
    """A farm that harvested 100 kg as lot L000001 and sent 40 of them to a shop; another farm."""

    folder: Path
    world: World
    ledger: Ledger
    client: httpx.Client
    app: FastAPI
    farm: Party
    shop: Party
    other: Party
    plot: str
    product: str
    certificate: str
    harvest: Signed
    shipment: Signed
    receipt: Signed
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def lot(self) -> str:
        """The code of the harvested lot."""
        return self.harvest[0].lot

    @property
    def lot_path(self) -> str:
        """Where the lot is in the API."""
        return f"/api/v1/lots/{self.product}/{self.lot}"

    @property
    def page_path(self) -> str:
        """Where its label leads."""
        return f"/01/{self.product}/10/{self.lot}"

    def as_(self, role: str) -> dict[str, str]:
        """The header of a role."""
        return bearer(self.tokens[role]) if role in self.tokens else {}

    def session(self, role: str) -> str:
        """A session of who signed in with the token of a role, perhaps before it ended."""
        if role not in self.tokens:
            return ""
        tokens, clock = self.ledger.tokens, self.world.clock
        if role == "expired":
            early = Sessions(self.ledger.database, tokens, lambda: clock() - LASTING)
            return early.begin(_known(tokens, self.tokens["owner"])).text
        if role == "revoked":
            ended = tokens.create("ended", ["read", "write"], self.farm.id, "owner")
            text = self.ledger.sessions.begin(ended.principal).text
            tokens.revoke(ended.principal.token)
            return text
        return self.ledger.sessions.begin(_known(tokens, self.tokens[role])).text

    def visit(self, path: str, role: str) -> httpx.Response:
        """Look at a page, signed in as a role."""
        return self.client.get(path, headers=cookie_of(self.session(role)))

    def send_form(self, path: str, role: str, **fields: str) -> httpx.Response:
        """Send a form of a page, signed in as a role."""
        session = self.session(role)
        headers = {"origin": self.origin, **cookie_of(session)}
        return self.client.post(path, data={"mac": form_mac(session), **fields}, headers=headers)

    @property
    def origin(self) -> str:
        """The server's own, as a browser names it."""
        return str(self.client.base_url).rstrip("/")

    @property
    def clerk_path(self) -> str:
        """Where the lot is on the pages of its people."""
        return f"/app/lots/{self.product}/{self.lot}"

    def labels(self, count: int = 2) -> Signed:
        """Labels of the farm's lot, recorded."""
        key = self.ledger.label_keys.newest().id
        made = self.world.label(
            self.farm, self.product, self.lot, count, "10 GRM", data={"key": key}
        )
        assert self.append(made).status_code == 201
        return made

    def get(self, path: str, role: str = "anonymous", **headers: str) -> httpx.Response:
        """Ask for a path."""
        return self.client.get(path, headers={**self.as_(role), **headers})

    def append(self, record: Signed | bytes, role: str = "owner", **headers: str) -> httpx.Response:
        """Send a signed record."""
        wire = record if isinstance(record, bytes) else record.wire
        return self.client.post(
            "/api/v1/records",
            content=wire,
            headers={"content-type": RECORD, **self.as_(role), **headers},
        )

    def append_all(self, records: list[Signed], role: str = "owner") -> httpx.Response:
        """Send signed records as one batch."""
        return self.client.post(
            "/api/v1/records/batch",
            content=b"\n".join(each.wire for each in records),
            headers={"content-type": LINES, **self.as_(role)},
        )

    def command(
        self, record: dict[str, Any], role: str = "owner", key: str | None = None, **body: Any
    ) -> httpx.Response:
        """Send a command."""
        headers = self.as_(role) | ({} if key is None else {"idempotency-key": key})
        return self.client.post("/api/v1/records", json={"record": record, **body}, headers=headers)

    def diary(self) -> Signed:
        """A record that the farm may always make."""
        return self.world.diary(self.farm, self.plot)

    def publish(self) -> None:
        """Publish what was recorded, without waiting for the second that it may take."""
        self.app.state.publisher.publish()

    @property
    def size(self) -> int:
        """How many records the log has."""
        return self.ledger.size


@contextmanager
def open_stand(
    folder: Path,
    busy_ms: int = BUSY_MS,
    policy: Path | None = None,
    signer: NoteSigner | None = None,
    url: str = "",
) -> Iterator[Stand]:
    """A stand in a folder, being served; ``policy`` is its file of witnesses, ``signer`` signs for
    the log, if not its world's own, ``url`` its database where that is not in the folder."""
    world = World()
    world.signer = signer or world.signer
    database = Database(url or sqlite_url(folder / "goc.db"), busy_ms)
    migrate(database)
    keyring = Keyring(database, b"k" * 32, world.clock)
    with Ledger(database, world.signer, world.clock, keyring) as ledger:
        farm, other = world.party("farm"), world.party("farm")
        shop = world.party("supermarket")
        for party in (world.operator, farm):
            key = keyring.create(party.id)
            world.register(world.operator, key, party, custody="server")
        certifier = world.party("certifier")
        plot, product = world.place(farm, name="Khóm ông Tư"), world.product(farm)
        certificate = world.certificate(certifier, farm)
        line = (product, world.lot(), "100 KGM")
        harvest = world.harvest(farm, plot, [line], by="Nguyễn Văn Tư")
        shipment = world.ship(farm, [(harvest[0], "40 KGM")], to=shop)
        receipt = world.receive(shop, shipment)
        assert set(codes(send(ledger, world.take()))) == {None}
        app = app_of(ledger, folder, policy)
        with serving(app) as client:
            named = str(certificate.claims["data"]["certificate"])
            stand = Stand(
                folder, world, ledger, client, app, farm, shop, other, plot, product, named,
                harvest, shipment, receipt,
            )  # fmt: skip
            stand.tokens = make_tokens(stand)
            yield stand


def _known(tokens: Tokens, text: str) -> Principal:
    found = tokens.authenticate(text)
    assert found is not None
    return found


def cookie_of(session: str) -> dict[str, str]:
    """The header of a session."""
    return {"cookie": f"__Host-goc={session}"} if session else {}


def make_tokens(stand: Stand) -> dict[str, str]:
    """A token for each role."""
    tokens, farm = stand.ledger.tokens, stand.farm.id
    now = stand.world.now
    made = {
        "viewer": tokens.create("viewer", ["read"], farm, "viewer"),
        "scanner": tokens.create("scanner", ["read", "write"], farm, "scanner"),
        "clerk": tokens.create("clerk", ["read", "write"], farm, "clerk"),
        "owner": tokens.create("owner", ["read", "write"], farm, "owner"),
        "other": tokens.create("other", ["read", "write"], stand.other.id, "owner"),
        "shop": tokens.create("shop", ["read", "write"], stand.shop.id, "owner"),
        "auditor": tokens.create("auditor", ["audit"], expires=now + DAY),
        "admin": tokens.create("admin", ["admin"]),
        "monitoring": tokens.create("monitoring", ["metrics"]),
        "expired": tokens.create("expired", ["read", "write"], farm, "owner", expires=now - 1),
        "revoked": tokens.create("revoked", ["read", "write"], farm, "owner"),
    }
    tokens.revoke(made["revoked"].principal.token)
    return {role: each.text for role, each in made.items()}
