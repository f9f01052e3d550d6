"""The matching branch: where it leaves the trunk, what it averages, and what it does not touch."""

import pytest
import torch
from tests.grounding.conftest import tiny
from torch.nn.functional import normalize

from crosstalk.errors import DataError
from crosstalk.grounding.captions import caption_audio, described, training_audio
from crosstalk.grounding.model import (
    GroundedSpeech,
    build_sight,
    load_variants,
    save_variants,
)
from crosstalk.grounding.pictures import Pictures
from crosstalk.speech.packed import PackedSpeech


def draw(variant="pictures", seed=0, features=0, **grounding):
    torch.manual_seed(seed)
    cfg = tiny(**grounding)
    sight = build_sight(variant, cfg.grounding, features)
    return GroundedSpeech(cfg.model, cfg.grounding, sight).eval()


@pytest.fixture
def batch(world):
    speech = training_audio(PackedSpeech.read(world.frames, world.cuts), ["fr"], 1.0, "same")
    captions = described(speech, Pictures.load(world.pictures), ["fr"])
    return caption_audio(captions.speech, captions.picture.argsort()[:4], 1.0)


def test_a_caption_is_the_mean_over_its_frames_at_the_tap(batch):
    """Literally: each caption alone, its frames after the first block, their mean, the head."""
    model = draw()
    audio, lengths = batch
    found = model.embed_speech(audio, lengths)
    for row, length in enumerate(lengths.tolist()):
        layers = model.speech.encode(audio[row : row + 1, :length]).layers
        expected = normalize(model.spoken_head(layers[1].mean(1)), dim=-1)
        torch.testing.assert_close(found[row : row + 1], expected, atol=1e-5, rtol=1e-4)


def test_padding_does_not_matter(batch):
    model = draw()
    audio, lengths = batch
    wider = torch.nn.functional.pad(audio, (0, 0, 0, 37), value=3.0)
    torch.testing.assert_close(
        model.embed_speech(wider, lengths), model.embed_speech(audio, lengths), atol=1e-5, rtol=1e-4
    )


def test_masked_frames_are_not_averaged(batch):
    model = draw()
    audio, lengths = batch
    frames = model.speech.encoder.lengths(int(lengths.min()))
    positions = torch.tensor([[2, 3, 5]]).expand(len(audio), -1)
    found = model.embed_speech(audio, lengths, positions)
    for row, length in enumerate(lengths.tolist()):
        alone = audio[row : row + 1, :length]
        size = model.speech.encoder.lengths(length)
        mask = torch.zeros(1, size, dtype=torch.bool)
        mask[0, positions[0]] = True
        state = model.speech.encode(alone, mask=mask).layers[1][0]
        expected = normalize(model.spoken_head(state[~mask[0]].mean(0, keepdim=True)), dim=-1)
        torch.testing.assert_close(found[row : row + 1], expected, atol=1e-5, rtol=1e-4)
    everything = torch.arange(frames).expand(len(audio), -1)
    short = int(lengths.argmin())
    assert torch.isfinite(model.embed_speech(audio, lengths, everything)[short]).all()


def test_matching_teaches_the_blocks_below_the_tap_alone(batch):
    model = draw()
    model.embed_speech(*batch).sum().backward()
    below, above = model.speech.context.blocks
    assert all(p.grad is not None for p in below.parameters())
    assert all(p.grad is None for p in above.parameters())
    assert model.speech.quantiser.logits.weight.grad is None


def test_a_margin_goes_with_raw_vectors_and_a_temperature_with_unit_ones(batch):
    unit, raw = draw(), draw()
    lengths = unit.embed_speech(*batch).norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones(4))
    assert float(unit.scale()) == pytest.approx(1 / 0.07, rel=1e-5)
    raw.cfg = raw.cfg.model_copy(update={"loss": "margin"})
    assert float(raw.scale()) == 1.0
    assert (raw.embed_speech(*batch).norm(dim=1) - 1).abs().max() > 1e-3


def test_the_learned_scale_is_bounded():
    model = draw()
    with torch.no_grad():
        model.log_scale.fill_(50.0)
    assert float(model.scale()) == 100.0


@pytest.mark.parametrize(
    ("variant", "features", "seen"),
    [
        ("pictures", 0, torch.zeros(2, 3, 8, 8, dtype=torch.uint8)),
        ("shuffled", 7, torch.randn(2, 7)),
        ("text", 7, torch.ones(2, 4, dtype=torch.int64)),
    ],
)
def test_every_kind_of_sight_meets_captions_in_one_space(variant, features, seen, batch):
    model = draw(variant, features=features)
    assert model.embed_seen(seen).shape == (2, 8) == model.embed_speech(*batch)[:2].shape


def test_saved_variants_come_back_as_they_were(tmp_path, batch):
    cfg = tiny()
    variants = {name: draw(name) for name in ("alone", "pictures", "text")}
    path = tmp_path / "models"
    save_variants(path, variants, cfg.model, cfg.grounding, 0)
    first = path.read_bytes()
    save_variants(path, variants, cfg.model, cfg.grounding, 0)
    assert path.read_bytes() == first
    found = load_variants(path)
    assert list(found) == list(variants)
    assert not hasattr(found["alone"], "sight")
    torch.testing.assert_close(
        found["pictures"].embed_speech(*batch), variants["pictures"].embed_speech(*batch)
    )
    path.write_bytes(b"nothing")
    with pytest.raises(DataError, match="holds no grounded models"):
        load_variants(path)
