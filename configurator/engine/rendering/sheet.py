"""The files of a whole sheet, put together from the files of its parts that were read back.

Nothing of a part is drawn again: a PDF places the streams that were kept, a PNG copies pixels, SVG and DXF
move outlines as they stand in the part's own file. What is added lies beside the parts (`sheet_marks`) or is
the line along which they are cut apart, half a kerf outside, on the machine's own layer or plate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from math import ceil
from pathlib import Path as FilePath
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configurator.engine.fonts import FontLibrary
from configurator.engine.geometry import Box, moved
from configurator.engine.layout.scene import Scene, Stroke
from configurator.engine.layout.sheet_marks import Mark, MarkStyle, SheetMarks, lay_marks
from configurator.engine.machines import Layer, Profile
from configurator.engine.readback.sheets import Wanted
from configurator.engine.rendering.bands import PlacedPixels, Target, gang_png
from configurator.engine.rendering.contours import cut_outline, line_around
from configurator.engine.rendering.dxf import DxfLine, dxf_of
from configurator.engine.rendering.laser import ORDER, Shape, laser_shapes, shape_svg
from configurator.engine.rendering.line_files import LineDxf, LineSvg, read_line_dxf, read_line_svg
from configurator.engine.rendering.pdfx import KeptArtwork, PlacedArtwork, gang_pdf
from configurator.engine.rendering.placeable import placeable
from configurator.engine.rendering.polygons import flattened
from configurator.engine.rendering.raster import production_window
from configurator.engine.rendering.refusals import CannotBeMade
from configurator.engine.sheet import Part, Sheet, cells, common

Pixels = NDArray[np.uint8]
Format = Literal["pdf", "png", "svg", "dxf"]

# Of which formats sheets are made.
FORMATS: tuple[Format, ...] = ("pdf", "png", "svg", "dxf")
# The side of a code's modules: scanners and telephones read a quarter of a millimetre, and it takes three
# pixels to survive the rounding of a dot.
MODULE_UM = 250
PIXELS_A_MODULE = 3
UM_AN_INCH = 25_400
# Parts this near to each other may meet in a pixel.
PIXEL_REACH_UM = 200


@dataclass(frozen=True, slots=True)
class Artwork:
    """The files of an artwork that were read back, by format, and of a printed one its `streams`, with their
    own digest. Its size is the trimmed one."""

    width_um: int
    height_um: int
    files: Mapping[str, FilePath]
    streams: KeptArtwork | None = None


@dataclass(frozen=True)
class Composition:
    """Everything that a sheet is put together from."""

    sheet: Sheet
    profile: Profile
    marks: SheetMarks
    artworks: Mapping[str, Artwork]
    cells: tuple[tuple[Box, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cells", cells(self.sheet))

    @property
    def wanted(self) -> Wanted:
        """What to look for when a file of this sheet is read back."""
        files = {key: artwork.files for key, artwork in self.artworks.items()}
        room = tuple(mark.box for mark in self.marks.marks)
        return Wanted(self.sheet, self.profile, files, self.marks.codes, room)

    @property
    def placed(self) -> Iterator[tuple[int, Part, Artwork]]:
        """The parts with artwork."""
        for number, part in enumerate(self.sheet.parts):
            if part.artwork:
                yield number, part, self.artworks[part.artwork]


def compose(
    sheet: Sheet, profile: Profile, artworks: Mapping[str, Artwork], *, fonts: FontLibrary
) -> Composition:
    """Lay the marks. Raises `CannotBeMade` where an artwork has not the size of its part, or where parts that
    are cut or engraved over their edge lie too near to each other."""
    made = Composition(sheet, profile, _marks(sheet, profile, fonts), artworks)
    for _, part, artwork in made.placed:
        size = (artwork.width_um, artwork.height_um)
        if (part.box.width, part.box.height) != (size[::-1] if part.rotated else size):
            raise CannotBeMade(
                f"The artwork of {part.name} is {_told(size)}, but its part takes up"
                f" {_told((part.box.width, part.box.height))} of the sheet: plan the run anew."
            )
    return made


def _told(size: tuple[int, int]) -> str:
    return f"{size[0] / 1000:g} × {size[1] / 1000:g} mm"


def _marks(sheet: Sheet, profile: Profile, fonts: FontLibrary) -> SheetMarks:
    style = mark_style(profile)
    return lay_marks(sheet, style=style, fonts=fonts) if style else SheetMarks(())


def mark_style(profile: Profile) -> MarkStyle | None:
    """How this machine makes marks; None where it makes none. Codes need filled modules."""
    if not profile.marks:
        return None
    layer = profile.layers.get(profile.marks)
    if profile.layers:
        stroked = layer is None or layer.mode == "stroke"
        least = max(MODULE_UM, profile.min_stroke_um) if profile.marks == "engrave" else MODULE_UM
        return MarkStyle(profile.marks, "", 0 if stroked else least)
    pitch = UM_AN_INCH / profile.dpi
    pixels = max(PIXELS_A_MODULE, ceil(MODULE_UM / pitch - 1e-6))
    return MarkStyle(profile.marks, "#000000", round(pixels * pitch), pitch)


def formats_of(profile: Profile) -> tuple[Format, ...]:
    """In which formats this machine takes whole sheets, its first one first."""
    return tuple(each for each in profile.formats if each in FORMATS)


def furniture(made: Composition) -> Scene:
    """What is added to a sheet, as a scene of its size: marks, and the lines along which parts are cut."""
    sheet, profile = made.sheet, made.profile
    follows = "cut" in profile.spots or "cut" in profile.layers
    cuts = tuple(
        Stroke(
            f"part-{number}",
            "cut",
            "",
            line_around(part.outline)
            if part.outline
            else cut_outline(part.box, corner_um=part.corner_um, kerf_um=profile.kerf_um),
            profile.hairline_um,
            part.box,
        )
        for number, part in enumerate(sheet.parts)
        if follows and not part.own_contour
    )
    return Scene(
        surface="sheet",
        process=profile.process,
        width_um=sheet.width_um,
        height_um=sheet.height_um,
        corner_radius_um=0,
        safe_um=0,
        background="#ffffff",
        items=(*made.marks.items, *cuts),
        findings=(),
    )


# --- printers ----------------------------------------------------------------------------------------------


def write_sheet_pdf(target: Target, made: Composition) -> None:
    """The sheet as PDF/X-4. Raises `CannotBeMade` for a part whose streams were not kept."""
    placed = []
    for number, part, artwork in made.placed:
        if artwork.streams is None:
            raise CannotBeMade(f"The PDF of {part.name} was not kept: have its files made again.")
        windows = () if made.cells[number] == (part.bleed_box,) else made.cells[number]
        placed.append(PlacedArtwork(artwork.streams, part.box.left, part.box.top, part.rotated, windows))
    # Marks are read on the sheet itself: never mirrored, and no white under them.
    plain = replace(made.profile, mirror=False, white_base=False)
    added = furniture(made)
    gang_pdf(
        target,
        placed,
        made.profile,
        width_um=made.sheet.width_um,
        height_um=made.sheet.height_um,
        title=made.sheet.title,
        marks=placeable(added, plain) if added.items else None,
    )


def write_sheet_png(target: Target, made: Composition) -> None:
    """The sheet as RGBA PNG in the machine's resolution."""
    dpi = made.profile.dpi
    placed = [_pixels_of_part(made, number, part, artwork) for number, part, artwork in made.placed]
    placed += [_pixels_of_mark(mark, made.profile) for mark in made.marks.marks]
    width, height = (_pixel(side, dpi) for side in (made.sheet.width_um, made.sheet.height_um))
    gang_png(target, placed, width=width, height=height, dpi=dpi)


