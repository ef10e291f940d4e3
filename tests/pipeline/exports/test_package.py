"""A corpus on disk: three formats with the same rows, a description that programs read, a proof that believes none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random

import mlcroissant
import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from populations import QUASI, about, counts, counts_shape, generalised, population, shape, table
from pydantic import ValidationError

from disclosure.known import known_values
from disclosure.linkage import Target, link, outcome
from pipeline.exports.package.formats import read_table, write_table
from pipeline.exports.package.proving import prove as prove_strictly
from pipeline.exports.package.shapes import CROISSANT, DATASHEET, FORMATS, PROOF, SUMS, Column, Report, Table
from pipeline.exports.package.writing import digest_of, write_package
from pipeline.exports.shapes import counts_shape as published_counts
from pipeline.exports.shapes import is_of_tier, rows_shape


def prove(folder: Path, **given: object) -> Report:
    """Prove a corpus whose tables are those of these tests."""
    return prove_strictly(folder, fits=lambda *_: True, **given)


@pytest.fixture(scope="module")
def rows():
    return generalised(list(population(1_200)))[1]


@pytest.fixture(scope="module")
def good(rows, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corpus") / "x-0123"
    write_package(folder, about(), [table(rows), Table(counts_shape(), counts("minor", 20, 35, 15, 40, total=110))])
    return folder


@pytest.fixture
def folder(good, tmp_path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "x"))


def written(tmp_path: Path, *tables: Table, **change: object) -> Path:
    folder = tmp_path / "made"
    write_package(folder, about(**change), tables)
    return folder


def told(report: Report) -> set[tuple[str, str, int | None]]:
    return {(fault.check, fault.file, fault.row) for fault in report.faults}


def summed_anew(folder: Path) -> None:
    """Write the list of checksums as somebody would who changed a file on purpose."""
    names = sorted(path.name for path in folder.iterdir() if path.name != SUMS)
    (folder / SUMS).write_text("".join(f"{digest_of(folder / name)}  {name}\n" for name in names))


def test_a_sound_corpus_passes_and_says_what_it_reaches(good, rows):
    report = prove(good)
    assert report.faults == []
    assert report.figures["posts.k"] >= 20
    assert report.figures["posts.l.signals"] >= 3
    assert report.figures["posts.prosecutor"] <= 1 / 20
    assert report.figures["posts.searches"] == 4 * len(rows)
    assert report.left_out, "what cannot be seen on the files alone is said"


def test_three_formats_hold_the_same_rows(good, rows):
    for form in FORMATS:
        assert list(read_table(good / f"posts.{form}", shape())) == rows, form


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # mlcroissant's own
@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame")
def test_croissant_is_valid_and_its_rows_load_through_it_and_through_pandas(good, rows):
    dataset = mlcroissant.Dataset(jsonld=good / CROISSANT)
    assert dataset.metadata.ctx.issues.errors == set()
    loaded = [record for record, _ in zip(dataset.records("posts"), range(50), strict=False)]
    assert [record["posts/region"].decode() for record in loaded] == [row["region"] for row in rows[:50]]
    assert len(list(dataset.records("counts"))) == 5
    frames = [
        pandas.read_parquet(good / "posts.parquet"),
        pandas.read_csv(good / "posts.csv", keep_default_na=False),
        pandas.read_json(good / "posts.jsonl", lines=True, dtype=False),
    ]
    for frame in frames:
        assert list(frame.columns) == [*QUASI, "signals", "weight"]
        assert frame["region"].tolist() == [row["region"] for row in rows]


def test_nothing_in_it_tells_where_it_was_made(good):
    for path in good.iterdir():
        assert str(good.parent).encode() not in path.read_bytes(), path.name


def test_the_datasheet_speaks_both_languages(good):
    sheet = (good / DATASHEET).read_text()
    assert sheet.index("# Fiche du corpus") < sheet.index("# Datasheet of the corpus")
    assert "Compter ce qui se voit." in sheet


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        ("region", "Océane Bouchard", "redaction"),
        ("region", "514 555-0143", "contacts"),
        ("region", "lea@courriel.example", "e-mail"),
    ],
)
def test_what_identifies_is_refused_by_its_row(tmp_path, rows, column, cell, why):
    """An open column, as a mistake would leave one, is read by all detectors."""
    at = 77
    plain = [row | {"region": "*"} for row in rows[:120]]
    planted = [row | {column: cell} if number == at else row for number, row in enumerate(plain, 1)]
    loose = [one.model_copy(update={"form": ""}) if one.name == column else one for one in shape().columns]
    report = prove(written(tmp_path, Table(shape().model_copy(update={"columns": loose}), planted)))
    found = [fault for fault in report.faults if fault.check == "leaks"]
    assert {fault.row for fault in found} == {at}
    assert any(why in fault.why for fault in found)
    assert cell not in report.model_dump_json(), "the report tells no value"


def test_a_value_out_of_its_dictionary_is_refused_whatever_it_looks_like(tmp_path, rows):
    planted = [rows[0] | {"signals": "MINOR!"}, *rows[1:]]
    assert ("leaks", "posts.jsonl", 1) in told(prove(written(tmp_path, table(planted))))


def test_a_value_that_was_taken_out_is_found_by_its_hash(tmp_path, rows):
    planted = [*rows[:5], rows[5] | {"region": "zzq quux"}, *rows[6:]]
    folder = written(tmp_path, table(planted))
    key = bytes(32)
    assert not any("known" in fault.why for fault in prove(folder).faults)
    report = prove(folder, known=known_values(key, ["Zzq-Quux"]))
    assert {fault.row for fault in report.faults if "known" in fault.why} == {6}
    assert len(report.left_out) == 1, "persons are not in the files"


def test_a_row_that_stands_alone_is_refused_and_found_by_an_intruder(tmp_path, rows):
    alone = rows[0] | {"region": "Région Z"}
    report = prove(written(tmp_path, table([*rows, alone])))
    assert ("classes", "posts.jsonl", len(rows) + 1) in told(report)
    assert "k" not in report.figures or report.figures["posts.k"] == 1


def test_a_class_that_tells_one_thing_of_everybody_is_refused(tmp_path):
    alike = {"month": "2026-01", "region": "*", "kind": "post", "language": "fr", "weight": 1.0}
    same = [
        alike | {"signals": signals} for signals in ("minor", "distress|minor", "minor|recruitment") for _ in range(10)
    ]
    report = prove(written(tmp_path, table(same)))
    assert report.figures["posts.k"] == 30
    assert {fault.check for fault in report.faults} == {"classes"}
    assert all("one label is in every answer" in fault.why for fault in report.faults)
    assert prove(
        written(tmp_path / "2", table([*same[:20], *(alike | {"signals": "distress"} for _ in range(10))]))
    ).passed


def test_no_file_lowers_the_bar_of_its_tier(tmp_path, rows):
    few = rows[:1] * 19
    assert any("19 of 20" in fault.why for fault in prove(written(tmp_path, table(few))).faults)


@pytest.mark.parametrize(
    ("cells", "at"),
    [
        (counts("minor", 7, 35, 15, 40, total=95), {1}),
        (counts("minor", 22, 35, 15, 40, total=110), {1}),
        (counts("minor", None, None, None, 110, total=110), {5}),
        (counts("minor", 20, 35, 15, 40, total=75), {1}),
    ],
    ids=["small", "not rounded", "worked out from the total", "contradictory"],
)
def test_a_table_that_gives_a_small_figure_away_is_refused(tmp_path, rows, cells, at):
    report = prove(written(tmp_path, table(rows), Table(counts_shape(), cells)))
    assert at <= {fault.row for fault in report.faults if fault.check == "counts"}


def test_a_changed_byte_is_named(folder):
    path = folder / "posts.csv"
    path.write_bytes(path.read_bytes().replace(b"fr", b"en", 1))
    assert told(prove(folder)) == {("files", "posts.csv", None)}


def test_a_row_in_one_format_and_not_in_another_is_named(folder, rows):
    path = folder / "posts.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:100], *lines[101:]]))
    summed_anew(folder)
    ((check, file, row),) = told(prove(folder))
    assert (check, file) == ("formats", "posts.csv")
    assert row is not None
    assert 100 <= row <= len(rows)


@pytest.mark.parametrize("name", ["posts.parquet", CROISSANT, DATASHEET, SUMS, "data-dictionary.json"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    assert any(fault.file == name for fault in prove(folder).faults)


@pytest.mark.parametrize("name", ["posts.parquet", "posts.csv", "posts.jsonl", "data-dictionary.json", SUMS])
def test_a_broken_file_is_a_fault_and_no_exception(folder, name):
    chance, path = Random(name), folder / name
    data = bytearray(path.read_bytes())
    for _ in range(20):
        data[chance.randrange(len(data))] = chance.randrange(256)
    path.write_bytes(bytes(data))
    if name != SUMS:
        summed_anew(folder)
    assert prove(folder).faults


def test_a_file_that_belongs_to_nothing_is_named(folder):
    (folder / "stage.sqlite").write_bytes(b"rows")
    assert ("files", "stage.sqlite", None) in told(prove(folder))


def test_no_dictionary_says_what_is_checked(good, rows):
    """The tables of these tests are none of the tier's: without leave they are refused, however sound they are."""
    found = told(prove_strictly(good))
    assert found == {("dictionary", "data-dictionary.json", None)}


