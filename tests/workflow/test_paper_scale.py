"""The scale paper: planned as a whole, and run as far as tiny copies of its corpora go."""

import json
import re

import pytest
from tests.corpora.paper.archives import tar, tone
from tests.corpora.paper.coco import write_coco, write_part
from tests.corpora.paper.test_speech import ALIGNED
from tests.workflow.conftest import copy_repository

from crosstalk.corpora.manifests import read_cuts
from crosstalk.corpora.paper.registry import load_paper_registry
from crosstalk.grounding.captions import described, training_audio
from crosstalk.grounding.pictures import Pictures
from crosstalk.speech.packed import PackedSpeech
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


def test_what_is_missing_is_named_before_any_work_starts(project):
    done = project.snakemake("-n", *SCALE, "--", "paper_corpora", check=False)
    assert done.returncode != 0
    line = (done.stdout + done.stderr).splitlines()[-1]
    assert line.startswith("crosstalk: error: mls_alignments needs corpora/mls_alignments/french:")
    for named in ("common_voice needs corpora/common_voice/es", "LDC2016S10", "CROSSTALK_CORPORA"):
        assert named in line


def test_every_corpus_and_every_table_is_planned(project, provided):
    jobs = project.planned(*SCALE, "--", "paper_corpora")
    assert jobs["fetch_large_archive"] == 36
    assert "prepare_babel_tok_pisin" in jobs
    jobs = project.planned(*SCALE)
    assert jobs["gather_speech"] == 4
    assert jobs["choose_captions"] == 2
    assert "speak_messages" not in jobs
    assert "prepare_mls_french" in jobs
    assert "prepare_mls_english" not in jobs


def test_grounding_reads_nothing_of_the_miniature(project, provided):
    done = project.snakemake("-n", "--forceall", *SCALE)
    jobs = re.split(r"\n(?=(?:local)?rule \w+:\n)", done.stdout + done.stderr)
    fields = [dict(re.findall(r"^    (\w+): (.*)$", job, re.MULTILINE)) for job in jobs]
    read = [job["input"] for job in fields if "cruzblandon2025" in job.get("log", "")]
    assert len(read) > 30  # trainings and evaluations, at least
    assert any("work/paper/cruzblandon2025/chosen/ml_coco-fr.jsonl.gz" in files for files in read)
    assert not [files for files in read if re.search("prepared/(tuxpaint|asterisk)/", files)]


def test_what_nobody_publishes_is_refused(project, provided, tmp_path):
    (tmp_path / "ml_coco/fr/here").unlink()
    model = "results/paper/cruzblandon2025/models/bi-en-fr-seed0.safetensors"
    done = project.snakemake("-n", *SCALE, "--", model, check=False)
    assert done.returncode != 0
    line = (done.stdout + done.stderr).splitlines()[-1]
    assert re.match(r"crosstalk: error: ml_coco needs \S+/fr: The paper's authors have not", line)


def test_chosen_captions_and_pictures_become_what_models_read(project):
    """From prepared parts, as large as the real ones are in number of files."""
    folder = project.folder / "data/prepared/paper"
    coco = write_coco(project.folder / "data/raw/paper/coco", splits=["train", "train", "test"])
    for corpus, part, language, files in (
        ("spoken_coco", "en", "en", 4),
        ("ml_coco", "fr", "fr", 1),
        ("librispeech", "train-clean-100", "en", 1),
        ("librispeech", "test-clean", "en", 1),
        ("mls", "french", "fr", 6),
    ):
        split = "test" if part == "test-clean" else "train"
        captions = corpus.endswith("coco")
        said = coco if captions else [f"{corpus}-{n}" for n in range(12)]
        write_part(folder / corpus / part, f"{corpus}-{part}", language, split, said, files)
    project.set_parameter("    encoder: frozen\n", "    encoder: convolutional\n")
    rules = ["choose_captions", "choose_speech", "gather_pictures", "pack_captions", "see_pictures"]
    work = "work/paper/cruzblandon2025"
    wanted = [f"{work}/frames.safetensors", f"{work}/pictures.safetensors"]
    project.snakemake("--allowed-rules", *rules, *SCALE, "--", *wanted)
    speech = PackedSpeech.read(
        *(project.folder / work / n for n in ("frames.safetensors", "cuts.parquet"))
    )
    assert set(speech.cuts["source"]) == {"captions", "others"}
    pictures = Pictures.load(project.folder / wanted[1])
    assert pictures.items == coco
    assert pictures.captions == [f"A frog sees {item}" for item in coco]
    training = training_audio(speech, ["en", "fr"], 1.0, "same")
    matched = described(training, pictures, ["en", "fr"])
    assert [coco[row] for row in matched.picture] == coco[:2] * 2
    asked = speech.cuts[speech.cuts["split"] == "test"]
    assert set(asked.loc[asked["source"] == "captions", "item"]) == {coco[2]}
    assert project.planned("--allowed-rules", *rules, *SCALE, "--", *wanted) == {}


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
