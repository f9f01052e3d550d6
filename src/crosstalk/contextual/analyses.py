"""From answered questions to the paper's tables: by system, language, kind of word and protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import pearsonr, spearmanr

from crosstalk.contextual.bitext import pairs_used
from crosstalk.contextual.links import QUERIES
from crosstalk.contextual.messages import ENGLISH
from crosstalk.contextual.systems import BASE
from crosstalk.contextual.tables import RANKS, TRANSFER
from crosstalk.contextual.transfer import MAJORITY, TRANSLATED
from crosstalk.contextual.word_classes import rank_bin
from crosstalk.corpora.parquet import read_columns
from crosstalk.errors import DataError
from crosstalk.evaluation.answers import write_items
from crosstalk.evaluation.bootstrap import percentile_interval
from crosstalk.params.contextual import AlignParams
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results.metrics import ALL, METRICS, by_seed
from crosstalk.stage import Input, Output

AVERAGE = "avg"
"""The column that pools all languages."""
FOREIGN = "without English"
"""The column that pools the languages but English."""
MAIN = {"similarity": "csls", "direction": "to_english"}
"""Which retrieval the tables show; `readings` shows the others."""
PROTOCOL = {"ours": "frozen", "paper": "full"}
"""How the classifiers of the table ``transfer`` were trained, by whose corpora are asked."""
COLUMNS = {
    "ours": ("{}", "{}"),
    "paper": ("Europarl {}", "XNLI {}"),
}
"""Names of the columns of retrieval and transfer; those of the paper are the paper's own."""
ENDS = "ends"
"""The kind of [CLS] and [SEP], which are no words."""
LATIN = ("de", "en", "es", "fr")
"""Languages that are written as English is; the others are not."""
FIVE = 5


def analyse_contextual(
    *,
    cfg: EvaluationParams,
    corpora: Literal["ours", "paper"],
    names: list[str],
    pairs: list[int],
    alignment: AlignParams,
    train: Input,
    queries: Input,
    ranks: list[Input],
    transfers: list[Input],
    answers: Output,
    measures: Output,
    related: Output,
) -> None:
    """Sort all answers into tables, and compare retrieval with transfer (stage).

    Parameters
    ----------
    cfg
        Intervals of the correlations.
    corpora
        Whose corpora were asked: the paper's are what its own columns are about, and there its own
        protocol is the main one.
    names, pairs
        Systems of the data-size curve and how many pairs of each language they could have.
    alignment, train
        What they were aligned by: pairs that exist and are short enough are those they had.
    queries
        What is known of each test link, `crosstalk.contextual.links.QUERIES`.
    ranks, transfers
        Answers of every seed, of retrieval and of transfer.
    answers
        Items of the tables ``retrieval`` and ``readings`` (rows are systems), ``kinds``,
        ``frequency`` and ``script`` (columns are), ``transfer``, ``protocols`` and ``size``; a
        cluster is a message.
    measures
        Metrics of the tables ``correlation`` and ``size``.
    related
        CSV: retrieval and transfer in % of every system and language, what is correlated.

    Raises
    ------
    DataError
        A rank belongs to no query.

    """
    known = read_columns(queries, QUERIES)
    asked = pd.concat([read_columns(path, RANKS) for path in ranks], ignore_index=True)
    told = pd.concat([read_columns(path, TRANSFER) for path in transfers], ignore_index=True)
    found = with_queries(asked, known)
    words = found[found["kind"] != ENDS]
    told = with_own_english(told)
    main = told[(told["protocol"] == PROTOCOL[corpora]) | (told["system"] == MAJORITY)]
    retrieved, transferred = COLUMNS[corpora]
    tables = [
        *retrieval_items(words, retrieved),
        *end_items(found),
        *transfer_items(main, transferred),
        *protocol_items(told),
        *size_items(words, main, names, transferred),
    ]
    write_items(pd.concat(tables, ignore_index=True), answers)
    both = points(words, main)
    pooled = both.groupby(level=["system", "language"]).mean()
    (100 * pooled).reset_index().to_csv(related, index=False, float_format="%.2f")
    had = pairs_used(train, pairs, alignment.max_words)
    rows = [*correlations(both, cfg), *sizes(names, had)]
    METRICS.validate(pd.DataFrame(rows)).to_csv(measures, index=False, float_format="%.4f")


