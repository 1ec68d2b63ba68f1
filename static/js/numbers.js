/** Whole numbers to choose: a field and a slider, and what the other choices leave of them. */

import { range } from "./format.js";

export class Numbers {
  /** `options` and `fields`: code -> the node of the option, and its field. */
  constructor(options, fields, nameOf) {
    this.options = options;
    this.fields = fields;
    this.nameOf = nameOf;
    this.limits = new Map();
    for (const [code, node] of options) {
      if (node.dataset.kind !== "integer") continue;
      this.limits.set(code, limitsOf(fields.get(code)));
      this.addRange(code, node);
    }
  }

  addRange(code, node) {
    const number = this.fields.get(code);
    const range = document.createElement("input");
    range.type = "range";
    const { low, high } = this.limits.get(code);
    Object.assign(range, { min: low ?? number.min, max: high ?? number.max, step: number.step, value: number.value });
    range.setAttribute("aria-label", `${this.nameOf(code)}, slider`);
    number.closest(".number").append(range);
  }

  follow(code) {
    const range = this.options.get(code).querySelector("input[type=range]");
    const number = this.fields.get(code);
    if (range && number.value !== "") range.value = number.value;
  }

  /** The numbers that the other choices leave, in words and on the slider. */
  draw(node, answer) {
    if (answer.low == null) return;
    const code = node.dataset.option;
    const field = this.fields.get(code);
    const unit = node.querySelector(".unit")?.textContent ?? "";
    node.querySelector("[data-limit]").textContent = range(answer.low, answer.high, answer.holes, unit);
    const { step, least } = this.limits.get(code);
    this.limits.set(code, { low: answer.low, high: answer.high, holes: answer.holes ?? [], step, least });
    for (const each of node.querySelectorAll("input[type=range], input[type=number]")) {
      if (each !== field || document.activeElement !== field) Object.assign(each, { min: answer.low, max: answer.high });
    }
    this.follow(code);
  }

  /** The number that can be had nearest to one that was dragged or typed, the lower of two; null where none is known. */
  nearest(code, wanted) {
    const limits = this.limits.get(code);
    if (!limits || limits.low == null || Number.isNaN(wanted)) return null;
    const { low, high, holes, step, least } = limits;
    const held = Math.min(high, Math.max(low, least + Math.ceil((wanted - least) / step - 0.5) * step));
    const hole = holes.find(([from, to]) => from <= held && held <= to);
    if (!hole) return held;
    const [below, above] = [hole[0] - step, hole[1] + step];
    return wanted - below <= above - wanted ? below : above;
  }
}

/** The limits of a number as the page came with them; null where they are not known. */
function limitsOf(field) {
  const number = (text) => (text === "" ? null : Number(text));
  const holes = field.dataset.holes.split(" ").filter(Boolean).map((hole) => hole.split(":").map(Number));
  return { low: number(field.dataset.low), high: number(field.dataset.high), holes, step: Number(field.step) || 1, least: Number(field.min) };
}
