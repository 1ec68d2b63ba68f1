/**
 * What machines say of the design, under its picture: each finding with where it is, what was measured and the
 * repairs that work. The place of the one under the pointer or in focus is framed on the artwork.
 */

import { bent, svg } from "./outline.js";

const ROOM = 1500; // µm between a place and its frame

export class Findings {
  /** `mend(changes)` makes the choices of a repair. */
  constructor(root, preview, mend) {
    this.root = root;
    this.preview = preview;
    this.mend = mend;
    this.blank = root.querySelector("[data-finding]").content.firstElementChild;
    this.list = root.querySelector("[data-findings-list]");
    this.frame = svg("svg", { class: "finding-frame", "aria-hidden": "true", focusable: "false" });
    this.frame.toggleAttribute("hidden", true);
    preview.frame?.append(this.frame);
    root.addEventListener("click", (event) => this.clicked(event));
    for (const heard of ["focusin", "pointerover"]) root.addEventListener(heard, (event) => this.show(event.target.closest(".finding")));
    for (const heard of ["focusout", "pointerleave"]) root.addEventListener(heard, () => this.show(document.activeElement.closest(".finding")));
    preview.root.addEventListener("flat", () => this.show());
    preview.root.addEventListener("flat-drawn", () => { if (this.asked && this.frame.hasAttribute("hidden")) this.show(this.asked); });
    for (const item of this.list.children) this.focusable(item);
  }

  clicked(event) {
    const button = event.target.closest("button[name=mend]");
    if (!button) return;
    event.preventDefault();
    this.root.focus({ preventScroll: true });
    this.mend(JSON.parse(button.value));
  }

  draw(findings) {
    const text = JSON.stringify(findings);
    if (this.drawn === text) return;
    this.drawn = text;
    const held = [...this.list.children].indexOf(document.activeElement?.closest(".finding"));
    this.show();
    this.root.hidden = findings.length === 0;
    this.list.replaceChildren(...findings.map((finding) => this.item(finding)));
    this.list.children[held]?.focus({ preventScroll: true });
  }

  /** The page's own blank finding with the words of this one; parts without words go. */
  item({ code, severity, surface, box, message, repairs, told }) {
    const item = this.blank.cloneNode(true);
    item.className = `finding finding-${severity}`;
    Object.assign(item.dataset, { code, surface }, box && { box: box.join(" ") });
    const words = { ".finding-icon": told.sign, strong: told.word, bdi: message, ".finding-head .soft": told.where, ".finding-numbers": told.numbers };
    for (const [part, text] of Object.entries(words)) {
      if (text) item.querySelector(part).textContent = text;
      else item.querySelector(part).remove();
    }
    const blank = item.querySelector("button");
    blank.replaceWith(...repairs.map(({ label, changes }, index) => {
      const button = blank.cloneNode();
      button.classList.toggle("button-primary", index === 0 && severity === "refuse");
      button.textContent = label;
      button.value = JSON.stringify(changes);
      return button;
    }));
    this.focusable(item);
    return item;
  }

  /** Whoever goes by keyboard can ask where a finding is, with or without a repair. */
  focusable(item) {
    if (item.dataset.box && this.preview.image) item.tabIndex = 0;
  }

  /** Frame the place of a finding on the picture, or on the surface where it is laid flat. */
  show(item) {
    this.asked = item;
    const box = item?.dataset.box?.split(" ").map(Number);
    const { view, surface, flat, image, board } = this.preview;
    const drawn = box && surface === item.dataset.surface ? grown(box) : null;
    const there = flat ? board.hasAttribute("viewBox") : view; // the board is drawn a frame after it is asked for
    this.frame.toggleAttribute("hidden", !drawn || !there);
    this.frame.classList.toggle("is-flat", Boolean(flat));
    if (!drawn || !there) return;
    if (flat) {
      this.frame.setAttribute("viewBox", board.getAttribute("viewBox"));
      this.frame.removeAttribute("preserveAspectRatio");
    } else {
      this.frame.setAttribute("viewBox", `0 0 ${view.size.join(" ")}`);
      this.frame.setAttribute("preserveAspectRatio", `xMidYMid ${getComputedStyle(image).objectFit === "cover" ? "slice" : "meet"}`);
    }
    const d = flat ? drawn.map(([command, ...at]) => command + at.join(" ")).join("") : bent(drawn, view);
    this.frame.replaceChildren(svg("path", { d, class: "finding-halo" }), svg("path", { d, class: "finding-place" }));
  }
}

function grown([left, top, right, bottom]) {
  const [l, t, r, b] = [left - ROOM, top - ROOM, right + ROOM, bottom + ROOM];
  return [["M", l, t], ["L", r, t], ["L", r, b], ["L", l, b], ["Z"]];
}
