"""What the public form must never ask or do; each check shows first that it would find it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django import forms as django_forms
from django.conf import settings

from dsar.domain.vocabulary import RequestType
from dsar.forms import details, follow, pass_phrase, public
from dsar.forms.fields import Files
from dsar.forms.route import NUMBERS, route
from tests.web.test_translations import catalogue

PUBLIC = [
    *(Path(settings.BASE_DIR) / "templates" / "public").glob("*.html"),
    *(Path(settings.BASE_DIR) / "templates" / "components").glob("*.html"),
    Path(settings.BASE_DIR) / "templates" / "base.html",
]
SCRIPTS = [path for path in (Path(settings.BASE_DIR) / "dsar" / "static" / "dsar").glob("*.js") if path.name != "office.js"]
QUESTIONS = [
    form
    for room in (public, details, follow, pass_phrase)
    for form in vars(room).values()
    if isinstance(form, type) and issubclass(form, public.Question) and form.__module__ == room.__name__
]
FRENCH = [
    sentence
    for room in ("public", "follow", "identity")
    for message in catalogue(room)
    if message.id
    for sentence in ([message.string] if isinstance(message.string, str) else message.string)
]

NEVER = {
    "an identity document at the start": r'type=["\']?file|passport|id_card|carte d.identit',
    "a civil title or a gender": r"civil_?title|civility|gender|Madame|Monsieur|\bMrs?\b",
    "a phone number": r'type=["\']tel|autocomplete=["\']tel',
    "a birth place": r"birth_?place|lieu de naissance",
    "a social-security number": r"social.security|sécurité sociale|\bNIR\b",
    "a reason for the request": r'name=["\']reason|why do you',
    "a consent to process the request": r"I (agree|consent|accept)|J.accepte",
    "an account": r"create an account|type=[\"']password",
    "a puzzle": r"captcha|hcaptcha|turnstile",
    "a marketing box": r"keep me informed|special offers|subscribe me",
    "something from elsewhere": r"(src|href)=[\"'](https?:)?//",
    "a plea to stay": r"are you sure|sorry to see you go",
    "a position": r"geolocation|geoip",
    "the camera alone, without the pictures that are there already": r"\scapture\b",
    "a look of the State, which others may not wear": r"\bdsfr\b|marianne|franceconnect",
    "a button that does nothing yet": r"<button[^>]*\s(aria-)?disabled",
    "inline style or script": r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=",
}
WOULD_BE_FOUND = {
    "an identity document at the start": '<input type="file">',
    "a civil title or a gender": "<option>Madame</option>",
    "a phone number": '<input type="tel">',
    "a birth place": 'name="birth_place"',
    "a social-security number": "Numéro de sécurité sociale",
    "a reason for the request": 'name="reason"',
    "a consent to process the request": "I agree that",
    "an account": '<input type="password">',
    "a puzzle": '<div class="hcaptcha">',
    "a marketing box": "keep me informed",
    "something from elsewhere": '<script src="https://cdn.example/x.js">',
    "a plea to stay": "Are you sure you want to leave us?",
    "a position": "navigator.geolocation",
    "the camera alone, without the pictures that are there already": '<input accept="image/*" capture>',
    "a look of the State, which others may not wear": '<link rel="stylesheet" href="/static/dsfr.min.css">',
    "a button that does nothing yet": '<button class="btn" disabled>',
    "inline style or script": '<p style="color:red">',
}


@pytest.mark.parametrize("what", NEVER)
def test_the_public_pages_never_ask_or_do(what: str):
    pattern = re.compile(NEVER[what], re.IGNORECASE)
    assert pattern.search(WOULD_BE_FOUND[what]), "the check can fail"
    for path in [*PUBLIC, *SCRIPTS]:
        if what == "an identity document at the start" and (path.name.startswith("identity") or path in SCRIPTS):
            continue  # reached after a person has asked, on a recorded doubt, and not from the form
        found = pattern.search(path.read_text())
        assert found is None, f"{path.name}: {found and found.group()}"
    if what != "an identity document at the start":  # easy words say that it goes without a card
        for french in FRENCH:
            assert pattern.search(french) is None, french


def test_no_form_field_asks_what_is_never_asked():
    assert {"WhatForm", "HelpForm", "AddressForm", "PassPhraseForm"} <= {form.__name__ for form in QUESTIONS}, (
        "the forms are found"
    )
    names = {name for form in QUESTIONS for name in form.base_fields}
    assert "email" in names
    assert names.isdisjoint(
        {
            "title",
            "civility",
            "gender",
            "phone",
            "birth_place",
            "reason",
            "consent",
            "password",
            "document",
            "newsletter",
            "captcha",
        }
    )


def test_no_field_forces_the_camera_or_uses_the_browsers_own_words():
    fields = [field for form in QUESTIONS for field in form.base_fields.values()]
    fields += [field for right in RequestType for field in details.HelpForm(rights=(right,)).fields.values()]
    attributes = {name for field in fields for name in field.widget.attrs}
    assert {"accept", "spellcheck", "autocomplete"} <= attributes, "they are found"
    assert attributes.isdisjoint({"capture", "required", "pattern", "disabled", "placeholder", "checked"})
    assert not any(form.use_required_attribute for form in QUESTIONS)


def test_no_birth_date_of_the_person_who_asks():
    assert {form.__name__ for form in QUESTIONS if "birth_year" in form.base_fields} == {"ChildForm"}


def test_the_only_files_the_form_takes_are_a_mandate_and_what_shows_a_correction_which_nobody_needs():
    uploads = [
        (form.__name__, name)
        for form in QUESTIONS
        if form.__module__ != follow.__name__  # a message of the status page
        for name, field in form.base_fields.items()
        if isinstance(field, django_forms.FileField | Files)
    ]
    assert uploads == [("MandateForm", "mandate")]
    for right in RequestType:
        fields = details.HelpForm(rights=(right,)).fields
        of_files = [field for field in fields.values() if isinstance(field, django_forms.FileField | Files)]
        assert len(of_files) == (right is RequestType.RECTIFICATION)
        assert not any(field.required for field in of_files)


def test_the_postal_address_is_asked_on_no_page_but_its_own():
    assert [form.__name__ for form in QUESTIONS if "postal_address" in form.base_fields] == ["PostForm"]
    assert "post" not in route({"what": {"rights": ["access"]}, "who": {"kind": "self"}, "help": {"delivery": "download"}})


def test_erasure_is_no_longer_a_way_than_access():
    def way(right: RequestType) -> tuple[str, ...]:
        return route({"what": {"rights": [right.value]}, "who": {"kind": "self"}})

    assert len(way(RequestType.ERASURE)) == len(way(RequestType.ACCESS)) == 5


def test_nothing_is_asked_twice():
    once = [
        name
        for form in QUESTIONS
        if form.__name__ in ("TieForm", "ContactForm", "PostForm", "WhoForm")
        for name in form.base_fields
    ]
    assert len(once) == len(set(once))
    assert set(NUMBERS.values()) == {1, 2, 3, 4, 5}
