/**
 * Sends changes of one configuration to the public API, one request at a time.
 *
 * Two changes under way at once could arrive in the wrong order and leave the older text on
 * the product, so what is changed meanwhile waits and travels together in the next request.
 * A request that hangs is aborted and its changes are sent again. Every answer has the
 * number of its request; whoever draws drops answers that are older than what is drawn.
 */

const TIMEOUT = 12_000; // milliseconds
const RETRY = [1_000, 3_000, 8_000, 20_000];

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/** The token of the form: also there where the cookie is not readable from script. */
function csrf() {
  return document.querySelector("input[name=csrfmiddlewaretoken]")?.value || cookie("csrftoken");
}

export class Refusal extends Error {
  constructor(status, problem, changes) {
    super(problem.detail || problem.title || `The shop answered ${status}.`);
    this.status = status;
    this.problem = problem;
    this.changes = changes;
  }
}

export class Client {
  /** `handlers`: sent(options, number), answered(state, number, pending), refused(refusal), trouble(text, again), well() */
  constructor(url, handlers) {
    this.url = url;
    this.handlers = handlers;
    this.quantity = 1;
    this.pending = new Map();
    this.asked = false; // a request is wanted even with no changed choice (the quantity)
    this.steps = []; // undo and redo, each a request of its own after what is under way
    this.under_way = false;
    this.number = 0;
    this.failures = 0;
    this.timer = 0;
    addEventListener("online", () => this.flush());
  }

  /** Remember changed choices; they leave after `delay` milliseconds without another change. */
  change(changes, delay = 0) {
    for (const [option, value] of Object.entries(changes)) this.pending.set(option, value);
    this.asked = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), delay);
  }

  /** "undo" or "redo": what was changed before it is sent first. */
  step(which) {
    this.steps.push(which);
    this.flush();
  }

  get busy() {
    return this.under_way || this.asked || this.steps.length > 0;
  }

  async flush() {
    clearTimeout(this.timer);
    if (this.under_way || !(this.asked || this.steps.length)) return;
    const step = this.asked ? "" : this.steps.shift();
    const changes = Object.fromEntries(this.pending);
    this.pending.clear();
    this.asked = false;
    this.under_way = true;
    const number = ++this.number;
    this.handlers.sent(Object.keys(changes), number);
    let wait = 0;
    try {
      const state = step
        ? await this.send("POST", `${this.url}${step}/?quantity=${this.quantity}`, "{}")
        : await this.send("PATCH", this.url, JSON.stringify({ choices: changes, quantity: this.quantity }), changes);
      this.failures = 0;
      this.handlers.well();
      this.handlers.answered(state, number, new Set(this.pending.keys()));
    } catch (error) {
      if (error instanceof Refusal && error.status < 500 && error.status !== 429) {
        this.failures = 0;
        this.handlers.well();
        this.handlers.refused(error);
      } else {
        if (step) this.steps.unshift(step);
        else this.keep(changes);
        wait = RETRY[Math.min(this.failures++, RETRY.length - 1)];
        this.handlers.trouble(error instanceof Refusal ? error.message : "", () => this.flush());
      }
    }
    this.under_way = false;
    if (wait) this.timer = setTimeout(() => this.flush(), wait);
    else if (this.asked || this.steps.length) this.flush();
  }

  /** Changes that did not arrive go with the next request, unless newer ones replaced them. */
  keep(changes) {
    for (const [option, value] of Object.entries(changes)) {
      if (!this.pending.has(option)) this.pending.set(option, value);
    }
    this.asked = true;
  }

  async send(method, url, body, changes = {}) {
    const headers = { Accept: "application/json", "X-CSRFToken": csrf() };
    if (typeof body === "string") headers["Content-Type"] = "application/json";
    const response = await fetch(url, {
      method, headers, body, credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT),
    });
    const type = response.headers.get("Content-Type") || "";
    const document = type.includes("json") ? await response.json() : {};
    if (!response.ok) throw new Refusal(response.status, document, changes);
    return document;
  }

  /** Send a file; `sent` is told the part of it that is on its way (0 to 1). fetch cannot tell that. */
  upload(url, file, sent) {
    const body = new FormData();
    body.append("file", file);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", url);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRFToken", csrf());
      request.responseType = "json";
      request.upload.onprogress = (event) => event.lengthComputable && sent(event.loaded / event.total);
      request.onerror = () => reject(new Error("The file did not arrive."));
      request.onload = () => {
        if (request.status < 300 && request.response) resolve(request.response);
        else reject(new Refusal(request.status, request.response ?? {}, {}));
      };
      request.send(body);
    });
  }
}
