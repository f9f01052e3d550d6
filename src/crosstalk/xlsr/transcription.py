"""What fine-tuned models write, and the errors in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import jiwer
import pandas as pd

from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.splits import said_before, split_of
from crosstalk.errors import ParameterError
from crosstalk.params.ctc import DecodeParams
from crosstalk.params.splits import SplitParams
from crosstalk.progress import progress
from crosstalk.speech.packed import PackedSpeech
from crosstalk.stage import Input, Output
from crosstalk.text.tokens import tokenize
from crosstalk.training.device import device
from crosstalk.xlsr.ctc import CtcModel, load_ctc, log_probabilities
from crosstalk.xlsr.decoding import WordSearch, best_path
from crosstalk.xlsr.labelled import LabelledSpeech, with_labels
from crosstalk.xlsr.scoring import COLUMNS
from crosstalk.xlsr.tokens import SEPARATOR

Measure = Literal["PER", "CER", "CER without blanks", "WER", "WER with LM"]


def transcribe(
    *,
    cfg: DecodeParams,
    splits: SplitParams,
    table: str,
    rows: list[str],
    columns: list[str],
    languages: list[str],
    measures: list[str],
    split: Literal["dev", "test"],
    seed: int,
    models: list[Input],
    frames: Input,
    cuts: Input,
    messages: list[Input],
    transcripts: Output,
) -> None:
    """Write utterances of a language with each model, and count the errors of each (stage).

    ``rows``, ``columns``, ``languages``, ``measures`` (`Measure`) and ``models`` run in parallel;
    ``table``, ``rows`` and ``columns`` say where results belong, ``seed`` is the models'. PER is
    of phones, CER of characters with a blank between words as one of them, WER of words that the
    characters spell. Only ``WER with LM`` reads ``messages``: its lexicon and language model are of
    the training transcripts and training messages in the language.

    Raises
    ------
    DataError
        A file is damaged, or the language has no utterance with labels.
    ParameterError
        A model of phones is asked for characters or the reverse.

    """
    speech = PackedSpeech.read(frames, cuts)
    found = []
    asked = zip(rows, columns, languages, measures, models, strict=True)
    for row, column, language, measure, model in progress(
        list(asked), label="transcribing", unit="model"
    ):
        network = load_ctc(model)
        wanted = "phones" if measure == "PER" else "characters"
        if network.labels != wanted:
            raise ParameterError(
                f"{measure} is of {wanted}, but {model} writes {network.labels}: fine-tune another"
            )
        heard = with_labels(speech, [language], split, wanted, network.label_params)
        search = None
        if measure == "WER with LM":
            sentences = training_sentences(speech, messages, language, splits)
            search = WordSearch(sentences, network.vocabulary, cfg)
        where = {"table": table, "row": row, "column": column, "seed": seed, "language": language}
        found += [
            where
            | {
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
    pd.DataFrame(found, columns=list(COLUMNS)).to_parquet(transcripts, index=False)


def count_errors(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Count substitutions, deletions and insertions (Levenshtein distance)."""
    aligned = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
    return aligned.substitutions + aligned.deletions + aligned.insertions


def training_sentences(
    speech: PackedSpeech, messages: Sequence[Path], language: str, splits: SplitParams
) -> Iterator[list[str]]:
    """Yield the words of the training transcripts and training messages of a language.

    What is said or written in development or test data too is left out.
    """
    tables = [speech.cuts, *map(read_messages, messages)]
    tables = [table[table["language"] == language] for table in tables]
    texts = [text for table in tables for text in table["text"]]
    parts = [*tables[0]["split"]]
    parts += [split_of(fold, splits) for table in tables[1:] for fold in table["fold"]]
    known = said_before(texts, parts, ("test", "dev", "train"))
    for text, part, again in zip(texts, parts, known, strict=True):
        if part == "train" and not again and (words := tokenize(text, language)):
            yield words


def _written(
    network: CtcModel,
    heard: LabelledSpeech,
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
