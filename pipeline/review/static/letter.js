// The letter page: what is current, keys, and what is sent. The page itself is made by the server;
// here only marks and texts of words and fields change.

const body = document.body;
const $ = (id) => document.getElementById(id);
const items = [...document.querySelectorAll(".item")];
const byPlace = new Map(items.map((item) => [item.dataset.place, item]));
const boxes = new Map();
for (const box of document.querySelectorAll(".scan rect")) {
  const place = box.dataset.place;
  boxes.set(place, [...(boxes.get(place) ?? []), box]);
}
const textOf = (item) => item.classList.contains("field") ? item.dataset.value : item.textContent;
let current = null;
let busy = false;

// --- what is current ------------------------------------------------------------------------

function mark(name, place, on) {
  byPlace.get(place)?.classList.toggle(name, on);
  for (const box of boxes.get(place) ?? []) box.classList.toggle(name, on);
}

function choose(item, { focus = true } = {}) {
  if (!item) return;
  if (current) {
    mark("current", current.dataset.place, false);
    current.tabIndex = -1;
    current.removeAttribute("aria-current");
  }
  current = item;
  item.tabIndex = 0;
  item.setAttribute("aria-current", "true");
  mark("current", item.dataset.place, true);
  closeTyping();
  if (focus) item.focus({ preventScroll: true });
  const [list, own] = [item.closest(".scroll").getBoundingClientRect(), item.getBoundingClientRect()];
  if (own.top < list.top + 30 || own.bottom > list.bottom - 30) {
    item.scrollIntoView({ block: "center" });
  }
  const box = boxes.get(item.dataset.place)?.[0];
  if (box) bringIntoView(box);
  tell();
}

function bringIntoView(box) {
  const scan = document.querySelector(".scan");
  const [outer, inner] = [scan.getBoundingClientRect(), box.getBoundingClientRect()];
  if (inner.top < outer.top + 40 || inner.bottom > outer.bottom - 40) {
    scan.scrollTop += inner.top - outer.top - outer.height / 3;
  }
}

function tell() {
  const isField = current.classList.contains("field");
  const decided = current.dataset.verdict;
  $("reading").textContent = textOf(current) || "–";
  $("was").textContent = isField
    ? [current.dataset.name, current.dataset.notes].filter(Boolean).join(" · ")
    : current.dataset.raw === textOf(current) ? "" : `OCR: ${current.dataset.raw}`;
  const readings = isField ? [] : JSON.parse(current.dataset.readings);
  $("choices").replaceChildren(...readings.slice(0, 9).map((reading, at) => {
    const button = document.createElement("button");
    const key = document.createElement("kbd");
    key.textContent = at + 1;
    button.append(reading, " ", key);
    button.dataset.reading = reading;
    return button;
  }));
  for (const act of document.querySelectorAll("#acts [data-act]")) {
    if (act.dataset.act === "withdraw") act.disabled = !decided;
    if (act.dataset.act === "change") act.disabled = isField && !current.dataset.edit;
    if (act.dataset.act === "reject") act.disabled = isField && !current.dataset.edit;
  }
  showLoupe();
}

// A piece of the scan around what is current, enlarged.
function showLoupe() {
  const loupe = $("loupe");
  const found = boxes.get(current.dataset.place) ?? [];
  const figure = found[0]?.closest("figure");
  loupe.replaceChildren();
  loupe.classList.toggle("empty", !figure);
  if (!figure) return;
  const here = found.filter((box) => box.closest("figure") === figure).map((box) => box.getBBox());
  const left = Math.min(...here.map((b) => b.x));
  const top = Math.min(...here.map((b) => b.y));
  const right = Math.max(...here.map((b) => b.x + b.width));
  const bottom = Math.max(...here.map((b) => b.y + b.height));
  const [wide, high] = [Math.max(right - left + 160, 420), bottom - top + 26];
  const page = figure.querySelector("svg").viewBox.baseVal;
  const x = Math.min(Math.max(0, (left + right - wide) / 2), Math.max(0, page.width - wide));
  loupe.setAttribute("viewBox", `${x} ${top - 13} ${wide} ${high}`);
  const picture = figure.querySelector("img");
  const image = document.createElementNS(loupe.namespaceURI, "image");
  for (const name of ["width", "height"]) image.setAttribute(name, picture.getAttribute(name));
  image.setAttribute("href", picture.getAttribute("src"));
  loupe.append(image);
  for (const b of here) {
    const rect = document.createElementNS(loupe.namespaceURI, "rect");
    for (const name of ["x", "y", "width", "height"]) rect.setAttribute(name, b[name]);
    loupe.append(rect);
  }
}

