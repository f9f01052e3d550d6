"""A tiny world: captions of a dozen pictures in two languages, prompts beside them, all drawn."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from crosstalk.grounding.pictures import Pictures
from crosstalk.params.grounding import GroundedParams, GroundingParams
from crosstalk.params.xlsr import (
    ContextParams,
    EncoderParams,
    ObjectiveParams,
    PretrainParams,
    QuantiserParams,
    XlsrModelParams,
)
from crosstalk.speech.packed import CUT_COLUMNS

BINS = 6
RATE = 100.0
TEST = 4
"""Pictures, of `PICTURES`, whose captions are kept for testing."""
PICTURES = 16
PROMPTS = 8


def tiny(**grounding):
    """Two blocks of 16; three updates alone, three joint."""
    return GroundedParams(
        model=XlsrModelParams(
            encoder=EncoderParams(
                inputs=BINS, channels=(8, 8), kernels=(3, 3), strides=(2, 1), norm="layer",
                bias=True, gradient_scale=1.0,
            ),
            context=ContextParams(
                dimension=16, layers=2, heads=2, feed_forward=16, pre_norm=True,
                position_kernel=7, position_groups=4, dropout=0.1, layer_drop=0.0,
            ),
            quantiser=QuantiserParams(entries=8, dimension=8, temperature_decay=0.9),
            objective=ObjectiveParams(dimension=8, distractors=5, penalty_weight=0.0),
        ),
        pretrain=PretrainParams(
            updates=3, batch_seconds=4.0, crop_seconds=1.0, min_seconds=0.5, learning_rate=2e-3,
            log_every=1,
        ),
        joint_updates=3,
        grounding=GroundingParams(
            tap=1, dimension=8, loss="temperature", batch_captions=6, caption_seconds=1.0,
            channels=(4, 4), shift_pixels=1, **grounding,
        ),
    )  # fmt: skip


@dataclass
class World:
    """Files as the stages want them."""

    folder: Path

    def __getattr__(self, name):
        return self.folder / name


def utterances():
    """A row an utterance: captions in French and Russian, and prompts of the same languages."""
    rows = []
    for language in ("fr", "ru"):
        for item in range(PICTURES):
            split = "test" if item < TEST else "train"
            rows.append(("tuxpaint", language, f"things/{item}", split))
        rows += [
            ("asterisk", language, f"prompt-{item}", "test" if item < TEST else "train")
            for item in range(PROMPTS)
        ]
    return rows


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Every utterance is three random "phones" of `BINS` values, its items' own, plus noise."""
    folder = tmp_path_factory.mktemp("world")
    draw = np.random.default_rng(0)
    inventory = {p: draw.normal(size=BINS) for p in "abcde"}
    cuts, pieces, phones = [], [], []
    for source, language, item, split in utterances():
        said = np.random.default_rng(abs(hash_of(language + item))).choice(list("abcde"), 4)
        lengths = draw.integers(15, 30, 4)
        identity = f"{source}/{language}/{item}"
        start = 0.0
        for phone, length in zip(said, lengths, strict=True):
            phones.append((identity, phone, start, start + length / RATE))
            start += length / RATE
        frames = np.repeat([inventory[p] for p in said], lengths, axis=0)
        pieces.append(torch.from_numpy(frames + draw.normal(size=frames.shape)).half())
        text = f"{item} {language}"
        cuts.append((identity, source, language, f"{source}-{language}", split, item, start, text, " ".join(said)))  # fmt: skip
    lengths = torch.tensor([len(piece) for piece in pieces])
    save_file(
        {"frames": torch.cat(pieces), "lengths": lengths},
        folder / "frames",
        metadata={"packed": f'{{"rate": {RATE}}}'},
    )
    pd.DataFrame(cuts, columns=list(CUT_COLUMNS)).to_parquet(folder / "cuts", index=False)
    pd.DataFrame(phones, columns=["utterance", "phone", "start", "end"]).to_parquet(
        folder / "phones", index=False
    )
    colours = torch.from_numpy(draw.integers(0, 256, (PICTURES, 3, 1, 1), dtype=np.uint8))
    pixels = colours.expand(-1, -1, 8, 8).contiguous()
    items = [f"things/{i}" for i in range(PICTURES)]
    Pictures(pixels, items, [f"A thing number {i}." for i in range(PICTURES)]).save(
        folder / "pictures"
    )
    return World(folder)


def hash_of(text):
    import zlib

    return zlib.crc32(text.encode())
