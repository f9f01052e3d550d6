"""Training resumes to the same bytes after a kill, and refuses state that is not its own."""

import multiprocessing
import os
import signal
import time

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from crosstalk.errors import StateError, TrainingError
from crosstalk.training import state as state_module
from crosstalk.training.device import device
from crosstalk.training.loop import Schedule, Sums, train
from crosstalk.training.rates import rise_and_fall
from crosstalk.training.state import training_state


def fit(root, result, *, steps=60, pause=0.0, key="a"):
    """A small training with dropout and a rate that changes, so that both have to be resumed."""
    torch.set_num_threads(1)
    state_module.ROOT = root
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)

    def batch_at(step):
        time.sleep(pause)
        return torch.randn(16, 4, generator=torch.Generator().manual_seed(step)).to(device())

    rate = rise_and_fall(steps, 0.2)
    schedule = Schedule(steps=steps, log_every=7, gradient_norm=1.0, save_seconds=0.0, rate=rate)
    with training_state("fit", {"key": key}) as state:
        history = train(
            model,
            optimiser,
            batch_at,
            lambda m, x, _: (m(x) - x.sum(1, keepdim=True)).square().mean(),
            schedule,
            state,
            label="fit",
        )
    torch.save({"model": model.state_dict(), "history": history}, result)


def load(path):
    saved = torch.load(path, weights_only=True)
    return saved["model"], saved["history"]


def test_killed_training_resumes_to_the_same_weights(tmp_path):
    fit(tmp_path / "undisturbed", tmp_path / "expected.pt")
    context = multiprocessing.get_context("spawn")
    for _ in range(2):
        victim = context.Process(
            target=fit, args=(tmp_path / "state", tmp_path / "x.pt"), kwargs={"pause": 0.05}
        )
        victim.start()
        already = set((tmp_path / "state").rglob("step-*.pt"))
        while not set((tmp_path / "state").rglob("step-*.pt")) - already:
            assert victim.is_alive(), "the training ended before it could be killed"
            time.sleep(0.01)
        os.kill(victim.pid, signal.SIGKILL)
        victim.join()
    assert not (tmp_path / "x.pt").exists()
    fit(tmp_path / "state", tmp_path / "resumed.pt")
    expected, expected_history = load(tmp_path / "expected.pt")
    resumed, resumed_history = load(tmp_path / "resumed.pt")
    assert all(torch.equal(expected[name], resumed[name]) for name in expected)
    assert resumed_history == expected_history


def test_a_model_is_trained_where_its_job_computes(tmp_path, same_on_a_gpu):
    def fit_there(folder):
        fit(tmp_path / f"state of {folder.name}", folder / "x.pt")
        weights, _ = load(folder / "x.pt")
        save_file(weights, folder / "weights")
        (folder / "x.pt").unlink()

    same_on_a_gpu(fit_there)


def test_other_parameters_never_resume(tmp_path, monkeypatch):
    monkeypatch.setattr(state_module, "ROOT", tmp_path)
    with training_state("fit", {"lr": 0.1}) as one:
        one.save(5, {})
    with training_state("fit", {"lr": 0.05}) as other:
        assert other.load() is None
        checkpoint = next(one.folder.glob("step-*.pt"))
        checkpoint.rename(other.folder / checkpoint.name)  # a state copied by hand
        with pytest.raises(StateError, match="belongs to other parameters"):
            other.load()


def test_a_truncated_checkpoint_falls_back_to_the_one_before(tmp_path, monkeypatch):
    monkeypatch.setattr(state_module, "ROOT", tmp_path)
    with training_state("fit", {}) as state:
        for step in (1, 2, 3):
            state.save(step, {"x": torch.ones(100)})
        newest = max(state.folder.glob("step-*.pt"))
        newest.write_bytes(newest.read_bytes()[:50])
        step, payload = state.load()
    assert step == 2
    assert payload["x"].sum() == 100


