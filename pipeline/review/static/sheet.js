// A sheet of word pictures: tick what is wrong, confirm all the others at once.
//
// Two digits tick the tile of that number; the last batch that was sent can be taken back, also from
// the next sheet (sessionStorage keeps its places, nothing of the letters but their readings).
import { post } from "/static/post.js";

const body = document.body;
const $ = (id) => document.getElementById(id);
const tiles = [...document.querySelectorAll(".tiles > li")];
const LAST = "congvan-last-batch";
const isDecided = body.classList.contains("decided");
let digits = "";
let busy = false;
let waiting = []; // keys pressed while decisions are on their way: quick hands lose nothing

const button = (tile) => tile.querySelector(".tile");
const isTicked = (tile) => button(tile).getAttribute("aria-pressed") === "true";
const isOpen = (tile) => !tile.classList.contains("done");
const open = () => tiles.filter(isOpen);
const ticked = () => open().filter(isTicked);
const current = () => document.activeElement?.closest?.(".tiles > li") ?? null;

// --- ticks and moves ---------------------------------------------------------------------------

function tick(tile) {
  if (!tile || !isOpen(tile)) return;
  button(tile).setAttribute("aria-pressed", String(!isTicked(tile)));
  choose(tile);
  tell();
}

function choose(tile) {
  if (!tile) return;
  for (const other of tiles) button(other).tabIndex = other === tile ? 0 : -1;
  button(tile).focus({ preventScroll: true });
  tile.scrollIntoView({ block: "nearest" });
}

function digit(key) {
  digits += key;
  if (digits.length < 2) {
    say(`${digits}_`);
    return;
  }
  const tile = tiles[Number(digits) - 1];
  digits = "";
  say("");
  tick(tile);
}

function move(step) {
  const at = tiles.indexOf(current());
  choose(tiles[Math.min(tiles.length - 1, Math.max(0, at + step))]);
}

function moveLine(step) {
  const here = current()?.getBoundingClientRect();
  if (!here) return choose(tiles[0]);
  const lines = tiles.map((tile) => [tile, tile.getBoundingClientRect()])
    .filter(([, r]) => step > 0 ? r.top >= here.bottom - 2 : r.bottom <= here.top + 2);
  const far = ([, r]) => Math.abs(r.top - here.top) * 10 + Math.abs(r.left - here.left);
  lines.sort((a, b) => far(a) - far(b));
  choose(lines[0]?.[0]);
}

function tickAll() {
  const all = ticked().length < open().length;
  for (const tile of open()) button(tile).setAttribute("aria-pressed", String(all));
  tell();
}

function tell() {
  const marked = ticked().length;
  if ($("rest")) $("rest").textContent = open().length - marked;
  for (const act of document.querySelectorAll("[data-act]")) {
    const name = act.dataset.act;
    if (name === "confirm") act.disabled = open().length === marked;
    if (name === "withdraw") act.disabled = !marked;
    if (name === "reject" || name === "change") act.disabled = !marked;
  }
}

function say(text, isProblem = false) {
  $("news").textContent = text;
  $("news").classList.toggle("problem", isProblem);
}

// --- deciding ----------------------------------------------------------------------------------

const asked = (tile, verdict, after = "") => ({
  letter: tile.dataset.letter, place: tile.dataset.place, verdict,
  shown: tile.dataset.shown, after,
});

async function send(chosen, verdict, after = "") {
  if (busy) return waiting.push(() => send(chosen, verdict, after));
  if (!chosen.length) return;
  busy = true;
  try {
    const decisions = chosen.map((tile) => asked(tile, verdict, after));
    const told = await post("/decisions", { seen: Number(body.dataset.seen), decisions },
      body.dataset.failed);
    body.dataset.seen = told.seen;
    take(chosen, told);
    const batch = told.kept.map((k) => ({ letter: k.letter, place: k.place, shown: k.reads }));
    if (verdict !== "withdraw") sessionStorage.setItem(LAST, JSON.stringify(batch));
    say([told.told, ...told.refused.map((r) => r.message)].join(" · "), told.refused.length > 0);
    if (!open().length || (isDecided && !ticked().length)) {
      waiting = []; // they were meant for this sheet
      return goOn();
    }
    if ($("typing").hidden) choose(ticked()[0] ?? open()[0]);
    tell();
  } catch (problem) {
    waiting = [];
    say(problem.message, true);
  } finally {
    busy = false;
    while (waiting.length && !busy) waiting.shift()();
  }
}

