// Lists: "/" goes to the search box, j and k from line to line, Enter opens; "s" goes to the samples,
// which the end of a list offers, too.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target instanceof HTMLInputElement) return;
  const links = [...document.querySelectorAll(".letters > li > a, .pairs a.go, .offer a")];
  const step = { j: 1, k: -1 }[event.key];
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("q")?.select();
  } else if (step && links.length) {
    const at = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, at + step))].focus();
  } else if (event.key === "s") {
    document.querySelector(".places a[href='/samples']")?.click();
  } else if (event.key === "]" || event.key === "[") {
    document.querySelector(`.pages a[rel=${event.key === "]" ? "next" : "prev"}]`)?.click();
  }
});
