/** Outlines in µm on their way to the screen: flat as SVG, or bent onto the picture of a product. */

const NS = "http://www.w3.org/2000/svg";
// How a role that has no colour of its own is shown.
const ROLES = { engrave: "#33231a", white: "#ffffff", cut: "#d33a2c", score: "#2b5fb8" };
const STEPS = 6; // straight pieces in place of a curve

export function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function paintOf({ role, colour }) {
  return ROLES[role] ?? (colour || "#000000");
}

/** The outline as the `d` of a path in the pixels of the picture, through the view's grid of control points. */
export function bent(path, view) {
  const place = placer(view);
  let d = "";
  let from = null, start = null, open = false;
  const lineTo = (x, y) => {
    const at = place(x, y);
    // What goes round the back of the product is not seen.
    if (at) d += `${open ? "L" : "M"}${at[0].toFixed(1)} ${at[1].toFixed(1)}`;
    open = at !== null;
  };
  const step = view.surface[0] / (view.columns * 4);
  for (const [command, ...values] of path) {
    if (command === "M") {
      open = false;
      start = values;
      lineTo(...values);
      from = values;
    } else if (command === "Z") {
      straight(from, start, step, lineTo);
      if (open) d += "Z";
      from = start;
    } else if (command === "L") {
      straight(from, values, step, lineTo);
      from = values;
    } else {
      for (let i = 1; i <= STEPS; i++) lineTo(...onCurve([...from, ...values], i / STEPS));
      from = values.slice(-2);
    }
  }
  return d;
}

function straight([x0, y0], [x1, y1], step, lineTo) {
  const pieces = Math.min(60, Math.max(1, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / step)));
  for (let i = 1; i <= pieces; i++) lineTo(x0 + ((x1 - x0) * i) / pieces, y0 + ((y1 - y0) * i) / pieces);
}

function onCurve(points, t) {
  let values = points;
  while (values.length > 2) {
    values = values.slice(2).map((value, index) => values[index] + (value - values[index]) * t);
  }
  return values;
}

/** (x, y) in µm of the surface -> [x, y] in pixels of the picture, or null where it is out of sight. */
function placer({ surface, scale, left, top, columns, rows, points }) {
  return (x, y) => {
    const u = ((x * scale + left) / surface[0]) * columns;
    const v = ((y * scale + top) / surface[1]) * rows;
    const column = Math.min(columns - 1, Math.max(0, Math.floor(u)));
    const row = Math.min(rows - 1, Math.max(0, Math.floor(v)));
    const first = row * (columns + 1) + column;
    const corners = [points[first], points[first + 1], points[first + columns + 1], points[first + columns + 2]];
    if (corners.includes(null)) return null;
    const [a, b] = [u - column, v - row];
    const weights = [(1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b];
    return [0, 1].map((axis) => corners.reduce((sum, corner, index) => sum + corner[axis] * weights[index], 0));
  };
}
