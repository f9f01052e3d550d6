"""Intervals against scipy where it applies, and against simulated truth where it does not."""

import numpy as np
import pytest
import scipy.stats

from crosstalk.evaluation.bootstrap import bootstrap_mean, bootstrap_ratio, percentile_interval


def of_mean(*items, **options):
    found = bootstrap_mean(*items, **options)
    return found.value, found.low, found.high


def of_ratio(*items, **options):
    found = bootstrap_ratio(*items, **options)
    return found.value, found.low, found.high


def test_without_clusters_it_is_scipys_percentile_bootstrap():
    values = np.random.default_rng(0).gamma(1.0, size=200)
    mean, low, high = of_mean(values, np.arange(200), resamples=20_000)
    reference = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert mean == pytest.approx(values.mean())
    assert (low, high) == pytest.approx((reference.low, reference.high), abs=0.005)


def test_the_weighted_mean_of_a_resample_is_by_item_not_by_cluster():
    """A loop that draws clusters and pools their items gives the same distribution."""
    generator = np.random.default_rng(0)
    sizes = generator.integers(1, 20, size=40)
    clusters = np.repeat(np.arange(40), sizes)
    values = generator.random(40)[clusters] + 0.1 * generator.normal(size=len(clusters))
    members = [values[clusters == c] for c in range(40)]
    loop = [
        np.concatenate([members[c] for c in generator.integers(0, 40, 40)]).mean()
        for _ in range(4000)
    ]
    _, low, high = of_mean(values, clusters, level=0.9, resamples=2000)
    assert (low, high) == pytest.approx(tuple(np.quantile(loop, [0.05, 0.95])), abs=0.01)


def coverage(draw, trials=150, level=0.9):
    inside = 0
    for trial in range(trials):
        values, clusters, seeds, truth = draw(np.random.default_rng(trial))
        _, low, high = of_mean(
            values, clusters, seeds=seeds, level=level, resamples=200, seed=trial
        )
        inside += low <= truth <= high
    return inside / trials


def clustered(generator):
    effects = generator.normal(size=30)
    clusters = np.repeat(np.arange(30), 10)
    return effects[clusters] + 0.3 * generator.normal(size=300), clusters, None, 0.0


def test_clustered_items_are_covered():
    assert coverage(clustered) == pytest.approx(0.9, abs=0.05)


def test_ignoring_clusters_would_not_cover():
    def unclustered(generator):
        values, _, _, truth = clustered(generator)
        return values, np.arange(len(values)), None, truth

    assert coverage(unclustered) < 0.6


def test_seeds_are_covered_too():
    def seeded(generator):
        """Twelve seeds answer the same questions, some seeds better than others."""
        cluster, seed = (axis.ravel() for axis in np.indices((40, 12)))
        values = generator.normal(size=40)[cluster] + generator.normal(size=12)[seed]
        return values + 0.1 * generator.normal(size=480), cluster, seed, 0.0

    found = coverage(seeded)
    assert found == pytest.approx(0.9, abs=0.06)

    def forgotten(generator):
        values, cluster, _, truth = seeded(generator)
        return values, cluster, None, truth

    assert coverage(forgotten) < found - 0.15


def test_one_seed_adds_nothing():
    values, clusters = np.arange(20.0), np.arange(20) // 2
    assert of_mean(values, clusters, seeds=np.full(20, 7)) == of_mean(values, clusters)


def test_names_and_order_of_items_do_not_matter():
    values = np.random.default_rng(0).random(30)
    clusters = np.array([f"word {i % 7}" for i in range(30)])
    order = np.random.default_rng(1).permutation(30)
    here, there = of_mean(values, clusters), of_mean(values[order], clusters[order])
    assert here == pytest.approx(there)
    assert here[1] < here[0] < here[2]


def test_sparse_designs_have_finite_intervals():
    """Seed 0 saw only cluster 0, seed 1 only cluster 1: some draws hold no item."""
    mean, low, high = of_mean(np.array([0.0, 1.0]), [0, 1], seeds=np.array([0, 1]))
    assert (mean, low, high) == (0.5, 0.0, 1.0)


def test_nothing_has_no_mean():
    with pytest.raises(ValueError, match="no values"):
        of_mean(np.array([]), np.array([]))


