"""A chain of four jobs from a pinned archive to a table, whole and then broken in every way."""

import importlib.machinery
import importlib.util
import json
import subprocess
from pathlib import Path

import pytest

from crosstalk.corpora.registry import Registry
from crosstalk.digest import file_digest
from crosstalk.errors import DataError
from crosstalk.records import sources_digest
from crosstalk.results.runs import read_run
from crosstalk.results.verify import (
    ABSENT,
    BROKEN,
    STANDS,
    Ledger,
    cell_of,
    find_records,
    made_by_other_code,
)

SCRIPT = Path("workflow/scripts/verify").resolve()
RAW, MESSAGES = "data/raw/tales/tales.archive", "data/prepared/tales/messages.parquet"
MODEL, METRICS = "work/mini/one/model.safetensors", "results/mini/one/metrics.csv"
TABLE, REFERENCE = "results/mini/one/tables/table_1.csv", "workflow/reference/one.yaml"
CHAIN = [
    ("data/records/prepare_tales.json", [RAW], [MESSAGES]),
    ("results/mini/one/runs/train.json", [MESSAGES], [MODEL]),
    ("results/mini/one/runs/measure.json", [MODEL, MESSAGES], [METRICS]),
    ("results/mini/one/runs/write_tables.json", [METRICS, REFERENCE], [TABLE]),
]
CONTENTS = {
    RAW: "archive",
    MESSAGES: "messages",
    MODEL: "model",
    METRICS: "table,row,column,seed,value\ntable_1,A*,x,all,12.3457\ntable_1,A*,x,0,1.0\n",
    TABLE: "row,column,ours\nA*,x,12.3457\nB,x,\n",
    REFERENCE: "paper: one",
}

ROOT = Path(__file__).parents[2]


def write(path, text):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def describe(paths):
    return {"files": [{"path": path, "sha256": file_digest(Path(path))} for path in paths]}


def record(place, inputs, outputs, day):
    write(
        place,
        json.dumps(
            {
                "stage": "write-tables",
                "inputs": describe(inputs),
                "outputs": describe(outputs),
                "code": {"sources": sources_digest("crosstalk.results.tables")},
                "started": f"2026-01-{day:02}",
            }
        ),
    )


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """Lay out the files and records of the chain, and return a registry that pins its archive."""
    monkeypatch.chdir(tmp_path)
    for path, text in CONTENTS.items():
        write(path, text)
    for day, (place, inputs, outputs) in enumerate(CHAIN, start=1):
        record(place, inputs, outputs, day)
    origin = {"url": "https://example.org/tales.tar.gz", "sha256": file_digest(Path(RAW))}
    entry = {
        "title": "Tales",
        "kind": "text",
        "home": "https://example.org",
        "licence": "CC0-1.0",
        "citation": "Tales.",
        "archives": [{"name": "tales.archive", "bytes": 7, "origins": [origin]}],
    }
    write("workflow/corpora.yaml", json.dumps({"sources": {"tales": entry}}))
    return Registry.model_validate({"sources": {"tales": entry}})


def links(registry):
    return list(Ledger(map(read_run, find_records("mini")), registry).walk(TABLE))


def first_broken(registry):
    return next(link for link in links(registry) if link.state == BROKEN)


def test_every_link_of_a_whole_chain_stands_the_nearest_first(registry):
    found = links(registry)
    assert [link.path for link in found] == [TABLE, METRICS, REFERENCE, MODEL, MESSAGES, RAW]
    assert {link.state for link in found} == {STANDS}
    assert found[0].maker == "results/mini/one/runs/write_tables.json"
    assert found[-1].maker == "registry of corpora"


@pytest.mark.parametrize("path", [RAW, MESSAGES, MODEL])
def test_an_intermediate_may_be_absent(registry, path):
    Path(path).unlink()
    states = {link.path: link.state for link in links(registry)}
    assert states.pop(path) == ABSENT
    assert set(states.values()) == {STANDS}


@pytest.mark.parametrize("path", CONTENTS)
def test_a_changed_file_is_the_broken_link(registry, path):
    with Path(path).open("a") as file:
        file.write(" ")
    broken = [link for link in links(registry) if link.state == BROKEN]
    assert [link.path for link in broken] == [path]


def test_of_several_broken_links_the_nearest_to_the_table_is_named_first(registry):
    for path in (RAW, MODEL):
        Path(path).write_text("other")
    assert first_broken(registry).path == MODEL


def test_an_input_made_anew_since_breaks_the_link_even_if_both_records_fit_their_files(registry):
    Path(MODEL).write_text("trained again")
    record(CHAIN[1][0], [MESSAGES], [MODEL], day=9)
    link = first_broken(registry)
    assert link.path == MODEL
    assert link.why == "made anew since results/mini/one/runs/measure.json used it: run again"


def test_of_two_records_for_a_file_the_newer_counts(registry):
    record("results/mini/one/runs/older.json", [REFERENCE], [MODEL], day=0)
    assert {link.state for link in links(registry)} == {STANDS}


def test_an_archive_that_is_not_pinned_breaks_the_link(registry):
    Path(RAW).write_text("another release")
    record(CHAIN[0][0], [RAW], [MESSAGES], day=1)
    link = first_broken(registry)
    assert link.path == RAW
    assert link.why.endswith("used an archive that is not pinned")


