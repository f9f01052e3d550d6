"""Code usage counts every frame once, and distances are those of the histograms."""

import numpy as np
import pandas as pd
import pytest
import torch
from tests.xlsr.models import tiny

from crosstalk.errors import DataError
from crosstalk.speech.packed import CUT_COLUMNS, PackedSpeech
from crosstalk.training.device import device
from crosstalk.xlsr.codes import code_usage
from crosstalk.xlsr.distances import USAGE_COLUMNS, js_distances
from crosstalk.xlsr.model import build_model


def speech_of(languages, lengths):
    torch.manual_seed(1)
    lengths = np.array(lengths)
    rows = [{"language": language, "split": "dev"} for language in languages]
    return PackedSpeech(
        torch.randn(int(lengths.sum()), 8).half(),
        np.cumsum(lengths) - lengths,
        lengths,
        pd.DataFrame(rows, columns=list(CUT_COLUMNS)),
        100.0,
    )


def table(**counts):
    """Usage of two groups of two codes: four counts a language."""
    return pd.DataFrame(
        [
            (language, index // 2, index % 2, count)
            for language, four in counts.items()
            for index, count in enumerate(four)
        ],
        columns=list(USAGE_COLUMNS),
    )


def test_every_frame_has_one_code_in_each_group():
    torch.manual_seed(0)
    model = build_model(tiny(inputs=8)).eval()
    speech = speech_of(["b", "a", "b", "a"], [120, 81, 200, 3])  # the last has no latent frame
    usage = code_usage(model, speech)
    assert tuple(usage.columns) == USAGE_COLUMNS
    assert len(usage) == 2 * 2 * 6
    frames = {"a": model.encoder.lengths(81)}
    frames["b"] = model.encoder.lengths(120) + model.encoder.lengths(200)
    sums = usage.groupby(["language", "group"])["count"].sum()
    assert sums.to_dict() == {(language, g): frames[language] for language in "ab" for g in (0, 1)}
    latents = model.norm(model.encoder(speech.frames_of(1).unsqueeze(0), None))[0]
    likeliest = model.quantiser.logits(latents).view(-1, 2, 6).argmax(-1)
    counted = usage[usage["language"] == "a"]["count"].to_numpy().reshape(2, 6)
    for group in (0, 1):
        assert np.bincount(likeliest[:, group], minlength=6).tolist() == counted[group].tolist()


def divergence(p, q):
    """In bits, from the definition: mean of the divergences from the mixture."""
    mixture = (p + q) / 2
    return sum(0.5 * np.sum(x[x > 0] * np.log2(x[x > 0] / mixture[x > 0])) for x in (p, q))


def test_distances_are_the_definitions():
    usage = table(a=[30, 10, 0, 5], b=[10, 30, 5, 5], c=[60, 20, 0, 10])
    distances = js_distances(usage)
    expected = np.mean(
        [
            divergence(np.array([0.75, 0.25]), np.array([0.25, 0.75])) ** 0.5,
            divergence(np.array([0.0, 1.0]), np.array([0.5, 0.5])) ** 0.5,
        ]
    )
    assert distances.loc["a", "b"] == pytest.approx(expected)
    assert distances.loc["a", "c"] == pytest.approx(0, abs=1e-7)  # the same shares
    np.testing.assert_allclose(distances, distances.T)
    assert (np.diag(distances) < 1e-7).all()


def test_languages_without_a_common_code_are_1_apart():
    assert js_distances(table(a=[1, 0, 3, 0], b=[0, 2, 0, 9])).loc["a", "b"] == pytest.approx(1)


def test_a_language_without_frames_is_named():
    with pytest.raises(DataError, match="no frames of b"):
        js_distances(table(a=[1, 1, 1, 1], b=[0, 0, 0, 0]))


def test_a_gpu_counts_the_same_codes(same_on_a_gpu):
    speech = speech_of(["b", "a"], [120, 81])

    def count(folder):
        torch.manual_seed(0)
        model = build_model(tiny(inputs=8)).eval().to(device())
        code_usage(model, speech).to_csv(folder / "usage")

    same_on_a_gpu(count)
