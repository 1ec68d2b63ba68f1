/**
 * The Unicode bidirectional algorithm (UAX #9), rule for rule as the server's
 * configurator/engine/layout/bidirectional.py: both have to find the same runs in every text.
 *
 * A line is an array of code points. The numbers of the rules (X1, W1, N0, L1 ...) are the annex's.
 */

import { CLOSING, bidiClass } from "./unicode.js";

const MAX_DEPTH = 125;
const MAX_OPEN_BRACKETS = 63;

const ISOLATES = new Set(["LRI", "RLI", "FSI"]);
const EMBEDDINGS = new Set(["LRE", "RLE", "LRO", "RLO"]);
const REMOVED = new Set([...EMBEDDINGS, "PDF", "BN"]);
const NEUTRAL = new Set(["B", "S", "WS", "ON", ...ISOLATES, "PDI"]);

/** The pieces of one level, {start, end, rtl}, from left to right as they are seen (L2). */
export function levelRuns(codes) {
  const of = levels(codes);
  let runs = [];
  let start = 0;
  let highest = 0;
  for (let index = 1; index <= of.length; index++) {
    highest = Math.max(highest, of[index - 1]);
    if (index < of.length && of[index] === of[start]) continue;
    runs.push({ start, end: index, level: of[start], rtl: of[start] % 2 === 1 });
    start = index;
  }
  if (!of.length) return [];
  for (let level = highest; level > 0; level--) runs = reversedFrom(runs, level);
  return runs;
}

function reversedFrom(runs, level) {
  const result = [];
  let group = [];
  for (const run of runs) {
    if (run.level >= level) {
      group.unshift(run);
    } else {
      result.push(...group, run);
      group = [];
    }
  }
  return [...result, ...group];
}

/** The embedding level of each character of one line. */
export function levels(codes) {
  const original = codes.map(bidiClass);
  const paragraph = baseLevel(original);
  const { result: explicit, classes } = explicitLevels(original, paragraph);
  const result = [...explicit];
  for (const sequence of isolatingRuns(original, explicit)) {
    resolve(codes, original, classes, explicit, result, sequence, paragraph);
  }
  takeUpRemoved(original, result, paragraph);
  resetWhiteSpace(original, result, paragraph);
  return result;
}

/** P2 and P3: the direction of the first strong letter outside isolates; 0 when there is none. */
function baseLevel(classes) {
  let depth = 0;
  for (const kind of classes) {
    if (ISOLATES.has(kind)) depth += 1;
    else if (kind === "PDI") depth = Math.max(depth - 1, 0);
    else if (depth === 0 && (kind === "L" || kind === "R" || kind === "AL")) return kind === "L" ? 0 : 1;
  }
  return 0;
}

/** X1 to X8: levels from embedding, override and isolate characters; classes with overrides applied. */
function explicitLevels(original, paragraph) {
  const closing = matchingIsolates(original);
  const result = original.map(() => paragraph);
  const classes = [...original];
  const stack = [{ level: paragraph, override: "", isolate: false }];
  let overflowIsolates = 0, overflowEmbeddings = 0, validIsolates = 0;
  for (let index = 0; index < original.length; index++) {
    let kind = original[index];
    const { level, override } = stack.at(-1);
    if (ISOLATES.has(kind) || EMBEDDINGS.has(kind)) {
      result[index] = level;
      if (ISOLATES.has(kind) && override) classes[index] = override;
      if (kind === "FSI") {
        kind = baseLevel(original.slice(index + 1, closing.get(index) ?? original.length)) ? "RLI" : "LRI";
      }
      const odd = kind[0] === "R";
      const deeper = (level % 2 === 0) === odd ? level + 1 : level + 2;
      if (deeper <= MAX_DEPTH && !overflowIsolates && !overflowEmbeddings) {
        const isolate = ISOLATES.has(kind);
        if (isolate) validIsolates += 1;
        stack.push({ level: deeper, override: { LRO: "L", RLO: "R" }[kind] ?? "", isolate });
      } else if (ISOLATES.has(kind)) {
        overflowIsolates += 1;
      } else if (!overflowIsolates) {
        overflowEmbeddings += 1;
      }
    } else if (kind === "PDI") {
      if (overflowIsolates) {
        overflowIsolates -= 1;
      } else if (validIsolates) {
        overflowEmbeddings = 0;
        while (!stack.at(-1).isolate) stack.pop();
        stack.pop();
        validIsolates -= 1;
      }
      result[index] = stack.at(-1).level;
      if (stack.at(-1).override) classes[index] = stack.at(-1).override;
    } else if (kind === "PDF") {
      result[index] = level;
      if (overflowIsolates) continue;
      if (overflowEmbeddings) overflowEmbeddings -= 1;
      else if (!stack.at(-1).isolate && stack.length > 1) stack.pop();
    } else if (kind === "B") {
      result[index] = paragraph;
    } else {
      result[index] = level;
      if (override && kind !== "BN") classes[index] = override;
    }
  }
  return { result, classes };
}

