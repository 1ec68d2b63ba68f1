"""Hostile and odd drawings (SVG), as shoppers and attackers send them."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.artwork.upload_pictures import Expected, File

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 100"'
)
SQUARE = '<path d="M10 10H90V90H10z"/>'


def drawings() -> Iterator[File]:
    yield from _drawings()
    yield from _hostile_drawings()


def svg(body: str, root: str = "") -> bytes:
    return f"{SVG} {root}>{body}</svg>".encode()


def _drawings() -> Iterator[File]:
    yield "plain drawing", svg(SQUARE), "accept"
    yield "drawing of all shapes", svg(
        '<rect width="9" height="9" rx="2"/><circle r="9"/><ellipse cx="50" cy="50" rx="9" ry="4"/>'
        '<line x2="90" y2="90" stroke="red"/><polyline points="1,1 50,50 1,50"/>'
        '<polygon points="1 1 9 9 1 9"/>'
        '<path d="M1 1A30 20 30 1 0 70 60z"/>'
    ), "accept"  # fmt: skip
    yield "drawing with an outer document type", (
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
        + svg(SQUARE)
    ), "accept"  # fmt: skip
    yield "drawing in UTF-16", svg(SQUARE).decode().encode("utf-16"), "refuse"
    yield "drawing with 15,000 points", svg(f'<path d="M0 0{"l1 1-1-1" * 7_500}z"/>'), "accept"
    yield "drawing that says another format", svg(SQUARE, 'version="9.9"'), "accept"


def _hostile_drawings() -> Iterator[File]:
    laughs = "".join(
        f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' if number else '<!ENTITY a0 "ha">'
        for number in range(10)
    )
    quadratic = f'<!DOCTYPE svg [<!ENTITY a "{"x" * 50_000}">]>'
    yield "billion laughs", f"<!DOCTYPE svg [{laughs}]>".encode() + svg("<text>&a9;</text>"), "refuse"
    yield "quadratic entities", quadratic.encode() + svg(f"<text>{'&a;' * 5_000}</text>"), "refuse"
    for name, address in (("file", "file:///etc/passwd"), ("address", "http://127.0.0.1:1/x")):
        declared = f'<!DOCTYPE svg [<!ENTITY a SYSTEM "{address}">]>'.encode()
        yield f"entity of a {name}", declared + svg("<text>&a;</text>"), "refuse"
        parameter = f'<!DOCTYPE svg [<!ENTITY % a SYSTEM "{address}"> %a;]>'.encode()
        yield f"parameter entity of a {name}", parameter + svg(SQUARE), "refuse"
    active = {
        "script": "<script>alert(1)</script>",
        "script of an address": '<script xlink:href="http://127.0.0.1:1/x.js"/>',
        "handler": '<g onload="alert(1)" onclick="alert(2)"/>',
        "page inside": "<foreignObject><iframe src='javascript:alert(1)'/></foreignObject>",
        "picture of an address": '<image xlink:href="http://127.0.0.1:1/x.png" width="9" height="9"/>',
        "picture inside": '<image href="data:image/png;base64,AAAA" width="9" height="9"/>',
        "link of a script": '<a xlink:href="javascript:alert(1)"><path d="M0 0H9V9z"/></a>',
        "style of an address": "<style>@import url(http://127.0.0.1:1/x.css);</style>",
        "movement": '<animate attributeName="href" to="javascript:alert(1)"/>',
        "handler of movement": '<set attributeName="onload" to="alert(1)"/>',
        "filter bomb": "<filter id='f'>" + "<feMorphology radius='999'/>" * 2_000 + "</filter>",
        "filtered shape": "<path filter='url(#f)' d='M0 0H9V9z'/>",
        "use bomb": "".join(
            f'<g id="u{number}">' + f'<use xlink:href="#u{number - 1}"/>' * 10 + "</g>" for number in range(9)
        ),
        "use of itself": '<g id="u"><use xlink:href="#u"/></g>',
        "pattern in a pattern": '<pattern id="p"><path fill="url(#p)" d="M0 0H9V9z"/></pattern>',
        "processing instruction": '<?php system("id"); ?><?xml-stylesheet href="http://127.0.0.1:1/"?>',
        "another namespace": '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
        "text with a NUL reference": "<title>&#1;</title>",
    }
    for name, body in active.items():
        expected: Expected = "refuse" if "NUL" in name else "accept"
        yield f"drawing with {name}", svg(SQUARE + body), expected
    yield "drawing of text alone", svg("<text>x</text>"), "refuse"
    yield "drawing of 100,000 levels", svg("<g>" * 100_000 + "</g>" * 100_000), "refuse"
    yield "drawing of 300,000 elements", svg("<g/>" * 300_000), "refuse"
    yield "drawing of a million points", svg(f'<path d="M0 0{"L1 1 2 2" * 400_000}"/>'), "refuse"
    attributes = "".join(f'a{number}="{"x" * 50}" ' for number in range(40_000))
    yield "drawing of 3 MB of attributes", svg(SQUARE, attributes), "either"
    yield "drawing of one attribute of 3 MB", svg(f'<path d="M0 0{" " * 3_000_000}H9V9z"/>'), "either"
    yield "drawing of 6 MB", svg(SQUARE + " " * 6_000_000), "refuse"
    for name, value in {"NaN": "NaN", "infinity": "Infinity", "1e999": "1e999", "1e300": "1e300"}.items():
        yield f"drawing with {name}", svg(f'<path d="M0 0L{value} 5L9 9z"/>'), "refuse"
        yield f"drawing turned by {name}", svg(f'<path transform="rotate({value})" d="M0 0H9V9z"/>'), "refuse"
        framed = svg(SQUARE).replace(b"0 0 100 100", f"0 0 {value} 5".encode())
        yield f"drawing framed by {name}", framed, "refuse"
    yield "drawing framed by five numbers", svg(SQUARE).replace(b"0 0 100 100", b"0 0 9 9 9"), "refuse"
    yield "drawing of no size", svg(SQUARE).replace(b"0 0 100 100", b"0 0 0 0"), "refuse"
    yield "drawing of 1,000 to 1", svg(SQUARE).replace(b"0 0 100 100", b"0 0 1000 1"), "refuse"
    yield "drawing of a scale of 1e9", svg(f'<g transform="scale(1e6)">{SQUARE}</g>'), "refuse"
    yield "drawing of 40,000 even-odd lines", svg(
        f'<path fill-rule="evenodd" d="M0 0{"L0 99L99 0" * 20_000}z"/>'
    ), "refuse"  # fmt: skip
    yield "drawing cut off", svg(SQUARE)[:-9], "refuse"
    yield "drawing with a NUL", svg(SQUARE).replace(b"M10", b"M\x0010"), "refuse"
    yield (
        "drawing of arcs without radius",
        svg('<path d="M0 0A0 0 0 1 1 9 9A1e-9 1e-9 0 0 0 50 5z"/>'),
        "accept",
    )
