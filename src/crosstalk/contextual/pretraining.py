"""Masked language modelling on all languages at once, which brings some alignment by itself.

Devlin et al. 2019, section 3.1 and appendix A: of the subwords to predict, 80 % are hidden, 10 %
replaced by any subword, 10 % left as they are. A batch mixes sentences of like length from all
languages; that two of them are translations of each other is left to chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from crosstalk.contextual.encoder import Encoder, Packed
from crosstalk.contextual.tables import TEXT
from crosstalk.contextual.tokeniser import END, MASK, START, Subwords, WordPieces
from crosstalk.corpora.parquet import read_columns
from crosstalk.digest import file_digest
from crosstalk.embeddings.batches import Epochs
from crosstalk.errors import DataError
from crosstalk.params.contextual import EncoderParams, MaskedLMParams, TokeniserParams
from crosstalk.seeds import derive_seed
from crosstalk.stage import Input, Output
from crosstalk.training.device import device, mixed_precision
from crosstalk.training.history import write_history
from crosstalk.training.loop import Schedule, train
from crosstalk.training.rates import rise_and_fall
from crosstalk.training.seeding import seed_everything
from crosstalk.training.state import training_state

HIDDEN, REPLACED = 0.8, 0.1
"""Shares of the subwords to predict."""
ROWS_OF_HISTORY = 100


@dataclass(frozen=True)
class MaskedBatch:
    """Sentences with some subwords hidden, and what they were."""

    sentences: Packed
    places: Tensor
    """int64 [M]: rows of the packed subwords to predict."""
    answers: Tensor
    """int64 [M]."""


class MaskedText:
    """The masked batch of each step."""

    def __init__(
        self, subwords: Subwords, pieces: WordPieces, cfg: MaskedLMParams, longest: int, seed: int
    ) -> None:
        lengths = torch.from_numpy(subwords.lengths)
        (short,) = (lengths <= longest).nonzero(as_tuple=True)
        if not len(short):
            raise DataError(f"no sentence fits into encoder.positions={longest}: raise it")
        self.subwords, self.share, self.seed = subwords, cfg.mask_share, seed
        self.epochs = Epochs(short, lengths, cfg.batch_sentences, derive_seed(seed, "sentences"))
        self._vocabulary, self._mask = len(pieces), pieces.id_of(MASK)
        self._ends = torch.tensor([pieces.id_of(START), pieces.id_of(END)])

    def batch_at(self, step: int) -> MaskedBatch:
        generator = torch.Generator().manual_seed(derive_seed(self.seed, f"masks {step}"))
        sentences = Packed.of(self.subwords, self.epochs.items_at(step))
        ids = sentences.ids
        chosen = torch.rand(len(ids), generator=generator) < self.share
        (places,) = (chosen & ~torch.isin(ids, self._ends)).nonzero(as_tuple=True)
        fate = torch.rand(len(places), generator=generator)
        other = torch.randint(self._vocabulary, (len(places),), generator=generator)
        shown = torch.where(fate < HIDDEN, self._mask, ids[places])
        shown = torch.where(fate >= 1 - REPLACED, other, shown)
        masked = Packed(ids.index_put((places,), shown), sentences.lengths, sentences.longest)
        where = device()
        return MaskedBatch(masked.to(where), places.to(where), ids[places].to(where))


class MaskedLM(nn.Module):
    """An encoder under its pretraining loss."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, batch: MaskedBatch) -> Tensor:
        """Mean cross-entropy, float32, of the hidden subwords; 0 if none is hidden."""
        with mixed_precision():
            hidden = self.encoder(batch.sentences)
            scores = self.encoder.predict(hidden[batch.places])
        total = cross_entropy(scores.float(), batch.answers, reduction="sum")
        return total / max(1, len(batch.answers))


def pretrain_masked_lm(
    *,
    tokeniser: TokeniserParams,
    encoder: EncoderParams,
    training: MaskedLMParams,
    seed: int,
    text: Input,
    vocabulary: Output,
    model: Output,
    history: Output,
) -> None:
    """Learn a vocabulary and an encoder from text; resumes by itself if it was interrupted.

    ``text`` has the columns `crosstalk.contextual.tables.TEXT`. Sentences longer than the encoder's
    positions serve the vocabulary alone.
    """
    words = read_columns(text, TEXT)["words"].tolist()
    pieces = WordPieces.train(words, tokeniser)
    pieces.save(vocabulary)
    batches = MaskedText(pieces.cut(words), pieces, training, encoder.positions, seed)
    seed_everything(seed, "masked language model")
    module = MaskedLM(Encoder(encoder, len(pieces)))
    belongs_to = {
        "tokeniser": tokeniser,
        "encoder": encoder,
        "training": training,
        "seed": seed,
        "text": file_digest(text),
    }
    schedule = Schedule(
        steps=training.steps,
        log_every=max(1, training.steps // ROWS_OF_HISTORY),
        gradient_norm=training.gradient_norm,
        rate=rise_and_fall(training.steps, training.warmup_share),
    )
    with training_state("pretrain_masked_lm", belongs_to) as state:
        rows = train(
            module,
            _optimiser(module, training),
            batches.batch_at,
            lambda module, batch, _: module(batch),
            schedule,
            state,
            label=f"masked language model seed {seed}",
        )
        module.encoder.save(model)
        write_history(history, rows, batches.epochs.steps)
        state.clear()


def _optimiser(module: nn.Module, cfg: MaskedLMParams) -> torch.optim.Optimizer:
    """AdamW; biases and layer normalisations do not decay (BERT's code)."""
    parameters = list(module.parameters())
    groups = [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": cfg.weight_decay},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=cfg.learning_rate, fused=True)