def test_a_full_disk_keeps_the_previous_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(state_module, "ROOT", tmp_path)
    with training_state("fit", {}) as state:
        state.save(1, {"x": 1})
        (state.folder / "partial").symlink_to("/dev/full")
        with pytest.raises((OSError, RuntimeError)):
            state.save(2, {"x": torch.ones(10_000)})
        assert state.load()[0] == 1


def test_two_processes_cannot_hold_one_state(tmp_path, monkeypatch):
    monkeypatch.setattr(state_module, "ROOT", tmp_path)
    with (
        training_state("fit", {}),
        pytest.raises(StateError, match="in use by another process"),
        training_state("fit", {}),
    ):
        pass


def test_divergence_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(state_module, "ROOT", tmp_path)
    model = nn.Linear(1, 1)
    optimiser = torch.optim.SGD(model.parameters(), lr=1.0)
    schedule = Schedule(steps=3, log_every=1, gradient_norm=1.0)
    with training_state("fit", {}) as state, pytest.raises(TrainingError, match="step 1: lower"):
        train(
            model,
            optimiser,
            lambda _: torch.tensor([[float("inf")]]),
            lambda m, x, _: m(x).sum() * 0,
            schedule,
            state,
            label="fit",
        )


def descend(batches, *, parts=1, steps=20, **more):
    """Fit a line by least squares, a batch of unlike many points at a time."""
    model = nn.Linear(3, 1, bias=False)
    nn.init.zeros_(model.weight)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)

    def loss_of(model, points, _):
        error = (model(points) - points.sum(1, keepdim=True)).square()
        return Sums(error.sum(), len(points), {"far": (error > 1).sum()})

    with training_state("descend", {"parts": parts}) as state:
        history = train(
            model,
            optimiser,
            lambda number: batches[number % len(batches)],
            loss_of,
            Schedule(steps, log_every=1, gradient_norm=100.0, parts=parts, **more),
            state,
            label="descend",
        )
    return model.weight.detach(), history


def test_every_item_weighs_the_same_in_whatever_part_it_comes(tmp_path, monkeypatch):
    monkeypatch.setattr(state_module, "ROOT", tmp_path)
    torch.manual_seed(0)
    points = torch.randn(60, 3)
    whole, history = descend([points])
    split, same = descend(points.split([1, 40, 7, 12]), parts=4)
    torch.testing.assert_close(whole, split)
    for one, other in zip(history, same, strict=True):
        assert one == pytest.approx(other, rel=1e-5)
    assert history[0]["items"] == 60
    assert history[0]["loss"] == pytest.approx(points.sum(1).square().mean().item())
    assert history[0]["far"] == pytest.approx((points.sum(1).abs() > 1).float().mean().item())


def test_each_step_has_its_learning_rate(tmp_path, monkeypatch):
    monkeypatch.setattr(state_module, "ROOT", tmp_path)
    points = torch.eye(3)
    halved, _ = descend([points], steps=2, rate=lambda step: 3.0 * (step == 1))
    gradient = -2 * torch.ones(1, 3) / 3
    torch.testing.assert_close(halved, -0.3 * gradient)


def test_a_watcher_can_stop_a_training(tmp_path, monkeypatch):
    monkeypatch.setattr(state_module, "ROOT", tmp_path)
    seen = []

    def watch(history):
        seen.append(len(history))
        if len(history) == 3:
            raise TrainingError("enough")

    model = nn.Linear(1, 1)
    schedule = Schedule(steps=9, log_every=2, gradient_norm=1.0)
    with training_state("fit", {}) as state, pytest.raises(TrainingError, match="enough"):
        train(
            model,
            torch.optim.SGD(model.parameters(), lr=0.1),
            lambda _: torch.ones(1, 1),
            lambda m, x, _: m(x).sum(),
            schedule,
            state,
            label="fit",
            watch=watch,
        )
    assert seen == [1, 2, 3]
