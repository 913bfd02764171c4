"""The cast of the rulebook's tests: a cooperative with a member, a farm on its own, and buyers."""

from dataclasses import dataclass

from tests.kit import Signed
from tests.telling import Story


@dataclass
class Scene:
    """Everybody is registered, nothing has been harvested yet. It is 2026-06-02, 06:00."""

    def __post_init__(self) -> None:
        self.story = story = Story(start="2026-06-01T06:00:00+07:00")
        self.coop = story.party("cooperative", name="HTX Cầu Đúc")
        self.farm = story.party("farm", name="Năm Thành", memberOf=[self.coop.id])
        self.lone = story.party("farm", name="Sáu Mận")
        self.trader = story.party("trader", name="Thương lái Bảy")
        self.shop = story.party("supermarket", name="Siêu thị Ninh Kiều")
        self.kitchen = story.party("school-kitchen", name="Bếp trường Hoa Sen")
        self.factory = story.party("processor", name="Xưởng nước ép")
        self.certifier = story.party("certifier", name="Chứng nhận Đồng Bằng")
        self.laboratory = story.party("laboratory", name="Phòng thử nghiệm")
        self.pineapple = story.product(self.coop, crop="pineapple")
        self.pomelo = story.product(self.coop, crop="pomelo", makers="members")
        self.juice = story.product(
            self.factory,
            makers="owner",
            unit="LTR",
            massPerUnit="1.05 KGM",
            process={"yieldMin": "0.3", "yieldMax": "0.7", "waterMax": "0.2"},
        )
        self.pulp = story.product(self.factory, makers="owner")
        self.egg = story.product(self.lone, makers="anyone", unit="H87", massPerUnit="60 GRM")
        self.plot = story.place(self.farm)
        self.other_plot = story.place(self.farm)
        self.lone_plot = story.place(self.lone)
        self.packhouse = story.place(self.coop, "packhouse")
        self.coop_plot = story.place(self.coop)
        story.on("2026-06-02")

    def crop(self, quantity: str = "100 KGM", lot: str | None = None) -> Signed:
        """A harvest of pineapples by the member farm, on its plot."""
        line = (self.pineapple, lot or self.story.lot(), quantity)
        return self.story.harvest(self.farm, self.plot, [line])

    def at_shop(self, quantity: str = "100 KGM", lot: str | None = None) -> Signed:
        """The receipt by the shop of such a harvest."""
        sent = self.story.ship(self.farm, [self.crop(quantity, lot)[0]], to=self.shop)
        return self.story.receive(self.shop, sent)