def _pixel(um: float, dpi: int) -> int:
    return round(um * dpi / UM_AN_INCH)


def _pixels_of_part(made: Composition, number: int, part: Part, artwork: Artwork) -> PlacedPixels:
    file, dpi = _file(artwork, part, "png"), made.profile.dpi
    width, height = _size_of(file)
    if part.rotated:
        width, height = height, width
    # Bleed lies around the part, alike on all sides: the middles are the same.
    left = (part.box.left + part.box.right) * dpi / UM_AN_INCH / 2 - width / 2
    top = (part.box.top + part.box.bottom) * dpi / UM_AN_INCH / 2 - height / 2
    windows: tuple[tuple[int, int, int, int], ...] = ()
    if made.cells[number] != (part.bleed_box,) or _touches(made.sheet, number):
        windows = tuple(
            (_pixel(box.left, dpi), _pixel(box.top, dpi), _pixel(box.right, dpi), _pixel(box.bottom, dpi))
            for box in made.cells[number]
        )
    pixels = partial(_pixels, file, turned=part.rotated)
    return PlacedPixels(round(left), round(top), width, height, pixels, windows)


def _touches(sheet: Sheet, number: int) -> bool:
    reach = sheet.parts[number].bleed_box.inset(-PIXEL_REACH_UM)
    others = (*sheet.parts[:number], *sheet.parts[number + 1 :])
    return any(common(reach, other.bleed_box) for other in others)


