"""The caged process that opens strangers' pictures (started by `cage.run`, limited by `caged.limit`).

Reads the file from standard input; answers with width, height, notes and a PNG, or with a refusal. Size, kind
and number of frames and scans are judged from the headers, before anything is decoded. Limits and traps were
measured on hostile files: a 34-byte WebP of 131 million pixels, a JPEG of 2,000 scans that never ends, PNG
bombs, EPS that runs Ghostscript.
"""

from __future__ import annotations

import io
import sys
import warnings

# TIFF is how EXIF is written, and so is read when a picture is turned upright; named here because nothing can
# be imported any more once the process is limited.
from PIL import (
    Image,
    ImageCms,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from configurator.engine.caged import answer, limit

DECODERS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
FORMATS = ("JPEG", "PNG", "WEBP")

MAX_PIXELS = 80_000_000
MAX_SIDE = 20_000
MAX_SCANS = 64
# The coefficients of all scans are held at once, 2 bytes for each sample of each colour.
MAX_COEFFICIENT_BYTES = 130_000_000
# What is kept: 300 dpi over 300 mm of a photograph, over 380 mm at most. Larger pictures are reduced.
KEPT_SIDE = 4_500
KEPT_PIXELS = 12_200_000
HALVED_PIXELS = 22_000_000  # from here on the good way to reduce would need more memory than there is
MIN_SIDE = 16
# Larger pictures are packed by run lengths: as small for photographs, in a third of the time.
FAST_PIXELS = 3_000_000
RUN_LENGTHS = 3  # Z_RLE of zlib

# Bytes a pixel that decoding and reducing need at their worst, by how Pillow holds the picture: 4 for
# anything in colour, twice that where transparent edges have to be weighed, thrice for WebP's canvases.
BYTES_A_PIXEL = {"1": 4, "L": 4, "I;16": 5, "I": 8, "RGB": 4, "CMYK": 4, "P": 5, "LA": 10, "RGBA": 10}
TRANSPARENT_BYTES_A_PIXEL = 11  # one colour of the palette, or of all colours
WEBP_BYTES_A_PIXEL = 13
MAX_WORKING_BYTES = 160_000_000

MAX_TEXT_CHUNK = 1_000_000

REFUSALS = {
    "format": "This is not a JPEG, PNG or WebP picture. Export it as JPEG or PNG and upload that.",
    "broken": "The picture is damaged or was cut off on its way. Open it, save it again as JPEG or PNG, and"
    " upload that.",
    "too-many-pixels": "The picture has {megapixels} million pixels; of this kind up to {most} million are"
    " taken. Reduce it to {side} pixels on its longer side, or save it as JPEG.",
    "too-wide": "The picture is {width} × {height} pixels; no side may exceed 20,000. Crop or reduce it.",
    "too-small": "The picture is {width} × {height} pixels: too small to print. Upload the original.",
    "animated": "The picture moves: it has {frames} frames. Save one of them as PNG or JPEG and upload that.",
    "too-hard": "The picture takes too much time or memory to open. Save it again as a plain JPEG (not"
    " progressive) or PNG, up to 4500 pixels on its longer side.",
}

REDUCED = "It was reduced from {before} to {after} pixels, which is as fine as can be printed."
NO_INK_PROFILE = (
    "It is in printing inks (CMYK) and does not say which: its colours may come out different. Look at the"
    " preview, or save it as sRGB."
)
BAD_PROFILE = "Its colour profile cannot be used: its colours were taken as sRGB. Look at the preview."


class Refused(Exception):
    """Not to be taken; the code is a key of `REFUSALS`."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(REFUSALS[code].format(**facts))
        self.code = code


def main() -> int:
    Image.preinit()  # which imports
    limit(int(sys.argv[-1]))
    try:
        picture, notes = accept(sys.stdin.buffer.read())
    except Refused as refused:
        answer({"refused": refused.code, "message": str(refused)})
    except MemoryError:
        answer({"refused": "too-hard", "message": REFUSALS["too-hard"]})
    else:
        _write_png(picture)
        answer({"width": picture.width, "height": picture.height, "notes": notes})
    return 0


def accept(data: bytes) -> tuple[Image.Image, list[str]]:
    """The picture upright, in sRGB, with notes for its sender; raises `Refused` or `MemoryError`."""
    # What lies is refused; what merely looks odd (rubbish in EXIF, a wrong iCCP) may warn.
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = MAX_TEXT_CHUNK
    opened = _opened(data)
    _check_size(opened.width, opened.height)
    if getattr(opened, "n_frames", 1) > 1:
        raise Refused("animated", frames=getattr(opened, "n_frames", 1))
    before = opened.size
    if opened.format == "JPEG":
        _draft(opened, taken=_check_scans(data, opened))
    _check_memory(opened)
    try:
        opened.load()
        picture, notes = _srgb(_reduced(opened))
        ImageOps.exif_transpose(picture, in_place=True)
    except MemoryError:
        raise
    except Exception as error:
        # Decoders raise many kinds of errors on bytes made to break them: all mean the same to the sender.
        raise Refused("broken") from error
    if sorted(picture.size) != sorted(before):
        sizes = {"before": "{} × {}".format(*before), "after": "{} × {}".format(*picture.size)}
        notes.append(REDUCED.format(**sizes))
    return picture, notes


def _opened(data: bytes) -> ImageFile.ImageFile:
    if data.startswith(b"\xff\xd8"):
        # Phones store further pictures behind the first and Pillow would take such a file for another format
        # (MPO). The first is the photograph.
        data = first_jpeg(data)
    elif data[8:12] == b"WEBP":
        _check_size(*webp_size(data))  # to open one takes the memory of all its pixels
    try:
        opened = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many("more than 80", MAX_PIXELS) from error
    except MemoryError:
        raise
    except Exception as error:
        raise Refused("broken") from error
    if opened.format not in FORMATS:
        raise Refused("format")
    return opened


def _check_size(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE:
        raise Refused("too-wide", width=width, height=height)
    if width * height > MAX_PIXELS:
        raise _too_many(str(round(width * height / 1e6)), MAX_PIXELS)
    if min(width, height) < MIN_SIDE:
        raise Refused("too-small", width=width, height=height)


def _too_many(megapixels: str, most: int) -> Refused:
    side = min(KEPT_SIDE, int(most**0.5) // 100 * 100)
    return Refused("too-many-pixels", megapixels=megapixels, most=most // 1_000_000, side=side)


def _check_memory(opened: ImageFile.ImageFile) -> None:
    """What decoding will need, by the header; the kernel's limit stands behind it."""
    a_pixel = WEBP_BYTES_A_PIXEL if opened.format == "WEBP" else BYTES_A_PIXEL.get(opened.mode, 10)
    if "transparency" in opened.info:
        a_pixel = TRANSPARENT_BYTES_A_PIXEL
    pixels = opened.width * opened.height
    if pixels * a_pixel > MAX_WORKING_BYTES:
        raise _too_many(str(round(pixels / 1e6)), MAX_WORKING_BYTES // a_pixel)


def first_jpeg(data: bytes) -> bytes:
    """The first picture of a multi-picture file, without the index (APP2 `MPF`) that names the others."""
    at = 2
    kept = [data[:2]]
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        length = 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        segment = data[at : at + length]
        if not (segment[1] == 0xE2 and segment[4:8] == b"MPF\0"):
            kept.append(segment)
        at += length
    return b"".join([*kept, data[at:]])


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height by the head of a WebP; raises `Refused` where there is none.

    Source: RFC 9649, sections 2.5 (VP8, VP8L) and 2.7 (VP8X).
    """
    kind, head = data[12:16], data[20:30]
    if len(head) == 10 and kind == b"VP8X":
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if len(head) == 10 and kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a":
        width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
        return width & 0x3FFF, height & 0x3FFF
    if len(head) >= 5 and kind == b"VP8L" and head[0] == 0x2F:
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise Refused("broken")


def scans_of(data: bytes) -> int:
    """How often a JPEG starts a scan: each costs a pass over all pixels."""
    return data.count(b"\xff\xda")


def _check_scans(data: bytes, opened: ImageFile.ImageFile) -> int:
    """The bytes that all scans of a JPEG need before the first pixel is known; raises `Refused`."""
    scans = scans_of(data)
    if scans > MAX_SCANS:
        raise Refused("too-hard")
    if scans < 2 and not opened.info.get("progressive"):
        return 0
    # Colours are mostly stored at a quarter of the pixels; held at full size they would be 3 (4) samples.
    layers = getattr(opened, "layer", [])
    widest = max((layer[1] * layer[2] for layer in layers), default=1) or 1
    samples = sum(layer[1] * layer[2] / widest for layer in layers)
    needed = int(opened.width * opened.height * samples * 2)
    if needed > MAX_COEFFICIENT_BYTES:
        raise Refused("too-hard")
    return needed


def _draft(opened: ImageFile.ImageFile, *, taken: int) -> None:
    """Let a JPEG be decoded at a half, quarter or eighth of its size where all of it would not fit beside
    the bytes that are taken."""
    most = (MAX_WORKING_BYTES - taken // 2) // BYTES_A_PIXEL["RGB"]
    by = 1
    while by < 8 and opened.width * opened.height > most * by * by:
        by *= 2
    if by > 1:
        opened.draft(None, (opened.width // by, opened.height // by))


def _reduced(picture: Image.Image) -> Image.Image:
    """At most `KEPT_SIDE` by any side and `KEPT_PIXELS` in all; early, so that the rest costs less."""
    width, height = picture.size
    info = {key: value for key, value in picture.info.items() if key != "transparency"}
    if width * height > HALVED_PIXELS:
        picture = _resizable(picture).reduce(2)  # in one pass, without room for a second
        picture.info = info
    by = min(1.0, KEPT_SIDE / max(picture.size), (KEPT_PIXELS / (picture.width * picture.height)) ** 0.5)
    if by < 1.0:
        size = max(1, round(picture.width * by)), max(1, round(picture.height * by))
        picture = _resizable(picture).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        picture.info = info
    return picture


def _resizable(picture: Image.Image) -> Image.Image:
    """Indexed and one-colour-transparent pictures cannot be averaged as they are."""
    if picture.mode == "P" or "transparency" in picture.info:
        return picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    if picture.mode == "1":
        return picture.convert("L")
    return _eight_bit(picture)


def _eight_bit(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16") or picture.mode == "I":
        return picture.point(lambda value: value / 257).convert("L")
    return picture


def _srgb(picture: Image.Image) -> tuple[Image.Image, list[str]]:
    """Colours as sRGB, with alpha when the picture has some; 16 bits become 8."""
    info = picture.info
    profile = info.get("icc_profile")
    picture = _eight_bit(picture)
    alpha = None
    if picture.mode == "P" or "transparency" in info:
        picture = picture.convert("RGBA")
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        picture = picture.convert("RGBA" if picture.mode != "LA" else "LA")
        alpha = picture.getchannel("A")
        picture = picture.convert("RGB" if picture.mode == "RGBA" else "L")
    if picture.mode == "1":
        picture = picture.convert("L")
    picture, notes = _converted(picture, profile)
    if picture.mode != "RGB":
        picture = picture.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        picture.putalpha(alpha)
    picture.info = {key: info[key] for key in ("exif", "XML:com.adobe.xmp", "xmp") if key in info}
    return picture, notes


def _converted(picture: Image.Image, profile: bytes | None) -> tuple[Image.Image, list[str]]:
    """Through the picture's own colour profile; an unusable one is as good as none, and is told."""
    if picture.mode not in ("RGB", "CMYK", "L"):
        return picture, []
    if not profile:
        return picture, [NO_INK_PROFILE] if picture.mode == "CMYK" else []
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture, [BAD_PROFILE]
    return (made, []) if made is not None else (picture, [BAD_PROFILE])


def _write_png(picture: Image.Image) -> None:
    """From pixels alone, to the standard output."""
    picture.info = {}
    picture.getexif().clear()
    if picture.width * picture.height > FAST_PIXELS:
        picture.save(sys.stdout.buffer, "PNG", compress_level=1, compress_type=RUN_LENGTHS)
    else:
        picture.save(sys.stdout.buffer, "PNG", compress_level=4)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
