"""A design's text, pictures and shapes on a surface, in integer micrometres: the one truth of what is
made."""

from configurator.engine.layout.elements import (
    CodeElement,
    Frame,
    LayoutError,
    ShapeElement,
    TextElement,
    compose,
)
from configurator.engine.layout.pictures import ImageElement
from configurator.engine.layout.scene import AssetInfo, Caret, Finding, Fix, Outline, Placed, Scene, Stroke
from configurator.engine.layout.surfaces import StillOpen, lay_out
from configurator.engine.layout.text import TextFrame

__all__ = [
    "AssetInfo",
    "Caret",
    "CodeElement",
    "Finding",
    "Fix",
    "Frame",
    "ImageElement",
    "LayoutError",
    "Outline",
    "Placed",
    "Scene",
    "ShapeElement",
    "StillOpen",
    "Stroke",
    "TextElement",
    "TextFrame",
    "compose",
    "lay_out",
]
