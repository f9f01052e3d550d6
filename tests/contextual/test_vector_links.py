"""Links by vectors: against loops, and where the right links are known."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from tests.contextual.toy import ENCODER

from crosstalk.contextual import vector_links
from crosstalk.contextual.encoder import Encoder
from crosstalk.contextual.tables import PAIRS
from crosstalk.contextual.vector_links import (
    link_by_vectors,
    mutual_argmax,
    nearest_words,
    score_vector_links,
    word_vectors,
)
from crosstalk.contextual.vectors import subword_vectors
from crosstalk.corpora.parquet import read_columns
from crosstalk.corpora.schemas import write_gold_links
from crosstalk.evaluation.answers import read_items
from crosstalk.params.contextual import AlignParams
from crosstalk.params.models import CaoParams
from crosstalk.params.vector_links import VectorLinksParams
from crosstalk.text.links import format_pharaoh

SIMILARITY = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, max_side=5),
    elements=st.sampled_from([-1.0, 0.0, 0.5, 1.0]),
)
LAYER = VectorLinksParams(layer=1)


@given(SIMILARITY)
def test_links_are_cells_that_nothing_before_or_above_equals(similarity):
    def first_greatest(values, place):
        return values[place] == max(values) and values[place] not in list(values[:place])

    expected = [
        [row, column]
        for column in range(similarity.shape[1])
        for row in range(similarity.shape[0])
        if first_greatest(similarity[:, column], row) and first_greatest(similarity[row], column)
    ]
    assert mutual_argmax(similarity).tolist() == expected
    assert expected


@pytest.fixture
def base(pieces, tmp_path):
    torch.manual_seed(0)
    encoder = Encoder(ENCODER, len(pieces))
    for weights in encoder.parameters():
        torch.nn.init.normal_(weights, std=0.3)
    encoder.save(tmp_path / "base.safetensors")
    pieces.save(tmp_path / "vocabulary.json")
    return {"vocabulary": tmp_path / "vocabulary.json", "model": tmp_path / "base.safetensors"}


def test_a_word_is_the_mean_of_its_subwords(pieces, base):
    encoder = Encoder.load(base["model"])
    subwords = pieces.cut([["savethechart", "a"], ["myoldtable"]])
    states = subword_vectors(encoder, subwords, [1])[0]
    expected = [
        states[subwords.offsets[sentence] + torch.arange(first, last + 1)].mean(0)
        for sentence, first, last in zip([0, 0, 1], subwords.first, subwords.last, strict=True)
    ]
    assert max(subwords.last - subwords.first) > 1
    found = word_vectors(encoder, subwords, 1)
    cosines = torch.nn.functional.cosine_similarity(found, torch.stack(expected))
    assert cosines.tolist() == pytest.approx([1] * 3)
    assert found.norm(dim=1).tolist() == pytest.approx([1] * 3)


def test_a_copied_language_is_linked_without_error(english, base, tmp_path):
    once = [list(dict.fromkeys(words)) for words in english]
    gold = pd.DataFrame(
        {
            "verse": [str(i) for i in range(len(once))],
            "english": once,
            "foreign": once,
            "sure": [format_pharaoh((j, j) for j in range(len(words))) for words in once],
        }
    )
    write_gold_links(gold.assign(possible=gold["sure"]), tmp_path / "gold")
    score_vector_links(
        cfg=LAYER, seed=3, **base, gold=tmp_path / "gold", answers=tmp_path / "answers"
    )
    items = read_items(tmp_path / "answers")
    assert items.groupby("column")["correct"].mean().to_dict() == {
        "AER": 0,
        "precision": 1,
        "recall": 1,
    }
    assert set(items["row"]) == {"vectors"}
    assert set(items["seed"]) == {3}


def test_pairs_stay_as_they_are_but_for_their_links(tables, pieces, base, tmp_path):
    used = AlignParams(pairs=40)
    link_by_vectors(cfg=LAYER, used=used, **base, pairs=tables["pairs"], linked=tmp_path / "linked")
    before, after = read_columns(tables["pairs"], PAIRS), read_columns(tmp_path / "linked", PAIRS)
    before = before.groupby("language").head(40).reset_index(drop=True)
    texts = ["language", "message_id", "english", "foreign"]
    pd.testing.assert_frame_equal(before[texts], after[texts])
    encoder = Encoder.load(base["model"])
    for pair in after.iloc[::20].itertuples():
        ours = [word_vectors(encoder, pieces.cut([side]), 1) for side in (pair[3], pair[4])]
        similarity = ours[0] @ ours[1].T
        for one, other in zip(pair.english_links, pair.foreign_links, strict=True):
            assert similarity[one, other] >= similarity[one].max() - 1e-5
            assert similarity[one, other] >= similarity[:, other].max() - 1e-5


def test_how_many_pairs_are_held_together_changes_no_link(english, pieces, base, monkeypatch):
    encoder = Encoder.load(base["model"])
    backwards = [words[::-1] for words in english]
    expected = nearest_words(encoder, pieces, english, backwards, 2)
    monkeypatch.setattr(vector_links, "PAIRS_AT_ONCE", 7)
    for one, other in zip(
        expected, nearest_words(encoder, pieces, english, backwards, 2), strict=True
    ):
        assert one.tolist() == other.tolist()


def test_a_layer_that_the_encoder_has_not_is_refused():
    with pytest.raises(ValueError, match=r"vector_links\.layer=13 is above"):
        CaoParams(vector_links=VectorLinksParams(layer=13))


def test_a_gpu_links_the_same(tables, base, same_on_a_gpu):
    cfg = {"cfg": LAYER, "used": AlignParams(pairs=40)}
    same_on_a_gpu(
        lambda folder: link_by_vectors(
            **cfg, **base, pairs=tables["pairs"], linked=folder / "linked"
        )
    )
