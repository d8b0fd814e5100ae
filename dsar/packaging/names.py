"""Names inside the ZIP: made by us, short, ASCII, unique under case-folding, harmless on every system (SECURITY T11)."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 64
LONGEST_PATH = 120  # Windows stops at 260 with the folder it is extracted into
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
# No .js, .html from data, .exe: a double click in the ZIP window must never run anything but the viewer.
_ALLOWED_ENDINGS = frozenset({"txt", "html", "pdf", "json", "csv"})

LOCAL_NAMES = {
    "fr": {"readme": "LISEZ-MOI.txt", "letter": "lettre.pdf", "summary": "synthese.pdf"},
    "en": {"readme": "READ-ME.txt", "letter": "letter.pdf", "summary": "summary.pdf"},
}


def slug(text: str, *, longest: int = 40) -> str:
    """`text` as lowercase ASCII letters, digits and hyphens; "x" when nothing remains."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:longest].strip("-") or "x"


def top_folder(controller_slug: str, reference: str) -> str:
    return f"{slug(controller_slug, longest=24)}_{re.sub(r'[^A-Za-z0-9-]', '', reference)}"


def zip_name(controller_slug: str, reference: str, day: str) -> str:
    return f"{top_folder(controller_slug, reference)}_{day}.zip"


class Names:
    """Keeps the names of one ZIP: refuses what a file system could misread, and a name given twice."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._taken: set[str] = set()

    def take(self, path: str) -> str:
        """The member name of `path` under the top folder; raises ValueError for a name we must not write."""
        name = f"{self.folder}/{path}"
        parts = name.split("/")
        if not name.isascii() or len(name) > LONGEST_PATH or any(not _sound(part) for part in parts):
            raise ValueError(f"unsafe member name {name!r}")
        if path != "SHA256SUMS" and path.rsplit(".", 1)[-1] not in _ALLOWED_ENDINGS:
            raise ValueError(f"type of {name!r} is not one we write")
        if name.casefold() in self._taken:
            raise ValueError(f"{name!r} is taken")
        self._taken.add(name.casefold())
        return name


def _sound(part: str) -> bool:
    return (
        0 < len(part) <= LONGEST_NAME
        and part[0] != "."
        and part[-1] not in ". "
        and not re.search(r"[^A-Za-z0-9_.-]", part)
        and not _DEVICES.fullmatch(part)
    )
