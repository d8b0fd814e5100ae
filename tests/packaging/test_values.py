"""Values: exact in JSON, openable in a spreadsheet, never run, and never another person's."""

import csv
import io
import json
import zlib
from dataclasses import replace

import pypdf
import pytest

from dsar.packaging.build import PackageBuilder
from dsar.packaging.inputs import PackageBroken
from dsar.packaging.selection import Selection, shares
from tests.packaging import example
from tests.packaging.conftest import build, members

GRADES = example.GRADE_COLUMNS


def grades(lines: str, columns: dict[str, str] | None = None) -> dict[str, bytes]:
    return members(build("fr", [example.part("school.grades", columns or GRADES, lines)])[0])


def cells(files: dict[str, bytes], path: str = "data/grades.csv", delimiter: str = ";") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[path].decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_numbers_keep_the_digits_of_the_source() -> None:
    files = grades(
        '{"assessed_on":"2024-01-01","mark":12.50}\n{"assessed_on":"2024-01-02","mark":0.1000000000000000055511151231257827}\n'
    )
    assert b'"mark":12.50,' in files["data/grades.json"]
    assert b'"mark":0.1000000000000000055511151231257827,' in files["data/grades.json"]
    assert [line["Note"] for line in cells(files)] == ["12,50", "0,1000000000000000055511151231257827"]
    assert b'"12.50"' in files["index.html"]


def test_a_french_csv_has_a_mark_semicolons_and_a_decimal_comma(french: bytes) -> None:
    text = members(french)["data/grades.csv"]
    assert text.startswith("\ufeffDate;Matière;Note;Validé;Appréciation;Enseignant\r\n".encode())
    assert "2023-09-04;Algèbre linéaire;14,50;oui;".encode() in text


def test_an_english_csv_has_commas_and_a_decimal_point() -> None:
    text = members(build("en")[0])["data/grades.csv"]
    assert text.startswith("\ufeffDate,Course,Mark,Passed,Comment,Teacher\r\n".encode())
    assert "2023-09-04,Algèbre linéaire,14.50,yes,".encode() in text


def test_accents_and_every_script_survive(french: bytes) -> None:
    files = members(french)
    assert json.loads(files["data/grades.json"])["rows"][1]["comment"] == "é œ ŵ 漢 👩🏽‍🎓"
    assert cells(files)[1]["Appréciation"] == "é œ ŵ 漢 👩🏽‍🎓"


@pytest.mark.parametrize(
    "value",
    [
        "=1+1",
        "+33 6 00",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =cmd|' /C calc'!A0",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
        "\u00a0=1",
        "\0=1",
    ],
)
def test_a_cell_that_a_spreadsheet_could_run_gets_an_apostrophe_and_json_keeps_the_value(value: str) -> None:
    files = grades(json.dumps({"assessed_on": "2024-01-01", "comment": value}) + "\n")
    assert cells(files)[0]["Appréciation"] == "'" + value.replace("\0", "\ufffd")
    assert json.loads(files["data/grades.json"])["rows"][0]["comment"] == value
    resource = next(r for r in json.loads(files["datapackage.json"])["resources"] if r["path"] == "data/grades.csv")
    assert resource["dsar:csvEscaped"] is True


@pytest.mark.parametrize(("value", "cell"), [("-12.5", "-12,5"), ("-12", "-12"), ('"-12,5"', "-12,5"), ('"-12+1"', "'-12+1")])
def test_a_plain_number_in_a_numeric_field_is_left_alone(value: str, cell: str) -> None:
    files = grades(f'{{"assessed_on":"2024-01-01","mark":{value}}}\n')
    assert cells(files)[0]["Note"] == cell


def test_a_column_whose_values_break_its_type_is_declared_as_text() -> None:
    files = grades('{"assessed_on":"hier","mark":"absent"}\n')
    fields = next(r for r in json.loads(files["datapackage.json"])["resources"] if r["path"] == "data/grades.csv")["schema"][
        "fields"
    ]
    assert [(f["dsar:key"], f["type"]) for f in fields][:3] == [
        ("assessed_on", "string"),
        ("course", "string"),
        ("mark", "string"),
    ]


