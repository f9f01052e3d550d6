"""Error rates: against sums done by hand."""

import pandas as pd
import pytest

from crosstalk.errors import DataError
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results.metrics import ALL, read_metrics
from crosstalk.xlsr.scoring import AVERAGE, COLUMNS, score_transcripts

CFG = EvaluationParams(resamples=400)


def items(row, column, seed, pairs):
    return pd.DataFrame(
        [
            {
                "table": "table_1",
                "row": row,
                "column": column,
                "seed": seed,
                "language": column,
                "utterance": f"{column}{index}",
                "errors": errors,
                "length": length,
                "unseen": 0,
                "reference": "",
                "hypothesis": "",
            }
            for index, (errors, length) in enumerate(pairs)
        ],
        columns=list(COLUMNS),
    )


def score(folder, *frames):
    paths = []
    for index, frame in enumerate(frames):
        paths.append(folder / f"{index}.parquet")
        frame.to_parquet(paths[-1], index=False)
    score_transcripts(
        cfg=CFG,
        transcripts=paths,
        measures=folder / "measures.csv",
        draws=folder / "draws.parquet",
    )
    table = read_metrics(folder / "measures.csv")
    return table.set_index(["row", "column", "seed"])


def test_a_rate_is_of_all_labels_not_a_mean_of_utterances(tmp_path):
    rates = score(tmp_path, items("x", "es", 0, [(1, 1), (0, 99)]))
    assert rates.loc[("x", "es", "0"), "value"] == pytest.approx(1.0)
    assert rates.loc[("x", "es", "0"), "n"] == 2
    assert (rates["unit"] == "%").all()


def test_rates_above_a_hundred_are_possible_and_exact_ones_have_no_width(tmp_path):
    rates = score(tmp_path, items("x", "es", 0, [(3, 2), (6, 4)]))
    assert rates.loc[("x", "es", ALL), ["value", "ci_low", "ci_high"]].tolist() == [150.0] * 3


def test_the_average_counts_languages_alike_and_pools_seeds(tmp_path):
    rates = score(
        tmp_path,
        items("x", "es", 0, [(10, 100)] * 30),
        items("x", "es", 1, [(20, 100)] * 30),
        items("x", "it", 0, [(5, 10)] * 3),
        items("x", "it", 1, [(7, 10)] * 3),
        items("y", "es", 0, [(1, 10)]),
    )
    assert rates.loc[("x", "es", ALL), ["value", "seeds"]].tolist() == pytest.approx([15, 2])
    assert rates.loc[("x", AVERAGE, "0"), "value"] == pytest.approx((10 + 50) / 2)
    assert rates.loc[("x", AVERAGE, ALL), "value"] == pytest.approx((15 + 60) / 2)
    # Utterances of a language are all alike here, so only the draw of seeds has a spread.
    ends = rates.loc[("x", AVERAGE, ALL), ["ci_low", "ci_high"]].tolist()
    assert ends == pytest.approx([(10 + 50) / 2, (20 + 70) / 2])
    assert ("y", AVERAGE, ALL) not in rates.index


def test_an_average_over_fewer_languages_would_not_compare_with_the_others(tmp_path):
    each = [items("x", language, 0, [(1, 10)]) for language in ("es", "it", "da")]
    some = [items("y", language, 0, [(1, 10)]) for language in ("es", "it")]
    lost = [items("z", language, 0, [(1, 10)]) for language in ("es", "it", "da")]
    lost += [items("z", language, 1, [(1, 10)]) for language in ("es", "it")]
    rates = score(tmp_path, *each, *some, *lost)
    assert ("x", AVERAGE, ALL) in rates.index
    assert ("y", AVERAGE, ALL) not in rates.index
    assert ("z", AVERAGE, ALL) not in rates.index  # its seeds would average other languages


def test_other_files_are_not_transcripts(tmp_path):
    with pytest.raises(DataError, match="has columns"):
        score(tmp_path, pd.DataFrame({"errors": [1]}))
