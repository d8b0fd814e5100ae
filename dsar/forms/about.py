"""What question 2b wrote down about a child, a mandate or somebody who has died, as staff reads it."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from dsar.domain.ages import CONSENT_AGE, has_reached
from dsar.domain.vocabulary import SubjectKind
from dsar.forms import public
from dsar.models import DataSubjectRequest
from dsar.templatetags.page import day as words_of

FORMS = {SubjectKind.CHILD: public.ChildForm, SubjectKind.MANDATE: public.MandateForm, SubjectKind.DECEASED: public.DeceasedForm}


def lines(dsr: DataSubjectRequest) -> list[tuple[str, str]]:
    """Question and answer, in the order of the page; nothing for somebody who asks for themselves."""
    form = FORMS.get(SubjectKind(dsr.subject_kind))
    if form is None:
        return []
    found = [(_("Asked by"), str(dsr.about.get("requester_name", "")))]
    if born := dsr.about.get("birth_date"):
        found.append((_("Birth date"), words_of(date.fromisoformat(born))))
    for name, field in form.base_fields.items():
        if value := str(dsr.about.get(name) or ""):
            words = {key: str(option) for key, option in getattr(field, "choices", [])}
            found.append((str(field.label), words.get(value, value)))
    return [(label, value) for label, value in found if value]


def tag(dsr: DataSubjectRequest, *, today: date) -> str:
    """What must be thought of before anything else: a minor's own view (LAW R-41), or that the GDPR does not apply (LAW R-50)."""
    if dsr.subject_kind == SubjectKind.SELF_MINOR:
        return _("A minor: answer simply, do not write to the parents")
    if dsr.subject_kind == SubjectKind.DECEASED:
        return _("Loi 78-17 art. 84 to 86, not the GDPR: directives, then the person they name, then heirs")
    born = dsr.about.get("birth_date")
    if dsr.subject_kind != SubjectKind.CHILD or not born:
        return ""
    if has_reached(CONSENT_AGE, born=date.fromisoformat(born), on=today):
        return _("A minor, 15 or over: weigh their own view, and their privacy towards the parent")
    return ""
