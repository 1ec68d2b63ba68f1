"""Hostile and odd files, as shoppers and attackers send them: ``python -m benchmarks.uploads_corpus``.

Every file is made here, with a fixed seed; none is stored. Each is given to the caged child as an upload
would be; what it took, the most memory it had and what it kept are told. Seconds are of the clock and of the
processor: on a busy machine only the latter say anything.
"""

from __future__ import annotations

import io
import json
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

from configurator.engine import cage, imaging
from configurator.engine.drawing import read_drawing

Expected = Literal["accept", "refuse", "either"]
File = tuple[str, bytes, Expected]

SEED = 20261122
SECONDS_BAR = 2.0
MEMORY_BAR = 300_000_000
FEWEST = 120
EPOCH = time.gmtime(0)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 100"'
)
SQUARE = '<path d="M10 10H90V90H10z"/>'


def corpus(*, quick: bool = False) -> Iterator[File]:
    """Name, bytes and what may become of it. ``quick`` leaves out what takes long to make."""
    yield from _ordinary()
    yield from _modes()
    yield from _headers()
    yield from _carried()
    yield from _cut()
    yield from _other_formats()
    yield from _moving()
    yield from _drawings()
    yield from _hostile_drawings()
    if not quick:
        yield from _bombs()


# --- pictures ---------------------------------------------------------------------------------------------


