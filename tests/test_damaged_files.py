"""Stages that are given a damaged file name it in one line, whatever reads it."""

from pathlib import Path

import numpy as np
import pytest
from tests.segmentation.planted import planted

from crosstalk.contextual.transfer import Task
from crosstalk.embeddings.embed import embed_segments
from crosstalk.embeddings.listener import hear
from crosstalk.errors import DataError
from crosstalk.evaluation.columns import score_word_classifier
from crosstalk.evaluation.utterances import score_translations
from crosstalk.params.contextual import TransferParams
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.params.present import PresentParams
from crosstalk.params.speech2vec import NetworkParams, TypesParams
from crosstalk.results.example_figures import plot_boundaries
from crosstalk.results.neighbours import list_neighbours
from crosstalk.results.pretraining import count_hours
from crosstalk.results.sharing import plot_sharing, score_sharing
from crosstalk.segmentation.boundaries import Segmentation

NOWHERE = Path("nowhere")
PAGE = {"png": NOWHERE, "pdf": NOWHERE}


def embed(damaged):
    corpus = planted(utterances=3)
    utterances, words = damaged.parent / "corpus", damaged.parent / "words"
    corpus.save(utterances)
    Segmentation(corpus.word_first, corpus.word_last).save(words)
    embed_segments(
        network=NetworkParams(),
        types=TypesParams(),
        groupings=["words"],
        seed=0,
        utterances=utterances,
        segmentations=[words],
        models=[damaged],
        spaces=[NOWHERE],
        tokens=[NOWHERE],
    )


def draw(damaged):
    found = damaged.parent / "boundaries.csv"
    found.write_text("segmentation,start,end,word\ntrue words,0,1,one\n")
    plot_boundaries(
        cfg=PresentParams(),
        shift_ms=10.0,
        titles=["en"],
        spectrograms=[damaged],
        boundaries=[found],
        **PAGE,
    )


READERS = {
    "embed_segments": embed,
    "transfer": lambda path: Task(path, None, TransferParams()),
    "hear": lambda path: hear(path, None, 1),
    "plot_boundaries": draw,
    "score_word_classifier": lambda path: score_word_classifier(
        column="x", seed=0, predicted=path, answers=NOWHERE
    ),
    "score_translations": lambda path: score_translations(
        cfg=EvaluationParams(),
        column="x",
        source_language="en",
        target_language="fr",
        words=[path],
        messages=NOWHERE,
        dictionary=NOWHERE,
        target=NOWHERE,
        measures=NOWHERE,
        examples=NOWHERE,
    ),
    "list_neighbours": lambda path: list_neighbours(
        rows=[],
        words=path,
        target=NOWHERE,
        reference=NOWHERE,
        csv=NOWHERE,
        markdown=NOWHERE,
        latex=NOWHERE,
        html=NOWHERE,
    ),
    "count_hours": lambda path: count_hours(cuts=path, hours=NOWHERE),
    "score_sharing": lambda path: score_sharing(
        cfg=EvaluationParams(), seeds=["0"], usages=[path], measures=NOWHERE
    ),
    "plot_sharing": lambda path: plot_sharing(cfg=PresentParams(), usages=[path], **PAGE),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_damaged_file_is_one_line_with_a_remedy(tmp_path, reader):
    damaged = tmp_path / "damaged"
    damaged.write_bytes(np.random.default_rng(0).bytes(500))
    with pytest.raises(DataError, match=r"/damaged is not .* delete it and run again$") as error:
        READERS[reader](damaged)
    assert "\n" not in str(error.value)