// --- moving -----------------------------------------------------------------------------------

const open = () =>
  items.filter((i) => i.dataset.order).sort((a, b) => a.dataset.order - b.dataset.order);

function jump(step) {
  const waiting = open();
  if (!waiting.length) return;
  const at = waiting.indexOf(current);
  const start = at < 0 ? (step > 0 ? -1 : 0) : at;
  choose(waiting[(start + step + waiting.length) % waiting.length]);
}

function move(step) {
  const at = current ? items.indexOf(current) : -1;
  choose(items[Math.min(items.length - 1, Math.max(0, at + step))]);
}

function moveLine(step) {
  if (!current) return move(1);
  const here = current.getBoundingClientRect();
  const others = items.map((item) => [item, item.getBoundingClientRect()])
    .filter(([, r]) => step > 0 ? r.top > here.bottom - 4 : r.bottom < here.top + 4);
  const near = ([, r]) => Math.abs(r.top - here.top) * 4 + Math.abs(r.left - here.left);
  others.sort((a, b) => near(a) - near(b));
  if (others.length) choose(others[0][0]);
}

function otherPart() {
  const isField = current?.classList.contains("field");
  choose(items.find((item) => item.classList.contains("field") !== Boolean(isField)));
}

// --- deciding ---------------------------------------------------------------------------------

async function decide(place, verdict, after = "") {
  if (busy) return;
  busy = true;
  const next = following();
  try {
    const answer = await fetch(`/letters/${encodeURIComponent(body.dataset.letter)}/decisions`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        seen: Number(body.dataset.seen), decisions: [{ place, verdict, after }],
      }),
    });
    const told = await answer.json();
    if (!answer.ok) return say(told.message, true);
    follow(told);
    say(body.dataset.saved);
    if (verdict === "withdraw" || place === "letter") tellCurrent();
    else choose(next?.dataset.order ? next : open()[0] ?? current);
  } catch {
    say(body.dataset.failed, true);
  } finally {
    busy = false;
  }
}

function following() {
  const waiting = open();
  const at = waiting.indexOf(current);
  return waiting.filter((item) => item !== current)[at < 0 ? 0 : at] ?? null;
}

function tellCurrent() {
  if (current) tell();
}

function follow(told) {
  body.dataset.seen = told.seen;
  $("left").textContent = told.left;
  $("checked").setAttribute("aria-pressed", told.checked);
  for (const word of told.words) {
    const item = byPlace.get(word.place);
    if (!item) continue;
    item.textContent = word.text || "∅";
    item.dataset.kind = word.kind;
    item.dataset.doubt = word.doubtful ? "yes" : "";
    item.dataset.verdict = word.verdict;
    item.dataset.order = word.order ?? "";
    item.dataset.readings = word.readings;
    item.title = word.text === item.dataset.raw ? "" : `OCR: ${item.dataset.raw}`;
    const kind = word.doubtful ? "doubt" : word.kind || "plain";
    for (const box of boxes.get(word.place) ?? []) {
      box.setAttribute("class", box.classList.contains("current") ? `${kind} current` : kind);
    }
  }
  for (const field of told.fields) {
    const item = byPlace.get(field.name);
    if (!item) continue;
    item.dataset.value = field.value;
    item.dataset.verdict = field.verdict;
    item.dataset.order = field.order ?? "";
    item.querySelector(".value").textContent = field.value || "–";
  }
}

