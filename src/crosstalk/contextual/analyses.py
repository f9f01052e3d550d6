"""From answered questions to the paper's tables: by system, language, kind of word and protocol."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import pearsonr, spearmanr

from crosstalk.contextual.links import QUERIES
from crosstalk.contextual.messages import ENGLISH
from crosstalk.contextual.tables import RANKS, TRANSFER
from crosstalk.contextual.word_classes import rank_bin
from crosstalk.corpora.parquet import read_columns
from crosstalk.errors import DataError
from crosstalk.evaluation.answers import write_items
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results.metrics import ALL, METRICS
from crosstalk.stage import Input, Output

AVERAGE = "avg"
"""The column that pools all languages."""
FOREIGN = "without English"
"""The column that pools the languages but English."""
MAIN = {"similarity": "csls", "direction": "to_english"}
"""Which retrieval the tables show; `readings` shows the others."""
FROZEN = "frozen"
FIVE = 5


def analyse_contextual(
    *,
    cfg: EvaluationParams,
    names: list[str],
    pairs: list[int],
    queries: Input,
    ranks: list[Input],
    transfers: list[Input],
    answers: Output,
    measures: Output,
) -> None:
    """Sort all answers into tables, and compare retrieval with transfer (stage).

    Parameters
    ----------
    cfg
        Intervals of the correlations.
    names, pairs
        Systems of the data-size curve and how many pairs of each language they were aligned with.
    queries
        What is known of each test link, `crosstalk.contextual.links.QUERIES`.
    ranks, transfers
        Answers of every seed, of retrieval and of transfer.
    answers
        Items of the tables ``retrieval``, ``readings``, ``kinds``, ``frequency``, ``transfer`` and
        ``protocols``; a cluster is a message.
    measures
        Metrics of the tables ``correlation`` and ``size``.

    Raises
    ------
    DataError
        A rank belongs to no query.

    """
    known = read_columns(queries, QUERIES)
    asked = pd.concat([read_columns(path, RANKS) for path in ranks], ignore_index=True)
    told = pd.concat([read_columns(path, TRANSFER) for path in transfers], ignore_index=True)
    found = with_queries(asked, known)
    tables = [*retrieval_items(found), *transfer_items(told)]
    write_items(pd.concat(tables, ignore_index=True), answers)
    rows = [*correlations(points(found, told), cfg), *sizes(names, pairs)]
    METRICS.validate(pd.DataFrame(rows)).to_csv(measures, index=False, float_format="%.4f")


def with_queries(ranks: pd.DataFrame, queries: pd.DataFrame) -> pd.DataFrame:
    """Join ranks of the last layer with what is known of their queries.

    Raises
    ------
    DataError
        A rank belongs to no query: they come from other pairs.

    """
    last = ranks[ranks["layer"] == ranks["layer"].max()]
    found = last.merge(queries, on=["language", "query"], how="left", validate="many_to_one")
    if found["message_id"].isna().any():
        raise DataError("a rank belongs to no query: link the words and retrieve them again")
    return found


def retrieval_items(found: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield items of the tables on retrieval."""
    main = found[_is_main(found)]
    yield _items(main, "retrieval", main["language"] + "-" + ENGLISH, main["rank"] == 1)
    yield _items(main, "retrieval", AVERAGE, main["rank"] == 1)
    yield _items(main, "kinds", main["kind"], main["rank"] == 1)
    yield _items(main, "frequency", main["rank_gap"].map(rank_bin), main["rank"] == 1)
    unseen = main[~main["seen"].astype(bool)]
    yield _items(unseen, "readings", "word pairs never linked in training", unseen["rank"] == 1)
    yield _items(main, "readings", f"among the first {FIVE}", main["rank"] <= FIVE)
    back = found[
        (found["similarity"] == MAIN["similarity"]) & (found["direction"] == "from_english")
    ]
    yield _items(back, "readings", "from English", back["rank"] == 1)
    for similarity in ("cosine", "scalar"):
        other = found[
            (found["similarity"] == similarity) & (found["direction"] == MAIN["direction"])
        ]
        yield _items(other, "readings", similarity, other["rank"] == 1)


