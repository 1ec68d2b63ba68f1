/**
 * Placing pictures and texts on a surface that is laid flat: by pointer (mouse, pen, touch), by keyboard, or by
 * the numbers of the form. Each finished gesture is one choice. What the shopper has done stays on the screen
 * until an answer that knows of it has come: a slow answer to an older choice moves nothing back.
 *
 * Keys: arrows 1 mm (with shift 10, with alt 0.1), + and - the width, [ and ] the turn, escape gives a gesture up.
 */

import { svg } from "../outline.js";
import { aspectOf, cropped, decimals, held, placementOf, read, snapped, snappedTurn, tenth, write } from "../placing.js";
import { fieldsOf, showFields } from "./fields.js";

const SNAP = 7; // pixels of the screen
const ROOM = 56; // pixels that a side needs for a handle of its own between the corners
const KEYS_REST = 450; // milliseconds without a key after which moving by keys is a choice
const SIDES = ["left", "top", "right", "bottom"];

export class PlacementEditor {
  /** `page`: chosen(code), change(code, text, delay), name(code), node(code) and say(text). */
  constructor(preview, page) {
    this.preview = preview;
    this.page = page;
    this.wanted = new Map(); // option -> the placement that the server has not answered yet
    this.nodes = new Map();
    this.gesture = null;
    this.layer = svg("svg", { class: "preview-flat preview-edit", role: "group", "aria-label": "Placing on the surface" });
    this.guides = svg("g", { class: "place-guides" });
    this.layer.append(this.guides);
    this.layer.toggleAttribute("hidden", true);
    preview.board.after(this.layer);
    preview.placed = (item) => this.wanted.get(item.place) ?? null;
    preview.root.addEventListener("flat-drawn", () => this.draw());
    preview.root.addEventListener("flat", ({ detail }) => this.layer.toggleAttribute("hidden", !detail));
    for (const [kind, heard] of [["pointerdown", "down"], ["pointermove", "move"], ["pointerup", "up"], ["pointercancel", "cancel"], ["keydown", "key"], ["focusin", "pick"], ["focusout", "rest"]]) {
      this.layer.addEventListener(kind, (event) => this[heard](event));
    }
  }

  get items() {
    return (this.preview.artwork?.items ?? []).filter((item) => item.place && item.box);
  }

  itemOf(code) {
    return this.items.find((item) => item.place === code);
  }

  placement(item) {
    const chosen = this.page.chosen(item.place);
    return this.wanted.get(item.place) ?? (chosen ? read(chosen) : placementOf(this.measured(item)));
  }

  /** A text has the size of its ink as it is typed now, before it is turned. */
  measured(item) {
    const plain = item.kind === "text" ? this.preview.set(item)?.plain : null;
    return plain ? { ...item, box: [plain.left, plain.top, plain.right, plain.bottom] } : item;
  }

  /** An answer has come: what it knows of is the server's again, unless a gesture goes on. */
  answered(pending) {
    for (const code of this.wanted.keys()) {
      if (this.gesture?.code !== code && !this.resting && !pending.has(code)) this.wanted.delete(code);
    }
    this.preview.refresh();
  }

  /** A placement was refused: it goes back to where the server has it. */
  refused(code) {
    this.wanted.delete(code);
    this.preview.refresh();
  }

  /** Show a new place at once and, when the gesture is finished, choose it. */
  take(item, placement, { finished }) {
    const next = held(placement, this.preview.artwork);
    this.wanted.set(item.place, next);
    showFields(this.page.node(item.place), next);
    this.preview.refresh();
    if (!finished) return;
    this.page.say(this.described(item, next));
    if (write(next) !== this.page.chosen(item.place)) this.page.change(item.place, write(next));
  }

  /** A number of the form was changed. */
  typed(code, delay) {
    const item = this.itemOf(code);
    const placement = item && fieldsOf(this.page.node(code));
    if (!placement) return;
    this.wanted.set(code, placement);
    this.preview.refresh();
    if (write(placement) !== this.page.chosen(code)) this.page.change(code, write(placement), delay);
  }

  /** The numbers of the form, once there is something to place. */
  drawFields(code) {
    const node = this.page.node(code);
    const item = this.itemOf(code);
    node.querySelector("[data-placing]").hidden = !item;
    node.querySelector("[data-nothing-to-place]").hidden = Boolean(item);
    node.querySelector("[data-place-open]").hidden = false;
    node.querySelector("[data-clear]").hidden = !this.page.chosen(code);
    node.querySelector("[data-cropping]").hidden = !item?.pixels;
    if (item && !node.contains(document.activeElement)) showFields(node, this.placement(item));
  }