def _pixels_of_mark(mark: Mark, profile: Profile) -> PlacedPixels:
    """Drawn on whole pixels when the sheet comes to it."""
    dpi, box = profile.dpi, mark.box
    left, top = _pixel(box.left, dpi), _pixel(box.top, dpi)
    width, height = ceil(box.width * dpi / UM_AN_INCH), ceil(box.height * dpi / UM_AN_INCH)
    corner = round(left * UM_AN_INCH / dpi), round(top * UM_AN_INCH / dpi)
    items = tuple(
        replace(
            item, path=moved(item.path, -corner[0], -corner[1]), box=item.box.moved(-corner[0], -corner[1])
        )
        for item in mark.items
    )
    scene = Scene(
        surface="mark",
        process=profile.process,
        width_um=round(width * UM_AN_INCH / dpi),
        height_um=round(height * UM_AN_INCH / dpi),
        corner_radius_um=0,
        safe_um=0,
        background="#ffffff",
        items=items,
        findings=(),
    )
    draw = partial(production_window, scene, replace(profile, mirror=False), dpi=dpi)
    return PlacedPixels(left, top, width, height, draw)


def _size_of(file: FilePath) -> tuple[int, int]:
    with Image.open(file, formats=("PNG",)) as opened:
        return opened.size


def _pixels(file: FilePath, *, turned: bool) -> Pixels:
    with Image.open(file, formats=("PNG",)) as opened:
        pixels = np.asarray(opened.convert("RGBA"))
    return np.ascontiguousarray(np.rot90(pixels, -1)) if turned else pixels


# --- lasers and cutters ------------------------------------------------------------------------------------


def sheet_svg(made: Composition) -> bytes:
    """The sheet for a laser, in real millimetres; user units are µm. Layer by layer, what is cut last and the
    parts' outlines at the very end: each outline of a part stands as in its own file, moved by its group.

    Raises `CannotBeMade`.
    """
    _no_bleeds_meet(made)
    sheet, read = made.sheet, cache(_line_svg_reader(made))
    own = {layer.name for layer in made.profile.layers.values()}
    pictures: list[str] = []
    clips: dict[str, str] = {}
    drawn: dict[str, list[str]] = {layer: [] for layer in _in_order(made.profile)}
    for _, part, artwork in made.placed:
        file = read(_file(artwork, part, "svg"))
        _fits(part, file.size_um, set(file.layers) - own, made.profile)
        move = f'<g transform="{_move(part)}">'
        clips.update(file.clips)
        if file.pictures:
            pictures.append(f"{move}{file.pictures}</g>\n")
        for layer, paths in file.layers.items():
            drawn[layer].append(f"{move}{paths}</g>\n")
    for shape in _added(made):
        drawn[shape.layer.name].append(shape_svg(shape, made.profile) + "\n")
    layers = "".join(f'<g id="{name}">\n{"".join(each)}</g>\n' for name, each in drawn.items() if each)
    size = f"{sheet.width_um / 1000:g}mm", f"{sheet.height_um / 1000:g}mm"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}"'
        f' viewBox="0 0 {sheet.width_um} {sheet.height_um}">\n'
        f"{''.join(clips.values())}{''.join(pictures)}{layers}</svg>\n"
    ).encode("ascii")


