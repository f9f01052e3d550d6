"""Zero-shot transfer with all weights trained on English labels, as in the paper.

Training on English can undo the alignment (Efimov et al. 2023): hence light tuning, and tuning with
the alignment loss kept on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from crosstalk.contextual.alignment import ADAM, ROWS_OF_HISTORY
from crosstalk.contextual.bitext import read_bitext
from crosstalk.contextual.encoder import Encoder, Packed
from crosstalk.contextual.objective import PairBatch, PairBatches, pull
from crosstalk.contextual.tokeniser import WordPieces
from crosstalk.contextual.transfer import Labelled, Task, answer_table, write_answers
from crosstalk.contextual.vectors import batches_by_length, mean_states
from crosstalk.digest import file_digest
from crosstalk.embeddings.batches import Epochs
from crosstalk.params.contextual import Tuning, TuningParams
from crosstalk.seeds import derive_seed
from crosstalk.stage import Input, Output
from crosstalk.training.device import device, mixed_precision
from crosstalk.training.loop import Schedule, train
from crosstalk.training.rates import rise_and_fall
from crosstalk.training.seeding import seed_everything
from crosstalk.training.state import TrainingState, training_state


class Classifier(nn.Module):
    """An encoder with one linear layer on [CLS] or on the mean of the subwords."""

    def __init__(self, encoder: Encoder, classes: int, pooling: Literal["first", "mean"]) -> None:
        super().__init__()
        self.encoder, self.pooling = encoder, pooling
        self.output = nn.Linear(encoder.cfg.dimension, classes)

    def forward(self, batch: Packed) -> Tensor:
        """Score the classes of each sentence, float32 [B, C]."""
        with mixed_precision():
            states = self.encoder(batch).float()
        first = self.pooling == "first"
        return self.output(states[batch.starts] if first else mean_states(batch, states))


def transfer_tuned(
    *,
    cfg: TuningParams,
    seed: int,
    system: str,
    language: str,
    vocabulary: Input,
    messages: Input,
    model: Input,
    pairs: Input,
    answers: Output,
) -> None:
    """Train an encoder and a classifier on a language's labels, and ask them; resumes by itself.

    With ``language`` ``en`` every language is asked (zero-shot); with any other, that one alone
    (translate-train). ``answers`` is a table as `crosstalk.contextual.transfer.transfer_frozen`
    writes it, of the given ``system``; its protocols are those of ``cfg``. ``pairs`` serves the
    protocol ``continued``.
    """
    pieces = WordPieces.load(vocabulary)
    task = Task(messages, pieces, cfg)
    bitext = read_bitext(pairs, pieces, ends=True)
    learnt = task.train(language)
    asked = {to: task.test(to) for to in (task.languages if language == "en" else (language,))}
    tables = []
    for protocol in cfg.protocols:
        seed_everything(seed, f"transfer {protocol}")
        classifier = Classifier(Encoder.load(model), len(task.classes), cfg.pooling)
        aligned = PairBatches(bitext, cfg.continued_pairs, seed, subword="last")
        batches = TuningBatches(learnt, aligned if protocol == "continued" else None, cfg, seed)
        belongs_to = {
            "cfg": cfg,
            "protocol": protocol,
            "seed": seed,
            "language": language,
            "vocabulary": file_digest(vocabulary),
            "messages": file_digest(messages),
            "model": file_digest(model),
            "pairs": file_digest(pairs),
        }
        with training_state("transfer_tuned", belongs_to) as state:
            tune(classifier, batches, cfg, protocol, state)
            state.clear()
        tables += [
            answer_table(system, seed, protocol, to, part, predict(classifier, part))
            for to, part in asked.items()
        ]
    write_answers(tables, answers)


@dataclass(frozen=True)
class TuningBatch:
    """Messages (or pairs) with their classes, and sentence pairs where alignment goes on."""

    messages: Packed
    labels: Tensor
    pairs: PairBatch | None


class TuningBatches:
    """The batch of each step."""

    def __init__(
        self, learnt: Labelled, pairs: PairBatches | None, cfg: TuningParams, seed: int
    ) -> None:
        lengths = torch.from_numpy(learnt.subwords.lengths)
        everyone = torch.arange(len(lengths))
        self._learnt, self._pairs = learnt, pairs
        self._labels = torch.from_numpy(learnt.labels)
        self._epochs = Epochs(everyone, lengths, cfg.batch, derive_seed(seed, "transfer messages"))

    @property
    def steps(self) -> int:
        """Steps an epoch."""
        return self._epochs.steps

    def batch_at(self, step: int) -> TuningBatch:
        chosen = self._epochs.items_at(step)
        return TuningBatch(
            Packed.of(self._learnt.subwords, chosen).to(device()),
            self._labels[chosen].to(device()),
            self._pairs.batch_at(step) if self._pairs else None,
        )


def tune(
    classifier: Classifier,
    batches: TuningBatches,
    cfg: TuningParams,
    protocol: Tuning,
    state: TrainingState,
) -> None:
    """Train in place."""
    light = protocol == "light"
    steps = (1 if light else cfg.epochs) * batches.steps
    rate = cfg.light_learning_rate if light else cfg.learning_rate

    def loss_of(module: Classifier, batch: TuningBatch, _: int) -> Tensor:
        loss = cross_entropy(module(batch.messages), batch.labels)
        if batch.pairs is None:
            return loss
        with mixed_precision():
            states = module.encoder(batch.pairs.sentences).float()
        return loss + cfg.continued_weight * pull(states, states, batch.pairs)

    train(
        classifier,
        torch.optim.Adam(classifier.parameters(), lr=rate, fused=True, **ADAM),
        batches.batch_at,
        loss_of,
        Schedule(
            steps=steps,
            log_every=max(1, steps // ROWS_OF_HISTORY),
            gradient_norm=cfg.gradient_norm,
            rate=rise_and_fall(steps, cfg.warmup_share),
        ),
        state,
        label=f"{protocol} transfer",
    )


def predict(classifier: Classifier, asked: Labelled) -> np.ndarray:
    """Most probable class of each message, int64 [S]."""
    classifier = classifier.to(device()).eval()
    found = np.empty(len(asked.labels), np.int64)
    with torch.inference_mode():
        for sentences, batch in batches_by_length(asked.subwords):
            found[sentences.numpy()] = classifier(batch).argmax(1).cpu().numpy()
    return found
