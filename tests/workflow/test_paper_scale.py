"""The scale paper: planned as a whole, and run as far as tiny copies of its corpora go."""

import json
import re

import pandas as pd
import pytest
from tests.corpora.paper.archives import laid, tar
from tests.corpora.paper.coco import write_coco, write_part
from tests.corpora.paper.layouts import (
    babel,
    common_voice,
    muse,
    riviere_splits,
    spoken_wikipedia,
)
from tests.workflow.conftest import copy_repository

from crosstalk.corpora.manifests import read_cuts
from crosstalk.corpora.paper.registry import load_paper_registry
from crosstalk.grounding.captions import described, training_audio
from crosstalk.grounding.pictures import Pictures
from crosstalk.params.loader import load_params
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
    assert project.planned(*SCALE, "--", "paper_corpora")["fetch_large_archive"] == 35
    assert "gather_speech" in project.planned(*SCALE)


def test_every_corpus_and_every_table_is_planned(project, provided):
    jobs = project.planned(*SCALE, "--", "paper_corpora")
    assert jobs["fetch_large_archive"] == 35
    assert "prepare_babel_tok_pisin" in jobs
    jobs = project.planned(*SCALE)
    assert jobs["gather_speech"] == 4
    assert jobs["choose_captions"] == 2
    assert "speak_messages" not in jobs
    assert "prepare_mls_french" in jobs
    assert "prepare_mls_english" not in jobs


def test_a_text_may_be_of_a_language_that_no_pair_hears(project, provided):
    pairs = 'chung2018={"pairs": ["en-en", "swc-de"]}'
    assert project.planned(*SCALE, pairs, "--", "chung2018")["gather_speech"] == 3


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
    done = project.snakemake(*SCALE, "--", model, check=False)
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
    project.set_parameter("cruzblandon2025.pictures.encoder", "convolutional")
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
    dictionaries = muse("de-en", "de-fr", "en-de", "en-fr", "fr-de", "fr-en")
    tar(tmp_path / "dictionaries.tar.gz", dictionaries)
    tar(tmp_path / "SWC_German.tar", spoken_wikipedia(), mode="w")
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


def test_xlsr_hears_the_papers_corpora_alone(project, provided):
    jobs = project.planned(*SCALE, "--", "conneau2020")
    prepared = {name.removeprefix("prepare_") for name in jobs if name.startswith("prepare_")}
    common_voice = {"en", "es", "fr", "it", "ky", "nl", "ru", "sv_se", "tr", "tt", "zh_tw"}
    babel = {
        "bengali", "cantonese", "georgian", "haitian", "kurmanji", "pashto", "tamil", "turkish",
        "tok_pisin", "vietnamese", "assamese", "tagalog", "swahili", "lao",
    }  # fmt: skip
    assert prepared == {f"common_voice_{part}" for part in common_voice} | {
        f"babel_{part}" for part in babel
    }
    assert "fetch_archive" not in jobs  # of the miniature's sources
    assert jobs["fetch_large_archive"] == 1  # the lists of Riviere et al.
    assert jobs["label_common_voice"] == len(common_voice)
    assert {name for name in jobs if name.startswith("pack_")} == {
        "pack_common_voice",
        "pack_babel",
    }


def test_no_model_hears_more_than_there_is(project):
    """What is not training speech is at most an hour of test and a fifth for development."""
    xlsr = load_params(project.folder / "params.yaml", {"scale": "paper"}).conneau2020
    registry = load_paper_registry(project.folder / "workflow/paper_corpora.yaml")
    hours = {part.language: part.hours for part in registry.corpus("common_voice").parts.values()}
    for donor in xlsr.donors:
        own = xlsr.little_minutes if donor in xlsr.compared.similar else 0
        assert own + xlsr.donor_minutes < 60 * (0.8 * hours[donor] - 1), donor
    assert xlsr.labelled_minutes == 0  # the list of an hour, however long it is
    assert not xlsr.compared.amounts


def test_a_language_that_a_corpus_lacks_is_named(project):
    wrong = 'conneau2020={"languages": ["es", "xx"], "compared": {"seen": ["es"]}}'
    done = project.snakemake("-n", *SCALE, wrong, check=False)
    line = (done.stdout + done.stderr).splitlines()[-1]
    assert line.startswith("crosstalk: error: common_voice has no xx: ask for languages among en")


def test_what_is_packed_keeps_the_papers_splits(project, tmp_path, monkeypatch):
    """From clips in the user's folder to the frames and labels that models read."""
    tar(tmp_path / "common_voices_splits.tar.gz", riviere_splits("es", "fr"))
    for language in ("es", "fr"):
        laid(tmp_path / "common_voice" / language, common_voice())
    for number, transcript in (("LDC2016S10", "merhaba"), ("LDC2017S05", "habari")):
        said = f"[0.0]\n<no-speech>\n[0.5]\n{transcript}\n[2.5]\n"
        laid(tmp_path / "babel" / number, babel(said))
    monkeypatch.setitem(project.environment, "CROSSTALK_MIRROR", str(tmp_path))
    monkeypatch.setitem(project.environment, "CROSSTALK_CORPORA", str(tmp_path))
    compared = {"seen": ["es", "fr"], "spelt": ["tr"], "unseen": ["sw"], "similar": []}
    chosen = {"languages": ["es", "fr"], "systems": ["multilingual"], "compared": compared}
    folder = "work/paper/conneau2020"
    packs = {name: f"{folder}/packed-{name}" for name in ("common_voice", "babel")}
    wanted = [f"{stem}.parquet" for stem in packs.values()]
    project.snakemake(*SCALE, f"conneau2020={json.dumps(chosen)}", "--", *wanted)
    french = project.folder / "data/prepared/paper/common_voice/fr"
    assert len(list(french.glob("*.flac"))) == 2
    packed = {
        name: PackedSpeech.read(
            project.folder / f"{stem}.safetensors", project.folder / f"{stem}.parquet"
        )
        for name, stem in packs.items()
    }
    read = packed["common_voice"].cuts
    clips = {
        "a": ("train", "3 11 4"),
        "b": ("test", "1 5"),
        "c": ("dev", "2 2"),
        "d": ("train", ""),
    }
    assert sorted(zip(read["id"], read["split"], read["phones"], strict=True)) == [
        (f"common_voice-{language}/{clip}", *said)
        for language in ("es", "fr")
        for clip, said in clips.items()
    ]
    assert read["source"].nunique() == 3  # one file of Spanish, two of French
    talked = packed["babel"].cuts
    assert sorted(zip(talked["language"], talked["split"], talked["text"], strict=True)) == [
        ("sw", "test", "habari"),
        ("sw", "train", "habari"),
        ("tr", "test", "merhaba"),
        ("tr", "train", "merhaba"),
    ]
    for speech in packed.values():
        seconds = pd.Series(speech.lengths / speech.rate)
        pd.testing.assert_series_equal(seconds, speech.cuts["seconds"], check_names=False)


def test_every_model_that_a_contrast_starts_from_is_trained(project):
    contrast = 'conneau2020={"compared": {"seen": ["en"], "contrast": ["es"]}}'
    jobs = project.planned("--config", "scale=smoke", contrast, "--", "conneau2020")
    seen = project.planned("--config", "scale=smoke", "--", "conneau2020")
    assert jobs["pretrain_xlsr"] == seen["pretrain_xlsr"] + 1
