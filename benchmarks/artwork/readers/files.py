"""Reads production files as others do: MuPDF the PDF, Skia and svgelements the SVG, ezdxf the DXF.

Runs in the readers' own environment; nothing of the product is imported here. Millimetres, y downwards from
the upper left corner of the page. Coverage is 0 (nothing) to 255 (ink) a pixel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ezdxf
import numpy as np
import pymupdf
import skia
import svgelements
from ezdxf import path as dxf_path
from wire import serve

MM_A_POINT = 25.4 / 72
MM_AN_UNIT = {4: 1.0, 1: 25.4, 5: 10.0, 6: 1000.0}  # $INSUNITS of a DXF
DXF_STEP = 0.002  # millimetres between a curve and its chords

Box = list[float]


def read(path: str, form: str, pixels_per_mm: float, width: int, height: int, out: str) -> dict[str, Any]:
    """Draw the page as `width` x `height` pixels into `out` (npy): coverage, and grey on white paper.

    Gives its size and the box of what it inks.
    """
    size, box, coverage, grey = READERS[form](Path(path), pixels_per_mm, width, height)
    np.save(out, np.stack([coverage, grey]))
    return {"size": size, "box": box}


def _pdf(path: Path, scale: float, width: int, height: int) -> tuple[Box, Box, Any, Any]:
    with pymupdf.open(path) as document:
        page = document[0]
        matrix = pymupdf.Matrix(scale * MM_A_POINT, scale * MM_A_POINT)
        drawn = page.get_pixmap(matrix=matrix, alpha=True, colorspace=pymupdf.csRGB)
        coverage = _pixels(drawn)[..., 3]
        grey = _pixels(page.get_pixmap(matrix=matrix, alpha=False, colorspace=pymupdf.csGRAY))[..., 0]
        boxes = [_of_drawing(each) for each in page.get_drawings()]
        boxes += [list(info["bbox"]) for info in page.get_image_info()]
        size = [page.rect.width * MM_A_POINT, page.rect.height * MM_A_POINT]
        inked = [value * MM_A_POINT for value in _union(boxes)]
        return size, inked, _fitted(coverage, width, height), _fitted(grey, width, height, 255)


def _pixels(drawn: Any) -> Any:
    rows = np.frombuffer(drawn.samples, dtype=np.uint8).reshape(drawn.height, drawn.stride)
    return rows[:, : drawn.width * drawn.n].reshape(drawn.height, drawn.width, drawn.n)


def _of_drawing(drawing: dict[str, Any]) -> Box:
    """The exact box of a path, curves by their extremes, half the line's width around it."""
    points: list[tuple[float, float]] = []
    for item in drawing["items"]:
        if item[0] == "l":
            points += [tuple(item[1]), tuple(item[2])]
        elif item[0] == "c":
            points += _extremes([tuple(point) for point in item[1:5]])
        else:
            around = item[1] if item[0] == "re" else item[1].rect
            points += [(around.x0, around.y0), (around.x1, around.y1)]
    half = (drawing["width"] or 0) / 2 if "s" in drawing["type"] else 0
    xs, ys = zip(*points, strict=True)
    return [min(xs) - half, min(ys) - half, max(xs) + half, max(ys) + half]


def _extremes(curve: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The ends of a cubic curve and where it turns back along x or y."""
    found = [0.0, 1.0]
    for axis in (0, 1):
        a, b, c, d = (point[axis] for point in curve)
        roots = np.roots([3 * (d - 3 * c + 3 * b - a), 6 * (c - 2 * b + a), 3 * (b - a)])
        found += [float(root.real) for root in roots if abs(root.imag) < 1e-9 and 0 < root.real < 1]
    weights = [((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3) for t in found]
    return [
        (
            sum(w * p[0] for w, p in zip(each, curve, strict=True)),
            sum(w * p[1] for w, p in zip(each, curve, strict=True)),
        )
        for each in weights
    ]


def _svg(path: Path, scale: float, width: int, height: int) -> tuple[Box, Box, Any, Any]:
    parsed = svgelements.SVG.parse(str(path), ppi=25.4)  # so that a user unit outside is a millimetre
    boxes = [
        shape.bbox(with_stroke=True) for shape in parsed.elements() if isinstance(shape, svgelements.Shape)
    ]
    boxes += [image.bbox() for image in parsed.elements() if isinstance(image, svgelements.Image)]
    drawing = skia.SVGDOM.MakeFromStream(skia.MemoryStream(path.read_bytes(), True))
    mm = parsed.width, parsed.height
    # Skia takes 90 units for an inch; what it makes of the document's width tells the scale.
    size = drawing.containerSize()
    surface = skia.Surface(width, height)
    with surface as canvas:
        canvas.scale(mm[0] * scale / size.width(), mm[1] * scale / size.height())
        drawing.render(canvas)
    return [float(each) for each in mm], _union([list(box) for box in boxes if box]), *_planes(surface)


def _dxf(path: Path, scale: float, width: int, height: int) -> tuple[Box, Box, Any, Any]:
    document = ezdxf.readfile(path)
    unit = MM_AN_UNIT[document.header["$INSUNITS"]]
    high = document.header["$EXTMAX"][1] * unit
    outline = skia.Path()
    outline.setFillType(skia.PathFillType.kEvenOdd)
    boxes: list[Box] = []
    for entity in document.modelspace():
        points = [
            (point.x * unit, high - point.y * unit)
            for point in dxf_path.make_path(entity).flattening(DXF_STEP)
        ]
        xs, ys = zip(*points, strict=True)
        boxes.append([min(xs), min(ys), max(xs), max(ys)])
        outline.addPoly([skia.Point(x * scale, y * scale) for x, y in points], True)
    surface = skia.Surface(width, height)
    with surface as canvas:
        canvas.drawPath(outline, skia.Paint(AntiAlias=True))
    return [document.header["$EXTMAX"][0] * unit, high], _union(boxes), *_planes(surface)


def _planes(surface: Any) -> tuple[Any, Any]:
    """Coverage, and grey on white; Skia's pixels are premultiplied when asked so."""
    pixels = surface.makeImageSnapshot().toarray(alphaType=skia.kPremul_AlphaType)
    grey = pixels[..., :3].mean(axis=2) + (255 - pixels[..., 3])
    return pixels[..., 3], np.clip(np.rint(grey), 0, 255).astype(np.uint8)


def _fitted(plane: Any, width: int, height: int, paper: int = 0) -> Any:
    """Cut or filled up to the size asked for: pages round to whole pixels in their own way."""
    fitted = np.full((height, width), paper, dtype=np.uint8)
    rows, columns = min(height, plane.shape[0]), min(width, plane.shape[1])
    fitted[:rows, :columns] = plane[:rows, :columns]
    return fitted


def _union(boxes: list[Box]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return [float(min(left)), float(min(top)), float(max(right)), float(max(bottom))]


READERS = {"pdf": _pdf, "svg": _svg, "dxf": _dxf}

if __name__ == "__main__":
    serve({"read": read})
