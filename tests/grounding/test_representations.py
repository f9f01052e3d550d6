"""Which frames stand for which moments, and that what is compared is what the model computes."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.grounding.conftest import tiny
from torch import nn

from crosstalk.errors import DataError
from crosstalk.grounding.representations import (
    EDGE,
    Frames,
    cepstra,
    latent_times,
    layers_of,
    log_mel,
    phone_tokens,
)
from crosstalk.params.xlsr import EncoderParams
from crosstalk.segmentation.phones import read_phones
from crosstalk.speech.packed import PackedSpeech
from crosstalk.xlsr.model import build_model


def test_the_papers_encoder_has_frames_of_25_ms_every_20():
    first, hop = latent_times(EncoderParams(), 16000)
    assert first == pytest.approx(0.0125)
    assert hop == pytest.approx(0.020)


@pytest.mark.parametrize(("kernels", "strides"), [((3, 3), (2, 1)), ((5, 3, 2), (3, 2, 2))])
def test_a_latent_frame_stands_for_the_middle_of_what_it_sees(kernels, strides):
    """Found by moving one input value: the latent frames that notice, averaged."""
    cfg = EncoderParams(inputs=1, channels=(1,) * len(kernels), kernels=kernels, strides=strides)
    network = nn.Sequential(
        *(nn.Conv1d(1, 1, k, stride=s) for k, s in zip(kernels, strides, strict=True))
    )
    for layer in network:
        nn.init.ones_(layer.weight)
    signal = torch.zeros(1, 1, 80, requires_grad=True)
    first, hop = latent_times(cfg, 100.0)
    out = network(signal)
    for frame in range(3):
        (gradient,) = torch.autograd.grad(out[0, 0, frame], signal, retain_graph=True)
        seen = gradient[0, 0].nonzero().float()
        middle = (seen.mean().item() + 0.5) / 100.0
        assert middle == pytest.approx(first + frame * hop)


@given(
    start=st.floats(0, 0.9),
    length=st.floats(0.001, 0.4),
    first=st.sampled_from([0.005, 0.0125, 0.02]),
    hop=st.sampled_from([0.01, 0.02]),
)
def test_a_stretch_gets_the_frames_of_its_moments(start, length, first, hop):
    sizes = [30, 45]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    frames = Frames(torch.zeros(75, 1), offsets, first, hop)
    for utterance, size in enumerate(sizes):
        moments = first + hop * np.arange(size)
        inside = np.flatnonzero((moments >= start - 1e-9) & (moments < start + length - 1e-9))
        found = frames.ranges(np.array([utterance]), np.array([start]), np.array([start + length]))
        rows = np.arange(*found[0]) - offsets[utterance]
        if len(inside):
            assert rows.tolist() == inside.tolist()
        else:
            nearest = abs(moments - start - length / 2)
            assert len(rows) == 1
            assert nearest[rows[0]] <= nearest.min() + hop / 2 + 1e-9


def test_layers_are_the_models_own_utterance_by_utterance(world):
    speech = PackedSpeech.read(world.frames, world.cuts)
    speech = speech.select(speech.cuts["split"] == "test")
    torch.manual_seed(0)
    model = build_model(tiny().model).eval()
    layers = layers_of(model, speech)
    assert len(layers) == 2
    for row in (0, 7, len(speech) - 1):
        alone = model.encode(speech.frames_of(row)[None]).layers[1:]
        for layer, expected in zip(layers, alone, strict=True):
            found = layer.vectors[layer.offsets[row] : layer.offsets[row + 1]]
            torch.testing.assert_close(found, expected[0].detach(), atol=1e-5, rtol=1e-4)
    np.testing.assert_allclose(layers[0].means()[3], found_mean(layers[0], 3), rtol=1e-5)


def found_mean(frames, row):
    return frames.vectors[frames.offsets[row] : frames.offsets[row + 1]].mean(0).numpy()


def test_plain_features_are_the_packed_frames_and_their_cepstra(world):
    speech = PackedSpeech.read(world.frames, world.cuts).select(np.arange(48) < 3)
    mel = log_mel(speech)
    torch.testing.assert_close(mel.vectors, speech.frames[: len(mel.vectors)].float())
    assert (mel.first, mel.hop) == (0.005, 0.01)
    from scipy.fft import dct

    expected = dct(mel.vectors.numpy(), norm="ortho", axis=1)
    wide = dataclasses.replace(mel, vectors=mel.vectors)
    np.testing.assert_allclose(cepstra(wide).vectors[:, :6], expected[:, :6], atol=1e-4)


def test_tokens_know_their_neighbours_and_who_speaks(world):
    speech = PackedSpeech.read(world.frames, world.cuts)
    speech = speech.select(speech.cuts["split"] == "test")
    tokens = phone_tokens(read_phones(world.phones), speech)
    assert tokens["utterance"].is_monotonic_increasing
    assert tokens["utterance"].nunique() == len(speech)
    for row, said in tokens.groupby("utterance"):
        phones = said["phone"].tolist()
        assert phones == speech.cuts["phones"][row].split()
        assert said["before"].tolist() == [EDGE, *phones[:-1]]
        assert said["after"].tolist() == [*phones[1:], EDGE]
        assert set(said["speaker"]) == {speech.cuts["speaker"][row]}
    empty = pd.DataFrame({"utterance": ["x"], "phone": ["a"], "start": [0.0], "end": [1.0]})
    with pytest.raises(DataError, match="none of the utterances to evaluate has aligned phones"):
        phone_tokens(empty, speech)
