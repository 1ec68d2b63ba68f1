/** What a page says about the design as a whole: what is left to choose, price, promise, warnings. */

import { combinations, day, money, plural, shortDay } from "./format.js";

const SPEAKING = 700; // milliseconds before a change is read out, so that typing is not interrupted

export class Summary {
  constructor(page) {
    this.page = page;
  }

  draw(state) {
    this.drawGroups(new Set(state.missing));
    this.drawList();
    this.drawPrice(state);
    this.drawWarnings(state);
    this.say();
  }

  drawGroups(missing) {
    for (const group of this.page.form.querySelectorAll("[data-group]")) {
      const badge = group.querySelector("[data-group-left]");
      if (!badge) continue;
      const left = [...group.querySelectorAll("[data-option]")].filter((node) => missing.has(node.dataset.option)).length;
      badge.textContent = left ? `${left} left` : "done";
      badge.classList.toggle("badge-warn", left > 0);
    }
    const ours = [...missing].some((code) => !["text", "image"].includes(this.page.options.get(code)?.dataset.kind));
    this.page.form.querySelector("[data-rest]").hidden = !ours; // texts and pictures only the shopper can give
    const progress = this.page.form.querySelector("[data-progress]");
    if (progress) {
      const done = [...this.page.chosen.values()].filter((value) => value !== null && value !== "").length;
      progress.value = done;
      this.page.form.querySelector("[data-progress-text]").textContent = `${done} of ${progress.max} chosen`;
    }
  }

  /** Where there is no picture, a list of what is chosen stands in its place. */
  drawList() {
    const list = this.page.querySelector("[data-chosen-list]");
    if (!list) return;
    const rows = [...this.page.chosen].filter(([, value]) => value !== null && value !== "").map(([code, value]) => {
      const row = document.createElement("div");
      const name = document.createElement("dt");
      name.textContent = this.page.names.option(code);
      const shown = document.createElement("dd");
      shown.textContent = this.page.names.value(code, value);
      row.append(name, shown);
      return row;
    });
    list.replaceChildren(...rows);
    this.page.querySelector("[data-nothing-chosen]").hidden = rows.length > 0;
  }

  drawPrice(state) {
    const price = state.price;
    const cheapest = this.page.form.querySelector("[data-cheapest]");
    if (cheapest) {
      cheapest.hidden = !state.from_price;
      cheapest.textContent = state.from_price ? ` ${money(state.from_price, this.page.dataset.currency)}` : "";
    }
    const link = this.page.form.querySelector("[data-left]");
    const next = this.page.next();
    if (next) link.setAttribute("href", `#option-${next}`);
    else link.removeAttribute("href");
    if (price && this.page.priced) {
      const body = this.page.form.querySelector("[data-price-lines] tbody");
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
      this.page.text("[data-price-unit]", money(price.unit, price.currency));
      this.page.text("[data-price-total]", money(price.total, price.currency));
    }
    const promise = state.promise;
    if (this.page.priced) this.drawPromise(promise);
    this.page.text("[data-left]", this.left(state));
    const remaining = this.page.form.querySelector("[data-remaining]");
    if (remaining) {
      remaining.hidden = state.remaining == null || state.remaining < 2;
      remaining.textContent = ` · ${combinations(state.remaining ?? 0)}`;
    }
  }

  drawPromise(promise) {
    this.page.text("[data-promise]", promise?.ready_at ? `Ready ${day(promise.ready_at, this.page.zone)}` : "No date yet");
    this.page.text("[data-promise-reason]", promise?.ready_at ? "" : promise?.reason ?? "");
    this.drawSooner(promise);
    const refusal = promise?.refusal ?? ""; // it may go in the cart, but not through the checkout
    this.page.text("[data-promise-refusal]", refusal);
    this.page.form.querySelector("[data-promise-refusal]").hidden = !refusal;
  }

  /** Sooner dates with their price, to choose from; what was chosen stays chosen while it is offered. */
  drawSooner(promise) {
    const field = this.page.form.querySelector("[data-sooner]");
    if (!field) return;
    const offers = promise?.ready_at ? promise.sooner ?? [] : [];
    const wanted = field.querySelector("input:checked")?.value ?? "standard";
    const chosen = offers.some((each) => each.option === wanted) ? wanted : "standard";
    const choices = offers.length ? [{ option: "standard", ready_at: promise.ready_at }, ...offers] : [];
    const drawn = JSON.stringify(choices);
    if (field.dataset.drawn === drawn) return; // a choice that has the focus keeps it
    field.dataset.drawn = drawn;
    field.querySelectorAll("label").forEach((label) => label.remove());
    for (const each of choices) {
      const label = document.createElement("label");
      label.className = "check";
      const input = document.createElement("input");
      input.type = "radio";
      input.name = "sooner";
      input.value = each.option;
      input.checked = each.option === chosen;
      const text = document.createElement("span");
      text.textContent = shortDay(each.ready_at, this.page.zone);
      if (each.surcharge) {
        const price = document.createElement("span");
        price.className = "num";
        price.textContent = ` + ${money(each.surcharge, field.dataset.currency)}`;
        text.append(price);
      }
      label.append(input, " ", text);
      field.append(label);
    }
    field.hidden = !choices.length;
  }

  left(state) {
    if (state.missing.length) return `${plural(state.missing.length, "choice")} left`;
    return state.consistent ? "Everything is chosen" : "These choices do not go together";
  }

  /** Rules that only warn; what machines say is told under the picture (findings.js). */
  drawWarnings(state) {
    this.page.querySelector("[data-warnings]").replaceChildren(...(state.warnings ?? []).map((warning) => {
      const note = document.createElement("p");
      note.className = "notice notice-warn small";
      note.textContent = warning.message;
      return note;
    }));
  }

  say() {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      const words = ["[data-price-total]", "[data-promise]", "[data-left]"].map((each) => this.page.form.querySelector(each).textContent);
      const summary = this.page.querySelector("[data-summary]");
      const text = `${words.join(". ")}.`;
      if (summary.textContent !== text) summary.textContent = text;
    }, SPEAKING);
  }
}
