"""What lies in the ZIP, under which names, and that it holds together."""

import csv
import io
import json
import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import frictionless
import jsonschema
import pytest

from dsar.packaging.names import LONGEST_PATH, Names, slug
from tests.packaging import example
from tests.packaging.conftest import build, members

Extract = Callable[[bytes], Path]


def test_everything_lies_in_one_folder_named_after_the_controller_and_the_reference(french: bytes) -> None:
    names = zipfile.ZipFile(io.BytesIO(french)).namelist()
    assert {name.split("/")[0] for name in names} == {"institut-exemple_IE-7K4M-2XQ9"}


def test_the_french_package_has_the_promised_files(french: bytes) -> None:
    assert set(members(french)) == {
        "LISEZ-MOI.txt",
        "index.html",
        "lettre.pdf",
        "synthese.pdf",
        "datapackage.json",
        "SHA256SUMS",
        "data/identity.csv",
        "data/identity.json",
        "data/grades.csv",
        "data/grades.json",
        "data/messages.csv",
        "data/messages.json",
        "data/newsletter.csv",
        "data/newsletter.json",
        "data/searches.csv",
        "data/redactions.csv",
        "documents/index.csv",
        "portable/datapackage.json",
        "portable/data/identity.csv",
        "portable/data/identity.json",
        "portable/data/messages.csv",
        "portable/data/messages.json",
        "portable/data/newsletter.csv",
        "portable/data/newsletter.json",
        "schema/dsar-package.schema.json",
        "schema/identity.schema.json",
        "schema/grades.schema.json",
        "schema/messages.schema.json",
        "schema/newsletter.schema.json",
    }


def test_the_english_package_has_english_names() -> None:
    assert {"READ-ME.txt", "letter.pdf", "summary.pdf"} <= set(members(build("en")[0]))


def test_no_name_is_long_accented_hidden_or_taken_twice(package: bytes) -> None:
    names = zipfile.ZipFile(io.BytesIO(package)).namelist()
    assert all(re.fullmatch(r"[A-Za-z0-9_./-]+", name) and len(name) <= LONGEST_PATH for name in names)
    assert not any(part.startswith(".") for name in names for part in name.split("/"))
    assert len({name.casefold() for name in names}) == len(names)


@pytest.mark.parametrize(
    "path",
    ["../up.csv", "data/.hidden.csv", "con.csv", "data/aux.json", "é.csv", "run.js", "a b.csv", "data//x.csv", "x" * 90 + ".csv"],
)
def test_a_name_that_a_system_could_misread_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"unsafe|type"):
        Names("institut-exemple_IE-7K4M-2XQ9").take(path)


def test_a_name_is_given_once_whatever_its_case() -> None:
    names = Names("top")
    names.take("data/Grades.csv")
    with pytest.raises(ValueError, match="taken"):
        names.take("data/grades.csv")


def test_a_name_from_user_text_becomes_plain() -> None:
    assert slug("../Études & Cie.exe") == "etudes-cie-exe"


def test_sha256sum_accepts_every_file_and_lists_all_of_them(package: bytes, extracted: Extract) -> None:
    top = extracted(package)
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=top, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    listed = {line.split("  ")[1] for line in (top / "SHA256SUMS").read_text().splitlines()}
    assert listed == set(members(package)) - {"SHA256SUMS"}


def test_the_result_tells_the_hash_of_sha256sums() -> None:
    import hashlib

    package, builder = build("fr")
    assert builder.result.sums_sha256 == hashlib.sha256(members(package)["SHA256SUMS"]).hexdigest()
    assert builder.result.file_name == "institut-exemple_IE-7K4M-2XQ9_2026-12-18.zip"
    assert builder.result.rows == 7


def test_frictionless_accepts_both_descriptors(package: bytes, extracted: Extract) -> None:
    top = extracted(package)
    for descriptor in ("datapackage.json", "portable/datapackage.json"):
        report = frictionless.validate(str(top / descriptor))
        assert report.valid, report.flatten(["type", "message"])


def test_frictionless_notices_an_altered_file(french: bytes, extracted: Extract) -> None:
    top = extracted(french)
    file = top / "data" / "grades.csv"
    file.write_bytes(file.read_bytes().replace(b"14,50", b"19,50"))
    report = frictionless.validate(str(top / "datapackage.json"))
    assert "hash-count" in {code for (code,) in report.flatten(["type"])}


