"""Two stages, variants that differ in pictures alone, and runs that can be cut off anywhere."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from tests.grounding.conftest import tiny

from crosstalk.grounding import training
from crosstalk.grounding.captions import training_audio
from crosstalk.grounding.model import GroundedSpeech, build_sight, load_variants
from crosstalk.grounding.pictures import Pictures
from crosstalk.grounding.steps import Step, joint_steps, masked_batches
from crosstalk.grounding.training import objective, train_grounded
from crosstalk.params.loader import load_params
from crosstalk.speech.packed import PackedSpeech
from crosstalk.training import state
from crosstalk.xlsr.sampling import Batch

BOTH = ("alone", "pictures")


@pytest.fixture(autouse=True)
def _state(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "ROOT", tmp_path / "state")
    torch.set_num_threads(1)


def run(world, folder, *, cfg=None, languages=("fr", "ru"), variants=BOTH, seed=0):
    train_grounded(
        cfg=cfg or tiny(),
        languages=list(languages),
        kind="mono",
        variants=list(variants),
        seed=seed,
        frames=world.frames,
        cuts=world.cuts,
        pictures=world.pictures,
        models=folder / "models",
        history=folder / "history",
    )
    return pd.read_csv(folder / "history")


def test_the_history_has_both_stages_of_every_variant(world, tmp_path):
    history = run(world, tmp_path, variants=("alone", "pictures", "shuffled", "text"))
    steps = history.groupby("variant")["step"].apply(list).to_dict()
    assert steps.pop("first") == [1, 2, 3]
    assert list(steps) == ["alone", "pictures", "shuffled", "text"]
    assert all(numbers == [4, 5, 6] for numbers in steps.values())
    matching = history.set_index("variant")["matching"]
    assert matching[["first", "alone"]].isna().all()
    assert (matching[["pictures", "shuffled", "text"]] > 0).all()
    assert list(load_variants(tmp_path / "models")) == ["alone", "pictures", "shuffled", "text"]
    assert not list((tmp_path / "state").glob("*/step-*"))


def test_every_variant_sees_the_same_masked_batches_with_the_same_masks(world, monkeypatch):
    """Before any weight has moved apart, the masked loss of a step is the same number."""
    cfg = tiny()
    speech = training_audio(PackedSpeech.read(world.frames, world.cuts), ["fr", "ru"], 1.0, "same")
    seen = Pictures.load(world.pictures)
    masked = masked_batches(speech, ["fr", "ru"], cfg, 0)
    losses = {}
    for variant in ("alone", "pictures", "text"):
        module = training._draw(cfg, variant, 0, 0).train()
        step = joint_steps(masked, speech, seen, ["fr", "ru"], variant, cfg, 0)(1)
        losses[variant] = float(objective(module, cfg, 3)(module, step, 1).others["masked"])
    assert losses["alone"] == losses["pictures"] == losses["text"]


def test_two_processes_go_on_where_the_first_stage_of_both_ended(world, monkeypatch):
    cfg = tiny()
    speech = training_audio(PackedSpeech.read(world.frames, world.cuts), ["fr"], 1.0, "same")
    seen = Pictures.load(world.pictures)
    monkeypatch.setenv("WORLD_SIZE", "2")
    for variant in BOTH:
        step_at = joint_steps(lambda number: [number], speech, seen, ["fr"], variant, cfg, 0)
        assert step_at(0).masked == [2 * cfg.pretrain.updates]


def test_the_temperature_falls_from_one_stage_to_the_next(world, monkeypatch):
    cfg = tiny()
    speech = training_audio(PackedSpeech.read(world.frames, world.cuts), ["fr"], 1.0, "same")
    step = Step(masked_batches(speech, ["fr"], cfg, 0)(0), None, None, None)
    module = training._draw(cfg, "alone", 0, 0)
    asked = []
    monkeypatch.setattr(module.speech.quantiser, "temperature", lambda n: asked.append(n) or 1.0)
    for update in range(2):
        objective(module, cfg, cfg.pretrain.updates)(module, step, update)
    assert asked == [cfg.pretrain.updates, cfg.pretrain.updates + 1]


def test_an_update_hears_both_languages_evenly(world):
    cfg = tiny()
    speech = training_audio(PackedSpeech.read(world.frames, world.cuts), ["fr", "ru"], 1.0, "same")
    masked = masked_batches(speech, ["fr", "ru"], cfg, 0)
    seconds = np.array(
        [
            [batch.audio.shape[0] * batch.audio.shape[1] / 100 for batch in masked(s)]
            for s in range(40)
        ]
    )
    assert seconds.shape == (40, 2)
    heard = seconds.mean(0)
    assert heard[0] == pytest.approx(heard[1], rel=0.15)
    assert heard.sum() < cfg.pretrain.batch_seconds


def test_the_total_is_the_weighted_sum_of_both_losses(world, tmp_path):
    history = run(world, tmp_path, cfg=tiny(alpha=0.3), variants=["pictures"])
    joint = history[history["variant"] == "pictures"]
    expected = 0.3 * joint["matching"] + 0.7 * joint["masked"]
    np.testing.assert_allclose(joint["loss"], expected, rtol=1e-4)


def test_matching_can_be_learnt(world, tmp_path):
    """Twelve captions, twelve colours: with some updates they find each other."""
    cfg = tiny(alpha=0.9, masked_audio=False).model_copy(update={"joint_updates": 60})
    pretrain = cfg.pretrain.model_copy(update={"learning_rate": 5e-3, "log_every": 10})
    cfg = cfg.model_copy(update={"pretrain": pretrain})
    history = run(world, tmp_path, cfg=cfg, languages=["fr"], variants=["pictures"])
    matching = history.loc[history["variant"] == "pictures", "matching"]
    assert matching.iloc[0] > 2 * np.log(6) * 0.8  # what knowing nothing costs
    assert matching.iloc[-1] < 0.6 * matching.iloc[0]


def test_a_killed_run_ends_in_the_same_bytes(world, tmp_path, monkeypatch):
    """Cut off in the second variant, after a checkpoint; then run again."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir(), cut.mkdir()
    run(world, whole)
    real, calls = training.Schedule, []

    def often(**options):
        return real(**options | {"save_seconds": -1.0})

    def falls(*arguments, **options):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return matching(*arguments, **options)

    matching = training.matching_loss
    monkeypatch.setattr(training, "Schedule", often)
    monkeypatch.setattr(training, "matching_loss", falls)
    with pytest.raises(KeyboardInterrupt):
        run(world, cut, variants=("alone", "pictures", "shuffled"))
    assert list((tmp_path / "state").glob("*/step-*"))
    calls[:] = [1] * 10
    run(world, cut, variants=("alone", "pictures", "shuffled"))
    monkeypatch.undo()
    first, again = load_file(whole / "models"), load_file(cut / "models")
    assert first.keys() < again.keys()
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_seeds_differ_and_a_seed_repeats(world, tmp_path):
    folders = [tmp_path / name for name in ("a", "b", "c")]
    for folder, seed in zip(folders, (0, 0, 1), strict=True):
        folder.mkdir()
        run(world, folder, seed=seed, variants=["pictures"])
    first, again, other = ((folder / "models").read_bytes() for folder in folders)
    assert first == again != other


