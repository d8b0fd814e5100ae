"""Each mistake in the controller's files is one sentence with file, line and mend; several are told together."""

from __future__ import annotations

import re

import pytest

from dsar.controller import Problem, load_controller
from dsar.controller.problems import ControllerError
from dsar.controller.reading import undecided
from tests.domain.controller_folder import Folder
from tests.domain.controller_mistakes import MISTAKES, REGISTER, SCHOOL, SOURCES, TOML, UNREADABLE


@pytest.fixture
def folder(tmp_path) -> Folder:
    return Folder(tmp_path / "controller")


@pytest.mark.parametrize(("file", "old", "new", "message", "mend"), MISTAKES)
def test_a_mistake_is_one_problem_with_its_line_and_mend(folder, file, old, new, message, mend):
    first = folder.change(file, old, new)
    problem = folder.only_problem()
    assert problem.file == file
    # A missing key is told where its table begins; everything else where it stands.
    told_at = range(1, first + 1) if "missing" in message or "has no" in message or not new else range(first, first + 3)
    assert problem.line in told_at
    assert re.search(message, problem.message)
    assert re.search(mend, problem.mend)


def test_several_mistakes_in_several_files_are_told_together(folder):
    folder.change(TOML, "promise_days = 30", "promise_days = 300")
    folder.change(TOML, 'email = "dpo@cesi.example"', 'email = "dpo"')
    folder.change(REGISTER, "      - period: P1Y\n", "      - period: a year\n")
    folder.change(SOURCES, "owner_email: si@cesi.example", "owner_email: si")
    folder.change(SCHOOL, "user.demographic.gender", "user.demographic.gendre")
    assert [problem.file for problem in folder.problems()] == [TOML, TOML, SCHOOL, REGISTER, SOURCES]
    with pytest.raises(ControllerError, match="5 mistakes in the controller’s files") as raised:
        folder.read()
    assert "controller.toml, line 12: promise_days: 300 is not a whole number from 1 to 90." in str(raised.value)


def test_a_collection_that_no_activity_names_is_a_mistake(folder):
    line = folder.change(
        SCHOOL, "      - name: logins\n", "      - name: badges\n        fields: [{name: door}]\n      - name: logins\n"
    )
    problem = folder.only_problem()
    assert (problem.file, problem.line) == (SCHOOL, line)
    assert problem.message == "school.badges is mapped, and no activity of register.yml names it."
    assert "collection: school.badges" in problem.mend


def test_a_collection_that_its_own_map_skips_needs_no_activity(folder):
    badges = "      - name: badges\n        fides_meta: {skip_processing: true}\n        fields: [{name: door}]\n"
    folder.change(SCHOOL, "      - name: logins\n", f"{badges}      - name: logins\n")
    assert folder.problems() == ()


def test_a_personal_field_that_no_category_names_is_a_mistake_and_a_technical_one_is_not(folder):
    line = folder.change(
        SCHOOL,
        "          - {name: honours,",
        "          - {name: jury, data_categories: [user.name]}\n          - {name: honours,",
    )
    problem = folder.only_problem()
    assert (problem.file, problem.line) == (SCHOOL, line)
    assert problem.message == "school.diplomas.jury is mapped, and no category of register.yml names it."
    folder.change(SCHOOL, "{name: jury, data_categories: [user.name]}", "{name: jury, data_categories: [system.operations]}")
    assert folder.problems() == ()


def test_a_dataset_that_no_source_reads_is_a_mistake(folder):
    folder.change(SOURCES, "datasets: [school, marketing]", "datasets: [school]")
    messages = [problem.message for problem in folder.problems()]
    assert "No source of sources.yml reads the dataset marketing." in messages


def test_a_document_for_everybody_loads_with_a_written_justification(folder):
    french, english = "Les familles partagent les comptes de nos élèves", "Accounts are shared between the families of our pupils"
    reason = f"fr = '{french}', en = '{english}'"
    folder.change(TOML, 'documents = "on_doubt"', f'documents = "always"\njustification = {{ {reason} }}')
    assert folder.read().identity.justification.en.startswith("Accounts are shared")


@pytest.mark.parametrize(("file", "text", "line", "message", "mend"), UNREADABLE)
def test_a_file_that_cannot_be_read_is_told_with_its_line(folder, file, text, line, message, mend):
    folder.write(file, text)
    found = [problem for problem in folder.problems() if problem.file == file]
    assert found, "no mistake was found"
    assert any(
        problem.line == line and re.search(message, problem.message) and re.search(mend, problem.mend) for problem in found
    ), "\n".join(map(str, found))


def test_aliases_that_unfold_without_end_are_refused_at_once(folder):
    layers = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9)]
    folder.write(SOURCES, "\n".join(["l0: &l0 [lol, lol]", *layers, "sources: *l8"]))
    problem = next(problem for problem in folder.problems() if problem.file == SOURCES)
    assert re.search("more than 5 deep|more than 100000 values", problem.message)


