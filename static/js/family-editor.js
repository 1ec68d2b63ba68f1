// The editor of a family's text: colours and line numbers behind an ordinary text area, problems while typing.
// Everything it does can be done without it: the text area, the Check button and the links work alone.

const TOKENS = /("(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|((?:^|\s)#.*$)|([A-Za-z_][\w-]*)(?=:(?:\s|$))|(\b\d+(?:\.\d+)?\b)/g;
const KINDS = ["", "text", "comment", "key", "number"];
const LONGEST = 400_000; // characters; longer texts are not coloured, only numbered by the problems
const QUIET = 350; // milliseconds without a key before the text is checked
const AGAIN = [1000, 3000, 9000]; // milliseconds to wait where the server did not answer, then it is said
const LINE = 20.8; // pixels of a line where the style cannot be asked

class FamilyEditor extends HTMLElement {
  connectedCallback() {
    this.area = this.querySelector("textarea");
    this.stored = this.area.defaultValue; // as it was sent: somebody may have typed before this ran
    document.documentElement.classList.add("live");
    if (this.area.value.length <= LONGEST) this.draw();
    this.area.addEventListener("input", () => this.changed());
    this.area.addEventListener("scroll", () => this.follow());
    this.area.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["keyup", "click", "focus"]) this.area.addEventListener(name, () => this.here());
    document.addEventListener("click", (event) => this.jump(event));
    this.area.form.addEventListener("submit", () => { this.leaving = true; });
    addEventListener("beforeunload", (event) => {
      if (!this.leaving && this.dirty) event.preventDefault();
    });
    this.mark();
    if (this.dataset.line) this.show(Number(this.dataset.line), 1);
    if (this.dirty) this.changed();
  }

  get dirty() { return this.area.value !== this.stored; }

  // --- colours and numbers

  draw() {
    this.shown = [];
    this.lines = Object.assign(document.createElement("div"), { className: "editor-lines" });
    this.gutter = Object.assign(document.createElement("div"), { className: "editor-gutter" });
    const drawn = Object.assign(document.createElement("div"), { className: "editor-drawn" });
    drawn.setAttribute("aria-hidden", "true");
    drawn.append(this.lines, this.gutter);
    this.prepend(drawn);
    this.classList.add("drawn");
    this.redraw();
  }

  redraw() {
    if (!this.lines) return;
    const now = this.area.value.split("\n"), before = this.shown;
    let start = 0, end = 0;
    while (start < now.length && start < before.length && now[start] === before[start]) start += 1;
    while (end < now.length - start && end < before.length - start
      && now[now.length - 1 - end] === before[before.length - 1 - end]) end += 1;
    const rows = this.lines.children;
    for (let index = before.length - end - 1; index >= start; index -= 1) rows[index].remove();
    const fresh = document.createDocumentFragment();
    for (let index = start; index < now.length - end; index += 1) fresh.append(coloured(now[index]));
    this.lines.insertBefore(fresh, rows[start] ?? null);
    while (this.gutter.children.length > now.length) this.gutter.lastChild.remove();
    for (let number = this.gutter.children.length + 1; number <= now.length; number += 1) {
      this.gutter.append(Object.assign(document.createElement("div"), { textContent: number }));
    }
    this.shown = now;
    this.follow();
  }

  follow() {
    if (!this.lines) return;
    this.lines.style.transform = `translate(${-this.area.scrollLeft}px, ${-this.area.scrollTop}px)`;
    this.gutter.style.transform = `translateY(${-this.area.scrollTop}px)`;
    this.gutter.style.blockSize = `${this.area.scrollHeight}px`;
  }

  here() {
    if (!this.lines) return;
    const line = this.area.value.slice(0, this.area.selectionStart).split("\n").length;
    this.lines.querySelector(".here")?.classList.remove("here");
    this.lines.children[line - 1]?.classList.add("here");
  }

  mark() {
    if (!this.lines) return;
    for (const old of this.querySelectorAll(".wrong")) old.classList.remove("wrong");
    for (const problem of document.querySelectorAll("#problems [data-wrong]")) {
      const at = Number(problem.dataset.wrong) - 1;
      this.lines.children[at]?.classList.add("wrong");
      this.gutter.children[at]?.classList.add("wrong");
    }
  }

  // --- typing

  changed() {
    this.redraw();
    this.here();
    const flag = document.querySelector("[data-dirty]");
    if (flag) flag.hidden = !this.dirty;
    this.problems.setAttribute("aria-busy", "true");
    this.soon(QUIET, 0);
  }

  get problems() { return document.getElementById("problems"); }

  soon(wait, tried) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(tried), wait);
  }

  async check(tried) {
    if (this.area.readOnly) return;
    this.asking?.abort();
    this.asking = new AbortController();
    const body = new FormData();
    body.set("source", this.area.value);
    body.set("csrfmiddlewaretoken", this.area.form.elements.csrfmiddlewaretoken.value);
    try {
      const answer = await fetch(this.dataset.check, { method: "POST", body, signal: this.asking.signal });
      if (!answer.ok) throw new Error(`${answer.status} instead of problems`);
      const read = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = read.getElementById("problems");
      if (!fresh) throw new Error("another page instead of problems"); // signed out meanwhile
      this.problems.replaceWith(fresh);
      this.mark();
    } catch (error) {
      if (error.name === "AbortError") return;
      if (tried < AGAIN.length) this.soon(AGAIN[tried], tried + 1);
      else this.unchecked();
    }
  }

  // The server did not answer: what was found in an older text must not stand there as if it were of this one.
  unchecked() {
    const words = Object.assign(document.createElement("p"), { textContent: this.dataset.unchecked });
    this.problems.replaceChildren(words);
    this.problems.removeAttribute("aria-busy");
  }

  key(event) {
    const area = this.area;
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      area.form.querySelector("button[value=save]")?.click();
    } else if (event.key === "Enter" && !event.shiftKey && !area.readOnly) {
      const line = area.value.slice(0, area.selectionStart).split("\n").at(-1);
      const indent = line.match(/^\s*/)[0] + (/:\s*$/.test(line) ? "  " : "");
      if (!indent) return;
      event.preventDefault();
      document.execCommand("insertText", false, `\n${indent}`); // keeps the browser's undo
    }
  }

  // --- places

  jump(event) {
    const link = event.target.closest?.("a[data-line]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.show(Number(link.dataset.line), Number(link.dataset.column ?? 1));
  }

  show(line, column) {
    const lines = this.area.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    const text = lines[line - 1] ?? "";
    const height = parseFloat(getComputedStyle(this.area).lineHeight) || LINE;
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(start + Math.min(column - 1, text.length), start + text.length);
    this.area.scrollTop = Math.max(0, (line - 1) * height - this.area.clientHeight / 3);
    this.area.scrollLeft = 0;
    this.area.scrollIntoView({ block: "nearest" });
    this.here();
  }
}

function coloured(text) {
  const row = document.createElement("div");
  let at = 0;
  for (const found of text.matchAll(TOKENS)) {
    const kind = KINDS[found.findIndex((part, index) => index > 0 && part !== undefined)];
    row.append(text.slice(at, found.index));
    row.append(Object.assign(document.createElement("span"), { className: `tok-${kind}`, textContent: found[0] }));
    at = found.index + found[0].length;
  }
  row.append(text.slice(at));
  return row;
}

customElements.define("family-editor", FamilyEditor);
