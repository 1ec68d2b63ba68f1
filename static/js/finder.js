/** Finding an option by its name, or by the name of one of its values. */

import { plural } from "./format.js";

export class Finder {
  constructor(form, nameOf) {
    this.form = form;
    this.nameOf = nameOf;
    this.found = new Map(); // option's node -> the names it is found by
    const finder = form.querySelector("[data-finder]");
    if (!finder) return;
    form.querySelector("[data-find]").hidden = false;
    finder.addEventListener("input", () => this.find(finder.value));
    finder.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault(); // it finds while one types; nothing is to be sent
      if (event.key === "Escape") this.find("");
    });
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
      const parts = [this.nameOf(node.dataset.option), ...[...node.querySelectorAll(".choice-name")].map((each) => each.textContent), ...[...node.querySelectorAll("option[data-name]")].map((each) => each.dataset.name)];
      this.found.set(node, parts.join("\n").toLocaleLowerCase());
    }
    return this.found.get(node);
  }
}
