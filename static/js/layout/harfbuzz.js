/**
 * HarfBuzz (WebAssembly) with just what the layout asks of it; the server asks the same of the same library.
 * `load` gets the vendored glue and binary by address, so that it works in a page and in node.
 */

const LANGUAGE = "und";

/** `glue`: the default export of the vendored harfbuzz.js; `binary`: where harfbuzz.wasm is (page), or its bytes. */
export async function load(glue, binary) {
  const given = typeof binary === "string" ? { locateFile: () => binary } : { wasmBinary: binary };
  return new HarfBuzz(await glue(given));
}

class HarfBuzz {
  constructor(module) {
    this.module = module;
    this.calls = module.wasmExports;
    this.language = this.withText(LANGUAGE, (at) => this.calls.hb_language_from_string(at, -1));
    this.scripts = new Map();
    this.taken = new Map(); // font -> where the bytes of its file are
    this.drawing = this.drawingFunctions();
  }

  withText(text, use) {
    const at = this.calls.malloc(text.length + 1);
    for (let i = 0; i < text.length; i++) this.module.HEAPU8[at + i] = text.charCodeAt(i);
    this.module.HEAPU8[at + text.length] = 0;
    const result = use(at);
    this.calls.free(at);
    return result;
  }

  script(code) {
    if (!this.scripts.has(code)) {
      this.scripts.set(code, this.withText(code, (at) => this.calls.hb_script_from_string(at, -1)));
    }
    return this.scripts.get(code);
  }

  /** A font at one weight (null: its default). Its memory stays taken until it is `free`d. */
  font(bytes, weight) {
    const { calls } = this;
    const at = calls.malloc(bytes.length);
    this.module.HEAPU8.set(bytes, at);
    const blob = calls.hb_blob_create(at, bytes.length, 1, 0, 0); // 1: the bytes are only read
    const face = calls.hb_face_create(blob, 0);
    const font = calls.hb_font_create(face);
    this.taken.set(font, at);
    calls.hb_face_destroy(face); // the font keeps them
    calls.hb_blob_destroy(blob);
    if (weight !== null) {
      const variation = calls.malloc(8);
      this.module.HEAPU32[variation / 4] = 0x77676874; // wght
      this.module.HEAPF32[variation / 4 + 1] = weight;
      calls.hb_font_set_variations(font, variation, 1);
      calls.free(variation);
    }
    return font;
  }

  free(font) {
    this.calls.hb_font_destroy(font);
    this.calls.free(this.taken.get(font));
    this.taken.delete(font);
  }

  /** Glyphs of a stretch of one script and direction, in the order in which they are seen, in font units. */
  shape(font, codes, { rtl, script }) {
    return this.shaped(font, codes, (buffer) => {
      this.calls.hb_buffer_set_direction(buffer, rtl ? 5 : 4); // HB_DIRECTION_RTL, HB_DIRECTION_LTR
      this.calls.hb_buffer_set_script(buffer, this.script(script || "Zyyy"));
    });
  }

  /** Whether the font has a glyph for everything seen in a grapheme cluster. */
  covers(font, codes) {
    const glyphs = this.shaped(font, codes, (buffer) => this.calls.hb_buffer_guess_segment_properties(buffer));
    return glyphs.every((each) => each.glyph !== 0);
  }

  shaped(font, codes, prepare) {
    const { calls } = this;
    const buffer = calls.hb_buffer_create();
    const at = calls.malloc(codes.length * 4);
    this.module.HEAPU32.set(codes, at / 4);
    calls.hb_buffer_add_codepoints(buffer, at, codes.length, 0, codes.length);
    calls.free(at);
    prepare(buffer);
    calls.hb_buffer_set_language(buffer, this.language);
    calls.hb_shape(font, buffer, 0, 0);
    const count = calls.hb_buffer_get_length(buffer);
    const infos = calls.hb_buffer_get_glyph_infos(buffer, 0) / 4;
    const positions = calls.hb_buffer_get_glyph_positions(buffer, 0) / 4;
    const { HEAPU32, HEAP32 } = this.module;
    const glyphs = [];
    for (let i = 0; i < count; i++) {
      const [info, position] = [infos + 5 * i, positions + 5 * i];
      glyphs.push({
        glyph: HEAPU32[info], cluster: HEAPU32[info + 2],
        advance: HEAP32[position], dx: HEAP32[position + 2], dy: HEAP32[position + 3],
      });
    }
    calls.hb_buffer_destroy(buffer);
    return glyphs;
  }

  /** The outline of a glyph, unhinted, y upwards: segments M L Q C Z with absolute coordinates. */
  outline(font, glyph) {
    this.drawn = [];
    this.calls.hb_font_draw_glyph(font, glyph, this.drawing, 0);
    return this.drawn;
  }

  drawingFunctions() {
    const { calls, module } = this;
    const functions = calls.hb_draw_funcs_create();
    // Every callback gets (functions, data, state, coordinates ..., user data).
    const command = (name, numbers) => module.addFunction((...given) => {
      this.drawn.push([name, ...given.slice(3, 3 + numbers)]);
    }, `viii${"f".repeat(numbers)}i`);
    calls.hb_draw_funcs_set_move_to_func(functions, command("M", 2), 0, 0);
    calls.hb_draw_funcs_set_line_to_func(functions, command("L", 2), 0, 0);
    calls.hb_draw_funcs_set_quadratic_to_func(functions, command("Q", 4), 0, 0);
    calls.hb_draw_funcs_set_cubic_to_func(functions, command("C", 6), 0, 0);
    calls.hb_draw_funcs_set_close_path_func(functions, command("Z", 0), 0, 0);
    return functions;
  }
}