/** BD9: the closing character of every isolate that has one. */
function matchingIsolates(original) {
  const matching = new Map();
  const waiting = [];
  original.forEach((kind, index) => {
    if (ISOLATES.has(kind)) waiting.push(index);
    else if (kind === "PDI" && waiting.length) matching.set(waiting.pop(), index);
  });
  return matching;
}

/** BD13 and X10: level runs without the characters X9 removes, joined over isolates. */
function isolatingRuns(original, levelOf) {
  const runs = [];
  original.forEach((kind, index) => {
    if (REMOVED.has(kind)) return;
    if (runs.length && levelOf[runs.at(-1).at(-1)] === levelOf[index]) runs.at(-1).push(index);
    else runs.push([index]);
  });
  const closing = matchingIsolates(original);
  const ends = new Set(closing.values());
  const startingAt = new Map(runs.map((run) => [run[0], run]));
  const sequences = [];
  for (const run of runs) {
    if (ends.has(run[0])) continue;
    const sequence = [...run];
    while (closing.has(sequence.at(-1))) sequence.push(...startingAt.get(closing.get(sequence.at(-1))));
    sequences.push(sequence);
  }
  return sequences;
}

/** W1 to W7, N0 to N2, I1 and I2 on one isolating run sequence; writes its levels into `result`. */
function resolve(codes, original, classes, explicit, result, sequence, paragraph) {
  const level = explicit[sequence[0]];
  const before = neighbourLevel(original, explicit, sequence[0], -1, paragraph);
  const last = sequence.at(-1);
  const after = ISOLATES.has(original[last]) ? paragraph : neighbourLevel(original, explicit, last, 1, paragraph);
  const start = Math.max(level, before) % 2 ? "R" : "L";
  const end = Math.max(level, after) % 2 ? "R" : "L";
  const kinds = sequence.map((index) => classes[index]);
  resolveWeak(kinds, start);
  resolveBrackets(sequence.map((i) => codes[i]), sequence.map((i) => original[i]), kinds, start, level);
  resolveNeutral(kinds, start, end, level);
  sequence.forEach((index, place) => {
    const kind = kinds[place];
    if (level % 2 === 0) result[index] = level + ({ R: 1, AN: 2, EN: 2 }[kind] ?? 0);
    else result[index] = level + (kind === "L" || kind === "EN" || kind === "AN" ? 1 : 0);
  });
}

function neighbourLevel(original, explicit, index, step, paragraph) {
  for (let at = index + step; at >= 0 && at < original.length; at += step) {
    if (!REMOVED.has(original[at])) return explicit[at];
  }
  return paragraph;
}

