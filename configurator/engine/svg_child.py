"""The caged process that reads strangers' drawings (started by `cage.run`, limited by `caged.limit`)."""

from __future__ import annotations

import sys

from configurator.engine.caged import answer, limit
from configurator.engine.svg_paths import DrawingRefused, read_svg

TOO_HARD = "The drawing takes too much time or memory to read. Simplify its paths, or upload it as PNG."
LEFT_OUT = "Left out of the drawing: {what}."


def main() -> int:
    # Every module that reading may want has to be there before files can no longer be opened.
    read_svg(
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path fill="red" d="M0 0H9V9Z"/></svg>'
    )
    limit(int(sys.argv[-1]))
    try:
        drawing, left_out = read_svg(sys.stdin.buffer.read())
    except DrawingRefused as refused:
        answer({"refused": refused.code, "message": str(refused)})
    except (MemoryError, RecursionError):
        answer({"refused": "too-hard", "message": TOO_HARD})
    else:
        sys.stdout.buffer.write(drawing.canonical())
        notes = [LEFT_OUT.format(what=", ".join(left_out))] if left_out else []
        answer({"width": drawing.width, "height": drawing.height, "notes": notes})
    return 0


if __name__ == "__main__":
    sys.exit(main())
