/**
 * Text into a box, on a circle, or where a shopper has put it: the server's configurator/engine/layout/text.py,
 * step for step, so that what is seen while typing is what the server makes. Everything in integer micrometres.
 *
 * A frame is {box, align, valign, size, min_size, arc}: `size` is the height of its capitals, `min_size` the
 * least, `arc` the radius of its circle (0: straight). Lines that the server breaks are not set here.
 */

import { bent, bounds, moved, round, turned } from "./geometry.js";
import { shapeLine } from "./shaping.js";

const LINE_PITCH = 1.6; // baseline to baseline, in letter heights
const SIZE_STEP = 10;
const LEAST_GAP = 0.17; // radians of the circle that stay free between a text's end and its beginning

/** {path, box, plain, size}; `path` is empty when the text has no ink. Throws `FontNeeded`. */
export function setText(text, frame, fonts) {
  const lines = shaped(text, fonts);
  const size = fittedSize(lines, frame, fonts);
  const path = outline(lines, size, frame.align, frame.arc, fonts);
  if (!path.length) return { path, box: null, plain: null, size: frame.size };
  const stood = moved(path, ...standing(path, lines.length, size, frame));
  const box = bounds(stood);
  return { path: stood, box, plain: box, size };
}

/** The same where a shopper has put it: {x, y, width, rotation}, the turn in thousandths of a degree. */
export function placeText(text, frame, { x, y, width, rotation }, fonts) {
  const lines = shaped(text, fonts);
  const nominal = bounds(outline(lines, frame.size, frame.align, frame.arc, fonts));
  if (nominal === null) return { path: [], box: null, plain: null, size: frame.size };
  const scale = width / Math.max(nominal.width, 1);
  const size = Math.max(round(frame.size * scale), 1);
  const path = outline(lines, size, frame.align, frame.arc * scale, fonts);
  const ink = bounds(path);
  const put = moved(path, x - Math.floor((ink.left + ink.right) / 2), y - Math.floor((ink.top + ink.bottom) / 2));
  const turnedPath = turned(put, rotation, [x, y]);
  return { path: turnedPath, box: bounds(turnedPath), plain: bounds(put), size };
}

function shaped(text, fonts) {
  return text.normalize("NFC").split("\n").map((line) => shapeLine(line, fonts));
}

function fittedSize(lines, frame, fonts) {
  const ink = bounds(outline(lines, frame.size, frame.align, frame.arc, fonts));
  if (ink === null || fits(lines, frame.size, frame, ink)) return frame.size;
  const fitting = frame.arc
    ? largest(frame.size, (size) => fits(lines, size, frame, bounds(outline(lines, size, frame.align, frame.arc, fonts))))
    : fittingSize(lines, frame, ink, fonts);
  return Math.max(fitting, Math.min(frame.min_size, frame.size));
}

/** Whether ink with this box fits the frame, and on a circle whether its end stays off its beginning. */
function fits(lines, size, { box, arc }, ink) {
  if (ink === null) return true;
  if (arc) {
    const longest = Math.max(...lines.map((line) => line.advance)) * size;
    if (longest > (2 * Math.PI - LEAST_GAP) * Math.abs(arc) || size >= Math.abs(arc)) return false;
  }
  return ink.width <= box.width && ink.height <= box.height;
}

/** The largest letter height, in steps, that fits; 0 where none does. What fits smaller fits. */
function largest(most, fit) {
  let low = 0, high = Math.floor(most / SIZE_STEP);
  if (high * SIZE_STEP === most && fit(most)) return most;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fit(middle * SIZE_STEP)) low = middle;
    else high = middle;
  }
  return low * SIZE_STEP;
}

/** The largest letter height at which the ink fits the frame (rounding of outlines included). */
function fittingSize(lines, frame, ink, fonts) {
  const share = Math.min(frame.box.width / ink.width, frame.box.height / ink.height);
  let size = Math.floor(Math.trunc(frame.size * share) / SIZE_STEP) * SIZE_STEP;
  while (size > SIZE_STEP) {
    const fitted = bounds(outline(lines, size, frame.align, 0, fonts));
    if (fitted === null || (fitted.width <= frame.box.width && fitted.height <= frame.box.height)) break;
    size -= SIZE_STEP;
  }
  return Math.max(size, 0);
}

/** The lines one under the other, first baseline at y 0, ink of each line aligned at x 0; bent onto a circle. */
function outline(lines, size, align, radius, fonts) {
  const whole = [];
  lines.forEach((line, number) => {
    const path = lineOutline(line, size, fonts);
    const ink = bounds(path);
    if (ink === null) return;
    const at = { left: ink.left, center: Math.floor((ink.left + ink.right) / 2), right: ink.right }[align];
    whole.push(...moved(path, -at, round(number * LINE_PITCH * size)));
  });
  return radius ? bent(whole, radius) : whole;
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

/** By how much the outline has to be moved to stand in its frame. */
function standing(path, lineCount, size, { box, align, valign, arc }) {
  const ink = bounds(path);
  if (ink === null) return [0, 0];
  let dx = { left: box.left, center: Math.floor((box.left + box.right) / 2), right: box.right }[align];
  if (arc) dx -= { left: ink.left, center: 0, right: ink.right }[align];
  const band = size + round((lineCount - 1) * LINE_PITCH * size);
  const top = { top: box.top, middle: box.top + Math.floor((box.height - band) / 2), bottom: box.bottom - band }[valign];
  let dy = top + size;
  if (ink.height <= box.height) dy = Math.min(Math.max(dy, box.top - ink.top), box.bottom - ink.bottom);
  if (ink.width <= box.width) dx = Math.min(Math.max(dx, box.left - ink.left), box.right - ink.right);
  return [dx, dy];
}
