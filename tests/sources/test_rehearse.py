"""`manage.py rehearse` and `scan_source`, run as an operator runs them: as processes."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from dsar.controller import ControllerError, load_controller
from dsar.sources.example.load import generate
from dsar.sources.example.people import ASKER_EMAIL, ASKER_GA, HUGE_EMAIL
from tests.sources.databases import ask, do

BASE = Path(__file__).resolve().parents[2]
HUGE = f"(SELECT id FROM students WHERE email = '{HUGE_EMAIL}')"
PLAIN_SQL = {
    "school.students": f"students WHERE id IN {HUGE}",
    "school.applicants": f"applicants WHERE student_id IN {HUGE}",
    "school.enrolments": f"enrolments WHERE student_id IN {HUGE}",
    "school.grades": f"grades WHERE enrolment_id IN (SELECT id FROM enrolments WHERE student_id IN {HUGE})",
    "school.payments": f"payments WHERE student_id IN {HUGE}",
    "school.messages": f"messages WHERE sender_id IN {HUGE} OR recipient_id IN {HUGE}",
    "school.logins": f"logins WHERE student_id IN {HUGE}",
    "marketing.survey_answers": f"survey_answers WHERE student_id IN {HUGE}",
}


def run(*arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BASE / "manage.py"), *arguments]
    return subprocess.run(command, cwd=BASE, env=os.environ | {"SCHOOL_DATABASE_URL": url}, capture_output=True, text=True)


def rehearse(*arguments: str, url: str) -> dict[str, object]:
    done = run("rehearse", "--json", *arguments, url=url)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_person_with_a_hundred_thousand_rows_is_found_whole_in_little_memory(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
):
    url = f"sqlite:///{tmp_path}/huge.sqlite3"
    if engine == "postgresql":
        url = request.getfixturevalue("postgres_database")()
    generate(url=url, people=200, seed=1, big=0, huge=100_000, replace=False)
    told = rehearse("--email", HUGE_EMAIL, "--output", str(tmp_path / "huge.zip"), url=url)
    rows = {one["collection"]: one["rows"] for one in told["collections"]}
    for collection, where in PLAIN_SQL.items():
        assert rows[collection] == ask(url, f"SELECT count(*) FROM {where}")[0][0], collection
    assert told["rows"] == sum(rows.values()) == 100_000
    assert told["peak_memory_bytes"] < 250 * 1024 * 1024
    assert told["package"]["bytes"] == (tmp_path / "huge.zip").stat().st_size


def test_the_package_of_a_rehearsal_opens_and_nothing_else_remains(school: str, tmp_path: Path):
    output = tmp_path / "copy.zip"
    told = rehearse("--email", ASKER_EMAIL, "--name", "Camille Exemple", "--output", str(output), "--language", "en", url=school)
    with zipfile.ZipFile(output) as package:
        assert package.testzip() is None
        assert any(name.endswith("index.html") for name in package.namelist())
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    assert told["namesakes"] > 0
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".sqlite3"] == ["copy.zip"]
    assert not list((Path(settings.VAR_DIR) / "keys").rglob("rehearsals/*/*"))


def test_an_unknown_person_is_no_error(school: str, capsys: pytest.CaptureFixture[str]):
    call_command("rehearse", "--json", "--email", "nobody@nowhere.example")
    told = json.loads(capsys.readouterr().out)
    assert {one["state"] for one in told["collections"]} == {"none", "skipped"}
    assert told["rows"] == 0


def test_the_text_shows_the_plan_the_coverage_and_the_cost(school: str, capsys: pytest.CaptureFixture[str]):
    call_command("rehearse", "--email", ASKER_EMAIL, "--identifier", f"ga={ASKER_GA}")
    told = capsys.readouterr().out
    assert "enrolment_id ← school.enrolments.id" in told
    assert "ga = ga" in told
    assert "peak memory" in told


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--email", "not an address"], "--email"),
        (["--email", ASKER_EMAIL, "--identifier", "student_number"], "KIND=VALUE"),
        (["--email", ASKER_EMAIL, "--identifier", "shoe_size=42"], "shoe_size"),
        (["--email", ASKER_EMAIL, "--output", "/nowhere/at/all.zip"], "does not exist"),
        (["--email", ASKER_EMAIL, "--output", "copy.pdf"], ".zip"),
        (["--email", ASKER_EMAIL, "--controller", "/nowhere"], "/nowhere"),
    ],
)
def test_a_wrong_argument_is_one_sentence_and_status_2(arguments: list[str], word: str, settings):
    settings.CONTROLLER_DIR = settings.CONTROLLER_DIR  # given back after the test
    with pytest.raises(CommandError) as refused:
        call_command("rehearse", *arguments)
    assert refused.value.returncode == 2
    assert word in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_argument_ends_the_process_with_status_2():
    done = run("rehearse", "--email", "not an address", url="sqlite:////nowhere/school.sqlite3")
    assert done.returncode == 2
    assert "--email" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_source_that_does_not_answer_is_coverage_failed_and_status_1():
    done = run("rehearse", "--json", "--email", ASKER_EMAIL, url="sqlite:////nowhere/school.sqlite3")
    assert done.returncode == 1
    collections = json.loads(done.stdout)["collections"]
    assert len(collections) == 14
    assert {one["state"] for one in collections} == {"failed"}


def scan(*arguments: str) -> str:
    out = StringIO()
    call_command("scan_source", *arguments, stdout=out)
    return out.getvalue()


def test_a_scanned_table_is_a_dataset_that_loads(empty_database: str, tmp_path: Path):
    generate(url=empty_database, people=20, seed=1, big=0, huge=0, replace=False)
    do(
        empty_database,
        "CREATE TABLE sick_notes (id integer PRIMARY KEY, student_id integer REFERENCES students (id), mail text, what text)",
    )
    (proposed,) = yaml.safe_load(scan("school"))["dataset"]
    (notes,) = proposed["collections"]
    fields = {one["name"]: one for one in notes["fields"]}
    assert fields["id"]["fides_meta"] == {"primary_key": True}
    assert fields["student_id"]["fides_meta"]["references"][0]["field"] == "students.id"
    assert fields["mail"]["fides_meta"] == {"identity": "email"}
    folder = tmp_path / "controller"
    shutil.copytree(BASE / "config" / "controller", folder)
    shutil.rmtree(folder / "datasets")
    (folder / "datasets").mkdir()
    (folder / "datasets" / "scanned.yml").write_text(scan("school", "--all"))
    with pytest.raises(ControllerError) as loaded:  # the register names the old datasets; the new file itself is sound
        load_controller(folder)
    ours = [problem.message for problem in loaded.value.problems if problem.file == "datasets/scanned.yml"]
    assert ours
    assert not [words for words in ours if "No source of sources.yml" not in words and "no activity of register.yml" not in words]


def test_an_unknown_source_is_one_sentence():
    with pytest.raises(CommandError, match="no source 'shop'") as refused:
        scan("shop")
    assert refused.value.returncode == 2
