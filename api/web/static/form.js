// The phone may guess its province: by the nearest of some points, here, without telling anybody.
// People see the guess in the list, and send it, or another, or nothing.
const points = POINTS;
const button = document.querySelector("button[data-locate]");
if (button && navigator.geolocation) {
  const status = document.querySelector("[role=status]");
  const list = document.querySelector("select[name=place]");
  const near = document.querySelector("input[name=near]");
  const position = document.querySelector("input[name=position]");
  let here = null;
  // Two decimals are a kilometre or so: no more leaves the phone, and only by its own tick.
  const round = () => {
    if (position) position.value = near.checked && here ? here.map((each) => each.toFixed(2)).join() : "";
  };
  const nearest = (lat, lon) => {
    let best = ["", Infinity];
    for (const [code, each] of Object.entries(points)) {
      for (const [north, east] of each) {
        const x = (east / 100 - lon) * Math.cos((lat * Math.PI) / 180);
        const far = Math.hypot(north / 100 - lat, x);
        if (far < best[1]) best = [code, far];
      }
    }
    return best[1] < 1.5 ? best[0] : "ZZ";
  };
  button.hidden = false;
  if (near) {
    near.closest("label").hidden = false;
    near.onchange = round;
  }
  button.onclick = () => {
    status.textContent = button.dataset.wait;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        here = [coords.latitude, coords.longitude];
        list.value = nearest(...here);
        status.textContent = button.dataset.found;
        round();
      },
      () => {
        status.textContent = button.dataset.denied;
      },
      { maximumAge: 600000, timeout: 20000 },
    );
  };
}