def photo(width: int = 320, height: int = 240, mode: str = "RGB") -> Image.Image:
    noise = np.random.default_rng(SEED).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def saved(picture: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, *, rows: bytes | None = None, extra: bytes = b"", depth: int = 8, colour: int = 0
) -> bytes:
    """A PNG made by hand, which may lie about its size."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = rows if rows is not None else bytes((width + 1) * height)
    data = chunk(b"IDAT", zlib.compress(body, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + data + chunk(b"IEND", b"")


def webp_of_nothing(width: int, height: int) -> bytes:
    """34 bytes that claim a size (lossless head, 14 bits a side)."""
    data = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(9)
    body = b"WEBPVP8L" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def scans(count: int, size: int = 320) -> bytes:
    data = saved(photo(size, size), "JPEG", progressive=True)
    scan = data[data.index(b"\xff\xda") : -2]
    return data[:-2] + scan * count + data[-2:]


def exif_of(**tags: Any) -> Image.Exif:
    exif = Image.Exif()
    for number, value in tags.items():
        exif[int(number[1:])] = value
    return exif


def _ordinary() -> Iterator[File]:
    for form in ("PNG", "JPEG", "WEBP"):
        yield f"plain {form}", saved(photo(), form), "accept"
    yield "progressive JPEG", saved(photo(), "JPEG", progressive=True), "accept"
    yield "JPEG 4:4:4", saved(photo(), "JPEG", subsampling=0), "accept"
    yield "JPEG of quality 1", saved(photo(), "JPEG", quality=1), "accept"
    yield "lossless WebP", saved(photo(), "WEBP", lossless=True), "accept"
    yield "see-through WebP", saved(photo(mode="RGBA"), "WEBP"), "accept"
    yield "interlaced-size PNG of 16 by 16", saved(photo(16, 16), "PNG"), "accept"
    yield "phone photograph of 12 million pixels", saved(photo(4000, 3000), "JPEG"), "accept"
    for orientation in range(1, 9):
        exif = exif_of(n274=orientation)
        yield f"JPEG of orientation {orientation}", saved(photo(), "JPEG", exif=exif), "accept"
    yield "JPEG of orientation 9", saved(photo(), "JPEG", exif=exif_of(n274=9)), "accept"
    yield "PNG of orientation 6", saved(photo(), "PNG", exif=exif_of(n274=6)), "accept"


def _modes() -> Iterator[File]:
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36] = bytes(12)  # when it was made
    srgb = bytes(made)
    yield "CMYK JPEG", saved(photo(mode="CMYK"), "JPEG"), "accept"
    yield "CMYK JPEG with a profile of RGB", saved(photo(mode="CMYK"), "JPEG", icc_profile=srgb), "accept"
    yield "grey JPEG", saved(photo(mode="L"), "JPEG"), "accept"
    yield "grey PNG", saved(photo(mode="L"), "PNG"), "accept"
    yield "black and white PNG", saved(photo(mode="1"), "PNG"), "accept"
    yield "grey and alpha PNG", saved(photo(mode="LA"), "PNG"), "accept"
    yield "see-through PNG", saved(photo(mode="RGBA"), "PNG"), "accept"
    yield "palette PNG", saved(photo().quantize(16), "PNG"), "accept"
    yield (
        "palette PNG with a see-through colour",
        saved(photo().quantize(16), "PNG", transparency=0),
        "accept",
    )
    alphas = bytes(range(0, 256, 16))
    yield "palette PNG with 16 alphas", saved(photo().quantize(16), "PNG", transparency=alphas), "accept"
    yield "RGB PNG with a see-through colour", saved(photo(), "PNG", transparency=(1, 2, 3)), "accept"
    yield "palette of two colours", saved(photo().quantize(2), "PNG", bits=1), "accept"
    ramp = np.linspace(0, 65535, 320).astype(np.uint16)[None, :].repeat(240, axis=0)
    yield "16-bit grey PNG", saved(Image.fromarray(ramp), "PNG"), "accept"
    deep = ramp[:, :, None].repeat(3, axis=2).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in deep)
    yield "16-bit RGB PNG", png(320, 240, rows=rows, depth=16, colour=2), "accept"
    yield "colour profile", saved(photo(), "PNG", icc_profile=srgb), "accept"
    yield "profile that is rubbish", saved(photo(), "PNG", icc_profile=b"rubbish" * 40), "accept"
    yield "profile of 2 MB", saved(photo(), "JPEG", icc_profile=srgb + bytes(2_000_000)), "either"


def _headers() -> Iterator[File]:
    yield "nothing", b"", "refuse"
    for side in (1, 15):
        yield f"{side} by {side} PNG", saved(photo(side, side), "PNG"), "refuse"
    yield "1 by 1 JPEG", saved(photo(1, 1), "JPEG"), "refuse"
    yield "20,000 by 16 PNG", saved(photo(20_000, 16, "L"), "PNG"), "accept"
    yield "20,000 by 1 PNG", saved(photo(20_000, 1, "L"), "PNG"), "refuse"
    yield "20,001 by 16 PNG", saved(Image.new("L", (20_001, 16)), "PNG"), "refuse"
    yield "16 by 20,000 JPEG", saved(photo(16, 20_000, "L"), "JPEG"), "accept"
    yield "PNG of no width", png(0, 5, rows=b""), "refuse"
    yield "PNG of 2 billion by 2", png(2_000_000_000, 2, rows=b""), "refuse"
    yield "PNG of 65,000 by 100", png(65_000, 100, rows=b""), "refuse"
    yield "PNG with fewer rows than it says", png(4_000, 4_000, rows=bytes(400)), "refuse"
    yield "PNG with more rows than it says", png(64, 64, rows=bytes(65 * 900)), "either"
    yield "PNG of depth 3", png(64, 64, depth=3), "refuse"
    yield "PNG of colour type 9", png(64, 64, colour=9), "refuse"
    yield "PNG of palette without one", png(64, 64, colour=3), "either"
    yield "PNG without data", b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), "refuse"
    second = chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 0, 0, 0, 0))
    yield "PNG with two heads", png(64, 64, extra=second), "either"
    yield "PNG with a chunk of 2 GB", png(64, 64, extra=b"\x7f\xff\xff\xfftEXtabc"), "refuse"
    yield "34-byte WebP of 131 million pixels", webp_of_nothing(16_383, 8_000), "refuse"
    yield "34-byte WebP of 60 by 60", webp_of_nothing(60, 60), "either"
    vp8x = b"WEBPVP8X\n\0\0\0\x10\0\0\0" + b"\xff\xff\xff" * 2
    yield "WebP canvas of 16 million squared", b"RIFF" + struct.pack("<I", len(vp8x)) + vp8x, "refuse"
    jpeg = bytearray(saved(photo(), "JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 65_500, 65_500)
    yield "JPEG that says 65,500 squared", bytes(jpeg), "refuse"
    jpeg[at : at + 4] = struct.pack(">HH", 8_000, 8_000)
    yield "JPEG that says 8,000 squared and is not", bytes(jpeg), "either"
    jpeg[at : at + 4] = struct.pack(">HH", 0, 320)
    yield "JPEG of no height", bytes(jpeg), "refuse"


def _carried() -> Iterator[File]:
    """Good pictures with something inside or behind them that must not be kept."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("evil.php"), "<?php system($_GET['c']); ?>")
    tails = {
        "ZIP": out.getvalue(),
        "HTML": b"<html><script>alert(1)</script></html>",
        "PHP": b"<?php system($_GET['c']); ?>",
        "PDF": b"%PDF-1.7 /JavaScript",
        "another PNG": saved(photo(32, 32), "PNG"),
        "5 MB of zeros": bytes(5_000_000),
    }
    for name, tail in tails.items():
        for form in ("PNG", "JPEG", "WEBP"):
            expected: Expected = "either" if form == "WEBP" else "accept"
            yield f"{form} with {name} behind it", saved(photo(), form) + tail, expected
    gps = exif_of(n270="SECRET-PLACE <script>alert(1)</script>", n315="SECRET")
    gps.get_ifd(0x8825).update({1: "N", 2: (52.0, 5.0, 1.0), 3: "E", 4: (4.0, 3.0, 1.0)})
    yield "JPEG with a place", saved(photo(), "JPEG", exif=gps), "accept"
    yield "WebP with a place", saved(photo(), "WEBP", exif=gps), "accept"
    yield "JPEG with a comment of PHP", saved(photo(), "JPEG", comment=tails["PHP"]), "accept"
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "SECRET <script>alert(1)</script>")
    notes.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>SECRET</x:xmpmeta>", zip=True)
    yield "PNG with texts", saved(photo(), "PNG", pnginfo=notes), "accept"
    yield "PNG with PHP in its palette", saved(photo().quantize(8), "PNG", pnginfo=notes), "accept"
    broken = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 200
    yield "JPEG with rubbish for EXIF", saved(photo(), "JPEG", exif=broken), "accept"
    looped = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0"
    yield "JPEG with EXIF that points at itself", saved(photo(), "JPEG", exif=looped), "accept"
    bomb = zlib.compress(b"A" * 60_000_000, 9)
    yield "PNG with a bomb of text (zTXt)", png(64, 64, extra=chunk(b"zTXt", b"n\0\0" + bomb)), "refuse"
    yield "PNG with a bomb of a profile (iCCP)", png(64, 64, extra=chunk(b"iCCP", b"i\0\0" + bomb)), "refuse"
    itxt = chunk(b"iTXt", b"n\0\1\0\0\0" + bomb)
    yield "PNG with a bomb of text (iTXt)", png(64, 64, extra=itxt), "refuse"
    many = b"".join(chunk(b"tEXt", b"k%d\0v" % number) for number in range(50_000))
    yield "PNG with 50,000 texts", png(64, 64, extra=many), "either"


