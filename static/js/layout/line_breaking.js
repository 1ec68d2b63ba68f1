/**
 * Where a line may end: the Unicode line breaking algorithm (UAX #14), with the same answers as the library that
 * the server asks (configurator/engine/layout/line_breaking.py). The numbers of the rules are the annex's.
 *
 * Fetched only where lines are broken. A text is an array of code points.
 */

import { lineClass } from "./line_classes.js";
import { clustersOf } from "./shaping.js";
import { scriptOf } from "./unicode.js";

const set = (names) => new Set(names.split(" "));
const HARD = set("BK CR LF NL");
const NO_BASE = set("BK CR LF NL SP ZW"); // what a combining mark does not join (LB9)
const BEFORE_QUOTE = set("BK CR LF NL OP QU GL SP ZW");
const AFTER_QUOTE = set("SP GL WJ CL QU CP EX IS SY BK CR LF NL ZW");
const BEFORE_HYPHEN = set("BK CR LF NL SP ZW CB GL");
const LETTER = set("AL HL");
const JAMO = set("JL JV JT H2 H3");
const PICTURE = set("ID EB EM");
const DOTTED_CIRCLE = 0x25cc;
const HYPHEN = 0x2010;

/** A character that still counts once marks have joined their letters (LB9, LB10). `whole`: it is the text's last. */
function unit(code, known, whole) {
  return { code, kind: /^[A-Z\d]+/.exec(known)[0], opens: known.includes("i"), shuts: known.includes("f"), wide: known.includes("w"), emoji: known.includes("e"), whole };
}

/** The places where a line of the text may end, as counts of code points; the end of the text is one. */
export function lineEnds(codes) {
  if (!codes.length) return [];
  const known = codes.map(lineClass);
  const kinds = known.map((each) => /^[A-Z\d]+/.exec(each)[0]);
  const units = [], starts = [];
  codes.forEach((code, index) => {
    const joins = (kinds[index] === "CM" || kinds[index] === "ZWJ") && index > 0 && !NO_BASE.has(beforeMarks(kinds, index));
    if (joins) return;
    const mark = kinds[index] === "CM" || kinds[index] === "ZWJ";
    units.push(unit(mark ? 0x41 : code, mark ? "AL" : known[index], index === codes.length - 1));
    starts.push(index);
  });
  const ends = [];
  let flags = 0; // regional indicators in a row before this one
  for (let at = 1; at < units.length; at++) {
    flags = units[at - 1].kind === "RI" ? flags + 1 : 0;
    const start = starts[at];
    const first = beforeMarksAreJoined(kinds, start);
    if (first ?? breaks(units, at, flags)) ends.push(start);
  }
  ends.push(codes.length);
  return ends;
}

function beforeMarks(kinds, index) {
  let at = index - 1;
  while (at >= 0 && (kinds[at] === "CM" || kinds[at] === "ZWJ")) at -= 1;
  return kinds[at];
}

/** LB4 to LB8a look at every character as it is written; null where they say nothing. */
function beforeMarksAreJoined(kinds, at) {
  const [before, here] = [kinds[at - 1], kinds[at]];
  if (before === "BK") return true;
  if (before === "CR" && here === "LF") return false;
  if (HARD.has(before)) return true;
  if (HARD.has(here) || here === "SP" || here === "ZW") return false;
  let back = at - 1;
  while (back >= 0 && kinds[back] === "SP") back -= 1;
  if (kinds[back] === "ZW") return true;
  return before === "ZWJ" ? false : null;
}

const NOTHING = { kind: "", code: 0, wide: false };

