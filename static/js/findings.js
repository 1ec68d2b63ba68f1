/**
 * What machines say of the design, under its picture: each finding with where it is, what was measured and the
 * repairs that work. The place of the one under the pointer or in focus is framed on the artwork.
 */

import { bent, svg } from "./outline.js";

// As in views/findings.py.
const WORDS = { refuse: ["✕", "Cannot be made"], warn: ["!", "Please check"], fixed: ["✓", "Put right"] };
const ROOM = 1500; // µm between a place and its frame

export class Findings {
  /** `page`: option(code) -> its name or "", mend(changes). */
  constructor(root, preview, page) {
    this.root = root;
    this.preview = preview;
    this.page = page;
    this.list = root.querySelector("[data-findings-list]");
    this.frame = svg("svg", { class: "finding-frame", "aria-hidden": "true", focusable: "false" });
    this.frame.toggleAttribute("hidden", true);
    preview.frame?.append(this.frame);
    root.addEventListener("click", (event) => this.clicked(event));
    for (const heard of ["focusin", "pointerover"]) root.addEventListener(heard, (event) => this.show(event.target.closest(".finding")));
    for (const heard of ["focusout", "pointerleave"]) root.addEventListener(heard, () => this.show(document.activeElement.closest(".finding")));
    preview.root.addEventListener("flat", () => this.show());
    for (const item of this.list.children) this.focusable(item);
  }

  clicked(event) {
    const button = event.target.closest("button[name=mend]");
    if (!button) return;
    event.preventDefault();
    this.root.focus({ preventScroll: true });
    this.page.mend(JSON.parse(button.value));
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

  item(finding) {
    const [icon, word] = WORDS[finding.severity];
    const sign = node("span", "finding-icon", icon);
    sign.setAttribute("aria-hidden", "true");
    const where = [this.page.option(finding.element), place(finding.box)].filter(Boolean).join(" · ");
    const head = node("p", "finding-head", sign, " ", node("strong", "", word), ...(where ? [" ", node("span", "soft", where)] : []));
    const item = node("li", `finding finding-${finding.severity}`, head, node("p", "", finding.message));
    if (finding.measured != null && finding.limit != null) {
      item.append(node("p", "finding-numbers soft num", `Measured ${number(finding.measured)} ${finding.unit}, limit ${number(finding.limit)} ${finding.unit}`));
    }
    item.append(node("p", "cluster finding-acts", ...finding.repairs.map((repair, index) => {
      const button = node("button", `button button-small${index === 0 && finding.severity === "refuse" ? " button-primary" : ""}`, repair.label);
      button.name = "mend";
      button.value = JSON.stringify(repair.changes);
      return button;
    })));
    item.dataset.code = finding.code;
    item.dataset.surface = finding.surface;
    if (finding.box) item.dataset.box = finding.box.join(" ");
    this.focusable(item);
    return item;
  }

  /** Whoever goes by keyboard can ask where a finding is, with or without a repair. */
  focusable(item) {
    if (item.dataset.box && this.preview.image) item.tabIndex = 0;
  }

  /** Frame the place of a finding on the picture, or on the surface where it is laid flat. */
  show(item) {
    const box = item?.dataset.box?.split(" ").map(Number);
    const { view, surface, flat, image, board } = this.preview;
    const drawn = box && surface === item.dataset.surface ? grown(box) : null;
    this.frame.toggleAttribute("hidden", !drawn || !(flat || view));
    this.frame.classList.toggle("is-flat", Boolean(flat));
    if (!drawn || !(flat || view)) return;
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

function node(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function place(box) {
  if (!box) return "";
  const [left, top] = box.map((um) => number(Math.round(um / 100) / 10));
  return `${left} mm from the left, ${top} mm from the top`;
}

function number(value) {
  return new Intl.NumberFormat("en", { maximumFractionDigits: 2 }).format(value);
}
