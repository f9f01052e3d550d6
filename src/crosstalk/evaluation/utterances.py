"""Spoken utterances translated word by word, scored in BLEU and chrF.

What the paper's authors went on to (Chung et al. 2019, arXiv 1811.01307): every spoken word is
replaced by the nearest word of the other language. There is no language model and no reordering.
"""

from __future__ import annotations

import pandas as pd
from sacrebleu.metrics import BLEU, CHRF

from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.parquet import read_columns
from crosstalk.embeddings.spaces import Space
from crosstalk.errors import DataError
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.results.metrics import METRICS, by_seed
from crosstalk.stage import Input, Output
from crosstalk.text.dictionaries import Dictionary, read_pairs, translations
from crosstalk.text.tokens import tokenize

TABLE = "utterances"
TRANSCRIPT = "dictionary"
"""Row: the words that were really said, each in its most frequent translation."""


def score_translations(
    *,
    cfg: EvaluationParams,
    column: str,
    source_language: str,
    target_language: str,
    words: list[Input],
    messages: Input,
    dictionary: Input,
    target: Input,
    measures: Output,
    examples: Output,
) -> None:
    """Score the utterances that the answers of `answer_column` (one file a seed) spell out.

    References are the messages' own translations, tokenised as all text here is, so BLEU counts
    lower-case words without punctuation. ``examples`` holds every utterance of the first seed.

    Raises
    ------
    DataError
        No test message is translated.

    """
    known = ("row", "seed", "message", "word", "answer_1")
    answered = pd.concat([read_columns(p, known, others=True) for p in words], ignore_index=True)
    table = read_messages(messages)
    table = table[table["language"] == target_language].set_index("message_id")["text"]
    answered = answered[answered["message"].isin(table.index)]
    if answered.empty:
        raise DataError(f"{messages} translates none of the test messages to {target_language!r}")
    gold = translations(read_pairs(dictionary), source_language, target_language)
    said = answered[answered["row"] == answered["row"].iloc[0]]
    literal = _literal(gold, Space.load(target))
    answered = pd.concat(
        [
            answered,
            said.assign(row=TRANSCRIPT, answer_1=[literal.get(w, w) for w in said["word"]]),
        ]
    )
    keys = ["row", "seed", "message"]
    spelt = answered.groupby(keys, sort=False).agg({"answer_1": " ".join, "word": " ".join})
    frame = spelt.reset_index().rename(columns={"answer_1": "hypothesis", "word": "spoken"})
    references = {m: " ".join(tokenize(table[m], target_language)) for m in set(frame["message"])}
    frame["reference"] = frame["message"].map(references)
    rows = []
    for row, group in frame.groupby("row", sort=False):
        for seed, scores in by_seed(group, lambda part: _scores(part, cfg)).items():
            where = {"table": TABLE, "row": row, "seed": seed}
            rows += [where | {"column": f"{column} {score['unit']}"} | score for score in scores]
    METRICS.validate(pd.DataFrame(rows)).to_csv(measures, index=False, float_format="%.4f")
    frame[frame["seed"] == frame["seed"].min()].to_csv(examples, index=False)


def _literal(gold: Dictionary, target: Space) -> dict[str, str]:
    """The most frequent translation of each word, by the target text."""
    rank = {word: target.index.get(word, len(target)) for words in gold.values() for word in words}
    return {word: min(sorted(words), key=rank.__getitem__) for word, words in gold.items()}


def _scores(part: pd.DataFrame, cfg: EvaluationParams) -> list[dict]:
    hypotheses, references = part["hypothesis"].tolist(), [part["reference"].tolist()]
    rows = []
    for name, metric in (("BLEU", BLEU(tokenize="none", force=True)), ("chrF", CHRF())):
        score = metric.corpus_score(hypotheses, references, n_bootstrap=cfg.resamples)
        rows.append(
            {
                "value": score.score,
                "ci_low": min(score.score, score._mean - score._ci),
                "ci_high": max(score.score, score._mean + score._ci),
                "n": len(set(part["message"])),
                "seeds": part["seed"].nunique(),
                "unit": name,
            }
        )
    return rows