def test_a_ratio_is_of_sums_and_agrees_with_scipy():
    """Errors over words, drawn together with their utterance."""
    generator = np.random.default_rng(3)
    words = generator.integers(1, 12, size=150).astype(float)
    errors = generator.binomial(words.astype(int), 0.3).astype(float)
    ratio, low, high = of_ratio(errors, words, np.arange(150), resamples=20_000)
    reference = scipy.stats.bootstrap(
        (errors, words),
        lambda over, under, axis: over.sum(axis) / under.sum(axis),
        paired=True,
        vectorized=True,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert ratio == pytest.approx(errors.sum() / words.sum())
    assert (low, high) == pytest.approx((reference.low, reference.high), abs=0.003)


def test_groups_count_alike_however_large_they_are():
    """A loop that resamples each group, and means their ratios, gives the same distribution."""
    generator = np.random.default_rng(4)
    groups = np.repeat(["a", "b"], [200, 30])
    sizes = generator.integers(1, 9, size=230).astype(float)
    values = sizes * np.where(groups == "a", 0.2, 0.6) + 0.3 * generator.normal(size=230)
    loop = []
    for _ in range(4000):
        ratios = []
        for name in ("a", "b"):
            members = np.flatnonzero(groups == name)
            drawn = generator.choice(members, len(members))
            ratios.append(values[drawn].sum() / sizes[drawn].sum())
        loop.append(np.mean(ratios))
    ratio, low, high = of_ratio(values, sizes, np.arange(230), groups=groups, level=0.9)
    alone = [of_ratio(values[m], sizes[m], np.arange(m.sum()))[0] for m in (groups == "a", groups == "b")]  # fmt: skip
    assert ratio == pytest.approx(np.mean(alone))
    assert (low, high) == pytest.approx(tuple(np.quantile(loop, [0.05, 0.95])), abs=0.004)


def test_a_cluster_of_the_same_name_in_another_group_is_another():
    values, sizes = np.array([1.0, 0.0, 3.0, 4.0]), np.full(4, 4.0)
    clusters, groups = np.array([0, 1, 0, 1]), np.array(["a", "a", "b", "b"])
    other = np.array([0, 1, 2, 3])
    assert of_ratio(values, sizes, clusters, groups=groups) == of_ratio(
        values, sizes, other, groups=groups
    )


def paired_items(generator, effect=0.1):
    """Two systems' answers to the same questions; most of what varies is the question's."""
    questions, runs = np.repeat(np.arange(40), 5), np.tile(np.arange(5), 40)
    hard = generator.normal(size=40)[questions]
    a = hard + effect + 0.2 * generator.normal(size=200)
    return a, hard + 0.2 * generator.normal(size=200), questions, runs


def test_draws_of_one_design_subtract_to_the_bootstrap_of_the_differences():
    a, b, questions, runs = paired_items(np.random.default_rng(0))
    drawn = [bootstrap_mean(values, questions, seeds=runs) for values in (a, b)]
    differences = bootstrap_mean(a - b, questions, seeds=runs)
    assert drawn[0].design == drawn[1].design == differences.design
    np.testing.assert_allclose(drawn[0].draws - drawn[1].draws, differences.draws, atol=1e-9)
    low, high = percentile_interval(drawn[0].draws - drawn[1].draws, 0.95)
    assert (low, high) == pytest.approx((differences.low, differences.high))
    by_ends = (drawn[0].low - drawn[1].high, drawn[0].high - drawn[1].low)
    assert high - low < 0.3 * (by_ends[1] - by_ends[0])


def test_paired_draws_cover_the_true_difference():
    inside = 0
    for trial in range(150):
        a, b, questions, runs = paired_items(np.random.default_rng(trial))
        drawn = [
            bootstrap_mean(values, questions, seeds=runs, resamples=200, seed=trial).draws
            for values in (a, b)
        ]
        low, high = percentile_interval(drawn[0] - drawn[1], 0.9)
        inside += low <= 0.1 <= high
    assert inside / 150 >= 0.87  # seeds and questions crossed: on the wide side


@pytest.mark.parametrize(
    "changed",
    [
        {"clusters": np.arange(20) // 4},
        {"seeds": np.arange(20) % 2},
        {"groups": np.arange(20) % 2},
        {"resamples": 1999},
        {"seed": 1},
    ],
)
def test_what_is_drawn_otherwise_is_of_another_design(changed):
    items = {"values": np.arange(20.0), "sizes": np.ones(20), "clusters": np.arange(20) // 2}
    assert bootstrap_ratio(**items).design != bootstrap_ratio(**(items | changed)).design


def test_what_is_measured_does_not_change_the_design():
    clusters = np.arange(20) // 2
    drawn = [bootstrap_ratio(values, np.ones(20), clusters) for values in np.eye(2, 20)]
    assert drawn[0].design == drawn[1].design


def test_what_was_asked_before_does_not_change_an_interval():
    """Draws are kept for the next row: of this row's seeds, clusters and start, or not at all."""
    generator = np.random.default_rng(0)
    values, clusters, seeds = generator.random(60), np.arange(60) // 2, np.arange(60) % 2

    def interval(**options):
        return of_mean(values, clusters, **{"seeds": seeds, "resamples": 50, "seed": 3} | options)

    fresh = interval()
    interval(seeds=np.arange(60) % 3)
    interval(resamples=51)
    interval(seed=4)
    assert len({fresh, interval(seeds=np.arange(60) % 3), interval(seed=4)}) == 3
    assert interval() == fresh


def test_an_interval_may_end_at_infinity():
    draws = np.array([0.0] * 10 + [1.0] * 80 + [np.inf] * 9 + [np.nan])
    assert percentile_interval(draws, 0.9) == (0.0, np.inf)


@pytest.mark.parametrize(("of_seeds", "covered"), [(0.0, 0.95), (4.0, 0.82)])
def test_three_seeds_are_few_where_they_vary_more_than_questions(of_seeds, covered):
    """``of_seeds`` is the variance that seeds give the mean, in that of questions.

    Why a claim needs every seed besides its interval.
    """

    def few(generator, questions=100, runs=3):
        question, run = np.repeat(np.arange(questions), runs), np.tile(np.arange(runs), questions)
        values = np.sqrt(of_seeds * runs / questions) * generator.normal(size=runs)[run]
        values += generator.normal(size=questions)[question]
        return values, question, run, 0.0

    assert coverage(few, trials=400, level=0.95) == pytest.approx(covered, abs=0.04)
