/** The plan's chart by keyboard: arrows pan, + and - zoom, while the chart has the focus (links do the same). */
const frame = document.querySelector(".gantt-frame");

function follow(link) {
  if (link) location.href = link.href;
}

function zoom(step) {
  const links = [...document.querySelectorAll("[aria-label='Stretch of time'] .tabs a")];
  const here = links.findIndex((link) => link.getAttribute("aria-current"));
  follow(links[here + step]);
}

frame?.addEventListener("keydown", (event) => {
  if (event.target !== frame || event.altKey || event.ctrlKey || event.metaKey) return;
  const act = {
    "+": () => zoom(-1),
    "-": () => zoom(1),
    PageUp: () => follow(document.querySelector("#pan-earlier")),
    PageDown: () => follow(document.querySelector("#pan-later")),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
