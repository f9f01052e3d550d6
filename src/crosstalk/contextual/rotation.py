"""The rotation baselines: each language's vectors turned onto English, the encoder left alone.

By the vectors of linked words (Wang et al. 2019) or the mean vectors of translated sentences
(Aldarmaki and Diab 2019), by Procrustes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from crosstalk.alignment.procrustes import orthogonal_map
from crosstalk.contextual.bitext import Bitext, read_bitext
from crosstalk.contextual.encoder import Encoder
from crosstalk.contextual.tokeniser import WordPieces
from crosstalk.contextual.vectors import sentence_vectors, subword_vectors
from crosstalk.errors import DataError
from crosstalk.params.contextual import RotationParams
from crosstalk.stage import Input, Output

Kind = Literal["word", "sentence"]
PARTS = ("rotation", "foreign_centre", "english_centre")


@dataclass(frozen=True, eq=False)
class Rotation:
    """How vectors of one language are carried to English."""

    rotation: Tensor
    """float32 [d, d], orthogonal."""
    foreign_centre: Tensor
    """float32 [d]: subtracted before; zero if the spaces are not centred."""
    english_centre: Tensor
    """float32 [d]: added afterwards."""

    @classmethod
    def fit(cls, foreign: Tensor, english: Tensor, *, centre: bool) -> Rotation:
        """Fit to paired vectors float32 [n, d]."""
        centres = [x.mean(0) if centre else x.new_zeros(x.shape[1]) for x in (foreign, english)]
        return cls(orthogonal_map(foreign - centres[0], english - centres[1]), *centres)

    def apply(self, vectors: Tensor) -> Tensor:
        """Carry vectors float32 [n, d] over."""
        return (vectors - self.foreign_centre) @ self.rotation.T + self.english_centre


Rotations = Mapping[tuple[Kind, str], Rotation]
"""By what they are fitted to, and language."""


def fit_rotations(
    *, cfg: RotationParams, vocabulary: Input, model: Input, pairs: Input, rotations: Output
) -> None:
    """Fit both rotations of every language to the first of ``pairs`` (`tables.PAIRS`)."""
    bitext = read_bitext(pairs, WordPieces.load(vocabulary), pairs=cfg.pairs)
    fitted = rotations_of(Encoder.load(model), bitext, centre=cfg.centre)
    tensors = {
        f"{kind}.{language}.{part}": getattr(rotation, part).contiguous()
        for (kind, language), rotation in fitted.items()
        for part in PARTS
    }
    save_file(tensors, rotations)


def rotations_of(encoder: Encoder, bitext: Bitext, *, centre: bool) -> Rotations:
    """Fit to the last hidden states of the linked words, and to the means of the sentences."""
    last = [encoder.cfg.layers]
    words = [subword_vectors(encoder, side, last)[0] for side in (bitext.foreign, bitext.english)]
    means = [sentence_vectors(encoder, side) for side in (bitext.foreign, bitext.english)]
    fitted = {}
    for language in bitext.languages:
        pairs = bitext.pairs_of(language)
        foreign, english = bitext.linked_rows(pairs)
        fitted["word", language] = Rotation.fit(words[0][foreign], words[1][english], centre=centre)
        fitted["sentence", language] = Rotation.fit(
            means[0][pairs], means[1][bitext.sentence[pairs]], centre=centre
        )
    return fitted


def load_rotations(path: Path) -> Rotations:
    """Read what :func:`fit_rotations` wrote."""
    try:
        tensors = load_file(path)
        names = {tuple(name.split(".")[:2]) for name in tensors}
        return {
            (kind, language): Rotation(*(tensors[f"{kind}.{language}.{part}"] for part in PARTS))
            for kind, language in sorted(names)
            if kind in get_args(Kind)
        }
    except (SafetensorError, KeyError, ValueError) as error:
        raise DataError(f"{path} holds no rotations ({error}): fit them again") from error
