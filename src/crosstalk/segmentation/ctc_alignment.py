"""Forced alignment by a speech model that is trained by CTC on the utterances to be aligned.

Label priors (Huang et al. 2024, arXiv 2406.02560) keep it from saying every phone in one frame.
They are a running mean here, where the authors take the mean of the last epoch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torchaudio.functional import forced_align

from crosstalk.errors import DataError
from crosstalk.params.ctc import LabelParams
from crosstalk.params.ctc_alignment import CtcAlignmentParams
from crosstalk.params.xlsr import EncoderParams, XlsrModelParams
from crosstalk.seeds import derive_seed
from crosstalk.speech.packed import PackedSpeech
from crosstalk.training.device import device
from crosstalk.training.loop import Schedule, Sums, train
from crosstalk.training.rates import rise_and_fall
from crosstalk.training.seeding import seed_everything
from crosstalk.training.state import training_state
from crosstalk.xlsr.ctc import CtcModel, ctc_loss, log_probabilities
from crosstalk.xlsr.finetuning import choose_learning
from crosstalk.xlsr.front_end import ConvEncoder
from crosstalk.xlsr.labelled import LabelledBatch, LabelledBatches
from crosstalk.xlsr.model import build_model
from crosstalk.xlsr.tokens import BLANK, Vocabulary

MEMORY = 0.98
"""Share of the running mean that a batch leaves as it was."""
LEAST = 1e-5
"""Least prior: a symbol that is hardly ever said is not made likely everywhere."""
WARM_UP, GRADIENT_NORM, LOG_EVERY = 0.1, 10.0, 50
SEED = 0
"""Boundaries belong to the test, which is the same for all models and seeds."""


class LabelPriors(nn.Module):
    """A CTC model, and how often it says each symbol."""

    def __init__(self, network: CtcModel) -> None:
        super().__init__()
        self.network = network
        symbols = len(network.vocabulary)
        self.register_buffer("priors", torch.full((symbols,), 1 / symbols))

    def forward(self, audio: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-probabilities float32 [B, T, V + 1] and frames int64 [B]; learn the priors."""
        log_probs, frames = self.network(audio, lengths)
        with torch.no_grad():
            spoken = torch.arange(log_probs.shape[1], device=frames.device) < frames[:, None]
            said = log_probs.exp()[spoken].mean(0)
            self.priors.lerp_(said, 1 - MEMORY)
        return log_probs, frames


def align(
    frames: Sequence[Tensor],
    rate: float,
    phones: Sequence[Sequence[str]],
    network: XlsrModelParams,
    cfg: CtcAlignmentParams,
    *,
    label: str,
) -> list[np.ndarray | None]:
    """Find where the phones of every utterance are; trains a network on just these utterances.

    Parameters
    ----------
    frames
        float [T, F] of each utterance, as the network reads them.
    rate
        Frames a second.
    phones
        What is said.
    network
        Of the model, whose weights are drawn anew.
    cfg
        Of its training, which resumes by itself if it was interrupted.
    label
        Shown beside the progress bar.

    Returns
    -------
    list
        float64 [L, 2] of each utterance, start and end of every phone in seconds; None for one that
        has fewer frames than CTC needs. What lies between two phones is shared evenly.

    Raises
    ------
    DataError
        No utterance is long enough.

    """
    sizes = np.array([len(utterance) for utterance in frames], np.int64)
    needs = np.array([_needs(said) for said in phones])
    there = ConvEncoder(network.encoder).lengths(torch.from_numpy(sizes)).numpy()
    fits = (needs > 0) & (needs <= there)
    if not fits.any():
        raise DataError("no utterance has as many frames as CTC needs for its phones")
    kept = np.flatnonzero(fits)
    cuts = pd.DataFrame(index=range(len(kept)))
    data = torch.cat([frames[i] for i in kept])
    speech = PackedSpeech(data, np.cumsum(sizes[kept]) - sizes[kept], sizes[kept], cuts, rate)
    symbols = Vocabulary.fit((("", phones[i]) for i in kept), "shared")
    targets = [symbols.encode(phones[i], "") for i in kept]
    fitted = _fit(speech, targets, symbols, network, cfg, label)
    found: list[np.ndarray | None] = [None] * len(frames)
    for i, scores, said in zip(kept, _likelihoods(fitted, speech), targets, strict=True):
        places = torch.tensor(said, dtype=torch.int32, device=scores.device)
        path, _ = forced_align(scores[None].contiguous(), places[None], blank=BLANK)
        found[i] = frame_starts(network.encoder, phone_edges(path[0].cpu().numpy())) / rate
    return found


