/** Refused changes and an unreachable shop: told where they belong, with what can be done. */

import { money } from "./format.js";
import { panel } from "./refusal.js";

export class Refusals {
  constructor(page) {
    this.page = page;
    this.turned = new Map(); // option -> the typed value that was refused last
    this.repairing = false;
  }

  refuse(refusal) {
    this.page.settle();
    const { problem, changes, status } = refusal;
    const refused = problem.refused;
    if (refused && this.page.options.has(refused.option)) {
      const { [refused.option]: _, ...others } = changes;
      this.turn(refused.option);
      this.page.revert(refused.option);
      this.explain(refused);
      // What else travelled with the refused change was refused with it: it goes once more, by itself.
      // A repair is not taken apart.
      if (Object.keys(others).length && !this.repairing) this.page.client.keep(others);
      this.repairing = false;
      return;
    }
    const errors = problem.errors ?? [];
    const told = errors.filter((error) => {
      const code = decodeURIComponent((error.pointer ?? "").split("/").filter(Boolean).at(-1) ?? "");
      if (!this.page.options.has(code)) return false;
      this.turn(code);
      this.page.editor?.refused(code);
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
    if (this.page.fields.get(code)?.matches("input:not([type=file])")) this.turned.set(code, this.page.value(code));
  }

  explain(refused) {
    const node = this.page.options.get(refused.option);
    for (const other of this.page.querySelectorAll("[data-refusal]")) other.hidden = true;
    this.page.querySelector("#refused")?.remove();
    const place = node.querySelector("[data-refusal]");
    const names = { option: (code) => this.page.names.option(code), value: (code, value) => this.page.names.value(code, value), change: (change) => this.page.names.change(change), money: (amount) => (this.page.priced ? money(amount, this.page.dataset.currency) : "") };
    const section = panel(refused, names, {
      repair: (changes, value) => {
        const wanted = { [refused.option]: value };
        for (const change of changes) wanted[change.option] = change.new;
        place.hidden = true;
        this.repairing = true;
        this.page.client.change(wanted);
        if (this.page.fields.get(refused.option)) this.page.drawChosen(refused.option, value, true);
        this.page.focusOn(refused.option, value);
      },
      dismiss: () => {
        place.hidden = true;
        this.page.drawChosen(refused.option, this.page.chosen.get(refused.option), true);
        this.page.focusOn(refused.option, this.page.chosen.get(refused.option));
      },
    });
    place.replaceChildren(section);
    place.hidden = false;
    node.closest("details")?.setAttribute("open", "");
    const typing = document.activeElement === this.page.fields.get(refused.option);
    if (!typing) section.focus({ preventScroll: true });
    section.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
  }

  /** A refusal that stands under an option goes when that option is changed again. */
  forgive(code) {
    const node = this.page.options.get(code);
    node.querySelector("[data-refusal]").hidden = true;
    this.complain(code, "");
  }

  complain(code, text) {
    const node = this.page.options.get(code);
    const error = node.querySelector("[data-error]");
    node.querySelector("[data-nearest]")?.remove();
    if (!error) return;
    error.textContent = text;
    error.hidden = !text;
    const field = this.page.fields.get(code);
    if (text) field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }

  /** A typed number that cannot be: the nearest one that can, at one click. */
  offerNearest(code) {
    const node = this.page.options.get(code);
    const near = node.dataset.kind === "integer" ? this.page.numbers.nearest(code, Number(this.page.fields.get(code).value)) : null;
    if (near === null) return;
    const place = document.createElement("p");
    place.dataset.nearest = "";
    const button = document.createElement("button");
    button.className = "button button-small";
    button.name = "why";
    button.value = `${code}=${near}`;
    button.textContent = `Take ${this.page.names.value(code, near)}, the nearest that fits`;
    place.append(button);
    node.querySelector("[data-error]").after(place);
  }

  trouble(text, again) {
    this.page.settle();
    this.alert(
      text || (navigator.onLine ? "The shop does not answer." : "You are offline.") + " Your last change is kept here and sent again.",
      "Try now", again,
    );
  }

  well() {
    this.page.querySelector("[data-alert]").hidden = true;
  }

  alert(text, label, pressed) {
    const place = this.page.querySelector("[data-alert]");
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
}

export function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
