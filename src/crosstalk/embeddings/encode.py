"""Segments of any length as what an encoder makes of them."""

from __future__ import annotations

import numpy as np
import torch

from crosstalk.embeddings.batches import gather
from crosstalk.embeddings.speech2vec import Encoder
from crosstalk.speech.segments import Segments
from crosstalk.training.device import device

TOGETHER = 512


@torch.inference_mode()
def encode_segments(encode: Encoder, segments: Segments, max_frames: int) -> np.ndarray:
    """Encode every segment, float32 [n, d], batched by length; longer ones are cut."""
    encode.eval().to(device())
    frames = torch.from_numpy(segments.frames).to(device())
    offsets = torch.from_numpy(segments.offsets).to(device())
    lengths = offsets.diff().clamp(max=max_frames)
    vectors = torch.empty(len(lengths), encode.dimension, device=device())
    for batch in lengths.argsort(stable=True).split(TOGETHER):
        vectors[batch] = encode(*gather(frames, offsets[batch], lengths[batch]))
    return vectors.cpu().numpy()
