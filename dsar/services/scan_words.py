"""Why a scan was not accepted, for the colleague who scanned it: the sentences of `identity` speak to the person who sends."""

from __future__ import annotations

from collections.abc import Mapping

from identity.models import Document
from identity.refusals import MAX_PAGES, Refusal

_FRENCH: Mapping[str, str] = {
    Refusal.COUNT: "Un dossier garde cinq numérisations. Détruisez-en une, ou réunissez les pages dans un seul PDF.",
    Refusal.SIZE: "Ce fichier dépasse 10 Mo. Numérisez en plus basse résolution, ou en plusieurs fichiers.",
    Refusal.PAGES: f"Ce PDF a plus de {MAX_PAGES} pages. Ajoutez-le en plusieurs fichiers.",
    Refusal.VIRUS: "L’antivirus a trouvé quelque chose dans ce fichier : il est détruit. Numérisez de nouveau le papier.",
    Refusal.UNREADABLE: "Ce fichier ne s’ouvre pas : il est abîmé ou incomplet. Numérisez de nouveau, en PDF ou en JPEG.",
}
_ENGLISH: Mapping[str, str] = {
    Refusal.COUNT: "A case keeps five scans. Destroy one, or put the pages into one PDF.",
    Refusal.SIZE: "This file is larger than 10 MB. Scan at a lower resolution, or into several files.",
    Refusal.PAGES: f"This PDF has more than {MAX_PAGES} pages. Add it as several files.",
    Refusal.VIRUS: "The virus scanner found something in this file, so it is destroyed. Scan the paper again.",
    Refusal.UNREADABLE: "This file does not open: it is damaged or incomplete. Scan again, as a PDF or JPEG.",
}


def why(document: Document, language: str) -> str:
    """One sentence; "" for a scan that was not refused."""
    own = _FRENCH if language == "fr" else _ENGLISH
    return own.get(document.refusal, "") or document.why(language)
