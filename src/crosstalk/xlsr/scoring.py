"""What fine-tuned models write, and how wrong it is: PER, CER and WER with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import jiwer
import pandas as pd

from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.parquet import read_columns
from crosstalk.corpora.splits import split_of
from crosstalk.errors import ParameterError
from crosstalk.evaluation.bootstrap import bootstrap_ratio
from crosstalk.params.ctc import DecodeParams
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.params.splits import SplitParams
from crosstalk.results.metrics import ALL, KEY, METRICS
from crosstalk.speech.packed import PackedSpeech
from crosstalk.stage import Input, Output
from crosstalk.text.tokens import tokenize
from crosstalk.training.device import device
from crosstalk.xlsr.ctc import CtcModel, load_ctc, log_probabilities
from crosstalk.xlsr.decoding import WordSearch, best_path
from crosstalk.xlsr.labelled import Labelled, with_labels
from crosstalk.xlsr.tokens import SEPARATOR

Measure = Literal["PER", "CER", "CER without blanks", "WER", "WER with LM"]
AVERAGE = "Avg"
"""Column of the mean over languages, each of which counts the same."""

COLUMNS = (
    "table",
    "row",
    "column",
    "seed",
    "language",
    "utterance",
    "errors",
    "length",
    "unseen",
    "reference",
    "hypothesis",
)
"""``length`` counts the reference's phones, characters or words, ``unseen`` those among them (for
words: characters) that the model has no symbol for: they are errors whatever it writes."""


def transcribe(
    *,
    cfg: DecodeParams,
    splits: SplitParams,
    table: str,
    row: str,
    column: str,
    language: str,
    measure: Measure,
    split: Literal["dev", "test"],
    seed: int,
    model: Input,
    frames: Input,
    cuts: Input,
    messages: list[Input],
    transcripts: Output,
) -> None:
    """Write the utterances of one language and count the errors of each (stage).

    PER is of phones, CER of characters with a blank between words as one of them, WER of words that
    the characters spell. Only ``WER with LM`` reads ``messages``: its lexicon and language model
    are of the training transcripts and training messages in the language. ``table``, ``row`` and
    ``column`` say where the result belongs; ``seed`` is the model's.

    Raises
    ------
    DataError
        A file is damaged, or the language has no utterance with labels.
    ParameterError
        A model of phones is asked for characters or the reverse.

    """
    network = load_ctc(model)
    wanted = "phones" if measure == "PER" else "characters"
    if network.labels != wanted:
        raise ParameterError(
            f"{measure} is of {wanted}, but {model} writes {network.labels}: fine-tune another"
        )
    speech = PackedSpeech.read(frames, cuts)
    heard = with_labels(speech, [language], split, wanted, network.label_params)
    search = None
    if measure == "WER with LM":
        sentences = training_sentences(speech, messages, language, splits)
        search = WordSearch(sentences, network.vocabulary, cfg)
    rows = [
        {
            "table": table,
            "row": row,
            "column": column,
            "seed": seed,
            "language": language,
            "utterance": utterance,
            "errors": count_errors(reference, hypothesis),
            "length": len(reference),
            "unseen": network.vocabulary.unseen(labels, language),
            "reference": " ".join(reference),
            "hypothesis": " ".join(hypothesis),
        }
        for utterance, labels, reference, hypothesis in _written(
            network.to(device()), heard, language, measure, search
        )
    ]
    pd.DataFrame(rows, columns=list(COLUMNS)).to_parquet(transcripts, index=False)


def score_transcripts(*, cfg: EvaluationParams, transcripts: list[Input], measures: Output) -> None:
    """Turn transcripts into error rates in percent: all errors over all labels (stage).

    One row a seed, and one that pools the seeds (utterances and seeds are both resampled); where a
    row of a table has several columns, `AVERAGE` is the mean of their rates.

    Raises
    ------
    DataError
        A file is not of `transcribe`.

    """
    frame = pd.concat([read_columns(path, COLUMNS) for path in transcripts], ignore_index=True)
    averaged = [
        part.assign(column=AVERAGE, group=part["column"])
        for _, part in frame.groupby(["table", "row"], sort=False)
        if len(part["column"].unique()) > 1
    ]
    frame = pd.concat([frame.assign(group=""), *averaged], ignore_index=True)
    rows = []
    for key, part in frame.groupby(KEY, sort=False):
        seeds = sorted(part["seed"].unique())
        chosen = [(str(seed), part[part["seed"] == seed]) for seed in seeds] + [(ALL, part)]
        rows += [
            dict(zip(KEY, key, strict=True)) | {"seed": name} | _rate(some, cfg)
            for name, some in chosen
        ]
    METRICS.validate(pd.DataFrame(rows)).to_csv(measures, index=False, float_format="%.4f")


def count_errors(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Count substitutions, deletions and insertions (Levenshtein distance)."""
    aligned = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
    return aligned.substitutions + aligned.deletions + aligned.insertions


def training_sentences(
    speech: PackedSpeech, messages: Sequence[Path], language: str, splits: SplitParams
) -> Iterator[list[str]]:
    """Yield the words of the training transcripts and training messages of a language."""
    cuts = speech.cuts
    spoken = cuts["text"][(cuts["language"] == language) & (cuts["split"] == "train")]
    texts = [spoken]
    for path in messages:
        table = read_messages(path)
        table = table[table["language"] == language]
        texts.append(table["text"][table["fold"].map(lambda f: split_of(f, splits) == "train")])
    for text in pd.concat(texts):
        if words := tokenize(text, language):
            yield words


def _written(
    network: CtcModel,
    heard: Labelled,
    language: str,
    measure: Measure,
    search: WordSearch | None,
) -> Iterator[tuple[str, list[str], list[str], list[str]]]:
    """Yield id, labels, and reference and hypothesis as the measure counts them."""
    found = log_probabilities(network, heard.speech)
    for utterance, labels, log_probs in zip(
        heard.speech.cuts["id"], heard.labels, found, strict=True
    ):
        hypothesis = (
            search(log_probs)
            if search
            else _counted(network.vocabulary.decode(best_path(log_probs), language), measure)
        )
        yield utterance, labels, _counted(labels, measure), hypothesis


def _counted(labels: Sequence[str], measure: Measure) -> list[str]:
    if measure == "CER without blanks":
        return [label for label in labels if label != SEPARATOR]
    if measure in ("WER", "WER with LM"):
        return [word for word in "".join(labels).split(SEPARATOR) if word]
    return list(labels)


def _rate(part: pd.DataFrame, cfg: EvaluationParams) -> dict[str, object]:
    ratio, low, high = bootstrap_ratio(
        part["errors"].to_numpy(),
        part["length"].to_numpy(),
        part["utterance"].to_numpy(),
        groups=part["group"].to_numpy(),
        seeds=part["seed"].to_numpy(),
        level=cfg.level,
        resamples=cfg.resamples,
        seed=cfg.bootstrap_seed,
    )
    seeds = part["seed"].nunique()
    return {
        "value": 100 * ratio,
        "ci_low": 100 * min(low, ratio),
        "ci_high": 100 * max(high, ratio),
        "n": int(part.groupby("seed")["utterance"].size().iloc[0]),
        "seeds": seeds,
        "unit": "%",
    }
