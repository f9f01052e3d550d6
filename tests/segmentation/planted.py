"""Utterances with planted words: noisy repetitions of templates that hum like syllables."""

import numpy as np

from crosstalk.speech.utterances import SPLITS, Utterances

SYLLABLE = 16  # frames


def planted(*, utterances=60, words=(4, 8), types=8, noise=0.3, seed=0, splits=("train",)):
    """`Utterances` of words of one to three syllables, some before a pause, with quiet ends."""
    random = np.random.default_rng(seed)
    sizes = np.resize([2, 1, 3], types)
    templates = [random.normal(size=(2 * size + 1, 13)) for size in sizes]
    frames, energy, offsets, ranges, said = [], [], [0], [], []
    position = 0

    def append(rows, levels):
        nonlocal position
        frames.append(rows)
        energy.append(levels + random.normal(0, 0.1, len(rows)))
        position += len(rows)

    def pause(length):
        append(random.normal(0, 0.1, (length, 13)), np.full(length, -80.0))

    for _ in range(utterances):
        pause(20)
        for n in range(int(random.integers(*words))):
            if n and random.random() < 0.15:
                pause(25)
            word = int(random.integers(types))
            lengths = random.integers(SYLLABLE - 2, SYLLABLE + 3, sizes[word])
            total = int(lengths.sum())
            knots = np.linspace(0, total - 1, len(templates[word]))
            rows = np.stack(
                [np.interp(np.arange(total), knots, column) for column in templates[word].T], 1
            )
            hump = [np.sin(np.pi * (np.arange(n) + 0.5) / n) for n in lengths]
            ranges.append((position, position + total))
            said.append(word)
            append(rows + random.normal(0, noise, rows.shape), 20 * np.log10(np.concatenate(hump)))
        pause(20)
        offsets.append(position)
    first, last = np.array(ranges, np.int64).T
    return Utterances(
        frames=np.concatenate(frames).astype(np.float32),
        energy=np.concatenate(energy).astype(np.float32),
        offsets=np.array(offsets, np.int64),
        speaker=np.zeros(utterances, np.int32),
        split=np.array(
            [SPLITS.index(splits[i % len(splits)]) for i in range(utterances)], np.uint8
        ),
        word_first=first,
        word_last=last,
        word=np.array(said, np.int32),
        vocabulary=[f"w{i}" for i in range(types)],
        speakers=["a"],
        messages=[f"m{i}" for i in range(utterances)],
    )