def test_every_json_file_meets_its_schema(package: bytes) -> None:
    files = members(package)
    jsonschema.validate(json.loads(files["datapackage.json"]), json.loads(files["schema/dsar-package.schema.json"]))
    for path, content in files.items():
        if re.match(r"(portable/)?data/.*\.json", path):
            key = path.rsplit("/", 1)[1].removesuffix(".json")
            jsonschema.validate(json.loads(content), json.loads(files[f"schema/{key}.schema.json"]))


def test_csv_json_manifest_and_viewer_count_the_same_rows(french: bytes) -> None:
    files = members(french)
    manifest = {r["path"]: r["dsar:rows"] for r in json.loads(files["datapackage.json"])["resources"] if "dsar:rows" in r}
    assert manifest["data/grades.csv"] == manifest["data/grades.json"] == 3
    lines = list(csv.reader(io.StringIO(files["data/grades.csv"].decode("utf-8-sig")), delimiter=";"))
    assert len(lines) - 1 == len(json.loads(files["data/grades.json"])["rows"]) == 3
    data = re.search(r'id="data-grades">(.*?)</script>', files["index.html"].decode(), re.S)
    assert data
    assert len(json.loads(data[1])) == 3


def test_the_manifest_tells_the_request_and_nobodys_name(french: bytes) -> None:
    manifest = json.loads(members(french)["datapackage.json"])
    assert manifest["dsar:reference"] == "IE-7K4M-2XQ9"
    assert manifest["dsar:receivedOn"] == "2026-11-22"
    assert manifest["dsar:subject"] == {"initials": "C. E.", "tie": "student"}
    assert "Camille" not in json.dumps(manifest)
    grades = next(r for r in manifest["resources"] if r["path"] == "data/grades.csv")
    assert grades["dsar:legalBasis"] == ["contract", "legal_obligation"]
    assert grades["dsar:retention"] == ["Formation + 1 an"]
    assert grades["dsar:period"] == {"from": "2023-09-04", "to": "2024-06-03"}
    assert grades["dsar:redacted"] == 2


def test_the_readme_is_short_and_opens_in_windows(package: bytes) -> None:
    files = members(package)
    text = next(content for path, content in files.items() if path.endswith(".txt"))
    assert text.startswith(b"\xef\xbb\xbf")
    assert text.count(b"\n") == text.count(b"\r\n") <= 40
    assert b"dpo@institut.example" in text


def test_the_same_input_gives_the_same_bytes(french: bytes) -> None:
    assert build("fr")[0] == french


def test_a_portability_package_holds_what_the_person_provided_and_nothing_else(portable: bytes) -> None:
    files = members(portable)
    assert not [path for path in files if path.startswith(("data/", "documents/"))]
    assert {"portable/data/identity.csv", "portable/datapackage.json", "lettre.pdf", "index.html"} <= set(files)
    identity = json.loads(files["portable/data/identity.json"])["rows"][0]
    assert identity["email"] == "camille.exemple@etudiant.example"
    assert "campus" not in identity  # not provided by the person
    assert b"Soutenance" not in b"".join(files.values())  # marks are given by others


def test_portable_files_use_stable_english_keys_points_and_no_mark(french: bytes) -> None:
    text = members(french)["portable/data/identity.csv"].decode()
    assert text.startswith("first_name,last_name,birth_date,email,phone\r\n")


def test_no_data_found_still_makes_a_package_that_says_so(extracted: Extract) -> None:
    package, builder = build("fr", [])
    files = members(package)
    assert builder.result.rows == 0
    assert not [path for path in files if path.startswith("portable/")]
    assert "Nous avons cherché, il n’y a rien" in files["index.html"].decode()
    assert frictionless.validate(str(extracted(package) / "datapackage.json")).valid


def test_searches_are_listed_with_their_result(french: bytes) -> None:
    text = members(french)["data/searches.csv"].decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [line["Collection"] for line in lines] == [line.collection for line in example.facts().searched]
    assert lines[3]["Résultat"] == "rien trouvé"
