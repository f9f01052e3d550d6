"""Masking by its shares, the loss by its definition, and the stage from table to files."""

import pandas as pd
import pytest
import torch
from tests.contextual.toy import ENCODER, TOKENISER, TRAINING

from crosstalk.contextual.encoder import Encoder
from crosstalk.contextual.pretraining import MaskedLM, MaskedText, pretrain_masked_lm
from crosstalk.contextual.tokeniser import WordPieces
from crosstalk.errors import DataError


@pytest.fixture
def text(tables, pieces):
    def make(longest=24, **changes):
        words = pd.read_parquet(tables["text"])["words"].tolist()
        cfg = TRAINING.model_copy(update=changes)
        return MaskedText(pieces.cut(words), pieces, cfg, longest, seed=0)

    return make


def original(text, step):
    """The subwords of a step's batch before masking."""
    rows = text.epochs.items_at(step)
    offsets = text.subwords.offsets
    return torch.cat(
        [torch.from_numpy(text.subwords.ids[offsets[row] : offsets[row + 1]]) for row in rows]
    )


def test_masks_have_bert_s_shares(text, pieces):
    batches = text(batch_sentences=180, mask_share=0.3)
    chosen = shown_mask = shown_same = others = 0
    for step in range(40):
        batch, before = batches.batch_at(step), original(batches, step)
        assert torch.equal(before[batch.places], batch.answers)
        untouched = torch.ones(len(before), dtype=bool)
        untouched[batch.places] = False
        assert torch.equal(batch.sentences.ids[untouched], before[untouched].long())
        shown = batch.sentences.ids[batch.places]
        chosen += len(shown)
        shown_mask += int((shown == pieces.id_of("[MASK]")).sum())
        shown_same += int((shown == batch.answers).sum())
        others += len(before) - 2 * len(batch.sentences.lengths)
        assert not torch.isin(batch.answers, batches._ends).any()
    assert chosen / others == pytest.approx(0.3, abs=0.01)
    assert shown_mask / chosen == pytest.approx(0.8 + 0.1 / len(pieces), abs=0.015)
    assert shown_same / chosen == pytest.approx(0.1 + 0.1 / len(pieces), abs=0.015)


def test_a_batch_depends_on_the_step_alone(text):
    one, other = text(), text()
    for step in (31, 2, 31):
        one.batch_at(step)
    assert torch.equal(one.batch_at(17).sentences.ids, other.batch_at(17).sentences.ids)
    assert not torch.equal(one.batch_at(0).answers, one.batch_at(23).answers)


def test_long_sentences_are_not_trained_on(text):
    assert text(longest=9).subwords.lengths[text(longest=9).epochs.items].max() <= 9
    with pytest.raises(DataError, match=r"encoder\.positions=2"):
        text(longest=2)


def test_the_loss_is_the_mean_surprise_at_hidden_subwords(text, pieces):
    torch.manual_seed(0)
    module = MaskedLM(Encoder(ENCODER, len(pieces))).eval()
    batch = text().batch_at(0)
    hidden = module.encoder(batch.sentences)
    surprise = [
        -torch.log(torch.softmax(module.encoder.predict(hidden[place]), -1)[answer])
        for place, answer in zip(batch.places, batch.answers, strict=True)
    ]
    torch.testing.assert_close(module(batch), torch.stack(surprise).mean())


def pretrain(tables, folder, training=TRAINING):
    paths = {name: folder / name for name in ("vocabulary", "model", "history")}
    sections = {"tokeniser": TOKENISER, "encoder": ENCODER, "training": training}
    folder.mkdir(exist_ok=True)
    pretrain_masked_lm(**sections, seed=1, text=tables["text"], **paths)
    return paths


def test_the_stage_learns_and_repeats(tables, tmp_path):
    first, second = (pretrain(tables, tmp_path / name) for name in ("one", "other"))
    for name, path in first.items():
        assert path.read_bytes() == second[name].read_bytes()
    course = pd.read_csv(first["history"])["loss"]
    assert course.iloc[-1] < course.iloc[0] - 0.3
    assert Encoder.load(first["model"]).cfg == ENCODER
    assert len(WordPieces.load(first["vocabulary"])) <= TOKENISER.vocabulary


def test_a_gpu_learns_the_same_encoder(tables, same_on_a_gpu):
    short = TRAINING.model_copy(update={"steps": 5})
    same_on_a_gpu(lambda folder: pretrain(tables, folder, short))
