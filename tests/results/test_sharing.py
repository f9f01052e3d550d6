"""Distances between languages as numbers and as a map."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform

from crosstalk.params.evaluation import EvaluationParams
from crosstalk.params.present import PresentParams
from crosstalk.results.metrics import read_metrics
from crosstalk.results.sharing import LEAST_FRAMES, classical_scaling, plot_sharing, score_sharing


@pytest.fixture
def usage(tmp_path):
    """Spanish and Catalan use the first codes, Russian the last, Italian nearly as Spanish.

    Of Dutch there are too few frames to say which codes it uses.
    """
    counts = {"es": [8, 4, 0, 0], "ca": [4, 8, 0, 0], "it": [8, 3, 1, 0], "ru": [0, 0, 5, 7]}
    counts = {language: [100 * count for count in row] for language, row in counts.items()}
    counts["nl"] = [0, 0, 0, LEAST_FRAMES - 1]
    rows = [
        {"language": language, "group": 0, "code": code, "count": count}
        for language, row in counts.items()
        for code, count in enumerate(row)
    ]
    path = tmp_path / "codes.parquet"
    pd.DataFrame(rows).to_parquet(path)
    return path


def test_branches_are_compared(usage, tmp_path):
    out = tmp_path / "sharing.csv"
    score_sharing(cfg=EvaluationParams(), seeds=["0"], usages=[usage], measures=out)
    rows = read_metrics(out).set_index(["row", "seed"])
    same, other = rows.loc[("same branch", "all")], rows.loc[("different branches", "all")]
    assert (same["n"], other["n"]) == (3, 3)
    assert same["value"] < same["ci_high"] < other["ci_low"] <= other["value"] <= 1


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=2, max_size=8))
def test_a_map_of_points_in_a_plane_keeps_their_distances(points):
    distances = squareform(pdist(np.array(points)))
    found = squareform(pdist(classical_scaling(distances)))
    np.testing.assert_allclose(found, distances, atol=1e-4)


def test_the_figure_is_the_same_each_time(usage, tmp_path):
    drawn = []
    for name in ("one", "two"):
        png, pdf = tmp_path / f"{name}.png", tmp_path / f"{name}.pdf"
        plot_sharing(cfg=PresentParams(), usages=[usage], png=png, pdf=pdf)
        drawn.append(png.read_bytes() + pdf.read_bytes())
    assert drawn[0] == drawn[1]