@pytest.mark.parametrize(
    "change",
    [
        {"form": ".*"},
        {"role": "plain"},
        {"role": "weight"},
        {"fr": "514 555-0143"},
        {"values": ["*", "Océane Bouchard"]},
        {"form": "(("},
    ],
    ids=str,
)
def test_a_column_that_asks_for_less_is_no_column_of_the_tier(change):
    sound = rows_shape("open", ["Laval", "*"])
    assert is_of_tier("open", sound)
    assert is_of_tier("open", published_counts(["2026-01"]))
    assert not is_of_tier("tabular", sound)
    assert not is_of_tier("tabular", published_counts(["2026-01"]))
    columns = [one.model_copy(update=change) if one.name == "region" else one for one in sound.columns]
    assert not is_of_tier("open", sound.model_copy(update={"columns": columns}))
    assert not is_of_tier("open", sound.model_copy(update={"kind": "counts"}))
    assert not is_of_tier("open", published_counts(["Océane"]))


def test_a_weight_of_its_own_singles_out(tmp_path, rows):
    own = [*rows[:9], rows[9] | {"weight": 7.0}, *rows[10:]]
    assert ("classes", "posts.jsonl", 10) in told(prove(written(tmp_path, table(own))))


def test_an_empty_corpus_and_one_without_rows_are_no_corpus(tmp_path):
    assert not prove(written(tmp_path, table([]))).passed
    assert not prove(written(tmp_path / "2", Table(counts_shape(), []))).passed


