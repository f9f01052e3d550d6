"""The model: padding changes nothing, gradients go where they should, and files keep it."""

import pytest
import torch
from tests.xlsr.models import tiny

from crosstalk.errors import DataError
from crosstalk.params.xlsr import XlsrModelParams
from crosstalk.xlsr.masking import as_mask, draw_masked
from crosstalk.xlsr.model import build_model, load_model, save_model
from crosstalk.xlsr.objective import draw_distractors

VARIANTS = [("group", False), ("layer", True), ("group", True), ("layer", False)]
CPU = torch.device("cpu")


def build(cfg, seed=0):
    torch.manual_seed(seed)
    return build_model(cfg)


def terms_of(model, audio, temperature=1.0):
    cfg = model.cfg.objective
    frames = model.encoder.lengths(audio.shape[1])
    positions = draw_masked(len(audio), frames, probability=0.1, length=cfg.mask_length, device=CPU)
    distractors = draw_distractors(len(audio), positions.shape[1], cfg.distractors, CPU)
    return model(audio, positions, distractors, temperature)


@pytest.mark.parametrize("inputs", [1, 5])
@pytest.mark.parametrize(("norm", "pre_norm"), VARIANTS)
def test_a_padded_row_gives_what_it_gives_alone(norm, pre_norm, inputs):
    model = build(tiny(norm, pre_norm, inputs)).eval()
    lengths = torch.tensor([400, 230, 399, 61])
    audio = torch.randn(4, 400, inputs)
    for row, length in enumerate(lengths):
        audio[row, length:] = 1e3  # what lies there must not matter
    mask = torch.rand(4, model.encoder.lengths(400)) < 0.3
    together = model.encode(audio, lengths, mask=mask)
    for row, length in enumerate(lengths):
        frames = int(together.lengths[row])
        alone = model.encode(audio[row : row + 1, :length], mask=mask[row : row + 1, :frames])
        assert alone.context.shape[1] == frames
        for name in ("context", "latents"):
            torch.testing.assert_close(
                getattr(together, name)[row, :frames], getattr(alone, name)[0], atol=2e-5, rtol=1e-4
            )
        for ours, own in zip(together.layers, alone.layers, strict=True):
            torch.testing.assert_close(ours[row, :frames], own[0], atol=2e-5, rtol=1e-4)


def test_the_papers_encoder_makes_49_frames_of_a_second():
    model = build(XlsrModelParams(context=tiny().context))
    assert model.encoder.lengths(16000) == 49
    assert model.encoder.lengths(400) == 1
    assert model.encoder.lengths(399) == 0
    encoded = model.eval().encode(torch.randn(1, 4000, 1))
    assert encoded.latents.shape == (1, model.encoder.lengths(4000), 512)


def test_an_utterance_without_a_frame_is_refused():
    model = build(tiny())
    with pytest.raises(DataError, match="3 input frames gives no latent frame"):
        model.encode(torch.randn(2, 100, 1), torch.tensor([100, 3]))


def test_blocks_can_be_left_out():
    model = build(tiny()).eval()
    audio = torch.randn(2, 300, 1)
    whole = model.encode(audio)
    assert len(whole.layers) == 4
    for upto in (0, 2):
        part = model.encode(audio, upto=upto)
        assert len(part.layers) == upto + 1
        torch.testing.assert_close(part.context, whole.layers[upto])
    torch.testing.assert_close(whole.context, model.context.norm(whole.layers[3]))


def test_masked_frames_are_unseen_and_targets_are_not():
    """What stands in masked frames changes the latents there, and no context but by them."""
    model = build(tiny(inputs=5)).eval()
    audio = torch.randn(1, 120, 5)
    frames = model.encoder.lengths(120)
    mask = torch.ones(1, frames, dtype=torch.bool)
    one, other = model.encode(audio, mask=mask), model.encode(audio.flip(1), mask=mask)
    torch.testing.assert_close(one.context, other.context)
    assert (one.latents - other.latents).abs().max() > 0.1


