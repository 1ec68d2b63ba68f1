/**
 * The product as it will be: its picture, which the server draws. While a text differs from it, the product
 * is shown without its typed texts, and outlines that the browser sets at once are bent onto it.
 */

import { bent, paintOf, svg } from "./outline.js";

export class Preview {
  /** `textOf(option)`: what stands in the field of a text now, null where the page has no such field. */
  constructor(root, { fonts, artwork, textOf }) {
    this.root = root;
    this.frame = root.querySelector("[data-preview-frame]");
    this.image = this.frame?.querySelector("img");
    this.artworks = new Map();
    this.textOf = textOf;
    this.addresses = fonts;
    this.fonts = null; // what sets texts, once somebody is about to type
    this.placed = () => null; // where an editor has just put an item that the server has elsewhere
    this.flat = false;
    this.ahead = false;
    this.coming = null;
    this.wanted = this.image?.getAttribute("src");
    if (!this.image) return;
    this.overlay = svg("svg", { class: "preview-live", "aria-hidden": "true", focusable: "false" });
    this.board = svg("svg", { class: "preview-flat", role: "img" });
    this.bare = new Image();
    this.bare.className = "preview-bare";
    this.bare.alt = "";
    for (const each of [this.bare, this.overlay, this.board]) {
      each.toggleAttribute("hidden", true);
      this.frame.append(each);
    }
    this.toggle = root.querySelector("[data-flat]");
    this.take(artwork);
    this.toggle?.addEventListener("click", () => this.lay(!this.flat).catch(() => {})); // pressed again, asked again
  }

  get surface() {
    return this.image?.dataset.surface;
  }

  /** The number of the view that is shown of the surface. */
  get number() {
    return Number(this.image.dataset.number);
  }

  /** Where the surface is seen in the picture that is shown; null where it is on none. */
  get view() {
    return this.artwork?.views[this.number] ?? null;
  }

  get bareUrl() {
    return this.artwork.bare[this.number];
  }

  get artwork() {
    return this.artworks.get(this.surface);
  }

  take(artworks) {
    for (const each of artworks) this.artworks.set(each.surface, each);
    if (this.toggle) this.toggle.hidden = !this.artwork?.items.length;
  }

  /** Somebody is about to type: fetch what that needs. */
  prepare() {
    if (!this.image || !this.artwork?.items.some((item) => item.kind === "text")) return;
    this.warm = true;
    this.wake();
    this.loadBare();
    this.refresh();
  }

  /** What sets texts is fetched when first asked for. */
  async wake() {
    if (this.waking) return;
    this.waking = true;
    try {
      const { Fonts } = await import("./layout/fonts.js");
      this.fonts = new Fonts(this.addresses, () => this.refresh());
      this.fonts.start();
    } catch {
      this.waking = false; // asked again with the next key
    }
  }

  /** An answer: new pictures and new frames for the texts. */
  show(previews, artworks) {
    if (!this.image) return;
    this.take(artworks);
    for (const each of previews) {
      const button = this.root.querySelector(`[data-view][data-surface="${CSS.escape(each.surface)}"][data-number="${each.view}"]`);
      if (button) button.dataset.url = each.url;
      if (each.surface === this.surface && each.view === this.number) this.swap(each.url);
    }
    if (this.bare.src) this.loadBare();
    clearTimeout(this.small);
    this.small = setTimeout(() => this.root.querySelectorAll("[data-view] img").forEach((image) => { image.src = `${image.parentNode.dataset.url}&w=320`; }), 1500);
    this.refresh();
  }

  /** Show a view, by its code. */
  choose(code) {
    for (const button of this.root.querySelectorAll("[data-view]")) {
      const pressed = button.dataset.view === code;
      button.setAttribute("aria-pressed", String(pressed));
      if (!pressed) continue;
      this.image.dataset.surface = button.dataset.surface;
      this.image.dataset.number = button.dataset.number;
      this.image.alt = this.image.alt.replace(/:[^:]*$/, `: ${button.dataset.name}`);
      this.bare.removeAttribute("src");
      this.bareWanted = null;
      this.swap(button.dataset.url);
    }
    this.take([]);
    if (this.warm) this.loadBare();
    if (this.flat) this.lay(false); // who asks for a view wants to see the product
    else this.refresh();
  }

