"""Letters: the cover letter of a package (GDPR Art. 15(1) and (2)), the answer to a right carried out by hand, the receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.safestring import mark_safe

from dsar.controller import Controller
from dsar.domain.vocabulary import Channel, CoverageState, Outcome, RequestType, SubjectKind
from dsar.packaging.columns import Table
from dsar.packaging.csv_json import Outcome as Found
from dsar.packaging.inputs import PackageFacts
from dsar.packaging.names import LOCAL_NAMES
from dsar.packaging.pdf import render_pdf
from dsar.packaging.register_text import CategoryText, category_text
from dsar.packaging.texts import render
from dsar.packaging.words import listed, long_date, number, words


@dataclass(frozen=True)
class Group:
    """Categories about which the register says the same: one table of the letter."""

    labels: tuple[str, ...]
    text: CategoryText
    kinds: tuple[tuple[str, str], ...]  # category, its kinds of data
    retention: tuple[tuple[str, str], ...]  # category or "" for all, the rule


def cover_letter(facts: PackageFacts, *, tables: Sequence[tuple[Table, Found]], empty: Sequence[Table]) -> bytes:
    """lettre.pdf or letter.pdf. Raises EmptyItem rather than leave an item of Art. 15(1) blank."""
    language, word = facts.language, words(facts.language)
    texts = [(table.category.key, category_text(table.category, facts.controller, language)) for table, _ in tables]
    states = {line.collection: line.state for line in facts.searched}
    unsearched = (CoverageState.FAILED, CoverageState.SKIPPED, CoverageState.UNMAPPED)
    missing = [t for t in empty if states.get(t.category.collection) in unsearched]
    masked = sum(found.masked for _, found in tables)
    partly = [right for right in facts.rights if facts.outcomes.get(right) is Outcome.PARTLY_GRANTED]
    context = _letter_context(facts.controller, facts.reference, language, facts.answered_on) | {
        "title": f"{word['letter_title']}, {facts.reference}",
        "addressee": facts.addressee,
        "address_lines": facts.postal_address.splitlines(),
        "whole": facts.whole,
        "rights": listed([word[f"right_{right}"] for right in facts.rights], language),
        "portability": RequestType.PORTABILITY in facts.rights,
        "data_subject_name": facts.data_subject_name,
        "received": long_date(facts.received_on, language),
        "in_time": facts.answered_on <= facts.due_on,
        "due": long_date(facts.due_on, language),
        "means": word[f"means_{facts.recognised_by}" if facts.recognised_by else "means_none"],
        "holds_data": bool(tables),
        "items": number(sum(found.rows for _, found in tables), language),
        "category_count": len(tables),
        "groups": _groups(texts),
        "automated": _by_item(texts, "automated"),
        "transfers": _by_item(texts, "transfers"),
        "searched_nothing": listed([t.category.label.in_language(language) for t in empty if t not in missing], language),
        "not_searched": [
            {"what": line.collection, "source": line.source.in_language(language), "reason": line.reason}
            for line in facts.searched
            if line.state in unsearched
        ],
        "masked": masked,
        "masked_shown": number(masked, language),
        "withheld": facts.withheld,
        "partly": [{"right": word[f"right_{right}"], "facts": facts.reasons.get(right, "")} for right in partly],
        "files": LOCAL_NAMES[language],
        "package_days": facts.package_days,
        "follow_url": facts.follow_url,
    }
    html = render(f"letters/cover/{language}.html", context)
    return render_pdf(html, identifier=f"{facts.reference}/{facts.package_id}/letter")


def outcome_letter(
    *,
    language: str,
    controller: Controller,
    reference: str,
    rights: list[str],
    received_on: date,
    decided_on: date,
    outcome_label: str,
    grounds: list[str],
    facts: str,
    granted_part: str,
    recipient_name: str,
    postal_address: str,
    refusal: bool,
) -> bytes:
    """The answer on a right carried out by hand: granted, partly granted, refused, nothing held, or person not identified.

    `refusal` is true when anything was not granted: grounds, complaint and court then stand in full (GDPR Art. 12(4)).
    """
    context = _letter_context(controller, reference, language, decided_on) | {
        "title": f"{reference}, {outcome_label}",
        "addressee": recipient_name,
        "address_lines": postal_address.splitlines(),
        "rights": listed(rights, language),
        "received": long_date(received_on, language),
        "decided": long_date(decided_on, language),
        "outcome_label": outcome_label,
        "grounds": grounds,
        "facts": facts,
        "granted_part": granted_part,
        "refusal": refusal,
    }
    html = render(f"letters/outcome/{language}.html", context)
    return render_pdf(html, identifier=f"{reference}/{outcome_label}/{decided_on}")


def notice_letter(
    *,
    language: str,
    controller: Controller,
    reference: str,
    written_on: date,
    subject: str,
    body: str,
    addressee: str,
    postal_address: str,
    identifier: str,
) -> bytes:
    """A stored notice on paper. `body` is the inside of the HTML that was made, escaped, when the notice was stored."""
    context = _letter_context(controller, reference, language, written_on) | {
        "title": subject,
        "subject": subject,
        "request_word": "Demande" if language == "fr" else "Request",
        "addressee": addressee,
        "address_lines": postal_address.splitlines(),
        "body": mark_safe(body),  # noqa: S308  (from notifications.rendering, which escapes each part)
    }
    return render_pdf(render("letters/notice.html", context), identifier=identifier)


def receipt_letter(
    *,
    language: str,
    controller: Controller,
    reference: str,
    written_on: date,
    channel: Channel,
    forwarded: bool,
    rights: Sequence[str],
    for_whom: SubjectKind,
    without_delay: bool,
    stopped: bool,
    received_on: date,
    working_date: date,
    legal_limit: date,
    late: bool,
    moved: bool,
    addressee: str,
    postal_address: str,
    follow_url: str,
) -> bytes:
    """The receipt: what was understood, when and how it came, by when we answer (LAW R-04 and section 4), to sign when on paper.

    Says nothing that is on file and repeats nothing that the person wrote in free text. An empty `follow_url`: answered by post.
    """
    context = _letter_context(controller, reference, language, written_on) | {
        "title": f"{words(language)['receipt_title']} {reference}",
        "addressee": addressee,
        "address_lines": postal_address.splitlines(),
        "channel": channel.value,
        "forwarded": forwarded,
        "rights": rights,
        "for_whom": for_whom.value,
        "without_delay": without_delay,
        "stopped": stopped,
        "received": long_date(received_on, language),
        "working": long_date(working_date, language),
        "limit": long_date(legal_limit, language),
        "late": late,
        "moved": moved,
        "online": bool(follow_url),
        "follow_url": follow_url,
        "file_years": controller.own_retention.file_years,
        "by_hand": channel not in (Channel.FORM, Channel.API),
    }
    return render_pdf(render(f"letters/receipt/{language}.html", context), identifier=f"{reference}/receipt")


def mandate_letter(*, language: str, controller: Controller, written_on: date) -> bytes:
    """A mandate to fill in by hand: the five fields of the CNIL's recommendation, nothing about anybody."""
    title = words(language)["mandate_title"]
    context = _letter_context(controller, "", language, written_on) | {"title": title, "addressee": "", "address_lines": []}
    return render_pdf(render(f"letters/mandate/{language}.html", context), identifier=f"mandate/{language}")


