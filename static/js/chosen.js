/**
 * The chart's bars: a click or the focus shows the facts of a step beside the chart, a second click or Enter opens
 * its run, arrows go from bar to bar. Without script a bar is a link to the same page with the facts in it.
 */
const frame = document.querySelector(".gantt-frame");
const panel = document.querySelector("#chosen");
const bars = [...(frame?.querySelectorAll("svg.gantt a.bar") ?? [])];
const SOON = 180; // milliseconds that the focus rests on a bar before its facts are fetched
const TWICE = 400; // milliseconds between two clicks
let asked = "";
let waiting = 0;
let byPointer = false;

function edges(bar) {
  const box = bar.querySelector(".work, .frame");
  const left = Number(box.getAttribute("x"));
  return { left, right: left + Number(box.getAttribute("width")), top: Number(box.getAttribute("y")) };
}

/* --- one tab stop for the whole chart, arrows inside ---------------------------------------------------- */

function makeTabStop(bar) {
  for (const other of bars) other.setAttribute("tabindex", other === bar ? "0" : "-1");
}

function firstTabStop() {
  const now = Number(frame.querySelector(".now")?.getAttribute("x1") ?? 0);
  return (
    frame.querySelector("a.bar.selected") ?? bars.find((bar) => edges(bar).right >= now) ?? bars[0]
  );
}

function neighbour(bar, key) {
  const here = edges(bar);
  const row = bars.filter((other) => edges(other).top === here.top);
  const place = row.indexOf(bar);
  if (key === "ArrowLeft") return row[place - 1];
  if (key === "ArrowRight") return row[place + 1];
  if (key === "Home") return row[0];
  if (key === "End") return row.at(-1);
  const down = key === "ArrowDown";
  const beyond = bars.map(edges).filter(({ top }) => (down ? top > here.top : top < here.top));
  if (!beyond.length) return undefined;
  const tops = beyond.map(({ top }) => top);
  const next = down ? Math.min(...tops) : Math.max(...tops);
  const far = (other) => Math.abs(edges(other).left - here.left);
  return bars
    .filter((other) => edges(other).top === next)
    .reduce((best, other) => (far(other) < far(best) ? other : best));
}

/* --- the panel ------------------------------------------------------------------------------------------ */

function mark(key) {
  for (const bar of bars) bar.classList.toggle("selected", Boolean(key) && bar.dataset.key === key);
}

function keepInAddress(key) {
  const address = new URL(location.href);
  if (key) address.searchParams.set("op", key);
  else address.searchParams.delete("op");
  history.replaceState(null, "", address);
}

/** The panel at the foot of the window must not hide the bar that it speaks of. */
function uncover(bar) {
  if (panel.hidden) return;
  const hidden = bar.getBoundingClientRect().bottom + 8 - panel.getBoundingClientRect().top;
  const beside = panel.getBoundingClientRect().left >= frame.getBoundingClientRect().right;
  if (!beside && hidden > 0) scrollBy({ top: hidden, behavior: "instant" });
}

async function choose(bar) {
  const { key } = bar.dataset;
  if (!key || key === asked) return;
  asked = key;
  mark(key);
  keepInAddress(key);
  const answer = await fetch(panel.dataset.address.replace("/0/", `/${key}/`) + location.search);
  if (asked !== key) return;
  if (!answer.ok || answer.redirected) {
    location.href = bar.href.baseVal; // the page says what is wrong
    return;
  }
  panel.innerHTML = await answer.text();
  panel.hidden = false;
  panel.scrollTop = 0;
  setTimeout(uncover, TWICE, bar); // not between two clicks
}

function close() {
  const bar = bars.find((each) => each.dataset.key === asked);
  clearTimeout(waiting);
  asked = "";
  mark("");
  keepInAddress("");
  panel.hidden = true;
  panel.replaceChildren();
  bar?.focus({ preventScroll: true });
}

function openRun(bar) {
  location.href = panel.dataset.run.replace("/run/", `/${bar.dataset.run}/`);
}

if (panel && bars.length) {
  asked = frame.querySelector("a.bar.selected")?.dataset.key ?? "";
  makeTabStop(firstTabStop());
  frame.addEventListener("pointerdown", () => {
    byPointer = true;
  });
  frame.addEventListener("focusin", ({ target }) => {
    const bar = target.closest("a.bar");
    if (!bar) return;
    makeTabStop(bar);
    clearTimeout(waiting);
    if (!byPointer && asked !== bar.dataset.key) waiting = setTimeout(choose, SOON, bar);
    byPointer = false;
  });
  frame.addEventListener("click", (event) => {
    byPointer = false;
    const bar = event.target.closest("a.bar[data-key]");
    if (!bar || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (event.detail === 1) choose(bar);
    else openRun(bar); // Enter, or the second click
  });
  frame.addEventListener("keydown", (event) => {
    const bar = event.target.closest("a.bar");
    if (!bar || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!/^(Arrow|Home$|End$)/.test(event.key)) return;
    event.preventDefault();
    neighbour(bar, event.key)?.focus();
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close();
  });
  panel.addEventListener("click", (event) => {
    if (!event.target.closest("#chosen-close")) return;
    event.preventDefault();
    close();
  });
}
