"""What strangers upload: pictures taken in as pixels, everything else refused with advice."""

import hashlib
import io
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from configurator.engine import cage, imaging, imaging_child
from configurator.engine.imaging import UploadRefused, sniff, take_in


def photo(width=320, height=240, mode="RGB"):
    """A ramp with a red square in the upper left corner, so that turning and mirroring are seen."""
    across = np.linspace(0, 255, width, dtype=np.uint8)[None, :].repeat(height, axis=0)
    down = np.linspace(0, 255, height, dtype=np.uint8)[:, None].repeat(width, axis=1)
    pixels = np.stack([across, down, np.full_like(across, 90)], axis=-1)
    pixels[: height // 4, : width // 4] = (220, 20, 20)
    return Image.fromarray(pixels, "RGB").convert(mode)


def file_of(picture, form, **options):
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def pixels_of(accepted):
    return Image.open(io.BytesIO(accepted.content))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, *, rows=None, extra=b"", depth=8, colour=0):
    """A PNG made by hand, which may lie about its size."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = rows if rows is not None else b"\0" * (width + 1) * height
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + extra
        + chunk(b"IDAT", zlib.compress(body, 9))
        + chunk(b"IEND", b"")
    )


# --- accepted ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_taken_in_as_png(form):
    accepted = take_in(file_of(photo(), form))
    assert (accepted.width, accepted.height) == (320, 240)
    assert accepted.sha256 == hashlib.sha256(accepted.content).hexdigest()
    picture = pixels_of(accepted)
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (320, 240))
    assert np.abs(np.asarray(picture, dtype=int) - np.asarray(photo(), dtype=int)).mean() < 6


def test_a_file_can_be_named_by_its_path(tmp_path):
    path = tmp_path / "photo.gif"  # the name is not believed
    path.write_bytes(file_of(photo(), "PNG"))
    assert take_in(path).width == 320


def test_the_same_bytes_give_the_same_png():
    data = file_of(photo(), "JPEG")
    assert take_in(data) == take_in(data)


def test_a_see_through_picture_stays_see_through():
    picture = photo().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    made = pixels_of(take_in(file_of(picture, "PNG")))
    assert made.mode == "RGBA"
    assert made.getchannel("A").getextrema() == (0, 255)


def test_a_palette_with_one_see_through_colour_keeps_it():
    picture = photo().quantize(16)
    made = pixels_of(take_in(file_of(picture, "PNG", transparency=0)))
    assert made.mode == "RGBA"
    assert made.getchannel("A").getextrema() == (0, 255)


def test_a_picture_from_a_turned_camera_is_set_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate clockwise to see it upright
    accepted = take_in(file_of(photo().rotate(90, expand=True), "JPEG", exif=exif, quality=95))
    assert (accepted.width, accepted.height) == (320, 240)
    red, green, _ = pixels_of(accepted).convert("RGB").getpixel((20, 20))
    assert red > 190 and green < 60


def test_nothing_but_pixels_is_kept():
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE 52.1, 4.3"
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "SECRET-COMMENT")
    for data in (
        file_of(photo(), "JPEG", exif=exif, comment=b"SECRET-COMMENT"),
        file_of(photo(), "PNG", pnginfo=notes, exif=exif, dpi=(72, 72)),
        file_of(photo(), "PNG") + b"PK\x03\x04 SECRET <?php SECRET ?>",
    ):
        made = take_in(data).content
        assert b"SECRET" not in made
        kinds, at = [], 8
        while at < len(made):
            length, kind = struct.unpack(">I4s", made[at : at + 8])
            kinds.append(kind)
            at += 12 + length
        assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}


def test_sixteen_bits_become_eight_without_turning_white():
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None, :].repeat(32, axis=0)
    made = np.asarray(pixels_of(take_in(file_of(Image.fromarray(ramp), "PNG"))).convert("L"), dtype=int)
    assert np.abs(made[0] - np.arange(256)).max() <= 1


def test_colours_come_through_their_profile():
    """A profile whose red is our blue must swap them; one that is rubbish is ignored."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = bytearray(srgb)
    count = struct.unpack(">I", srgb[128:132])[0]
    entries = {srgb[at : at + 4]: at for at in range(132, 132 + 12 * count, 12)}
    red, blue = entries[b"rXYZ"] + 4, entries[b"bXYZ"] + 4
    swapped[red : red + 8], swapped[blue : blue + 8] = srgb[blue : blue + 8], srgb[red : red + 8]
    flat = Image.new("RGB", (64, 64), (255, 0, 0))
    through = pixels_of(take_in(file_of(flat, "PNG", icc_profile=bytes(swapped)))).getpixel((30, 30))
    assert through[2] > 240 and through[0] < 20
    ignored = pixels_of(take_in(file_of(flat, "PNG", icc_profile=b"rubbish" * 40))).getpixel((30, 30))
    assert ignored == (255, 0, 0)


