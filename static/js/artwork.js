/**
 * A surface laid flat: its board, its items in the order in which they are drawn, its safe zone and bleed.
 * Fetched when somebody first lays a surface flat.
 */

import { pathData } from "./layout/geometry.js";
import { paintOf, svg } from "./outline.js";
import { aspectOf, placementOf } from "./placing.js";

export class Board {
  /** `root` is an SVG element; `arrived` is called when a drawing was fetched. */
  constructor(root, arrived) {
    this.root = root;
    this.arrived = arrived;
    this.drawings = new Map(); // address -> its shapes; null while they are fetched
    this.groups = new Map(); // element -> what its drawing was made of last, and its node
  }

  /**
   * Draw a surface; `text(item)` gives what is set in a text, or null, and `placed(item)` where a shopper has just
   * put it, or null where it stands as it was laid out.
   */
  draw(artwork, text, placed) {
    const { width, height, bleed, safe } = artwork;
    const room = Math.max(bleed, Math.round(Math.max(width, height) * 0.03));
    this.root.setAttribute("viewBox", `${-room} ${-room} ${width + 2 * room} ${height + 2 * room}`);
    const shape = artwork.outline ? { d: artwork.outline } : { x: 0, y: 0, width, height, rx: artwork.corner_radius };
    const board = svg(artwork.outline ? "path" : "rect", { ...shape, fill: artwork.background, class: "flat-board" });
    const guides = svg("g", { class: "flat-guides" });
    if (bleed) guides.append(svg("rect", { x: -bleed, y: -bleed, width: width + 2 * bleed, height: height + 2 * bleed, class: "flat-bleed" }));
    if (safe && !artwork.outline) guides.append(svg("rect", { x: safe, y: safe, width: width - 2 * safe, height: height - 2 * safe, class: "flat-safe" }));
    this.root.replaceChildren(board, svg("g", { class: "flat-items" }, ...this.nodesOf(artwork, text, placed)), guides);
  }

  nodesOf(artwork, text, placed) {
    return artwork.items.flatMap((item) => {
      if (item.kind === "path") return [pathNode(item)];
      if (item.kind === "picture") return [pictureNode(item, placed(item) ?? placementOf(item), artwork.pictures)];
      if (item.kind === "drawing") return this.drawingNode(item, placed(item) ?? placementOf(item), artwork.pictures[item.sha256]);
      const set = text(item);
      const path = set ? pathData(set.path) : item.path; // what only the server can set comes as it made it
      return path ? [pathNode({ ...item, path })] : [];
    });
  }

  /** The outlines of a drawing: whole shapes, of a crop those that touch it, as the server lays them. */
  drawingNode(item, placement, address) {
    const shapes = this.drawings.get(address);
    if (shapes === undefined) this.fetch(address);
    if (!shapes) return [];
    const { x, y, width, rotation, crop } = placement;
    const [left, top, right, bottom] = crop.map((part, side) => (part * item.pixels[side % 2]) / 1000);
    const key = [address, item.role, ...crop].join(" ");
    if (this.groups.get(item.element)?.key !== key) {
      const shown = shapes.filter(({ box, light }) => box[2] > left && box[3] > top && box[0] < right && box[1] < bottom && !(light && item.role === "engrave"));
      const node = svg("g", { "data-element": item.element }, ...shown.map((shape) => pathNode({ role: item.role, colour: shape.colour, path: shape.path, stroke: shape.line })));
      this.groups.set(item.element, { key, node });
    }
    const { node } = this.groups.get(item.element);
    const scale = width / (right - left);
    node.setAttribute("transform", `translate(${x} ${y}) rotate(${rotation}) scale(${scale}) translate(${-(left + right) / 2} ${-(top + bottom) / 2})`);
    return [node];
  }

  async fetch(address) {
    this.drawings.set(address, null);
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(`A drawing did not arrive: ${answer.status}.`);
      this.drawings.set(address, (await answer.json()).shapes);
      this.arrived();
    } catch {
      setTimeout(() => this.drawings.delete(address), 3_000); // asked again when it is drawn next
    }
  }
}

function pathNode(item) {
  const paint = paintOf(item);
  const drawn = item.stroke ? { fill: "none", stroke: paint, "stroke-width": item.stroke } : { fill: paint };
  return svg("path", { d: item.path, ...drawn, ...(item.element && { "data-element": item.element }) });
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
