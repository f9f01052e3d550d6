"""Pretraining learns, resumes to the same bytes, weighs every masked frame alike, and gives up
where it cannot go on."""

import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.xlsr.models import tiny

from crosstalk.errors import DataError, TrainingError
from crosstalk.params.xlsr import PretrainParams
from crosstalk.speech.packed import CUT_COLUMNS, PackedSpeech
from crosstalk.training import state as state_module
from crosstalk.xlsr import pretraining
from crosstalk.xlsr.model import load_model
from crosstalk.xlsr.objective import draw_distractors
from crosstalk.xlsr.pretraining import (
    PATIENCE,
    draw_model,
    draw_xlsr,
    objective,
    pretrain_xlsr,
    require_codes,
)
from crosstalk.xlsr.sampling import Batches

# Processes are forked from one that has imported what they need, which takes seconds, and no more.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["crosstalk.xlsr.pretraining"])

MODEL = tiny(
    inputs=8,
    context={"layers": 2, "dimension": 32, "feed_forward": 64, "dropout": 0.1, "layer_drop": 0.0},
    quantiser={"entries": 16, "dimension": 16, "temperature_decay": 0.99},
    objective={"mask_length": 6, "distractors": 20, "dimension": 16},
)
PRETRAIN = PretrainParams(
    updates=120,
    batch_seconds=10.0,
    crop_seconds=2.0,
    min_seconds=1.0,
    learning_rate=5e-3,
    log_every=20,
)


def pack_syllables(folder, *, seed=0, utterances=120):
    """Speech as simple as can be learnt from: ten "syllables" of fixed spectra, strung together.

    A syllable lasts 16 to 24 frames of 10 ms and tells which comes next, so what is masked can be
    guessed from what is not.
    """
    rng = np.random.default_rng(seed)
    spectra = rng.standard_normal((10, 8))
    pieces = []
    for _ in range(utterances):
        syllable, frames = int(rng.integers(10)), []
        while len(frames) < 220:
            frames += [spectra[syllable]] * int(rng.integers(16, 24))
            syllable = (syllable + 1) % 10
        pieces.append(np.stack(frames) + 0.1 * rng.standard_normal((len(frames), 8)))
    save_file(
        {
            "frames": torch.from_numpy(np.concatenate(pieces)).half(),
            "lengths": torch.tensor([len(piece) for piece in pieces]),
        },
        folder / "frames.safetensors",
        metadata={"packed": '{"rate": 100}'},
    )
    rows = [
        {"id": str(i), "language": "ab"[i % 2], "split": "test" if i < 4 else "train"}
        for i in range(utterances)
    ]
    pd.DataFrame(rows, columns=list(CUT_COLUMNS)).to_parquet(folder / "cuts.parquet", index=False)


def pretrain(folder, name, *, cfg=MODEL, languages=("a", "b"), **changes):
    pretrain_xlsr(
        cfg=cfg,
        pretrain=PRETRAIN.model_copy(update=changes),
        seed=0,
        languages=list(languages),
        frames=folder / "frames.safetensors",
        cuts=folder / "cuts.parquet",
        model=folder / f"{name}.safetensors",
        history=folder / f"{name}.csv",
    )
    return pd.read_csv(folder / f"{name}.csv")


def pretrain_slowly(folder, name, **changes):
    """For a process of its own, which is to be killed: it saves after every update."""
    torch.set_num_threads(1)
    state_module.ROOT = folder / "state"

    class SlowBatches(pretraining.Batches):
        def __call__(self, step):
            time.sleep(0.05)
            return super().__call__(step)

    pretraining.Batches = SlowBatches
    pretraining.Schedule = partial(pretraining.Schedule, save_seconds=0.0)
    pretrain(folder, name, **changes)


@pytest.fixture
def packed(tmp_path, monkeypatch):
    monkeypatch.setattr(state_module, "ROOT", tmp_path / "state")
    pack_syllables(tmp_path)
    return tmp_path