function take(chosen, told) {
  const key = (one) => `${one.letter} ${one.place}`;
  const kept = new Map(told.kept.map((one) => [key(one), one]));
  const refused = new Map(told.refused.map((one) => [key(one), one]));
  for (const tile of chosen) {
    const done = kept.get(key(tile.dataset));
    if (done) {
      tile.classList.add("done");
      button(tile).setAttribute("aria-pressed", "false");
    }
    tile.classList.toggle("refused", refused.has(key(tile.dataset)));
    const why = refused.get(key(tile.dataset));
    tile.querySelector(".verdict").textContent = why?.message ?? (done ? done.reads : "");
  }
}

async function undo() {
  const batch = JSON.parse(sessionStorage.getItem(LAST) ?? "[]");
  if (busy || !batch.length) return say(body.dataset.nothing);
  busy = true;
  try {
    const decisions = batch.map((one) => ({ ...one, verdict: "withdraw", after: "" }));
    await post("/decisions", { seen: Number(body.dataset.seen), decisions }, body.dataset.failed);
    sessionStorage.removeItem(LAST);
    sessionStorage.setItem("congvan-news", body.dataset.undone);
    location.reload();
  } catch (problem) {
    say(problem.message, true);
  } finally {
    busy = false;
  }
}

function startTyping() {
  if (!ticked().length) return;
  $("typing").hidden = false;
  $("acts").hidden = true;
  $("typed").value = ticked()[0].dataset.shown;
  $("typed").select();
}

function closeTyping() {
  $("typing").hidden = true;
  $("acts").hidden = false;
  choose(ticked()[0] ?? open()[0]);
}

function goOn() {
  location.assign(body.dataset.on);
}

const acts = {
  confirm: () => send(open().filter((tile) => !isTicked(tile)), "confirm"),
  withdraw: () => send(ticked(), "withdraw"),
  reject: () => send(ticked(), "reject"),
  change: startTyping,
  undo,
  open: () => current() && location.assign(current().dataset.link),
  back: () => location.assign(body.dataset.back),
  on: goOn,
};

function act(name) {
  if (busy && name !== "change") return waiting.push(() => act(name));
  const found = document.querySelector(`[data-act="${name}"]`);
  if (found && !found.disabled) acts[name]();
}

const keys = {
  Enter: () => act(isDecided ? "withdraw" : "confirm"), r: () => act("reject"),
  e: () => act("change"), u: () => act("undo"), n: () => act("on"), o: () => act("open"),
  b: () => act("back"), a: tickAll, "?": () => $("help").showModal(), " ": () => tick(current()),
  ArrowRight: () => move(1), ArrowLeft: () => move(-1),
  ArrowDown: () => moveLine(1), ArrowUp: () => moveLine(-1),
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if ($("help").open) return;
  if (event.target === $("typed")) {
    if (event.key === "Escape") { event.preventDefault(); closeTyping(); }
    return;
  }
  const onTile = event.target === body || event.target.classList?.contains("tile");
  if (/^[0-9]$/.test(event.key) && tiles.length) {
    event.preventDefault();
    if (!event.repeat) digit(event.key);
    return;
  }
  digits = "";
  const free = /^[a-z?]$/.test(event.key);
  if (keys[event.key] && (onTile || free)) {
    event.preventDefault();
    if (!event.repeat || event.key.startsWith("Arrow")) keys[event.key]();
  }
});

document.addEventListener("click", (event) => {
  const tile = event.target.closest(".tiles > li");
  if (tile) tick(tile);
  const name = event.target.closest("[data-act]")?.dataset.act;
  if (name) act(name);
});
$("help-open").addEventListener("click", () => $("help").showModal());
$("cancel").addEventListener("click", closeTyping);
$("typing").addEventListener("submit", (event) => {
  event.preventDefault();
  const [typed, chosen] = [$("typed").value, ticked()];
  closeTyping();
  send(chosen, "change", typed);
});

// A letter that came as text has no picture: its reading stands alone.
for (const image of document.querySelectorAll(".tile img")) {
  const missing = () => image.closest(".tile").classList.add("unpictured");
  if (image.complete && !image.naturalWidth) missing();
  image.addEventListener("error", missing);
}

const news = sessionStorage.getItem("congvan-news");
sessionStorage.removeItem("congvan-news");
if (news) say(news);
choose(open()[0] ?? tiles[0]);
tell();
body.dataset.ready = "yes"; // keys are heard from now on
