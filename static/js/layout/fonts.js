/**
 * HarfBuzz and the shop's fonts, fetched when a text first needs them: `set` answers at once or with null,
 * and whoever asked is told when it is worth asking again.
 */

import { read } from "../placing.js";
import { box } from "./geometry.js";
import { load } from "./harfbuzz.js";
import { FontNeeded, codesOf, ready } from "./shaping.js";
import { placeText, setText } from "./text.js";
import { scriptOf } from "./unicode.js";

const MOST_LETTERS = 200; // of a font in one address

export class Fonts {
  /** `addresses`: index, glue and binary; `arrived` is called when something was fetched. */
  constructor(addresses, arrived) {
    this.addresses = addresses;
    this.arrived = arrived;
    this.faces = new Map();
    this.files = new Map(); // address -> promise of its bytes
    this.last = new Map(); // element -> the text set last and what came of it
    this.harfbuzz = null;
    this.breaking = null; // line_breaking.js, once a text wraps
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

  /** Whether something is on its way, or was not to be had just now. */
  get pending() {
    return this.started !== null && (!this.harfbuzz || (this.fetchingBreaking && !this.breaking) || [...this.faces.values()].some((face) => face.fetching));
  }

  face(name) {
    if (!this.faces.has(name)) {
      const [code, weight] = name.split(":");
      const { cap, scripts, url, letters } = this.index[code];
      this.faces.set(name, {
        name, cap, url, letters, weight: weight ? Number(weight) : null, scripts: new Set(scripts),
        font: null, held: null, covered: new Map(), outlines: new Map(), fetching: false,
      });
    }
    return this.faces.get(name);
  }

  /**
   * The text of an artwork's item as it will be made, in its frame or where it was put (just now, or before);
   * null while something has to be fetched first, or where only the server can set it.
   */
  set(item, text, justPut) {
    if (!this.harfbuzz) {
      this.start();
      return null;
    }
    if (item.by_server.length && codesOf(text).some((code) => item.by_server.includes(scriptOf(code)))) return null;
    if (item.frame.fit === "wrap" && !this.breaking) {
      this.fetchBreaking();
      return null;
    }
    const put = justPut ?? (item.placement ? read(item.placement) : null);
    const placement = put && { ...put, rotation: Math.round(put.rotation * 1000) };
    const key = JSON.stringify([text, item.fonts, item.frame, placement]);
    const known = this.last.get(item.element);
    if (known?.key === key) return known.set;
    const frame = { ...item.frame, box: box(...item.frame.box) };
    try {
      const fonts = { chain: item.fonts.map((name) => this.face(name)), harfbuzz: this.harfbuzz, breaking: this.breaking };
      const set = placement ? placeText(text, frame, placement, fonts) : setText(text, frame, fonts);
      this.last.set(item.element, { key, set });
      return set;
    } catch (error) {
      if (!(error instanceof FontNeeded)) throw error;
      this.fetch(error.face, text);
      return this.last.get(item.element)?.set ?? null; // what stood there stays until the letter has come
    }
  }

  /** What breaks lines comes with the first text that wraps. */
  async fetchBreaking() {
    if (this.fetchingBreaking) return;
    this.fetchingBreaking = true;
    try {
      this.breaking = await import("./line_breaking.js");
      this.arrived();
    } catch {
      this.fetchingBreaking = false; // asked again with the next key
    }
  }

  async fetch(face, text) {
    if (face.fetching) return;
    face.fetching = true;
    try {
      if (face.url) await this.fetchWhole(face);
      else await this.fetchLetters(face, text);
      face.fetching = false;
      this.arrived();
    } catch {
      this.files.delete(face.url);
      setTimeout(() => {
        face.fetching = false; // asked again with the next key
      }, 3_000);
    }
  }

  async fetchWhole(face) {
    if (!this.files.has(face.url)) this.files.set(face.url, fetch(face.url).then(bytesOf));
    face.font = this.harfbuzz.font(await this.files.get(face.url), face.weight);
  }

  /** Of a font too large to be fetched whole only the letters of the texts that stand here. */
  async fetchLetters(face, text) {
    const wanted = new Set(codesOf(text.normalize("NFC").replaceAll("\n", "")));
    const together = new Set([...wanted, ...(face.held ?? [])]);
    const letters = together.size <= MOST_LETTERS ? together : wanted;
    const name = [...letters].sort((one, other) => one - other).map((code) => code.toString(16)).join("-");
    const font = this.harfbuzz.font(await fetch(`${face.letters}${name}/`).then(bytesOf), face.weight);
    if (face.font !== null) this.harfbuzz.free(face.font);
    Object.assign(face, { font, held: letters, covered: new Map(), outlines: new Map(), extents: new Map() });
    for (const each of this.faces.values()) delete each.lines; // its glyphs have other numbers now
  }
}

async function bytesOf(answer) {
  if (!answer.ok) throw new Error(`A font did not arrive: ${answer.status}.`);
  return new Uint8Array(await answer.arrayBuffer());
}
