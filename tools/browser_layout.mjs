/**
 * Sets texts with the modules that the page uses, under node, to be compared with the server's layout.
 *
 * The standard input is rows of JSON, each but the first kind answered by one:
 * {"faces": {name: {path, weight, cap, scripts}}}, the path null of a font that comes in letters;
 * {"lines": [text ...]} by {"ends", "torn"}: where each may end a line;
 * {"text", "outlined", "chain": [name ...], "letters": {name: {held, file, glyphs}}, "frame": {box: [l, t, r, b],
 * align, valign, size, min_size, fit, arc}, "placement": null or {x, y, width, rotation}} by {"glyphs": [[[name,
 * glyph, x, y] ...] of each line], "missing"}, "ends" and "torn" where it wraps, and where it is to be outlined
 * {"path", "size"}.
 */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import glue from "../static/vendor/harfbuzzjs-1.6.4/harfbuzz.js";
import { box, pathData } from "../static/js/layout/geometry.js";
import { load } from "../static/js/layout/harfbuzz.js";
import * as breaking from "../static/js/layout/line_breaking.js";
import { codesOf, shapeLine } from "../static/js/layout/shaping.js";
import { placeText, setText } from "../static/js/layout/text.js";

const binary = readFileSync(new URL("../static/vendor/harfbuzzjs-1.6.4/harfbuzz.wasm", import.meta.url));
const harfbuzz = await load(glue, binary);
const faces = new Map();
let out = "";

for await (const row of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(row);
  if (asked.faces) {
    for (const [name, { path, weight, cap, scripts }] of Object.entries(asked.faces)) {
      const font = path && harfbuzz.font(readFileSync(path), weight);
      faces.set(name, { name, cap, scripts: new Set(scripts), font, held: null, covered: new Map(), outlines: new Map() });
    }
    continue;
  }
  if (asked.lines) {
    out += `${JSON.stringify({ ends: asked.lines.map((line) => breaking.lineEnds(codesOf(line))), torn: asked.lines.map((line) => breaking.lineEndsBetweenLetters(codesOf(line))) })}\n`;
    continue;
  }
  const { text, chain, letters, frame, outlined } = asked;
  for (const [name, { held, file, glyphs }] of Object.entries(letters)) {
    const face = faces.get(name);
    if (face.font) harfbuzz.free(face.font);
    const font = harfbuzz.font(Buffer.from(file, "base64"), null);
    Object.assign(face, { font, held: new Set(held), numbers: glyphs, covered: new Map(), outlines: new Map(), extents: new Map() });
    for (const each of faces.values()) delete each.lines;
  }
  const fonts = { chain: chain.map((name) => faces.get(name)), harfbuzz, breaking };
  const written = text.normalize("NFC").split("\n");
  const lines = written.map((line) => shapeLine(line, fonts));
  const answer = {
    glyphs: lines.map((line) => line.glyphs.map(({ face, glyph, x, y }) => [face.name, face.numbers ? face.numbers[glyph] : glyph, x, y])),
    missing: [...new Set(lines.flatMap((line) => line.missing))],
  };
  if (frame.fit === "wrap") {
    answer.ends = written.map((line) => breaking.lineEnds(codesOf(line)));
    answer.torn = written.map((line) => breaking.lineEndsBetweenLetters(codesOf(line)));
  }
  if (outlined) {
    const inFrame = { ...frame, box: box(...frame.box) };
    const set = asked.placement ? placeText(text, inFrame, asked.placement, fonts) : setText(text, inFrame, fonts);
    Object.assign(answer, { path: pathData(set.path), size: set.size });
  }
  out += `${JSON.stringify(answer)}\n`;
  if (out.length > 1 << 20) {
    process.stdout.write(out);
    out = "";
  }
}
process.stdout.write(out);
