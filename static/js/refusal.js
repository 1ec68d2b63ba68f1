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

const IN_SENTENCE = 2; // changes of a way out that one sentence tells; more are a list
const TOLD = 3; // changes of a list that are told at once, where there are more than one besides

const items = (lines) => lines.map((line) => element("li", "", line));

/** What the rules exclude by themselves is no matter of the other choices. */
function verdict(refused, repairs) {
  const dead = refused.conflict && !refused.conflict.choices?.length && !repairs.length;
  return dead ? "Never possible in this product" : "Not as things stand";
}

/** `refused` is the object of the API; `names` gives {option, value, change} their names on this page. */
export function panel(refused, names, { repair, dismiss }) {
  const repairs = refused.repairs ?? (refused.repair ? [refused.repair] : []);
  const wanted = names.value(refused.option, refused.value);
  const section = element("section", "refusal", element("h3", "", `${verdict(refused, repairs)}: ${wanted}`));
  section.setAttribute("role", "alert");
  section.tabIndex = -1;
  if (refused.conflict?.sentence) section.append(element("p", "", refused.conflict.sentence));
  if (refused.nearest != null) {
    const near = `Take ${names.value(refused.option, refused.nearest)}, the nearest that fits`;
    section.append(element("p", "", button(near, "", () => repair([], refused.nearest))));
  }
  if (!repairs.length) section.append(element("p", "", "No change of the other choices makes room for it."));
  const list = element("ul", "repairs", ...repairs.map((each, index) => {
    const told = each.changes.map((change) => names.change(change));
    const more = told.length > TOLD + 1 ? told.splice(TOLD) : [];
    const listed = each.changes.length > IN_SENTENCE;
    const text = element("div", "repair-told", listed ? element("ul", "repair-changes", ...items(told)) : each.sentence || "");
    if (each.unit_price) text.append(" ", element("span", "soft num", names.money(each.unit_price)));
    const others = each.changes.filter((change) => change.option !== refused.option);
    const label = others.length === 1
      ? `Set ${names.option(others[0].option)} to ${names.value(others[0].option, others[0].new)}`
      : `Make these ${others.length} changes`;
    const act = button(label, index ? "" : "button-primary", () => repair(each.changes, refused.value));
    const rest = element("details", "repair-more small", element("summary", "", `and ${more.length} more`), element("ul", "", ...items(more)));
    return element("li", "", text, act, ...(more.length ? [rest] : []));
  }));
  if (repairs.length) section.append(list);
  section.append(element("p", "", button("Keep it as it was", "button-quiet", dismiss)));
  return section;
}