  async open(code) {
    if (!this.preview.flat) await this.preview.lay(true);
    this.preview.draw();
    this.nodes.get(code)?.box.focus();
  }

  /* --- drawing ------------------------------------------------------------------------------------- */

  draw() {
    const { artwork, board } = this.preview;
    this.layer.setAttribute("viewBox", board.getAttribute("viewBox"));
    this.layer.toggleAttribute("hidden", !this.preview.flat || this.items.length === 0);
    const present = new Set(this.items.map((item) => item.place));
    for (const [code, { group }] of this.nodes) {
      if (present.has(code)) continue;
      group.remove();
      this.nodes.delete(code);
    }
    for (const item of this.items) this.drawHandles(item, artwork);
    const { guides } = this.gesture ?? { guides: [] };
    this.guides.replaceChildren(...guides.map(({ axis, at }) => (axis === "x"
      ? svg("line", { x1: at, x2: at, y1: 0, y2: artwork.height })
      : svg("line", { y1: at, y2: at, x1: 0, x2: artwork.width }))));
  }

  drawHandles(item) {
    const nodes = this.nodes.get(item.place) ?? this.build(item);
    const placement = this.placement(item);
    const [w, h] = [placement.width / 2, (placement.width * aspectOf(this.measured(item), placement)) / 2];
    nodes.group.setAttribute("transform", `translate(${placement.x} ${placement.y}) rotate(${placement.rotation})`);
    for (const [name, value] of Object.entries({ x: -w, y: -h, width: 2 * w, height: 2 * h })) nodes.box.setAttribute(name, value);
    nodes.box.setAttribute("aria-label", this.described(item, placement));
    const pixel = this.perPixel();
    nodes.group.classList.toggle("small", 2 * Math.min(w, h) < ROOM * pixel);
    const size = Math.min(10 * pixel, Math.max(4 * pixel, w)); // small things have smaller handles
    nodes.corners.forEach((corner, index) => at(corner, index % 2 ? w : -w, index < 2 ? -h : h, size));
    at(nodes.turn, 0, -h - 24 * pixel, size);
    for (const [name, value] of Object.entries({ x1: 0, x2: 0, y1: -h, y2: -h - 24 * pixel })) nodes.stem.setAttribute(name, value);
    nodes.sides.forEach((side, index) => at(side, [-w, 0, w, 0][index], [0, -h, 0, h][index], size));
  }

  /** Only the one that was touched last shows its handles. */
  pick(event) {
    for (const [code, { group }] of this.nodes) group.classList.toggle("picked", code === event.target.dataset.place);
  }

  build(item) {
    const box = svg("rect", {
      class: "place-box", tabindex: 0, role: "button", "aria-roledescription": "movable element",
      "data-gesture": "move", "data-place": item.place,
    });
    const handle = (gesture, shape = "circle") => svg(shape, { class: `place-handle place-${gesture}`, "data-gesture": gesture, "aria-hidden": "true" });
    const corners = [0, 1, 2, 3].map(() => handle("scale"));
    const stem = svg("line", { class: "place-stem" });
    const turn = handle("turn");
    const sides = item.kind !== "text" ? SIDES.map((side) => handle(`crop-${side}`)) : [];
    const group = svg("g", { class: "place", "data-place": item.place }, box, stem, turn, ...sides, ...corners);
    this.layer.append(group);
    const nodes = { group, box, corners, stem, turn, sides };
    this.nodes.set(item.place, nodes);
    return nodes;
  }

  described(item, { x, y, width, rotation }) {
    const turned = rotation ? `, turned by ${decimals(rotation, 1)}°` : "";
    return `${this.page.name(item.place)}: ${decimals(width / 1000, 1)} mm wide, centre ${decimals(x / 1000, 1)} mm from the left and ${decimals(y / 1000, 1)} mm from the top${turned}`;
  }

  /** µm of the surface in a pixel of the screen. */
  perPixel() {
    const matrix = this.layer.getScreenCTM();
    return matrix ? 1 / matrix.a : 1;
  }

  /* --- pointer ------------------------------------------------------------------------------------- */

  point(event) {
    const matrix = this.layer.getScreenCTM().inverse();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    return [x, y];
  }

