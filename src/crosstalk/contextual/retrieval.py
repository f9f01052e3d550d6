"""Contextual word retrieval: which token of the other language is this one's translation?

Cao et al. 2020, section 4. Every linked token of the test pairs asks for its counterpart among all
linked tokens of the other side.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from torch import Tensor
from torch.nn.functional import normalize

from crosstalk.alignment.csls import mean_similarity, rank_of_counterparts
from crosstalk.contextual.bitext import Bitext, read_bitext
from crosstalk.contextual.encoder import Encoder
from crosstalk.contextual.rotation import Rotations, load_rotations
from crosstalk.contextual.systems import BASE, ROTATED, encoders
from crosstalk.contextual.tables import RANKS
from crosstalk.contextual.tokeniser import WordPieces
from crosstalk.contextual.vectors import subword_vectors
from crosstalk.params.contextual import RetrievalParams, Similarity
from crosstalk.progress import progress
from crosstalk.stage import Input, Output
from crosstalk.training.device import device


def retrieve_words(
    *,
    cfg: RetrievalParams,
    seed: int,
    vocabulary: Input,
    pairs: Input,
    base: Input,
    rotations: Input,
    aligned: list[Input],
    names: list[str],
    ranks: Output,
) -> None:
    """Ask every system for the counterparts of all linked words of ``pairs`` (`tables.PAIRS`).

    ``ranks`` is a Parquet table, one row a question: system (``base``, ``word_rotation``,
    ``sentence_rotation``, then ``names`` for ``aligned``), seed, language, direction
    (``to_english`` or ``from_english``), similarity, layer (0 is the embeddings), query (the number
    of the link among those of its language, in the table's order, from 0; with ``cfg.ends`` -1 and
    -2 are [CLS] and [SEP] of its first pair, -3 and -4 of the second, and so on), rank (place of
    the counterpart, from 1; a tie counts against it). The candidates are as many as the queries.

    Raises
    ------
    ParameterError
        If ``names`` and ``aligned`` are not as many.

    """
    bitext = read_bitext(pairs, WordPieces.load(vocabulary), ends=cfg.ends, subword=cfg.subword)
    turned = load_rotations(rotations)
    systems = encoders(base, names, aligned)
    tables = []
    for name, path in progress(systems, label="retrieval", unit="system"):
        encoder = Encoder.load(path)
        tables += _asked(cfg, name, encoder, bitext, turned if name == BASE else {})
    table = pd.concat(tables, ignore_index=True)
    table.insert(1, "seed", seed)
    table[list(RANKS)].to_parquet(ranks, index=False, compression="zstd")


def ranks_of(source: Tensor, target: Tensor, similarity: Similarity, *, neighbours: int) -> Tensor:
    """Place, from 1, of target i for source i among all targets; int64 [n].

    ``source`` and ``target`` are float32 [n, d]. ``scalar`` is CSLS as in the authors' script: its
    normalisation divides all vectors of a side by one number (their Frobenius norm), so targets
    are compared by inner product, and the term against hubs all but vanishes.
    """
    query = normalize(source)
    if similarity == "scalar":
        space, target = source / source.norm(), target / target.norm()
    else:
        space, target = query, normalize(target)
    if similarity == "cosine":
        density = target.new_zeros(len(target))
    else:
        density = mean_similarity(target, space, neighbours)
    return rank_of_counterparts(query, target, density)


def _asked(
    cfg: RetrievalParams, name: str, encoder: Encoder, bitext: Bitext, turned: Rotations
) -> Iterator[pd.DataFrame]:
    """Yield tables of answers of one encoder, and of its rotations on the last layer."""
    last = encoder.cfg.layers
    layers = list(range(last + 1)) if cfg.layers == "all" else [last]
    for layer in layers:
        foreign, english = (
            subword_vectors(encoder, side, [layer])[0] for side in (bitext.foreign, bitext.english)
        )
        for language in bitext.languages:
            pairs = bitext.pairs_of(language)
            rows = bitext.linked_rows(pairs)
            queries = numbered(bitext.english_links.lengths[pairs].numpy(), ends=cfg.ends)
            x, y = foreign[rows[0]].to(device()), english[rows[1]].to(device())
            versions = {name: x}
            if layer == last:
                versions |= {
                    ROTATED[kind]: rotation.apply(x.cpu()).to(device())
                    for (kind, of), rotation in turned.items()
                    if of == language
                }
            for system, z in versions.items():
                for similarity, direction in _questions(cfg):
                    sides = (z, y) if direction == "to_english" else (y, z)
                    ranks = ranks_of(*sides, similarity, neighbours=cfg.neighbours)
                    yield pd.DataFrame(
                        {
                            "system": system,
                            "language": language,
                            "direction": direction,
                            "similarity": similarity,
                            "layer": np.int8(layer),
                            "query": queries,
                            "rank": ranks.cpu().numpy().astype(np.int32),
                        }
                    )


def numbered(lengths: np.ndarray, *, ends: bool) -> np.ndarray:
    """Number the linked subwords of pairs with ``lengths`` int64 [P] of them each; int32 [K].

    Words count from 0; with ``ends`` the last two of each pair count from -1 downwards.
    """
    numbers = np.arange(lengths.sum(), dtype=np.int32)
    if not ends:
        return numbers
    last = lengths.cumsum() - 1
    at_end = np.isin(numbers, [last - 1, last])
    return np.where(at_end, -at_end.cumsum(), (~at_end).cumsum() - 1).astype(np.int32)


def _questions(cfg: RetrievalParams) -> list[tuple[str, str]]:
    """Similarity and direction: both ways by CSLS, to English alone by what is compared with it."""
    return [*((name, "to_english") for name in cfg.similarities), ("csls", "from_english")]
