"""The files of a form: those that came with it, and those that came before it in slices (`dsar.views.public.upload`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from dsar.domain.errors import DsarError
from identity import slices
from identity.models import Purpose
from identity.refusals import Refusal
from identity.upload import left_out

FIELD = "uploaded"  # the numbers of the uploads that belong to a form


class AlreadyHere(DsarError):
    fr = "Nous avons déjà ce fichier : inutile de le renvoyer."
    en = "We already have this file: there is no need to send it again."


class TooManyAtOnce(DsarError):
    fr = "Trop de fichiers à la fois : aucun n’a été ajouté. Choisissez-en moins."
    en = "Too many files at once: none of them was added. Choose fewer."


@dataclass(frozen=True)
class Arrived:
    """`files` as a form takes them; `again` when some were used before, since this form was sent twice; `refusal` when they are
    too many, or one is not whole, is too old, or never was theirs: the sentence is the same."""

    files: MultiValueDict[str, Any]
    numbers: tuple[UUID, ...]
    again: bool
    refusal: Refusal | TooManyAtOnce | None

    @contextmanager
    def used(self, now: datetime) -> Iterator[None]:
        """Use the slices up with what is done in here, or not at all. Raises `AlreadyHere`."""
        with transaction.atomic():
            for number in self.numbers:
                if not slices.claim(number, now):
                    raise AlreadyHere
            yield


def arrived(request: HttpRequest, field: str, *, reference: str, purpose: Purpose) -> Arrived:
    """The files of `field`; nothing of them is used up yet."""
    files: MultiValueDict[str, Any] = request.FILES.copy()
    numbers: list[UUID] = []
    again = False
    refusal: Refusal | TooManyAtOnce | None = TooManyAtOnce() if left_out(request) else None
    for text in dict.fromkeys(request.POST.getlist(FIELD)):
        try:
            number = UUID(text)
            whole = slices.whole(number, reference=reference, purpose=purpose)
        except (ValueError, slices.NoSuchUpload):
            if _used_before(text, reference, purpose):
                again = True
            else:
                refusal = Refusal.FAILED
        except slices.NotTaken as reason:
            refusal = reason.refusal
        else:
            numbers.append(number)
            files.appendlist(field, SimpleUploadedFile("file", whole, "application/octet-stream"))
    return Arrived(files, tuple(numbers), again, refusal)


def _used_before(text: str, reference: str, purpose: Purpose) -> bool:
    try:
        return slices.was_taken(UUID(text), reference=reference, purpose=purpose)
    except ValueError:
        return False
