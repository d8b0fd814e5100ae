"""PDF files written by hand, so that a test can put into them what no honest program writes."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence

RED_PAGE = b"1 0 0 rg 40 40 300 300 re f"
FONTS = b"/Resources<</Font<</F1 3 0 R>>>>"
HONEST_PAGE = b"0 0.4 0 rg 60 600 200 60 re f BT /F1 24 Tf 60 500 Td (Carte de Camille) Tj ET"


def stream(content: bytes, more: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (more, len(content), content)


def pdf(
    *,
    content: bytes = HONEST_PAGE,
    catalogue: bytes = b"",
    page: bytes = b"",
    box: bytes = b"0 0 595 842",
    more: Sequence[bytes] = (),
    trailer: bytes = b"",
    count: int = 1,
) -> bytes:
    """One page (or `count` alike): objects 1 catalogue, 2 pages, 3 font, 4 content, 5 page; `more` are 6, 7 and so on."""
    kids = b" ".join([b"5 0 R"] * count)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalogue,
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        stream(content),
        b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R%s>>" % (box, page or FONTS),
        *more,
    ]
    return written(objects, trailer)


def written(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start))
    return out.getvalue()


def revised(first: bytes, number: int, body: bytes) -> bytes:
    """`first` with object `number` replaced in a later revision: the earlier one is still in the file."""
    before = int(first.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    place = len(first)
    update = b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = place + len(update)
    xref = b"xref\n%d 1\n%010d 00000 n \n" % (number, place)
    return first + update + xref + b"trailer\n<</Size 9/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (before, start)


def laughs(depth: int = 9) -> bytes:
    """A page that draws a form ten times, which draws a form ten times, and so on."""
    resources = b"/Resources<</XObject<</X %d 0 R>>>>"
    forms = [
        stream(b"/X Do " * 10, b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]" + resources % (number + 1))
        for number in range(6, 6 + depth)
    ]
    last = stream(b"0 0 595 842 re f " * 50, b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]")
    return pdf(content=b"/X Do", page=resources % 6, more=[*forms, last])


def flate_bomb(megabytes: int) -> bytes:
    """A page whose drawing inflates to `megabytes` MB of paths, packed twice."""
    squeeze = zlib.compressobj(9)
    packed = b"".join(squeeze.compress(b"0 0 m 9 9 l S " * 74_899) for _ in range(megabytes)) + squeeze.flush()
    twice = zlib.compress(packed, 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[5 0 R]/Count 1>>",
        b"<<>>",
        stream(twice, b"/Filter[/FlateDecode/FlateDecode]"),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
    ]
    return written(objects)


def image_bomb(side: int) -> bytes:
    """A page with one picture of `side` squared pixels, all black, in a few kilobytes."""
    squeeze = zlib.compressobj(9)
    packed = b"".join(squeeze.compress(bytes(side * 3)) for _ in range(side)) + squeeze.flush()
    head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode"
    resources = b"/Resources<</XObject<</X 6 0 R>>>>"
    return pdf(content=b"500 0 0 500 0 0 cm /X Do", page=resources, more=[stream(packed, head % (side, side))])
