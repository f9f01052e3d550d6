"""`make chaos` is rarely called: that it could start is seen here, by a plan."""

import pytest
from tests.chaos.small import MODEL, TARGETS, small_project

pytestmark = pytest.mark.pipeline


def test_what_disasters_strike_can_be_planned(tmp_path):
    project = small_project(tmp_path / "crosstalk")
    jobs = project.planned("--", *TARGETS, MODEL)
    assert {
        "build_archives",
        "train_speech2vec",
        "align_adversarial",
        "write_tables_chung2018",
    } <= set(jobs)
    assert jobs["answer_column"] == 1