  down(event) {
    const kind = event.target.dataset?.gesture;
    const code = event.target.closest?.("[data-place]")?.dataset.place;
    if (!kind || !code || event.button > 0 || this.gesture) return;
    event.preventDefault();
    this.rest();
    const item = this.itemOf(code);
    this.layer.setPointerCapture(event.pointerId);
    this.nodes.get(code).box.focus({ preventScroll: true });
    this.gesture = { kind, code, pointer: event.pointerId, from: this.point(event), before: this.placement(item), guides: [] };
  }

  move(event) {
    const { gesture } = this;
    if (gesture?.pointer !== event.pointerId) return;
    const item = this.itemOf(gesture.code);
    if (!item) return;
    gesture.guides = [];
    gesture.moved = true;
    this.take(item, this.pulled(item, this.point(event), event.altKey), { finished: false });
  }

  /** Where the gesture has brought the item, with the pointer at a point of the surface. */
  pulled(item, [x, y], free) {
    const { kind, before, from } = this.gesture;
    const aspect = aspectOf(this.measured(item), before);
    if (kind === "move") {
      const placement = { ...before, x: before.x + x - from[0], y: before.y + y - from[1] };
      if (free) return placement;
      const found = snapped(placement, aspect, this.preview.artwork, SNAP * this.perPixel());
      this.gesture.guides = found.guides;
      return found.placement;
    }
    const [fx, fy, tx, ty] = [from[0] - before.x, from[1] - before.y, x - before.x, y - before.y];
    if (kind === "scale") {
      return { ...before, width: tenth((before.width * Math.hypot(tx, ty)) / Math.max(1, Math.hypot(fx, fy))) };
    }
    if (kind === "turn") {
      const rotation = before.rotation + ((Math.atan2(ty, tx) - Math.atan2(fy, fx)) * 180) / Math.PI;
      return { ...before, rotation: free ? rotation : snappedTurn(rotation) };
    }
    const side = SIDES.indexOf(kind.slice("crop-".length));
    const angle = (before.rotation * Math.PI) / 180;
    const [dx, dy] = [x - from[0], y - from[1]];
    const by = side % 2 ? dy * Math.cos(angle) - dx * Math.sin(angle) : dx * Math.cos(angle) + dy * Math.sin(angle);
    return cropped(before, item, side, by);
  }

  up(event) {
    const { gesture } = this;
    if (gesture?.pointer !== event.pointerId) return;
    this.gesture = null;
    const item = this.itemOf(gesture.code);
    if (item && gesture.moved) this.take(item, this.wanted.get(gesture.code), { finished: true });
    this.preview.refresh();
  }

  cancel(event) {
    if (this.gesture?.pointer === event.pointerId) this.giveUp();
  }

  giveUp() {
    const { code, before } = this.gesture;
    this.gesture = null;
    this.wanted.set(code, before);
    showFields(this.page.node(code), before);
    this.preview.refresh();
  }

  /* --- keyboard ------------------------------------------------------------------------------------ */

  key(event) {
    const code = event.target.dataset?.place;
    const item = code && this.itemOf(code);
    if (!item || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape" && this.gesture) {
      this.giveUp();
      return;
    }
    const step = 1000 * (event.shiftKey ? 10 : event.altKey ? 0.1 : 1);
    const before = this.placement(item);
    const turn = event.altKey ? 0.1 : 1;
    const moves = {
      ArrowLeft: { x: before.x - step }, ArrowRight: { x: before.x + step },
      ArrowUp: { y: before.y - step }, ArrowDown: { y: before.y + step },
      "+": { width: before.width + step }, "=": { width: before.width + step },
      "-": { width: before.width - step }, "_": { width: before.width - step },
      "[": { rotation: before.rotation - turn }, "]": { rotation: before.rotation + turn },
      "{": { rotation: before.rotation - 15 }, "}": { rotation: before.rotation + 15 },
    };
    const change = moves[event.key];
    if (!change) return;
    event.preventDefault();
    this.take(item, { ...before, ...change }, { finished: false });
    clearTimeout(this.resting?.timer);
    this.resting = { code, timer: setTimeout(() => this.rest(), KEYS_REST) };
  }

  /** Keys have rested, or the focus went: what they did is a choice. */
  rest() {
    if (!this.resting) return;
    const { code, timer } = this.resting;
    clearTimeout(timer);
    this.resting = null;
    const item = this.itemOf(code);
    if (item && this.wanted.has(code)) this.take(item, this.wanted.get(code), { finished: true });
  }
}

function at(handle, cx, cy, r) {
  handle.setAttribute("cx", cx);
  handle.setAttribute("cy", cy);
  handle.setAttribute("r", r);
}