def test_another_proof_beside_the_files_is_refused(folder):
    sound = prove(folder)
    (folder / PROOF).write_text(sound.model_dump_json())
    assert prove(folder).passed
    for change in ({"left_out": ["Océane, 514 555-0143"]}, {"figures": {"Océane": 1.0}}):
        (folder / PROOF).write_text(sound.model_copy(update=change).model_dump_json())
        assert told(prove(folder)) == {("files", PROOF, None)}
    (folder / PROOF).write_text("Océane")
    assert told(prove(folder)) == {("files", PROOF, None)}


@pytest.mark.parametrize("change", [{"purpose": "Appeler le 514 555-0143"}, {"scope": {"regions": ["lea@x.example"]}}])
def test_what_a_corpus_says_of_itself_is_read_too(tmp_path, rows, change):
    assert any(fault.check == "leaks" for fault in prove(written(tmp_path, table(rows), **change)).faults)


@pytest.mark.parametrize(
    "change",
    [{"grid": "514 555-0143"}, {"models": ["Océane B."]}, {"levels": {"month": "Océane"}}, {"loss": {"Océane": 1}}],
)
def test_what_is_no_version_cannot_be_said(change):
    with pytest.raises(ValidationError):
        about(**change)


def test_a_writer_that_fails_leaves_nothing_that_looks_whole(tmp_path, rows):
    def broken():
        yield from rows[:1000]
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="the power went"):
        write_package(tmp_path / "x", about(), [Table(shape(), broken())])
    assert not (tmp_path / "x").exists()
    write_package(tmp_path / "x", about(), [table(rows)])
    assert prove(tmp_path / "x").passed
    with pytest.raises(FileExistsError):
        write_package(tmp_path / "x", about(), [table(rows)])


WEIRD = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=12) | st.sampled_from(
    ["=cmd|' /C calc'!A0", "'=1", "+1 514", "\n", '"', "a\r\nb", "\u2028", " ", "-1", "@x", "🙂", "'", ""]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(WEIRD, st.none() | st.integers(-(2**62), 2**62), st.none() | st.floats(-1e9, 1e9)), max_size=6)
)
def test_whatever_a_cell_holds_comes_back_from_all_three(tmp_path, cells):
    columns = [
        Column(name="words", role="plain", fr="", en=""),
        Column(name="number", role="plain", type="integer", fr="", en=""),
        Column(name="share", role="plain", type="number", fr="", en=""),
    ]
    made = shape().model_copy(update={"columns": columns, "name": "t"})
    rows = [dict(zip(("words", "number", "share"), own, strict=True)) for own in cells]
    assert write_table(tmp_path, made, rows) == len(rows)
    for form in FORMATS:
        assert list(read_table(tmp_path / f"t.{form}", made)) == rows, form
    for line in (tmp_path / "t.csv").read_bytes().decode().split("\r\n"):
        assert not line.startswith(("=", "@")), "a spreadsheet would reckon it"


@pytest.mark.thorough
def test_nobody_of_twenty_thousand_is_found_in_the_open_tier(tmp_path):
    """Whoever knows what is true of somebody, any columns of it, finds more than one row that fits, or none."""
    people = list(population(20_000, seed=7))
    found, _ = generalised(people)
    maps = dict(zip(found.roles.quasi, found.maps, strict=True))
    # Whose row a released one is: the release keeps the order, less what it leaves out.
    owned = []
    for number, row in enumerate(people):
        own = {column: maps[column][str(row[column])] for column in QUASI}
        if (tuple(own[column] for column in QUASI),) not in found.suppressed:
            owned.append((str(number), row | own))
    everybody = [
        Target(str(number), row | {one: maps[one][str(row[one])] for one in QUASI}) for number, row in enumerate(people)
    ]
    for known, wanted in ((1, 500), (2, 1_000), (3, 2_000), (4, 20_000)):
        targets = everybody[:: 20_000 // wanted]
        came = outcome(link(owned, targets, QUASI, known=known, chance=Random(known), sensitive=("signals",)))
        assert came.searches == wanted
        assert came.confirmed == 0
        assert came.inferred == 0
        assert came.best <= 1 / 20
    folder = written(tmp_path, table([row for _, row in owned]))
    assert prove(folder).passed


def test_the_report_is_read_by_programs(good):
    told_ = json.loads(prove(good).model_dump_json())
    assert told_["tier"] == "open"
    assert told_["faults"] == []
