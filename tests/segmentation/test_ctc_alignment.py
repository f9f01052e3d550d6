"""Alignment by CTC: its edges in time, its priors, and that it ends the same when it is killed."""

from itertools import groupby, product

import numpy as np
import pytest
import torch
from tests.segmentation.test_phones import CTC, NETWORK

from crosstalk.errors import DataError
from crosstalk.params.xlsr import EncoderParams
from crosstalk.segmentation import ctc_alignment
from crosstalk.segmentation.ctc_alignment import LabelPriors, align, frame_starts, phone_edges
from crosstalk.training.loop import Schedule
from crosstalk.training.state import TrainingState
from crosstalk.xlsr.front_end import ConvEncoder
from crosstalk.xlsr.labelled import LabelledBatch

SHORT = CTC.model_copy(update={"updates": 8})


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    monkeypatch.setattr("crosstalk.training.state.ROOT", tmp_path / "state")


def planted(seed, n=24, phones="abcdef"):
    """Utterances of 40 values a frame, whose phones have a mean each, and the edges of those."""
    draw = np.random.default_rng(seed)
    centre = {phone: draw.normal(size=40) for phone in phones}
    frames, said, edges = [], [], []
    for _ in range(n):
        text = [str(phone) for phone in draw.choice(list(phones), 5)]
        sizes = draw.integers(8, 16, len(text))
        rows = [
            centre[p] + 0.3 * draw.normal(size=(k, 40)) for p, k in zip(text, sizes, strict=True)
        ]
        frames.append(torch.from_numpy(np.concatenate(rows)).half())
        said.append(text)
        edges.append(np.cumsum(sizes) - sizes)
    return frames, said, edges


def test_blanks_between_phones_are_shared_and_those_around_belong_to_none():
    path = np.array([0, 0, 3, 3, 0, 0, 0, 2, 4, 4, 0, 4, 0])
    assert phone_edges(path).tolist() == [[2, 5.5], [5.5, 8], [8, 10.5], [10.5, 12]]


@pytest.mark.parametrize(
    ("kernels", "strides"), [((3, 3), (2, 1)), ((10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2))]
)
def test_a_frame_begins_in_the_middle_of_what_the_encoder_sees(kernels, strides):
    cfg = EncoderParams(
        channels=(4,) * len(kernels), kernels=kernels, strides=strides, norm="layer", bias=True
    )
    torch.manual_seed(0)
    encoder = ConvEncoder(cfg)
    audio = torch.randn(1, 2000, 1, requires_grad=True)
    heard = encoder(audio, None)
    for frame in (0, 3):
        (gradient,) = torch.autograd.grad(heard[0, frame].sum(), audio, retain_graph=True)
        seen = gradient[0, :, 0].nonzero()[:, 0]
        centre = (seen[0] + seen[-1] + 1) / 2
        begins, ends = frame_starts(cfg, np.array([frame, frame + 1.0]))
        assert (begins + ends) / 2 == centre
        assert ends - begins == np.prod(strides)


def test_planted_phones_are_found():
    frames, said, truth = planted(0)
    cfg = CTC.model_copy(update={"updates": 80})
    found = align(frames, 100.0, said, NETWORK, cfg, label="planted")
    distance = np.concatenate(
        [abs(100 * f[:, 0] - t)[1:] for f, t in zip(found, truth, strict=True)]
    )
    assert np.median(distance) <= 2  # frames, of which the network has every second
    for edges, text in zip(found, said, strict=True):
        assert edges.shape == (len(text), 2)
        assert (edges[:, 1] > edges[:, 0]).all()
        assert (edges[1:, 0] == edges[:-1, 1]).all()


class Said(torch.nn.Module):
    """A network that is told what it says."""

    vocabulary = range(3)

    def forward(self, audio, lengths):
        return audio, lengths


def test_priors_are_a_running_mean_of_what_is_said():
    probabilities = torch.tensor([[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], [[0.6, 0.2, 0.2]] * 2])
    model = LabelPriors(Said())
    model(probabilities.log(), torch.tensor([2, 1]))  # the second row's second frame is padding
    mean = torch.tensor([0.5 + 0.1 + 0.6, 0.3 + 0.1 + 0.2, 0.2 + 0.8 + 0.2]) / 3
    memory = ctc_alignment.MEMORY
    torch.testing.assert_close(model.priors, memory / 3 + (1 - memory) * mean)


def test_every_path_is_weighted_against_the_priors_of_its_symbols():
    probabilities = torch.tensor([[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.6, 0.2, 0.2]]])
    model = LabelPriors(Said())
    model.priors.copy_(torch.tensor([0.7, 0.2, 0.1]))
    weights = probabilities[0] / model.priors**CTC.prior_scale
    total = 0.0
    for path in product(range(3), repeat=3):
        if [symbol for symbol, _ in groupby(path) if symbol] == [2, 1]:
            total += np.prod([weights[t, symbol].item() for t, symbol in enumerate(path)])
    batch = LabelledBatch(
        probabilities.log(), torch.tensor([3]), torch.tensor([2, 1]), torch.tensor([2]), 0
    )
    assert ctc_alignment._loss(model, batch, CTC).loss.item() == pytest.approx(-np.log(total))


def test_frames_are_scored_by_likelihood(monkeypatch):
    said = [torch.tensor([[0.5, 0.5], [0.9, 0.1]]), torch.tensor([[0.7, 0.3]])]
    monkeypatch.setattr(
        ctc_alignment, "log_probabilities", lambda _network, _speech: [p.log() for p in said]
    )
    found = ctc_alignment._likelihoods(LabelPriors(Said()), None)
    for scores, p in zip(found, said, strict=True):
        torch.testing.assert_close(scores.exp(), p / torch.tensor([0.7, 0.3]))


def test_a_killed_alignment_ends_in_the_same_boundaries(monkeypatch):
    frames, said, _ = planted(1)
    expected = align(frames, 100.0, said, NETWORK, SHORT, label="whole")
    saves, save = [], TrainingState.save

    def save_and_die(self, step, payload):
        save(self, step, payload)
        saves.append(step)
        if len(saves) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(ctc_alignment, "Schedule", lambda **args: Schedule(**args, save_seconds=0.0))
        dying.setattr(TrainingState, "save", save_and_die)
        with pytest.raises(KeyboardInterrupt):
            align(frames, 100.0, said, NETWORK, SHORT, label="killed")
    resumed = align(frames, 100.0, said, NETWORK, SHORT, label="resumed")
    for one, other in zip(expected, resumed, strict=True):
        assert one.tolist() == other.tolist()


def test_an_utterance_too_short_for_its_phones_is_left_out():
    frames, said, _ = planted(2, n=6)
    frames.append(torch.zeros(9, 40).half())  # two frames after the encoder
    said.append(["a", "a"])  # CTC needs three
    found = align(frames, 100.0, said, NETWORK, SHORT, label="short")
    assert found[-1] is None
    assert all(edges is not None for edges in found[:-1])
    with pytest.raises(DataError, match="no utterance has as many frames"):
        align(frames[-1:], 100.0, said[-1:], NETWORK, SHORT, label="short")


def test_a_gpu_finds_the_same_phones(same_on_a_gpu):
    frames, said, _ = planted(0, n=6)

    def find(folder):
        found = align(frames, 100.0, said, NETWORK, SHORT, label="planted")
        np.save(folder / "edges.npy", np.concatenate(found))

    same_on_a_gpu(find)
