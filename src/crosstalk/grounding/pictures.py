"""What captions describe: pictures, or features of them, or their English captions.

The convolutional encoder starts from random weights and sees only the pictures of its training
captions, so nothing of the outside world comes in with it. Frozen features do bring it in, as the
detector of FaST-VGS+ does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.parquet import read_columns
from crosstalk.errors import CrosstalkError, DataError
from crosstalk.params.grounding import PictureParams
from crosstalk.stage import Input, Output
from crosstalk.training.device import device

COLUMNS = ("item", "category", "width", "height", "pixels")
BATCH = 64
"""Pictures that a frozen network sees at a time."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures with the item that each shows."""

    inputs: Tensor
    """uint8 [n, 3, H, W] pixels, or float32 [n, D] features."""
    items: list[str]
    captions: list[str]
    """What each shows, in English."""

    @cached_property
    def index(self) -> dict[str, int]:
        """Row of each item."""
        return {item: row for row, item in enumerate(self.items)}

    def save(self, path: Path) -> None:
        """Write a safetensors file; equal pictures give equal bytes."""
        names = {"items": self.items, "captions": self.captions}
        metadata = {"pictures": json.dumps(names, ensure_ascii=False)}
        save_file({"inputs": self.inputs.contiguous()}, path, metadata=metadata)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote; raises DataError if the file is anything else."""
        try:
            with safe_open(path, framework="pt") as file:
                names = json.loads((file.metadata() or {})["pictures"])
                return cls(file.get_tensor("inputs"), **names)
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"{path} does not hold pictures ({error}): make it again") from error


def see_pictures(*, cfg: PictureParams, pictures: Input, messages: Input, seen: Output) -> None:
    """Bring pictures and their English captions into the form that models read (stage).

    Raises
    ------
    DataError
        A picture has no English caption, or pictures differ in size.
    CrosstalkError
        The frozen network cannot be loaded.

    """
    table = read_columns(pictures, COLUMNS)
    text = read_messages(messages)
    english = text[text["language"] == "en"].set_index("message_id")["text"]
    lost = [item for item in table["item"] if item not in english.index]
    if lost:
        raise DataError(f"{messages} has no English caption of {lost[0]}: prepare the corpus again")
    if len(table[["width", "height"]].drop_duplicates()) != 1:
        raise DataError(f"{pictures} holds pictures of several sizes: prepare the corpus again")
    height, width = int(table["height"].iloc[0]), int(table["width"].iloc[0])
    pixels = np.stack([np.frombuffer(p, np.uint8) for p in table["pixels"]])
    inputs = torch.from_numpy(pixels.copy()).view(-1, height, width, 3).permute(0, 3, 1, 2)
    if cfg.encoder == "frozen":
        inputs = frozen_features(inputs, cfg.network)
    items = table["item"].tolist()
    Pictures(inputs, items, [english[item] for item in items]).save(seen)


def frozen_features(pixels: Tensor, network: str) -> Tensor:
    """Features float32 [n, D] of pictures uint8 [n, 3, H, W]: the network's pooled output.

    Raises
    ------
    CrosstalkError
        The network is neither a folder nor to be had from the hub.

    """
    from transformers import AutoImageProcessor, AutoModel  # seconds that other runs need not wait

    try:
        processor = AutoImageProcessor.from_pretrained(network)
        model = AutoModel.from_pretrained(network).eval().to(device())
    except (OSError, ValueError) as error:
        raise CrosstalkError(
            f"cruzblandon2025.pictures.network={network} cannot be loaded: connect to the hub, "
            "name a folder that holds it, or set cruzblandon2025.pictures.encoder=convolutional"
        ) from error
    with torch.inference_mode():
        parts = [
            model(**processor(images=list(part), return_tensors="pt").to(device())).pooler_output
            for part in pixels.split(BATCH)
        ]
    return torch.cat(parts).float().cpu()


class PictureEncoder(nn.Module):
    """Strided convolutions, then the mean over what is left of the picture."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        inputs = (3, *channels[:-1])
        layers = [
            layer
            for before, after in zip(inputs, channels, strict=True)
            for layer in (
                nn.Conv2d(before, after, 4, stride=2, padding=1, bias=False),
                nn.GroupNorm(1, after),
                nn.GELU(),
            )
        ]
        self.layers = nn.Sequential(*layers)
        self.dimension = channels[-1]

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pixels uint8 [B, 3, H, W] to float32 [B, D]."""
        return self.layers(pixels.float() / 127.5 - 1).mean((2, 3))


def move(pixels: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Shift every picture uint8 [B, 3, H, W] by up to ``most`` pixels and mirror half of them.

    What comes in at an edge is white, as the paper around a stamp is.
    """
    rows, _, height, width = pixels.shape
    wide = nn.functional.pad(pixels, [most] * 4, value=255)
    down, right = torch.randint(2 * most + 1, (2, rows), generator=generator)
    mirrored = torch.rand(rows, generator=generator) < 0.5
    y = down[:, None] + torch.arange(height)
    x = right[:, None] + torch.arange(width)
    x = torch.where(mirrored[:, None], x.flip(1), x)
    picture = torch.arange(rows)[:, None, None, None]
    channel = torch.arange(3)[None, :, None, None]
    return wide[picture, channel, y[:, None, :, None], x[:, None, None, :]]
