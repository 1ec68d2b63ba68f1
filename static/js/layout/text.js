/**
 * Text into a box, broken into lines, on a circle, or where a shopper has put it: the server's
 * configurator/engine/layout/text.py, step for step, so that what is seen while typing is what the server makes.
 * Everything in integer micrometres.
 *
 * A frame is {box, align, valign, size, min_size, fit, arc}: `size` is the height of its capitals, `min_size` the
 * least, `fit` is "shrink" or "wrap", `arc` the radius of its circle (0: straight). Fonts are {chain, harfbuzz,
 * breaking}: the last is line_breaking.js, which only frames that wrap ask for.
 */

import { bent, bounds, box, moved, round, turned } from "./geometry.js";
import { codesOf, shapeLine } from "./shaping.js";

const LINE_PITCH = 1.6; // baseline to baseline, in letter heights
const SIZE_STEP = 10;
const LEAST_GAP = 0.17; // radians of the circle that stay free between a text's end and its beginning

/** {path, box, plain, size}; `path` is empty when the text has no ink. Throws `FontNeeded`. */
export function setText(text, frame, fonts) {
  const { lines, size } = fitted(codesOf(text.normalize("NFC")), frame, fonts);
  const path = outline(lines, size, frame.align, frame.arc, fonts);
  if (!path.length) return { path, box: null, plain: null, size: frame.size };
  const stood = moved(path, ...standing(path, lines.length, size, frame));
  const ink = bounds(stood);
  return { path: stood, box: ink, plain: ink, size };
}