def everything(files: dict[str, bytes]) -> str:
    """All text of a package, that of its PDFs included."""
    texts = [content.decode("utf-8", "replace") for path, content in files.items() if not path.endswith(".pdf")]
    for path, content in files.items():
        if path.endswith(".pdf"):
            texts += [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    return "\n".join(texts)


def test_another_persons_name_is_nowhere_in_the_package(package: bytes) -> None:
    assert b"Sacha Mod" in b"".join(b"".join(part.open()) for part in example.parts())  # the check can fail
    text = everything(members(package))
    assert "Rattrapage" in text
    assert "Sacha" not in text
    assert "Modèle" not in text.replace("rue du Modèle", "")


def test_masks_are_marked_and_counted_and_the_persons_own_name_stays(french: bytes) -> None:
    files = members(french)
    senders = [row["sender_name"] for row in json.loads(files["data/messages.json"])["rows"]]
    assert senders == ["Camille Exemple", "[masqué : autre personne]"]
    redactions = cells(files, "data/redactions.csv")
    assert [(line["Catégorie"], line["Champ"], line["Cellules masquées"]) for line in redactions] == [
        ("Notes", "Enseignant", "2"),
        ("Messages", "De", "1"),
    ]


def test_the_own_name_is_known_whatever_its_order_case_and_accents() -> None:
    facts = example.facts(data_subject_name="Zoé Exemple", own_names=("Zoé Ancien",))
    rows = [{"sender_name": name} for name in ("EXEMPLE Zoe", "zoé ancien", "Zoé", "Exemple", "Sacha Exemple")]
    builder = PackageBuilder(facts, [example.part("school.messages", example.MESSAGE_COLUMNS, rows)])
    files = members(b"".join(builder.stream()))
    mask = "[masqué : autre personne]"
    senders = [row["sender_name"] for row in json.loads(files["data/messages.json"])["rows"]]
    assert senders == ["EXEMPLE Zoe", "zoé ancien", mask, mask, mask]


def test_a_column_that_no_category_names_is_in_no_file() -> None:
    columns = {**GRADES, "secret_note": "text"}
    line = json.dumps({"assessed_on": "2024-01-01", "comment": "visible", "secret_note": "NEVER-SHOWN"}) + "\n"
    text = everything(grades(line, columns))
    assert "visible" in text
    assert "NEVER-SHOWN" not in text


def test_a_column_that_the_part_does_not_declare_stops_the_build() -> None:
    columns = {"title": "text", "issued_on": "date"}  # every column is named: rows would pass through unread
    part = example.part("school.diplomas", columns, '{"title":"Ingénieur","issued_on":"2026-01-01","secret":"NEVER"}\n')
    with pytest.raises(PackageBroken, match="more columns"):
        build("fr", [part])


def test_a_part_with_fewer_rows_than_collected_stops_the_build() -> None:
    part = replace(example.parts()[1], rows=4)
    with pytest.raises(PackageBroken, match="3 rows read, 4 collected"):
        build("fr", [part])


def test_a_part_that_is_not_json_stops_the_build() -> None:
    with pytest.raises(PackageBroken, match="not JSON"):
        build("fr", [example.part("school.grades", GRADES, '{"mark":1}\nnot json\n')])


def test_an_error_of_the_vault_stops_the_stream() -> None:
    def cut():  # type: ignore[no-untyped-def]
        yield b'{"mark":1}\n'
        raise OSError("truncated")

    part = replace(example.parts()[1], open=cut)
    with pytest.raises(OSError, match="truncated"):
        build("fr", [part])


def test_a_reader_that_goes_away_ends_the_preparing_thread() -> None:
    import threading

    rows = [{"assessed_on": "2024-01-01", "comment": "x" * 500}] * 40_000
    builder = PackageBuilder(example.facts(), [example.part("school.grades", GRADES, rows)], paper=False)
    stream = builder.stream()
    next(iter(stream))
    stream.close()  # type: ignore[attr-defined]
    assert "package-members" not in {thread.name for thread in threading.enumerate()}


def test_a_long_category_shows_its_newest_rows_and_says_how_many_there_are() -> None:
    chosen = Selection(date_key="on", most_rows=2, most_bytes=10_000)
    rows = [{"on": day} for day in ("2024-01-01", "2026-01-01", "2025-01-01")]
    assert chosen.wants(rows)
    chosen.offer(rows, [[json.dumps(row["on"]) for row in rows]])
    assert chosen.lines() == [b'["2026-01-01"]', b'["2025-01-01"]']
    assert chosen.offered == 3
    assert not chosen.complete
    assert not chosen.wants([{"on": "2020-01-01"}])


def test_the_viewer_never_holds_more_bytes_than_its_share() -> None:
    chosen = Selection(date_key=None, most_rows=1000, most_bytes=50)
    for number in range(100):
        chosen.offer([{}], [[json.dumps(f"row {number:03d}")]])
    assert sum(map(len, chosen.lines())) <= 50
    assert chosen.lines()[-1] == b'["row 099"]'


@pytest.mark.parametrize(
    ("wishes", "total", "given"), [([10, 500, 500], 300, [10, 145, 145]), ([1, 2], 10, [1, 2]), ([0, 7], 3, [0, 3]), ([], 5, [])]
)
def test_short_lists_are_whole_and_long_ones_share_the_rest(wishes: list[int], total: int, given: list[int]) -> None:
    assert shares(wishes, total) == given


def test_the_zip_is_deflated() -> None:
    package, _ = build("fr", [example.part("school.grades", GRADES, [{"comment": "encore " * 50}] * 200)])
    assert len(package) < len(zlib.compress(package)) * 1.2