def _cut() -> Iterator[File]:
    for form in ("PNG", "JPEG", "WEBP"):
        data = saved(photo(800, 600), form)
        for share in (1, 20, 50, 90):
            yield f"{form} cut off after {share} %", data[: len(data) * share // 100], "refuse"
        pick = np.random.default_rng(SEED)
        for number in range(4):
            spoilt = bytearray(data)
            for at in pick.integers(30, len(data), 40):
                spoilt[at] = pick.integers(0, 256)
            yield f"{form} with 40 wrong bytes ({number})", bytes(spoilt), "either"
        yield f"first bytes of {form} and then rubbish", data[:16] + pick.bytes(4_000), "refuse"


def _other_formats() -> Iterator[File]:
    for form in ("GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "JPEG2000"):
        yield form, saved(photo(64, 64), form), "refuse"
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n"
    yield "EPS that reads files", eps, "refuse"
    yield "PDF", saved(photo(64, 64), "PDF", creationDate=EPOCH, modDate=EPOCH), "refuse"
    yield "PSD", b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 64, 64, 8, 3) + bytes(20), "refuse"
    for brand in (b"heic", b"avif", b"mif1", b"mp42"):
        yield f"ISO file of {brand.decode()}", b"\0\0\0\x18ftyp" + brand + bytes(200), "refuse"
    yield "real AVIF", saved(photo(64, 64), "AVIF"), "refuse"
    yield "MPO of two pictures", _mpo(), "accept"
    yield "HTML that begins like GIF", b"GIF89a/*" + b"<script>alert(1)</script>", "refuse"
    yield "HTML", b"<!DOCTYPE html><svg onload=alert(1)>", "refuse"
    yield "text", "Grüße \0 aus Rotterdam".encode(), "refuse"
    yield "program", b"\x7fELF\2\1\1" + bytes(60), "refuse"
    yield "random bytes", np.random.default_rng(SEED).bytes(10_000), "refuse"
    yield "zeros", bytes(10_000), "refuse"


def _mpo() -> bytes:
    return saved(photo(), "MPO", save_all=True, append_images=[photo(160, 120)])


def _moving() -> Iterator[File]:
    frames = [Image.new("RGB", (64, 64), (60 * number, 0, 0)) for number in range(1, 4)]
    for form in ("PNG", "WEBP"):
        data = saved(photo(64, 64), form, save_all=True, append_images=frames)
        yield f"moving {form}", data, "refuse"
    many = [Image.new("L", (16, 16), number % 256) for number in range(500)]
    yield "PNG of 500 frames", saved(many[0], "PNG", save_all=True, append_images=many[1:]), "refuse"
    yield "moving GIF", saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), "refuse"
    yield "JPEG of 70 scans", scans(70), "refuse"


