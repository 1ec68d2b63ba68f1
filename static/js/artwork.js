/** A surface laid flat: its board, its items in the order in which they are drawn, its safe zone and bleed. */

import { paintOf, svg, textNode } from "./outline.js";
import { aspectOf, placementOf } from "./placing.js";

/**
 * Fills `root` (an SVG element) with a surface; `text(item)` gives what is set in a text, or null, and
 * `placed(item)` where a shopper has just put it, or null where it stands as it was laid out.
 */
export function drawFlat(root, artwork, text, placed) {
  const { width, height, bleed, safe } = artwork;
  const room = Math.max(bleed, Math.round(Math.max(width, height) * 0.03));
  root.setAttribute("viewBox", `${-room} ${-room} ${width + 2 * room} ${height + 2 * room}`);
  const board = svg("rect", {
    x: 0, y: 0, width, height, rx: artwork.corner_radius, fill: artwork.background, class: "flat-board",
  });
  const guides = svg("g", { class: "flat-guides" });
  if (bleed) guides.append(svg("rect", { x: -bleed, y: -bleed, width: width + 2 * bleed, height: height + 2 * bleed, class: "flat-bleed" }));
  if (safe) guides.append(svg("rect", { x: safe, y: safe, width: width - 2 * safe, height: height - 2 * safe, class: "flat-safe" }));
  root.replaceChildren(board, svg("g", { class: "flat-items" }, ...itemsOf(artwork, text, placed)), guides);
}

function itemsOf(artwork, text, placed) {
  return artwork.items.flatMap((item) => {
    if (item.kind === "path") return [pathNode(item)];
    const placement = placed(item);
    if (item.kind === "picture") return [pictureNode(item, placement ?? placementOf(item), artwork.pictures)];
    const set = text(item);
    return set ? [textNode(item, set)] : [];
  });
}

function pathNode(item) {
  const paint = paintOf(item);
  const drawn = item.stroke ? { fill: "none", stroke: paint, "stroke-width": item.stroke } : { fill: paint };
  return svg("path", { d: item.path, ...drawn, "data-element": item.element });
}

/** A picture in its box: what lies outside of the crop is cut off by the inner drawing's edge. */
function pictureNode(item, placement, addresses) {
  const { x, y, width, rotation, crop } = placement;
  const [across, down] = item.pixels;
  const height = width * aspectOf(item, placement);
  const shown = [crop[0] * across, crop[1] * down, (crop[2] - crop[0]) * across, (crop[3] - crop[1]) * down];
  const image = svg("image", { href: addresses[item.sha256], width: across, height: down, preserveAspectRatio: "none" });
  const cut = svg("svg", {
    x: x - width / 2, y: y - height / 2, width, height, preserveAspectRatio: "none",
    viewBox: shown.map((each) => each / 1000).join(" "),
  }, image);
  return svg("g", { transform: `rotate(${rotation} ${x} ${y})`, "data-element": item.element }, cut);
}
