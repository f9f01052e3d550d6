"""What disasters strike: a part of the smoke scale with every kind of job, a few minutes long."""

import re

from tests.workflow.conftest import copy_repository

# Speech, segmentations, trainings, maps and answers of one language.
TARGETS = [
    "results/smoke/chung2018/tables/table_3.csv",
    "results/smoke/chung2018/figures/speech2vec_training.png",
]
MODEL = "results/smoke/chung2018/models/speech2vec-en-words-seed0.safetensors"


def small_project(folder):
    """A copy of this repository in which smoke has one column, one rung, and many checkpoints."""
    project = copy_repository(folder)
    project.set_parameter("scales.smoke.chung2018.pairs", ["en-en"])
    project.set_parameter("scales.smoke.chung2018.rungs", ["rotated"])
    loop = project.folder / "src/crosstalk/training/loop.py"  # else smoke trainings save nothing
    text, found = re.subn(
        r"save_seconds: float = [\d.]+", "save_seconds: float = 0.0", loop.read_text()
    )
    assert found == 1
    loop.write_text(text)
    return project
