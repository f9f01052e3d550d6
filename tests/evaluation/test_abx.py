"""fastabx as we call it against the definition in loops; languages against fastabx."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from fastabx import Dataset, InMemoryAccessor, Score, Task
from tests.evaluation.abx_reference import phone_error, phone_error_across

from crosstalk.errors import DataError
from crosstalk.evaluation import abx
from crosstalk.evaluation.abx import language_errors, phone_errors


def spoken(seed, n=36, phones="aeo", speakers=2, contexts=2):
    """Random tokens of 1 to 5 frames whose phones are weakly told apart."""
    draw = np.random.default_rng(seed)
    phone = draw.choice(list(phones), n)
    lengths = draw.integers(1, 6, n)
    centre = {p: draw.normal(size=6) for p in phones}
    tokens = [
        (centre[p] + 1.5 * draw.normal(size=(size, 6))).astype(np.float32)
        for p, size in zip(phone, lengths, strict=True)
    ]
    table = pd.DataFrame(
        {
            "phone": phone,
            "before": draw.choice(list("kt")[:contexts], n),
            "after": "s",
            "speaker": draw.choice([f"s{i}" for i in range(speakers)], n),
        }
    )
    return tokens, lengths, table


def measured(tokens, lengths, table, **options):
    last = np.cumsum(lengths)
    frames = torch.from_numpy(np.concatenate(tokens))
    return phone_errors(frames, last - lengths, last, table, **options)


@pytest.mark.parametrize("context", ["any", "triphone"])
@pytest.mark.parametrize("seed", range(3))
def test_phones_are_scored_as_the_definition_says(context, seed):
    tokens, lengths, table = spoken(seed)
    columns = ["speaker"] if context == "any" else ["speaker", "before", "after"]
    groups = list(table[columns].itertuples(index=False, name=None))
    found = measured(tokens, lengths, table, context=context, tokens_per_cell=100)
    assert len(found) == 6
    for row in found.itertuples():
        expected = phone_error(tokens, table["phone"], row.phone, row.other, groups)
        assert row.error == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("context", ["any", "triphone"])
@pytest.mark.parametrize("seed", range(3))
def test_phones_are_scored_across_speakers_as_the_definition_says(context, seed):
    tokens, lengths, table = spoken(seed, n=48, speakers=3)
    around = table["before"].tolist() if context == "triphone" else ["any"] * len(table)
    options = {"speakers": "across", "context": context, "tokens_per_cell": 100}
    found = measured(tokens, lengths, table, **options)
    assert len(found) == 6
    for row in found.itertuples():
        expected = phone_error_across(
            tokens, table["phone"], row.phone, row.other, table["speaker"], around
        )
        assert row.error == pytest.approx(expected, abs=1e-6)


def test_one_speaker_cannot_be_compared_across_speakers():
    tokens, lengths, table = spoken(0, speakers=1)
    with pytest.raises(DataError, match="no phones can be compared across speakers"):
        measured(tokens, lengths, table, speakers="across")


def test_phones_that_do_not_differ_are_at_chance_and_clear_ones_at_zero():
    draw = np.random.default_rng(0)
    n = 400
    table = pd.DataFrame(
        {"phone": np.repeat(["a", "b"], n // 2), "before": "k", "after": "s", "speaker": "s"}
    )
    lengths = draw.integers(2, 5, n)
    noise = [draw.normal(size=(size, 8)).astype(np.float32) for size in lengths]
    options = {"tokens_per_cell": 60}
    assert measured(noise, lengths, table, **options)["error"].mean() == pytest.approx(
        0.5, abs=0.05
    )
    clear = [
        token + (20 if phone == "a" else -20)
        for token, phone in zip(noise, table["phone"], strict=True)
    ]
    assert measured(clear, lengths, table, **options)["error"].max() == 0


def test_other_speakers_do_not_count():
    """Each speaker says one token of each phone: nobody has an a for x."""
    tokens, lengths, table = spoken(0, n=4, phones="ae")
    table["phone"], table["speaker"] = list("aeae"), ["s0", "s0", "s1", "s1"]
    with pytest.raises(DataError, match="no phones can be compared within speakers"):
        measured(tokens, lengths, table)


def test_large_cells_are_cut_alike_for_every_model():
    tokens, lengths, table = spoken(5, n=200)
    first, again = (measured(tokens, lengths, table, tokens_per_cell=4) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    scaled = [3 * token for token in tokens]  # angles do not change, so neither may the choice
    pd.testing.assert_frame_equal(measured(scaled, lengths, table, tokens_per_cell=4), first)


def test_languages_are_scored_as_fastabx_does_across_corpora():
    draw = np.random.default_rng(2)
    n = 60
    language, corpus = draw.choice(["es", "fr", "ru"], n), draw.choice(["prompts", "captions"], n)
    offset = {name: draw.normal(size=5) for name in ("es", "fr", "ru")}
    vectors = np.stack([offset[name] for name in language]) + draw.normal(size=(n, 5))
    errors = language_errors(vectors.astype(np.float32), language, corpus)
    data = InMemoryAccessor(
        {i: (i, i + 1) for i in range(n)}, torch.from_numpy(vectors).float(), torch.device("cpu")
    )
    labels = pl.DataFrame({"language": language, "corpus": corpus})
    task = Task(Dataset(labels, data), on="language", across=["corpus"])
    score = Score(task, "angular", progress=False)
    cells = score.details(levels=[])
    for cell in cells.iter_rows(named=True):
        x = (language == cell["language"]) & (corpus != cell["corpus"])
        b_only = np.isin(language, [cell["language"], cell["language_b"]])
        pair = language_errors(vectors[b_only], language[b_only], corpus[b_only])
        assert pair[x[b_only]].mean() == pytest.approx(cell["score"], abs=2e-3)
    assert np.nanmean(errors) < 0.5


def test_a_corpus_alone_says_nothing_about_languages():
    vectors = np.random.default_rng(0).normal(size=(4, 3))
    language = np.array(["fr", "ru", "fr", "ru"])
    assert np.isnan(language_errors(vectors, language, np.array(["one"] * 4))).all()


def test_ties_count_a_half():
    vectors = np.ones((4, 2))
    errors = language_errors(vectors, np.array(["fr", "ru"] * 2), np.array([*"aabb"]))
    assert errors.tolist() == [0.5] * 4


def test_x_comes_from_five_other_speakers_at_most(monkeypatch):
    asked = []

    def remember(task, *arguments, **options):
        asked.append(task.cells)
        return Score(task, *arguments, **options)

    monkeypatch.setattr(abx, "Score", remember)
    tokens, lengths, table = spoken(1, n=240, phones="ae", speakers=8)
    measured(tokens, lengths, table, speakers="across")
    (cells,) = asked
    for _, cell in cells.group_by("phone", "phone_b", "speaker"):
        assert cell["speaker_x"].n_unique() == len(cell) == 5
