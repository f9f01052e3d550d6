"""The alignment objective: linked vectors meet where English was.

Cao et al. 2020, section 3, in the form of the authors' script. With f the model and f0 the frozen
initial one, for each language, over linked words (i, j) of foreign s and English t:

    mean |f(i, s) - f0(j, t)|^2  +  λ mean |f(j, t) - f0(j, t)|^2

Both means are over vectors and dimensions; the second over all words of t, linked or not, its [CLS]
and its [SEP]. The losses of the languages are added. (The paper writes sums, and live English in
the first term, which ``target: live`` gives.)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from crosstalk.contextual.bitext import Bitext, word_places
from crosstalk.contextual.encoder import Packed
from crosstalk.embeddings.batches import Epochs
from crosstalk.params.contextual import Subword, Target
from crosstalk.seeds import derive_seed
from crosstalk.training.device import device, mixed_precision


@dataclass(frozen=True)
class PairBatch:
    """As many sentence pairs of each language. Rows are of packed subwords, English ones first."""

    english: Packed
    """Distinct sentences: one that several languages translate is encoded once."""
    sentences: Packed
    """The same, and the foreign ones after them."""
    english_linked: Tensor
    """int64 [K]: row of each link's English subword."""
    foreign_linked: Tensor
    """int64 [K]: row of its foreign subword."""
    link_weight: Tensor
    """float32 [K]: 1 / links of its language."""
    kept: Tensor
    """int64 [R]: rows of English words, [CLS] and [SEP], those of each language by themselves."""
    kept_weight: Tensor
    """float32 [R]: 1 / such rows of its language."""

    def to(self, where: torch.device) -> PairBatch:
        return PairBatch(*(part.to(where) for part in vars(self).values()))


class PairBatches:
    """The pairs of each step: ``size`` of each language, in a fixed order of languages.

    A shorter language is cycled. Batches are of like English length, so languages with the same
    messages draw the same ones.
    """

    def __init__(
        self, bitext: Bitext, size: int, seed: int, *, subword: Subword, shuffled: bool = False
    ) -> None:
        self._bitext, self._seed, self._shuffled = bitext, seed, shuffled
        self._kept = word_places(bitext.english, subword=subword, ends=True)
        cost = torch.from_numpy(bitext.english.lengths)[bitext.sentence]
        self._epochs = [
            Epochs(bitext.pairs_of(language), cost, size, derive_seed(seed, "pairs"))
            for language in bitext.languages
        ]

    @property
    def steps(self) -> int:
        """Steps until every pair of the longest language was seen."""
        return max(epochs.steps for epochs in self._epochs)

    def batch_at(self, step: int) -> PairBatch:
        bitext = self._bitext
        pairs = torch.cat([epochs.items_at(step) for epochs in self._epochs])
        distinct, sentence = bitext.sentence[pairs].unique(return_inverse=True)
        english, foreign = Packed.of(bitext.english, distinct), Packed.of(bitext.foreign, pairs)
        language = bitext.language[pairs]
        english_place, pair = bitext.english_links.take(pairs)
        foreign_place, _ = bitext.foreign_links.take(pairs)
        english_linked = english.starts[sentence[pair]] + english_place
        kept, whose = self._kept.take(bitext.sentence[pairs])
        if self._shuffled:  # links stand by language, and so do the shuffled ones
            generator = torch.Generator().manual_seed(derive_seed(self._seed, f"links {step}"))
            key = torch.rand(len(pair), generator=generator)
            english_linked = english_linked[(language[pair] + key).argsort()]
        return PairBatch(
            english,
            Packed.join(english, foreign),
            english_linked,
            len(english.ids) + foreign.starts[pair] + foreign_place,
            _shares(language[pair]),
            english.starts[sentence[whose]] + kept,
            _shares(language[whose]),
        ).to(device())


def alignment_loss(
    encoder: nn.Module,
    frozen: nn.Module,
    batch: PairBatch,
    *,
    regularisation: float,
    target: Target,
) -> Tensor:
    """Both terms of the objective, float32; gradients reach ``encoder`` alone."""
    with mixed_precision():
        now = encoder(batch.sentences).float()
        with torch.no_grad():
            before = frozen(batch.english).float()
    pulled = pull(now, now if target == "live" else before, batch)
    return pulled + regularisation * hold(now, before, batch)


def pull(vectors: Tensor, english: Tensor, batch: PairBatch) -> Tensor:
    """First term: ``vectors`` [N, d] of all subwords to ``english`` [at least E, d]; a scalar."""
    squared = (vectors[batch.foreign_linked] - english[batch.english_linked]).square().mean(1)
    return batch.link_weight @ squared


def hold(vectors: Tensor, english: Tensor, batch: PairBatch) -> Tensor:
    """Second term without its weight: English among ``vectors`` [N, d] to ``english`` [E, d]."""
    return batch.kept_weight @ (vectors[batch.kept] - english[batch.kept]).square().mean(1)


def _shares(group: Tensor) -> Tensor:
    """1 / size of the group of each member, float32."""
    return 1 / group.bincount()[group].float()