  /** Lay the surface flat, or show it on the product again. */
  async lay(flat) {
    if (flat && !this.laid) {
      const { Board } = await import("./artwork.js");
      this.laid ??= new Board(this.board, () => this.refresh());
    }
    this.flat = flat;
    this.toggle?.setAttribute("aria-pressed", String(flat));
    if (flat) this.prepare();
    this.root.dispatchEvent(new CustomEvent("flat", { detail: flat }));
    this.refresh();
  }

  /** The old picture stays until the new one is decoded. */
  async swap(url) {
    if (!url || this.wanted === url) return;
    this.wanted = url;
    if (this.coming) this.coming.src = ""; // the browser stops fetching it
    const next = this.coming = new Image();
    next.src = url;
    try {
      await next.decode();
      if (this.wanted !== url) return;
      this.image.src = url;
      await this.image.decode();
    } catch {
      if (this.wanted !== url) return;
      this.wanted = null; // the old picture stays; the next change asks again
    }
    if (this.coming === next) this.coming = null;
    this.refresh();
  }

  async loadBare() {
    const url = this.view ? this.bareUrl : null;
    if (!url || this.bareWanted === url) return;
    this.bareWanted = url;
    const next = new Image();
    next.src = url;
    try {
      await next.decode();
    } catch {
      if (this.bareWanted === url) this.bareWanted = null;
      return;
    }
    if (this.bareWanted !== url) return;
    this.bare.src = url;
    this.refresh();
  }

  typed(item) {
    return (item.option ? this.textOf(item.option) : null) ?? item.text;
  }

  /** Whether the picture is behind what was typed. */
  get behind() {
    const differs = this.artwork.items.some((item) => item.kind === "text" && item.option && (this.typed(item) !== item.text || this.placed(item)));
    this.ahead = differs || (this.ahead && this.coming !== null);
    return this.ahead;
  }

  /** Draw again, at the next frame. */
  refresh() {
    if (!this.image || this.planned) return;
    this.planned = requestAnimationFrame(() => {
      this.planned = 0;
      this.draw();
    });
  }

  draw() {
    const { artwork } = this;
    if (!artwork) return;
    this.board.toggleAttribute("hidden", !this.flat);
    this.frame.classList.toggle("is-flat", this.flat);
    if (this.flat) {
      this.board.setAttribute("aria-label", this.image.alt.replace(/^Picture/, "Artwork"));
      this.laid.draw(artwork, (item) => this.set(item), this.placed);
      this.root.dispatchEvent(new CustomEvent("flat-drawn"));
    }
    const texts = artwork.items.filter((item) => item.kind === "text" && item.option);
    if (this.warm) for (const item of texts) this.set(item); // so that the fonts are there before the first key
    const { view } = this;
    const live = !this.flat && view && this.behind && this.fonts?.harfbuzz;
    const sets = live ? texts.map((item) => this.set(item)) : [];
    const shown = live && texts.length > 0 && sets.every(Boolean);
    this.overlay.toggleAttribute("hidden", !shown);
    this.frame.classList.toggle("is-live", shown);
    const bare = shown && this.bare.getAttribute("src") === this.bareUrl;
    this.bare.toggleAttribute("hidden", !bare);
    this.image.classList.toggle("faded", shown && !bare);
    if (!shown) return;
    const [width, height] = view.size;
    this.overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.overlay.setAttribute("preserveAspectRatio", `xMidYMid ${getComputedStyle(this.image).objectFit === "cover" ? "slice" : "meet"}`);
    this.overlay.replaceChildren(...texts.map((item, index) => svg("path", {
      d: bent(sets[index].path, view), fill: paintOf(item), class: `role-${item.role}`, "data-element": item.element,
    })));
  }

  /** A text as it will be made: what is typed, where it was put; null while the browser cannot tell. */
  set(item) {
    const text = this.typed(item);
    if (!text.trim()) return { path: [], box: null, plain: null };
    if (!this.fonts) {
      this.wake();
      return null;
    }
    return this.fonts.set(item, text, this.placed(item));
  }
}
