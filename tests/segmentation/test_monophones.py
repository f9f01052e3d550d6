"""Flat-start alignment finds planted phones, and those of a synthesiser that knows the truth."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from crosstalk.errors import DataError
from crosstalk.params.monophones import MonophoneParams
from crosstalk.segmentation.monophones import align, with_differences

CFG = MonophoneParams(rounds=12)


def planted(seed, utterances=60, phones="abcdefgh", quiet=6):
    """Phones with a mean of their own, pauses around and sometimes within an utterance."""
    draw = np.random.default_rng(seed)
    centre = {phone: draw.normal(size=6) * 2 for phone in phones}
    frames, loud, said, truth = [], [], [], []
    for _ in range(utterances):
        text = [str(p) for p in draw.choice(list(phones), draw.integers(4, 9))]
        rows, edges, speech = [], [], []
        pause = draw.normal(size=(quiet, 6)) * 0.3 - 6
        rows.append(pause)
        speech += [False] * quiet
        for phone in text:
            size = draw.integers(4, 12)
            edges.append((len(speech), len(speech) + size))
            rows.append(centre[phone] + 0.7 * draw.normal(size=(size, 6)))
            speech += [True] * size
        rows.append(pause)
        speech += [False] * quiet
        frames.append(torch.from_numpy(np.concatenate(rows)).float())
        loud.append(np.array(speech))
        said.append(text)
        truth.append(np.array(edges))
    return frames, loud, said, truth


def test_planted_phones_are_found():
    frames, loud, said, truth = planted(0)
    found = align(frames, loud, said, CFG)
    distance = np.concatenate(
        [
            abs(f - t).ravel()
            for f, t, text in zip(found, truth, said, strict=True)
            if all(a != b for a, b in pairwise(text))  # nothing tells where a doubled phone parts
        ]
    )
    assert (distance <= 1).mean() > 0.95


def test_it_is_far_better_than_the_even_cut_it_starts_from():
    frames, loud, said, truth = planted(1)
    found = align(frames, loud, said, CFG)
    even = [
        np.flatnonzero(x)[0] + np.linspace(0, x.sum(), len(text) + 1)
        for x, text in zip(loud, said, strict=True)
    ]
    wrong = np.mean([abs(f - t).mean() for f, t in zip(found, truth, strict=True)])
    start = np.mean([abs(e[:-1] - t[:, 0]).mean() for e, t in zip(even, truth, strict=True)])
    assert wrong < start / 4


def test_every_phone_is_found_in_order_and_none_overlaps():
    frames, loud, said, _ = planted(2, utterances=20)
    for edges, text, x in zip(align(frames, loud, said, CFG), said, frames, strict=True):
        assert edges.shape == (len(text), 2)
        assert (edges[:, 1] - edges[:, 0] >= CFG.states).all()
        assert (edges[1:, 0] >= edges[:-1, 1]).all()
        assert edges[0, 0] >= 0
        assert edges[-1, 1] <= len(x)


def test_a_phone_said_twice_is_two_phones():
    frames, loud, said, _ = planted(3)
    doubled = [i for i, text in enumerate(said) if any(a == b for a, b in pairwise(text))]
    assert doubled
    found = align(frames, loud, said, CFG)
    for i in doubled:
        assert len(found[i]) == len(said[i])


def test_an_utterance_too_short_for_its_phones_is_left_out():
    frames, loud, said, _ = planted(4, utterances=10)
    frames.append(torch.zeros(5, 6))
    loud.append(np.ones(5, bool))
    said.append(["a", "b"])
    found = align(frames, loud, said, CFG)
    assert found[-1] is None
    assert all(edges is not None for edges in found[:-1])
    with pytest.raises(DataError, match="no utterance has as many frames"):
        align(frames[-1:], loud[-1:], said[-1:], CFG)


def test_differences_are_appended():
    ramp = np.arange(20, dtype=np.float32)[:, None]
    out = with_differences(ramp)
    assert out.shape == (20, 3)
    torch.testing.assert_close(out[5:15, 1], torch.ones(10))  # the slope of a line
    torch.testing.assert_close(out[5:15, 2], torch.zeros(10), atol=1e-6, rtol=0)
