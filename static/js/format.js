/** Numbers, dates and lengths of text as people read and count them. */

const moneyFormats = new Map();

export function money(amount, currency) {
  if (!moneyFormats.has(currency)) {
    moneyFormats.set(currency, new Intl.NumberFormat("en-GB", { style: "currency", currency }));
  }
  return moneyFormats.get(currency).format(Number(amount)).replace("-", "−");
}

export function signed(amount, currency) {
  return Number(amount) < 0 ? money(amount, currency) : `+${money(amount, currency)}`;
}

/** "Tuesday 1 December", in the workshop's zone. */
export function day(iso, timeZone) {
  const parts = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", timeZone })
    .formatToParts(new Date(iso));
  const find = (type) => parts.find((part) => part.type === type).value;
  return `${find("weekday")} ${find("day")} ${find("month")}`;
}

const segmenter = "Segmenter" in Intl ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;

/** A day in few letters, as a list of dates has it: "Tue 3 Mar". */
export function shortDay(iso, timeZone) {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", day: "numeric", month: "short" }).formatToParts(new Date(iso));
  const part = (type) => parts.find((each) => each.type === type).value;
  return `${part("weekday")} ${part("day")} ${part("month")}`;
}

/** Length in what a reader calls characters: an é, a flag or a family of emoji is one. */
export function graphemes(text) {
  const normal = text.normalize("NFC").trim();
  return segmenter ? [...segmenter.segment(normal)].length : [...normal].length;
}

export function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

const MOST_HOLES = 3; // gaps that are told one by one

/** "400 to 2400 mm, not 1201 to 1300" */
export function range(low, high, holes, unit) {
  const within = `${low === high ? `only ${low}` : `${low} to ${high}`} ${unit}`.trim();
  const told = (holes ?? []).slice(0, MOST_HOLES).map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
  const more = (holes ?? []).length - told.length;
  if (more > 0) told.push(`${more} more gap${more > 1 ? "s" : ""}`);
  if (!told.length) return within;
  const last = told.pop();
  return `${within}, not ${told.length ? `${told.join(", ")} and ` : ""}${last}`;
}

/** How many ways are left: "1,204 combinations", "millions of combinations". */
export function combinations(count) {
  const great = [[1e12, "trillions of"], [1e9, "billions of"], [1e6, "millions of"]].find(([least]) => count >= 2 * least);
  return `${great ? great[1] : new Intl.NumberFormat("en-GB").format(count)} combinations`;
}
