/** The field of a picture to hand in, and what it says while one is on the design. */

/** Say whether a picture is on the design; `chosen` is its hash, or null. */
export function drawPicture(node, field, chosen) {
  let now = node.querySelector("[data-picture-now]");
  if (chosen && !now) {
    now = document.createElement("div");
    now.className = "picture-now";
    now.dataset.pictureNow = "";
    now.append("Your picture is on it.");
    field.before(now);
  }
  if (!now) return;
  now.hidden = !chosen;
  if (chosen && !now.querySelector("[data-clear]")) now.append(clearButton(node.dataset.option, "Take it off"));
  if (!chosen) field.value = "";
}

/** A button that takes a choice back. */
export function clearButton(code, text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-quiet button-small";
  button.dataset.clear = code;
  button.textContent = text;
  return button;
}
