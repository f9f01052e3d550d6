"""The encoder against transformers' BERT, and packing against one sentence at a time."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contextual.toy import ENCODER

from crosstalk.contextual.encoder import Encoder, Packed
from crosstalk.contextual.pretrained import convert, load_masked_lm
from crosstalk.contextual.ragged import Ragged
from crosstalk.errors import DataError, FetchError, ParameterError

VOCABULARY = 40


def packed(*lengths):
    ids = torch.randint(VOCABULARY, (sum(lengths),), generator=torch.Generator().manual_seed(0))
    return Packed(ids, torch.tensor(lengths), max(lengths))


def drawn(**changes):
    torch.manual_seed(0)
    return Encoder(ENCODER.model_copy(update=changes), VOCABULARY).eval()


@pytest.fixture(scope="module")
def bert():
    from transformers import BertConfig, BertForMaskedLM

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=ENCODER.dimension,
        num_hidden_layers=ENCODER.layers,
        num_attention_heads=ENCODER.heads,
        intermediate_size=ENCODER.feed_forward,
        max_position_embeddings=ENCODER.positions,
    )
    model = BertForMaskedLM(config).eval()
    for parameter in model.parameters():  # biases and norms too, which start at 0 and 1
        torch.nn.init.normal_(parameter, std=0.3)
    return model


def test_it_computes_what_bert_computes(bert):
    batch = packed(7, 2, 12)
    encoder = convert(bert.state_dict(), ENCODER).eval()
    mask = torch.arange(12) < batch.lengths.unsqueeze(1)
    padded = torch.zeros(3, 12, dtype=torch.int64)
    padded[mask] = batch.ids
    with torch.no_grad():
        expected = bert(padded, attention_mask=mask.long(), output_hidden_states=True)
        states = encoder.hidden_states(batch)
        scores = encoder.predict(states[-1])
    assert len(states) == len(expected.hidden_states) == ENCODER.layers + 1
    for ours, theirs in zip(states, expected.hidden_states, strict=True):
        torch.testing.assert_close(ours, theirs[mask], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(scores, expected.logits[mask], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("changes", [{"layers": 3}, {"feed_forward": 64}, {"norm": "pre"}])
def test_another_shape_is_refused(bert, changes):
    with pytest.raises(ParameterError, match="the pretrained encoder has"):
        convert(bert.state_dict(), ENCODER.model_copy(update=changes))


def test_a_model_out_of_reach_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    cfg = ENCODER.model_copy(update={"pretrained": "nobody/nothing"})
    paths = {"vocabulary": tmp_path / "v", "model": tmp_path / "m"}
    with pytest.raises(FetchError, match=r"nobody/nothing .* neither cached nor within reach"):
        load_masked_lm(encoder=cfg, **paths)
    with pytest.raises(ParameterError, match="pretrained is null"):
        load_masked_lm(encoder=ENCODER, **paths)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_sentence_does_not_see_the_others(norm):
    encoder, batch = drawn(norm=norm), packed(5, 1, 9, 3)
    together = encoder.hidden_states(batch)
    alone = [
        encoder.hidden_states(Packed(ids, torch.tensor([len(ids)]), len(ids)))
        for ids in batch.ids.split(batch.lengths.tolist())
    ]
    for layer, states in enumerate(together):
        expected = torch.cat([one[layer] for one in alone])
        torch.testing.assert_close(states, expected, atol=1e-5, rtol=1e-5)


def test_dropout_acts_in_training_alone():
    encoder, batch = drawn(dropout=0.5), packed(5, 3)
    assert torch.equal(encoder(batch), encoder(batch))
    encoder.train()
    assert not torch.allclose(encoder(batch), encoder(batch))


def test_a_sentence_too_long_is_an_error():
    with pytest.raises(DataError, match=r"25 subwords, more than encoder\.positions=24"):
        drawn()(packed(3, 25))


def test_saved_weights_come_back(tmp_path):
    encoder = drawn(norm="pre")
    encoder.save(tmp_path / "one")
    again = Encoder.load(tmp_path / "one")
    again.save(tmp_path / "other")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert torch.equal(again.eval()(packed(4)), encoder(packed(4)))
    (tmp_path / "one").write_bytes(b"{}")
    with pytest.raises(DataError, match="not an encoder"):
        Encoder.load(tmp_path / "one")


@given(st.lists(st.integers(0, 4), min_size=1, max_size=8), st.data())
@settings(max_examples=50)
def test_taken_rows_are_those_of_a_list(lengths, data):
    rows = [[10 * n + i for i in range(length)] for n, length in enumerate(lengths)]
    ragged = Ragged(
        torch.tensor([value for row in rows for value in row]),
        torch.tensor([0, *lengths]).cumsum(0),
    )
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1)))
    values, owner = ragged.take(torch.tensor(chosen, dtype=torch.int64))
    assert values.tolist() == [value for n in chosen for value in rows[n]]
    assert owner.tolist() == [place for place, n in enumerate(chosen) for _ in rows[n]]
