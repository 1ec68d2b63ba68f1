/**
 * Where a shopper has put a picture or a text: the choice "x,y,width,rotation[;left,top,right,bottom]"
 * (configurator/engine/placing.py) and what gestures make of it. Lengths in µm, turns in degrees clockwise,
 * crops in thousandths of the picture. A placement never changes: a gesture makes another.
 */

export const LEAST_WIDTH = 1000;
const WHOLE = [0, 0, 1000, 1000];
const LEAST_CROP = 50; // thousandths of the picture that stay at least

export function read(text) {
  const [numbers, crop] = text.split(";");
  const [x, y, width, rotation] = numbers.split(",").map(Number);
  return {
    x: Math.round(x * 1000), y: Math.round(y * 1000), width: Math.round(width * 1000), rotation,
    crop: crop ? crop.split(",").map(Number) : WHOLE,
  };
}

export function write({ x, y, width, rotation, crop }) {
  const text = [x, y, width].map((um) => decimals(um / 1000)).concat(decimals(normal(rotation))).join(",");
  return crop.every((each, index) => each === WHOLE[index]) ? text : `${text};${crop.join(",")}`;
}

/** At most three decimals, without zeros that say nothing. */
export function decimals(value, most = 3) {
  return String(Number(value.toFixed(most)) || 0);
}

/** The same turn, above -180° up to 180°. */
export function normal(degrees) {
  const turn = ((degrees % 360) + 360) % 360;
  return turn > 180 ? turn - 360 : turn;
}

/** Where an item of an artwork stands that nobody has placed yet, in the choice's own terms. */
export function placementOf(item) {
  const [left, top, right, bottom] = item.box;
  const crop = item.crop ? [0, 1, 2, 3].map((side) => Math.round((item.crop[side] * 1000) / item.pixels[side % 2])) : WHOLE;
  return { x: (left + right) / 2, y: (top + bottom) / 2, width: right - left, rotation: (item.rotation ?? 0) / 1000, crop };
}

/** Height for a width of one: of what shows of a picture, or of a text's ink. */
export function aspectOf(item, { crop }) {
  if (!item.pixels) return (item.box[3] - item.box[1]) / Math.max(1, item.box[2] - item.box[0]);
  return ((crop[3] - crop[1]) * item.pixels[1]) / ((crop[2] - crop[0]) * item.pixels[0]);
}

/** Half the width and half the height of the upright box around a turned one. */
export function reach(placement, aspect) {
  const angle = (placement.rotation * Math.PI) / 180;
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
  const [w, h] = [placement.width / 2, (placement.width * aspect) / 2];
  return [w * cos + h * sin, w * sin + h * cos];
}

/** Held so that the centre stays on the surface and it is neither too small nor absurdly large. */
export function held(placement, { width, height }) {
  return {
    ...placement,
    x: Math.round(Math.min(width, Math.max(0, placement.x))),
    y: Math.round(Math.min(height, Math.max(0, placement.y))),
    width: Math.round(Math.min(3 * Math.max(width, height), Math.max(LEAST_WIDTH, placement.width))),
    rotation: normal(placement.rotation),
  };
}

/** What a hand sets is no finer than what its fields show: tenths of a millimetre, in µm. */
export function tenth(um) {
  return Math.round(um / 100) * 100;
}

/**
 * Moved a little so that an edge or the centre falls on a line of the surface: its edges, its safe zone, its
 * middle, and on a tenth of a millimetre elsewhere. {placement, guides: [{axis: "x" | "y", at}]}; `near` is how
 * far that may be.
 */
export function snapped(placement, aspect, artwork, near) {
  const half = reach(placement, aspect);
  const guides = [];
  const found = { ...placement };
  for (const [axis, size, extent] of [["x", artwork.width, half[0]], ["y", artwork.height, half[1]]]) {
    const lines = [size / 2, artwork.safe, size - artwork.safe, 0, size];
    const best = lines.flatMap((at) => [-extent, 0, extent].map((offset) => ({ at, by: at - (placement[axis] + offset) })))
      .reduce((least, each) => (Math.abs(each.by) < Math.abs(least.by) ? each : least));
    if (Math.abs(best.by) > near) {
      found[axis] = tenth(placement[axis]);
      continue;
    }
    found[axis] = Math.round(placement[axis] + best.by);
    guides.push({ axis, at: best.at });
  }
  return { placement: found, guides };
}

/** Turns near a quarter or half of a right angle take it. */
export function snappedTurn(rotation, near = 3) {
  const straight = Math.round(rotation / 45) * 45;
  return Math.abs(rotation - straight) <= near ? straight : Math.round(rotation * 10) / 10;
}

/** One side of the crop (0 left, 1 top, 2 right, 3 bottom) moved by µm along the picture's own axes. */
export function cropped(placement, item, side, by) {
  const { crop, width, rotation } = placement;
  const across = side % 2 === 0;
  const full = across ? (width * 1000) / (crop[2] - crop[0]) : (width * aspectOf(item, placement) * 1000) / (crop[3] - crop[1]);
  const next = [...crop];
  const wanted = Math.round(crop[side] + (by * 1000) / full);
  next[side] = side < 2 ? Math.min(crop[side + 2] - LEAST_CROP, Math.max(0, wanted)) : Math.max(crop[side - 2] + LEAST_CROP, Math.min(1000, wanted));
  const moved = ((next[side] - crop[side]) * full) / 2000; // the middle goes half as far as the side
  const angle = (rotation * Math.PI) / 180;
  const [dx, dy] = across ? [moved * Math.cos(angle), moved * Math.sin(angle)] : [-moved * Math.sin(angle), moved * Math.cos(angle)];
  return {
    ...placement, crop: next, x: Math.round(placement.x + dx), y: Math.round(placement.y + dy),
    width: Math.round(across ? (full * (next[2] - next[0])) / 1000 : width),
  };
}
