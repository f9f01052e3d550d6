"""The toy world as tables, and a vocabulary for it."""

import numpy as np
import pandas as pd
import pytest
from tests.contextual.toy import TOKENISER, WORDS, translate

from crosstalk.contextual.tables import MESSAGES, PAIRS, TEXT
from crosstalk.contextual.tokeniser import WordPieces


@pytest.fixture(scope="session")
def english():
    generator = np.random.default_rng(0)
    return [list(generator.choice(WORDS, size=generator.integers(2, 7))) for _ in range(60)]


@pytest.fixture(scope="session")
def tables(english, tmp_path_factory):
    """Paths of the three tables, by name."""
    folder = tmp_path_factory.mktemp("tables")
    pairs = [
        (language, f"m{n}", words, translate(words, language), links, back)
        for language in ("xx", "yy")
        for n, words in enumerate(english[: 60 if language == "xx" else 50])
        for links in [list(range(len(words)))]
        for back in [links[::-1] if language == "yy" else links]
    ]
    every = [
        (language, f"m{n}", words if language == "en" else translate(words, language))
        for n, words in enumerate(english)
        for language in ("en", "xx", "yy")
    ]
    messages = [
        (
            *row,
            "yes" if {"file", "page", "the"} & {*english[int(row[1][1:])]} else "no",
            "test" if n < 45 else "train",
        )
        for n, row in enumerate(every)
    ]
    frames = {
        "text": pd.DataFrame([(row[0], row[2]) for row in every], columns=TEXT),
        "pairs": pd.DataFrame(pairs, columns=PAIRS),
        "messages": pd.DataFrame(messages, columns=MESSAGES),
    }
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return {name: folder / f"{name}.parquet" for name in frames}


@pytest.fixture(scope="session")
def pieces(tables):
    return WordPieces.train(pd.read_parquet(tables["text"])["words"], TOKENISER)


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    """Training state of one test is out of sight of the others."""
    monkeypatch.setattr("crosstalk.training.state.ROOT", tmp_path / "state")