def test_wide_aliases_are_counted_as_what_they_unfold_to(folder):
    wide = ", ".join(["x"] * 1000)
    folder.write(SOURCES, f"a: &a [{wide}]\nb: [{', '.join(['*a'] * 200)}]\nsources: {{}}\n")
    assert "more than 100000 values" in folder.problems()[0].message


def test_a_key_written_twice_is_told_with_both_lines(folder):
    line = folder.change(SOURCES, "    kind: sql\n", "    kind: sql\n    owner_team: Other\n")
    problem = folder.only_problem()
    assert problem == Problem(SOURCES, line + 5, f"The key 'owner_team' is already on line {line + 1}.", "Keep one of the two.")


def test_a_comma_that_ends_words_early_is_explained(folder):
    folder.change(SOURCES, '{fr: "Technique, sans donnée personnelle",', "{fr: Technique, sans donnée personnelle,")
    assert folder.only_problem().mend == "A comma inside { } ends the words before it: put words with commas in quotes."


@pytest.mark.parametrize("file", [TOML, REGISTER, SOURCES])
def test_a_missing_file_is_named(folder, file):
    (folder.place / file).unlink()
    (problem,) = [problem for problem in folder.problems() if problem.file == file]
    assert problem.message == "The file is missing."
    assert f"Add {file}" in problem.mend


def test_a_file_under_another_name_is_pointed_at(folder):
    (folder.place / REGISTER).rename(folder.place / "register.yaml")
    assert folder.only_problem() == Problem(REGISTER, 1, "The file is missing.", "Rename register.yaml to register.yml.")


def test_a_folder_without_datasets_says_so(folder):
    (folder.place / SCHOOL).unlink()
    (folder.place / "datasets/marketing.yml").unlink()
    assert (
        Problem("datasets", 1, "There is no dataset.", "Add a Fides dataset file, such as datasets/school.yml.")
        in folder.problems()
    )


def test_a_folder_that_does_not_exist_is_one_sentence(tmp_path):
    with pytest.raises(ControllerError, match=r"There is no such folder\. Set CONTROLLER_DIR"):
        load_controller(tmp_path / "nowhere")


def test_a_folder_in_the_place_of_a_file_is_told(folder):
    (folder.place / REGISTER).unlink()
    (folder.place / REGISTER).mkdir()
    assert folder.only_problem().message == "The file cannot be read: Is a directory."


def test_a_dataset_that_cannot_be_read_is_one_mistake_and_not_one_for_each_name_in_it(folder):
    folder.write(SCHOOL, "dataset: [\n")
    assert folder.only_problem().file == SCHOOL


def test_the_same_dataset_in_two_files_is_told(folder):
    folder.write("datasets/copy.yml", (folder.place / "datasets/marketing.yml").read_text())
    problem = folder.only_problem()
    assert (problem.file, problem.message) == ("datasets/marketing.yml", "The dataset marketing is in datasets/copy.yml already.")


def test_line_ends_of_windows_and_a_byte_order_mark_are_read(folder):
    for file in (TOML, REGISTER, SOURCES, SCHOOL):
        folder.edit(file, lambda text: "\ufeff" + text)
        folder.write(file, (folder.place / file).read_text().replace("\n", "\r\n"))
    assert folder.problems() == ()


def test_a_column_may_be_called_on_or_no(folder):
    folder.change(SCHOOL, "{name: at, data", '{name: "on", data')
    folder.change(
        REGISTER,
        "date_field: at\n        portable: true\n        fields:\n          at:",
        'date_field: "on"\n        portable: true\n        fields:\n          on:',
    )
    assert folder.read().categories["logins"].field_named("on").label.en == "Date and time"


@pytest.mark.parametrize(
    "words",
    [
        "pending", "Pending", "PENDING", "Pending investigation", "Purpose pending investigation", "pending review",
        "Sharing of data is pending investigation", "tbd", "T.B.D." , "TBC", "à définir", "À DÉFINIR", "a definir", "à préciser",
        "reste à déterminer", "to be defined", "to be confirmed", "en attente", "todo",
        "?", "???", "-", "…", "...", "n/a",
        "unknown", "inconnu", " ", "<pending>", "(à compléter)",
    ],
)  # fmt: skip
def test_what_nobody_has_decided_is_no_answer(words):
    assert undecided(words)


@pytest.mark.parametrize(
    "words",
    [
        "Follow applications that are pending a decision", "Répondre aux candidatures en attente", "Aucune", "None",
        "Traiter les dossiers en cours", "Unknown callers are called back", "Define the programme", "Définir le programme",
    ],
)  # fmt: skip
def test_words_that_only_resemble_it_are_answers(words):
    assert not undecided(words)