def _bombs() -> Iterator[File]:
    yield "JPEG of 2,006 scans", scans(2_006), "refuse"
    yield "PNG of 169 million pixels", png(13_000, 13_000), "refuse"
    yield (
        "PNG of 64 million pixels in RGBA",
        png(8_000, 8_000, rows=bytes(8_000 * 32_001), colour=6),
        "refuse",
    )
    yield "PNG of 36 million grey pixels", png(6_000, 6_000), "accept"
    yield (
        "PNG of 16 million pixels in RGBA",
        png(4_000, 4_000, rows=bytes(4_000 * 16_001), colour=6),
        "accept",
    )
    yield "JPEG of 80 million pixels", saved(Image.new("L", (10_000, 8_000)), "JPEG"), "accept"
    yield "JPEG of 99 million pixels", saved(Image.new("L", (11_000, 9_000)), "JPEG"), "refuse"
    progressive = saved(Image.new("RGB", (8_000, 6_000)), "JPEG", progressive=True, subsampling=0)
    yield "progressive JPEG of 48 million pixels", progressive, "either"
    yield "60 scans of 4 million pixels", scans(50, 2_000), "either"
    yield "WebP of 36 million pixels", saved(Image.new("RGB", (6_000, 6_000)), "WEBP", method=0), "refuse"
    yield "WebP of 12 million pixels", saved(photo(4_000, 3_000), "WEBP", method=0), "accept"
    yield "more bytes than are taken", saved(photo(), "JPEG") + bytes(21_000_000), "refuse"


# --- drawings ---------------------------------------------------------------------------------------------


def svg(body: str, root: str = "") -> bytes:
    return f"{SVG} {root}>{body}</svg>".encode()


def _drawings() -> Iterator[File]:
    yield "plain drawing", svg(SQUARE), "accept"
    yield "drawing of all shapes", svg(
        '<rect width="9" height="9" rx="2"/><circle r="9"/><ellipse cx="50" cy="50" rx="9" ry="4"/>'
        '<line x2="90" y2="90" stroke="red"/><polyline points="1,1 50,50 1,50"/>'
        '<polygon points="1 1 9 9 1 9"/>'
        '<path d="M1 1A30 20 30 1 0 70 60z"/>'
    ), "accept"  # fmt: skip
    yield "drawing with an outer document type", (
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
        + svg(SQUARE)
    ), "accept"  # fmt: skip
    yield "drawing in UTF-16", svg(SQUARE).decode().encode("utf-16"), "refuse"
    yield "drawing with 15,000 points", svg(f'<path d="M0 0{"l1 1-1-1" * 7_500}z"/>'), "accept"
    yield "drawing that says another format", svg(SQUARE, 'version="9.9"'), "accept"


