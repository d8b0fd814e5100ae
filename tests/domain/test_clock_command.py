"""`manage.py explain_clock`: one request as text or JSON, and many as JSON lines, with nothing lost."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dsar.domain.asked import Unreadable, asked

GOOD = {"id": "a", "pack": "FR", "received": "2026-01-31T10:00:00+01:00"}
KEYS = ["id", "careful_date", "working_date", "legal_limit", "extension_notice_by", "acknowledge_by", "steps"]


def explain(*words: str) -> str:
    out = io.StringIO()
    call_command("explain_clock", *words, stdout=out)
    return out.getvalue()


def batch(tmp_path: Any, *lines: Any) -> tuple[list[dict[str, Any]], str]:
    """The answers, and what the command complained about at the end."""
    file, out = tmp_path / "asked.jsonl", io.StringIO()
    file.write_bytes(b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines) + b"\n")
    said = ""
    try:
        call_command("explain_clock", "--batch", str(file), stdout=out)
    except CommandError as error:
        said = str(error)  # its exit status is 1, as of every CommandError
    return [json.loads(line) for line in out.getvalue().splitlines()], said


# One request


def test_the_text_says_dates_rules_and_version_in_both_languages() -> None:
    page = explain("--pack", "FR", "--received", GOOD["received"], "--pause", "identity:2026-02-03:2026-02-09")
    for said in (
        "FR-2026.1",
        "samedi 28 février 2026, car ce mois n’a pas de 31 (RGPD, art. 12, § 3)",
        "6 jours de pause en plus",
        "[EU-1M-PAUSE] Legal limit: the end of Friday 6 March 2026 at the seat (GDPR Art. 12(3)).",
        "since that month has no day 31",
    ):
        assert said in page, said


def test_one_language_may_be_enough() -> None:
    page = explain("--pack", "FR", "--received", GOOD["received"], "--language", "en")
    assert "Legal limit" in page
    assert "Limite légale" not in page


def test_an_extension_on_a_day_and_a_promise() -> None:
    late = json.loads(
        explain(
            "--pack",
            "FR",
            "--received",
            "2026-03-05T10:00:00+01:00",
            "--extended-on",
            "2026-04-08",
            "--promise-days",
            "30",
            "--json",
        )
    )
    assert list(late) == KEYS
    assert (late["working_date"], late["legal_limit"]) == ("2026-04-04", "2026-04-07")
    assert "has no effect" in " ".join(step["en"] for step in late["steps"])
    in_time = json.loads(
        explain("--pack", "FR", "--received", "2026-03-05T10:00:00+01:00", "--extended-on", "2026-04-07", "--json")
    )
    assert in_time["legal_limit"] == "2026-06-05"


def test_an_open_pause_says_not_before_as_of_a_day() -> None:
    asked_for = (
        "--pack",
        "FR",
        "--received",
        "2026-03-02T10:00:00+01:00",
        "--pause",
        "identity:2026-03-04",
        "--today",
        "2026-03-11",
    )
    page = explain(*asked_for, "--language", "en")
    assert "not before" in page
    assert "The question of Wednesday 4 March 2026 is unanswered: the limit is not before Thursday 9 April 2026" in page
    assert "Legal limit: the end" not in page


def test_a_late_question_is_marked_so() -> None:
    words = explain(
        "--pack", "FR", "--received", "2026-03-02T10:00:00+01:00", "--pause", "identity:2026-03-10:2026-03-20:late", "--json"
    )
    assert json.loads(words)["legal_limit"] == "2026-04-02"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--received", GOOD["received"]], "pack is missing: write one of BR, CA, CCPA, CH, DE, EU, FR, QC, UK."),
        (["--pack", "FR"], "--received is missing"),
        (["--pack", "FR", "--received", "2026-01-31T10:00:00"], "has no offset"),
        (["--pack", "FR", "--received", "2026-01-31"], "is not a time of RFC 3339"),
        (["--pack", "FR", "--received", GOOD["received"], "--pause", "identity"], "is not KIND:FROM:UNTIL"),
        (["--pack", "FR", "--received", GOOD["received"], "--pause", "id:2026-02-03:2026-02-09"], "is not a kind of pause"),
        (["--pack", "FR", "--received", GOOD["received"], "--pause", "identity:2026-02-09:2026-02-03"], "ends before it begins"),
        (
            ["--pack", "FR", "--received", GOOD["received"], "--extended-on", "2026-02-30"],
            "--extended-on: '2026-02-30' is not a day",
        ),
        (["--pack", "FR", "--received", GOOD["received"], "--promise-days", "0"], "is not a whole number of days"),
        (["--pack", "FR", "--received", GOOD["received"], "--right", "opt-out"], "right: 'opt-out' is not known; write opt_out"),
        (["--batch", "/nowhere/asked.jsonl"], "/nowhere/asked.jsonl cannot be read"),
    ],
)
def test_a_mistake_is_one_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        explain(*words)
    assert sentence in str(refused.value)


# Many


def test_a_batch_answers_in_the_order_it_was_asked_with_the_keys_as_named(tmp_path: Any) -> None:
    identity = {"kind": "identity", "from": "2026-03-04T09:00:00+01:00", "until": "2026-03-11T09:00:00+01:00"}
    answers, said = batch(
        tmp_path,
        {**GOOD, "promise_days": 30},
        {"id": 7, "pack": "UK", "received": "2026-03-02T10:00:00Z", "pauses": [identity]},
        {"id": "c", "pack": "FR", "received": "2026-03-02T10:00:00+01:00", "pauses": [{**identity, "late": True}]},
        {"id": "d", "pack": "FR", "received": "2026-01-31T10:00:00+01:00", "extended": True, "pauses": []},
        {"id": "e", "pack": "CCPA", "received": "2026-03-02T10:00:00-08:00", "right": "opt_out"},
        {"id": "f", "pack": "CCPA", "received": "2026-03-02T10:00:00-08:00", "promise_days": None, "pauses": None},
    )
    assert said == ""
    assert [list(answer) for answer in answers] == [KEYS] * 6
    assert [[answer[key] for key in KEYS[:-1]] for answer in answers] == [
        ["a", "2026-02-28", "2026-03-02", "2026-03-02", "2026-03-02", None],
        [7, "2026-04-02", "2026-04-13", "2026-04-13", "2026-04-13", None],
        ["c", "2026-04-02", "2026-04-02", "2026-04-02", "2026-04-02", None],
        ["d", "2026-04-30", "2026-04-30", "2026-04-30", "2026-03-02", None],
        ["e", "2026-03-23", "2026-03-23", "2026-03-23", None, None],
        ["f", "2026-04-16", "2026-04-16", "2026-04-16", "2026-04-16", "2026-03-16"],
    ]
    for step in answers[0]["steps"]:
        assert set(step) == {"rule", "article", "date", "kind", "fr", "en", "pack"}
        assert step["pack"] == "FR-2026.1"


def test_bad_lines_are_answered_on_their_own_line_and_the_others_all_the_same(tmp_path: Any) -> None:
    pause = {"kind": "identity", "from": "2026-02-03T09:00:00+01:00", "until": "2026-02-09T09:00:00+01:00"}
    mistakes = {
        b"not json": "is not JSON",
        b'{"id": "x", "pack": "FR"': "is not JSON",
        b"[" * 100_000: "is not JSON",
        b'{"id": "\xff"}': "is not UTF-8",
        b"[1]": "must hold one JSON object",
        json.dumps({**GOOD, "pack": "XX"}).encode(): "'XX' is not a rule pack",
        json.dumps({**GOOD, "received": "2026-01-31T10:00:00"}).encode(): "has no offset",
        json.dumps({**GOOD, "received": "2026-02-30T10:00:00Z"}).encode(): "is not a day and time that exist",
        json.dumps({**GOOD, "received": 1769850000}).encode(): "is not a time of RFC 3339",
        json.dumps({**GOOD, "received": "9999-12-31T10:00:00Z"}).encode(): "leave the calendar",
        json.dumps({**GOOD, "received": "0001-01-01T00:00:00+05:00"}).encode(): "leave the calendar",
        json.dumps({**GOOD, "extended": "yes"}).encode(): "neither true nor false",
        json.dumps({**GOOD, "promise_days": "30"}).encode(): "not a whole number of days",
        json.dumps({**GOOD, "promise_days": True}).encode(): "not a whole number of days",
        json.dumps({**GOOD, "pauses": {}}).encode(): "is not a list",
        json.dumps({**GOOD, "pauses": ["identity"]}).encode(): "pauses[1]: 'identity' is not an object",
        json.dumps({**GOOD, "pauses": [pause, {**pause, "kind": "fee"}]}).encode(): "pauses[2].kind: 'fee' is not a kind",
        json.dumps({**GOOD, "pauses": [{**pause, "until": "2026-02-03T08:59:59+01:00"}]}).encode(): "before it begins",
        json.dumps({**GOOD, "pauses": [{**pause, "from": "2026-02-03T09:00:00"}]}).encode(): "pauses[1].from: ",
        json.dumps({**GOOD, "pause": []}).encode(): "pause is not known here; did you mean pauses?",
        json.dumps({**GOOD, "recieved": ""}).encode(): "did you mean received?",
    }
    lines = [one for bad in mistakes for one in (bad, {**GOOD, "note": "a key that is nobody’s"})]
    answers, said = batch(tmp_path, *lines)
    assert len(answers) == len(lines)
    assert said == f"{len(mistakes)} of {len(lines)} lines could not be answered; each says why."
    for answer, sentence in zip(answers[::2], mistakes.values(), strict=True):
        assert set(answer) == {"id", "error"}
        assert sentence in answer["error"]
    assert {answer["legal_limit"] for answer in answers[1::2]} == {"2026-03-02"}
    assert answers[10]["id"] == "a", "a line that could be read keeps its id"


def test_a_batch_comes_from_standard_input_too(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = json.dumps(GOOD).encode() + b"\r\n\n" + json.dumps({**GOOD, "id": "é"}).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines)))
    answers = [json.loads(line) for line in explain("--batch", "-").splitlines()]
    assert [(answer["id"], answer["legal_limit"]) for answer in answers] == [("a", "2026-03-02"), ("é", "2026-03-02")]


def test_an_open_pause_of_a_batch_runs_until_the_day_given(tmp_path: Any) -> None:
    pause = {"kind": "identity", "from": "2026-03-04T09:00:00+01:00", "until": None}
    dates = asked({"pack": "FR", "received": "2026-03-02T10:00:00+01:00", "pauses": [pause]}).dates(today=date(2026, 3, 11))
    assert (dates.legal_limit, dates.paused_since) == (date(2026, 4, 9), date(2026, 3, 4))


def test_other_rights_run_the_ordinary_limit_and_other_packs_know_no_opt_out() -> None:
    california = {"pack": "CCPA", "received": "2026-03-02T10:00:00-08:00", "right": "erasure"}
    assert asked(california).dates().legal_limit == date(2026, 4, 16)
    assert asked({**GOOD, "right": "opt_out"}).dates().legal_limit == date(2026, 3, 2)


def test_a_leap_second_is_a_time_of_its_day() -> None:
    assert asked({**GOOD, "received": "2016-12-31T23:59:60Z"}).dates().receipt_date == date(2017, 1, 1)
    assert asked({**GOOD, "received": "2026-01-31t10:00:00.123456789z"}).dates().receipt_date == date(2026, 1, 31)
    with pytest.raises(Unreadable, match=r"RFC 3339"):
        asked({**GOOD, "received": "2026-W05-6T10:00:00Z"})