def test_it_learns_and_uses_its_codebooks(packed):
    history = pretrain(packed, "model")
    first, last = history.iloc[0], history.iloc[-1]
    assert first["accuracy"] < 0.15
    assert last["accuracy"] > 0.25
    assert last["contrastive"] < first["contrastive"] - 0.5
    size = MODEL.quantiser.groups * MODEL.quantiser.entries
    assert 0.1 * size < last["code_perplexity"] < 0.9 * size
    assert last["seconds"] == pytest.approx(PRETRAIN.updates * PRETRAIN.batch_seconds, rel=0.1)
    assert load_model(packed / "model.safetensors").cfg == MODEL
    assert not list((packed / "state").rglob("*.pt"))


def test_killed_pretraining_resumes_to_the_same_bytes(packed):
    changes = {"updates": 24, "log_every": 5}
    pretrain(packed, "undisturbed", **changes)
    victim = FORKS.Process(target=pretrain_slowly, args=(packed, "killed"), kwargs=changes)
    victim.start()
    while len(set((packed / "state").rglob("step-*.pt"))) < 2:
        assert victim.is_alive(), "the training ended before it could be killed"
        time.sleep(0.01)
    os.kill(victim.pid, signal.SIGKILL)
    victim.join()
    assert not (packed / "killed.safetensors").exists()
    pretrain(packed, "killed", **changes)
    for suffix in ("safetensors", "csv"):
        undisturbed, killed = packed / f"undisturbed.{suffix}", packed / f"killed.{suffix}"
        assert killed.read_bytes() == undisturbed.read_bytes()


def test_the_loss_of_a_masked_frame_does_not_depend_on_how_a_batch_is_split():
    model = draw_model(tiny(inputs=8, objective={"diversity_weight": 0.0}), seed=0).eval()
    torch.manual_seed(0)
    audio = torch.randn(6, 90, 8)
    positions = torch.rand(6, model.encoder.lengths(90)).argsort(1)[:, :15]
    distractors = draw_distractors(6, 15, 7, torch.device("cpu"))

    def gradient(*parts):
        model.zero_grad()
        terms = [model(audio[p], positions[p], distractors[p], 1.0) for p in parts]
        (sum(t.loss for t in terms) / sum(t.frames for t in terms)).backward()
        return [p.grad.clone() for p in model.parameters() if p.grad is not None]

    whole, split = gradient(slice(0, 6)), gradient(slice(0, 1), slice(1, 4), slice(4, 6))
    for one, other in zip(whole, split, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)


def start_shares(folder, name, *, processes, accumulate, code=("-m", "crosstalk")):
    """Start one training as torchrun does, in so many processes; ``code`` is what each runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    short = {"updates": 6, "batch_seconds": 6.0, "log_every": 1, "accumulate": accumulate}
    quantiser = MODEL.quantiser.model_copy(update={"temperature_decay": 0.5})
    command = [sys.executable, *code, "pretrain-xlsr"]
    command += ["--cfg", MODEL.model_copy(update={"quantiser": quantiser}).model_dump_json()]
    command += ["--pretrain", PRETRAIN.model_copy(update=short).model_dump_json()]
    command += ["--seed", "0", "--languages", "a", "b"]
    command += ["--frames", "frames.safetensors", "--cuts", "cuts.parquet"]
    command += ["--model", f"{name}/model", "--history", f"{name}/history"]
    command += ["--record", f"{name}/record"]
    launcher = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "CROSSTALK_DEVICE": "cpu"}
    ranks = [{"RANK": str(r), "LOCAL_RANK": str(r)} for r in range(processes)]
    if processes == 1:
        ranks = [{}]
    else:
        launcher["WORLD_SIZE"] = str(processes)
    return [
        subprocess.Popen(command, cwd=folder, env=os.environ | launcher | rank) for rank in ranks
    ]


def train_shares(folder, name, **how):
    assert [share.wait() for share in start_shares(folder, name, **how)] == [0] * how["processes"]
    return load_file(folder / name / "model"), pd.read_csv(folder / name / "history")


SLOWLY = """
import sys, time
from functools import partial
from crosstalk import __main__ as command
from crosstalk.xlsr import pretraining

class SlowBatches(pretraining.Batches):
    def __call__(self, step):
        time.sleep(0.5)
        return super().__call__(step)

