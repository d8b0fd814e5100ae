"""How the operator meets the controller's files: the page that explains them, the check at start-up, the command."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from dsar.checks import controller_is_readable
from dsar.controller import load_controller
from tests.domain.controller_folder import SHIPPED, Folder

PAGE = Path(__file__).parents[2] / "docs" / "controller.md"
DATASET = """
dataset:
  - fides_key: school
    collections:
      - name: students
        fides_meta: {skip_processing: true}
        fields: [{name: email}, {name: first_name}, {name: last_name}]
      - name: addresses
        fields: [{name: id, data_categories: [system.operations]}, {name: city}, {name: valid_from, data_categories: [system]}]
"""


def test_the_examples_of_the_page_load(tmp_path):
    folder = Folder(tmp_path / "controller")
    register, sources = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    folder.write("register.yml", register)
    folder.write("sources.yml", sources)
    folder.write("datasets/school.yml", DATASET)
    (folder.place / "datasets/marketing.yml").unlink()
    assert folder.problems() == ()
    assert folder.read().categories["addresses"].portable


def test_the_check_at_start_gives_one_error_for_each_mistake(tmp_path, settings):
    folder = Folder(tmp_path / "controller")
    settings.CONTROLLER_DIR = folder.place
    line = folder.change("sources.yml", "owner_email: si@cesi.example", "owner_email: si")
    (error,) = controller_is_readable()
    assert (error.id, error.is_serious()) == ("dsar.E010", True)
    assert error.msg == f"sources.yml, line {line}: sources.school.owner_email: 'si' is not an email address."
    assert error.hint == "Write for example `owner_email: dpo@school.example`."


def test_the_check_is_silent_about_the_shipped_controller(settings):
    settings.CONTROLLER_DIR = SHIPPED
    assert controller_is_readable() == []


def test_a_document_for_everybody_gives_a_warning_at_each_start(tmp_path, settings):
    folder = Folder(tmp_path / "controller")
    settings.CONTROLLER_DIR = folder.place
    reason = "fr = 'Les familles partagent les comptes de nos élèves', en = 'Accounts are shared between the families of pupils'"
    folder.change("controller.toml", 'documents = "on_doubt"', f'documents = "always"\njustification = {{ {reason} }}')
    (warning,) = controller_is_readable()
    assert (warning.id, warning.is_serious()) == ("dsar.W011", False)


def test_check_controller_says_what_it_understood():
    out = StringIO()
    call_command("check_controller", str(SHIPPED), stdout=out)
    assert "CESI: no mistakes." in out.getvalue()
    assert "found by     email, ga, phone_number, student_number, visitor_id" in out.getvalue()
    assert load_controller(SHIPPED).fingerprint in out.getvalue()


def test_check_controller_names_every_mistake_and_fails(tmp_path):
    folder = Folder(tmp_path / "controller")
    folder.change("controller.toml", "promise_days = 30", 'promise_days = "a month"')
    folder.change("register.yml", "    transfers: none\n", "")
    err = StringIO()
    with pytest.raises(CommandError, match=r"2 mistakes\."):
        call_command("check_controller", str(folder.place), stderr=err)
    assert (
        "controller.toml, line 12: promise_days: 'a month' is not a whole number from 1 to 90.\n    Write digits"
        in err.getvalue()
    )
    assert "activities.training.transfers: is not said." in err.getvalue()
