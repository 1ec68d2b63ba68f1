"""Hostile and odd pictures, as shoppers and attackers send them; made with a fixed seed."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

Expected = Literal["accept", "refuse", "either"]
# Name, bytes and what may become of it.
File = tuple[str, bytes, Expected]

SEED = 20261122
EPOCH = time.gmtime(0)


def pictures() -> Iterator[File]:
    """All but the bombs."""
    yield from _ordinary()
    yield from _modes()
    yield from _headers()
    yield from _carried()
    yield from _cut()
    yield from _other_formats()
    yield from _moving()


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


def bombs() -> Iterator[File]:
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
