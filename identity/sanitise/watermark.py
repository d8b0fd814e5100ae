"""Words drawn over a page, so that a copy that goes astray says what it was for."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
_INK = (20, 40, 90)
_FAINT, _CLEAR = 60, 230  # of 255: over the page, and on the line below
_font_bytes = b""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def warm_up() -> None:
    """Read the font; later no file can be opened. Without DejaVu, Pillow's own font serves."""
    global _font_bytes
    _font_bytes = _DEJAVU.read_bytes() if _DEJAVU.is_file() else b""
    stamped(Image.new("RGB", (64, 64), "white"), "é·")


@lru_cache(maxsize=4)
def _font(size: int) -> Font:
    if not _font_bytes:
        return ImageFont.load_default(size)
    return ImageFont.truetype(io.BytesIO(_font_bytes), size, layout_engine=ImageFont.Layout.BASIC)


def stamped(page: Image.Image, label: str) -> Image.Image:
    """The page with `label` over it, faint and aslant, and once below, where it hides nothing."""
    size = max(10, min(page.size) // 36)
    light, dark = Image.new("L", page.size, 0), Image.new("L", page.size, 0)
    tile, edge = _words(f"   {label}   ", size, 255).rotate(24, expand=True), max(1, size // 10)
    for row, top in enumerate(range(-tile.height // 2, page.height, max(1, tile.height * 2 // 3))):
        for left in range(-(row % 2) * tile.width // 2, page.width, tile.width):
            light.paste(_FAINT, (left + edge, top + edge), tile)
            dark.paste(_FAINT, (left, top), tile)
    page.paste("white", mask=light)  # seen on dark cards, the ink on light ones
    page.paste(_INK, mask=dark)
    line = _words(label, size, _CLEAR)
    if line.width > page.width:
        line = line.resize((page.width, max(1, line.height * page.width // line.width)))
    whole = Image.new("RGB", (page.width, page.height + line.height + size), "white")
    whole.paste(page, (0, 0))
    whole.paste(_INK, ((page.width - line.width) // 2, page.height + size // 2), line)
    return whole


def _words(text: str, size: int, strength: int) -> Image.Image:
    font = _font(size)
    left, top, right, bottom = font.getbbox(text)
    words = Image.new("L", (max(1, int(right - left)), max(1, int(bottom - top) + 2)), 0)
    ImageDraw.Draw(words).text((-left, 1 - top), text, fill=strength, font=font)
    return words
