"""The generated school: the same for one seed, on both engines, and as odd as life."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from dsar.sources.example.load import AlreadyFilled, generate
from dsar.sources.example.people import ASKER_EMAIL, BIG_EMAIL, HUGE_EMAIL, School
from dsar.sources.example.tables import TABLES
from tests.sources.databases import ask

ROWS_OF = """
SELECT (SELECT count(*) FROM grades g JOIN enrolments e ON e.id = g.enrolment_id WHERE e.student_id = s.id)
     + (SELECT count(*) FROM messages WHERE s.id IN (sender_id, recipient_id))
     + {} + 1
FROM students s WHERE email = '{}'
"""
BY_STUDENT = ("applicants", "addresses", "enrolments", "diplomas", "payments", "logins", "survey_answers")


def rows_of(url: str, email: str) -> int:
    counts = " + ".join(f"(SELECT count(*) FROM {table} WHERE student_id = s.id)" for table in BY_STUDENT)
    return int(ask(url, ROWS_OF.format(counts, email))[0][0])


def collected(seed: int, people: int = 60) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    School(people=people, seed=seed, big=0, huge=0, put=lambda table, row: rows.append((table, *row))).fill()
    return rows


def test_one_seed_makes_one_school_and_another_seed_another():
    assert collected(1) == collected(1)
    assert collected(1) != collected(2)


def test_both_engines_hold_the_same_rows(school_of: Callable[[str], str]):
    for table in TABLES:
        counts = ", ".join(f"count({column})" for column in table.columns)
        query = f"SELECT max(id), {counts} FROM {table.name}"
        assert ask(school_of("sqlite"), query) == ask(school_of("postgresql"), query)
    query = "SELECT body FROM messages ORDER BY id"
    assert ask(school_of("sqlite"), query) == ask(school_of("postgresql"), query)


def test_every_address_ends_in_example(school: str):
    for table in TABLES:
        for column in set(table.columns) & {"email", "personal_email"}:
            addresses = [row[0] for row in ask(school, f"SELECT {column} FROM {table.name} WHERE {column} IS NOT NULL")]
            assert addresses
            assert all(address.endswith(".example") for address in addresses)


def test_the_school_has_accents_namesakes_hostile_words_and_gaps(school: str):
    names = {row[0] for row in ask(school, "SELECT first_name FROM students")}
    assert any(re.search(r"[éèëï]", name) for name in names)
    assert ask(school, "SELECT count(*) FROM students WHERE first_name = 'Camille' AND last_name = 'Exemple'") == [(2,)]
    twins = "SELECT count(*) FROM students GROUP BY first_name, last_name, birth_date HAVING count(*) > 1"
    assert ask(school, twins)
    assert ask(school, "SELECT count(*) FROM messages WHERE body LIKE '%<script>%'")[0][0] > 0
    assert ask(school, "SELECT count(*) FROM students WHERE phone IS NULL")[0][0] > 0


def test_someone_who_never_came_is_a_prospect_and_perhaps_an_applicant(school: str):
    strangers = "SELECT count(*) FROM prospects WHERE email NOT IN (SELECT email FROM students)"
    assert ask(school, f"{strangers} AND email LIKE '%@interesse.example'")[0][0] > 0
    assert ask(school, "SELECT count(*) FROM applicants WHERE student_id IS NULL")[0][0] > 0


def test_the_asker_has_an_ordinary_file_and_a_second_address(school: str):
    assert 40 <= rows_of(school, ASKER_EMAIL) <= 300
    personal = ask(school, f"SELECT personal_email FROM students WHERE email = '{ASKER_EMAIL}'")[0][0]
    assert ask(school, f"SELECT count(*) FROM newsletter_subscriptions WHERE lower(email) = '{personal}'") == [(2,)]


def test_large_people_have_exactly_the_rows_that_were_ordered(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/large.sqlite3"
    generate(url=url, people=40, seed=1, big=500, huge=3000, replace=False)
    assert rows_of(url, BIG_EMAIL) == 500
    assert rows_of(url, HUGE_EMAIL) == 3000


def test_a_second_run_says_that_the_school_is_there_and_changes_nothing(school: str, capsys: pytest.CaptureFixture[str]):
    before = ask(school, "SELECT count(*), max(email) FROM students")
    with pytest.raises(AlreadyFilled):
        generate(url=school, people=20, seed=9, big=0, huge=0, replace=False)
    call_command("generate_school", "--database", school)
    assert "already holds" in capsys.readouterr().out
    assert ask(school, "SELECT count(*), max(email) FROM students") == before


def test_replacing_makes_it_anew(empty_database: str):
    generate(url=empty_database, people=20, seed=1, big=0, huge=0, replace=False)
    generate(url=empty_database, people=40, seed=1, big=0, huge=0, replace=True)
    assert ask(empty_database, "SELECT count(*) FROM students") == [(34,)]


@pytest.mark.parametrize("arguments", [["--people", "many"], ["--database", "oracle://x/y"], ["--big-person", "3"]])
def test_a_wrong_option_is_one_sentence(arguments: list[str]):
    with pytest.raises((CommandError, SystemExit)) as refused:
        call_command("generate_school", *arguments)
    assert "\n" not in str(refused.value)
