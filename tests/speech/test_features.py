"""MFCC against two independent implementations, and normalisation against arithmetic."""

import numpy as np
import pytest
import scipy.fft
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchaudio.compliance import kaldi

from crosstalk.params.speech import FeatureParams
from crosstalk.speech.features import mfcc, normalise

CFG = FeatureParams()


def noise(size, seed=0):
    return (np.random.default_rng(seed).standard_normal(size) * 0.1).astype(np.float32)


def slow_mfcc(samples, cfg):
    """The definition, frame by frame in double precision, with scipy's DCT."""
    shift, size, fft = 160, 400, 512
    mel = lambda f: 1127 * np.log1p(np.asarray(f) / 700)  # noqa: E731
    edges = np.linspace(mel(cfg.low_frequency), mel(cfg.sample_rate / 2), cfg.mel_bins + 2)
    bins = mel(np.arange(fft // 2) * cfg.sample_rate / fft)
    rising = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    filters = np.clip(np.minimum(rising, falling), 0, None)
    window = np.hanning(size) ** 0.85
    lifter = 1 + 11 * np.sin(np.pi * np.arange(cfg.coefficients) / 22)
    mirrored = np.concatenate((samples[::-1], samples, samples[::-1])).astype(float)
    rows = []
    for t in range(round(len(samples) / shift)):
        start = len(samples) + t * shift + shift // 2 - size // 2
        frame = mirrored[start : start + size]
        frame = frame - frame.mean()
        frame = frame - cfg.preemphasis * np.concatenate((frame[:1], frame[:-1]))
        power = np.abs(np.fft.rfft(frame * window, fft))[: fft // 2] ** 2
        energies = np.log(np.maximum(power @ filters, np.finfo(np.float32).eps))
        rows.append(scipy.fft.dct(energies, norm="ortho")[: cfg.coefficients] * lifter)
    return np.array(rows)


@pytest.mark.parametrize("size", [640, 3217, 16000])
def test_mfcc_is_its_definition(size):
    np.testing.assert_allclose(mfcc(noise(size), CFG), slow_mfcc(noise(size), CFG), atol=1e-3)


@settings(max_examples=20)
@given(st.integers(400, 9000))
def test_mfcc_is_torchaudios_kaldi(size):
    samples = noise(size, seed=size)
    theirs = kaldi.mfcc(
        torch.from_numpy(samples)[None],
        sample_frequency=16000.0,
        num_ceps=13,
        dither=0.0,
        snip_edges=False,
    )
    np.testing.assert_allclose(mfcc(samples, CFG), theirs.numpy(), atol=1e-3)


def test_digital_silence_is_finite():
    frames = mfcc(np.zeros(1600, dtype=np.float32), CFG)
    assert frames.shape == (10, 13)
    assert np.isfinite(frames).all()


def test_shorter_than_a_window():
    assert mfcc(noise(100), CFG).shape == (1, 13)
    assert mfcc(noise(10), CFG).shape == (0, 13)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(0, 99))
def test_normalised_groups_have_mean_0_and_variance_1(groups, seed):
    groups = np.array(groups)
    frames = 5 + 3 * np.random.default_rng(seed).standard_normal((len(groups), 2), np.float32)
    result = normalise(frames, groups)
    for group in set(groups):
        inside = result[groups == group]
        np.testing.assert_allclose(inside.mean(axis=0), 0, atol=1e-4)
        if len(inside) > 1:
            np.testing.assert_allclose(inside.std(axis=0), 1, atol=1e-3)
        else:
            assert not inside.any()


def test_coefficients_may_not_exceed_filters():
    with pytest.raises(ValueError, match="coefficients 30 cannot exceed mel_bins 23"):
        FeatureParams(coefficients=30)
