"""Speech2Vec against a loop that decodes and scores every neighbour by itself."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crosstalk.embeddings.contexts import Contexts
from crosstalk.embeddings.speech2vec import Speech2Vec, reverse


def corpus(
    lengths, utterance, *, window=2, batch_tokens=4, max_frames=100, seed=0, variant="skip_gram"
):
    generator = torch.Generator().manual_seed(1)
    frames = torch.randn(sum(lengths), 3, generator=generator)
    offsets = torch.tensor([0, *lengths]).cumsum(0)
    options = {"window": window, "max_frames": max_frames, "batch_tokens": batch_tokens}
    return Contexts(frames, offsets, torch.tensor(utterance), variant=variant, seed=seed, **options)


def segment(contexts, token):
    start = int(contexts.starts[token])
    return contexts.frames[start : start + int(contexts.lengths[token])]


def literal_loss(network, contexts, centres, utterance, window):
    """Speech2Vec, section 2: each centre decodes each of its neighbours, one after another."""
    error, values = 0.0, 0
    for centre in centres:
        frames = segment(contexts, centre).unsqueeze(0)
        z = network.encode(frames, torch.tensor([frames.shape[1]]))
        for other in range(centre - window, centre + window + 1):
            inside = 0 <= other < len(utterance)
            if other != centre and inside and utterance[other] == utterance[centre]:
                target = segment(contexts, other)
                decoded = network.decode(z, len(target))[0]
                error = error + (decoded - target).square().sum()
                values += target.numel()
    return error / values


def test_one_decoding_serves_all_neighbours_exactly():
    lengths, utterance = [5, 2, 7, 3, 4, 6, 1], [0, 0, 0, 0, 1, 1, 1]
    contexts = corpus(lengths, utterance)
    torch.manual_seed(0)
    network = Speech2Vec(3, 8, 6)
    centres = [0, 2, 3, 5]
    ours = network(contexts.batch_of(torch.tensor(centres)))
    theirs = literal_loss(network, contexts, centres, utterance, 2)
    torch.testing.assert_close(ours, theirs)
    gradients = [torch.autograd.grad(loss, list(network.parameters())) for loss in (ours, theirs)]
    torch.testing.assert_close(*gradients)


def test_cbow_decodes_the_centre_from_the_sum_of_its_neighbours():
    lengths, utterance = [5, 2, 7, 3, 4, 6, 1], [0, 0, 0, 0, 1, 1, 1]
    contexts = corpus(lengths, utterance, variant="cbow")
    torch.manual_seed(0)
    network = Speech2Vec(3, 8, 6)
    error, values = 0.0, 0
    for centre, neighbours in ((1, (0, 2, 3)), (6, (4, 5))):
        frames = [segment(contexts, i).unsqueeze(0) for i in neighbours]
        z = sum(network.encode(f, torch.tensor([f.shape[1]])) for f in frames)
        target = segment(contexts, centre)
        error = error + (network.decode(z, len(target))[0] - target).square().sum()
        values += target.numel()
    torch.testing.assert_close(network(contexts.batch_of(torch.tensor([1, 6]))), error / values)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
@settings(max_examples=25)
def test_embedding_does_not_depend_on_padding(lengths):
    contexts = corpus(lengths, [0] * len(lengths))
    torch.manual_seed(0)
    network = Speech2Vec(3, 8, 6)
    together = network.encode(*contexts.padded(torch.arange(len(lengths))))
    alone = [network.encode(*contexts.padded(torch.tensor([i]))) for i in range(len(lengths))]
    torch.testing.assert_close(together, torch.cat(alone))


def test_encoder_is_a_bidirectional_lstm():
    """Same weights in torch's own bidirectional LSTM give the same last states."""
    network = Speech2Vec(3, 8, 6)
    reference = torch.nn.LSTM(3, 4, batch_first=True, bidirectional=True)
    weights = dict(network.encode.forwards.state_dict())
    weights |= {f"{name}_reverse": w for name, w in network.encode.backwards.state_dict().items()}
    reference.load_state_dict(weights)
    frames, lengths = torch.randn(3, 6, 3), torch.tensor([6, 2, 4])
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        frames, lengths, batch_first=True, enforce_sorted=False
    )
    _, (last, _) = reference(packed)
    torch.testing.assert_close(
        network.encode(frames, lengths), last.transpose(0, 1).flatten(1), atol=1e-6, rtol=1e-5
    )


def test_reverse_keeps_padding_at_the_end():
    frames = torch.tensor([[1.0, 2, 3, 0], [4, 5, 0, 0]]).unsqueeze(-1)
    expected = torch.tensor([[3.0, 2, 1, 0], [5, 4, 0, 0]]).unsqueeze(-1)
    torch.testing.assert_close(reverse(frames, torch.tensor([3, 2])), expected)


def test_an_epoch_visits_every_centre_once():
    lengths = [1 + i % 5 for i in range(23)]
    contexts = corpus(lengths, [i // 6 for i in range(23)], batch_tokens=4)
    batches = [contexts.epochs.items_at(step) for step in range(3 * 6, 4 * 6)]
    assert contexts.steps_per_epoch == 6
    assert sorted(torch.cat(batches).tolist()) == contexts.centres.tolist()


def test_a_batch_depends_on_the_step_alone():
    lengths = [1 + i % 5 for i in range(40)]
    one, other = (corpus(lengths, [0] * 40) for _ in range(2))
    for step in (13, 2, 13):
        one.batch_at(step)
    torch.testing.assert_close(one.batch_at(27).frames, other.batch_at(27).frames)


def test_lonely_words_are_never_centres():
    contexts = corpus([3, 3, 3], [0, 1, 1])
    assert contexts.centres.tolist() == [1, 2]


def test_long_segments_are_cut():
    contexts = corpus([3, 9], [0, 0], max_frames=4)
    assert contexts.lengths.tolist() == [3, 4]
    assert contexts.batch_of(torch.tensor([0])).target_count.shape == (1, 4)


@pytest.mark.parametrize("window", [1, 3])
def test_training_lowers_the_loss(window):
    contexts = corpus([4] * 30, [0] * 30, window=window, batch_tokens=10)
    torch.manual_seed(0)
    network = Speech2Vec(3, 8, 16)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    before = network(contexts.batch_at(0)).item()
    for step in range(150):
        optimiser.zero_grad()
        network(contexts.batch_at(step)).backward()
        optimiser.step()
    assert network(contexts.batch_at(0)).item() < 0.95 * before