/** LB11 to LB31: whether a line may end before the unit `at`. */
function breaks(units, at, flags) {
  const unitAt = (index) => units[index] ?? NOTHING;
  const here = units[at], before = units[at - 1], next = unitAt(at + 1), earlier = unitAt(at - 2);
  const [h, b] = [here.kind, before.kind];
  const pastSpaces = past(units, at - 1, "SP");
  const unspaced = unitAt(pastSpaces);
  if (h === "WJ" || b === "WJ" || b === "GL") return false; // LB11, LB12
  if (h === "GL" && b !== "SP" && b !== "BA" && b !== "HY") return false; // LB12a
  if (h === "CL" || h === "CP" || h === "EX" || h === "SY") return false; // LB13
  if (unspaced.kind === "OP") return false; // LB14
  if (unspaced.opens && (pastSpaces === 0 || BEFORE_QUOTE.has(unitAt(pastSpaces - 1).kind))) return false; // LB15a
  if (here.shuts && (AFTER_QUOTE.has(next.kind) || here.whole)) return false; // LB15b
  if (h === "IS") return b === "SP" && next.kind === "NU"; // LB15c, LB15d
  if (h === "NS" && (unspaced.kind === "CL" || unspaced.kind === "CP")) return false; // LB16
  if (h === "B2" && unspaced.kind === "B2") return false; // LB17
  if (b === "SP") return true; // LB18
  if ((h === "QU" && !here.opens) || (b === "QU" && !before.shuts)) return false; // LB19
  if (h === "QU" && (!before.wide || !next.wide || here.whole)) return false; // LB19a
  if (b === "QU" && (!here.wide || !earlier.wide)) return false;
  if (h === "CB" || b === "CB") return true; // LB20
  const hyphened = b === "HY" || b === "BA";
  if (hyphened && (at === 1 || BEFORE_HYPHEN.has(earlier.kind)) && h === "AL" && (b === "HY" || before.code === HYPHEN)) return false; // LB20a
  if (h === "BA" || h === "HY" || h === "NS" || b === "BB") return false; // LB21
  if (hyphened && earlier.kind === "HL" && h !== "HL") return false; // LB21a
  if (b === "SY" && h === "HL") return false; // LB21b
  if (h === "IN") return false; // LB22
  if ((LETTER.has(b) && h === "NU") || (b === "NU" && LETTER.has(h))) return false; // LB23
  if ((b === "PR" && PICTURE.has(h)) || (PICTURE.has(b) && h === "PO")) return false; // LB23a
  const [prefixed, prefix] = [b === "PR" || b === "PO", h === "PR" || h === "PO"];
  if ((prefixed && LETTER.has(h)) || (LETTER.has(b) && prefix)) return false; // LB24
  if (numeric(units, at, prefixed, prefix)) return false; // LB25
  if (syllable(b, h)) return false; // LB26, LB27
  if (LETTER.has(b) && LETTER.has(h)) return false; // LB28
  if (aksara(earlier, before, here, next)) return false; // LB28a
  if (b === "IS" && LETTER.has(h)) return false; // LB29
  if (h === "OP" && !here.wide && (LETTER.has(b) || b === "NU")) return false; // LB30
  if (b === "CP" && !before.wide && (LETTER.has(h) || h === "NU")) return false;
  if (h === "RI" && flags % 2 === 1) return false; // LB30a
  return !(h === "EM" && (b === "EB" || before.emoji)); // LB30b, LB31
}

/** The last place up to `at` whose unit is of none of these kinds. */
function past(units, at, ...kinds) {
  let back = at;
  while (back >= 0 && kinds.includes(units[back].kind)) back -= 1;
  return back;
}

function numeric(units, at, prefixed, prefix) {
  const [here, before, next] = [units[at].kind, units[at - 1].kind, units[at + 1]?.kind];
  const counted = units[past(units, at - 1, "SY", "IS")]?.kind === "NU";
  if ((prefix || here === "NU") && counted) return true;
  if (prefix && (before === "CL" || before === "CP") && units[past(units, at - 2, "SY", "IS")]?.kind === "NU") return true;
  if (prefixed && here === "OP" && (next === "NU" || (next === "IS" && units[at + 2]?.kind === "NU"))) return true;
  return here === "NU" && (prefixed || before === "HY" || before === "IS");
}

