"""Speech whose labels are certain: every letter has a spectrum of its own."""

import json

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file

from crosstalk.speech.packed import CUT_COLUMNS, PackedSpeech

LETTERS = "abcde"
WIDTH = 8


def pack_letters(folder, *, utterances=100, seed=0, languages=("es", "it")):
    """Write utterances of two words, spelt as they are said; return the paths.

    A letter lasts 4 or 5 frames of 10 ms, as does the silence between words, and is in a word but
    once, so that what is heard has one spelling. Every tenth utterance is for development, every
    tenth for testing.
    """
    rng = np.random.default_rng(seed)
    spectra = rng.standard_normal((len(LETTERS) + 1, WIDTH)) * 2
    pieces, rows = [], []
    for number in range(utterances):
        said = [rng.permutation(list(LETTERS))[: rng.integers(2, 5)] for _ in range(2)]
        text = " ".join("".join(word) for word in said)
        frames = [
            spectra[LETTERS.find(letter)]
            for letter in f" {text} "
            for _ in range(rng.integers(4, 6))
        ]
        frames = np.stack(frames) + 0.1 * rng.standard_normal((len(frames), WIDTH))
        pieces.append(frames)
        rows.append(
            {
                "id": f"u{number}",
                "source": "planted",
                "language": languages[number % len(languages)],
                "speaker": "s",
                "split": {8: "dev", 9: "test"}.get(number // 2 % 10, "train"),
                "item": f"i{number}",
                "seconds": len(frames) / 100,
                "text": text,
                "phones": " ".join(text.replace(" ", "")),
            }
        )
    paths = folder / "frames.safetensors", folder / "cuts.parquet"
    save_file(
        {
            "frames": torch.from_numpy(np.concatenate(pieces)).half(),
            "lengths": torch.tensor([len(piece) for piece in pieces]),
        },
        paths[0],
        metadata={"packed": json.dumps({"rate": 100.0})},
    )
    pd.DataFrame(rows, columns=list(CUT_COLUMNS)).to_parquet(paths[1], index=False)
    return paths


def read_letters(folder, **changes):
    return PackedSpeech.read(*pack_letters(folder, **changes))