def test_a_gpu_trains_the_same_variants(world, same_on_a_gpu):
    every = ("alone", "pictures", "shuffled", "text")
    same_on_a_gpu(lambda folder: run(world, folder, variants=every))


def test_a_model_of_scale_paper_learns_from_a_step():
    """The published sizes, on two seconds of noise and pictures as frozen features."""
    cfg = load_params(Path("params.yaml"), {"scale": "paper"}).cruzblandon2025.training
    torch.manual_seed(0)
    sight = build_sight("pictures", cfg.grounding, features=1024)
    module = GroundedSpeech(cfg.model, cfg.grounding, sight)
    speech = sum(weight.numel() for weight in module.speech.parameters())
    assert speech == pytest.approx(95e6, rel=0.02)  # wav2vec 2.0 Base
    audio = torch.randn(2, 16_000, 1)
    step = Step(
        masked=[Batch(audio, seed=0)],
        captions=(audio, torch.tensor([16_000, 12_000])),
        seen=torch.randn(2, 1024),
        same=torch.eye(2, dtype=torch.bool),
    )
    before = [weight.detach().clone() for weight in module.parameters()]
    sums = objective(module, cfg, 0)(module, step, 0)
    sums.loss.backward()
    torch.optim.AdamW(module.parameters(), lr=1e-3).step()
    assert torch.isfinite(sums.loss)
    moved = [not torch.equal(a, b) for a, b in zip(before, module.parameters(), strict=True)]
    still = [name for (name, _), m in zip(module.named_parameters(), moved, strict=True) if not m]
    assert still == ["log_scale"]  # the margin loss has no temperature
