"""Fills in the public form as a browser without JavaScript does: one page after the other, following where it leads."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

from dsar.models import DataSubjectRequest
from tests.people import CAMILLE_EMAIL, CAMILLE_NAME

ANSWERS: dict[str, dict[str, Any]] = {
    "what": {"rights": ["access"]},
    "who": {"kind": "self"},
    "tie": {"tie": "student", "site": "", "years": ""},
    "contact": {"name": CAMILLE_NAME, "email": CAMILLE_EMAIL},
    "help": {},
}


def step_of(response: HttpResponse) -> str:
    """The page that an answer leads to: /fr/request/who/ → who."""
    return str(response["Location"]).rstrip("/").rsplit("/", 1)[-1]


def begin(client: Client, language: str = "fr") -> None:
    """A fresh form, whatever another window holds."""
    client.post(f"/{language}/", {"anew": ""})


def answer(client: Client, step: str, language: str = "fr", **values: Any) -> HttpResponse:
    return client.post(f"/{language}/request/{step}/", values)  # type: ignore[return-value]


def fill(client: Client, language: str = "fr", **answers: dict[str, Any]) -> list[str]:
    """From the start to the summary; returns the questions met. `answers` replace or add pages."""
    begin(client, language)
    step, met = "what", []
    while step != "check":
        met.append(step)
        response = answer(client, step, language, **{**ANSWERS, **answers}[step])
        assert response.status_code == 302, (step, errors_in(response))
        step = step_of(response)
    return met


def token_in(page: HttpResponse) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', page.content.decode())
    assert found, "the summary carries the number of its form and of its answers"
    return found.group(1)


def send(client: Client, language: str = "fr") -> HttpResponse:
    """Read the summary and press its button."""
    token = token_in(client.get(f"/{language}/request/check/"))  # type: ignore[arg-type]
    return client.post(f"/{language}/request/check/", {"token": token})  # type: ignore[return-value]


def ask(client: Client, language: str = "fr", **answers: dict[str, Any]) -> DataSubjectRequest:
    """The whole form; returns the request that it made."""
    known = set(DataSubjectRequest.objects.values_list("pk", flat=True))
    fill(client, language, **answers)
    response = send(client, language)
    assert step_of(response) == "sent"
    return DataSubjectRequest.objects.exclude(pk__in=known).get()


def errors_in(page: HttpResponse) -> list[str]:
    """The sentences of the error summary."""
    found = re.search(r'<div class="note bad".*?</div>', page.content.decode(), re.DOTALL)
    return re.findall(r'<a href="#[^"]+">([^<]+)</a>', found.group()) if found else []


def title_of(page: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.search(r"<title>(.*?)</title>", page.content.decode(), re.DOTALL).group(1)).strip()  # type: ignore[union-attr]
