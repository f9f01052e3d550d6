"""The whole workflow at smoke scale: what it makes, what it leaves alone, and what it repeats."""

import json
import re

import pandas as pd
import pytest
import yaml

pytestmark = pytest.mark.pipeline
RESULTS = "results/smoke"


def read(project, name, **options):
    return pd.read_csv(project.folder / RESULTS / name, **options)


def test_every_row_of_table_3_has_a_value_or_a_reason(finished):
    table = read(finished, "chung2018/tables/table_3.csv")
    assert {"A*", "A", "Major-Word"} <= set(table["row"][table["ours"].notna()])
    assert table["note"][table["ours"].isna()].str.len().min() > 0
    measured = table[table["ours"].notna()]
    assert (measured["ci_low"] <= measured["ours"]).all()
    assert (measured["ours"] <= measured["ci_high"]).all()
    for _, column in measured.groupby("column"):
        assert column["n"].nunique() == 1  # every row answers the same questions


def test_a_rotated_copy_is_found_again_where_pairs_are_known(finished):
    """The control that must work at any scale: an exact map exists and its pairs are given."""
    readings = read(finished, "chung2018/tables/table_3_readings.csv")
    readings = readings[readings["row"] == "rotated A*"].set_index("column")["ours"]
    assert readings["ENw-enw, tokens, missing dropped"] == 100
    assert readings["ENw-enw, tokens, held-out words"] == 100
    ladder = read(finished, "chung2018/tables/ladder.csv").set_index(["row", "column"])["ours"]
    assert ladder["rotated", "supervised"] == 100


def test_alignment_retrieves_more_words_than_the_base_or_wrong_links_do(finished):
    """Commands of a few words are easy: here the direction must show at the smallest size."""
    table = read(finished, "cao2020/tables/retrieval.csv").set_index(["row", "column"])
    for other in ("base", "random_links"):
        assert table["ci_low"]["aligned", "avg"] > table["ci_high"][other, "avg"]
    assert (table["ours"].notna() | (table["note"].str.len() > 0)).all()


def test_every_task_has_its_table(finished):
    # Table 5 is empty at smoke scale: its tiny dictionary makes no synonyms.
    for name in ("table_1", "table_6", "segmentation", "success", "utterances"):
        table = read(finished, f"chung2018/tables/{name}.csv")
        assert table["ours"].notna().any(), name
    neighbours = read(finished, "chung2018/tables/table_4.csv")
    assert (neighbours["spoken"] != neighbours["rank 1"]).all()


def test_verdicts_are_computed_for_every_claim(finished):
    claims = read(finished, "claims.csv")
    listed = (finished.folder / "workflow/reference/claims.yaml").read_text()
    assert sorted(claims["id"]) == sorted(re.findall(r"id: (\S+)", listed))
    assert claims["reason"].str.len().min() > 0


def test_every_source_is_in_the_corpora_table(finished):
    table = read(finished, "tables/corpora.csv")
    registry = yaml.safe_load((finished.folder / "workflow/corpora.yaml").read_text())
    assert set(table["source"]) == set(registry["sources"])


def test_provenance_leads_from_the_table_back_to_the_archives(finished):
    """Every input of every job was made by another job, or is an archive or a reference file."""
    made, used = {}, {}
    for path in [
        *finished.folder.glob("results/**/runs/*.json"),
        *finished.folder.glob("data/smoke/records/**/*.json"),
    ]:
        record = json.loads(path.read_text())
        assert record["code"]["sources"]
        for side, files in ((made, record["outputs"]), (used, record["inputs"])):
            for entries in files.values():
                side.update({entry["path"]: entry["sha256"] for entry in entries})
    for path, checksum in used.items():
        if not path.startswith("workflow/"):
            assert made[path] == checksum, path


def test_provenance_and_costs_leave_no_job_out(finished):
    records = {
        str(path.relative_to(finished.folder))
        for place in ("results/smoke", "data/smoke")
        for path in (finished.folder / place).rglob("*.json")
        if {"runs", "records"} & set(path.parts)
    }
    assert set(read(finished, "provenance.csv")["record"]) == records
    costs = read(finished, "costs.csv")
    assert costs["jobs"].sum() == len(records)
    assert costs["wall_share"].sum() == pytest.approx(1, abs=1e-4)  # shares are rounded
    assert (costs["cpu_hours"] > 0).all()
    rates = costs.set_index("step")["updates_per_second"].dropna()
    assert {"train-speech2vec", "pretrain-xlsr", "finetune-ctc", "train-grounded"} <= set(
        rates.index
    )
    assert (rates > 0).all()
    assert "align-adversarial" not in rates  # its history counts epochs of restarts


