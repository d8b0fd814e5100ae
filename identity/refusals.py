"""Why a file was not accepted: one code and one sentence each, in both languages, for the person who sent it."""

from __future__ import annotations

from enum import StrEnum

MAX_BYTES = 10 * 1024 * 1024
MAX_PAGES = 10
MAX_PIXELS = 64_000_000


class Refusal(StrEnum):
    """Why a file was not accepted; the code is what is stored and logged."""

    TYPE = "type"
    SIZE = "size"
    EMPTY = "empty"
    COUNT = "count"
    PASSWORD = "password"  # noqa: S105  (a code)
    VIRUS = "virus"
    UNREADABLE = "unreadable"
    PAGES = "pages"
    PIXELS = "pixels"
    HEAVY = "heavy"
    FAILED = "failed"

    def sentence(self, language: str) -> str:
        """What the person reads: what happened, and what to do."""
        return (_FRENCH if language == "fr" else _ENGLISH)[self]


_ENGLISH = {
    Refusal.TYPE: "This is not a JPEG, PNG, HEIC or PDF file. Please send a photo or a PDF.",
    Refusal.SIZE: "This file is larger than 10 MB. Please send a smaller photo, or fewer pages.",
    Refusal.EMPTY: "This file is empty. Please choose it again.",
    Refusal.COUNT: "You have already added as many files as we can take. Remove one to add another.",
    Refusal.PASSWORD: "This PDF is protected by a password. Please send a copy without one.",
    Refusal.VIRUS: "Our virus scanner found something in this file, so we deleted it. Please send another copy.",
    Refusal.UNREADABLE: "We could not open this file: it seems damaged or incomplete. Please send a PDF, JPEG or PNG.",
    Refusal.PAGES: f"This PDF has more than {MAX_PAGES} pages. Please send only the pages that we asked for.",
    Refusal.PIXELS: f"This picture has more than {MAX_PIXELS // 1_000_000} million pixels. Please send a smaller one.",
    Refusal.HEAVY: "Opening this file takes more time or memory than we allow. Please send a simpler one, a photo for example.",
    Refusal.FAILED: "This file did not arrive whole. Please choose it again.",
}
_FRENCH = {
    Refusal.TYPE: "Ce fichier n’est ni un JPEG, ni un PNG, ni un HEIC, ni un PDF. Envoyez une photo ou un PDF.",
    Refusal.SIZE: "Ce fichier dépasse 10 Mo. Envoyez une photo moins lourde, ou moins de pages.",
    Refusal.EMPTY: "Ce fichier est vide. Choisissez-le de nouveau.",
    Refusal.COUNT: "Vous avez déjà ajouté autant de fichiers que possible. Retirez-en un pour en ajouter un autre.",
    Refusal.PASSWORD: "Ce PDF est protégé par un mot de passe. Envoyez une copie sans mot de passe.",
    Refusal.VIRUS: "Notre antivirus a trouvé quelque chose dans ce fichier : nous l’avons supprimé. Envoyez une autre copie.",
    Refusal.UNREADABLE: "Nous n’avons pas pu ouvrir ce fichier : il est abîmé ou incomplet. Envoyez un PDF, un JPEG ou un PNG.",
    Refusal.PAGES: f"Ce PDF a plus de {MAX_PAGES} pages. Envoyez seulement les pages demandées.",
    Refusal.PIXELS: f"Cette image dépasse {MAX_PIXELS // 1_000_000} millions de pixels. Envoyez-en une plus petite.",
    Refusal.HEAVY: "Ce fichier demande trop de temps ou de mémoire. Envoyez-en un plus simple, par exemple une photo.",
    Refusal.FAILED: "Ce fichier n’est pas arrivé entier. Choisissez-le de nouveau.",
}