def _letter_context(controller: Controller, reference: str, language: str, day: date) -> dict[str, object]:
    word = words(language)
    return {
        "language": language,
        "controller": controller,
        "reference": reference,
        "day": long_date(day, language),
        "day_iso": day.isoformat(),
        "page": word["page"],
        "of": word["of"],
    }


def _groups(texts: Sequence[tuple[str, CategoryText]]) -> list[Group]:
    """Tables of the letter in the register's order."""
    alike: dict[tuple[object, ...], list[CategoryText]] = {}
    for _, text in texts:
        alike.setdefault((text.purposes, text.basis, text.recipients, text.origin), []).append(text)
    groups = []
    for members in alike.values():
        rules = {text.retention for text in members}
        shared = (("", "; ".join(members[0].retention)),) if len(rules) == 1 else ()
        groups.append(
            Group(
                labels=tuple(text.label for text in members),
                text=members[0],
                kinds=tuple((text.label, ", ".join(text.kinds)) for text in members),
                retention=shared or tuple((text.label, "; ".join(text.retention)) for text in members),
            )
        )
    return groups


def _by_item(texts: Sequence[tuple[str, CategoryText]], name: str) -> list[dict[str, str]]:
    """What the register says under `name`, each saying once, with the categories it is about."""
    found: dict[str, list[str]] = {}
    for _, text in texts:
        for item in getattr(text, name):
            found.setdefault(item, []).append(text.label)
    return [{"text": item, "about": ", ".join(labels) if len(found) > 1 else ""} for item, labels in found.items()]
