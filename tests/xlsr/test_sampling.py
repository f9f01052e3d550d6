"""Languages are heard for their share of the time, and a step always hears the same."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from crosstalk.errors import DataError
from crosstalk.params.xlsr import PretrainParams
from crosstalk.speech.packed import CUT_COLUMNS, PackedSpeech
from crosstalk.xlsr.sampling import POOL, Batches, language_shares

RATE = 10
# Hours of Conneau et al. 2020, Table 1, and the shares that they give at two alphas.
HOURS = {
    "es": 168,
    "fr": 353,
    "it": 90,
    "ky": 17,
    "nl": 29,
    "ru": 55,
    "sv": 3,
    "tr": 11,
    "tt": 17,
    "zh": 50,
}
SHARES = {
    1.0: [21.2, 44.5, 11.3, 2.1, 3.7, 6.9, 0.4, 1.4, 2.1, 6.3],
    0.5: [17.4, 25.3, 12.8, 5.5, 7.2, 10.0, 2.3, 4.5, 5.5, 9.5],
}


def speech_of(seconds, rng=None):
    """Utterances of 2 to 9 s that add up to ``seconds`` a language; each frame is its number."""
    rng = rng or np.random.default_rng(0)
    rows, lengths = [], []
    for language, total in seconds.items():
        left = round(total * RATE)
        while left:
            length = min(left, int(rng.integers(20, 90)))
            left -= length
            lengths.append(length)
            rows.append({"language": language, "split": "train"})
    lengths = np.array(lengths)
    cuts = pd.DataFrame(rows, columns=list(CUT_COLUMNS))
    frames = torch.arange(lengths.sum(), dtype=torch.float32).unsqueeze(1)
    return PackedSpeech(frames, np.cumsum(lengths) - lengths, lengths, cuts, float(RATE))


def params(**changes):
    return PretrainParams(
        **{"batch_seconds": 60.0, "crop_seconds": 15.0, "min_seconds": 0.1, **changes}
    )


def seconds_heard(batches, weights):
    """Share of each language in the time heard, if utterances are drawn with ``weights``."""
    time = pd.Series(weights * batches.lengths)
    shares = time.groupby(batches.speech.cuts["language"]).sum()
    return shares / shares.sum()


@pytest.mark.parametrize("alpha", [1.0, 0.5])
def test_shares_are_the_papers(alpha):
    batches = Batches(speech_of(HOURS), params(alpha=alpha), seed=0)
    expected = 100 * seconds_heard(batches, batches.probability)
    assert expected.round(1).tolist() == SHARES[alpha]
    hours = pd.Series(HOURS)
    assert (100 * language_shares(hours, alpha)).round(1).tolist() == SHARES[alpha]
    oversampled = language_shares(hours, 0.5) / language_shares(hours, 1.0)
    assert oversampled.round(2).tolist() == [
        0.82,
        0.57,
        1.12,
        2.58,
        1.98,
        1.44,
        6.15,
        3.21,
        2.58,
        1.51,
    ]


@pytest.mark.parametrize("alpha", [1.0, 0.5, 0.0])
def test_realised_shares_are_the_expected_ones(alpha):
    batches = Batches(speech_of(HOURS), params(alpha=alpha), seed=0)
    counts = np.zeros(len(batches.probability))
    for step in range(50 * POOL):
        np.add.at(counts, batches.utterances_at(step), 1)
    realised = seconds_heard(batches, counts)
    expected = seconds_heard(batches, batches.probability)
    np.testing.assert_allclose(realised, expected, atol=0.01)


def test_utterances_of_a_language_are_drawn_alike():
    batches = Batches(speech_of({"a": 100, "b": 10}), params(), seed=1)
    counts = np.zeros(len(batches.probability))
    for step in range(100 * POOL):
        np.add.at(counts, batches.utterances_at(step), 1)
    language = batches.speech.cuts["language"]
    for _, group in pd.Series(counts / counts.sum()).groupby(language):
        np.testing.assert_allclose(group, group.mean(), rtol=0.1)


def test_long_utterances_count_as_one_crop():
    speech = speech_of({"a": 60, "b": 60})
    lengths = speech.lengths.copy()
    lengths[0] = 590  # all of a is one long utterance and what is left of it
    first = np.array([True] + [language == "b" for language in speech.cuts["language"][1:]])
    speech = replace(speech, lengths=lengths).select(first)
    batches = Batches(speech, params(alpha=1.0, crop_seconds=5.0, batch_seconds=20.0), seed=0)
    heard = seconds_heard(batches, batches.probability)
    assert heard["a"] == pytest.approx(5 / (5 + np.minimum(speech.lengths[1:], 50).sum() / RATE))


def test_a_step_is_a_function_of_seed_and_number():
    speech = speech_of({"a": 300, "b": 100})
    forwards = Batches(speech, params(), seed=4)
    backwards = Batches(speech, params(), seed=4)
    order = list(range(3 * POOL))
    first = {step: forwards(step) for step in order}
    again = {step: backwards(step) for step in reversed(order)}
    for step in order:
        assert torch.equal(first[step].audio, again[step].audio)
        assert first[step].seed == again[step].seed
    other = Batches(speech, params(), seed=5)
    assert not torch.equal(first[0].audio[:1, :20], other(0).audio[:1, :20])
    assert len({batch.seed for batch in first.values()}) == len(order)


def test_crops_lie_within_their_utterances_and_fill_the_batch():
    speech = speech_of({"a": 900})
    batches = Batches(speech, params(crop_seconds=6.0), seed=0)
    seconds, lost = [], []
    for step in range(10 * POOL):
        audio, drawn = batches(step).audio, batches.utterances_at(step)
        assert audio.shape[1] == batches.lengths[drawn].min() <= 60
        starts = speech.starts[drawn]
        assert (audio[:, 0, 0].numpy() >= starts).all()
        assert (audio[:, -1, 0].numpy() < starts + speech.lengths[drawn]).all()
        assert (audio.diff(dim=1) == 1).all()
        seconds.append(audio.shape[0] * audio.shape[1] / RATE)
        lost.append(1 - audio.shape[1] / batches.lengths[drawn].mean())
    assert np.mean(seconds) == pytest.approx(60, rel=0.1)
    assert np.max(seconds) < 1.5 * 60
    assert np.mean(lost) < 0.1


def test_no_batch_is_empty_however_uneven_lengths_are():
    speech = speech_of({"a": 200})
    lengths = speech.lengths.copy()
    lengths[:3] = 2
    batches = Batches(
        replace(speech, lengths=lengths), params(batch_seconds=9.0, crop_seconds=9.0), seed=0
    )
    assert all(len(batches.utterances_at(step)) for step in range(20 * POOL))


def test_short_utterances_are_left_out():
    batches = Batches(speech_of({"a": 100}), params(min_seconds=4.0), seed=0)
    assert batches.lengths.min() >= 40
    with pytest.raises(DataError, match="no utterance has min_seconds=10"):
        Batches(speech_of({"a": 100}), params(min_seconds=10.0), seed=0)
