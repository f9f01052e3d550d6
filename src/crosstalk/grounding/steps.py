"""What every update is computed from: a function of its number, alike for all variants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from crosstalk.grounding.captions import (
    CaptionDraws,
    Described,
    Variant,
    caption_audio,
    described,
)
from crosstalk.grounding.pictures import Pictures, move
from crosstalk.grounding.written import as_trigrams
from crosstalk.params.grounding import GroundedParams
from crosstalk.seeds import derive_seed
from crosstalk.speech.packed import PackedSpeech
from crosstalk.training.processes import processes
from crosstalk.xlsr.sampling import Batch, Batches


@dataclass(frozen=True)
class Step:
    """What an update is computed from."""

    masked: list[Batch]
    """One a language, of equally much audio."""
    captions: tuple[Tensor, Tensor] | None
    """Audio and lengths of the captions to match; None where nothing is matched."""
    seen: Tensor | None
    """What each of them describes."""
    same: Tensor | None
    """bool [B, B]: which describe the same."""


def masked_batches(
    speech: PackedSpeech, languages: Sequence[str], cfg: GroundedParams, seed: int
) -> Callable[[int], list[Batch]]:
    """Batches of the masked loss: as much audio of each language in every update."""
    part = cfg.pretrain.model_copy(
        update={"batch_seconds": cfg.pretrain.batch_seconds / len(languages)}
    )
    draws = [
        Batches(
            speech.select(speech.cuts["language"] == language),
            part,
            derive_seed(seed, f"masked speech {number}"),
        )
        for number, language in enumerate(languages)
    ]
    return lambda step: [draw(step) for draw in draws]


def joint_steps(
    masked: Callable[[int], list[Batch]],
    speech: PackedSpeech,
    pictures: Pictures,
    languages: Sequence[str],
    variant: Variant,
    cfg: GroundedParams,
    seed: int,
) -> Callable[[int], Step]:
    """Steps of the second stage; their masked batches go on where the first stage ended."""
    start = cfg.pretrain.updates * processes()
    if variant == "alone":
        return lambda step: Step(masked(start + step), None, None, None)
    shuffled = seed if variant == "shuffled" else None
    captions = described(speech, pictures, languages, shuffled=shuffled)
    draws = CaptionDraws(
        captions.language, cfg.grounding.batch_captions, derive_seed(seed, "captions")
    )
    inputs, identity = _seen(captions, pictures, variant)

    def step_at(step: int) -> Step:
        rows = draws(step)
        seen = inputs[captions.picture[rows]]
        if seen.dtype == torch.uint8:
            generator = torch.Generator().manual_seed(derive_seed(seed, f"moved {step}"))
            seen = move(seen, cfg.grounding.shift_pixels, generator)
        return Step(
            masked(start + step),
            caption_audio(captions.speech, rows, cfg.grounding.caption_seconds),
            seen,
            identity[rows][:, None] == identity[rows],
        )

    return step_at


def _seen(captions: Described, pictures: Pictures, variant: Variant) -> tuple[Tensor, Tensor]:
    """What captions are matched with, by row of `Pictures`; and which of it is the same."""
    if variant != "text":
        return pictures.inputs, torch.from_numpy(captions.picture)
    texts = pd.factorize(pd.Series(pictures.captions).str.casefold())[0]
    return as_trigrams(pictures.captions), torch.from_numpy(texts[captions.picture])