def _hostile_drawings() -> Iterator[File]:
    laughs = "".join(
        f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' if number else '<!ENTITY a0 "ha">'
        for number in range(10)
    )
    quadratic = f'<!DOCTYPE svg [<!ENTITY a "{"x" * 50_000}">]>'
    yield "billion laughs", f"<!DOCTYPE svg [{laughs}]>".encode() + svg("<text>&a9;</text>"), "refuse"
    yield "quadratic entities", quadratic.encode() + svg(f"<text>{'&a;' * 5_000}</text>"), "refuse"
    for name, address in (("file", "file:///etc/passwd"), ("address", "http://127.0.0.1:1/x")):
        declared = f'<!DOCTYPE svg [<!ENTITY a SYSTEM "{address}">]>'.encode()
        yield f"entity of a {name}", declared + svg("<text>&a;</text>"), "refuse"
        parameter = f'<!DOCTYPE svg [<!ENTITY % a SYSTEM "{address}"> %a;]>'.encode()
        yield f"parameter entity of a {name}", parameter + svg(SQUARE), "refuse"
    active = {
        "script": "<script>alert(1)</script>",
        "script of an address": '<script xlink:href="http://127.0.0.1:1/x.js"/>',
        "handler": '<g onload="alert(1)" onclick="alert(2)"/>',
        "page inside": "<foreignObject><iframe src='javascript:alert(1)'/></foreignObject>",
        "picture of an address": '<image xlink:href="http://127.0.0.1:1/x.png" width="9" height="9"/>',
        "picture inside": '<image href="data:image/png;base64,AAAA" width="9" height="9"/>',
        "link of a script": '<a xlink:href="javascript:alert(1)"><path d="M0 0H9V9z"/></a>',
        "style of an address": "<style>@import url(http://127.0.0.1:1/x.css);</style>",
        "movement": '<animate attributeName="href" to="javascript:alert(1)"/>',
        "handler of movement": '<set attributeName="onload" to="alert(1)"/>',
        "filter bomb": "<filter id='f'>" + "<feMorphology radius='999'/>" * 2_000 + "</filter>",
        "filtered shape": "<path filter='url(#f)' d='M0 0H9V9z'/>",
        "use bomb": "".join(
            f'<g id="u{number}">' + f'<use xlink:href="#u{number - 1}"/>' * 10 + "</g>" for number in range(9)
        ),
        "use of itself": '<g id="u"><use xlink:href="#u"/></g>',
        "pattern in a pattern": '<pattern id="p"><path fill="url(#p)" d="M0 0H9V9z"/></pattern>',
        "processing instruction": '<?php system("id"); ?><?xml-stylesheet href="http://127.0.0.1:1/"?>',
        "another namespace": '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
        "text with a NUL reference": "<title>&#1;</title>",
    }
    for name, body in active.items():
        expected: Expected = "refuse" if "NUL" in name else "accept"
        yield f"drawing with {name}", svg(SQUARE + body), expected
    yield "drawing of text alone", svg("<text>x</text>"), "refuse"
    yield "drawing of 100,000 levels", svg("<g>" * 100_000 + "</g>" * 100_000), "refuse"
    yield "drawing of 300,000 elements", svg("<g/>" * 300_000), "refuse"
    yield "drawing of a million points", svg(f'<path d="M0 0{"L1 1 2 2" * 400_000}"/>'), "refuse"
    attributes = "".join(f'a{number}="{"x" * 50}" ' for number in range(40_000))
    yield "drawing of 3 MB of attributes", svg(SQUARE, attributes), "either"
    yield "drawing of one attribute of 3 MB", svg(f'<path d="M0 0{" " * 3_000_000}H9V9z"/>'), "either"
    yield "drawing of 6 MB", svg(SQUARE + " " * 6_000_000), "refuse"
    for name, value in {"NaN": "NaN", "infinity": "Infinity", "1e999": "1e999", "1e300": "1e300"}.items():
        yield f"drawing with {name}", svg(f'<path d="M0 0L{value} 5L9 9z"/>'), "refuse"
        yield f"drawing turned by {name}", svg(f'<path transform="rotate({value})" d="M0 0H9V9z"/>'), "refuse"
        framed = svg(SQUARE).replace(b"0 0 100 100", f"0 0 {value} 5".encode())
        yield f"drawing framed by {name}", framed, "refuse"
    yield "drawing framed by five numbers", svg(SQUARE).replace(b"0 0 100 100", b"0 0 9 9 9"), "refuse"
    yield "drawing of no size", svg(SQUARE).replace(b"0 0 100 100", b"0 0 0 0"), "refuse"
    yield "drawing of 1,000 to 1", svg(SQUARE).replace(b"0 0 100 100", b"0 0 1000 1"), "refuse"
    yield "drawing of a scale of 1e9", svg(f'<g transform="scale(1e6)">{SQUARE}</g>'), "refuse"
    yield "drawing of 40,000 even-odd lines", svg(
        f'<path fill-rule="evenodd" d="M0 0{"L0 99L99 0" * 20_000}z"/>'
    ), "refuse"  # fmt: skip
    yield "drawing cut off", svg(SQUARE)[:-9], "refuse"
    yield "drawing with a NUL", svg(SQUARE).replace(b"M10", b"M\x0010"), "refuse"
    yield (
        "drawing of arcs without radius",
        svg('<path d="M0 0A0 0 0 1 1 9 9A1e-9 1e-9 0 0 0 50 5z"/>'),
        "accept",
    )


