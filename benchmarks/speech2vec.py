"""Speech2Vec training: our batches beside straightforward implementations (CPU).

One network, one objective (skip-gram), the same words and weights; timed are the forward and the
backward pass, batches built on the way. "packed" encodes a batch as a packed sequence with
nn.LSTM's own second direction, and decodes once for each neighbour; "one by one" does so a word at
a time. "loss" is the mean over the timed words: the same number three times, but for rounding.
"""

import argparse
import time

import numpy as np
import torch
from table import compare, show
from torch import nn
from torch.nn.utils.rnn import pack_sequence, pad_sequence

from crosstalk.embeddings.contexts import Contexts
from crosstalk.embeddings.speech2vec import Speech2Vec


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokens", type=int, default=4000, help="synthetic spoken words")
    parser.add_argument("--frames", type=float, default=25, help="median length of a word")
    parser.add_argument("--spread", type=float, default=0.5, help="deviation of the log length")
    parser.add_argument("--max-frames", type=int, default=100, help="longer words are cut")
    parser.add_argument("--utterance", type=int, default=10, help="words of an utterance")
    parser.add_argument("--window", type=int, default=3, help="neighbours on each side")
    parser.add_argument("--batch", type=int, default=64, help="words of a batch")
    parser.add_argument("--batches", type=int, default=5, help="batches to time")
    parser.add_argument("--features", type=int, default=13)
    parser.add_argument("--dimension", type=int, default=50)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    contexts = synthesise(arguments)
    torch.manual_seed(0)
    ours = Speech2Vec(arguments.features, arguments.dimension, arguments.dimension)
    plain = PlainSpeech2Vec(ours, arguments.features, arguments.dimension)
    batches = [contexts.epochs.items_at(step) for step in range(arguments.batches)]
    methods = {
        "crosstalk": lambda words: ours(contexts.batch_of(words)),
        "packed": lambda words: plain(contexts, words),
        "one by one": lambda words: mean_of_single(plain, contexts, words),
    }
    rows, fastest = [], None
    for name, loss in methods.items():
        speed, value = measure(loss, batches)
        fastest = fastest or speed
        rows.append((name, speed, fastest / speed, f"{value:.6f}"))
        if name != "crosstalk":
            compare("Speech2Vec", fastest, f"PyTorch, {name}", speed, "tokens/s", "torch")
    show(("method", "tokens/s", "crosstalk is faster by", "loss"), rows)


def synthesise(arguments) -> Contexts:
    """Noise of log-normal length; what is in the frames does not matter for speed."""
    generator = np.random.default_rng(0)
    lengths = arguments.frames * np.exp(arguments.spread * generator.normal(size=arguments.tokens))
    lengths = torch.from_numpy(lengths.round().clip(3)).long()
    frames = torch.from_numpy(generator.normal(size=(int(lengths.sum()), arguments.features)))
    return Contexts(
        frames.float(),
        torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)]),
        torch.arange(arguments.tokens) // arguments.utterance,
        window=arguments.window,
        variant="skip_gram",
        max_frames=arguments.max_frames,
        batch_tokens=arguments.batch,
        seed=0,
    )


def measure(loss, batches) -> tuple[float, float]:
    """Words a second over the batches, after one to warm up, and the mean loss."""
    loss(batches[0]).backward()
    begin = time.perf_counter()
    values = []
    for words in batches:
        value = loss(words)
        value.backward()
        values.append(value.item())
    seconds = time.perf_counter() - begin
    return sum(len(words) for words in batches) / seconds, sum(values) / len(values)


class PlainSpeech2Vec(nn.Module):
    """The same network as it is written down first, with the weights of ours."""

    def __init__(self, ours: Speech2Vec, features: int, dimension: int) -> None:
        super().__init__()
        self.encoder = nn.LSTM(features, dimension // 2, batch_first=True, bidirectional=True)
        self.decoder, self.output = ours.decoder, ours.output
        with torch.no_grad():
            for suffix, lstm in (("", ours.encode.forwards), ("_reverse", ours.encode.backwards)):
                for name, weight in lstm.named_parameters():
                    getattr(self.encoder, name + suffix).copy_(weight)

    def sums(self, contexts: Contexts, words: torch.Tensor) -> tuple[torch.Tensor, int]:
        """Squared error of words int64 [B] to all neighbours, and of how many values it is."""
        _, (last, _) = self.encoder(pack_sequence(cut(contexts, words), enforce_sorted=False))
        z = torch.cat([last[0], last[1]], 1)
        total, values = z.new_zeros(()), 0
        for neighbours in contexts.neighbours[words].T:
            (present,) = (neighbours >= 0).nonzero(as_tuple=True)
            if not len(present):
                continue
            targets = cut(contexts, neighbours[present])
            padded = pad_sequence(targets, batch_first=True)
            inside = pad_sequence([torch.ones_like(t) for t in targets], batch_first=True)
            hidden, _ = self.decoder(z[present].unsqueeze(1).expand(-1, padded.shape[1], -1))
            total = total + ((self.output(hidden) - padded) * inside).square().sum()
            values += sum(target.numel() for target in targets)
        return total, values

    def forward(self, contexts: Contexts, words: torch.Tensor) -> torch.Tensor:
        """Mean over values, as ours."""
        total, values = self.sums(contexts, words)
        return total / values


def mean_of_single(plain: PlainSpeech2Vec, contexts: Contexts, words: torch.Tensor) -> torch.Tensor:
    totals, values = zip(*(plain.sums(contexts, word) for word in words.split(1)), strict=True)
    return torch.stack(totals).sum() / sum(values)


def cut(contexts: Contexts, words: torch.Tensor) -> list[torch.Tensor]:
    """Frames [T, F] of each word, cut to the longest allowed."""
    starts, lengths = contexts.starts[words].tolist(), contexts.lengths[words].tolist()
    return [contexts.frames[s : s + n] for s, n in zip(starts, lengths, strict=True)]


if __name__ == "__main__":
    main()
