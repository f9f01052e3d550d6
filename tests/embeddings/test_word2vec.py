"""Word2Vec: reproducible, faithful to counts, and it learns which words are interchangeable."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from crosstalk.corpora.schemas import write_messages
from crosstalk.corpora.splits import training_half
from crosstalk.embeddings.spaces import Space
from crosstalk.embeddings.word2vec import skip_gram, train_word2vec
from crosstalk.errors import DataError
from crosstalk.params.embeddings import Word2VecParams
from crosstalk.params.splits import SplitParams

SPLITS = SplitParams()
CFG = Word2VecParams(dimension=8, epochs=20, min_count=3, subsampling=0)


def sentences():
    """Two topics; inside each, words are drawn at random, so they are interchangeable."""
    generator = np.random.default_rng(0)
    topics = [["sun", "day", "light", "noon"], ["orc", "troll", "goblin", "ogre"]]
    return [list(generator.choice(topics[i % 2], 6)) for i in range(400)] + [["rare", "rare"]]


def test_interchangeable_words_are_near():
    space = skip_gram(sentences(), CFG, seed=0)
    unit = space.vectors / np.linalg.norm(space.vectors, axis=1, keepdims=True)
    to_sun = dict(zip(space.words, unit @ unit[space.index["sun"]], strict=True))
    assert min(to_sun[w] for w in ("day", "light", "noon")) > max(
        to_sun[w] for w in ("orc", "troll", "goblin", "ogre")
    )


def test_words_are_those_frequent_enough_sorted_by_count_and_name():
    text = sentences()
    counts = pd.Series([w for s in text for w in s]).value_counts()
    space = skip_gram(text, CFG, seed=0)
    assert space.words == sorted(counts[counts >= 3].index, key=lambda w: (-counts[w], w))
    assert space.counts.tolist() == [counts[w] for w in space.words]


def test_seeds_differ_and_repeat():
    first, again, other = (skip_gram(sentences(), CFG, seed=s).vectors for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def messages(path, texts, fold=0):
    write_messages(
        pd.DataFrame(
            {
                "message_id": [f"m/{i}" for i in range(len(texts))],
                "source": "made",
                "domain": "made",
                "language": "en",
                "text": texts,
                "fold": np.full(len(texts), fold, np.uint8),
            }
        ),
        path,
    )


RUN = """
import sys
from pathlib import Path
from crosstalk.embeddings.word2vec import train_word2vec
from crosstalk.params.embeddings import Word2VecParams
from crosstalk.params.splits import SplitParams
cfg = Word2VecParams.model_validate_json(sys.argv[1])
train_word2vec(
    cfg=cfg,
    splits=SplitParams(),
    language="en",
    half=sys.argv[2],
    seed=0,
    messages=Path(sys.argv[3]),
    space=Path(sys.argv[4]),
)
"""


def test_bytes_do_not_depend_on_the_hash_seed(tmp_path):
    path, here, there = (tmp_path / name for name in ("messages.parquet", "here", "there"))
    messages(path, [" ".join(s) for s in sentences()])
    train_word2vec(
        cfg=CFG,
        splits=SPLITS,
        language="en",
        half=half_of_fold_0(),
        seed=0,
        messages=path,
        space=here,
    )
    subprocess.run(
        [sys.executable, "-c", RUN, CFG.model_dump_json(), half_of_fold_0(), path, there],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "12345"},
    )
    assert here.read_bytes() == there.read_bytes()


def half_of_fold_0():
    table = pd.DataFrame({"fold": np.zeros(1, np.uint8), "text": "any"})
    return "written" if len(training_half(table, "written", SPLITS)) else "spoken"


def test_only_the_asked_half_of_the_training_folds_is_read(tmp_path):
    path, out = tmp_path / "messages.parquet", tmp_path / "space"
    texts = [" ".join(s) for s in sentences()]
    half = half_of_fold_0()
    messages(path, texts, fold=0)
    train_word2vec(
        cfg=CFG, splits=SPLITS, language="en", half=half, seed=0, messages=path, space=out
    )
    assert "goblin" in Space.load(out).index
    for fold, wrong_half in ((0, {"written": "spoken", "spoken": "written"}[half]), (99, half)):
        messages(path, texts, fold=fold)
        with pytest.raises(DataError, match=r"has 0 \w+ training messages in 'en'"):
            train_word2vec(
                cfg=CFG,
                splits=SPLITS,
                language="en",
                half=wrong_half,
                seed=0,
                messages=path,
                space=out,
            )


def test_a_text_without_frequent_words_is_named(tmp_path):
    path = tmp_path / "messages.parquet"
    messages(path, ["all words differ here", "42"])
    with pytest.raises(DataError, match=r"messages\.parquet has 2 .* no word min_count=3 times"):
        train_word2vec(
            cfg=CFG,
            splits=SPLITS,
            language="en",
            half=half_of_fold_0(),
            seed=0,
            messages=path,
            space=tmp_path / "space",
        )