def with_queries(ranks: pd.DataFrame, queries: pd.DataFrame) -> pd.DataFrame:
    """Join ranks of the last layer with what is known of their queries.

    Raises
    ------
    DataError
        A rank belongs to no query: they come from other pairs.

    """
    last = ranks[ranks["layer"] == ranks["layer"].max()]
    known = pd.concat([queries, end_queries(queries)], ignore_index=True)
    found = last.merge(known, on=["language", "query"], how="left", validate="many_to_one")
    if found["message_id"].isna().any():
        raise DataError("a rank belongs to no query: link the words and retrieve them again")
    return found


def end_queries(queries: pd.DataFrame) -> pd.DataFrame:
    """Rows of `QUERIES` for [CLS] and [SEP] of each pair, as `retrieve_words` numbers them.

    Every test pair has a link, so the pairs of a language are the messages of its queries.
    """
    pairs = queries[["language", "message_id"]].drop_duplicates()
    pair = pairs.groupby("language").cumcount()
    known = {"english": "", "foreign": "", "kind": ENDS, "seen": True, "rank_gap": 0}
    sides = [pairs.assign(query=-1 - 2 * pair - place, **known) for place in (0, 1)]
    return pd.concat(sides, ignore_index=True)[list(QUERIES)]


def retrieval_items(found: pd.DataFrame, name: str) -> Iterator[pd.DataFrame]:
    """Yield items of the tables on retrieval, of words alone; ``name`` is of `COLUMNS`."""
    main = found[_is_main(found)]
    first = main["rank"] == 1
    languages = (main["language"] + "-" + ENGLISH).map(name.format)
    yield _items(main, "retrieval", main["system"], languages, first)
    yield _items(main, "retrieval", main["system"], name.format(AVERAGE), first)
    script = main["language"].map(lambda code: "latin" if code in LATIN else "other")
    for table, rows in (
        ("kinds", main["kind"]),
        ("frequency", main["rank_gap"].map(rank_bin)),
        ("script", script),
    ):
        yield _items(main, table, rows, main["system"], first)
    unseen = main[~main["seen"].astype(bool)]
    back = found[
        (found["similarity"] == MAIN["similarity"]) & (found["direction"] == "from_english")
    ]
    there = found[found["direction"] == MAIN["direction"]]
    others = {name: there[there["similarity"] == name] for name in ("cosine", "scalar")}
    for column, part, most in (
        ("never linked in training", unseen, 1),
        (f"among the first {FIVE}", main, FIVE),
        ("from English", back, 1),
        *((name, part, 1) for name, part in others.items()),
    ):
        yield _items(part, "readings", part["system"], column, part["rank"] <= most)


