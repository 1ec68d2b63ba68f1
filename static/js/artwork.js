/** A surface laid flat: its board, its items in the order in which they are drawn, its safe zone and bleed. */

import { paintOf, svg, textNode } from "./outline.js";

/** Fills `root` (an SVG element) with a surface; `text(item)` gives what is set in a text, or null. */
export function drawFlat(root, artwork, text) {
  const { width, height, bleed, safe } = artwork;
  const room = Math.max(bleed, Math.round(Math.max(width, height) * 0.03));
  root.setAttribute("viewBox", `${-room} ${-room} ${width + 2 * room} ${height + 2 * room}`);
  const board = svg("rect", {
    x: 0, y: 0, width, height, rx: artwork.corner_radius, fill: artwork.background, class: "flat-board",
  });
  const guides = svg("g", { class: "flat-guides" });
  if (bleed) guides.append(svg("rect", { x: -bleed, y: -bleed, width: width + 2 * bleed, height: height + 2 * bleed, class: "flat-bleed" }));
  if (safe) guides.append(svg("rect", { x: safe, y: safe, width: width - 2 * safe, height: height - 2 * safe, class: "flat-safe" }));
  root.replaceChildren(board, svg("g", { class: "flat-items" }, ...itemsOf(artwork, text)), guides);
}

export function itemsOf(artwork, text) {
  return artwork.items.flatMap((item) => {
    if (item.kind === "text") {
      const set = text(item);
      return set ? [turned(textNode(item, set), item)] : [];
    }
    return [turned(item.kind === "picture" ? pictureNode(item, artwork.pictures) : pathNode(item), item)];
  });
}

function pathNode(item) {
  const paint = paintOf(item);
  const drawn = item.stroke ? { fill: "none", stroke: paint, "stroke-width": item.stroke } : { fill: paint };
  return svg("path", { d: item.path, ...drawn, "data-element": item.element });
}

/** A picture in its box: what lies outside of the crop is cut off by the inner drawing's edge. */
function pictureNode({ element, sha256, box, crop, pixels }, addresses) {
  const [left, top, right, bottom] = box;
  const image = svg("image", { href: addresses[sha256], width: pixels[0], height: pixels[1], preserveAspectRatio: "none" });
  return svg("svg", {
    x: left, y: top, width: right - left, height: bottom - top, preserveAspectRatio: "none",
    viewBox: `${crop[0]} ${crop[1]} ${crop[2] - crop[0]} ${crop[3] - crop[1]}`,
  }, image, svg("title", {}, element));
}

/** Turned about the middle of its box, clockwise; only what has a box can be turned. */
function turned(node, item) {
  if (!item.rotation) return node;
  const [left, top, right, bottom] = item.turn ?? item.box;
  return svg("g", { transform: `rotate(${item.rotation / 1000} ${(left + right) / 2} ${(top + bottom) / 2})` }, node);
}
