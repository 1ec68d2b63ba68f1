/** The panel that says why a value is refused, and offers the smallest change that makes room for it. */

function element(name, className, ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

function button(text, className, pressed) {
  const node = element("button", `button ${className}`, text);
  node.type = "button";
  node.addEventListener("click", pressed);
  return node;
}

const TOLD = 3; // changes of a way out that are told at once, where there are more than one besides

/** `refused` is the object of the API; `names` gives {option, value, change} their names on this page. */
export function panel(refused, names, { repair, dismiss }) {
  const wanted = names.value(refused.option, refused.value);
  const section = element("section", "refusal", element("h3", "", `Not as things stand: ${wanted}`));
  section.setAttribute("role", "alert");
  section.tabIndex = -1;
  if (refused.conflict?.sentence) section.append(element("p", "", refused.conflict.sentence));
  if (refused.nearest != null) {
    const near = `Take ${names.value(refused.option, refused.nearest)}, the nearest that fits`;
    section.append(element("p", "", button(near, "", () => repair([], refused.nearest))));
  }
  const repairs = refused.repairs ?? (refused.repair ? [refused.repair] : []);
  if (!repairs.length) section.append(element("p", "", "No change of the other choices makes room for it."));
  const list = element("ul", "repairs", ...repairs.map((each, index) => {
    const told = each.changes.map((change) => names.change(change));
    const more = told.length > TOLD + 1 ? told.splice(TOLD) : [];
    const text = element("span", "", more.length ? `${told.join("; ")}; and ${more.length} more.` : each.sentence || "");
    if (each.unit_price) text.append(" ", element("span", "soft num", names.money(each.unit_price)));
    const others = each.changes.filter((change) => change.option !== refused.option);
    const label = others.length === 1
      ? `Set ${names.option(others[0].option)} to ${names.value(others[0].option, others[0].new)}`
      : `Make these ${others.length} changes`;
    const act = button(label, index ? "" : "button-primary", () => repair(each.changes, refused.value));
    const rest = element("details", "repair-more small", element("summary", "", `The ${more.length} others`), element("ul", "", ...more.map((line) => element("li", "", line))));
    return element("li", "", text, act, ...(more.length ? [rest] : []));
  }));
  if (repairs.length) section.append(list);
  section.append(element("p", "", button("Keep it as it was", "button-quiet", dismiss)));
  return section;
}