function say(text, isProblem = false) {
  $("news").textContent = text;
  $("news").classList.toggle("problem", isProblem);
}

function startTyping() {
  if (!current || (current.classList.contains("field") && !current.dataset.edit)) return;
  $("typing").hidden = false;
  $("acts").hidden = true;
  $("typed").value = textOf(current) === "∅" ? "" : textOf(current);
  $("typed").select();
}

function closeTyping() {
  const had = $("typing").contains(document.activeElement);
  $("typing").hidden = true;
  $("acts").hidden = false;
  if (had) current?.focus({ preventScroll: true });
}

const acts = {
  confirm: () => current && decide(current.dataset.place, "confirm"),
  reject: () => current && decide(current.dataset.place, "reject"),
  change: startTyping,
  withdraw: () => current?.dataset.verdict && decide(current.dataset.place, "withdraw"),
  next: () => jump(1),
  previous: () => jump(-1),
};

function act(name) {
  const button = document.querySelector(`#acts [data-act="${name}"]`);
  if (!button.disabled) acts[name]();
}

function checkLetter() {
  const isChecked = $("checked").getAttribute("aria-pressed") === "true";
  decide("letter", isChecked ? "withdraw" : "confirm");
}

// --- hands and mouse --------------------------------------------------------------------------

const keys = {
  n: () => act("next"), p: () => act("previous"), r: () => act("reject"),
  e: () => act("change"), u: () => act("withdraw"), f: otherPart, c: checkLetter,
  ArrowRight: () => move(1), ArrowLeft: () => move(-1),
  ArrowDown: () => moveLine(1), ArrowUp: () => moveLine(-1),
  "?": () => $("help").showModal(),
  "[": () => $("before")?.click(), "]": () => $("after")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if ($("help").open) return;
  if (event.target === $("typed")) {
    if (event.key === "Escape") { event.preventDefault(); closeTyping(); }
    return;
  }
  const onItem = event.target === body || event.target.classList?.contains("item");
  if (event.key === "Enter" && onItem) {
    event.preventDefault();
    if (!event.repeat) act("confirm");
  } else if (/^[1-9]$/.test(event.key)) {
    document.querySelectorAll("#choices button")[event.key - 1]?.click();
  } else if (keys[event.key] && (onItem || !event.key.startsWith("Arrow"))) {
    event.preventDefault();
    keys[event.key]();
  }
});

document.addEventListener("mouseover", (event) => hover(event.target, true));
document.addEventListener("mouseout", (event) => hover(event.target, false));
function hover(target, on) {
  const place = target.closest?.("[data-place]")?.dataset.place;
  if (place) mark("hover", place, on);
}

document.addEventListener("click", (event) => {
  const place = event.target.closest("[data-place]")?.dataset.place;
  if (place) choose(byPlace.get(place));
  const reading = event.target.closest("[data-reading]")?.dataset.reading;
  if (reading !== undefined && current) decide(current.dataset.place, "change", reading);
  const name = event.target.closest("[data-act]")?.dataset.act;
  if (name) acts[name]();
});
$("checked").addEventListener("click", checkLetter);
$("help-open").addEventListener("click", () => $("help").showModal());
$("cancel").addEventListener("click", closeTyping);
$("typing").addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = $("typed").value;
  closeTyping();
  decide(current.dataset.place, "change", typed);
});
for (const image of document.querySelectorAll(".scan img")) {
  const missing = () => { image.closest("figure").querySelector("figcaption").hidden = false; };
  if (image.complete && !image.naturalWidth && image.currentSrc) missing();
  image.addEventListener("error", missing);
}

choose(open()[0] ?? items[0]);