pretraining.Batches = SlowBatches
pretraining.Schedule = partial(pretraining.Schedule, save_seconds=0.0)
command.leave(command.main())
"""


def test_two_processes_train_as_one_that_accumulates_twice(packed):
    alone, curve = train_shares(packed, "alone", processes=1, accumulate=2)
    shared, same_curve = train_shares(packed, "shared", processes=2, accumulate=1)
    assert list(alone) == list(shared)
    for name, weights in alone.items():
        torch.testing.assert_close(weights, shared[name], rtol=1e-3, atol=1e-4)
    pd.testing.assert_frame_equal(curve, same_curve, rtol=1e-4)
    record = json.loads((packed / "shared" / "record").read_text())
    assert record["machine"]["processes"] == 2
    assert [output["path"] for output in record["outputs"]["model"]] == ["shared/model"]
    assert sorted(path.name for path in (packed / "shared").iterdir()) == [
        "history",
        "model",
        "record",
    ]

    killed = start_shares(packed, "killed", processes=2, accumulate=1, code=("-c", SLOWLY))
    while len(set((packed / "state").rglob("step-*.pt"))) < 2:
        assert all(share.poll() is None for share in killed), "it ended before it could be killed"
        time.sleep(0.01)
    for share in killed:
        share.kill()
        share.wait()
    assert not list((packed / "killed").glob("[!.]*"))
    saved = max((packed / "state").rglob("step-*.pt"))
    train_shares(packed, "killed", processes=2, accumulate=1)
    assert not saved.exists()
    for name in ("model", "history"):
        assert (packed / "killed" / name).read_bytes() == (packed / "shared" / name).read_bytes()


def test_bfloat16_changes_the_loss_by_rounding_alone(packed):
    speech = PackedSpeech.read(packed / "frames.safetensors", packed / "cuts.parquet")
    model = draw_model(tiny(inputs=8), seed=0)
    batch = Batches(speech, PRETRAIN, seed=0)(0)
    losses = []
    for precision in ("float32", "bfloat16"):
        cfg = PRETRAIN.model_copy(update={"precision": precision})
        sums = objective(model, cfg, speech.rate)(model, batch, 0)
        assert sums.loss.dtype == torch.float32
        losses.append((sums.loss / sums.items).item())
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)


def test_what_cannot_be_pretrained_on_is_named(packed):
    with pytest.raises(DataError, match="no training speech in c; there is a b"):
        pretrain(packed, "x", languages=["a", "c"])
    with pytest.raises(DataError, match=r"8 values, but encoder\.inputs=1"):
        pretrain(packed, "x", cfg=tiny())


def test_collapse_is_named_and_patience_has_an_end():
    healthy = {"step": 1, "code_perplexity": 9.0}
    collapsed = {"step": 7, "code_perplexity": 2.05}
    require_codes([healthy] + [collapsed] * (PATIENCE - 1), groups=2)
    with pytest.raises(TrainingError, match=r"collapsed: 2\.05 codes .* step 7: lower"):
        require_codes([healthy] + [collapsed] * PATIENCE, groups=2)


def test_divergence_is_named(packed):
    with pytest.raises(TrainingError, match="lower the learning rate"):
        pretrain(packed, "x", learning_rate=1e30, gradient_norm=1e30, log_every=1)


def test_the_untrained_control_is_the_start_of_training(tmp_path):
    draw_xlsr(cfg=MODEL, seed=3, model=tmp_path / "drawn.safetensors")
    drawn = load_model(tmp_path / "drawn.safetensors").state_dict()
    for name, tensor in draw_model(MODEL, 3).state_dict().items():
        assert torch.equal(drawn[name], tensor)
    other = draw_model(MODEL, 4).state_dict()
    assert not torch.equal(drawn["mask_vector"], other["mask_vector"])


def test_a_gpu_pretrains_the_same_model(tmp_path, monkeypatch, same_on_a_gpu):
    monkeypatch.setattr(state_module, "ROOT", tmp_path / "state")

    def pretrain_there(folder):
        pack_syllables(folder)
        pretrain(folder, "model", updates=4)

    same_on_a_gpu(pretrain_there)