/** The same where a shopper has put it: {x, y, width, rotation}, the turn in thousandths of a degree. */
export function placeText(text, frame, { x, y, width, rotation }, fonts) {
  const lines = linesAt(frame.size, codesOf(text.normalize("NFC")), frame, fonts);
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

/** The lines of the text at this letter height: as they are written, or broken to the frame's width. */
function linesAt(size, codes, frame, fonts, torn = false) {
  const shaped = (line) => shapedLine(line, fonts);
  if (frame.fit !== "wrap") return String.fromCodePoint(...codes).split("\n").map((line) => shaped(codesOf(line)));
  const advance = (part) => (part.length ? shaped(part).advance : 0);
  const lines = fonts.breaking.brokenLines(codes, frame.box.width / size, advance, torn);
  return lines.map(([start, end]) => shaped(codes.slice(start, end)));
}

const REMEMBERED = 1024; // shaped lines and words: while somebody types, all but one stay as they were

function shapedLine(codes, fonts) {
  const known = (fonts.chain[0].lines ??= new Map());
  const text = String.fromCodePoint(...codes);
  if (!known.has(text)) {
    const line = shapeLine(text, fonts);
    if (known.size >= REMEMBERED) known.clear();
    known.set(text, line);
  }
  return known.get(text);
}

/** The lines of a text and the letter height at which they fit the frame, or the least there is. */
function fitted(codes, frame, fonts) {
  const lines = linesAt(frame.size, codes, frame, fonts);
  const wraps = frame.fit === "wrap";
  const fit = (set, size) => fits(set, size, frame, blockBox(set, size, frame, fonts));
  if (fit(lines, frame.size)) return { lines, size: frame.size };
  const least = Math.min(frame.min_size, frame.size);
  const fitting = wraps || frame.arc
    ? largest(frame.size, (size) => fit(wraps ? linesAt(size, codes, frame, fonts) : lines, size))
    : fittingSize(lines, frame, fonts);
  if (fitting < least && wraps && fonts.breaking.needsDictionary(codes)) {
    const torn = largest(frame.size, (size) => fit(linesAt(size, codes, frame, fonts, true), size));
    if (torn >= least) return { lines: linesAt(torn, codes, frame, fonts, true), size: torn };
  }
  const size = Math.max(fitting, least);
  return { lines: wraps ? linesAt(size, codes, frame, fonts) : lines, size };
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
function fittingSize(lines, frame, fonts) {
  const ink = blockBox(lines, frame.size, frame, fonts);
  const share = Math.min(frame.box.width / ink.width, frame.box.height / ink.height);
  let size = Math.floor(Math.trunc(frame.size * share) / SIZE_STEP) * SIZE_STEP;
  while (size > SIZE_STEP && !fits(lines, size, frame, blockBox(lines, size, frame, fonts))) size -= SIZE_STEP;
  return Math.max(size, 0);
}

/* --- ink: while a text is made to fit only its box is asked for, and often ------------------------------- */

/** The box of `outline`. */
function blockBox(lines, size, frame, fonts) {
  if (frame.arc) return bounds(outline(lines, size, frame.align, frame.arc, fonts));
  const boxes = [];
  lines.forEach((line, number) => {
    const ink = lineBox(line, size, fonts);
    if (ink === null) return;
    const dy = round(number * LINE_PITCH * size);
    const dx = -alignedAt(ink, frame.align);
    boxes.push(box(ink.left + dx, ink.top + dy, ink.right + dx, ink.bottom + dy));
  });
  return boxes.length ? union(boxes) : null;
}

/**
 * The box of a line's ink. The ends of segments lie on the ink, and it lies in the hull of all points: only
 * letters whose hull reaches beyond the ends of all others are outlined for it.
 */
function lineBox(line, size, fonts) {
  const drawn = line.glyphs.filter(({ face, glyph }) => glyphOutline(face, glyph, fonts.harfbuzz).length);
  if (!drawn.length) return null;
  const ends = union(drawn.map((each) => scaled(glyphExtents(each, fonts.harfbuzz).ends, each, size)));
  const beyond = drawn.filter((each) => {
    const hull = scaled(glyphExtents(each, fonts.harfbuzz).hull, each, size);
    return hull.left < ends.left || hull.top < ends.top || hull.right > ends.right || hull.bottom > ends.bottom;
  });
  return union([ends, ...beyond.map((each) => bounds(glyphPath(each, size, fonts.harfbuzz)))]);
}

/** The boxes, in font units, of the points that segments end at, and of all points. */
function glyphExtents({ face, glyph }, harfbuzz) {
  const known = (face.extents ??= new Map());
  if (!known.has(glyph)) {
    const segments = glyphOutline(face, glyph, harfbuzz).filter(([command]) => command !== "Z");
    const of = (points) => {
      const xs = points.filter((_, index) => index % 2 === 0), ys = points.filter((_, index) => index % 2 === 1);
      return { left: Math.min(...xs), right: Math.max(...xs), low: Math.min(...ys), high: Math.max(...ys) };
    };
    known.set(glyph, {
      ends: of(segments.flatMap((segment) => segment.slice(-2))),
      hull: of(segments.flatMap((segment) => segment.slice(1))),
    });
  }
  return known.get(glyph);
}

/** Extents as whole µm, y downwards: rounded as each of their points would be. */
function scaled({ left, right, low, high }, { face, x, y }, size) {
  const scale = size / face.cap;
  const [x0, y0] = [x * size, y * size];
  return box(round(x0 + left * scale), round(-y0 - high * scale), round(x0 + right * scale), round(-y0 - low * scale));
}

function union(boxes) {
  return box(
    Math.min(...boxes.map(({ left }) => left)), Math.min(...boxes.map(({ top }) => top)),
    Math.max(...boxes.map(({ right }) => right)), Math.max(...boxes.map(({ bottom }) => bottom)),
  );
}

function alignedAt({ left, right }, align) {
  return { left, center: Math.floor((left + right) / 2), right }[align];
}

/** The lines one under the other, first baseline at y 0, ink of each line aligned at x 0; bent onto a circle. */
function outline(lines, size, align, radius, fonts) {
  const whole = [];
  lines.forEach((line, number) => {
    const path = line.glyphs.flatMap((each) => glyphPath(each, size, fonts.harfbuzz));
    const ink = bounds(path);
    if (ink !== null) whole.push(...moved(path, -alignedAt(ink, align), round(number * LINE_PITCH * size)));
  });
  return radius ? bent(whole, radius) : whole;
}

function glyphPath({ face, glyph, x, y }, size, harfbuzz) {
  const scale = size / face.cap;
  const [x0, y0] = [x * size, y * size];
  return glyphOutline(face, glyph, harfbuzz).map(([command, ...values]) => [
    command, ...values.map((value, index) => (index % 2 ? round(-y0 - value * scale) : round(x0 + value * scale))),
  ]);
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
