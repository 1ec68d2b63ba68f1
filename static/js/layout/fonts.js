/**
 * HarfBuzz and the shop's fonts, fetched when a text first needs them: `set` answers at once or with null,
 * and whoever asked is told when it is worth asking again.
 */

import { box, bounds, readPath } from "./geometry.js";
import { load } from "./harfbuzz.js";
import { FontNeeded, ready } from "./shaping.js";
import { placeText, setText } from "./text.js";

export class Fonts {
  /** `addresses`: index, glue and binary; `arrived` is called when something was fetched. */
  constructor(addresses, arrived) {
    this.addresses = addresses;
    this.arrived = arrived;
    this.faces = new Map();
    this.files = new Map(); // address -> promise of its bytes
    this.last = new Map(); // element -> the text set last and what came of it
    this.harfbuzz = null;
    this.started = null;
    this.possible = ready && "WebAssembly" in globalThis;
  }

  /** Fetch the shaper and the index of the fonts, once. */
  start() {
    if (!this.possible) return;
    this.started ??= this.fetchAll().catch(() => {
      this.possible = false; // the picture from the server follows all the same
    });
  }

  async fetchAll() {
    const [index, glue] = await Promise.all([
      fetch(this.addresses.index).then((answer) => answer.json()),
      import(this.addresses.glue),
    ]);
    this.index = index;
    this.harfbuzz = await load(glue.default, new URL(this.addresses.binary, document.baseURI).href);
    this.arrived();
  }

  face(name) {
    if (!this.faces.has(name)) {
      const [code, weight] = name.split(":");
      const { cap, scripts, url } = this.index[code];
      this.faces.set(name, {
        name, cap, url, weight: weight ? Number(weight) : null, scripts: new Set(scripts),
        font: null, covered: new Map(), outlines: new Map(), fetching: false,
      });
    }
    return this.faces.get(name);
  }

  /**
   * The text of an artwork's item as it will be made, in its frame or at a placement {x, y, width, rotation};
   * null while something has to be fetched first, or where only the server can set it.
   */
  set(item, text, placement) {
    if (item.path && text === item.text && !placement) {
      const path = readPath(item.path);
      return { path, box: bounds(path), plain: bounds(path) };
    }
    if (item.broken) return null;
    if (!this.harfbuzz) {
      this.start();
      return null;
    }
    const key = JSON.stringify([text, item.fonts, item.frame, placement]);
    const known = this.last.get(item.element);
    if (known?.key === key) return known.set;
    const frame = { ...item.frame, box: box(...item.frame.box) };
    try {
      const fonts = { chain: item.fonts.map((name) => this.face(name)), harfbuzz: this.harfbuzz };
      const set = placement ? placeText(text, frame, placement, fonts) : setText(text, frame, fonts);
      this.last.set(item.element, { key, set });
      return set;
    } catch (error) {
      if (!(error instanceof FontNeeded)) throw error;
      this.fetch(error.face);
      return null;
    }
  }

  async fetch(face) {
    if (face.fetching || !face.url) return; // one without an address is too large to be fetched for a few letters
    face.fetching = true;
    try {
      if (!this.files.has(face.url)) this.files.set(face.url, fetch(face.url).then(bytesOf));
      face.font = this.harfbuzz.font(await this.files.get(face.url), face.weight);
      this.arrived();
    } catch {
      this.files.delete(face.url);
      setTimeout(() => {
        face.fetching = false; // asked again with the next key
      }, 3_000);
    }
  }
}

async function bytesOf(answer) {
  if (!answer.ok) throw new Error(`A font did not arrive: ${answer.status}.`);
  return new Uint8Array(await answer.arrayBuffer());
}
