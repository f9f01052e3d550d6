"""The one training loop: build, resume, step, log, save.

A batch is a pure function of the step number, so the sampler has no state of its own and a
resumed run sees exactly the batches that an undisturbed one would have seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from torch import Tensor, nn

from crosstalk.errors import TrainingError
from crosstalk.progress import bar
from crosstalk.training.device import device
from crosstalk.training.eager import leave_optimisers_alone
from crosstalk.training.rates import Rate, constant
from crosstalk.training.state import TrainingState

leave_optimisers_alone()


@dataclass(frozen=True)
class Schedule:
    """How long to train and how often to look up from it."""

    steps: int
    log_every: int
    gradient_norm: float
    save_seconds: float = 60.0
    parts: int = 1
    """Batches whose gradients are added up before a step, in each process."""
    rate: Rate = constant
    """Factor on the optimiser's learning rates at each step."""


@dataclass(frozen=True)
class Sums:
    """What a batch of unlike many items measured, added up over its items.

    A step minimises, and a row reports, means over items, whichever batch, part or process they
    came in.
    """

    loss: Tensor
    items: int
    others: dict[str, Tensor] = field(default_factory=dict)


def train[B](
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    batch_at: Callable[[int], B],
    loss_of: Callable[[nn.Module, B, int], Tensor | Sums],
    schedule: Schedule,
    state: TrainingState,
    *,
    label: str,
    watch: Callable[[list[dict[str, float]]], None] | None = None,
) -> list[dict[str, float]]:
    """Train in place and return the history: one row ``{step, loss, …}`` every ``log_every`` steps.

    Parameters
    ----------
    batch_at
        A batch by its number, on any device; must depend on nothing but that. Numbers rise by one
        a step, or by ``schedule.parts`` times the number of processes.
    loss_of
        From a batch and the number of the update: a scalar float32 loss, or sums of it and of other
        measures over the batch's items; reported values are means since the previous row.
    watch
        Looks at the history after every new row, and may raise TrainingError.

    Raises
    ------
    TrainingError
        When the loss is no longer a finite number.

    """
    # A step may leave parts of a model out: what pretraining alone reads, layers that are dropped.
    partly = DistributedDataParallelKwargs(find_unused_parameters=True)
    accelerator = Accelerator(cpu=device().type == "cpu", kwargs_handlers=[partly])
    model.to(accelerator.device)
    if accelerator.num_processes > 1:  # else nothing is to prepare, for a second of imports
        model, optimiser = accelerator.prepare(model, optimiser)
    highest = [group["lr"] for group in optimiser.param_groups]
    step, history, totals = _restore(model, optimiser, state, accelerator.device)
    accelerator.wait_for_everyone()  # the first may clear the state that others are still to read
    saved_at = time.monotonic()
    with bar(label=label, total=schedule.steps, unit="step") as shown:
        shown.update(step)
        while step < schedule.steps:
            for group, rate in zip(optimiser.param_groups, highest, strict=True):
                group["lr"] = rate * schedule.rate(step)
            optimiser.zero_grad()
            sums = _accumulate(model, batch_at, loss_of, step, schedule.parts, accelerator)
            accelerator.clip_grad_norm_(model.parameters(), schedule.gradient_norm)
            optimiser.step()
            step += 1
            for name, value in sums.items():
                totals[name] = totals.get(name, 0) + value
            if step % schedule.log_every == 0 or step == schedule.steps:
                items = totals["items"]
                row = {name: (total / items).item() for name, total in totals.items()}
                row |= {"step": step, "items": items.item()}
                _require_finite(row["loss"], step, label)
                history.append(row)
                totals.clear()
                if watch:
                    watch(history)
                shown.set_postfix(loss=f"{row['loss']:.4g}", refresh=False)
            shown.update(1)
            if time.monotonic() - saved_at > schedule.save_seconds:
                _save(model, optimiser, state, accelerator, step, history, totals)
                saved_at = time.monotonic()
    return history


def _accumulate[B](
    model: nn.Module,
    batch_at: Callable[[int], B],
    loss_of: Callable[[nn.Module, B, int], Tensor | Sums],
    step: int,
    parts: int,
    accelerator: Accelerator,
) -> dict[str, Tensor]:
    """Leave the gradient of the mean over all items of a step, and return sums over them."""
    sums: dict[str, Tensor] = {}
    for part in range(step * parts, (step + 1) * parts):
        number = part * accelerator.num_processes + accelerator.process_index
        found = loss_of(model, batch_at(number), step)
        if isinstance(found, Tensor):
            found = Sums(found, 1)
        accelerator.backward(found.loss)
        items = torch.tensor(float(found.items), device=found.loss.device)
        for name, value in {"loss": found.loss, "items": items, **found.others}.items():
            sums[name] = sums.get(name, 0) + value.detach()
    sums = accelerator.reduce(sums, "sum")
    scale = accelerator.num_processes / sums["items"]  # gradients are means over processes
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.grad.mul_(scale)
    return sums


def _restore(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    state: TrainingState,
    device: torch.device,
) -> tuple[int, list[dict[str, float]], dict[str, Tensor]]:
    found = state.load()
    if found is None:
        return 0, [], {}
    step, payload = found
    model.load_state_dict(payload["model"])
    optimiser.load_state_dict(payload["optimiser"])
    torch.set_rng_state(payload["rng"])
    if payload["cuda_rng"] is not None:
        torch.cuda.set_rng_state(payload["cuda_rng"])
    totals = {name: total.to(device) for name, total in payload["totals"].items()}
    return step, payload["history"], totals


def _save(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    state: TrainingState,
    accelerator: Accelerator,
    step: int,
    history: list[dict[str, float]],
    totals: dict[str, Tensor],
) -> None:
    if not accelerator.is_main_process:
        return
    payload: dict[str, Any] = {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "rng": torch.get_rng_state(),
        "cuda_rng": torch.cuda.get_rng_state() if accelerator.device.type == "cuda" else None,
        "history": history,
        "totals": {name: total.cpu() for name, total in totals.items()},
    }
    state.save(step, payload)


def _require_finite(loss: float, step: int, label: str) -> None:
    if not torch.isfinite(torch.tensor(loss)):
        raise TrainingError(
            f"{label}: the loss is {loss} at step {step}: lower the learning rate or the "
            "gradient norm and run again"
        )