def test_a_cmyk_jpeg_becomes_rgb():
    made = pixels_of(take_in(file_of(photo().convert("CMYK"), "JPEG", quality=95)))
    assert made.mode == "RGB"
    red, green, _ = made.getpixel((20, 20))
    assert red > 190 and green < 80


def test_a_huge_photograph_is_reduced():
    accepted = take_in(file_of(Image.new("RGB", (9000, 3000), "teal"), "JPEG"))
    assert (accepted.width, accepted.height) == (4500, 1500)


def test_a_phone_s_picture_with_a_second_one_behind_it_is_the_first():
    out = io.BytesIO()
    photo().save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (320, 240), "white")], quality=95)
    made = pixels_of(take_in(out.getvalue())).convert("RGB")
    red, green, _ = made.getpixel((20, 20))
    assert red > 190 and green < 60


# --- refused -----------------------------------------------------------------------------------------------


def refused(data):
    with pytest.raises(UploadRefused) as caught:
        take_in(data)
    return caught.value


OTHER_FORMATS = {
    "gif": file_of(photo().quantize(16), "GIF"),
    "bmp": file_of(photo(), "BMP"),
    "tiff": file_of(photo(), "TIFF"),
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n(/etc/passwd) (r) file\n",
    "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "html": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "zip": b"PK\x03\x04" + b"\0" * 60,
    "executable": b"\x7fELF\x02\x01\x01" + b"\0" * 60,
    "text": "Grüße aus Rotterdam".encode(),
    "psd": b"8BPS\0\x01" + b"\0" * 40,
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "avif": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
    "webp without its name": b"RIFF\x10\0\0\0WAVEfmt ",
}


@pytest.mark.parametrize("name", OTHER_FORMATS)
def test_other_formats_are_refused_by_their_first_bytes(name):
    problem = refused(OTHER_FORMATS[name])
    assert problem.code == "format"
    assert "Export it as JPEG or PNG" in problem.message


def test_an_empty_file_is_refused():
    assert refused(b"").code == "empty"


def test_too_many_bytes_are_refused_before_anything_is_opened(monkeypatch):
    monkeypatch.setattr(imaging, "MAX_BYTES", 100)
    monkeypatch.setattr(imaging.cage, "run", lambda *_, **__: pytest.fail("opened"))
    assert refused(file_of(photo(), "PNG")).code == "too-large"


def webp_of_nothing(width, height):
    """The 34 bytes that cost 2 GB elsewhere: a lossless WebP head with the size in 14 bits each."""
    bits = (width - 1) | (height - 1) << 14
    data = b"\x2f" + struct.pack("<I", bits) + b"\0" * 8
    body = b"WEBPVP8L" + struct.pack("<I", len(data)) + data + (b"\0" if len(data) % 2 else b"")
    return b"RIFF" + struct.pack("<I", len(body)) + body


