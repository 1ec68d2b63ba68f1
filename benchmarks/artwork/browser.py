"""The browser sets texts as the server does: glyph ids, positions, ends of lines, outlines."""

from benchmarks.artwork.scale import Scale
from benchmarks.bars import Bar, Section, Table
from tools.browser_layout import compare, node

# Outlines take most of the time: of every so many-th text.
OUTLINED = 20


def section(scale: Scale) -> Section:
    made = Section("browser", "The browser's layout and the server's")
    name = f"texts of {scale.strings:,} that browser and server set differently"
    if node() is None:
        made.bars.append(Bar(name, None, 0, unit="wrong", at_most=True, why="not measured (no node here)"))
        return made
    found = compare(scale.strings, seed=scale.seed, outlined=OUTLINED)
    wrong = {(each.text, each.font) for each in found.differences}
    made.bars.append(Bar(name, len(wrong), 0, unit="wrong", at_most=True))
    made.tables.append(
        Table(
            "Texts set by node and harfbuzzjs and by the server",
            ["texts", "of them wrapped", "glyphs compared", "outlines compared", "differences"],
            [
                [
                    f"{each:,}"
                    for each in (
                        found.texts,
                        found.wrapped,
                        found.glyphs,
                        found.outlines,
                        len(found.differences),
                    )
                ]
            ],
        )
    )
    made.raw = {"differences": [[each.text, each.font, each.what] for each in found.differences[:50]]}
    return made
