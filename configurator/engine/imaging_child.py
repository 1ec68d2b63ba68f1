"""The caged process that opens strangers' pictures: `python -m configurator.engine.imaging_child`.

Reads the file from standard input, writes a 4-byte length, a JSON head of that length, and a PNG (or a
refusal
in the head and no PNG). It limits itself before it touches a byte: address space, processor seconds, no files
written, no processes started. Limits and traps were measured on hostile files: a 34-byte WebP of 131 million
pixels, a JPEG of 2,000 scans that never ends, PNG bombs, EPS that runs Ghostscript.
"""

from __future__ import annotations

import io
import json
import struct
import sys
import warnings

from PIL import Image, ImageCms, ImageFile, ImageOps, PngImagePlugin

try:
    import resource
except (
    ImportError
):  # pragma: no cover - Windows has no such limits; the wall clock and the pixel caps remain.
    resource = None  # type: ignore[assignment]

MAX_PIXELS = 80_000_000
MAX_SIDE = 20_000
MAX_SCANS = 64
# The longest side that is kept: 300 dpi over 380 mm. Larger pictures are reduced.
KEPT_SIDE = 4_500
MIN_SIDE = 16
# Larger pictures are packed less tightly (13 % more bytes) in a quarter of the time.
FAST_PIXELS = 6_000_000

MAX_ADDRESS_SPACE = 1_600_000_000
MAX_CPU_SECONDS = 10
MAX_TEXT_CHUNK = 1_000_000

FORMATS = ("JPEG", "PNG", "WEBP")

REFUSALS = {
    "format": "This is not a JPEG, PNG or WebP picture. Export it as JPEG or PNG and upload that.",
    "broken": "The picture is damaged or was cut off on its way. Open it, save it again as JPEG or PNG, and"
    " upload that.",
    "too-many-pixels": "The picture has {megapixels} million pixels; up to 80 million are taken. Reduce it to"
    " 6000 pixels on its longer side.",
    "too-wide": "The picture is {width} × {height} pixels; no side may exceed 20,000. Crop or reduce it.",
    "too-small": "The picture is {width} × {height} pixels: too small to print. Upload the original.",
    "animated": "The picture moves: it has {frames} frames. Save one of them as PNG or JPEG and upload that.",
    "too-hard": "The picture takes too much time or memory to open. Save it again as a plain JPEG (not"
    " progressive) or PNG, up to 6000 pixels on its longer side.",
}


class Refused(Exception):
    """Not to be taken; the code is a key of `REFUSALS`."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(REFUSALS[code].format(**facts))
        self.code = code


def main() -> int:
    limit()
    data = sys.stdin.buffer.read()
    try:
        png, width, height = accept(data)
        answer({"width": width, "height": height}, png)
    except Refused as refused:
        answer({"refused": refused.code, "message": str(refused)})
    except MemoryError:
        answer({"refused": "too-hard", "message": REFUSALS["too-hard"]})
    return 0


def answer(head: dict[str, object], png: bytes = b"") -> None:
    encoded = json.dumps(head).encode("utf-8")
    sys.stdout.buffer.write(struct.pack(">I", len(encoded)) + encoded + png)


def limit() -> None:
    """Give up what decoding does not need. No file may be written; the standard streams are pipes."""
    if resource is None:
        return
    for kind, most in (
        (resource.RLIMIT_AS, MAX_ADDRESS_SPACE),
        (resource.RLIMIT_CPU, MAX_CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (allowed, allowed))


def accept(data: bytes) -> tuple[bytes, int, int]:
    """The picture anew as PNG, with its width and height; raises `Refused`."""
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    PngImagePlugin.MAX_TEXT_CHUNK = MAX_TEXT_CHUNK
    opened = _opened(data)
    _check_size(opened.width, opened.height)
    if getattr(opened, "n_frames", 1) > 1:
        raise Refused("animated", frames=getattr(opened, "n_frames", 1))
    if opened.format == "JPEG" and scans_of(data) > MAX_SCANS:
        raise Refused("too-hard")
    try:
        # A JPEG is decoded at a fraction of its size where that is enough.
        opened.draft(None, (KEPT_SIDE, KEPT_SIDE))
        opened.load()
        picture = _reduced(_srgb(ImageOps.exif_transpose(opened)))
    except MemoryError:
        raise
    except Exception as error:
        # Decoders raise many kinds of errors on bytes made to break them: all mean the same to the sender.
        raise Refused("broken") from error
    out = io.BytesIO()
    picture.info.clear()
    picture.save(out, "PNG", compress_level=4 if picture.width * picture.height < FAST_PIXELS else 1)
    return out.getvalue(), picture.width, picture.height


def _opened(data: bytes) -> ImageFile.ImageFile:
    try:
        opened = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("too-many-pixels", megapixels="more than 80") from error
    except MemoryError:
        raise
    except Exception as error:
        raise Refused("broken") from error
    if opened.format == "MPO":
        # Phones store a second picture behind the first; Pillow lets that in as JPEG. The first is the photo.
        return Image.open(io.BytesIO(first_jpeg(data)), formats=("JPEG",))
    if opened.format not in FORMATS:
        raise Refused("format")
    return opened


def _check_size(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE:
        raise Refused("too-wide", width=width, height=height)
    if width * height > MAX_PIXELS:
        raise Refused("too-many-pixels", megapixels=round(width * height / 1e6))
    if min(width, height) < MIN_SIDE:
        raise Refused("too-small", width=width, height=height)


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


def scans_of(data: bytes) -> int:
    """How often a JPEG starts a scan: each costs a pass over all pixels."""
    return data.count(b"\xff\xda")


def _srgb(picture: Image.Image) -> Image.Image:
    """Colours as sRGB, with alpha when the picture has some; 16 bits become 8."""
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I;16") or picture.mode == "I":
        picture = picture.point(lambda value: value / 257).convert("L")
    alpha = None
    if picture.mode == "P" or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        picture = picture.convert("RGBA" if picture.mode != "LA" else "LA")
        alpha = picture.getchannel("A")
        picture = picture.convert("RGB" if picture.mode == "RGBA" else "L")
    if picture.mode == "1":
        picture = picture.convert("L")
    picture = _converted(picture, profile).convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        picture.putalpha(alpha)
    return picture


def _converted(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Through the picture's own colour profile; an unusable one is as good as none."""
    if not profile or picture.mode not in ("RGB", "CMYK", "L"):
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture
    return made if made is not None else picture


def _reduced(picture: Image.Image) -> Image.Image:
    if max(picture.size) > KEPT_SIDE:
        picture.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return picture


if __name__ == "__main__":
    sys.exit(main())
