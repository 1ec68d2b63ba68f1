/**
 * <pc-configurator>: makes the form inside it live through the public API.
 *
 * The form works without this file. Here each change is sent by itself, and the answer
 * (what is possible now, price, promise, pictures) is drawn into the same form: fields that
 * are being typed in are left alone, so focus and caret stay where they are.
 */

import { Client } from "./client.js";
import { combinations, day, graphemes, money, plural, range, signed } from "./format.js";
import { PlacementEditor } from "./placement.js";
import { fieldsOf, showFields } from "./placing-fields.js";
import { write } from "./placing.js";
import { Preview } from "./preview.js";
import { panel } from "./refusal.js";

const TYPING = 150; // milliseconds without a key before a text or number is sent
const PLACING = 500; // milliseconds without a key before a typed number of a placement is sent
const SPEAKING = 700; // milliseconds before a change is read out, so that typing is not interrupted

class PcConfigurator extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.zone = this.dataset.zone || undefined;
    this.options = new Map();
    for (const node of this.form.querySelectorAll("[data-option]")) this.options.set(node.dataset.option, node);
    this.fields = new Map([...this.options].map(([code, node]) => [code, node.querySelector("select, input:not([type=radio], [type=checkbox], [type=hidden])")]));
    this.chosen = new Map([...this.options.keys()].map((code) => [code, this.value(code)]));
    this.drawn = 0;
    this.turned = new Map(); // option -> the typed value that was refused last
    this.found = new Map(); // option's node -> the names it is found by
    this.limits = new Map(); // of numbers: what the other choices leave
    this.missing = new Set([...this.options].filter(([, node]) => !node.querySelector("[data-missing]").hidden).map(([code]) => code));
    this.client = new Client(this.dataset.api, {
      sent: (codes) => this.mark(codes),
      answered: (state, number, pending) => this.draw(state, number, pending),
      refused: (refusal) => this.refuse(refusal),
      trouble: (text, again) => this.trouble(text, again),
      well: () => this.well(),
    });
    this.quantityField = this.form.querySelector("[name=quantity]"); // not there where nothing is for sale
    this.client.quantity = Number(this.quantityField?.value) || 1;
    this.priced = !("unpriced" in this.dataset);
    this.preview = new Preview(this.querySelector("[data-preview]"), {
      fonts: { index: this.dataset.fonts, glue: this.dataset.shaper, binary: this.dataset.shaperBinary },
      artwork: JSON.parse(this.dataset.artwork),
      textOf: (code) => (this.options.get(code)?.dataset.kind === "text" ? this.value(code) : null),
    });
    if (this.preview.image) this.editor = this.placementEditor();
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
      const item = this.editor?.itemOf(code);
      const placement = item && fieldsOf(node);
      if (!placement) return;
      this.forgive(code);
      this.editor.wanted.set(code, placement);
      this.preview.refresh();
      if (write(placement) !== this.chosen.get(code)) this.client.change({ [code]: write(placement) }, delay && PLACING);
      return;
    }
    if (field.type === "range") this.fields.get(code).value = this.nearest(code, Number(field.value)) ?? field.value;
    else this.follow(code);
    this.count(code);
    if (node.dataset.kind === "text") this.preview.refresh();
    const value = this.value(code);
    if (Number.isNaN(value)) return;
    // Leaving a field says again what was refused while it was typed: the answer stands, under the pointer too.
    if (event.type === "change" && this.turned.has(code) && this.turned.get(code) === value) return;
    this.turned.delete(code);
    this.forgive(code);
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

  async takeIn(code, field) {
    this.mark([code]);
    try {
      const asset = await this.client.upload(this.dataset.assets, field.files[0]);
      this.client.change({ [code]: asset.sha256 });
    } catch (error) {
      this.complain(code, error.problem ? error.message : "The picture did not arrive. Check your connection and choose it again.");
      field.value = "";
      this.mark([]);
    }
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
        this.forgive(code);
        this.fields.get(code).value = value;
        this.follow(code);
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
    this.repairing = false;
    this.settle();
    const missing = new Set(state.missing);
    for (const [code, node] of this.options) {
      const answer = state.options[code];
      if (!answer) continue;
      this.chosen.set(code, one(answer.chosen) ?? (node.dataset.kind === "text" ? "" : null));
      node.querySelector("[data-missing]").hidden = !missing.has(code);
      if (answer.values && Object.keys(answer.values).length) this.drawValues(node, answer, missing.size > 0);
      if (node.dataset.kind === "integer") this.drawLimits(node, answer);
      if (!pending.has(code)) this.drawChosen(code, this.chosen.get(code));
    }
    for (const [step, can] of [["undo", state.can_undo], ["redo", state.can_redo]]) {
      this.form.querySelector(`[data-step=${step}]`).disabled = !can;
    }
    this.drawGroups(missing);
    this.drawList();
    this.drawPrice(state);
    this.drawFindings(state);
    this.preview.show(state.preview ?? [], state.artwork ?? []);
    this.editor?.answered(pending);
    for (const [code, node] of this.options) if (node.dataset.kind === "placement") this.drawPlacement(code, node);
    this.say();
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

  /** The numbers that the other choices leave, in words and on the slider. */
  drawLimits(node, answer) {
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

  /** The value that the shop holds, unless the shopper is just typing another. */
  drawChosen(code, chosen, force = false) {
    const node = this.options.get(code);
    if (node.dataset.kind === "image") {
      this.drawImage(node, code, chosen);
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
    this.follow(code);
    this.count(code);
  }

  placementEditor() {
    return new PlacementEditor(this.preview, {
      chosen: (code) => this.chosen.get(code) || null,
      change: (code, text) => {
        this.forgive(code);
        this.client.change({ [code]: text });
      },
      name: (code) => this.optionName(code),
      shown: (code, placement) => showFields(this.options.get(code), placement),
      say: (text) => this.text("[data-summary]", text),
    });
  }

  /** The numbers of a placement, once there is something to place. */
  drawPlacement(code, node) {
    const item = this.editor?.itemOf(code);
    node.querySelector("[data-placing]").hidden = !item;
    node.querySelector("[data-nothing-to-place]").hidden = Boolean(item);
    node.querySelector("[data-clear]").hidden = !this.chosen.get(code);
    node.querySelector("[data-cropping]").hidden = item?.kind !== "picture";
    if (item && !node.contains(document.activeElement)) showFields(node, this.editor.placement(item));
  }

  drawImage(node, code, chosen) {
    let now = node.querySelector("[data-picture-now]");
    if (chosen && !now) {
      now = document.createElement("div");
      now.className = "picture-now";
      now.dataset.pictureNow = "";
      now.append("Your picture is on it.");
      this.fields.get(code).before(now);
    }
    if (!now) return;
    now.hidden = !chosen;
    if (chosen && !now.querySelector("[data-clear]")) now.append(clearButton(code, "Take it off"));
    if (!chosen) this.fields.get(code).value = "";
  }

  drawGroups(missing) {
    for (const group of this.form.querySelectorAll("[data-group]")) {
      const badge = group.querySelector("[data-group-left]");
      if (!badge) continue;
      const left = [...group.querySelectorAll("[data-option]")].filter((node) => missing.has(node.dataset.option)).length;
      badge.textContent = left ? `${left} left` : "done";
      badge.classList.toggle("badge-warn", left > 0);
    }
    this.missing = missing;
    const ours = [...missing].some((code) => !["text", "image"].includes(this.options.get(code)?.dataset.kind));
    this.form.querySelector("[data-rest]").hidden = !ours; // texts and pictures only the shopper can give
    const progress = this.form.querySelector("[data-progress]");
    if (progress) {
      const done = [...this.chosen.values()].filter((value) => value !== null && value !== "").length;
      progress.value = done;
      this.form.querySelector("[data-progress-text]").textContent = `${done} of ${progress.max} chosen`;
    }
  }

  /** Where there is no picture, a list of what is chosen stands in its place. */
  drawList() {
    const list = this.querySelector("[data-chosen-list]");
    if (!list) return;
    const rows = [...this.chosen].filter(([, value]) => value !== null && value !== "").map(([code, value]) => {
      const row = document.createElement("div");
      const name = document.createElement("dt");
      name.textContent = this.optionName(code);
      const shown = document.createElement("dd");
      shown.textContent = this.valueName(code, value);
      row.append(name, shown);
      return row;
    });
    list.replaceChildren(...rows);
    this.querySelector("[data-nothing-chosen]").hidden = rows.length > 0;
  }

  drawPrice(state) {
    const price = state.price;
    const cheapest = this.form.querySelector("[data-cheapest]");
    if (cheapest) {
      cheapest.hidden = !state.from_price;
      cheapest.textContent = state.from_price ? ` ${money(state.from_price, this.dataset.currency)}` : "";
    }
    const link = this.form.querySelector("[data-left]");
    const next = this.next();
    if (next) link.setAttribute("href", `#option-${next}`);
    else link.removeAttribute("href");
    if (price && this.priced) {
      const body = this.form.querySelector("[data-price-lines] tbody");
      body.replaceChildren(...price.lines.map((line) => {
        const row = document.createElement("tr");
        const head = document.createElement("th");
        head.scope = "row";
        head.textContent = line.label;
        const amount = document.createElement("td");
        amount.className = "num";
        amount.textContent = money(line.amount, price.currency);
        row.append(head, amount);
        return row;
      }));
      this.text("[data-price-unit]", money(price.unit, price.currency));
      this.text("[data-price-total]", money(price.total, price.currency));
    }
    const promise = state.promise;
    if (this.priced) this.drawPromise(promise);
    this.text("[data-left]", this.left(state));
    const remaining = this.form.querySelector("[data-remaining]");
    if (remaining) {
      remaining.hidden = state.remaining == null || state.remaining < 2;
      remaining.textContent = ` · ${combinations(state.remaining ?? 0)}`;
    }
  }

  drawPromise(promise) {
    this.text("[data-promise]", promise?.ready_at ? `Ready ${day(promise.ready_at, this.zone)}` : "No date yet");
    this.text("[data-promise-reason]", promise?.ready_at ? "" : promise?.reason ?? "");
    const refusal = promise?.refusal ?? ""; // it may go in the cart, but not through the checkout
    this.text("[data-promise-refusal]", refusal);
    this.form.querySelector("[data-promise-refusal]").hidden = !refusal;
  }

  /** The first open option in the order of the page. */
  next() {
    return [...this.options.keys()].find((code) => this.missing?.has(code));
  }

  /** Show an option, unfold its group, and put the focus in it. */
  goTo(code) {
    const node = this.options.get(code);
    if (!node) return;
    if (node.hidden) this.find("");
    node.closest("details")?.setAttribute("open", "");
    this.focusOn(code, this.chosen.get(code));
    node.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
  }

  left(state) {
    if (state.missing.length) return `${plural(state.missing.length, "choice")} left`;
    return state.consistent ? "Everything is chosen" : "These choices do not go together";
  }

  drawFindings(state) {
    const tones = { refuse: " notice-bad", warn: " notice-warn" };
    this.querySelector("[data-findings]").replaceChildren(...[...(state.findings ?? []), ...(state.warnings ?? []).map((each) => ({ ...each, severity: "warn" }))].map((finding) => {
      const note = document.createElement("p");
      note.className = `notice small${tones[finding.severity] ?? ""}`;
      note.textContent = finding.message;
      return note;
    }));
  }

  /* --- refusals and trouble ------------------------------------------------------------------------ */

  refuse(refusal) {
    this.settle();
    const { problem, changes, status } = refusal;
    const refused = problem.refused;
    if (refused && this.options.has(refused.option)) {
      const { [refused.option]: _, ...others } = changes;
      this.turn(refused.option);
      this.revert(refused.option);
      this.explain(refused);
      // What else travelled with the refused change was refused with it: it goes once more, by itself.
      // A repair is not taken apart.
      if (Object.keys(others).length && !this.repairing) this.client.keep(others);
      this.repairing = false;
      return;
    }
    const errors = problem.errors ?? [];
    const told = errors.filter((error) => {
      const code = decodeURIComponent((error.pointer ?? "").split("/").filter(Boolean).at(-1) ?? "");
      if (!this.options.has(code)) return false;
      this.turn(code);
      this.editor?.refused(code);
      this.complain(code, error.detail);
      this.offerNearest(code);
      return true;
    });
    if (told.length) return;
    if (status === 412) {
      this.alert("This design was changed in another tab.", "Load it again", () => location.reload());
    } else if (status === 403 || status === 404) {
      this.alert("This design is not open in this browser any more.", "Load it again", () => location.reload());
    } else {
      this.alert(refusal.message, "Load it again", () => location.reload());
    }
  }

  /** Remember what stands in a field that is refused. */
  turn(code) {
    if (this.fields.get(code)?.matches("input:not([type=file])")) this.turned.set(code, this.value(code));
  }

  revert(code) {
    if (this.options.get(code).dataset.kind === "placement") this.editor?.refused(code);
    if (!this.client.pending.has(code)) this.drawChosen(code, this.chosen.get(code));
  }

  explain(refused) {
    const node = this.options.get(refused.option);
    for (const other of this.querySelectorAll("[data-refusal]")) other.hidden = true;
    this.querySelector("#refused")?.remove();
    const place = node.querySelector("[data-refusal]");
    const names = { option: (code) => this.optionName(code), value: (code, value) => this.valueName(code, value), change: (change) => this.changeName(change), money: (amount) => (this.priced ? money(amount, this.dataset.currency) : "") };
    const section = panel(refused, names, {
      repair: (changes, value) => {
        const wanted = { [refused.option]: value };
        for (const change of changes) wanted[change.option] = change.new;
        place.hidden = true;
        this.repairing = true;
        this.client.change(wanted);
        if (this.fields.get(refused.option)) this.drawChosen(refused.option, value, true);
        this.focusOn(refused.option, value);
      },
      dismiss: () => {
        place.hidden = true;
        this.drawChosen(refused.option, this.chosen.get(refused.option), true);
        this.focusOn(refused.option, this.chosen.get(refused.option));
      },
    });
    place.replaceChildren(section);
    place.hidden = false;
    node.closest("details")?.setAttribute("open", "");
    const typing = document.activeElement === this.fields.get(refused.option);
    if (!typing) section.focus({ preventScroll: true });
    section.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  }

  /** A refusal that stands under an option goes when that option is changed again. */
  forgive(code) {
    const node = this.options.get(code);
    node.querySelector("[data-refusal]").hidden = true;
    this.complain(code, "");
  }

  complain(code, text) {
    const node = this.options.get(code);
    const error = node.querySelector("[data-error]");
    node.querySelector("[data-nearest]")?.remove();
    if (!error) return;
    error.textContent = text;
    error.hidden = !text;
    const field = this.fields.get(code);
    if (text) field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }

  /** A typed number that cannot be: the nearest one that can, at one click. */
  offerNearest(code) {
    const node = this.options.get(code);
    const near = node.dataset.kind === "integer" ? this.nearest(code, Number(this.fields.get(code).value)) : null;
    if (near === null) return;
    const place = document.createElement("p");
    place.dataset.nearest = "";
    const button = document.createElement("button");
    button.className = "button button-small";
    button.name = "why";
    button.value = `${code}=${near}`;
    button.textContent = `Take ${this.valueName(code, near)}, the nearest that fits`;
    place.append(button);
    node.querySelector("[data-error]").after(place);
  }

  focusOn(code, value) {
    const node = this.options.get(code);
    const radio = value == null ? null : node.querySelector(`input[type=radio][value="${CSS.escape(String(value))}"]`);
    (radio ?? this.fields.get(code) ?? node.querySelector("input"))?.focus();
  }

  trouble(text, again) {
    this.settle();
    this.alert(
      text || (navigator.onLine ? "The shop does not answer." : "You are offline.") + " Your last change is kept here and sent again.",
      "Try now", again,
    );
  }

  well() {
    this.querySelector("[data-alert]").hidden = true;
  }

  alert(text, label, pressed) {
    const place = this.querySelector("[data-alert]");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small";
    button.textContent = label;
    button.addEventListener("click", pressed);
    place.className = "notice notice-bad cluster cluster-apart";
    place.setAttribute("role", "alert");
    place.replaceChildren(text, button);
    place.hidden = false;
  }

  /* --- names, words ---------------------------------------------------------------------------------- */

  optionName(code) {
    const node = this.options.get(code);
    return (node?.querySelector("legend")?.firstChild ?? node?.querySelector(".option-name > :first-child"))?.textContent.trim() ?? code;
  }

  valueName(code, value) {
    const node = this.options.get(code);
    if (node?.dataset.kind === "multiple") {
      const codes = one(value) ? one(value).split(",") : [];
      return codes.map((each) => node.querySelector(`.choice[data-value="${CSS.escape(each)}"] .choice-name`)?.textContent ?? each).join(", ") || "nothing";
    }
    const escaped = CSS.escape(String(value));
    const name = node?.querySelector(`.choice[data-value="${escaped}"] .choice-name`)?.textContent
      ?? node?.querySelector(`option[value="${escaped}"]`)?.dataset.name;
    if (name) return name;
    const unit = node?.querySelector(".unit")?.textContent;
    return unit ? `${value} ${unit}` : `“${value}”`;
  }

  /** One change of a way out in words; of several values what is put in and what is left out. */
  changeName({ option, old, new: fresh }) {
    const name = this.optionName(option);
    if (fresh == null) return `${name}: to be given anew`;
    if (this.options.get(option)?.dataset.kind !== "multiple") {
      const quoted = [fresh, old].map((value) => `“${this.valueName(option, value).replace(/^“|”$/g, "")}”`);
      return `${name}: ${quoted.join(" instead of ")}`;
    }
    const [after, before] = [fresh, old].map((value) => (one(value) ? one(value).split(",") : []));
    const said = (codes) => `“${this.valueName(option, codes.join(","))}”`;
    const added = after.filter((code) => !before.includes(code));
    const dropped = before.filter((code) => !after.includes(code));
    return `${name}: ${[added.length && `with ${said(added)}`, dropped.length && `without ${said(dropped)}`].filter(Boolean).join(", ")}`;
  }

  text(selector, text) {
    const node = this.querySelector(selector);
    if (node.textContent !== text) node.textContent = text;
  }

  say() {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      const words = ["[data-price-total]", "[data-promise]", "[data-left]"].map((each) => this.form.querySelector(each).textContent);
      const summary = this.querySelector("[data-summary]");
      const text = `${words.join(". ")}.`;
      if (summary.textContent !== text) summary.textContent = text;
    }, SPEAKING);
  }

  /* --- what only script can give ------------------------------------------------------------------- */

  enhance() {
    for (const [code, node] of this.options) {
      if (node.dataset.kind === "integer") {
        this.limits.set(code, limitsOf(this.fields.get(code)));
        this.addRange(code, node);
      }
      if (node.dataset.kind === "text") this.count(code);
      if (node.dataset.kind === "placement" && this.editor) {
        node.querySelector("[data-place-open]").hidden = false;
        this.drawPlacement(code, node);
      }
      if (node.matches("fieldset") && node.querySelector("button[name=clear]")) {
        const back = clearButton(code, "Take this choice back");
        node.querySelector("button[name=clear]").after(back);
        back.hidden = this.chosen.get(code) === null;
      }
      if (node.dataset.kind === "image") this.drawImage(node, code, node.querySelector("[data-picture-now]") ? this.imageNow(node) : null);
    }
    const finder = this.form.querySelector("[data-finder]");
    if (finder) {
      this.form.querySelector("[data-find]").hidden = false;
      finder.addEventListener("input", () => this.find(finder.value));
      finder.addEventListener("keydown", (event) => {
        if (event.key === "Enter") event.preventDefault(); // it finds while one types; nothing is to be sent
        if (event.key === "Escape") this.find("");
      });
    }
  }

  imageNow(node) {
    const hash = node.dataset.chosen || null;
    this.chosen.set(node.dataset.option, hash);
    return hash;
  }

  addRange(code, node) {
    const number = this.fields.get(code);
    const range = document.createElement("input");
    range.type = "range";
    const { low, high } = this.limits.get(code);
    Object.assign(range, { min: low ?? number.min, max: high ?? number.max, step: number.step, value: number.value });
    range.setAttribute("aria-label", `${this.optionName(code)}, slider`);
    number.closest(".number").append(range);
  }

  follow(code) {
    const range = this.options.get(code).querySelector("input[type=range]");
    const number = this.fields.get(code);
    if (range && number.value !== "") range.value = number.value;
  }

  count(code) {
    const counter = this.options.get(code).querySelector("[data-count]");
    if (!counter) return;
    const length = graphemes(this.fields.get(code).value);
    counter.textContent = `${length} of ${counter.dataset.most}`;
    counter.classList.toggle("too-long", length > Number(counter.dataset.most));
  }

  /** Show the options whose name, or the name of whose value, holds what is looked for. */
  find(query) {
    const wanted = query.trim().toLocaleLowerCase();
    const finder = this.form.querySelector("[data-finder]");
    if (finder.value !== query) finder.value = query;
    let found = 0;
    for (const group of this.form.querySelectorAll("[data-group]")) {
      let hits = 0;
      for (const node of group.querySelectorAll("[data-option]")) {
        const hit = !wanted || this.names(node).includes(wanted);
        node.hidden = !hit;
        hits += hit;
      }
      group.hidden = hits === 0;
      found += hits;
      this.unfold(group, wanted !== "");
    }
    const none = "No option or value has that name.";
    this.form.querySelector("[data-found]").textContent = !wanted ? "" : found ? `${plural(found, "option")} found` : none;
  }

  /** A search unfolds what it finds; at its end each group is as it was. */
  unfold(group, searching) {
    if (!group.matches("details")) return;
    if (searching && !("was" in group.dataset)) group.dataset.was = String(group.open);
    if (searching) group.open = true;
    else if ("was" in group.dataset) {
      group.open = group.dataset.was === "true";
      delete group.dataset.was;
    }
  }

  /** What an option can be found by. */
  names(node) {
    if (!this.found.has(node)) {
      const parts = [this.optionName(node.dataset.option), ...[...node.querySelectorAll(".choice-name")].map((each) => each.textContent), ...[...node.querySelectorAll("option[data-name]")].map((each) => each.dataset.name)];
      this.found.set(node, parts.join("\n").toLocaleLowerCase());
    }
    return this.found.get(node);
  }
}

/** Several values come as a list; here they are kept as one text, as the form has them. */
function one(value) {
  return Array.isArray(value) ? value.join(",") : value;
}

/** The limits of a number as the page came with them; null where they are not known. */
function limitsOf(field) {
  const number = (text) => (text === "" ? null : Number(text));
  const holes = field.dataset.holes.split(" ").filter(Boolean).map((hole) => hole.split(":").map(Number));
  return { low: number(field.dataset.low), high: number(field.dataset.high), holes, step: Number(field.step) || 1, least: Number(field.min) };
}

function holds(chosen, value) {
  return Array.isArray(chosen) ? chosen.includes(value) : chosen === value;
}

/** "option=value" of a button; the code of an option has no "=". */
function split(text) {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

function clearButton(code, text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-quiet button-small";
  button.dataset.clear = code;
  button.textContent = text;
  return button;
}

function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

customElements.define("pc-configurator", PcConfigurator);
