"""Steps of pretraining: our wav2vec 2.0 beside that of transformers, with the same weights.

A step draws masks and distractors, computes the loss and its gradient, clips and updates, on noise
of one length. "transformers" does so as its pretraining example does: masks and distractors from
NumPy, every frame quantised and compared. "log-mel" is our small front end on 10 ms frames with the
same context network. "audio s/s" is seconds of audio a second; "loss" is nats a masked frame in the
first step, nearly the same in the first two rows.
"""

import argparse
import time

import torch
from table import compare, show
from transformers.models.wav2vec2.modeling_wav2vec2 import (
    _compute_mask_indices,
    _sample_negative_indices,
)

from crosstalk.params.xlsr import (
    LARGE,
    ContextParams,
    EncoderParams,
    ObjectiveParams,
    QuantiserParams,
    XlsrModelParams,
)
from crosstalk.training.device import device
from crosstalk.xlsr.convert import to_transformers
from crosstalk.xlsr.masking import draw_masked
from crosstalk.xlsr.model import build_model
from crosstalk.xlsr.objective import draw_distractors

MINIATURE = XlsrModelParams(
    encoder=EncoderParams(
        channels=(32, 48, 64, 96, 128, 192, 256), norm="layer", bias=True, gradient_scale=1.0
    ),
    context=ContextParams(
        dimension=144,
        layers=3,
        heads=4,
        feed_forward=576,
        pre_norm=True,
        position_kernel=31,
        layer_drop=0.0,
    ),
    quantiser=QuantiserParams(entries=64, dimension=128),
    objective=ObjectiveParams(dimension=128, distractors=50, penalty_weight=0.0),
)
SIZES = {"miniature": MINIATURE, "base": XlsrModelParams(), "large": LARGE}
SAMPLES, FRAMES = 16000, 100  # a second


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, default="miniature")
    parser.add_argument("--rows", type=int, default=6, help="utterances of a batch")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of each")
    parser.add_argument("--steps", type=int, default=5, help="steps to time, after one to warm up")
    parser.add_argument("--bfloat16", action="store_true", help="autocast, where it pays")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cfg = SIZES[arguments.size]
    log_mel = cfg.model_copy(
        update={
            "encoder": EncoderParams(
                inputs=80,
                channels=(cfg.encoder.channels[-1],) * 2,
                kernels=(3, 3),
                strides=(2, 1),
                norm="layer",
                bias=True,
                gradient_scale=1.0,
            )
        }
    )
    torch.manual_seed(0)
    ours, small = build_model(cfg), build_model(log_mel)
    theirs = to_transformers(ours)
    length, frames = (round(arguments.seconds * rate) for rate in (SAMPLES, FRAMES))
    samples = torch.randn(arguments.rows, length, device=device())
    energies = torch.randn(arguments.rows, frames, 80, device=device())
    runs = {
        "transformers": (theirs, lambda: their_loss(theirs, samples)),
        "crosstalk": (ours, lambda: our_loss(ours, samples.unsqueeze(-1))),
        "crosstalk, log-mel": (small, lambda: our_loss(small, energies)),
    }
    rows, slowest = [], None
    for name, (model, loss) in runs.items():
        seconds, first = measure(model.to(device()), loss, arguments)
        speed = arguments.rows * arguments.seconds / seconds
        slowest = slowest or speed
        rows.append((name, size_of(model), speed, speed / slowest, f"{first:.3f}"))
        if name != "transformers":
            what = (f"XLSR {arguments.size}, {name}", speed, "transformers", slowest, "audio s/s")
            compare(*what, "torch", "transformers", device=device().type)
    show(("method", "parameters", "audio s/s", "times transformers", "loss"), rows)


def measure(model, loss, arguments) -> tuple[float, float]:
    """Seconds a step, and the loss of the first."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4)
    first = step(model, optimiser, loss, arguments.bfloat16)
    begin = time.perf_counter()
    for _ in range(arguments.steps):
        step(model, optimiser, loss, arguments.bfloat16)
    return (time.perf_counter() - begin) / arguments.steps, first


def step(model, optimiser, loss, bfloat16: bool) -> float:
    optimiser.zero_grad()
    with torch.autocast(device().type, torch.bfloat16, enabled=bfloat16):
        value = loss()
    value.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
    optimiser.step()
    return value.item()  # waits for the device


def our_loss(model, audio):
    cfg = model.cfg.objective
    positions = draw_masked(
        len(audio),
        model.encoder.lengths(audio.shape[1]),
        probability=cfg.mask_probability,
        length=cfg.mask_length,
        device=audio.device,
    )
    distractors = draw_distractors(len(audio), positions.shape[1], cfg.distractors, audio.device)
    terms = model(audio, positions, distractors, 2.0)
    return terms.loss / terms.frames


def their_loss(model, audio):
    config = model.config
    shape = (len(audio), int(model._get_feat_extract_output_lengths(audio.shape[1])))
    mask = _compute_mask_indices(shape, config.mask_time_prob, config.mask_time_length)
    negatives = _sample_negative_indices(shape, config.num_negatives, mask)
    mask, negatives = (torch.from_numpy(array).to(audio.device) for array in (mask, negatives))
    found = model(audio, mask_time_indices=mask, sampled_negative_indices=negatives)
    return found.loss / mask.sum()


def size_of(model) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


if __name__ == "__main__":
    main()
