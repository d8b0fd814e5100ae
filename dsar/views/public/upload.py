"""Where our script sends a file in slices, so that a line that breaks costs a slice and not the file.

The file then belongs to the form that names it (`dsar.views.public.arrived`): whoever may send that form may send its files, and
nobody else finds out that there are any. Without JavaScript a file comes with its form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, UnreadablePostError
from django.views.decorators.http import require_POST

from dsar.domain.vocabulary import RequestType, SubjectKind
from dsar.forms import route
from dsar.language import language
from dsar.selectors.identity import open_question
from dsar.services import attachments, drafts, papers
from dsar.views.public import draft as answers
from dsar.views.public.identity import asked_of
from dsar.views.public.shared import minutes_left, now, private, subject_of, too_often
from identity import slices
from identity.models import Purpose

UPLOADS_PER_HOUR = 200  # of one network
SLICES_PER_HOUR = 4000  # 2 GB


class Place(NamedTuple):
    """What the files will belong to, and how many may be on their way there at once."""

    reference: str
    purpose: Purpose
    most: int


def _of_a_question(request: HttpRequest) -> Place | None:
    """The papers that we asked for, until the question is settled."""
    dsr = asked_of(request)
    question = open_question(dsr) if dsr is not None else None
    if dsr is None or question is None or dsr.identified_at:
        return None
    return Place(dsr.reference, papers.purpose_of(question), papers.MOST)


def _of_a_message(request: HttpRequest) -> Place | None:
    dsr = subject_of(request)
    return Place(dsr.reference, Purpose.ATTACHMENT, attachments.MOST) if dsr is not None else None


def _of_a_mandate(request: HttpRequest) -> Place | None:
    draft = answers.load(request)
    if draft is None or route.kind(draft.answers) is not SubjectKind.MANDATE:
        return None
    return Place(drafts.reference_of(draft.token), Purpose.MANDATE, drafts.MOST)


def _of_a_correction(request: HttpRequest) -> Place | None:
    draft = answers.load(request)
    if draft is None or RequestType.RECTIFICATION not in route.rights(draft.answers):
        return None
    return Place(drafts.reference_of(draft.token), Purpose.EVIDENCE, drafts.MOST)


PLACES: dict[str, Callable[[HttpRequest], Place | None]] = {
    "identity": _of_a_question,
    "message": _of_a_message,
    "mandate": _of_a_mandate,
    "proof": _of_a_correction,
}


def _place(request: HttpRequest, what: str) -> Place:
    place = PLACES[what](request) if what in PLACES else None
    if place is None:
        raise Http404
    return place


def _wait() -> HttpResponse:
    return HttpResponse(status=429, headers={"Retry-After": str(minutes_left() * 60)})


@private
@require_POST
def upload(request: HttpRequest, what: str) -> HttpResponseBase:
    """Begin, or find what is here already of this very file."""
    place = _place(request, what)
    if too_often(request, "uploads", per_hour=UPLOADS_PER_HOUR):
        return _wait()
    try:
        one = slices.begin(
            reference=place.reference,
            purpose=place.purpose,
            sha256=request.POST.get("sha256", ""),
            size=int(request.POST.get("size", "")),
            at_most=place.most,
            now=now(),
        )
    except ValueError:
        return HttpResponse(status=400)
    except slices.NotTaken as reason:
        return JsonResponse({"problem": reason.refusal.sentence(language())}, status=422)
    return JsonResponse({"upload": str(one.pk), "held": one.held, "slice": slices.SLICE})


@private
@require_POST
def upload_slice(request: HttpRequest, what: str, number: UUID) -> HttpResponseBase:
    """One slice, as the body; whatever it was, the answer says from where to go on."""
    place = _place(request, what)
    if too_often(request, "slices", per_hour=SLICES_PER_HOUR):
        return _wait()
    try:
        offset = int(request.GET.get("at", ""))
        data = request.read(slices.SLICE + 1)
        held = slices.add(number, reference=place.reference, purpose=place.purpose, offset=offset, data=data, now=now())
    except (ValueError, UnreadablePostError):
        return HttpResponse(status=400)
    except slices.NoSuchUpload:
        raise Http404 from None
    return JsonResponse({"held": held})


@private
@require_POST
def upload_end(request: HttpRequest, what: str, number: UUID) -> HttpResponseBase:
    """The person changed their mind: what is here goes, keys first."""
    place = _place(request, what)
    try:
        slices.give_up(number, reference=place.reference, purpose=place.purpose)
    except slices.NoSuchUpload:
        raise Http404 from None
    return HttpResponse(status=204)