def sheet_dxf(made: Composition) -> bytes:
    """The sheet as DXF, in millimetres; each chain of points of a part is that of its own file, moved.

    Raises `CannotBeMade`, also for a part that has no DXF because there is a picture on it.
    """
    _no_bleeds_meet(made)
    read = cache(_line_dxf_reader(made))
    layers = {layer.name: layer for layer in made.profile.layers.values()}
    drawn: dict[str, list[DxfLine]] = {layer: [] for layer in _in_order(made.profile)}
    for _, part, artwork in made.placed:
        file = read(_file(artwork, part, "dxf"))
        _fits(part, file.size_um, {each.layer for each in file.chains} - set(layers), made.profile)
        for chain in file.chains:
            points = tuple(_placed_point(part, point) for point in chain.points)
            drawn[chain.layer].append(DxfLine(layers[chain.layer], points, chain.closed))
    for shape in _added(made):
        for points, closed in flattened(shape.path):
            drawn[shape.layer.name].append(DxfLine(shape.layer, points, closed or shape.filled))
    lines = [line for name in drawn for line in drawn[name]]
    used = [layers[name] for name in drawn if drawn[name]]
    return dxf_of(lines, used, width_um=made.sheet.width_um, height_um=made.sheet.height_um)


def _line_svg_reader(made: Composition) -> Callable[[FilePath], LineSvg]:
    colours = _colours(made.profile)
    return lambda file: read_line_svg(file.read_bytes(), colours)


def _line_dxf_reader(made: Composition) -> Callable[[FilePath], LineDxf]:
    colours = _colours(made.profile)
    return lambda file: read_line_dxf(file.read_bytes(), colours)


def _colours(profile: Profile) -> dict[str, str]:
    return {layer.name: layer.colour for layer in profile.layers.values()}


def _in_order(profile: Profile) -> list[str]:
    """The layers' names in the order of work."""
    named: dict[str, Layer] = {role: profile.layers[role] for role in ORDER if role in profile.layers}
    return list(dict.fromkeys(layer.name for layer in named.values()))


def _added(made: Composition) -> Sequence[Shape]:
    """Marks and contours as the machine takes them; the contours are made up for the kerf already."""
    scene = furniture(made)
    plain = replace(made.profile, kerf_um=0, mirror=False)
    cuts = tuple(item for item in scene.items if item.role == "cut")
    # Mark by mark: they do not overlap, and looking for shapes that cross costs the square of their number.
    scenes = [replace(scene, items=items) for items in (*(mark.items for mark in made.marks.marks), cuts)]
    return [shape for each in scenes for shape in laser_shapes(each, plain)]


def _no_bleeds_meet(made: Composition) -> None:
    """What a laser burns over a part's edge cannot be cut off at a line between two parts."""
    for number, part, _ in made.placed:
        if part.bleed_um and made.cells[number] != (part.bleed_box,):
            raise CannotBeMade(
                f"{part.name} lies nearer to its neighbour, or to the sheet's edge, than its bleed needs, and"
                f" {made.profile.name} cannot cut off what it burns: give the machine a gap of at least"
                f" {2 * part.bleed_um / 1000:g} mm and plan the run anew."
            )


def _fits(part: Part, size_um: tuple[int, int], unknown: set[str], profile: Profile) -> None:
    wanted = (part.box.width, part.box.height)
    if size_um != (wanted[::-1] if part.rotated else wanted):
        raise CannotBeMade(f"The file of {part.name} is {_told(size_um)}: have it made again.")
    if unknown:
        raise CannotBeMade(
            f"The file of {part.name} has the layers {', '.join(sorted(unknown))}, which the machine profile"
            f" {profile.code} lacks: have it made again."
        )


def _move(part: Part) -> str:
    if not part.rotated:
        return f"translate({part.box.left} {part.box.top})"
    # (x, y) goes to (height - y, x), then to its place; the artwork's height is the part's width here.
    return f"matrix(0 1 -1 0 {part.box.right} {part.box.top})"


def _placed_point(part: Part, point: tuple[int, int]) -> tuple[int, int]:
    x, y = point
    if not part.rotated:
        return part.box.left + x, part.box.top + y
    return part.box.right - y, part.box.top + x


def _file(artwork: Artwork, part: Part, format: Format) -> FilePath:
    if format not in artwork.files:
        raise CannotBeMade(
            f"{part.name} has no {format.upper()} that was read back: have its files made again."
        )
    return artwork.files[format]
