"""Self-learning: its parts by their definitions, and rotations it must find."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.stats import ortho_group

from crosstalk.alignment.criterion import mean_cosine
from crosstalk.alignment.csls import nearest_csls, top_csls, top_discounted
from crosstalk.alignment.procrustes import orthogonal_map
from crosstalk.alignment.self_learning import (
    _partners,
    induce,
    initial_dictionary,
    similarity_profiles,
    train_self_learning,
)
from crosstalk.params.alignment import SelfLearningParams

_path = Path(__file__).with_name("reference.py")
_spec = importlib.util.spec_from_file_location("reference", _path)
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)

SHORT = SelfLearningParams(restarts=2, initial_words=300, patience=5)


def planted(vectors, noise=0.0):
    """A space, its turned and shaken copy, and the rotation."""
    x = torch.from_numpy(vectors)
    generator = np.random.default_rng(1)
    rotation = torch.from_numpy(ortho_group.rvs(x.shape[1], random_state=generator)).float()
    y = x @ rotation.T + noise * torch.from_numpy(generator.normal(size=vectors.shape)).float()
    return x, y, rotation


def precision(W, x, y):
    return (nearest_csls(x @ W.T, y) == torch.arange(len(x))).float().mean().item()


def unit(table):
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def test_a_profile_is_a_sorted_row_of_the_square_root_of_all_similarities(structured_vectors):
    x = structured_vectors(n=30)
    root = unit(np.sort(sqrtm(x.astype(np.float64) @ x.T + 1e-12 * np.eye(30)).real, axis=1))
    expected = unit(root - root.mean(0))
    np.testing.assert_allclose(similarity_profiles(torch.from_numpy(x)), expected, atol=1e-3)


def test_profiles_do_not_see_a_rotation(structured_vectors):
    x, y, _ = planted(structured_vectors())
    torch.testing.assert_close(similarity_profiles(x), similarity_profiles(y), atol=1e-4, rtol=0)


@pytest.mark.parametrize("words", [12, 100])
def test_the_initial_dictionary_is_every_words_best_profile_by_csls(structured_vectors, words):
    x, y = (torch.from_numpy(structured_vectors(n=n, seed=n)) for n in (20, 25))
    rows_x, rows_y = initial_dictionary(x, y, words, 3)
    n = min(words, 20)
    profiles = [similarity_profiles(side[:n]).double().numpy() for side in (x, y)]
    table = np.array(reference.csls_table(*profiles, 3))
    expected = [(i, table[i].argmax()) for i in range(n)]
    expected += [(table[:, j].argmax(), j) for j in range(n)]
    assert list(zip(rows_x.tolist(), rows_y.tolist(), strict=True)) == expected


def test_induction_without_chance_is_csls_both_ways(structured_vectors):
    x, y = (torch.from_numpy(structured_vectors(n=n, seed=n)) for n in (20, 25))
    W = torch.from_numpy(ortho_group.rvs(4, random_state=0)).float()
    (rows_x, rows_y), objective = induce(
        W, x, y, keep=1.0, neighbours=3, stream=torch.Generator().manual_seed(0)
    )
    mapped = (x @ W.T).numpy()
    table = np.array(reference.csls_table(mapped, y.numpy(), 3))
    assert rows_x.tolist() == [*range(20), *table.argmax(0)]
    assert rows_y.tolist() == [*table.argmax(1), *range(25)]
    cosines = np.array([[reference.cosine(a, b) for b in y.numpy()] for a in mapped])
    expected = (cosines.max(1).mean() + cosines.max(0).mean()) / 2
    assert objective == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("keep", [0.1, 0.4, 0.8])
def test_a_drawn_rank_stands_for_a_coin_a_candidate(keep):
    """The best of those that take part, against masks drawn in full."""
    count, candidates = 20_000, 12
    stream = torch.Generator().manual_seed(0)
    target = torch.randn(candidates, 4, generator=stream)
    query = torch.randn(1, 4, generator=stream)
    density = 0.1 * torch.randn(candidates, generator=stream)
    drawn = _partners(query.expand(count, -1), target, density, keep, stream)

    scores = 2 * torch.cosine_similarity(query, target) - density
    masks = torch.rand(count, candidates, generator=stream) < keep
    masks[:, scores.argmin()] |= ~masks.any(1)  # nobody takes part: the last one does
    literal = scores.masked_fill(~masks, -torch.inf).argmax(1)
    shares = [torch.bincount(p, minlength=candidates) / count for p in (drawn, literal)]
    torch.testing.assert_close(*shares, atol=0.02, rtol=0)


def test_discounted_order_is_csls_order(structured_vectors):
    x, y = (torch.from_numpy(structured_vectors(n=n, seed=n)) for n in (20, 25))
    cosines = torch.nn.functional.normalize(y) @ torch.nn.functional.normalize(x).T
    density = cosines.topk(3).values.mean(1)
    rows = top_discounted(x, y, density, 6)
    assert torch.equal(rows, top_csls(x, y, 6, neighbours=3)[1])


def test_a_planted_rotation_is_found_by_every_restart(structured_vectors):
    x, y, rotation = planted(structured_vectors(d=8))
    maps, course = train_self_learning(x, y, SHORT, seed=0)
    for W in maps:
        torch.testing.assert_close(W, rotation, atol=1e-3, rtol=0)
        assert precision(W, x, y) == 1
    assert {e.phase for e in course} == {"self-learning"}


def test_noise_is_seen_through(skewed_vectors):
    """From a first map that misses, to what the true pairs would give."""
    x, y, _ = planted(skewed_vectors(), noise=0.12)
    maps, _ = train_self_learning(x, y, SHORT, seed=0)
    rows_x, rows_y = initial_dictionary(x, y, SHORT.initial_words, SHORT.neighbours)
    first = precision(orthogonal_map(x[rows_x], y[rows_y]), x, y)
    ceiling = precision(orthogonal_map(x, y), x, y)
    found = min(precision(W, x, y) for W in maps)
    assert first < 0.7 * ceiling
    assert found > 0.95 * ceiling


def test_the_best_stage_is_kept_and_the_probability_doubles_to_one(structured_vectors):
    x, y, _ = planted(structured_vectors(), noise=0.1)
    maps, course = train_self_learning(x, y, SHORT, seed=0)
    for restart, W in enumerate(maps):
        own = [e for e in course if e.restart == restart]
        assert [e.epoch for e in own] == [0, 1, 2, 3, 4, 5]  # first, 0.1, 0.2, 0.4, 0.8, 1
        best = max(e.criterion for e in own)
        assert mean_cosine(W, x, y, SHORT.criterion) == pytest.approx(best, abs=1e-6)


def test_a_seed_repeats_and_a_restart_runs_alone(structured_vectors):
    x, y, _ = planted(structured_vectors(n=150, d=8), noise=0.3)
    together, _ = train_self_learning(x, y, SHORT, seed=0)
    again, _ = train_self_learning(x, y, SHORT, seed=0)
    alone, _ = train_self_learning(x, y, SHORT, seed=0, restarts=[1])
    other, _ = train_self_learning(x, y, SHORT, seed=1)
    assert torch.equal(together, again)
    assert torch.equal(together[1], alone[0])
    assert not torch.allclose(together, other, atol=0.01)


def test_rare_words_stay_out(structured_vectors):
    x, y, rotation = planted(structured_vectors(d=8))
    y[200:] = y[200:].flip(1)
    cfg = SHORT.model_copy(update={"frequent_words": 200, "initial_words": 200})
    (W, _), _ = train_self_learning(x, y, cfg, seed=0)
    torch.testing.assert_close(W, rotation, atol=1e-3, rtol=0)
