"""Training with and without pictures: two stages, in which pictures are the only difference.

First the masked loss on all audio; then the masked loss on the same audio, and beside it the
matching of captions with pictures. Every variant of one audio condition goes on from the same first
stage and then sees the same masked batches, with the same masks, in the same order.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import pandas as pd
import torch
from torch import Tensor

from crosstalk.digest import file_digest
from crosstalk.grounding.captions import KINDS, Kind, Variant, training_audio
from crosstalk.grounding.model import Captions, GroundedSpeech, Masked, build_sight, save_variants
from crosstalk.grounding.objective import joint_loss, matching_loss, matching_scores
from crosstalk.grounding.pictures import Pictures
from crosstalk.grounding.steps import Step, joint_steps, masked_batches
from crosstalk.params.grounding import GroundedParams
from crosstalk.seeds import derive_seed
from crosstalk.speech.packed import PackedSpeech
from crosstalk.stage import Input, Output
from crosstalk.training.device import device
from crosstalk.training.loop import Schedule, Sums, train
from crosstalk.training.rates import rise_and_fall, rise_and_hold
from crosstalk.training.seeding import seed_everything
from crosstalk.training.state import TrainingState, training_state
from crosstalk.xlsr.masking import draw_masked
from crosstalk.xlsr.objective import draw_distractors
from crosstalk.xlsr.sampling import Batch

LOSSES = ("loss", "masked", "contrastive", "accuracy", "code_perplexity", "matching")
FIRST = "first"
"""The stage that all variants share."""


def train_grounded(
    *,
    cfg: GroundedParams,
    languages: list[str],
    kind: Kind,
    variants: list[Variant],
    seed: int,
    frames: Input,
    cuts: Input,
    pictures: Input,
    models: Output,
    history: Output,
) -> None:
    """Train one condition: what a ``kind`` of model hears of one or two languages (stage).

    Each of ``variants`` goes on from the same first stage: ``alone`` without matching, the others
    matched with ``pictures``, ``shuffled`` pictures or English ``text``. Resumes by itself if it
    was interrupted. ``history`` has one row an interval: variant, step, and the mean of each loss.

    Raises
    ------
    DataError
        A language has no training speech, or no caption.
    TrainingError
        A loss is no longer a number.

    """
    seen = Pictures.load(pictures)
    speech = training_audio(PackedSpeech.read(frames, cuts), languages, *KINDS[kind])
    belongs_to = {
        "cfg": cfg,
        "condition": [languages, kind, seed],
        "inputs": [file_digest(path) for path in (frames, cuts, pictures)],
    }
    features = seen.inputs.shape[1] if seen.inputs.dim() == 2 else 0
    masked = masked_batches(speech, languages, cfg, seed)
    trained: dict[Variant, GroundedSpeech] = {}
    rows = []
    with ExitStack() as stack:
        state = stack.enter_context(training_state("train_grounded", belongs_to | {"part": FIRST}))
        states = [state]
        first = _draw(cfg, "alone", features, seed)
        rows += _fit(first, lambda step: Step(masked(step), None, None, None), cfg, FIRST, state)
        for variant in variants:
            module = _draw(cfg, variant, features, seed)
            module.speech.load_state_dict(first.speech.state_dict())
            batch_at = joint_steps(masked, speech, seen, languages, variant, cfg, seed)
            key = belongs_to | {"part": variant}
            state = stack.enter_context(training_state("train_grounded", key))
            states.append(state)
            rows += _fit(module, batch_at, cfg, variant, state)
            trained[variant] = module
        save_variants(models, trained, cfg.model, cfg.grounding, features)
        table = pd.DataFrame(rows)
        table.reindex(columns=["variant", "step", *LOSSES]).to_csv(
            history, index=False, float_format="%.6g"
        )
        for state in states:
            state.clear()


def _draw(cfg: GroundedParams, variant: Variant, features: int, seed: int) -> GroundedSpeech:
    """Draw a model; the speech part is the same whatever comes with it."""
    seed_everything(seed, "grounded speech")
    sight = build_sight(variant, cfg.grounding, features)
    seed_everything(seed, "grounded speech")
    return GroundedSpeech(cfg.model, cfg.grounding, sight)


def _fit(
    module: GroundedSpeech,
    batch_at: Callable[[int], Step],
    cfg: GroundedParams,
    part: str,
    state: TrainingState,
) -> list[dict[str, object]]:
    """Train one stage of one variant in place and return its rows of the history."""
    joint = part != FIRST
    steps = cfg.joint_updates if joint else cfg.pretrain.updates
    optimiser = torch.optim.AdamW(
        module.parameters(),
        lr=cfg.pretrain.learning_rate,
        betas=cfg.pretrain.betas,
        eps=cfg.pretrain.epsilon,
        weight_decay=cfg.pretrain.weight_decay,
        fused=True,
    )
    schedule = Schedule(
        steps=steps,
        log_every=cfg.pretrain.log_every,
        gradient_norm=cfg.pretrain.gradient_norm,
        rate=(rise_and_fall if joint else rise_and_hold)(steps, cfg.pretrain.warm_up),
    )
    start = cfg.pretrain.updates if joint else 0
    label = f"grounding, {part}"
    loss_of = objective(module, cfg, start)
    rows = train(module, optimiser, batch_at, loss_of, schedule, state, label=label)
    return [{"variant": part} | row | {"step": start + row["step"]} for row in rows]


def objective(
    model: GroundedSpeech, cfg: GroundedParams, start: int
) -> Callable[[torch.nn.Module, Step, int], Sums]:
    """Return the loss of a step, after ``start`` updates of the stages before.

    All that is random in the masked loss is drawn from its batch's own seed and before anything
    that matching needs, so every variant masks and drops the same.
    """
    where, speech = device(), model.speech
    dtype = getattr(torch, cfg.pretrain.precision)

    def positions_of(rows: int, length: int) -> Tensor:
        return draw_masked(
            rows,
            speech.encoder.lengths(length),
            probability=speech.cfg.objective.mask_probability,
            length=speech.cfg.objective.mask_length,
            device=where,
        )

    def mask(batch: Batch, temperature: float) -> Masked:
        positions = positions_of(*batch.audio.shape[:2])
        count = speech.cfg.objective.distractors
        distractors = draw_distractors(*positions.shape, count, where)
        return Masked(batch.audio.to(where), positions, distractors, temperature)

    def hear(step: Step) -> Captions | None:
        if step.captions is None:
            return None
        audio, lengths = step.captions
        positions = None
        if model.cfg.masked_audio:
            with torch.random.fork_rng():
                torch.manual_seed(derive_seed(step.masked[0].seed, "captions"))
                positions = positions_of(*audio.shape[:2])
        return Captions(audio.to(where), lengths.to(where), positions, step.seen.to(where))

    def loss_of(module: torch.nn.Module, step: Step, update: int) -> Sums:
        torch.manual_seed(step.masked[0].seed)
        temperature = speech.quantiser.temperature(start + update)
        masked = [mask(batch, temperature) for batch in step.masked]
        with torch.autocast(where.type, dtype, enabled=dtype != torch.float32):
            terms, matched = module(masked, hear(step))
        frames = sum(part.frames for part in terms)
        others = {
            "masked": sum(part.loss for part in terms) / frames,
            "contrastive": sum(part.contrastive for part in terms) / frames,
            "accuracy": sum(part.hits for part in terms) / frames,
            "code_perplexity": sum(part.code_perplexity for part in terms) / len(terms),
        }
        if matched is None:
            return Sums(others["masked"], 1, others)
        scores = matching_scores(
            matched.spoken.float(),
            matched.seen.float(),
            step.same.to(where),
            scale=matched.scale,
            margin=model.cfg.margin if model.cfg.loss == "margin" else 0.0,
        )
        matching = matching_loss(scores)
        total = joint_loss(matching, others["masked"], model.cfg.alpha)
        return Sums(total, 1, others | {"matching": matching})

    return loss_of