# --- how it goes ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a file. ``peak`` is of the child, in bytes; 0 where none was needed or it was killed."""

    name: str
    code: str  # accepted, the code of the refusal, or crashed
    seconds: float
    cpu: float
    peak: int
    active: bool  # something beside pixels or outlines was kept

    def wrong(self, expected: Expected) -> bool:
        if self.code == "crashed" or self.active:
            return True
        return expected != "either" and (self.code == "accepted") != (expected == "accept")


def decide(name: str, data: bytes) -> Decision:
    """As `imaging.take_in` does it, with a look at what the child needed."""
    started = time.perf_counter()
    form = imaging.sniff(data[: imaging.FIRST_BYTES])
    if form is None or len(data) > imaging.MAX_BYTES:
        code = "too-large" if form else "format" if data else "empty"
        return Decision(name, code, time.perf_counter() - started, 0.0, 0, False)
    with cage.unnamed_file() as file:
        file.write(data)
        file.flush()
        try:
            answer = cage.run(imaging.CHILDREN[form], file)
        except cage.Killed:
            return Decision(name, "too-hard", time.perf_counter() - started, 0.0, 0, False)
        except cage.Failed:
            return Decision(name, "crashed", time.perf_counter() - started, 0.0, 0, False)
    took, head = time.perf_counter() - started, answer.head
    active = "refused" not in head and not _inert(form, answer.body)
    return Decision(name, head.get("refused", "accepted"), took, head["cpu"], int(head["peak"] or 0), active)


def _inert(form: str, content: bytes) -> bool:
    """Whether nothing but pixels or outlines is in what is kept."""
    if form == "SVG":
        return read_drawing(content).canonical() == content and set(json.loads(content)) == {
            "format",
            "width",
            "height",
            "shapes",
        }
    kinds, at = [], 8
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        kinds.append(kind)
        at += 12 + length
    return at == len(content) and set(kinds) == {b"IHDR", b"IDAT", b"IEND"} and kinds[-1] == b"IEND"


def judge(files: Iterable[File], say: Callable[[str], None]) -> list[tuple[Decision, Expected]]:
    """Decide about each; says what came out otherwise than it has to."""
    decided = []
    for name, data, expected in files:
        decision = decide(name, data)
        if decision.wrong(expected):
            say(f"  {name}: {decision.code}, expected {expected}{', active' if decision.active else ''}")
        decided.append((decision, expected))
    return decided


def main() -> int:
    decided = judge(corpus(), print)
    decisions = [decision for decision, _ in decided]
    wrong = sum(decision.wrong(expected) for decision, expected in decided)
    accepted = sum(decision.code == "accepted" for decision in decisions)
    print(
        f"{len(decisions)} files: {accepted} accepted, {len(decisions) - accepted} refused, {wrong} wrongly"
    )
    for of, unit in (("seconds", 1.0), ("cpu", 1.0), ("peak", 1e6)):
        most = sorted(decisions, key=lambda decision: getattr(decision, of), reverse=True)[:5]
        told = "; ".join(f"{getattr(each, of) / unit:.2f} {each.name} ({each.code})" for each in most)
        print(f"{'most MB' if of == 'peak' else of}: {told}")
    slowest = max(decision.cpu for decision in decisions)
    largest = max(decision.peak for decision in decisions)
    killed = [decision.name for decision in decisions if decision.code == "too-hard" and not decision.peak]
    print(f"killed by a limit: {', '.join(killed) or 'none'}")
    held = wrong == 0 and slowest <= SECONDS_BAR and largest <= MEMORY_BAR and len(decisions) >= FEWEST
    print(
        f"hostile and odd uploads: {slowest:.2f} s of processor, {largest / 1e6:.0f} MB"
        f" (bar {SECONDS_BAR:g} s, {MEMORY_BAR / 1e6:.0f} MB, all of {FEWEST} or more)"
        f" {'ok' if held else 'short'}"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