function resolveWeak(kinds, start) {
  let previous = start;
  for (let i = 0; i < kinds.length; i++) { // W1
    if (kinds[i] === "NSM") kinds[i] = ISOLATES.has(previous) || previous === "PDI" ? "ON" : previous;
    previous = kinds[i];
  }
  let strong = start;
  for (let i = 0; i < kinds.length; i++) { // W2 and, since later rules do not ask for AL before numbers, W3
    if (kinds[i] === "L" || kinds[i] === "R" || kinds[i] === "AL") strong = kinds[i];
    else if (kinds[i] === "EN" && strong === "AL") kinds[i] = "AN";
  }
  for (let i = 0; i < kinds.length; i++) if (kinds[i] === "AL") kinds[i] = "R";
  for (let i = 1; i < kinds.length - 1; i++) { // W4
    if (kinds[i - 1] !== kinds[i + 1]) continue;
    if (kinds[i] === "ES" && kinds[i - 1] === "EN") kinds[i] = "EN";
    else if (kinds[i] === "CS" && (kinds[i - 1] === "EN" || kinds[i - 1] === "AN")) kinds[i] = kinds[i - 1];
  }
  for (let i = 0; i < kinds.length;) { // W5
    if (kinds[i] !== "ET") {
      i += 1;
      continue;
    }
    let end = i;
    while (end < kinds.length && kinds[end] === "ET") end += 1;
    if ((i > 0 && kinds[i - 1] === "EN") || (end < kinds.length && kinds[end] === "EN")) kinds.fill("EN", i, end);
    i = end;
  }
  for (let i = 0; i < kinds.length; i++) { // W6
    if (kinds[i] === "ES" || kinds[i] === "ET" || kinds[i] === "CS") kinds[i] = "ON";
  }
  strong = start;
  for (let i = 0; i < kinds.length; i++) { // W7
    if (kinds[i] === "L" || kinds[i] === "R") strong = kinds[i];
    else if (kinds[i] === "EN" && strong === "L") kinds[i] = "L";
  }
}

/** N0: both brackets of a pair take the direction of what they enclose, or of what stands before. */
function resolveBrackets(codes, original, kinds, start, level) {
  const embedding = level % 2 ? "R" : "L";
  for (const [opening, closing] of bracketPairs(codes, kinds)) {
    const inside = new Set(kinds.slice(opening + 1, closing).map(strongOf));
    inside.delete(null);
    if (!inside.size) continue;
    let direction = embedding;
    if (!inside.has(embedding)) {
      const context = kinds.slice(0, opening).map(strongOf).filter(Boolean).at(-1) ?? start;
      direction = context !== embedding ? context : embedding;
    }
    for (const index of [opening, closing]) {
      kinds[index] = direction;
      for (let next = index + 1; next < kinds.length && original[next] === "NSM"; next++) kinds[next] = direction;
    }
  }
}

/** BD16. */
function bracketPairs(codes, kinds) {
  const pairs = [];
  const waiting = [];
  for (let index = 0; index < codes.length; index++) {
    if (kinds[index] !== "ON") continue;
    const closing = CLOSING.get(codes[index]);
    if (closing !== undefined) {
      if (waiting.length === MAX_OPEN_BRACKETS) return [];
      waiting.push([composed(closing), index]);
      continue;
    }
    const wanted = composed(codes[index]);
    for (let depth = waiting.length - 1; depth >= 0; depth--) {
      if (waiting[depth][0] === wanted) {
        pairs.push([waiting[depth][1], index]);
        waiting.length = depth;
        break;
      }
    }
  }
  return pairs.sort((one, other) => one[0] - other[0]);
}

function composed(code) {
  return String.fromCodePoint(code).normalize("NFC");
}

function strongOf(kind) {
  if (kind === "R" || kind === "EN" || kind === "AN") return "R";
  return kind === "L" ? "L" : null;
}

function resolveNeutral(kinds, start, end, level) {
  const embedding = level % 2 ? "R" : "L";
  for (let i = 0; i < kinds.length;) {
    if (!NEUTRAL.has(kinds[i])) {
      i += 1;
      continue;
    }
    let stop = i;
    while (stop < kinds.length && NEUTRAL.has(kinds[stop])) stop += 1;
    const before = i === 0 ? start : strongOf(kinds[i - 1]);
    const after = stop === kinds.length ? end : strongOf(kinds[stop]);
    kinds.fill(before && before === after ? before : embedding, i, stop); // N1, N2
    i = stop;
  }
}

/** Characters that X9 removes draw nothing; they go with the letter before them. */
function takeUpRemoved(original, result, paragraph) {
  let previous = paragraph;
  original.forEach((kind, index) => {
    if (REMOVED.has(kind)) result[index] = previous;
    previous = result[index];
  });
}

/** L1: separators, and white space before them or at the end of the line, go with the paragraph. */
function resetWhiteSpace(original, result, paragraph) {
  let trailing = true;
  for (let index = original.length - 1; index >= 0; index--) {
    const kind = original[index];
    if (kind === "S" || kind === "B") trailing = true;
    else if (kind !== "WS" && kind !== "PDI" && !ISOLATES.has(kind) && !REMOVED.has(kind)) trailing = false;
    if (trailing) result[index] = paragraph;
  }
}
