"""The scale paper: planned as a whole, and run as far as tiny copies of its corpora go."""

import json

import pytest
from tests.corpora.paper.archives import tar, tone
from tests.corpora.paper.test_speech import ALIGNED
from tests.workflow.conftest import copy_repository

from crosstalk.corpora.manifests import read_cuts
from crosstalk.corpora.paper.registry import load_paper_registry
from crosstalk.text.dictionaries import read_pairs

pytestmark = pytest.mark.pipeline
SCALE = ("--config", "scale=paper")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_repository(tmp_path_factory.mktemp("paper") / "crosstalk")


@pytest.fixture
def provided(project, tmp_path, monkeypatch):
    """Put something into every folder that only a user may have."""
    registry = load_paper_registry(project.folder / "workflow/paper_corpora.yaml")
    for name, corpus in registry.corpora.items():
        for part in corpus.parts.values():
            place = tmp_path / name / part.folder
            place.mkdir(parents=True, exist_ok=True)
            (place / "here").touch()
    monkeypatch.setitem(project.environment, "CROSSTALK_CORPORA", str(tmp_path))


MISSING = "mls_alignments needs corpora/mls_alignments/french:"


def test_what_is_missing_is_named_before_any_work_starts(project):
    done = project.snakemake(*SCALE, "--", "paper_corpora", check=False)
    assert done.returncode != 0
    line = (done.stdout + done.stderr).splitlines()[-1]
    assert line.startswith(f"crosstalk: error: {MISSING}")
    for named in ("common_voice needs corpora/common_voice/es", "LDC2016S10", "CROSSTALK_CORPORA"):
        assert named in line
    assert not (project.folder / "logs").exists()
    assert not (project.folder / "data/raw/paper").exists()


def test_a_run_of_everything_refuses_what_is_missing_too(project):
    done = project.snakemake(*SCALE, check=False)
    assert done.returncode != 0
    assert (done.stdout + done.stderr).splitlines()[-1].startswith(f"crosstalk: error: {MISSING}")
    assert not (project.folder / "logs").exists()


def test_a_dry_run_warns_once_of_what_is_missing_and_lists_every_job(project):
    done = project.snakemake("-n", "--quiet", "rules", *SCALE, "--", "paper_corpora")
    said = done.stdout + done.stderr
    (warning,) = [line for line in said.splitlines() if line.startswith("crosstalk: ")]
    assert warning.startswith(f"crosstalk: warning: {MISSING}")
    assert "LDC2016S10" in warning
    assert project.planned(*SCALE, "--", "paper_corpora")["fetch_large_archive"] == 36
    assert "gather_speech" in project.planned(*SCALE)


def test_every_corpus_and_every_table_is_planned(project, provided):
    jobs = project.planned(*SCALE, "--", "paper_corpora")
    assert jobs["fetch_large_archive"] == 36
    assert "prepare_babel_tok_pisin" in jobs
    jobs = project.planned(*SCALE)
    assert jobs["gather_speech"] == 4
    assert "speak_messages" not in jobs
    assert "prepare_mls_french" in jobs
    assert "prepare_mls_english" not in jobs


def test_other_scales_know_nothing_of_it(project):
    done = project.snakemake("-n", "--config", "scale=smoke", "--", "paper_corpora", check=False)
    assert "paper_corpora" in done.stdout + done.stderr
    assert done.returncode != 0


def test_corpora_without_a_published_checksum_come_from_a_mirror(project, tmp_path, monkeypatch):
    pairs = ["de-en", "de-fr", "en-de", "en-fr", "fr-de", "fr-en"]
    tar(
        tmp_path / "dictionaries.tar.gz",
        {f"dictionaries/{pair}.txt": f"{pair[:2]} {pair[3:]}\n".encode() for pair in pairs},
    )
    tar(
        tmp_path / "SWC_German.tar",
        {
            "german/Frog/aligned.swc": ALIGNED.encode(),
            "german/Frog/info.json": json.dumps({"audio_files": [{"offset": 0}]}).encode(),
            "german/Frog/audio.ogg": tone(300, 6.0, kind="OGG", subtype="VORBIS"),
        },
        mode="w",
    )
    monkeypatch.setitem(project.environment, "CROSSTALK_MIRROR", str(tmp_path))
    folder = "data/prepared/paper"
    wanted = [
        f"{folder}/muse/all/dictionary.parquet",
        f"{folder}/spoken_wikipedia/german/rejected.csv",
    ]
    project.snakemake(*SCALE, "--", *wanted)
    assert len(read_pairs(project.folder / wanted[0])) == 6
    german = project.folder / folder / "spoken_wikipedia/german"
    cuts = read_cuts(german / "recordings.jsonl.gz", german / "supervisions.jsonl.gz")
    assert [cut.supervisions[0].text for cut in cuts] == ["Frösche", "im Jahr zwölf Uhr"]
    assert sorted(path.name for path in german.glob("*.flac")) == [
        "spoken_wikipedia-german-000.flac",
        "spoken_wikipedia-german-001.flac",
    ]
    record = project.folder / "data/records/paper/spoken_wikipedia/SWC_German.tar.json"
    assert json.loads(record.read_text())["outputs"]["archive"][0]["sha256"]
    assert project.planned(*SCALE, "--", *wanted) == {}
