/**
 * One line of text in any scripts -> glyphs in the order in which they are seen: the server's
 * configurator/engine/layout/shaping.py, step for step. Lengths are in letter heights, y upwards.
 *
 * A font is {name, cap, scripts, font, held}: `font` is HarfBuzz's, null while its file has not been fetched;
 * `held` is null, or the letters (code points) that were fetched of a font too large to be fetched whole.
 */

import { levelRuns } from "./bidirectional.js";
import { scriptOf } from "./unicode.js";

const SHARED_SCRIPTS = new Set(["Zyyy", "Zinh", "Zzzz"]);
// Letters of a script that draw nothing: HarfBuzz needs no glyph for them.
const UNSEEN = new Set([0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b, 0x180c, 0x180d, 0x180e, 0x180f, 0x3164, 0xffa0]);

/** A font that has to be fetched, whole or for more letters, before a text can be shaped; `face` tells which. */
export class FontNeeded extends Error {
  constructor(face) {
    super(`The font ${face.name}, or a letter of it, has not been fetched yet.`);
    this.face = face;
  }
}

const segmenter = "Segmenter" in Intl ? new Intl.Segmenter("en", { granularity: "grapheme" }) : null;

/** Whether this browser can cut text into what a reader calls characters. */
export const ready = segmenter !== null;

export function codesOf(text) {
  return Array.from(text, (character) => character.codePointAt(0));
}

/** What a reader counts as one letter (grapheme clusters), each as code points. */
export function clustersOf(codes) {
  return codes.length ? Array.from(segmenter.segment(String.fromCodePoint(...codes)), ({ segment }) => codesOf(segment)) : [];
}

/** Shape one line; `chain` is the asked font and those that may stand in for it. Throws `FontNeeded`. */
export function shapeLine(text, { chain, harfbuzz }) {
  const codes = codesOf(text.normalize("NFC"));
  const line = { glyphs: [], advance: 0, missing: [] };
  for (const run of levelRuns(codes)) {
    const pieces = piecesOf(codes.slice(run.start, run.end), run.rtl, chain, harfbuzz, line.missing);
    if (run.rtl) pieces.reverse();
    for (const piece of pieces) shapePiece(piece, run.rtl, line, harfbuzz);
  }
  line.missing = [...new Set(line.missing)];
  return line;
}

/** The stretches of one font and one script inside a run, in the order of the text. */
function piecesOf(codes, rtl, chain, harfbuzz, missing) {
  const pieces = [];
  for (const { segment } of segmenter.segment(String.fromCodePoint(...codes))) {
    const cluster = codesOf(segment);
    const script = cluster.map(scriptOf).find((each) => !SHARED_SCRIPTS.has(each)) ?? "";
    const last = pieces.at(-1);
    let face;
    if (last && !script && rtl && covers(last.face, segment, cluster, harfbuzz)) {
      // A space or a comma between Arabic words comes from the font of the words.
      face = last.face;
    } else {
      face = chain.find((each) => couldHave(each, cluster) && covers(each, segment, cluster, harfbuzz));
    }
    if (!face) {
      missing.push(segment);
      face = fetched(chain[0], cluster);
    }
    if (last && last.face === face && (!script || !last.script || script === last.script)) {
      last.codes.push(...cluster);
      last.script ||= script;
    } else {
      pieces.push({ codes: cluster, face, script });
    }
  }
  return pieces;
}

/** False where the font has no letter at all of a script in the cluster: its file need not be fetched to know. */
function couldHave(face, cluster) {
  return cluster.every((code) => {
    const script = scriptOf(code);
    return SHARED_SCRIPTS.has(script) || face.scripts.has(script) || UNSEEN.has(code);
  });
}

function covers(face, segment, cluster, harfbuzz) {
  const { font, covered } = fetched(face, cluster);
  if (!covered.has(segment)) covered.set(segment, harfbuzz.covers(font, cluster));
  return covered.get(segment);
}

function fetched(face, cluster) {
  if (face.font === null || (face.held && !cluster.every((code) => face.held.has(code)))) throw new FontNeeded(face);
  return face;
}

function shapePiece({ codes, face, script }, rtl, line, harfbuzz) {
  const unit = 1 / face.cap;
  for (const each of harfbuzz.shape(face.font, codes, { rtl, script })) {
    line.glyphs.push({ face, glyph: each.glyph, x: line.advance + each.dx * unit, y: each.dy * unit });
    line.advance += each.advance * unit;
  }
}
