"""The supervision curve: more pairs help, and no answer was among the questions."""

import csv

import numpy as np
import pytest
import torch

from crosstalk.alignment import supervision
from crosstalk.alignment.align import rotate_space
from crosstalk.alignment.procrustes import fit_map
from crosstalk.alignment.refinement import refine_once
from crosstalk.alignment.supervision import align_with_pairs, split_words
from crosstalk.embeddings.spaces import Space
from crosstalk.errors import DataError
from crosstalk.params.alignment import RefinementParams, SupervisionParams

CFG = SupervisionParams(pairs=(10, 40, 200, 5000), held_out=60)


@pytest.fixture
def spaces(tmp_path, skewed_vectors):
    """A space and a turned, shaken copy that lacks 20 of its words."""
    vectors = skewed_vectors()
    words, counts = [f"w{i}" for i in range(400)], np.arange(400, 0, -1)
    source, target = tmp_path / "source.safetensors", tmp_path / "target.safetensors"
    Space(words, counts, vectors).save(source)
    rotate_space(seed=3, space=source, rotated=target)
    turned = Space.load(target)
    noisy = turned.vectors + 0.08 * np.random.default_rng(0).normal(size=vectors.shape)
    kept = [i for i in range(400) if i % 20]
    Space([words[i] for i in kept], counts[kept], noisy[kept]).save(target)
    return source, target


def read(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def precision(rows, **where):
    chosen = [r for r in rows if all(r[k] == str(v) for k, v in where.items())]
    return np.mean([int(r["correct"]) for r in chosen])


def test_more_pairs_answer_more_and_self_learning_makes_up_for_few(spaces, tmp_path):
    out = tmp_path / "curve.csv"
    align_with_pairs(cfg=CFG, sources=[spaces[0]], targets=[spaces[1]], seed=0, curves=[out])
    rows = read(out)
    assert list(rows[0]) == ["pairs", "refined", "metric", "word", "correct", "fitted_pairs"]
    assert len(rows) == 3 * 2 * 2 * 60  # 5000 pairs there are not
    assert len({(r["pairs"], r["refined"], r["metric"], r["word"]) for r in rows}) == len(rows)
    for metric in ("cosine", "csls"):
        few, some, many = (
            precision(rows, metric=metric, refined=0, pairs=n) for n in (10, 40, 200)
        )
        print(
            few,
            some,
            many,
            precision(rows, metric=metric, refined=1, pairs=40),
            precision(rows, metric=metric, refined=1, pairs=10),
        )
        assert few + 0.1 < some < many + 0.03
        assert precision(rows, metric=metric, refined=1, pairs=40) > some - 0.05
    assert {r["fitted_pairs"] for r in rows if r["refined"] == "0"} == {"10", "40", "200"}


def test_answers_and_counts_are_those_of_the_maps(spaces, tmp_path, monkeypatch):
    """Against maps fitted here to the words that the table does not ask."""
    fitted = []
    monkeypatch.setattr(
        supervision, "fit_map", lambda x, y, solver: fitted.append((x, y)) or fit_map(x, y, solver)
    )
    out = tmp_path / "curve.csv"
    refinement = RefinementParams(iterations=2, max_rank=250)
    cfg = CFG.model_copy(update={"pairs": (50,), "refinement": refinement})
    align_with_pairs(cfg=cfg, sources=[spaces[0]], targets=[spaces[1]], seed=0, curves=[out])
    rows = read(out)
    asked = {r["word"] for r in rows}
    source, target = (Space.load(p).normalise() for p in spaces)
    known = [w for w in source.words if w in target.index and w not in asked][:50]
    x = torch.from_numpy(source.vectors)
    y = torch.from_numpy(target.vectors)
    x_known = x[[source.index[w] for w in known]]
    y_known = y[[target.index[w] for w in known]]
    torch.testing.assert_close(fitted[0], (x_known, y_known))

    W = fit_map(x_known, y_known, "orthogonal")
    once = refine_once(W, x, y, refinement)
    for refined, M in enumerate((W, refine_once(once, x, y, refinement))):
        for row in rows:
            if row["refined"] == str(refined) and row["metric"] == "cosine":
                best = int((x[source.index[row["word"]]] @ M.T @ y.T).argmax())
                assert int(row["correct"]) == (target.words[best] == row["word"])
    used = []
    monkeypatch.setattr(
        "crosstalk.alignment.refinement.fit_map",
        lambda x, y, solver: used.append(len(x)) or fit_map(x, y, solver),
    )
    refine_once(once, x, y, refinement)
    assert {r["fitted_pairs"] for r in rows if r["refined"] == "1"} == {str(used[0])}


def test_without_rounds_there_are_no_refined_rows(spaces, tmp_path):
    out = tmp_path / "curve.csv"
    cfg = CFG.model_copy(update={"refinement": RefinementParams(iterations=0)})
    align_with_pairs(cfg=cfg, sources=[spaces[0]], targets=[spaces[1]], seed=0, curves=[out])
    assert {r["refined"] for r in read(out)} == {"0"}


def test_held_out_words_are_spread_over_frequency_and_never_known():
    words = [f"w{i}" for i in range(1000)]
    held_out, known = split_words(words, 100, seed=0)
    assert sorted([*held_out, *known]) == sorted(words)
    rows = [int(w[1:]) for w in held_out]
    assert [row // 10 for row in rows] == list(range(100))
    assert known == [w for w in words if w not in set(held_out)]
    assert split_words(words, 100, seed=0) == (held_out, known)
    assert split_words(words, 100, seed=1)[0] != held_out


def test_too_few_shared_words_are_an_error(spaces, tmp_path):
    cfg = CFG.model_copy(update={"held_out": 375})
    with pytest.raises(DataError, match="share 380 words, too few for held_out=375 and pairs=10"):
        align_with_pairs(
            cfg=cfg, sources=[spaces[0]], targets=[spaces[1]], seed=0, curves=[tmp_path / "c"]
        )


def test_a_gpu_draws_the_same_curve(spaces, same_on_a_gpu):
    source, target = spaces
    same_on_a_gpu(
        lambda folder: align_with_pairs(
            cfg=CFG,
            sources=[source, target],
            targets=[target, source],
            seed=0,
            curves=[folder / "there", folder / "back"],
        )
    )
