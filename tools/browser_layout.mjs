/**
 * Sets texts with the modules that the page uses, under node, to be compared with the server's layout.
 *
 * The first line of the standard input is {"faces": {name: {path, weight, cap, scripts}}}; every other line
 * is {"text", "outlined", "chain": [name ...], "frame": {box: [l, t, r, b], align, valign, size, min_size, arc},
 * "placement": null or {x, y, width, rotation}}. Each is answered by one line: {"glyphs": [[[name, glyph, x, y] ...] of each line], "missing"}, and where it is to be
 * outlined {"path", "size"} too.
 */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import glue from "../static/vendor/harfbuzzjs-1.6.4/harfbuzz.js";
import { box, pathData } from "../static/js/layout/geometry.js";
import { load } from "../static/js/layout/harfbuzz.js";
import { shapeLine } from "../static/js/layout/shaping.js";
import { placeText, setText } from "../static/js/layout/text.js";

const binary = readFileSync(new URL("../static/vendor/harfbuzzjs-1.6.4/harfbuzz.wasm", import.meta.url));
const harfbuzz = await load(glue, binary);
const faces = new Map();
let out = "";

for await (const row of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(row);
  if (asked.faces) {
    for (const [name, { path, weight, cap, scripts }] of Object.entries(asked.faces)) {
      const font = harfbuzz.font(readFileSync(path), weight);
      faces.set(name, { name, cap, scripts: new Set(scripts), font, covered: new Map(), outlines: new Map() });
    }
    continue;
  }
  const { text, chain, frame, outlined } = asked;
  const fonts = { chain: chain.map((name) => faces.get(name)), harfbuzz };
  const lines = text.split("\n").map((line) => shapeLine(line, fonts));
  const answer = {
    glyphs: lines.map((line) => line.glyphs.map(({ face, glyph, x, y }) => [face.name, glyph, x, y])),
    missing: [...new Set(lines.flatMap((line) => line.missing))],
  };
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
