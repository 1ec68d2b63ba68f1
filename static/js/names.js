/** What options and values are called on this page. */

export class Names {
  /** `options`: code -> the node of the option. */
  constructor(options) {
    this.options = options;
  }

  option(code) {
    const node = this.options.get(code);
    return (node?.querySelector("legend")?.firstChild ?? node?.querySelector(".option-name > :first-child"))?.textContent.trim() ?? code;
  }

  value(code, value) {
    const node = this.options.get(code);
    if (node?.dataset.kind === "multiple") {
      const codes = one(value) ? one(value).split(",") : [];
      return codes.map((each) => node.querySelector(`.choice[data-value="${CSS.escape(each)}"] .choice-name`)?.textContent ?? each).join(", ") || "nothing";
    }
    if (node?.dataset.kind === "image") return "a picture";
    if (node?.dataset.kind === "placement") return "another place";
    const escaped = CSS.escape(String(value));
    const name = node?.querySelector(`.choice[data-value="${escaped}"] .choice-name`)?.textContent
      ?? node?.querySelector(`option[value="${escaped}"]`)?.dataset.name;
    if (name) return name;
    const unit = node?.querySelector(".unit")?.textContent;
    return unit ? `${value} ${unit}` : `“${value}”`;
  }

  /** One change of a way out in words; of several values what is put in and what is left out. */
  change({ option, old, new: fresh }) {
    const name = this.option(option);
    if (fresh == null) return `${name}: to be given anew`;
    if (this.options.get(option)?.dataset.kind !== "multiple") {
      const quoted = [fresh, old].map((value) => `“${this.value(option, value).replace(/^“|”$/g, "")}”`);
      return `${name}: ${quoted.join(" instead of ")}`;
    }
    const [after, before] = [fresh, old].map((value) => (one(value) ? one(value).split(",") : []));
    const said = (codes) => `“${this.value(option, codes.join(","))}”`;
    const added = after.filter((code) => !before.includes(code));
    const dropped = before.filter((code) => !after.includes(code));
    return `${name}: ${[added.length && `with ${said(added)}`, dropped.length && `without ${said(dropped)}`].filter(Boolean).join(", ")}`;
  }
}

/** Several values come as a list; here they are kept as one text, as the form has them. */
export function one(value) {
  return Array.isArray(value) ? value.join(",") : value;
}