HOSTILE = {
    "a PNG of 169 million pixels": (png(13_000, 13_000, rows=b"\0" * 9_000_000), "too-many-pixels"),
    "a PNG that says it is 65,000 wide": (png(65_000, 100, rows=b""), "too-wide"),
    "a PNG that says it is 2 billion wide": (png(2_000_000_000, 2, rows=b""), "too-"),
    "a small WebP of 131 million pixels": (webp_of_nothing(16_383, 8_000), "too-many-pixels"),
    "a PNG whose head lies: more rows than there are": (png(4_000, 4_000, rows=b"\0" * 400), "broken"),
    "a JPEG cut in half": (file_of(photo(2000, 1500), "JPEG")[:30_000], "broken"),
    "a PNG cut in half": (file_of(photo(2000, 1500), "PNG")[:6_000], "broken"),
    "a WebP cut in half": (file_of(photo(800, 600), "WEBP")[:2_000], "broken"),
    "the first bytes of a JPEG and then GIF": (b"\xff\xd8\xff" + OTHER_FORMATS["gif"], "broken"),
    "the first bytes of a PNG and then HTML": (b"\x89PNG\r\n\x1a\n" + OTHER_FORMATS["html"], "broken"),
    "a picture of one pixel": (file_of(Image.new("RGB", (1, 1)), "PNG"), "too-small"),
    "a PNG with a wrong check sum": (
        file_of(photo(), "PNG").replace(b"IDAT", b"IDAT\x01", 1), "broken"),
    "a PNG with a bomb of text": (
        png(64, 64, extra=chunk(b"zTXt", b"note\0\0" + zlib.compress(b"A" * 60_000_000, 9))), "broken"),
    "a PNG with a bomb for a profile": (
        png(64, 64, extra=chunk(b"iCCP", b"icc\0\0" + zlib.compress(b"A" * 60_000_000, 9))), "broken"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_within_seconds(name):
    data, code = HOSTILE[name]
    started = time.monotonic()
    problem = refused(data)
    assert problem.code.startswith(code), problem.message
    assert time.monotonic() - started < 15
    assert problem.message[0].isupper() and problem.message.endswith(".")


def test_a_moving_picture_is_refused():
    out = io.BytesIO()
    photo().save(
        out,
        "WEBP",
        save_all=True,
        append_images=[Image.new("RGB", (320, 240), (80 * n, 0, 0)) for n in range(3)],
    )
    problem = refused(out.getvalue())
    assert problem.code == "animated"
    assert "4 frames" in problem.message


def test_an_animated_png_is_refused():
    out = io.BytesIO()
    photo().save(out, "PNG", save_all=True, append_images=[Image.new("RGB", (320, 240))] * 2)
    assert refused(out.getvalue()).code == "animated"


def test_a_jpeg_of_a_thousand_scans_is_refused():
    data = file_of(photo(), "JPEG", progressive=True)
    scan = data[data.index(b"\xff\xda") : -2]
    assert refused(data[:-2] + scan * 400 + data[-2:]).code == "too-hard"


STARTS_ANOTHER = (
    "import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep({})'])\n"
)


def module(folder, text):
    """A module of that text in a folder that a caged child looks into."""
    (folder / "caged_test_module.py").write_text(text)
    return "caged_test_module"


def caged(monkeypatch, folder, text, **options):
    monkeypatch.setattr(cage, "_ROOT", folder)
    with cage.unnamed_file() as file:
        return cage.run(module(folder, text), file, **options)


def processes_with(word):
    return [one for one in psutil.process_iter(["cmdline"]) if word in " ".join(one.info["cmdline"] or ())]


def test_a_child_that_takes_too_long_is_killed_with_all_that_it_started(monkeypatch, tmp_path):
    started = time.monotonic()
    child = STARTS_ANOTHER.format(61)
    with pytest.raises(cage.Killed, match="no answer after"):
        caged(monkeypatch, tmp_path, f"{child}time.sleep(61)", seconds=1.5)
    assert time.monotonic() - started < 20
    until(lambda: not processes_with("time.sleep(61)"))


def test_a_child_that_answers_leaves_nothing_behind(monkeypatch, tmp_path):
    child = (
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(62)'])\n"
    )
    with pytest.raises(cage.Failed, match="gave no answer"):
        caged(monkeypatch, tmp_path, child)
    until(lambda: not processes_with("time.sleep(62)"))


def test_a_child_that_floods_its_answer_is_stopped(monkeypatch, tmp_path):
    child = (
        "import sys\nsys.path.insert(0, {root!r})\nfrom configurator.engine.caged import limit\nlimit()\n"
        "while True:\n    sys.stdout.buffer.write(bytes(1_000_000))\n"
    )
    with pytest.raises((cage.Killed, cage.Failed)):
        caged(monkeypatch, tmp_path, child.format(root=str(Path(imaging.__file__).parents[2])))


def test_a_child_sees_none_of_our_variables(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "x")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    child = (
        "import json, os, struct, sys\nhead = json.dumps(dict(os.environ)).encode()\n"
        "sys.stdout.buffer.write(head + struct.pack('>I', len(head)))\n"
    )
    seen = caged(monkeypatch, tmp_path, child).head
    assert not {"SECRET_KEY", "PYTHONPATH", "HOME", "DATABASE_URL"} & set(seen)


KILLED_PARENT = """
import sys
sys.path.insert(0, {root!r})
from configurator.engine import cage
from pathlib import Path
cage._ROOT = Path({folder!r})
with cage.unnamed_file() as file:
    cage.run("caged_test_module", file, seconds=60)
"""


def test_a_child_dies_with_the_process_that_asked(tmp_path):
    root = str(Path(imaging.__file__).parents[2])
    module(
        tmp_path,
        f"import sys, time\nsys.path.insert(0, {root!r})\nfrom configurator.engine.caged import limit\n"
        f"limit(int(sys.argv[-1]))\nopen_for_ever = {str(tmp_path)!r}\nsys.stdout.write('x')\n"
        "sys.stdout.flush()\ntime.sleep(60)\n",
    )
    asking = subprocess.Popen([sys.executable, "-c", KILLED_PARENT.format(root=root, folder=str(tmp_path))])
    try:
        child = until(lambda: next(iter(psutil.Process(asking.pid).children()), None))
        until(lambda: limited(child))
    finally:
        asking.kill()
        asking.wait()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def limited(child):
    return child.rlimit(psutil.RLIMIT_NOFILE) == (0, 0)


def until(happens, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = happens()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it does not happen")


def in_the_cage(script):
    root = Path(imaging.__file__).parents[2]
    whole = f"from configurator.engine.imaging_child import limit\nlimit()\n{script}"
    return subprocess.run(
        [sys.executable, "-c", whole], cwd=root, capture_output=True, text=True, check=False
    )


def test_the_child_may_not_write_files(tmp_path):
    path = tmp_path / "x"
    done = in_the_cage(
        f"try:\n    open({str(path)!r}, 'w')\nexcept OSError as error:\n    print(error.errno)\n"
    )
    assert done.stdout == "24\n"  # EMFILE
    assert not path.exists()


def test_the_child_may_not_read_files():
    done = in_the_cage("try:\n    open('/etc/passwd')\nexcept OSError:\n    print('refused')\n")
    assert done.stdout == "refused\n"


def test_the_child_may_not_speak_to_the_network():
    done = in_the_cage("import _socket\ntry:\n    _socket.socket()\nexcept OSError:\n    print('refused')\n")
    assert done.stdout == "refused\n" or "ImportError" in done.stderr or "Too many open files" in done.stderr


def test_the_child_has_little_memory():
    done = in_the_cage("try:\n    bytearray(300_000_000)\nexcept MemoryError:\n    print('refused')\n")
    assert done.stdout == "refused\n"


def test_the_child_has_few_seconds():
    limits = in_the_cage("import resource\nprint(resource.getrlimit(resource.RLIMIT_CPU))\n").stdout
    assert limits == "(6, 6)\n"


@pytest.mark.parametrize(("fault", "code"), [(cage.Killed, "too-hard"), (cage.Failed, "broken")])
def test_a_child_that_is_killed_means_a_refusal(monkeypatch, fault, code):
    def fall(*_, **__):
        raise fault

    monkeypatch.setattr(cage, "run", fall)
    assert refused(file_of(photo(), "PNG")).code == code


def test_every_refusal_says_what_to_do():
    advice = ("Export", "Save", "save", "Reduce", "Crop", "Upload", "upload")
    for code, message in imaging_child.REFUSALS.items():
        assert any(word in message for word in advice), code


def test_only_the_first_bytes_decide():
    files = (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"<svg>", b"GIF89a", b"")
    assert [sniff(data) for data in files] == ["JPEG", "PNG", "WEBP", "SVG", None, None]


def test_the_answer_of_the_child_is_not_believed_without_a_png(monkeypatch):
    answer = cage.Answer({"width": 1, "height": 1}, b"<svg>")
    monkeypatch.setattr(cage, "run", lambda *_, **__: answer)
    assert refused(file_of(photo(), "PNG")).code == "broken"
