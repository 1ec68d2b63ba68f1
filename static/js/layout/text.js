/**
 * Text into a box: the server's configurator/engine/layout/text.py, step for step, so that what is seen while
 * typing is what the server makes. Everything in integer micrometres.
 *
 * A frame is {box, align, valign, size, min_size}: `size` is the height of its capitals, `min_size` the least.
 */

import { bounds, moved, round } from "./geometry.js";
import { shapeLine } from "./shaping.js";

const LINE_PITCH = 1.6; // baseline to baseline, in letter heights
const SIZE_STEP = 10;

/** {path, box, size, missing, shrunk, fits}; `path` is empty when the text has no ink. Throws `FontNeeded`. */
export function setText(text, frame, fonts) {
  const lines = text.split("\n").map((line) => shapeLine(line, fonts));
  const missing = [...new Set(lines.flatMap((line) => line.missing))];
  const set = { path: [], box: null, size: frame.size, missing, shrunk: false, fits: true };
  let path = outline(lines, frame.size, frame.align, fonts);
  const ink = bounds(path);
  if (ink === null) return set;
  if (ink.width > frame.box.width || ink.height > frame.box.height) {
    const fitting = fittingSize(lines, frame, ink, fonts);
    set.size = Math.max(fitting, Math.min(frame.min_size, frame.size));
    set.shrunk = true;
    set.fits = fitting >= frame.min_size;
    path = outline(lines, set.size, frame.align, fonts);
  }
  set.path = stood(path, lines.length, set.size, frame);
  set.box = bounds(set.path);
  return set;
}

/** The lines one under the other: first baseline at y 0, ink of each line aligned at x 0. */
function outline(lines, size, align, fonts) {
  const whole = [];
  lines.forEach((line, number) => {
    const path = lineOutline(line, size, fonts);
    const ink = bounds(path);
    if (ink === null) return;
    const at = { left: ink.left, center: Math.floor((ink.left + ink.right) / 2), right: ink.right }[align];
    whole.push(...moved(path, -at, round(number * LINE_PITCH * size)));
  });
  return whole;
}

function lineOutline(line, size, { harfbuzz }) {
  const segments = [];
  for (const { face, glyph, x, y } of line.glyphs) {
    const scale = size / face.cap;
    const [x0, y0] = [x * size, y * size];
    for (const [command, ...values] of glyphOutline(face, glyph, harfbuzz)) {
      segments.push([command, ...values.map((value, index) => (index % 2 ? round(-y0 - value * scale) : round(x0 + value * scale)))]);
    }
  }
  return segments;
}

function glyphOutline(face, glyph, harfbuzz) {
  if (!face.outlines.has(glyph)) face.outlines.set(glyph, harfbuzz.outline(face.font, glyph));
  return face.outlines.get(glyph);
}

/** The largest letter height at which the ink fits the frame (rounding of outlines included). */
function fittingSize(lines, frame, ink, fonts) {
  const share = Math.min(frame.box.width / ink.width, frame.box.height / ink.height);
  let size = Math.floor(Math.trunc(frame.size * share) / SIZE_STEP) * SIZE_STEP;
  while (size > SIZE_STEP) {
    const fitted = bounds(outline(lines, size, frame.align, fonts));
    if (fitted === null || (fitted.width <= frame.box.width && fitted.height <= frame.box.height)) break;
    size -= SIZE_STEP;
  }
  return Math.max(size, 0);
}

function stood(path, lineCount, size, { box, align, valign }) {
  const ink = bounds(path);
  if (ink === null) return path;
  let dx = { left: box.left, center: Math.floor((box.left + box.right) / 2), right: box.right }[align];
  const band = size + round((lineCount - 1) * LINE_PITCH * size);
  const top = { top: box.top, middle: box.top + Math.floor((box.height - band) / 2), bottom: box.bottom - band }[valign];
  let dy = top + size;
  if (ink.height <= box.height) dy = Math.min(Math.max(dy, box.top - ink.top), box.bottom - ink.bottom);
  if (ink.width <= box.width) dx = Math.min(Math.max(dx, box.left - ink.left), box.right - ink.right);
  return moved(path, dx, dy);
}
