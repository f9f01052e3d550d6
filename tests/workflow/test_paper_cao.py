"""Cao et al. 2020 at the scale paper: what it reads, and tiny copies of that from end to end."""

import hashlib
import json
import random
import re

import pandas as pd
import pytest
from tests.corpora.paper.archives import tar, zipped
from tests.workflow.conftest import copy_repository

pytestmark = pytest.mark.pipeline
LANGUAGES = ("bg", "de", "el", "es", "fr")
TINY = {
    "selection": {"test_pairs": 4, "dev_pairs": 2},
    "tokeniser": {"vocabulary": 300, "lower_case": True},
    "vector_links": {"layer": 1},
    "encoder": {
        "pretrained": None,
        "layers": 1,
        "dimension": 16,
        "heads": 2,
        "feed_forward": 32,
        "positions": 256,
    },
    "pretraining": {"steps": 3, "batch_sentences": 8},
    "alignment": {"pairs": 30, "batch_pairs": 8},
    "smaller": [10],
    "controls": [],
    "rotations": {"pairs": 20},
    "tuning": {"protocols": ["full"], "epochs": 1, "batch": 4},
    "tuned": ["base", "aligned_small", "aligned", "translate_train"],
    "evaluation": {"resamples": 100},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_repository(tmp_path_factory.mktemp("paper") / "crosstalk")


def sentences(language, count):
    """Words of random letters, the same ones in every language but for their ends."""
    draw = random.Random(0)
    for _ in range(count):
        words = ["".join(draw.choices("abcdefghijklmnop", k=6)) for _ in range(10)]
        yield " ".join(f"{word}{language}" for word in words)


def europarl(folder, language):
    files = {
        f"europarl-v7.{language}-en.{code}": "".join(f"{s}\n" for s in sentences(code, 60)).encode()
        for code in (language, "en")
    }
    tar(folder / f"{language}-en.tgz", files)


def inference(folder):
    """XNLI, its translated training data, and MultiNLI."""
    labels = ("contradiction", "entailment", "neutral")
    head = "language\tgold_label\tsentence1\tsentence2\tpairID\n"
    asked = "".join(
        f"{language}\t{labels[n % 3]}\tIs it {n}?\tIt is {n}.\t{n}\n"
        for language in ("en", *LANGUAGES, "zh")
        for n in range(6)
    )
    names = {split: f"XNLI-1.0/xnli.{split}.tsv" for split in ("dev", "test")}
    zipped(folder / "XNLI-1.0.zip", dict.fromkeys(names.values(), head + asked))
    translated = "premise\thypo\tlabel\n" + "".join(
        f"Was it {n}?\tIt was {n}.\t{labels[n % 3]}\n" for n in range(9)
    )
    name = "XNLI-MT-1.0/multinli/multinli.train.{}.tsv"
    zipped(
        folder / "XNLI-MT-1.0.zip", {name.format(x): translated for x in ("en", *LANGUAGES, "zh")}
    )
    rows = [
        {"gold_label": labels[n % 3], "sentence1": "Will it?", "sentence2": f"{n}.", "pairID": n}
        for n in range(12)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    zipped(folder / "multinli_1.0.zip", {"multinli_1.0/multinli_1.0_train.jsonl": lines})


def test_nothing_of_the_miniature_is_read(project):
    """But for the links that people made, by which the aligner is scored at every scale."""
    text = project.snakemake("-n", "--config", "scale=paper", "--", "cao2020").stdout
    assert set(re.findall(r"data/prepared/(\w+)/", text)) == {"paper", "testament"}
    read = set(re.findall(r"data/prepared/paper/(\w+/\w+)/", text))
    inferred = {f"{corpus}/all" for corpus in ("xnli", "xnli_mt", "multinli")}
    assert read == {f"europarl/{language}" for language in LANGUAGES} | inferred
    assert "rule load_masked_lm" in text
    assert "select_messages" not in text


def test_tiny_corpora_in_the_papers_layouts_are_answered(project, tmp_path, monkeypatch):
    for language in LANGUAGES:
        europarl(tmp_path, language)
    inference(tmp_path)
    registry = project.folder / "workflow/paper_corpora.yaml"
    text = registry.read_text()
    for name in ("XNLI-1.0.zip", "multinli_1.0.zip"):
        digest = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        text, found = re.subn(
            rf'(name: {re.escape(name)}\n.*\n +sha256: )"\w+"', rf'\1"{digest}"', text
        )
        assert found == 1
    registry.write_text(text)
    monkeypatch.setitem(project.environment, "CROSSTALK_MIRROR", str(tmp_path))
    monkeypatch.setitem(project.environment, "CROSSTALK_DEVICE", "cpu")
    work = "work/paper/cao2020"
    config = tmp_path / "config.json"  # on the command line null is a string
    config.write_text(json.dumps({"scale": "paper", "seeds": [0], "cao2020": TINY}))
    project.snakemake("--configfile", config, "--", f"{work}/items/answers.parquet")
    work = project.folder / work
    selection = pd.read_parquet(work / "selection.parquet")
    german = selection[selection["language"] == "de"]
    assert german["split"].value_counts().to_dict() == {"train": 30, "test": 4, "dev": 2}
    assert german["message_id"].iloc[0] == "de-en/00000000"
    items = pd.read_parquet(work / "items/answers.parquet")
    columns = items.groupby("table")["column"].unique().map(set)
    assert columns["retrieval"] == {f"Europarl {x}-en" for x in LANGUAGES} | {"Europarl avg"}
    assert columns["transfer"] == {f"XNLI {x}" for x in ("en", *LANGUAGES, "avg")}
    told = items[(items["table"] == "transfer") & (items["column"] == "XNLI bg")]
    rows = {"base", "aligned_small", "aligned", "translate_train", "majority"}
    assert told["row"].value_counts().to_dict() == dict.fromkeys(rows, 6)
    assert set(told["cluster"]) == {f"test/{n:05d}" for n in range(6)}
    measures = pd.read_csv(work / "measures/answers.csv").set_index(["table", "row", "column"])
    assert measures.loc[("size", "aligned_small", "pairs"), "value"] == 10
