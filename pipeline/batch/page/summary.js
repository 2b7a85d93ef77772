"use strict";
(() => {
  const table = document.getElementById("letters");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const fold = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase();
  const words = document.getElementById("words");
  const status = document.getElementById("status");
  const shown = document.getElementById("shown");
  const texts = new Map();
  const textOf = (row) => {
    if (!texts.has(row)) texts.set(row, fold(row.textContent));
    return texts.get(row);
  };
  const filter = () => {
    const wanted = fold(words.value).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const fits = (!status.value || row.dataset.status === status.value)
        && wanted.every((word) => textOf(row).includes(word));
      row.hidden = !fits;
      count += fits;
    }
    shown.textContent = shown.dataset.text.replace("{shown}", count).replace("{all}", rows.length);
  };
  const keyOf = (row, at) => row.cells[at].dataset.key ?? row.cells[at].textContent.trim();
  const sort = (head, at) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const order = new Intl.Collator(document.documentElement.lang, { numeric: true });
    const keyed = rows.map((row) => [keyOf(row, at), row]);
    // What has no value comes last, whichever way the rest is sorted.
    keyed.sort(([a], [b]) => (a === "") - (b === "") || order.compare(a, b) * (down ? -1 : 1));
    body.append(...keyed.map(([, row]) => row));
  };
  [...table.tHead.rows[0].cells].forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head, at));
    head.replaceChildren(button);
  });
  let waiting = 0;
  words.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 150); });
  status.addEventListener("change", filter);
  const tools = document.querySelector(".tools");
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.hidden = false;
  filter();
})();