def end_items(found: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield items of the reading that counts [CLS] and [SEP] as words, if they were asked for."""
    if (found["kind"] == ENDS).any():
        main = found[_is_main(found)]
        column = "with [CLS] and [SEP]"
        yield _items(main, "readings", main["system"], column, main["rank"] == 1)


def transfer_items(main: pd.DataFrame, name: str) -> Iterator[pd.DataFrame]:
    """Yield items of the main table on transfer; ``name`` is of `COLUMNS`."""
    languages = main["language"].map(name.format)
    yield _items(main, "transfer", main["system"], languages, main["right"])
    yield _items(main, "transfer", main["system"], name.format(AVERAGE), main["right"])


def protocol_items(told: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield items of the table that compares protocols."""
    rows = told["system"] + ", " + told["protocol"]
    columns = told["language"].where(told["language"] == ENGLISH, FOREIGN)
    yield _items(told, "protocols", rows, columns, told["right"])


def with_own_english(told: pd.DataFrame) -> pd.DataFrame:
    """Add what translate-train answers in English: the base's answers, as its labels are the same.

    Only of protocols for which it was trained in other languages, but not in English once more.
    """
    own = told[told["system"] == TRANSLATED]
    lacking = set(own["protocol"]) - set(own["protocol"][own["language"] == ENGLISH])
    base = told[(told["system"] == BASE) & (told["language"] == ENGLISH)]
    same = base[base["protocol"].isin(lacking)].assign(system=TRANSLATED)
    return pd.concat([told, same], ignore_index=True)


def size_items(
    found: pd.DataFrame, told: pd.DataFrame, names: list[str], name: str
) -> Iterator[pd.DataFrame]:
    """Yield items of the data-size curve, whose start is the base; ``name`` is of `COLUMNS`."""
    curve = [BASE, *names]
    main = found[_is_main(found) & found["system"].isin(curve)]
    yield _items(main, "size", main["system"], "word retrieval", main["rank"] == 1)
    part = told[told["system"].isin(curve)]
    yield _items(part, "size", part["system"], part["language"].map(name.format), part["right"])
    yield _items(part, "size", part["system"], name.format(AVERAGE), part["right"])


def points(found: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Accuracy of retrieval and of transfer of each system that has both, by seed and language.

    ``told`` are answers of one protocol.

    Returns
    -------
    DataFrame
        Indexed by seed, system and language: ``retrieval`` and ``transfer``, from 0 to 1.

    """
    main = found[_is_main(found)]
    keys = ["seed", "system", "language"]
    retrieval = (main["rank"] == 1).groupby([main[key] for key in keys]).mean()
    transfer = told["right"].astype(float).groupby([told[key] for key in keys]).mean()
    return pd.concat([retrieval, transfer], axis=1, join="inner", keys=["retrieval", "transfer"])


def correlations(frame: pd.DataFrame, cfg: EvaluationParams) -> Iterator[dict[str, object]]:
    """Yield metrics of the table ``correlation``: over all points, and over languages of the base.

    ``frame`` is of `points`. A point is a system in a language, averaged over seeds where they are
    pooled. Points that share either rise and fall together, so that systems, languages and seeds
    are resampled, and not points.

    Raises
    ------
    DataError
        A system lacks a seed or a language that others have.

    """
    base = frame.xs(BASE, level="system", drop_level=False)
    for column, part in {"systems and languages": frame, "languages, base": base}.items():
        for seed, found in by_seed(part, lambda points: _correlate(_grid(points), cfg)).items():
            for row, value in found.items():
                yield {"table": "correlation", "row": row, "column": column, "seed": seed} | value


def _correlate(sides: np.ndarray, cfg: EvaluationParams) -> dict[str, dict[str, object]]:
    """Correlations of a `_grid`, and what none would be, with intervals, by row."""
    known = {"n": sides[0, ..., 0].size, "seeds": len(sides), "unit": ""}
    found = {"no relation": {"value": 0.0, "ci_low": 0.0, "ci_high": 0.0} | known}
    for row, correlate in (("pearson", pearsonr), ("spearman", spearmanr)):
        value = _correlation(correlate, sides)
        generator = np.random.default_rng(cfg.bootstrap_seed)
        draws = [
            _correlation(correlate, _resampled(sides, generator)) for _ in range(cfg.resamples)
        ]
        low, high = percentile_interval(np.array(draws), cfg.level)
        span = {"value": value, "ci_low": min(low, value), "ci_high": max(high, value)}
        found[row] = span | known
    return found


def _grid(points: pd.DataFrame) -> np.ndarray:
    """Retrieval and transfer as float [seeds, systems, languages, 2]."""
    axes = [points.index.unique(name) for name in ("seed", "system", "language")]
    whole = points.reindex(pd.MultiIndex.from_product(axes))
    if missing := int(whole.isna().any(axis=1).sum()):
        raise DataError(
            f"{missing} of {len(whole)} points lack retrieval or transfer: retrieve words and "
            "transfer labels by every seed and system again"
        )
    return whole.to_numpy().reshape(*map(len, axes), 2)


def _resampled(sides: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw as many seeds, systems and languages as there are, with replacement."""
    return sides[np.ix_(*(generator.integers(n, size=n) for n in sides.shape[:-1]))]


def sizes(names: list[str], pairs: list[int]) -> Iterator[dict[str, object]]:
    """Yield metrics of the table ``size``: how many pairs each system saw."""
    for name, count in zip([BASE, *names], [0, *pairs], strict=True):
        where = {"table": "size", "row": name, "column": "pairs", "seed": ALL}
        span = dict.fromkeys(("value", "ci_low", "ci_high"), float(count))
        yield where | span | {"n": 1, "seeds": 1, "unit": ""}


def _is_main(found: pd.DataFrame) -> pd.Series:
    return (found["similarity"] == MAIN["similarity"]) & (found["direction"] == MAIN["direction"])


def _items(
    answers: pd.DataFrame,
    table: str,
    row: pd.Series,
    column: pd.Series | str,
    correct: pd.Series,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "table": table,
            "row": row,
            "column": column,
            "seed": answers["seed"],
            "cluster": answers["message_id"],
            "correct": correct.astype(float),
        }
    )


def _correlation(correlate: Callable, sides: np.ndarray) -> float:
    """Correlate means over seeds; 0 where one side does not vary, as in a draw of one point."""
    pairs = sides.mean(0).reshape(-1, 2)
    if (np.ptp(pairs, axis=0) == 0).any():
        return 0.0
    return float(correlate(*pairs.T).statistic)
