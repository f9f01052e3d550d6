"""Word2Vec on the messages of a language: the text side of Chung et al. 2018."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Literal

import pandas as pd
from gensim.models import Word2Vec
from gensim.models.callbacks import CallbackAny2Vec

from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.splits import training_half
from crosstalk.embeddings.spaces import Space
from crosstalk.errors import DataError
from crosstalk.params.embeddings import Word2VecParams
from crosstalk.params.splits import SplitParams
from crosstalk.progress import bar
from crosstalk.seeds import derive_seed
from crosstalk.stage import Input, Output
from crosstalk.text.tokens import tokenize

_HALVES = {"written": ["written"], "spoken": ["spoken"], "all": ["written", "spoken"]}


def train_word2vec(
    *,
    cfg: Word2VecParams,
    splits: SplitParams,
    language: str,
    half: Literal["written", "spoken", "all"],
    seed: int,
    messages: Input,
    space: Output,
) -> None:
    """Train on one half, ``written`` or ``spoken``, or on all of a language's training messages.

    Raises
    ------
    DataError
        If those messages hold no word that occurs ``min_count`` times.

    """
    table = read_messages(messages)
    table = table[table["language"] == language]
    chosen = pd.concat([training_half(table, h, splits) for h in _HALVES[half]]).sort_index()
    sentences = [tokenize(text, language) for text in chosen["text"]]
    what = f"{messages} has {len(chosen)} {half} training messages in {language!r}"
    skip_gram(sentences, cfg, seed, what).save(space)


def skip_gram(
    sentences: Sequence[Sequence[str]],
    cfg: Word2VecParams,
    seed: int,
    what: str = "the text has words",
) -> Space:
    """Train skip-gram with negative sampling; the result depends on nothing but the arguments.

    Raises
    ------
    DataError
        If no word occurs ``min_count`` times; ``what`` says of which text.

    """
    rare = f"{what} and no word min_count={cfg.min_count} times: choose more text or lower it"
    if not any(sentences):
        raise DataError(rare)
    with _Epochs(cfg.epochs) as epochs:
        try:
            model = Word2Vec(
                sentences=sentences,
                sg=1,
                hs=0,
                vector_size=cfg.dimension,
                window=cfg.window,
                min_count=cfg.min_count,
                negative=cfg.negatives,
                sample=cfg.subsampling,
                alpha=cfg.learning_rate,
                epochs=cfg.epochs,
                seed=derive_seed(seed, "word2vec"),
                workers=1,  # several race for the vectors, so no two runs would agree
                hashfxn=_hash,
                callbacks=[epochs],
            )
        except RuntimeError as error:  # gensim's word for an empty vocabulary
            raise DataError(rare) from error
    counts = {word: model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key}
    words = sorted(counts, key=lambda word: (-counts[word], word))
    return Space(words, [counts[word] for word in words], model.wv[words])


def _hash(word: str) -> int:
    """Python's own hash differs from process to process."""
    return zlib.crc32(word.encode())


class _Epochs(CallbackAny2Vec):
    """Shows gensim's progress as ours."""

    def __init__(self, total: int) -> None:
        self._bar = bar(label="word2vec", total=total, unit="epoch")

    def __enter__(self) -> _Epochs:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def on_epoch_end(self, model: Word2Vec) -> None:  # noqa: ARG002 - gensim's signature
        self._bar.update(1)
