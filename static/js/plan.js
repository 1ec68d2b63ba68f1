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
  if (event.altKey || event.ctrlKey || event.metaKey) return;
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

/*
 * Dragging proposed work with mouse or pen: the drop is a form that the server checks and answers with what it
 * did, or why not. (By keyboard and without script the same form is on the run's page.)
 */
const chart = frame?.querySelector("svg.gantt");
const form = document.querySelector("#move-form");
const HEAD = 44; // gantt.HEAD and gantt.ROW
const ROW = 34;
const MEANT = 5; // pixels that a drag is longer than a click
const STEP = 300; // seconds that a drop is rounded to

function chartPoint(event) {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
  return { x: at.x, y: at.y };
}

function momentAt(x) {
  const stretches = chart.dataset.time.split(";").map((each) => each.split(",").map(Number));
  const [left, right, from, to] =
    stretches.find(([, right]) => x <= right) ?? stretches[stretches.length - 1];
  const share = Math.min(Math.max((x - left) / (right - left), 0), 1);
  return Math.round((from + share * (to - from)) / STEP) * STEP;
}

function rowAt(y) {
  return chart.dataset.rows.split(",")[Math.floor((y - HEAD) / ROW)];
}

function drop(key, machine, seconds) {
  form.action = form.dataset.address.replace("/0/", `/${key}/`);
  form.elements.machine.value = machine;
  form.elements.start.value = new Date(seconds * 1000).toISOString();
  form.submit();
}

function startDrag(bar, down) {
  const work = bar.querySelector(".work");
  const row = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  row.setAttribute("class", "drop-row");
  row.setAttribute("width", chart.viewBox.baseVal.width);
  row.setAttribute("height", ROW);
  const from = chartPoint(down);
  let meant = false;

  const move = (event) => {
    const at = chartPoint(event);
    if (!meant && Math.hypot(at.x - from.x, at.y - from.y) < MEANT) return;
    if (!meant) {
      meant = true;
      bar.classList.add("dragging");
      chart.insertBefore(row, chart.querySelector(".bar"));
    }
    const shift = Math.round((at.y - from.y) / ROW) * ROW;
    bar.setAttribute("transform", `translate(${at.x - from.x} ${shift})`);
    row.setAttribute("y", HEAD + Math.floor((at.y - HEAD) / ROW) * ROW);
  };
  const end = (event) => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    row.remove();
    bar.classList.remove("dragging");
    bar.removeAttribute("transform");
    if (!meant) return;
    // The click that follows a drag opens nothing.
    addEventListener("click", (click) => click.preventDefault(), { capture: true, once: true });
    const at = chartPoint(event);
    const machine = rowAt(at.y);
    if (event.type === "pointerup" && machine && !machine.startsWith("person:")) {
      drop(bar.dataset.key, machine, momentAt(Number(work.getAttribute("x")) + at.x - from.x));
    }
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

if (chart && form) {
  document.querySelector("#move-hint").hidden = false;
  for (const bar of chart.querySelectorAll(".bar.proposed[data-key]")) {
    bar.classList.add("movable");
    bar.addEventListener("dragstart", (event) => event.preventDefault());
    bar.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && event.pointerType !== "touch") startDrag(bar, event);
    });
  }
}
