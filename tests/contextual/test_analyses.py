"""Tables from answers, counted again by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from crosstalk.contextual.analyses import (
    analyse_contextual,
    correlations,
    points,
    with_own_english,
    with_queries,
)
from crosstalk.contextual.links import QUERIES
from crosstalk.contextual.tables import PAIRS, RANKS, TRANSFER
from crosstalk.errors import DataError
from crosstalk.evaluation.answers import read_items
from crosstalk.params.contextual import AlignParams
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results.metrics import read_metrics

CFG = EvaluationParams(resamples=200)
LANGUAGES = ("de", "el")
SYSTEMS = ("base", "aligned")


@pytest.fixture(scope="module")
def tables():
    rng = np.random.default_rng(0)
    queries = pd.DataFrame(
        [
            (
                language,
                n,
                f"m{n // 3}",
                "e",
                "f",
                ("overlap", "closed", "open")[n % 3],
                n % 4 > 0,
                7**n % 3000,
            )
            for language in LANGUAGES
            for n in range(12)
        ],
        columns=QUERIES,
    )
    ranks = pd.DataFrame(
        [
            (system, seed, language, direction, similarity, layer, query, rng.integers(1, 8))
            for system in SYSTEMS
            for seed in (0, 1)
            for language in LANGUAGES
            for direction in ("to_english", "from_english")
            for similarity in ("csls", "cosine", "scalar")
            for layer in (0, 2)
            for query in range(12)
        ],
        columns=RANKS,
    )
    told = pd.DataFrame(
        [
            (system, seed, protocol, language, f"t{n}", rng.random() < 0.5)
            for system in SYSTEMS
            for seed in (0, 1)
            for protocol in ("frozen", "full")
            for language in ("en", *LANGUAGES)
            for n in range(9)
        ],
        columns=TRANSFER,
    )
    return queries, ranks, told


def write_pairs(path, counts):
    """As many pairs of each language, and one more that is too long."""
    rows = [
        (language, f"{language}{n}", [*"ab"] * (33 if n == count else 1), ["c"], [0], [0])
        for language, count in counts.items()
        for n in range(count + 1)
    ]
    pd.DataFrame(rows, columns=PAIRS).to_parquet(path)


def analyse(folder, tables, corpora):
    queries, ranks, told = tables
    queries.to_parquet(folder / "q")
    for seed in (0, 1):
        ranks[ranks["seed"] == seed].to_parquet(folder / f"r{seed}")
        told[told["seed"] == seed].to_parquet(folder / f"t{seed}")
    write_pairs(folder / "train", {"de": 400, "el": 300})
    analyse_contextual(
        cfg=CFG,
        corpora=corpora,
        names=["aligned"],
        pairs=[500],
        alignment=AlignParams(),
        train=folder / "train",
        queries=folder / "q",
        ranks=[folder / "r0", folder / "r1"],
        transfers=[folder / "t0", folder / "t1"],
        answers=folder / "a",
        measures=folder / "m",
        related=folder / "p",
    )
    items = read_items(folder / "a")
    means = items.groupby(["table", "row", "column", "seed"])["correct"].agg(["mean", "size"])
    return means, read_metrics(folder / "m")


@pytest.fixture(scope="module")
def analysed(tables, tmp_path_factory):
    return analyse(tmp_path_factory.mktemp("analyses"), tables, "ours")


def counted(tables, *, system, seed, languages=LANGUAGES, direction="to_english",
            similarity="csls", keep=lambda query: True, most=1):  # fmt: skip
    """The share of right answers, one rank at a time."""
    queries, ranks, _ = tables
    known = {(row.language, row.query): row for row in queries.itertuples()}
    right = [
        row.rank <= most
        for row in ranks.itertuples()
        if (row.system, row.seed, row.direction, row.similarity, row.layer)
        == (system, seed, direction, similarity, 2)
        and row.language in languages
        and keep(known[row.language, row.query])
    ]
    return sum(right) / len(right), len(right)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("table", "name", "choice"),
    [
        ("retrieval", "de-en", {"languages": ("de",)}),
        ("retrieval", "avg", {}),
        ("kinds", "closed", {"keep": lambda q: q.kind == "closed"}),
        ("frequency", "10 to 99", {"keep": lambda q: 10 <= q.rank_gap < 100}),
        ("script", "other", {"languages": ("el",)}),
        ("script", "latin", {"languages": ("de",)}),
        ("readings", "never linked in training", {"keep": lambda q: not q.seen}),
        ("readings", "among the first 5", {"most": 5}),
        ("readings", "from English", {"direction": "from_english"}),
        ("readings", "cosine", {"similarity": "cosine"}),
        ("readings", "scalar", {"similarity": "scalar"}),
        ("size", "word retrieval", {}),
    ],
)
def test_retrieval_tables(tables, analysed, system, seed, table, name, choice):
    cell = (name, system) if table in ("kinds", "frequency", "script") else (system, name)
    found = analysed[0].loc[(table, *cell, seed)]
    assert (found["mean"], found["size"]) == counted(tables, system=system, seed=seed, **choice)


@pytest.mark.parametrize(
    ("table", "row", "column", "protocol", "languages"),
    [
        ("transfer", "{}", "en", "frozen", ("en",)),
        ("transfer", "{}", "avg", "frozen", ("en", *LANGUAGES)),
        ("size", "{}", "avg", "frozen", ("en", *LANGUAGES)),
        ("protocols", "{}, full", "without English", "full", LANGUAGES),
        ("protocols", "{}, full", "en", "full", ("en",)),
        ("protocols", "{}, frozen", "without English", "frozen", LANGUAGES),
    ],
)
def test_transfer_tables(tables, analysed, table, row, column, protocol, languages):
    told = tables[2]
    for system in SYSTEMS:
        kept = told[
            (told["system"] == system)
            & (told["seed"] == 1)
            & (told["protocol"] == protocol)
            & told["language"].isin(languages)
        ]
        found = analysed[0].loc[table, row.format(system), column, 1]
        assert (found["mean"], found["size"]) == (kept["right"].mean(), len(kept))


def test_the_papers_corpora_fill_the_papers_columns_by_its_protocol(tables, analysed, tmp_path):
    """What is not of those tables is as it was."""
    means, _ = analyse(tmp_path, tables, "paper")
    full = tables[2][tables[2]["protocol"] == "full"]
    for system in SYSTEMS:
        told = full[(full["system"] == system) & (full["seed"] == 0)]
        for table in ("transfer", "size"):
            found = means.loc[table, system, "XNLI de", 0]
            assert found["mean"] == told["right"][told["language"] == "de"].mean()
            assert means.loc[table, system, "XNLI avg", 0]["size"] == len(told) == 27
        for ours, own in (("de-en", "Europarl de-en"), ("avg", "Europarl avg")):
            before = analysed[0].loc["retrieval", system, ours, 0]
            assert means.loc["retrieval", system, own, 0].equals(before)
    for table in ("readings", "kinds", "frequency", "script", "protocols"):
        pd.testing.assert_frame_equal(means.loc[table], analysed[0].loc[table])
    columns = set(means.loc[["retrieval", "transfer"]].index.get_level_values("column"))
    assert all(column.startswith(("Europarl ", "XNLI ")) for column in columns)
    both = means.loc["transfer"].xs("base")["mean"]
    points = pd.read_csv(tmp_path / "p").set_index(["system", "language"])["transfer"]
    assert points["base", "el"] == pytest.approx(100 * both["XNLI el"].mean(), abs=0.01)


def test_how_many_pairs_a_system_saw_stands_beside_it(analysed):
    """Of 500 that it might have seen, the language with most has 400 that are short enough."""
    found = analysed[1].set_index(["table", "row", "column"])["value"]
    assert found["size", "aligned", "pairs"] == 400
    assert found["size", "base", "pairs"] == 0


def test_correlations_are_those_of_the_points(tables, analysed):
    queries, ranks, told = tables
    frame = points(with_queries(ranks, queries), told[told["protocol"] == "frozen"])
    every = {(seed, s, language) for seed in (0, 1) for s in SYSTEMS for language in LANGUAGES}
    assert set(frame.index) == every
    for seed in (0, 1):
        share = counted(tables, system="base", seed=seed, languages=("el",))[0]
        assert frame.loc[(seed, "base", "el"), "retrieval"] == pytest.approx(share)
    measured = analysed[1].set_index(["table", "row", "column", "seed"])["value"]["correlation"]
    for seed, part in (("1", frame.xs(1)), ("all", frame.groupby(["system", "language"]).mean())):
        sides = part.to_numpy()
        by_hand = np.corrcoef(sides.T)[0, 1], np.corrcoef(rankdata(sides, axis=0).T)[0, 1]
        for row, expected in zip(("pearson", "spearman"), by_hand, strict=True):
            found = measured[row, "systems and languages", seed]
            assert found == pytest.approx(expected, abs=1e-4)


def correlated(values, systems=("base", "aligned"), languages=("bg", "de", "el")):
    """Correlations of ``values`` [systems, languages, 2], the same in two seeds."""
    names = ["seed", "system", "language"]
    index = pd.MultiIndex.from_product([[0, 1], systems, languages], names=names)
    sides = np.tile(np.reshape(values, (-1, 2)), (2, 1))
    frame = pd.DataFrame(sides, index, ["retrieval", "transfer"])
    return {
        (row["row"], row["column"], row["seed"]): row for row in correlations(frame, CFG)
    }, frame


def test_points_on_a_line_correlate_fully():
    rows, _ = correlated(np.stack([np.arange(6.0), np.arange(6.0) ** 3], axis=1))
    assert rows["spearman", "systems and languages", "all"]["value"] == pytest.approx(1)
    assert rows["spearman", "systems and languages", "all"]["seeds"] == 2
    assert rows["pearson", "languages, base", "all"]["n"] == 3


def test_points_of_one_language_are_not_counted_as_independent():
    """Many systems that say the same are no more evidence than one."""
    rng = np.random.default_rng(0)
    few = rng.normal(size=(1, 5, 2))
    systems, languages = [f"s{i}" for i in range(10)] + ["base"], list("abcde")
    copies, _ = correlated(np.repeat(few, 11, axis=0), systems, languages)
    alone, _ = correlated(few, ["base"], languages)
    key = ("pearson", "systems and languages", "all")
    for bound in ("ci_low", "ci_high"):
        assert copies[key][bound] == pytest.approx(alone[key][bound], abs=0.15)
    assert copies[key]["ci_high"] - copies[key]["ci_low"] > 0.5


def test_a_point_that_is_missing_is_told():
    _, frame = correlated(np.zeros((2, 3, 2)))
    with pytest.raises(DataError, match="1 of 6 points lack retrieval or transfer"):
        list(correlations(frame.drop((1, "base", "el")), CFG))


def test_ranks_of_other_pairs_are_refused(tables):
    queries, ranks, _ = tables
    with pytest.raises(DataError, match="a rank belongs to no query"):
        with_queries(ranks, queries[queries["query"] < 11])


def test_translate_train_answers_english_as_the_base_does(tables):
    told = tables[2]
    own = told[(told["system"] == "base") & (told["language"] == "de")]
    own = own.assign(system="translate_train")
    english = own[own["protocol"] == "frozen"].assign(language="en")  # this one was asked
    found = with_own_english(pd.concat([told, own, english], ignore_index=True))
    asked = found[(found["system"] == "translate_train") & (found["language"] == "en")]
    base = told[(told["system"] == "base") & (told["language"] == "en")]
    full, frozen = (asked[asked["protocol"] == name] for name in ("full", "frozen"))
    assert full["right"].tolist() == base["right"][base["protocol"] == "full"].tolist()
    assert frozen["right"].tolist() == english["right"].tolist()
    assert with_own_english(told).equals(told)
