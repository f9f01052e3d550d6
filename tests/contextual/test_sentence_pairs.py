"""Pairs in Europarl's layout, picked again one by one, and linked."""

import html
import re

import pandas as pd
import pytest
from tests.corpora.paper.archives import tar

from crosstalk.contextual.links import link_words
from crosstalk.contextual.messages import SELECTION
from crosstalk.contextual.sentence_pairs import select_pairs
from crosstalk.contextual.tables import PAIRS, TEXT
from crosstalk.corpora.paper.bitext import prepare_bitext
from crosstalk.errors import DataError
from crosstalk.params.contextual_data import FastAlignParams, SelectionParams
from crosstalk.params.paper_corpora import Part
from crosstalk.text.tokens import split_words

NAMES = ["president", "council", "report", "committee", "budget", "treaty", "market", "fishery"]
SPOKEN = {
    "de": "Bericht über {} und {}, Nummer {}, {}",
    "el": "Έκθεση για {} και {}, αριθμός {}, {}",
}
CFG = SelectionParams(languages=("de", "el"), test_pairs=3, dev_pairs=2)


def sentence(number, pattern="Report on {} and {}, number {}, {}"):
    """Long enough a sentence, unlike that of any other number."""
    rest = " ".join(
        f"{NAMES[(number + n) % 8]}{'abcdefghijklmnopqrstuvwxyz'[number]}" for n in range(4)
    )
    return pattern.format(NAMES[number % 8], NAMES[number // 8], number, rest)


def lines(language):
    """English and the other language: usable sentences and, between them, such as are not."""
    pairs = [(sentence(n), sentence(n, SPOKEN[language])) for n in range(20)]
    pairs.insert(1, ("Applause", "Beifall"))
    pairs.insert(2, (sentence(20) + " http://europa", sentence(20, SPOKEN[language])))
    pairs.insert(3, (sentence(21) + " &lt;P&gt;", sentence(21, SPOKEN[language])))
    pairs.insert(4, ("word " * 65, sentence(22, SPOKEN[language])))
    pairs.insert(5, ("letters" * 200, "Buchstaben" * 100))
    pairs.insert(6, ("(FR) " + sentence(23) + " R&amp;D", sentence(23, SPOKEN[language])))
    pairs.append(
        (sentence(1).replace("Report", "Opinion"), "Etwas ganz anderes steht hier geschrieben")
    )
    return pairs[::-1] if language == "el" else pairs


@pytest.fixture
def corpora(tmp_path):
    paths = []
    for language in CFG.languages:
        sides = zip(*lines(language), strict=True)
        files = {
            f"europarl-v7.{language}-en.{code}": "".join(f"{t}\n" for t in side).encode()
            for code, side in zip(("en", language), sides, strict=True)
        }
        archive = tar(tmp_path / f"{language}-en.tgz", files)
        paths.append(tmp_path / f"{language}.parquet")
        prepare_bitext(
            cfg=Part(language=language), source="europarl", archives=[archive], messages=paths[-1]
        )
    return paths


def select(tmp_path, corpora, cfg=CFG, pairs=100):
    paths = {name: tmp_path / name for name in ("selection", "text")}
    select_pairs(cfg=cfg, pairs=pairs, corpora=corpora, **paths)
    return [pd.read_parquet(path) for path in paths.values()]


def usable(language):
    """The rules, one at a time."""
    for number, texts in enumerate(lines(language)):
        if any(mark in text for text in texts for mark in ("\\", "=", "#", "http", "&lt;")):
            continue
        if not 100 < len(texts[0]) + len(texts[1]) < 2000:
            continue
        cleaned = [re.sub(r"\([A-Z][A-Z]\)", "", html.unescape(text)) for text in texts]
        words = [split_words(t, c) for t, c in zip(cleaned, ("en", language), strict=True)]
        if max(map(len, words)) <= 64:
            yield f"{language}-en/{number:08d}", *words


def alike(one, other):
    a, b = ({w.casefold() for w in side if w.isalpha()} for side in (one, other))
    return len(a & b) / len(a | b) >= CFG.near_duplicate


def test_first_pairs_are_asked_about_and_nothing_like_them_is_trained_on(tmp_path, corpora):
    selection, text = select(tmp_path, corpora)
    assert tuple(selection.columns) == SELECTION
    found = {
        (language, split): part["message_id"].tolist()
        for (language, split), part in selection.groupby(["language", "split"])
        if language != "en"
    }
    streams = {language: list(usable(language)) for language in CFG.languages}
    held = {language: [] for language in ("en", *CFG.languages)}
    for split, most in (("test", 3), ("dev", 2), ("train", 100)):
        taken = {}
        for language, stream in streams.items():
            taken[language] = []
            while stream and len(taken[language]) < most:
                pair = stream.pop(0)
                sides = {"en": pair[1], language: pair[2]}
                if not any(alike(side, old) for c, side in sides.items() for old in held[c]):
                    taken[language].append(pair)
            assert found[language, split] == [pair[0] for pair in taken[language]]
        for language, pairs in taken.items():
            held["en"] += [pair[1] for pair in pairs]
            held[language] += [pair[2] for pair in pairs]
    # The first pairs of one language are among the last of the other, which is not trained on them.
    assert len(found["de", "train"]) == len(found["el", "train"]) == 22 - 5 - 5
    said = selection[selection["message_id"] == "de-en/00000006"]["words"].map(" ".join).tolist()
    assert said[0].endswith("R & D")
    assert "FR" not in said[0]
    assert tuple(text.columns) == TEXT
    assert len(text) == (selection["split"] == "train").sum() / 2


def test_no_more_are_trained_on_than_asked_for(tmp_path, corpora):
    selection, _ = select(tmp_path, corpora, pairs=4)
    train = selection[selection["split"] == "train"]
    assert train["language"].value_counts().to_dict() == {"en": 8, "de": 4, "el": 4}


def test_a_corpus_that_is_used_up_is_named(tmp_path, corpora):
    cfg = CFG.model_copy(update={"test_pairs": 20})
    with pytest.raises(DataError, match="no sentence pair in 'de' is left for: dev"):
        select(tmp_path, corpora, cfg)


def test_words_of_each_languages_own_pairs_are_linked(tmp_path, corpora):
    """No two languages share a message, and each is asked about its own first ones."""
    select(tmp_path, corpora)
    names = ("train", "dev", "test", "queries", "measures")
    link_words(
        cfg=FastAlignParams(),
        selected=CFG,
        selection=tmp_path / "selection",
        **{name: tmp_path / name for name in names},
    )
    sizes = {"train": 12, "dev": 2, "test": 3}
    for split, size in sizes.items():
        table = pd.read_parquet(tmp_path / split)
        assert tuple(table.columns) == PAIRS
        assert table["language"].value_counts().to_dict() == {"de": size, "el": size}
        assert table["message_id"].str[:2].tolist() == table["language"].tolist()
    queries = pd.read_parquet(tmp_path / "queries")
    assert queries.groupby("language")["message_id"].nunique().to_dict() == {"de": 3, "el": 3}
