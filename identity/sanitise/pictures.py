"""Pixels of a JPEG, PNG or HEIC: decoded, turned upright, on white, in a new picture that knows nothing of the old."""

from __future__ import annotations

import io
import warnings
from contextlib import suppress

import pi_heif
from PIL import Image, ImageOps

from identity.refusals import MAX_PIXELS, Refusal
from identity.sanitise.child import Refused

LONGEST_SIDE = 2400  # enough to read the small print of a card that fills the picture
_QUALITY = 85
_FORMATS = {"jpeg": "JPEG", "png": "PNG", "heic": "HEIF"}


def warm_up() -> None:
    """Load what Pillow loads on first use; later no file can be opened."""
    pi_heif.register_heif_opener(decode_threads=1)
    pi_heif.options.DECODE_THREADS = 1
    Image.preinit()
    Image.init()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    encoded(Image.new("RGB", (8, 8)))


def picture(data: bytes, kind: str) -> Image.Image:
    """The first picture of the file, at most `LONGEST_SIDE` long. Raises `Refused`."""
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=[_FORMATS[kind]])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(Refusal.PIXELS) from None
    if image.width * image.height > MAX_PIXELS:
        raise Refused(Refusal.PIXELS)
    image.draft(image.mode, (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded at the size that we need
    image.load()
    with suppress(Exception):  # an orientation that cannot be read turns nothing
        image = ImageOps.exif_transpose(image)
    return on_white(image)


def on_white(image: Image.Image) -> Image.Image:
    """A new RGB picture with these pixels, transparent ones on white, reduced to `LONGEST_SIDE`."""
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L") if image.mode == "I;16" else image.convert("I")
    if image.mode in ("I", "F"):
        image = image.point(lambda value: value / 256).convert("L")
    transparent = "transparency" in image.info or image.mode in ("RGBA", "LA", "PA", "RGBa", "La")
    if transparent or image.mode not in ("RGB", "L"):
        image = image.convert("RGBA" if transparent else "RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    fresh = Image.new("RGB", image.size, "white")
    fresh.paste(image, mask=image.getchannel("A") if transparent else None)
    return fresh


def encoded(image: Image.Image) -> bytes:
    """The picture as a JPEG without any metadata."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