def test_every_result_is_verified_back_to_the_archives(finished):
    done = finished.run("workflow/scripts/verify", "smoke")
    assert "results/smoke/chung2018/tables/table_3.csv: " in done.stdout
    assert all(line.endswith(" 0 broken") for line in done.stdout.splitlines())
    one = finished.run("workflow/scripts/verify", "smoke", "chung2018/table_3:A*:ENw-enw").stdout
    for step in ("answer_column-en-en-seed0", "train_speech2vec-en-words", "build_archives"):
        assert step in one
    model = finished.folder / "results/smoke/chung2018/models/speech2vec-en-words-seed0.safetensors"
    kept = model.read_bytes()
    model.write_bytes(kept[:-1])
    done = finished.run("workflow/scripts/verify", "smoke", "chung2018/table_3", check=False)
    model.write_bytes(kept)
    assert done.returncode == 1
    assert f"first broken link: {model.relative_to(finished.folder)}: " in done.stderr


def test_figures_are_pictures(finished):
    for name in (
        "chung2018/figures/table_3",
        "chung2018/figures/speech2vec_training",
        "chung2018/figures/ladder",
        "chung2018/figures/supervision",
        "chung2018/figures/projection",
        "chung2018/figures/boundaries",
        "cao2020/figures/retrieval",
        "cao2020/figures/transfer_by_retrieval",
        "cao2020/figures/sizes",
        "cao2020/figures/alignment",
        "figures/corpora",
    ):
        assert (finished.folder / RESULTS / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert (finished.folder / RESULTS / f"{name}.pdf").read_bytes().startswith(b"%PDF")


def test_a_second_run_does_nothing(finished):
    assert finished.planned() == {}


def test_what_a_failed_job_took_with_it_is_made_again(finished):
    """A job that fails loses its outputs; that those of later jobs are there must not hide it."""
    record = finished.folder / RESULTS / "chung2018/runs/extract_utterances-en.json"
    written = json.loads(record.read_text())["outputs"].values()
    lost = [record, *(finished.folder / file["path"] for files in written for file in files)]
    for path in lost:
        path.rename(f"{path}.kept")
    planned = finished.planned("--", "chung2018")
    for path in lost:
        path.with_name(f"{path.name}.kept").rename(path)
    assert {"extract_utterances", "train_speech2vec"} <= set(planned)
    assert finished.planned() == {}


def test_touching_files_changes_nothing(finished):
    for name in (
        "src/crosstalk/embeddings/speech2vec.py",
        "work/smoke/chung2018/utterances/en.safetensors",
    ):
        (finished.folder / name).touch()
    assert finished.planned() == {}


def test_changed_code_reruns_what_runs_it(finished):
    path = finished.folder / "src/crosstalk/results/claims.py"
    before = path.read_text()
    path.write_text(before + "\n# changed\n")
    planned = finished.planned()
    path.write_text(before)
    judged = {rule for rule in planned if rule.startswith("judge_claims_")}
    pages = {"describe_costs", "describe_provenance", "draw_steps", "write_index"}
    assert set(planned) == {*judged, "gather_claims", *pages, "all"}
    assert len(judged) == 4


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("chung2018={speech2vec: {training: {epoch: 3}}}", "did you mean 'epochs'?"),
        ("scale=smok", "did you mean 'smoke'?"),
    ],
)
def test_a_wrong_parameter_stops_the_run_with_one_line(finished, override, says):
    done = finished.snakemake("-n", "--config", override, check=False)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "error" in line.lower()]
    assert says in line


def test_the_start_page_shows_everything_and_its_links_lead_somewhere(finished):
    folder = finished.folder / RESULTS
    page = (folder / "index.html").read_text()
    links = set(re.findall(r"(?:href|src)=['\"]?([^\s'\">]+)", page))
    assert {link for link in links if link[0] != "#" and not (folder / link).is_file()} == set()
    assert {link[1:] for link in links if link[0] == "#"} <= set(re.findall(r"id=(\S+?)>", page))
    drawn = {path.relative_to(folder).as_posix() for path in folder.glob("**/figures/*.png")}
    assert drawn == {link for link in links if link.endswith(".png")}
    for table in folder.glob("*/tables/*.csv"):
        assert f"<details id={table.parts[-3]}/{table.stem}>" in page
    assert len(re.findall("<span class=(?:good|fair|bad|open) style", page)) >= 4
