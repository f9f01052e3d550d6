"""Models equal those of `transformers`, in both directions: states, losses, gradients, logits.

Correct is what that library computes for the same weights, masks and distractors.
"""

import pytest
import torch
from tests.xlsr.models import tiny
from torch.nn import functional
from transformers import AutoModel, Wav2Vec2Config, Wav2Vec2ForCTC, Wav2Vec2ForPreTraining

from crosstalk.errors import DataError
from crosstalk.params.xlsr import LARGE, XlsrModelParams
from crosstalk.xlsr.convert import from_transformers, to_transformers, to_transformers_ctc
from crosstalk.xlsr.masking import as_mask, draw_masked
from crosstalk.xlsr.model import build_model
from crosstalk.xlsr.objective import draw_distractors

VARIANTS = [("group", False), ("layer", True), ("group", True), ("layer", False)]
CPU = torch.device("cpu")

both_ways = pytest.mark.parametrize(("norm", "pre_norm"), VARIANTS)


def their_model(norm, pre_norm, kind=Wav2Vec2ForPreTraining, **more):
    """A tiny random model of theirs; biases and scales are random too, so that they count."""
    torch.manual_seed(3)
    config = Wav2Vec2Config(
        conv_dim=(12, 10, 8),
        conv_kernel=(10, 3, 2),
        conv_stride=(5, 2, 2),
        num_feat_extract_layers=3,
        conv_bias=norm == "layer",
        feat_extract_norm=norm,
        do_stable_layer_norm=pre_norm,
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=24,
        num_conv_pos_embeddings=6,
        num_conv_pos_embedding_groups=4,
        num_codevectors_per_group=6,
        codevector_dim=12,
        proj_codevector_dim=10,
        num_negatives=7,
        hidden_dropout=0.0,
        attention_dropout=0.0,
        activation_dropout=0.0,
        feat_proj_dropout=0.0,
        feat_quantizer_dropout=0.0,
        final_dropout=0.0,
        layerdrop=0.0,
        **more,
    )
    model = kind(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def same_hidden_states(ours, theirs, audio, mask):
    found = ours.encode(audio.unsqueeze(-1), mask=mask)
    wanted = theirs.wav2vec2(audio, mask_time_indices=mask, output_hidden_states=True)
    torch.testing.assert_close(found.latents, wanted.extract_features, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.context, wanted.last_hidden_state, atol=1e-5, rtol=1e-4)
    assert len(found.layers) == len(wanted.hidden_states)
    for one, other in zip(found.layers[:-1], wanted.hidden_states[:-1], strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def pretraining_batch(model):
    torch.manual_seed(4)
    audio = torch.randn(3, 400)
    frames = model.encoder.lengths(400)
    positions = draw_masked(3, frames, probability=0.1, length=3, device=CPU)
    return audio, positions, draw_distractors(3, positions.shape[1], 7, CPU)


def as_theirs(positions, distractors, frames):
    """Distractors numbered within masked frames of a row, as numbers among all frames of all."""
    flat = torch.zeros(len(positions), frames, distractors.shape[2], dtype=torch.int64)
    for row in range(len(positions)):
        flat[row, positions[row]] = positions[row][distractors[row]] + row * frames
    return flat


def same_losses(ours, theirs):
    audio, positions, distractors = pretraining_batch(ours)
    frames = ours.encoder.lengths(400)
    found = ours(audio.unsqueeze(-1), positions, distractors, 1.3)
    theirs.set_gumbel_temperature(1.3)
    wanted = theirs(
        audio,
        mask_time_indices=as_mask(positions, frames),
        sampled_negative_indices=as_theirs(positions, distractors, frames),
    )
    torch.testing.assert_close(found.contrastive, wanted.contrastive_loss, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(
        found.diversity * found.frames, wanted.diversity_loss, atol=1e-4, rtol=1e-5
    )
    torch.testing.assert_close(found.loss, wanted.loss, atol=1e-4, rtol=1e-5)
    return found, wanted


def without_noise(logits, tau, hard, dim=-1):
    """The Gumbel softmax's value and gradient as they are where the noise is 0."""
    assert hard
    soft = functional.softmax(logits / tau, dim=dim)
    chosen = functional.one_hot(soft.argmax(dim), logits.shape[dim]).to(soft.dtype)
    return chosen - soft.detach() + soft


@pytest.mark.parametrize("direction", ["theirs into ours", "ours into theirs"])
@both_ways
def test_hidden_states_losses_and_gradients_are_equal(norm, pre_norm, direction, monkeypatch):
    if direction == "theirs into ours":
        theirs = their_model(norm, pre_norm)
        ours = from_transformers(theirs)
    else:
        torch.manual_seed(5)
        ours = build_model(tiny(norm, pre_norm))
        theirs = to_transformers(ours)
    audio, positions, _ = pretraining_batch(ours)
    mask = as_mask(positions, ours.encoder.lengths(400))
    same_hidden_states(ours.eval(), theirs.eval(), audio, mask)
    same_hidden_states(ours, theirs, audio, None)

    monkeypatch.setattr(functional, "gumbel_softmax", without_noise)
    found, wanted = same_losses(ours.train(), theirs.train())
    found.loss.backward()
    wanted.loss.backward()
    back = from_transformers(theirs)
    for (name, mine), other in zip(
        ours.named_parameters(), gradients_of(theirs, back), strict=True
    ):
        torch.testing.assert_close(mine.grad, other, atol=2e-3, rtol=2e-3, msg=name)


def gradients_of(theirs, like):
    """Their gradients in our layout: the conversion of a model that holds gradients for weights."""
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(parameter.grad)
    return [p.detach() for p in from_transformers(theirs).parameters()]


@both_ways
def test_a_padded_batch_is_equal_where_theirs_is_defined(norm, pre_norm):
    """Their models with GroupNorm let padding into its statistics; ours do not."""
    if norm == "group":
        pytest.skip("theirs depends on the padding")
    theirs = their_model(norm, pre_norm).eval()
    ours = from_transformers(theirs)
    lengths = torch.tensor([400, 250])
    audio = torch.randn(2, 400)
    audio[1, 250:] = 0
    inside = torch.arange(400) < lengths[:, None]
    found = ours.encode(audio.unsqueeze(-1), lengths)
    wanted = theirs.wav2vec2(audio, attention_mask=inside.long()).last_hidden_state
    for row, frames in enumerate(found.lengths):
        torch.testing.assert_close(
            found.context[row, :frames], wanted[row, :frames], atol=1e-5, rtol=1e-4
        )


@both_ways
def test_a_round_trip_keeps_every_weight(norm, pre_norm):
    theirs = their_model(norm, pre_norm)
    again = to_transformers(from_transformers(theirs)).state_dict()
    for name, tensor in theirs.state_dict().items():
        assert torch.equal(again[name], tensor), name


@both_ways
def test_ctc_models_give_equal_logits(norm, pre_norm):
    theirs = their_model(norm, pre_norm, Wav2Vec2ForCTC, vocab_size=9).eval()
    audio = torch.randn(2, 400)
    context = from_transformers(theirs).encode(audio.unsqueeze(-1)).context
    torch.testing.assert_close(theirs.lm_head(context), theirs(audio).logits, atol=1e-5, rtol=1e-4)
    torch.manual_seed(6)
    ours, head = build_model(tiny(norm, pre_norm)).eval(), torch.nn.Linear(16, 9)
    exported = to_transformers_ctc(ours, head)
    torch.testing.assert_close(
        exported(audio).logits,
        head(ours.encode(audio.unsqueeze(-1)).context),
        atol=1e-5,
        rtol=1e-4,
    )


@both_ways
def test_an_export_opens_as_any_model(norm, pre_norm, tmp_path):
    torch.manual_seed(7)
    ours = build_model(tiny(norm, pre_norm)).eval()
    to_transformers(ours).save_pretrained(tmp_path)
    audio = torch.randn(1, 400)
    opened = AutoModel.from_pretrained(tmp_path).eval()
    torch.testing.assert_close(
        opened(audio).last_hidden_state,
        ours.encode(audio.unsqueeze(-1)).context,
        atol=1e-5,
        rtol=1e-4,
    )


@both_ways
def test_what_has_no_counterpart_is_named(norm, pre_norm):
    with pytest.raises(DataError, match="transformers has no model for"):
        to_transformers(build_model(tiny(norm, pre_norm, inputs=80)))
    theirs = their_model(norm, pre_norm, add_adapter=True)
    with pytest.raises(DataError, match="add_adapter=True is not a plain wav2vec"):
        from_transformers(theirs)


LARGE_OF_XLSR_53 = {
    "conv_bias": True,
    "feat_extract_norm": "layer",
    "do_stable_layer_norm": True,
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "codevector_dim": 768,
    "proj_codevector_dim": 768,
}


@pytest.mark.parametrize(
    ("cfg", "published", "millions"),
    [(XlsrModelParams(), {}, 95.0), (LARGE, LARGE_OF_XLSR_53, 317.4)],
    ids=["base", "large"],
)
def test_the_papers_sizes_are_those_of_the_published_checkpoints(cfg, published, millions):
    with torch.device("meta"):  # shapes without memory
        ours, theirs = build_model(cfg), Wav2Vec2ForPreTraining(Wav2Vec2Config(**published))
    sizes = [sum(parameter.numel() for parameter in m.parameters()) for m in (ours, theirs)]
    assert sizes[0] == sizes[1] == pytest.approx(millions * 1e6, rel=1e-3)
