"""The supervised word classifier: what an encoder can do when it is told the words.

Chung et al. 2018, section 4.1: one bidirectional LSTM layer, softmax on its last state. The upper
bound of spoken word classification, and the proof that the words are in the audio.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from crosstalk.digest import file_digest
from crosstalk.embeddings.batches import Epochs, gather
from crosstalk.embeddings.speech2vec import Encoder
from crosstalk.params.speech2vec import ClassifierParams, NetworkParams
from crosstalk.seeds import derive_seed
from crosstalk.speech.segments import Segments
from crosstalk.speech.utterances import Utterances
from crosstalk.stage import Input, Output
from crosstalk.training.device import device
from crosstalk.training.history import write_history
from crosstalk.training.loop import Schedule, train
from crosstalk.training.seeding import seed_everything
from crosstalk.training.state import TrainingState, training_state

ANSWERED_TOGETHER = 512


class WordClassifier(nn.Module):
    """Frames to scores of words."""

    def __init__(self, features: int, dimension: int, words: int) -> None:
        super().__init__()
        self.encode = Encoder(features, dimension)
        self.output = nn.Linear(dimension, words)

    def forward(self, frames: Tensor, lengths: Tensor) -> Tensor:
        """Score words, float32 [B, V], from frames float32 [B, T, F] and lengths int64 [B]."""
        return self.output(self.encode(frames, lengths))


@dataclass(frozen=True)
class Tokens:
    """Word tokens as tensors."""

    frames: Tensor
    """float32 [N, F]."""
    starts: Tensor
    """int64 [n]: first frame of each token."""
    lengths: Tensor
    """int64 [n], in frames."""
    word: Tensor
    """int64 [n]."""

    @classmethod
    def of(cls, corpus: Utterances, split: str, max_frames: int) -> Self:
        """Cut the words of one split; longer ones end after ``max_frames``."""
        rows = corpus.words_of(split)
        segments = Segments.cut(corpus, corpus.word_first[rows], corpus.word_last[rows])
        offsets = torch.from_numpy(segments.offsets).to(device())
        return cls(
            torch.from_numpy(segments.frames).to(device()),
            offsets[:-1],
            offsets.diff().clamp(max=max_frames),
            torch.from_numpy(corpus.word[rows].astype(np.int64)).to(device()),
        )

    @classmethod
    def joined(cls, parts: Sequence[Self], words: Sequence[int]) -> Self:
        """Join tokens of several vocabularies of so many ``words``; no two share a word."""
        frames = np.cumsum([0, *(len(part.frames) for part in parts)])
        before = np.cumsum([0, *words])
        return cls(
            torch.cat([part.frames for part in parts]),
            torch.cat([part.starts + int(n) for part, n in zip(parts, frames, strict=False)]),
            torch.cat([part.lengths for part in parts]),
            torch.cat([part.word + int(n) for part, n in zip(parts, before, strict=False)]),
        )

    def batch(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        return gather(self.frames, self.starts[tokens], self.lengths[tokens])


def train_word_classifier(
    *,
    cfg: ClassifierParams,
    network: NetworkParams,
    seed: int,
    utterances: Input,
    history: Output,
    answers: Output,
) -> None:
    """Train on all training words; ``answers`` holds word and answer of every test token."""
    corpus = Utterances.load(utterances)
    training, test = (Tokens.of(corpus, s, network.max_frames) for s in ("train", "test"))
    belongs_to = {"cfg": cfg, "network": network, "seed": seed, "data": file_digest(utterances)}
    with training_state("train_word_classifier", belongs_to) as state:
        words = len(corpus.vocabulary)
        module = fit_classifier(cfg, training, words, seed, "word classifier", state, history)
        answered = _answer(module, test)
        frame = pd.DataFrame(
            {
                "word": [corpus.vocabulary[i] for i in test.word.tolist()],
                "answer": [corpus.vocabulary[i] for i in answered.tolist()],
            }
        )
        frame.to_parquet(answers, index=False, compression="zstd")
        state.clear()


def fit_classifier(
    cfg: ClassifierParams,
    tokens: Tokens,
    words: int,
    seed: int,
    name: str,
    state: TrainingState,
    history: Path,
) -> WordClassifier:
    """Train a classifier of so many ``words`` on all tokens, and write its history."""
    seed_everything(seed, name)
    module = WordClassifier(tokens.frames.shape[1], cfg.dimension, words)
    optimiser = torch.optim.Adam(module.parameters(), lr=cfg.learning_rate, fused=True)
    everything = torch.arange(len(tokens.word))
    batch_seed = derive_seed(seed, f"{name} batches")
    epochs = Epochs(everything, tokens.lengths.cpu(), cfg.batch_tokens, batch_seed)
    rows = train(
        module,
        optimiser,
        lambda step: epochs.items_at(step).to(device()),
        lambda module, items, _: cross_entropy(module(*tokens.batch(items)), tokens.word[items]),
        Schedule(cfg.epochs * epochs.steps, epochs.steps, cfg.gradient_norm),
        state,
        label=f"{name} seed {seed}",
    )
    write_history(history, rows, epochs.steps)
    return module


@torch.inference_mode()
def _answer(module: WordClassifier, tokens: Tokens) -> Tensor:
    """Return the word int64 [n] of the highest score for each token."""
    module.eval()
    answered = torch.empty_like(tokens.word)
    for batch in tokens.lengths.argsort(stable=True).split(ANSWERED_TOGETHER):
        answered[batch] = module(*tokens.batch(batch)).argmax(1)
    return answered
