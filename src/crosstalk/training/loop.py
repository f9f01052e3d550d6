"""The one training loop: build, resume, step, log, save.

A batch is a pure function of the step number, so the sampler has no state of its own and a
resumed run sees exactly the batches that an undisturbed one would have seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from crosstalk.errors import TrainingError
from crosstalk.progress import bar
from crosstalk.training.device import device
from crosstalk.training.state import TrainingState


@dataclass(frozen=True)
class Schedule:
    """How long to train and how often to look up from it."""

    steps: int
    log_every: int
    gradient_norm: float
    save_seconds: float = 60.0


def train[B](
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    batch_at: Callable[[int], B],
    loss_of: Callable[[nn.Module, B], Tensor],
    schedule: Schedule,
    state: TrainingState,
    *,
    label: str,
) -> list[dict[str, float]]:
    """Train in place and return the history: one row ``{step, loss}`` every ``log_every`` steps.

    Parameters
    ----------
    batch_at
        The batch of a step, on any device; must depend on nothing but the step.
    loss_of
        A scalar float32 loss; reported values are means since the previous row.

    Raises
    ------
    TrainingError
        When the loss is no longer a finite number.

    """
    accelerator = Accelerator(cpu=device().type == "cpu")
    model, optimiser = accelerator.prepare(model, optimiser)
    step, history, total = _restore(model, optimiser, state, accelerator.device)
    saved_at = time.monotonic()
    with bar(label=label, total=schedule.steps, unit="step") as shown:
        shown.update(step)
        while step < schedule.steps:
            loss = loss_of(model, batch_at(step))
            optimiser.zero_grad()
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), schedule.gradient_norm)
            optimiser.step()
            step += 1
            total += loss.detach()
            if step % schedule.log_every == 0 or step == schedule.steps:
                steps = step - (history[-1]["step"] if history else 0)
                mean = (total / steps).item()
                _require_finite(mean, step, label)
                history.append({"step": step, "loss": mean})
                total.zero_()
                shown.set_postfix(loss=f"{mean:.4g}", refresh=False)
            shown.update(1)
            if time.monotonic() - saved_at > schedule.save_seconds:
                _save(model, optimiser, state, accelerator, step, history, total)
                saved_at = time.monotonic()
    return history


def _restore(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    state: TrainingState,
    device: torch.device,
) -> tuple[int, list[dict[str, float]], Tensor]:
    found = state.load()
    if found is None:
        return 0, [], torch.zeros((), device=device)
    step, payload = found
    model.load_state_dict(payload["model"])
    optimiser.load_state_dict(payload["optimiser"])
    torch.set_rng_state(payload["rng"])
    if payload["cuda_rng"] is not None:
        torch.cuda.set_rng_state(payload["cuda_rng"])
    return step, payload["history"], payload["total"].to(device)


def _save(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    state: TrainingState,
    accelerator: Accelerator,
    step: int,
    history: list[dict[str, float]],
    total: Tensor,
) -> None:
    if not accelerator.is_main_process:
        return
    payload: dict[str, Any] = {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "rng": torch.get_rng_state(),
        "cuda_rng": torch.cuda.get_rng_state() if accelerator.device.type == "cuda" else None,
        "history": history,
        "total": total.cpu(),
    }
    state.save(step, payload)


def _require_finite(loss: float, step: int, label: str) -> None:
    if not torch.isfinite(torch.tensor(loss)):
        raise TrainingError(
            f"{label}: the loss is {loss} at step {step}: lower the learning rate or the "
            "gradient norm and run again"
        )