def test_what_git_holds_must_be_there(registry):
    Path(REFERENCE).unlink()
    assert first_broken(registry).path == REFERENCE


def test_a_file_that_no_record_made_breaks_the_link(registry):
    Path(CHAIN[1][0]).unlink()
    link = first_broken(registry)
    assert (link.path, link.why) == (MODEL, "no record says what made it: run again")


def test_a_cell_is_that_of_the_metrics(registry):
    assert cell_of(Path(TABLE), "A*", "x") == 12.3457
    with pytest.raises(DataError, match="no value in row 'B'"):
        cell_of(Path(TABLE), "B", "x")
    write(METRICS, CONTENTS[METRICS].replace("12.3457", "12.4"))
    with pytest.raises(DataError, match=r"is 12\.3457, which is not in results/mini/one/metrics"):
        cell_of(Path(TABLE), "A*", "x")


def test_a_table_of_words_has_cells_of_text_in_rows_named_by_their_first_cells(registry):
    words = Path("results/mini/one/tables/words.csv")
    write(words, "row,spoken,rank 1\nA*,their,NA\nA*,these,fierce\nB,their,own\n")
    assert cell_of(words, "A* their", "rank 1") == "NA"
    assert cell_of(words, "B", "rank 1") == "own"
    with pytest.raises(
        DataError, match="not one row 'A\\*': name it by its first cells, as 'A\\* their'"
    ):
        cell_of(words, "A*", "rank 1")
    with pytest.raises(DataError, match="no column 'rank 9'; it has row, spoken, rank 1"):
        cell_of(words, "B", "rank 9")


def test_records_of_other_code_are_known():
    runs = [
        {"record": "b", "stage": "write-tables", "code": {"sources": "other"}},
        {"record": "a", "stage": "no-more", "code": {"sources": "other"}},
        {
            "record": "c",
            "stage": "write-tables",
            "code": {"sources": sources_digest("crosstalk.results.tables")},
        },
    ]
    assert made_by_other_code(runs, {"write-tables": "crosstalk.results.tables"}) == ["a", "b"]


@pytest.fixture
def verify(registry, capsys):
    """Call the script; returns (status, standard output, standard error)."""
    loader = importlib.machinery.SourceFileLoader("verify", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("verify", loader))
    loader.exec_module(module)
    return lambda *arguments, **options: (
        module.main(*arguments, **options),
        *capsys.readouterr(),
    )


def test_the_command_says_what_stands_and_ends_with_the_first_broken_link(verify):
    status, output, error = verify("mini", "one/table_1:A*:x")
    assert (status, error) == (0, "")
    first, *_, last = output.splitlines()
    assert first == f"{TABLE}: A*, x = 12.3457, as in the metrics"
    assert last == f"{TABLE}: 6 links back to 1 archives: 6 stand, 0 absent but recorded, 0 broken"
    Path(MODEL).write_text("other")
    status, output, error = verify("mini")
    assert status == 1
    assert error == (
        f"verify: error: first broken link: {MODEL}: "
        "not the file that its record describes: delete it and run again\n"
    )


def test_other_code_is_counted_and_breaks_nothing(verify):
    path = Path(CHAIN[1][0])
    path.write_text(path.read_text().replace(sources_digest("crosstalk.results.tables"), "other"))
    status, output, error = verify("mini", "one/table_1")
    assert (status, error) == (0, "")
    assert output.splitlines()[-1] == f"made by other code: 1 of 4 records, e.g. {path}"


def test_what_is_damaged_can_be_removed(verify):
    for path in (RAW, MODEL):
        Path(path).write_text("other")
    status, output, error = verify("mini", removes=True)
    assert (status, error) == (0, "")
    removed = [line for line in output.splitlines() if line.startswith("removed ")]
    assert removed == [
        f"removed {path}: the next run makes it again, if it is needed" for path in (RAW, MODEL)
    ]
    assert verify("mini")[0] == 0
    assert not Path(RAW).exists()


def test_what_removing_does_not_mend_stays_and_is_named(verify):
    Path(REFERENCE).write_text("other")
    Path(CHAIN[1][0]).unlink()
    status, _, error = verify("mini", removes=True)
    assert status == 1
    assert error.startswith(f"verify: error: first broken link: {REFERENCE}: missing or changed")
    assert Path(REFERENCE).exists()
    assert Path(MODEL).exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["mini", "one/table_9"], "results/mini/one/tables/table_9.csv exists"),
        (["mini", "one/table_1:C:x"], "has no value in row 'C', column 'x'"),
        (["mini", "shared/table_9"], "results/mini/tables/table_9.csv exists"),
        (["midi"], "results/midi has no results: run the workflow first"),
    ],
)
def test_errors_are_one_line(verify, arguments, says):
    status, _, error = verify(*arguments)
    assert status == 1
    (line,) = error.splitlines()
    assert line.startswith("verify: error: ")
    assert says in line


@pytest.mark.parametrize("scale", ["mini", "midi"])
def test_no_link_of_the_published_results_is_broken(scale):
    """Who changes a reference file makes again what is made of it, at every scale in git."""
    done = subprocess.run(
        [ROOT / "workflow/scripts/verify", scale], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, (done.stdout + done.stderr).splitlines()[-1]
