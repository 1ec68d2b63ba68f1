/**
 * Outlines in integer micrometres, y downwards, as the server's configurator/engine/geometry.py has them:
 * arrays of segments [command, x, y, ...] with the commands M L Q C Z and absolute coordinates.
 */

/** To the nearest integer, halves to the even one, as Python rounds. */
export function round(value) {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest < 0.5) return low;
  if (rest > 0.5) return low + 1;
  return low % 2 === 0 ? low : low + 1;
}

export function box(left, top, right, bottom) {
  return { left, top, right, bottom, width: right - left, height: bottom - top };
}

/** The `d` attribute of an SVG path. */
export function pathData(path) {
  let data = "";
  for (const [command, ...numbers] of path) data += command + numbers.join(" ");
  return data;
}

export function moved(path, dx, dy) {
  return path.map((segment) => segment.map((value, index) => (index === 0 ? value : value + (index % 2 ? dx : dy))));
}

/** The exact box of an outline (curves by their extremes, not their control points), rounded outwards. */
export function bounds(path) {
  let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
  let x = 0, y = 0;
  for (const segment of path) {
    if (segment[0] === "Z") continue;
    const [xs, ys] = [[], []];
    for (let index = 1; index < segment.length; index += 2) {
      xs.push(segment[index]);
      ys.push(segment[index + 1]);
    }
    const nextX = xs.at(-1), nextY = ys.at(-1);
    // A curve stays inside the hull of its points: most segments cannot widen the box.
    if (Math.min(...xs) < left || Math.max(...xs) > right) {
      if (segment[0] !== "M") xs.unshift(x);
      const [low, high] = extremes(xs);
      left = Math.min(left, low);
      right = Math.max(right, high);
    }
    if (Math.min(...ys) < top || Math.max(...ys) > bottom) {
      if (segment[0] !== "M") ys.unshift(y);
      const [low, high] = extremes(ys);
      top = Math.min(top, low);
      bottom = Math.max(bottom, high);
    }
    x = nextX;
    y = nextY;
  }
  if (left > right) return null;
  return box(Math.floor(left), Math.floor(top), Math.ceil(right), Math.ceil(bottom));
}

/** Least and greatest coordinate of a line, quadratic or cubic curve along one axis. */
function extremes(points) {
  let low = Math.min(points[0], points.at(-1));
  let high = Math.max(points[0], points.at(-1));
  if (Math.min(...points) >= low && Math.max(...points) <= high) return [low, high];
  for (const t of turningPoints(points)) {
    if (t > 0 && t < 1) {
      const value = at(points, t);
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return [low, high];
}

function turningPoints(points) {
  if (points.length === 3) {
    const [a, b, c] = points;
    const bend = a - 2 * b + c;
    return bend ? [(a - b) / bend] : [];
  }
  const [a, b, c, d] = points;
  // Derivative of the cubic: p t^2 + q t + r.
  const p = 3 * (d - 3 * c + 3 * b - a), q = 6 * (c - 2 * b + a), r = 3 * (b - a);
  if (p === 0) return q ? [-r / q] : [];
  const inside = q * q - 4 * p * r;
  if (inside < 0) return [];
  const root = Math.sqrt(inside);
  return [(-q + root) / (2 * p), (-q - root) / (2 * p)];
}

function at(points, t) {
  let values = points;
  while (values.length > 1) values = values.slice(1).map((b, index) => values[index] + (b - values[index]) * t);
  return values[0];
}

/** The outline turned clockwise about a point, by thousandths of a degree; exact for quarter turns. */
export function turned(path, mdeg, [cx, cy]) {
  const [cosine, sine] = direction(mdeg);
  if (cosine === 1) return path;
  return path.map(([command, ...values]) => {
    const segment = [command];
    for (let index = 0; index < values.length; index += 2) {
      const [x, y] = [values[index], values[index + 1]];
      segment.push(cx + round((x - cx) * cosine - (y - cy) * sine), cy + round((x - cx) * sine + (y - cy) * cosine));
    }
    return segment;
  });
}

function direction(mdeg) {
  const whole = ((mdeg % 360_000) + 360_000) % 360_000;
  if (whole % 90_000 === 0) return [[1, 0], [0, 1], [-1, 0], [0, -1]][whole / 90_000];
  const angle = (whole / 1000) * (Math.PI / 180);
  return [Math.cos(angle), Math.sin(angle)];
}

/**
 * The outline of a straight line of letters (baseline on y 0, its middle at x 0) on a circle: over it where the
 * radius is above 0, inside along its bottom below 0.
 */
export function bent(path, radius) {
  const onto = (x, y) => {
    const angle = x / radius, distance = radius - y;
    return [round(distance * Math.sin(angle)), round(radius - distance * Math.cos(angle))];
  };
  const found = [];
  let here = [0, 0], start = [0, 0];
  for (const segment of path) {
    const [command, ...values] = segment;
    if (command === "M") start = values;
    if (command === "Z") {
      if (here[0] !== start[0] || here[1] !== start[1]) found.push(bentLine(here, start, onto));
      found.push(segment);
      continue;
    }
    if (command === "L") {
      found.push(bentLine(here, values, onto));
    } else {
      const points = [];
      for (let index = 0; index < values.length; index += 2) points.push(...onto(values[index], values[index + 1]));
      found.push([command, ...points]);
    }
    here = values.slice(-2);
  }
  return found;
}

/** The quadratic curve through the bent ends and the bent middle of a line; a line where that is one. */
function bentLine(start, end, onto) {
  const [ax, ay] = onto(...start), [bx, by] = onto(...end);
  const [mx, my] = onto((start[0] + end[0]) / 2, (start[1] + end[1]) / 2);
  if (Math.abs(2 * mx - ax - bx) <= 2 && Math.abs(2 * my - ay - by) <= 2) return ["L", bx, by];
  return ["Q", 2 * mx - Math.floor((ax + bx) / 2), 2 * my - Math.floor((ay + by) / 2), bx, by];
}