def test_masked_channels_are_silent():
    model = build(tiny()).eval()
    audio = torch.randn(2, 300, 1)
    every = torch.ones(2, 16, dtype=torch.bool)
    silent = model.encode(audio, channel_mask=every)
    torch.testing.assert_close(silent.context[0], silent.context[1])
    none = model.encode(audio, channel_mask=~every)
    torch.testing.assert_close(none.context, model.encode(audio).context)


def test_gradients_reach_codebook_and_encoder_through_the_targets():
    """Context vectors are detached, so what arrives came through the quantiser."""
    model = build(tiny())
    audio = torch.randn(3, 600, 1)
    model.context_head.register_forward_hook(lambda *args: args[2].detach())
    terms_of(model, audio).contrastive.backward()
    for reached in (
        model.quantiser.codewords,
        model.quantiser.logits.weight,
        model.encoder.convolutions[0].weight,
    ):
        assert reached.grad.abs().sum() > 0
    assert model.projection.weight.grad is None


def test_the_encoders_gradient_is_scaled():
    audio = torch.randn(3, 600, 1)
    gradients = []
    for scale in (1.0, 0.1, 0.0):
        model = build(tiny(encoder={"gradient_scale": scale}))
        torch.manual_seed(1)
        terms_of(model, audio).loss.backward()
        gradients.append(model.encoder.convolutions[0].weight.grad)
    torch.testing.assert_close(gradients[1], 0.1 * gradients[0], atol=1e-6, rtol=1e-3)
    assert not gradients[2].any()


def test_extra_terms_count_once_a_masked_frame():
    model = build(tiny(objective={"diversity_weight": 0.3, "penalty_weight": 2.0})).eval()
    audio = torch.randn(3, 600, 1)
    terms = terms_of(model, audio)
    square = model.encoder(audio, None).square().mean()
    extra = 0.3 * terms.diversity + 2.0 * square
    torch.testing.assert_close(terms.loss, terms.contrastive + terms.frames * extra)


def test_dropped_layers_pass_their_input_on():
    model = build(tiny(context={"layer_drop": 0.999}))
    encoded = model.encode(torch.randn(1, 300, 1))
    assert torch.equal(encoded.layers[0], encoded.layers[-1])


def test_only_the_top_is_drawn_anew():
    model, before = build(tiny()), build(tiny()).state_dict()
    with torch.no_grad():
        model.context.norm.weight.mul_(3)
    model.reinitialise_top(2, torch.Generator().manual_seed(5))
    changed = {
        name.split(".")[2]
        for name, tensor in model.state_dict().items()
        if not torch.equal(tensor, before[name])
    }
    assert changed == {"1", "2"}
    again = build(tiny(), seed=9)
    again.reinitialise_top(2, torch.Generator().manual_seed(5))
    for block, other in zip(model.context.blocks[1:], again.context.blocks[1:], strict=True):
        for ours, theirs in zip(block.parameters(), other.parameters(), strict=True):
            assert torch.equal(ours, theirs)


def test_files_keep_weights_and_configuration(tmp_path):
    cfg = tiny("group", False)
    model = build(cfg)
    save_model(tmp_path / "a.safetensors", model, cfg)
    loaded = load_model(tmp_path / "a.safetensors")
    assert loaded.cfg == cfg
    audio = torch.randn(1, 300, 1)
    assert torch.equal(loaded.eval().encode(audio).context, model.eval().encode(audio).context)
    save_model(tmp_path / "b.safetensors", loaded, cfg)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    (tmp_path / "c.safetensors").write_bytes(b"nothing")
    with pytest.raises(DataError, match="not an XLSR model"):
        load_model(tmp_path / "c.safetensors")


def test_the_quantiser_cools_down_to_its_floor():
    quantiser = build(tiny()).quantiser
    assert quantiser.temperature(0) == 2.0
    assert quantiser.temperature(1000) == pytest.approx(2.0 * 0.999995**1000)
    assert quantiser.temperature(10**6) == 0.5


def test_masks_of_a_batch_are_where_the_positions_are():
    mask = as_mask(torch.tensor([[0, 2], [1, 3]]), 4)
    assert mask.tolist() == [[True, False, True, False], [False, True, False, True]]
