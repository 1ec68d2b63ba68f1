/** The numbers of a placement in the form: what stands in them, as a placement, and back. */

import { decimals, read, write } from "../placing.js";

const CROP = ["left", "top", "right", "bottom"];

function field(node, part) {
  return node.querySelector(`[data-part=${part}]`);
}

/** What the numbers say as a choice; null while one of them cannot be read. */
export function fieldsOf(node) {
  const numbers = ["x", "y", "width", "rotation"].map((part) => Number(field(node, part).value || NaN));
  if (numbers.some(Number.isNaN) || numbers[2] < 1) return null;
  const cut = CROP.map((side) => Math.round(Number(field(node, side)?.value || 0) * 10));
  const crop = [cut[0], cut[1], 1000 - cut[2], 1000 - cut[3]];
  if (crop[0] < 0 || crop[1] < 0 || crop[2] > 1000 || crop[3] > 1000 || crop[0] >= crop[2] || crop[1] >= crop[3]) return null;
  return read(write({ x: numbers[0] * 1000, y: numbers[1] * 1000, width: numbers[2] * 1000, rotation: numbers[3], crop }));
}

/** Show a placement, but leave the number alone that is just being typed. */
export function showFields(node, { x, y, width, rotation, crop }) {
  const shown = {
    x: decimals(x / 1000), y: decimals(y / 1000), width: decimals(width / 1000), rotation: decimals(rotation),
    left: decimals(crop[0] / 10), top: decimals(crop[1] / 10), right: decimals(100 - crop[2] / 10), bottom: decimals(100 - crop[3] / 10),
  };
  for (const [part, text] of Object.entries(shown)) {
    const input = field(node, part);
    if (input && input !== document.activeElement && Number(input.value || NaN) !== Number(text)) input.value = text;
  }
}
