"""Reading production files back, and comparing them with what was approved.

What is read is compared with the scene itself, by code that shares nothing with what wrote the file: PDF is
read operator by operator, SVG as XML, DXF by ezdxf, PNG and TIFF by Pillow, codes by a scanner, work orders
line by line. Positions and sizes have to agree within 0.02 mm in vectors and about half a pixel in pixels.
"""

from configurator.engine.readback.comparing import FORMATS, compare
from configurator.engine.readback.marks import Mismatch, Unreadable

__all__ = ["FORMATS", "Mismatch", "Unreadable", "compare"]
