// Optional comfort: copy a command, share or print the page, look again at what goes on, have this
// phone verify the bundle itself. Everything else works without it.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
  });
}
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
});
for (const button of document.querySelectorAll("button[data-share]")) {
  if (!navigator.share) break;
  button.hidden = false;
  button.addEventListener("click", () => {
    navigator.share({ title: button.dataset.share, url: location.href }).catch(() => {});
  });
}
const again = document.querySelector("a[data-again]");
if (again) {
  setInterval(() => {
    if (document.activeElement === document.body) location.replace(again.href);
  }, 1000 * again.dataset.again);
}
const phone = document.getElementById("phone");
if (phone && window.Worker && window.BigInt) {
  const start = phone.querySelector("button");
  const status = phone.querySelector("[role=status]");
  const lead = phone.querySelector("p");
  const make = (name, className, ...inside) => {
    const made = document.createElement(name);
    made.className = className;
    made.append(...inside);
    return made;
  };
  const shape = (tone) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `#${tone}`);
    svg.setAttribute("width", "24");
    svg.setAttribute("height", "24");
    svg.setAttribute("aria-hidden", "true");
    svg.append(use);
    return svg;
  };
  const line = ({ tone, word, title, text }) => {
    return make("li", tone, shape(tone), make("strong", "", `${title}: ${word}`), make("span", "", text));
  };
  const evidence = ({ lead, text, copy, copied }) => {
    const button = make("button", "button plain", copy);
    button.hidden = !navigator.clipboard;
    button.onclick = async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = copied;
    };
    return [make("p", "", lead), make("code", "code", text), button];
  };
  const offer = ({ title, lead, keys, trust, sure, yes, no, accept }) => {
    const shown = keys.flatMap(({ what, key }) => [make("p", "small", what), make("code", "code", key)]);
    const first = make("button", "button plain", trust);
    const confirm = make("button", "button", yes);
    const cancel = make("button", "button plain", no);
    const asked = make("div", "stack", make("p", "", sure), cancel, confirm);
    asked.hidden = true;
    first.onclick = () => {
      [first.hidden, asked.hidden] = [true, false];
      cancel.focus();
    };
    cancel.onclick = () => {
      [first.hidden, asked.hidden] = [false, true];
      first.focus();
    };
    confirm.onclick = () => run(accept);
    return [make("section", "card stack", make("h3", "", title), make("p", "", lead), ...shown, first, asked)];
  };
  const show = (found) => {
    const head = make("div", "head", shape(found.tone), make("h3", "", found.title));
    const card = make("div", `verdict ${found.tone}`, head, make("p", "lead", found.lead));
    const lines = make("ul", "checks", ...found.lines.map(line));
    const notes = found.notes.map((each) => make("p", "small soft", each));
    const proof = found.evidence ? evidence(found.evidence) : [];
    const change = found.offer ? offer(found.offer) : [];
    status.replaceChildren(card, ...proof, ...change, lines, ...notes, start);
    lead.hidden = true;
    if (found.tone === "fail") document.querySelector("main").before(phone);
    try {
      localStorage.setItem("goc.phone", "used");
    } catch {}
  };
  const run = (accept) => {
    phone.querySelector("h2").after(start, status);
    const worker = new Worker(phone.dataset.script);
    const end = () => {
      worker.terminate();
      start.disabled = false;
      start.textContent = phone.dataset.again;
      start.className = "button plain";
    };
    start.disabled = true;
    worker.onmessage = ({ data }) => {
      if (data.step) status.textContent = data.step;
      else end();
      if (data.failed) status.textContent = data.failed;
      if (data.found) show(data.found);
    };
    worker.onerror = () => {
      status.textContent = phone.dataset.fault;
      end();
    };
    const label = document.querySelector("[data-mark]");
    worker.postMessage({ ...phone.dataset, mark: label ? label.dataset.mark : "", accept });
  };
  start.onclick = () => run();
  phone.hidden = false;
  let used = null;
  try {
    used = localStorage.getItem("goc.phone");
  } catch {}
  if (used) (window.requestIdleCallback || setTimeout)(() => run());
}
