"""The supervised word classifier: what an encoder can do when it is told the words.

Chung et al. 2018, section 4.1: one bidirectional LSTM layer, softmax on its last state. The upper
bound of spoken word classification, and the proof that the words are in the audio.
"""

from __future__ import annotations

from dataclasses import dataclass

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
from crosstalk.training.state import training_state

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
class _Tokens:
    """Word tokens of one split as tensors."""

    frames: Tensor
    starts: Tensor
    lengths: Tensor
    word: Tensor

    @classmethod
    def of(cls, corpus: Utterances, split: str, max_frames: int) -> _Tokens:
        rows = corpus.words_of(split)
        segments = Segments.cut(corpus, corpus.word_first[rows], corpus.word_last[rows])
        offsets = torch.from_numpy(segments.offsets).to(device())
        return cls(
            torch.from_numpy(segments.frames).to(device()),
            offsets[:-1],
            offsets.diff().clamp(max=max_frames),
            torch.from_numpy(corpus.word[rows].astype(np.int64)).to(device()),
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
    training, test = (_Tokens.of(corpus, s, network.max_frames) for s in ("train", "test"))
    seed_everything(seed, "word classifier")
    words = len(corpus.vocabulary)
    module = WordClassifier(corpus.frames.shape[1], cfg.dimension, words)
    optimiser = torch.optim.Adam(module.parameters(), lr=cfg.learning_rate, fused=True)
    everything = torch.arange(len(training.word))
    batch_seed = derive_seed(seed, "word classifier batches")
    epochs = Epochs(everything, training.lengths.cpu(), cfg.batch_tokens, batch_seed)
    belongs_to = {"cfg": cfg, "network": network, "seed": seed, "data": file_digest(utterances)}
    schedule = Schedule(
        steps=cfg.epochs * epochs.steps, log_every=epochs.steps, gradient_norm=cfg.gradient_norm
    )
    with training_state("train_word_classifier", belongs_to) as state:
        rows = train(
            module,
            optimiser,
            lambda step: epochs.items_at(step).to(device()),
            lambda module, items: cross_entropy(
                module(*training.batch(items)), training.word[items]
            ),
            schedule,
            state,
            label=f"word classifier seed {seed}",
        )
        write_history(history, rows, epochs.steps)
        answered = _answer(module, test)
        frame = pd.DataFrame(
            {
                "word": [corpus.vocabulary[i] for i in test.word.tolist()],
                "answer": [corpus.vocabulary[i] for i in answered.tolist()],
            }
        )
        frame.to_parquet(answers, index=False, compression="zstd")
        state.clear()


@torch.inference_mode()
def _answer(module: WordClassifier, tokens: _Tokens) -> Tensor:
    """Return the word int64 [n] of the highest score for each token."""
    module.eval()
    answered = torch.empty_like(tokens.word)
    for batch in tokens.lengths.argsort(stable=True).split(ANSWERED_TOGETHER):
        answered[batch] = module(*tokens.batch(batch)).argmax(1)
    return answered