def _fit(
    speech: PackedSpeech,
    targets: Sequence[Sequence[int]],
    symbols: Vocabulary,
    network: XlsrModelParams,
    cfg: CtcAlignmentParams,
    label: str,
) -> LabelPriors:
    seed_everything(SEED, "CTC alignment")
    model = LabelPriors(CtcModel(build_model(network), symbols, "phones", LabelParams()))
    learning = choose_learning(model.network, "all", 0)
    model.to(device()).train()
    batches = LabelledBatches(
        speech,
        targets,
        batch_seconds=cfg.batch_seconds,
        seed=derive_seed(SEED, "CTC alignment batches"),
        device=device(),
    )
    belongs_to = {
        "cfg": cfg,
        "network": network,
        "frames": hashlib.sha256(speech.frames.numpy().tobytes()).hexdigest(),
        "lengths": speech.lengths.tolist(),
        "targets": targets,
    }
    schedule = Schedule(
        steps=cfg.updates,
        log_every=LOG_EVERY,
        gradient_norm=GRADIENT_NORM,
        rate=rise_and_fall(cfg.updates, WARM_UP),
    )
    with training_state("align_phones", belongs_to) as state:
        train(
            model,
            torch.optim.Adam(learning, lr=cfg.learning_rate, fused=True),
            batches,
            lambda wrapped, batch, _: _loss(wrapped, batch, cfg),
            schedule,
            state,
            label=f"CTC alignment {label}",
        )
        state.clear()
    return model


def _loss(model: LabelPriors, batch: LabelledBatch, cfg: CtcAlignmentParams) -> Sums:
    """Sum -log p(labels) over a batch, every path weighted against the priors of its symbols."""
    priors = model.priors.clamp(min=LEAST).log()  # of the batches before this one
    log_probs, lengths = model(batch.audio, batch.lengths)
    scores = log_probs - cfg.prior_scale * priors
    loss = ctc_loss(scores, lengths, batch.targets, batch.target_lengths)
    return Sums(loss, int(batch.target_lengths.sum()))


def _likelihoods(model: LabelPriors, speech: PackedSpeech) -> list[Tensor]:
    """Score frames by p(symbol | frame) / p(symbol), as hybrids do: float32 [T, V + 1] each."""
    found = list(log_probabilities(model.network, speech))
    priors = torch.cat(found).exp().mean(0).clamp(min=LEAST).log()
    return [scores - priors for scores in found]


def phone_edges(path: np.ndarray) -> np.ndarray:
    """Turn a path [T] of symbols and blanks into edges of its phones, float64 [L, 2] in frames.

    Blanks between two phones are halved between them.
    """
    before, after = np.append(BLANK, path[:-1]), np.append(path[1:], BLANK)
    first = np.flatnonzero((path != BLANK) & (path != before)).astype(np.float64)
    last = np.flatnonzero((path != BLANK) & (path != after)) + 1.0
    middle = (last[:-1] + first[1:]) / 2
    return np.stack([np.append(first[:1], middle), np.append(middle, last[-1:])], axis=1)


def frame_starts(encoder: EncoderParams, edges: np.ndarray) -> np.ndarray:
    """Where the encoder's frames begin, in frames of its input.

    An output frame stands for ``stride`` input frames in the middle of those that it sees.
    """
    return edges * encoder.stride + (encoder.receptive_field - encoder.stride) / 2


def _needs(phones: Sequence[str]) -> int:
    """Frames that CTC needs: one a phone, and a blank between two that are alike."""
    return len(phones) + sum(one == other for one, other in pairwise(phones))
