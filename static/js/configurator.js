/**
 * <pc-configurator>: makes the form inside it live through the public API.
 *
 * The form works without this file. Here each change is sent by itself, and the answer
 * (what is possible now, price, promise, pictures) is drawn into the same form: fields that
 * are being typed in are left alone, so focus and caret stay where they are.
 */

import { Client } from "./client.js";
import { Findings } from "./findings.js";
import { graphemes, money, signed } from "./format.js";
import { Names, one } from "./names.js";
import { Numbers } from "./numbers.js";
import { Preview } from "./preview.js";
import { clearButton, drawPicture } from "./pictures.js";
import { Refusals, calm } from "./refusals.js";
import { Summary } from "./summary.js";

const TYPING = 150; // milliseconds without a key before a text or number is sent
const PLACING = 500; // milliseconds without a key before a typed number of a placement is sent

class PcConfigurator extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.zone = this.dataset.zone || undefined;
    this.options = new Map();
    for (const node of this.form.querySelectorAll("[data-option]")) this.options.set(node.dataset.option, node);
    this.fields = new Map([...this.options].map(([code, node]) => [code, node.querySelector("select, input:not([type=radio], [type=checkbox], [type=hidden])")]));
    this.chosen = new Map([...this.options.keys()].map((code) => [code, this.value(code)]));
    this.drawn = 0;
    this.names = new Names(this.options);
    this.numbers = new Numbers(this.options, this.fields, (code) => this.names.option(code));
    if (this.form.querySelector("[data-finder]")) this.startFinder();
    this.refusals = new Refusals(this);
    this.summary = new Summary(this);
    this.missing = new Set([...this.options].filter(([, node]) => !node.querySelector("[data-missing]").hidden).map(([code]) => code));
    this.client = new Client(this.dataset.api, {
      sent: (codes) => this.mark(codes),
      answered: (state, number, pending) => this.draw(state, number, pending),
      refused: (refusal) => this.refusals.refuse(refusal),
      trouble: (text, again) => this.refusals.trouble(text, again),
      well: () => this.refusals.well(),
    });
    this.quantityField = this.form.querySelector("[name=quantity]"); // not there where nothing is for sale
    this.client.quantity = Number(this.quantityField?.value) || 1;
    this.priced = !("unpriced" in this.dataset);
    this.preview = new Preview(this.querySelector("[data-preview]"), {
      fonts: { index: this.dataset.fonts, glue: this.dataset.shaper, binary: this.dataset.shaperBinary },
      artwork: JSON.parse(this.dataset.artwork),
      textOf: (code) => (this.options.get(code)?.dataset.kind === "text" ? this.value(code) : null),
    });
    if (this.preview.image && this.form.querySelector("[data-kind=placement]")) this.startEditor();
    this.findings = new Findings(this.querySelector("[data-findings]"), this.preview, (changes) => this.client.change(changes));
    this.enhance();
    this.form.addEventListener("focusin", (event) => {
      if (event.target.closest("[data-kind=text]")) this.preview.prepare();
    });
    this.form.addEventListener("input", (event) => this.changed(event, TYPING));
    this.form.addEventListener("change", (event) => this.changed(event, 0));
    this.form.addEventListener("click", (event) => this.clicked(event));
    this.form.addEventListener("submit", (event) => this.submitted(event));
    addEventListener("keydown", (event) => this.shortcut(event));
    this.classList.add("live");
  }

  /* --- what was chosen ----------------------------------------------------------------------------- */

  value(code) {
    const node = this.options.get(code);
    if (node.dataset.kind === "multiple") {
      const ticked = [...node.querySelectorAll("input:checked")].map((input) => input.value);
      return ticked.length || "decided" in node.dataset ? ticked.join(",") : null;
    }
    if (node.matches("fieldset")) return node.querySelector("input:checked")?.value ?? null;
    if (node.dataset.kind === "image") return this.chosen?.get(code) ?? null;
    if (node.dataset.kind === "placement") return this.chosen ? this.chosen.get(code) ?? null : node.dataset.chosen || null;
    const raw = node.querySelector("select, input").value.normalize("NFC").trim();
    if (node.dataset.kind === "text") return raw; // an emptied text is a choice: nothing is to stand there
    if (raw === "") return null;
    return node.dataset.kind === "integer" ? Number(raw) : raw;
  }

  changed(event, delay) {
    const field = event.target;
    if (this.quantityField && field === this.quantityField) {
      const most = Number(field.max) || 1;
      const quantity = Math.trunc(Number(field.value));
      if (quantity >= 1 && quantity <= most && quantity !== this.client.quantity) {
        this.client.quantity = quantity;
        this.client.change({}, delay);
      }
      return;
    }
    const node = field.closest?.("[data-option]");
    if (!node) return;
    const code = node.dataset.option;
    if (node.dataset.kind === "image") {
      if (event.type === "change" && field.files?.length) this.takeIn(code, field);
      return;
    }
    if (node.dataset.kind === "placement") {
      this.editor?.typed(code, delay && PLACING);
      return;
    }
    if (field.type === "range") this.fields.get(code).value = this.numbers.nearest(code, Number(field.value)) ?? field.value;
    else this.numbers.follow(code);
    this.count(code);
    if (node.dataset.kind === "text") this.preview.refresh();
    const value = this.value(code);
    if (Number.isNaN(value)) return;
    // Leaving a field says again what was refused while it was typed: the answer stands, under the pointer too.
    if (event.type === "change" && this.refusals.turned.has(code) && this.refusals.turned.get(code) === value) return;
    this.refusals.turned.delete(code);
    this.refusals.forgive(code);
    if (node.dataset.kind === "multiple") node.dataset.decided = "";
    if (this.isUnchanged(code, value)) {
      if (this.client.pending.has(code)) this.client.change({ [code]: value }, delay);
      return;
    }
    this.client.change({ [code]: value }, delay);
  }

  isUnchanged(code, value) {
    return !this.client.under_way && !this.client.pending.has(code) && this.chosen.get(code) === value;
  }

  /** Send a picture at once; until an answer has come the one before stays on the product. */
  async takeIn(code, field) {
    const [file] = field.files;
    const most = Number(field.dataset.most);
    this.refusals.complain(code, "");
    this.remark(field, []);
    if (most && file.size > most) {
      this.refusals.complain(code, `The file has ${Math.ceil(file.size / 2 ** 20)} MB; up to ${most / 2 ** 20} MB are taken. Save it as JPEG at quality 90, or make it smaller, and choose it again.`);
      field.value = "";
      return;
    }
    this.mark([code]);
    const [box, bar, words] = progress(field);
    try {
      const asset = await this.client.upload(this.dataset.assets, file, (part) => {
        if (part < 1) bar.value = part;
        else bar.removeAttribute("value"); // it has arrived and is being looked at
        words.textContent = part < 1 ? `${Math.round(part * 100)} % sent` : "Being checked";
      });
      this.remark(field, asset.notes ?? []);
      this.client.change({ [code]: asset.sha256 });
    } catch (error) {
      this.refusals.complain(code, error.problem ? error.message : "The picture did not arrive. Check your connection and choose it again.");
      field.value = "";
      this.mark([]);
    } finally {
      box.remove();
    }
  }

  /** What came out of a picture other than it went in, under its field. */
  remark(field, notes) {
    const node = field.closest("[data-option]");
    node.querySelector("[data-notes]")?.remove();
    if (!notes.length) return;
    const told = document.createElement("p");
    told.className = "hint";
    told.dataset.notes = "";
    told.setAttribute("role", "status");
    told.textContent = notes.join(" ");
    field.after(told);
  }

  /* --- buttons ------------------------------------------------------------------------------------- */

  clicked(event) {
    const link = event.target.closest("a[data-left][href]");
    if (link) {
      event.preventDefault();
      this.goTo(this.next());
      return;
    }
    const button = event.target.closest("button");
    if (!button) return;
    if (button.name === "why") {
      event.preventDefault();
      const [code, value] = split(button.value);
      const kind = this.options.get(code)?.dataset.kind;
      if (kind === "integer") {
        this.refusals.forgive(code);
        this.fields.get(code).value = value;
        this.numbers.follow(code);
        this.fields.get(code).focus();
        this.client.change({ [code]: Number(value) });
        return;
      }
      const several = kind === "multiple";
      // Of several values the button names the one to put in with the others.
      this.client.change({ [code]: several ? [this.chosen.get(code), value].filter(Boolean).join(",") : value });
    } else if (button.dataset.step) {
      event.preventDefault();
      this.client.step(button.dataset.step);
    } else if (button.name === "view") {
      event.preventDefault();
      this.preview.choose(button.dataset.view);
    } else if (button.dataset.placeOpen) {
      this.editor.open(button.dataset.placeOpen);
    } else if (button.dataset.clear) {
      this.editor?.wanted.delete(button.dataset.clear);
      this.client.change({ [button.dataset.clear]: null });
    }
  }

  /** Ctrl+Z and Ctrl+Shift+Z (or Ctrl+Y), except in a field, where they belong to what is typed. */
  shortcut(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.matches?.("input:not([type=radio], [type=checkbox], [type=range]), textarea")) return;
    const key = event.key.toLowerCase();
    const step = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : "";
    if (!step || this.form.querySelector(`[data-step=${step}]`).disabled) return;
    event.preventDefault();
    this.client.step(step);
  }

  submitted(event) {
    // Enter in a field presses the hidden first button; the change is on its way already.
    if (event.submitter?.value === "update" || !event.submitter?.name) {
      event.preventDefault();
      this.client.flush();
    }
  }

  /* --- the answer ---------------------------------------------------------------------------------- */

  mark(codes) {
    this.classList.toggle("working", this.client.busy);
    for (const [code, node] of this.options) node.toggleAttribute("data-busy", codes.includes(code));
  }

  /** An answer has come: nothing is under way, but something may wait to be sent. */
  settle() {
    this.mark([]);
    this.classList.toggle("working", this.client.asked);
  }

  draw(state, number, pending) {
    if (number < this.drawn) return;
    this.drawn = number;
    this.refusals.repairing = false;
    this.settle();
    const missing = new Set(state.missing);
    for (const [code, node] of this.options) {
      const answer = state.options[code];
      if (!answer) continue;
      this.chosen.set(code, one(answer.chosen) ?? (node.dataset.kind === "text" ? "" : null));
      node.querySelector("[data-missing]").hidden = !missing.has(code);
      if (answer.values && Object.keys(answer.values).length) this.drawValues(node, answer, missing.size > 0);
      if (node.dataset.kind === "integer") this.numbers.draw(node, answer);
      if (!pending.has(code)) this.drawChosen(code, this.chosen.get(code));
    }
    for (const [step, can] of [["undo", state.can_undo], ["redo", state.can_redo]]) {
      this.form.querySelector(`[data-step=${step}]`).disabled = !can;
    }
    this.missing = missing;
    this.summary.draw(state);
    this.findings.draw(state.findings ?? []);
    this.preview.show(state.preview ?? [], state.artwork ?? []);
    this.editor?.answered(pending);
    this.drawPlacements();
  }

  /** While something is open, values show what they lead to at least; then, what they add. */
  drawValues(node, answer, open) {
    for (const each of node.querySelectorAll(".choice")) {
      const value = each.dataset.value;
      const refused = answer.values[value] === "impossible" && !holds(answer.chosen, value);
      each.dataset.state = answer.values[value] ?? "unknown";
      each.querySelector("[data-unsure]").hidden = each.dataset.state !== "unknown";
      const input = each.querySelector("input");
      if (refused) input.setAttribute("aria-disabled", "true");
      else input.removeAttribute("aria-disabled");
      each.querySelector(".why").hidden = !refused;
      if (answer.extra) {
        const extra = each.querySelector("[data-extra]");
        const amount = answer.extra[value];
        const lowest = open ? answer.from?.[value] : null;
        extra.hidden = !lowest && (!amount || Number(amount) === 0);
        if (lowest) extra.textContent = `from ${money(lowest, this.dataset.currency)}`;
        else if (!extra.hidden) extra.textContent = signed(amount, this.dataset.currency);
      }
    }
    for (const each of node.querySelectorAll("option[data-name]")) {
      const refused = answer.values[each.value] === "impossible" && answer.chosen !== each.value;
      const text = each.dataset.name + (refused ? " (not with your other choices)" : "");
      if (each.textContent !== text) each.textContent = text;
    }
    const back = node.querySelector("[data-clear]");
    if (back) back.hidden = answer.chosen == null;
  }

  /** The value that the shop holds, unless the shopper is just typing another. */
  drawChosen(code, chosen, force = false) {
    const node = this.options.get(code);
    if (node.dataset.kind === "image") {
      drawPicture(node, this.fields.get(code), chosen);
      return;
    }
    if (node.dataset.kind === "placement") return; // drawn once the artwork is there
    if (node.dataset.kind === "multiple") {
      const ticked = chosen ? chosen.split(",") : [];
      for (const input of node.querySelectorAll("input[type=checkbox]")) input.checked = ticked.includes(input.value);
      if (chosen === null) delete node.dataset.decided;
      else node.dataset.decided = "";
      return;
    }
    if (node.matches("fieldset")) {
      for (const input of node.querySelectorAll("input[type=radio]")) input.checked = input.value === chosen;
      return;
    }
    const field = this.fields.get(code);
    const typing = document.activeElement === field && !field.matches("select");
    if (this.value(code) !== chosen && (force || !typing)) {
      field.value = chosen ?? "";
      this.preview.refresh();
    }
    this.numbers.follow(code);
    this.count(code);
  }

  /** Placing things by hand; its script comes only where there is something to place. */
  async startEditor() {
    const { PlacementEditor } = await import("./placing/editor.js");
    this.editor = new PlacementEditor(this.preview, {
      chosen: (code) => this.chosen.get(code) || null,
      change: (code, text, delay) => {
        this.refusals.forgive(code);
        this.client.change({ [code]: text }, delay);
      },
      name: (code) => this.names.option(code),
      node: (code) => this.options.get(code),
      say: (text) => this.text("[data-summary]", text),
    });
    this.drawPlacements();
  }

  /** Finding options by name; its script comes only with many options. */
  async startFinder() {
    const { Finder } = await import("./finder.js");
    this.finder = new Finder(this.form, (code) => this.names.option(code));
  }

  drawPlacements() {
    for (const [code, node] of this.options) if (node.dataset.kind === "placement") this.editor?.drawFields(code);
  }

  /** The first open option in the order of the page. */
  next() {
    return [...this.options.keys()].find((code) => this.missing?.has(code));
  }

  /** Show an option, unfold its group, and put the focus in it. */
  goTo(code) {
    const node = this.options.get(code);
    if (!node) return;
    if (node.hidden) this.finder?.find("");
    node.closest("details")?.setAttribute("open", "");
    this.focusOn(code, this.chosen.get(code));
    node.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
  }

  revert(code) {
    if (this.options.get(code).dataset.kind === "placement") this.editor?.refused(code);
    if (!this.client.pending.has(code)) this.drawChosen(code, this.chosen.get(code));
  }

  focusOn(code, value) {
    const node = this.options.get(code);
    const radio = value == null ? null : node.querySelector(`input[type=radio][value="${CSS.escape(String(value))}"]`);
    (radio ?? this.fields.get(code) ?? node.querySelector("input"))?.focus();
  }

  text(selector, text) {
    const node = this.querySelector(selector);
    if (node.textContent !== text) node.textContent = text;
  }

  /* --- what only script can give ------------------------------------------------------------------- */

  enhance() {
    for (const [code, node] of this.options) {
      if (node.dataset.kind === "text") this.count(code);
      if (node.matches("fieldset") && node.querySelector("button[name=clear]")) {
        const back = clearButton(code, "Take this choice back");
        node.querySelector("button[name=clear]").after(back);
        back.hidden = this.chosen.get(code) === null;
      }
      if (node.dataset.kind === "image") drawPicture(node, this.fields.get(code), node.querySelector("[data-picture-now]") ? this.imageNow(node) : null);
    }
  }

  imageNow(node) {
    const hash = node.dataset.chosen || null;
    this.chosen.set(node.dataset.option, hash);
    return hash;
  }

  count(code) {
    const counter = this.options.get(code).querySelector("[data-count]");
    if (!counter) return;
    const length = graphemes(this.fields.get(code).value);
    counter.textContent = `${length} of ${counter.dataset.most}`;
    counter.classList.toggle("too-long", length > Number(counter.dataset.most));
  }
}

function holds(chosen, value) {
  return Array.isArray(chosen) ? chosen.includes(value) : chosen === value;
}

/** "option=value" of a button; the code of an option has no "=". */
function split(text) {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

/** A bar under a field of a file, with words beside it. */
function progress(field) {
  const box = document.createElement("p");
  box.className = "sending";
  box.setAttribute("role", "status");
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", "Sending the picture");
  const words = document.createElement("span");
  words.textContent = "Sending";
  box.append(bar, " ", words);
  field.after(box);
  return [box, bar, words];
}

customElements.define("pc-configurator", PcConfigurator);
