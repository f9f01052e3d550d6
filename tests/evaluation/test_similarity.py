"""Word similarity: our ranks against scipy's, and spaces of which one agrees with people."""

from pathlib import Path

import numpy as np
import pytest
from gensim.test.utils import datapath
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from crosstalk.embeddings.spaces import Space
from crosstalk.evaluation.similarity import LISTS, read_list, score_similarity, spearman
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results.metrics import ALL, read_metrics

CFG = EvaluationParams(resamples=200)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=12))
def test_ranks_correlate_as_in_scipy(pairs):
    x, y = np.array(pairs, float).T
    if np.ptp(x) and np.ptp(y):
        both = spearman(np.stack([x, y]), np.stack([y, y]))
        assert both == pytest.approx([spearmanr(x, y).statistic, 1])


@pytest.mark.parametrize(("name", "pairs"), [("WordSim-353", 353), ("SimLex-999", 999)])
def test_the_lists_are_whole(name, pairs):
    found = read_list(Path(datapath(LISTS[name])))
    assert len(found) == pairs
    assert found["score"].between(0, 10).all()
    assert {"love", "old"} & set(found["first"])


def spaces(folder):
    """Of 40 pairs of WordSim-353, with no word twice: as people judge them, and at random."""
    pairs = read_list(Path(datapath(LISTS["WordSim-353"])))
    chosen, seen = [], set()
    for pair in pairs.itertuples():
        if not {pair.first, pair.second} & seen:
            seen |= {pair.first, pair.second}
            chosen.append(pair)
    chosen = chosen[:40]
    words = [word for pair in chosen for word in (pair.first, pair.second)]
    counts = np.arange(len(words), 0, -1)
    random = np.random.default_rng(0)
    agrees = np.zeros((len(words), len(words)), np.float32)
    for i, pair in enumerate(chosen):
        cosine = pair.score / 10
        agrees[2 * i, 2 * i] = 1
        agrees[2 * i + 1, [2 * i, 2 * i + 1]] = cosine, np.sqrt(1 - cosine**2)
    agrees += random.normal(scale=0.01, size=agrees.shape)  # so that no two cosines are equal
    lengths = random.uniform(0.5, 2, (len(words), 1))  # of vectors: none of the cosine's business
    Space(words, counts, agrees * lengths).save(folder / "agrees")
    Space(words, counts, random.normal(size=agrees.shape)).save(folder / "random")
    few = slice(0, 60)  # 30 of the pairs
    Space(words[few], counts[few], random.normal(size=(60, 5))).save(folder / "few")


def test_a_space_that_judges_as_people_do_is_told_from_others(tmp_path):
    spaces(tmp_path)
    rows = ["text", "text", "untrained", "untrained"]
    score_similarity(
        cfg=CFG,
        rows=rows,
        seeds=[0, 1, 0, 1],
        spaces=[tmp_path / name for name in ("agrees", "agrees", "random", "few")],
        measures=tmp_path / "measures.csv",
    )
    found = read_metrics(tmp_path / "measures.csv").set_index(["row", "seed"])
    assert set(found["column"]) == {"WordSim-353"}  # SimLex-999 has too few pairs
    known = set(Space.load(tmp_path / "few").words)  # what all spaces hold
    for row, seed, name, words in (
        ("text", ALL, "agrees", known),
        ("untrained", "0", "random", known),
        ("untrained", "1", "few", known),
        ("text_whole", ALL, "agrees", set(Space.load(tmp_path / "agrees").words)),
    ):
        rho, pairs = by_the_definition(Space.load(tmp_path / name), words)
        assert found.loc[(row, seed), "value"] == pytest.approx(rho, abs=1e-4)
        assert found.loc[(row, seed), "n"] == pairs
    assert found.loc[("text", ALL), "value"] > 0.9
    other = found.loc["untrained"]
    assert other.loc[ALL, "value"] == pytest.approx(other.loc[["0", "1"], "value"].mean(), abs=1e-4)
    assert other.loc[ALL, "seeds"] == 2
    width = other["ci_high"] - other["ci_low"]
    assert 0.4 < width["0"] < 1.2  # some 2 x 1.96 / sqrt(n - 1)


def by_the_definition(space, words):
    """Spearman's rho over the list's pairs of known words, and how many there are."""
    judged, cosines = [], []
    for pair in read_list(Path(datapath(LISTS["WordSim-353"]))).itertuples():
        if {pair.first, pair.second} <= words:
            a, b = (space.vectors[space.index[word]] for word in (pair.first, pair.second))
            judged.append(pair.score)
            cosines.append(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
    return spearmanr(judged, cosines).statistic, len(judged)


def test_spaces_that_share_too_few_words_leave_the_table_empty(tmp_path):
    spaces(tmp_path)
    Space(["love"], np.ones(1), np.ones((1, 3))).save(tmp_path / "one")
    score_similarity(
        cfg=CFG,
        rows=["text", "untrained"],
        seeds=[0, 0],
        spaces=[tmp_path / "one", tmp_path / "agrees"],
        measures=tmp_path / "measures.csv",
    )
    assert read_metrics(tmp_path / "measures.csv").empty
