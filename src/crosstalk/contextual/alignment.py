"""The stage that aligns an encoder by fine-tuning all its weights."""

from __future__ import annotations

import copy
from typing import Literal

import torch

from crosstalk.contextual.bitext import pairs_used, read_bitext
from crosstalk.contextual.encoder import Encoder
from crosstalk.contextual.objective import PairBatches, alignment_loss
from crosstalk.contextual.tokeniser import WordPieces
from crosstalk.digest import file_digest
from crosstalk.errors import DataError
from crosstalk.params.contextual import AlignParams
from crosstalk.stage import Input, Output
from crosstalk.training.device import device
from crosstalk.training.history import write_history
from crosstalk.training.loop import Schedule, train
from crosstalk.training.rates import rise_and_hold
from crosstalk.training.seeding import seed_everything
from crosstalk.training.state import training_state

ADAM = {"betas": (0.9, 0.98), "eps": 1e-9}
"""Appendix A.1 of the paper."""
ROWS_OF_HISTORY = 100


def align_contextual(
    *,
    cfg: AlignParams,
    amount: Literal["all", "fewer"],
    seed: int,
    vocabulary: Input,
    model: Input,
    pairs: Input,
    aligned: Output,
    history: Output,
) -> None:
    """Draw the vectors of linked words together; resumes by itself if it was interrupted.

    ``pairs`` has the columns `crosstalk.contextual.tables.PAIRS`. With ``amount`` ``fewer`` some of
    them must be left over, or a smaller amount of data would be the largest by another name.

    Raises
    ------
    DataError
        There are no more pairs than ``cfg.pairs`` in any language, and there should be.

    """
    if amount == "fewer":
        (have,) = pairs_used(pairs, [cfg.pairs + 1], cfg.max_words)
        if have <= cfg.pairs:
            raise DataError(
                f"no language has more than {have} pairs in {pairs}, so {cfg.pairs} of them are "
                "all: lower cao2020.smaller"
            )
    bitext = read_bitext(
        pairs,
        WordPieces.load(vocabulary),
        words=cfg.links != "ends",
        ends=True,
        subword=cfg.subword,
        pairs=cfg.pairs,
        max_words=cfg.max_words,
    )
    batches = PairBatches(
        bitext, cfg.batch_pairs, seed, subword=cfg.subword, shuffled=cfg.links == "random"
    )
    encoder = Encoder.load(model)
    frozen = freeze(encoder)
    seed_everything(seed, "contextual alignment")
    belongs_to = {
        "cfg": cfg,
        "seed": seed,
        "vocabulary": file_digest(vocabulary),
        "model": file_digest(model),
        "pairs": file_digest(pairs),
    }
    steps = cfg.epochs * batches.steps
    schedule = Schedule(
        steps=steps,
        log_every=max(1, steps // ROWS_OF_HISTORY),
        gradient_norm=cfg.gradient_norm,
        rate=rise_and_hold(steps, cfg.warmup_share),
    )
    with training_state("align_contextual", belongs_to) as state:
        rows = train(
            encoder,
            torch.optim.Adam(encoder.parameters(), lr=cfg.learning_rate, fused=True, **ADAM),
            batches.batch_at,
            lambda module, batch, _: alignment_loss(
                module, frozen, batch, regularisation=cfg.regularisation, target=cfg.target
            ),
            schedule,
            state,
            label=f"alignment by {cfg.links} seed {seed}",
        )
        encoder.save(aligned)
        write_history(history, rows, batches.steps)
        state.clear()


def freeze(encoder: Encoder) -> Encoder:
    """Copy an encoder as it is: no dropout, no gradients."""
    return copy.deepcopy(encoder).eval().requires_grad_(requires_grad=False).to(device())
