"""Same parameters, seed and machine: same bytes. Stages are repeated from their run records.

A record says all that a stage was given, so it can be run again by itself, into another folder and
in a process with another order of sets and dictionaries' hashes; its checksums are the reference.
"""

import json
from pathlib import Path

import pytest

from crosstalk.digest import file_digest

pytestmark = pytest.mark.pipeline

# One of each kind of work: archives, audio, clustering, training, maps, scores, tables, figures.
STAGES = [
    "build-smoke-archives",
    "prepare-tuxpaint",
    "speak-messages",
    "extract-utterances",
    "segment-es-kmeans",
    "segment-bes-gmm",
    "train-speech2vec",
    "train-word2vec",
    "train-word-classifier",
    "align-adversarial",
    "align-self-learning",
    "align-wasserstein",
    "pretrain-xlsr",
    "finetune-ctc",
    "align-contextual",
    "transfer-tuned",
    "train-grounded",
    "answer-column",
    "summarise-items",
    "write-tables",
    "plot-tables",
    "plot-projection",
]


def command_of(record, folder):
    """What the record's stage was called with, writing below ``folder``."""
    given = {name: [json.dumps(section)] for name, section in record["parameters"].items()}
    for name, value in record["values"].items():
        given[name] = [str(one) for one in (value if isinstance(value, list) else [value])]
    for name, files in record["inputs"].items():
        given[name] = [file["path"] for file in files]
    for name, files in record["outputs"].items():
        given[name] = [str(folder / file["path"]) for file in files]
    flags = ([f"--{name.replace('_', '-')}", *words] for name, words in given.items())
    return [
        "python",
        "-m",
        "crosstalk",
        record["stage"],
        *(word for flag in flags for word in flag),
    ]


@pytest.fixture(scope="module")
def record_of(finished):
    """The first record of each stage."""
    paths = [p for place in ("results", "data") for p in (finished.folder / place).rglob("*.json")]
    found = {}
    for path in sorted(p for p in paths if {"runs", "records"} & set(p.parts)):
        record = json.loads(path.read_text())
        found.setdefault(record["stage"], record)
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_run_again_writes_the_same_bytes(finished, record_of, stage, tmp_path):
    record = record_of[stage]
    other = {
        "CROSSTALK_STATE": str(tmp_path / "state"),
        "OMP_NUM_THREADS": str(record["machine"].get("threads", 1)),
        "PYTHONHASHSEED": "4321",
    }
    again = finished.beside(**other)
    again.run(*command_of(record, tmp_path))
    outputs = [file for files in record["outputs"].values() for file in files]
    assert outputs
    for file in outputs:
        assert file_digest(tmp_path / Path(file["path"])) == file["sha256"], file["path"]