function syllable(before, here) {
  if (before === "JL" && JAMO.has(here) && here !== "JT") return true;
  if ((before === "JV" || before === "H2") && (here === "JV" || here === "JT")) return true;
  if ((before === "JT" || before === "H3") && here === "JT") return true;
  return (JAMO.has(before) && here === "PO") || (before === "PR" && JAMO.has(here));
}

function aksara(earlier, before, here, next) {
  const circle = ({ code }) => code === DOTTED_CIRCLE;
  const base = (each) => each.kind === "AK" || each.kind === "AS" || circle(each);
  if (before.kind === "AP" && base(here)) return true;
  if (base(before) && (here.kind === "VF" || here.kind === "VI")) return true;
  if (base(earlier) && before.kind === "VI" && (here.kind === "AK" || circle(here))) return true;
  return base(before) && base(here) && next.kind === "VF";
}

/* --- scripts that are written without spaces ---------------------------------------------------------- */

const WITHOUT_SPACES = set("Thai Laoo Khmr Mymr Lana Tale Talu Tavt Ahom");
const BEFORE_ITS_CONSONANT = set("เ แ โ ใ ไ ເ ແ ໂ ໃ ໄ");
const AFTER_ITS_CONSONANT = set("ะ า ำ ๅ ๆ ฯ ະ າ ຳ ໆ");

/** Whether words of the text cannot be told apart by its characters. */
export function needsDictionary(codes) {
  return codes.some((code) => WITHOUT_SPACES.has(scriptOf(code)));
}

/** The same as `lineEnds`, and the places between two letters of scripts that are written without spaces. */
export function lineEndsBetweenLetters(codes) {
  const places = new Set(lineEnds(codes));
  let start = 0, before = "";
  for (const cluster of clustersOf(codes)) {
    const script = scriptOf(cluster[0]);
    if (before === script && WITHOUT_SPACES.has(script) && !leansOnAnother(codes, start)) places.add(start);
    start += cluster.length;
    before = script;
  }
  return [...places].sort((one, other) => one - other);
}

function leansOnAnother(codes, place) {
  const [before, after] = [codes[place - 1], codes[place]].map((code) => String.fromCodePoint(code));
  return BEFORE_ITS_CONSONANT.has(before) || AFTER_ITS_CONSONANT.has(after);
}

/* --- lines -------------------------------------------------------------------------------------------- */

const SPACE = /[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/; // Python's white space

/**
 * Where the lines of a text begin and end, [start, end], when each takes as many words as go into the width; a
 * word that is wider has a line of its own. Spaces at the end of a line are left out. `advance(codes)` is how
 * wide letters are; with `torn`, lines may end between letters too.
 */
export function brokenLines(codes, width, advance, torn) {
  const lines = [];
  let begin = 0;
  for (const written of paragraphs(codes)) {
    const ends = remembered(written, torn);
    const line = (from, to) => lines.push([begin + from, begin + bareEnd(written, from, to)]);
    let start = 0, last = 0, used = 0;
    for (const end of ends) {
      const bare = advance(written.slice(last, bareEnd(written, last, end)));
      if (last > start && used + bare > width) {
        line(start, last);
        start = last;
        used = 0;
      }
      used += advance(written.slice(last, end));
      last = end;
    }
    line(start, last);
    begin += written.length + 1;
  }
  return lines;
}

const known = new Map(); // a text is broken at many letter heights, and ends its lines at the same places

function remembered(codes, torn) {
  const key = `${torn} ${codes}`;
  if (!known.has(key)) {
    if (known.size >= 64) known.clear();
    known.set(key, (torn ? lineEndsBetweenLetters : lineEnds)(codes));
  }
  return known.get(key);
}

function paragraphs(codes) {
  const found = [[]];
  for (const code of codes) {
    if (code === 0x0a) found.push([]);
    else found.at(-1).push(code);
  }
  return found;
}

function bareEnd(codes, start, end) {
  let at = end;
  while (at > start && SPACE.test(String.fromCodePoint(codes[at - 1]))) at -= 1;
  return at;
}