def transfer_items(told: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield items of the tables on transfer."""
    frozen = told[told["protocol"] == FROZEN]
    yield _items(frozen, "transfer", frozen["language"], frozen["right"])
    yield _items(frozen, "transfer", AVERAGE, frozen["right"])
    foreign = told["language"] != ENGLISH
    yield _items(
        told[foreign], "protocols", told["protocol"] + f", {FOREIGN}", told.loc[foreign, "right"]
    )
    yield _items(
        told[~foreign], "protocols", told["protocol"] + ", English", told.loc[~foreign, "right"]
    )


def points(found: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Accuracy of retrieval and of transfer of each system that has both, by language.

    Returns
    -------
    DataFrame
        Indexed by system and language: ``retrieval`` and ``transfer``, from 0 to 1.

    """
    main = found[_is_main(found)]
    frozen = told[told["protocol"] == FROZEN]
    keys = ["system", "language"]
    retrieval = (main["rank"] == 1).groupby([main[key] for key in keys]).mean()
    transfer = frozen["right"].astype(float).groupby([frozen[key] for key in keys]).mean()
    return pd.concat([retrieval, transfer], axis=1, join="inner", keys=["retrieval", "transfer"])


def correlations(frame: pd.DataFrame, cfg: EvaluationParams) -> Iterator[dict[str, object]]:
    """Yield metrics of the table ``correlation``: over all points, and over languages of the base.

    Intervals are percentile bootstrap intervals over the points, which are few and not
    independent: read them as a description.
    """
    parts = {"systems and languages": frame, "languages, base": frame.loc[["base"]]}
    for column, part in parts.items():
        for row, correlate in (("pearson", pearsonr), ("spearman", spearmanr)):
            sides = part.to_numpy()
            value = _correlation(correlate, sides)
            generator = np.random.default_rng(cfg.bootstrap_seed)
            draws = generator.integers(len(sides), size=(cfg.resamples, len(sides)))
            drawn = [_correlation(correlate, sides[draw]) for draw in draws]
            tail = (1 - cfg.level) / 2
            low, high = np.quantile(drawn, [tail, 1 - tail])
            yield {
                "table": "correlation",
                "row": row,
                "column": column,
                "seed": ALL,
                "value": value,
                "ci_low": min(low, value),
                "ci_high": max(high, value),
                "n": len(sides),
                "seeds": 1,
                "unit": "",
            }


def sizes(names: list[str], pairs: list[int]) -> Iterator[dict[str, object]]:
    """Yield metrics of the table ``size``: how many pairs each system saw."""
    for name, count in zip(names, pairs, strict=True):
        yield {
            "table": "size",
            "row": name,
            "column": "pairs of each language",
            "seed": ALL,
            "value": float(count),
            "ci_low": float(count),
            "ci_high": float(count),
            "n": 1,
            "seeds": 1,
            "unit": "",
        }


def _is_main(found: pd.DataFrame) -> pd.Series:
    return (found["similarity"] == MAIN["similarity"]) & (found["direction"] == MAIN["direction"])


def _items(
    answers: pd.DataFrame, table: str, column: pd.Series | str, correct: pd.Series
) -> pd.DataFrame:
    if isinstance(column, pd.Series):
        column = column.loc[answers.index]
    return pd.DataFrame(
        {
            "table": table,
            "row": answers["system"],
            "column": column,
            "seed": answers["seed"],
            "cluster": answers["message_id"],
            "correct": correct.astype(float),
        }
    )


def _correlation(correlate: object, sides: np.ndarray) -> float:
    """Return 0 where one side does not vary, as in a resample of one point."""
    if (np.ptp(sides, axis=0) == 0).any():
        return 0.0
    return float(correlate(*sides.T).statistic)
