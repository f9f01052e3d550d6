"""wav2vec 2.0, the model of XLSR: audio to contexts, and the loss that teaches them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Generator, Tensor, nn

from crosstalk.digest import canonical_json
from crosstalk.errors import DataError
from crosstalk.params.xlsr import XlsrModelParams
from crosstalk.xlsr.context import ContextNetwork
from crosstalk.xlsr.front_end import ConvEncoder, inside
from crosstalk.xlsr.masking import as_mask
from crosstalk.xlsr.objective import (
    code_perplexity,
    contrastive_logits,
    contrastive_loss,
    diversity_loss,
    hits,
)
from crosstalk.xlsr.quantiser import Quantiser


@dataclass(frozen=True)
class Encoded:
    """Utterances after the encoder and the context network."""

    context: Tensor
    """float [B, T, D]; what lies in padding means nothing."""
    latents: Tensor
    """float [B, T, C]: the normalised output of the encoder, unmasked."""
    lengths: Tensor
    """int64 [B]: frames of each row."""
    layers: list[Tensor]
    """float [B, T, D] each: input of the first block, then the output of every block that ran."""
    square: Tensor
    """float32 []: mean square of the encoder's output before normalisation."""


@dataclass(frozen=True)
class Terms:
    """What a batch costs, over M masked frames a row."""

    loss: Tensor
    """float32 []: contrastive loss plus weighted diversity and penalty, summed over frames."""
    frames: int
    """Masked frames, B times M."""
    contrastive: Tensor
    """float32 []: summed over frames, in nats."""
    diversity: Tensor
    """float32 []: share of the codebooks that the mean softmax leaves unused."""
    hits: Tensor
    """int64 []: frames whose target was the most similar."""
    code_perplexity: Tensor
    """float32 []: of the codes chosen in this batch, summed over groups."""


class SpeechModel(nn.Module):
    """Encoder, context network, quantiser, and the projections in which two of them meet."""

    def __init__(self, cfg: XlsrModelParams) -> None:
        super().__init__()
        self.cfg = cfg
        channels, width = cfg.encoder.channels[-1], cfg.context.dimension
        self.encoder = ConvEncoder(cfg.encoder)
        self.norm = nn.LayerNorm(channels)
        self.projection = nn.Linear(channels, width)
        self.dropout = nn.Dropout(cfg.context.dropout)
        self.mask_vector = nn.Parameter(torch.rand(width))
        self.context = ContextNetwork(cfg.context)
        self.quantiser = Quantiser(cfg.quantiser, channels)
        self.context_head = nn.Linear(width, cfg.objective.dimension)
        self.target_head = nn.Linear(cfg.quantiser.dimension, cfg.objective.dimension)

    def encode(
        self,
        audio: Tensor,
        lengths: Tensor | None = None,
        *,
        mask: Tensor | None = None,
        channel_mask: Tensor | None = None,
        upto: int | None = None,
    ) -> Encoded:
        """Encode a batch of utterances; a row gives what it would give alone.

        Parameters
        ----------
        audio
            float32 [B, L, F]: samples (F = 1) or log-mel frames, mean 0 and variance 1 in each
            column of an utterance, padded with anything.
        lengths
            int64 [B]; None if no row is padded, which is faster.
        mask
            bool [B, T]: frames that the context network does not see.
        channel_mask
            bool [B, D]: channels that are 0 in its input (SpecAugment, in fine-tuning).
        upto
            Blocks to run; None for all.

        Raises
        ------
        DataError
            An utterance is shorter than one latent frame.

        """
        raw = self.encoder(audio, lengths)
        frames = raw.shape[1]
        if lengths is None:
            counts, valid = torch.full((len(audio),), frames, device=audio.device), None
        else:
            counts = self.encoder.lengths(lengths)
            if int(counts.min()) < 1:
                raise DataError(
                    f"an utterance of {int(lengths.min())} input frames gives no latent frame: "
                    "leave out what is that short"
                )
            valid = inside(counts, frames)
        latents = self.norm(raw)
        x = self.dropout(self.projection(latents))
        if mask is not None:
            x = torch.where(mask.unsqueeze(-1), self.mask_vector.to(x.dtype), x)
        if channel_mask is not None:
            x = x.masked_fill(channel_mask.unsqueeze(1), 0.0)
        blocks = len(self.context.blocks) if upto is None else upto
        context, layers = self.context(x, valid, blocks)
        return Encoded(context, latents, counts, layers, raw.float().square().mean())

    def go_on(self, states: Tensor, lengths: Tensor, begin: int) -> Tensor:
        """Return the context float [B, T, D], where the first ``begin`` blocks have run already.

        ``states`` float [B, T, D] are what the last of them made, ``lengths`` int64 [B] its frames.
        """
        valid = inside(lengths, states.shape[1])
        return self.context.go_on(states, valid, begin, len(self.context.blocks))[0]

    def forward(
        self, audio: Tensor, positions: Tensor, distractors: Tensor, temperature: float
    ) -> Terms:
        """Mask, encode and compare (wav2vec 2.0, section 3).

        Similarities, softmax and losses are float32 whatever the rest is computed in.

        Parameters
        ----------
        audio
            float32 [B, L, F], rows of one length.
        positions
            int64 [B, M]: masked frames of each row.
        distractors
            int64 [B, M, K]: which of the M are the others.
        temperature
            Of the Gumbel softmax.

        """
        cfg = self.cfg.objective
        rows, masked = positions.shape
        mask = as_mask(positions, self.encoder.lengths(audio.shape[1]))
        encoded = self.encode(audio, mask=mask)
        with torch.autocast(audio.device.type, enabled=False):
            latents = self.dropout(_pick(encoded.latents, positions).float())
            quantised = self.quantiser(latents.flatten(0, 1), temperature)
            targets = self.target_head(quantised.vectors).view(rows, masked, -1)
            context = self.context_head(_pick(encoded.context, positions).float())
            logits = contrastive_logits(
                context,
                targets,
                self.quantiser.number(quantised.codes).view(rows, masked),
                distractors,
                cfg.temperature,
            )
            contrastive, diversity = contrastive_loss(logits), diversity_loss(quantised.logits)
            extra = cfg.diversity_weight * diversity + cfg.penalty_weight * encoded.square
        return Terms(
            loss=contrastive + rows * masked * extra,
            frames=rows * masked,
            contrastive=contrastive,
            diversity=diversity,
            hits=hits(logits),
            code_perplexity=code_perplexity(quantised.codes, self.cfg.quantiser.entries),
        )

    def reinitialise_top(self, blocks: int, generator: Generator) -> None:
        """Draw the last blocks anew: pretraining leaves them close to its own task.

        With the pre-norm variant's last normalisation, which was fitted to them.
        """
        for block in self.context.blocks[len(self.context.blocks) - blocks :]:
            block.initialise(generator)
        if blocks and self.cfg.context.pre_norm:
            self.context.norm.reset_parameters()


def build_model(cfg: XlsrModelParams) -> SpeechModel:
    """Draw a model from torch's global stream."""
    return SpeechModel(cfg)


def save_model(path: Path, model: SpeechModel, cfg: XlsrModelParams) -> None:
    """Write weights and configuration as one safetensors file."""
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, path, metadata={"model": canonical_json(cfg)})


def load_model(path: Path) -> SpeechModel:
    """Read what `save_model` wrote, on the CPU.

    Raises
    ------
    DataError
        The file is no such model.

    """
    try:
        with safe_open(path, framework="pt") as file:
            cfg = XlsrModelParams.model_validate_json((file.metadata() or {})["model"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        model = build_model(cfg)
        model.load_state_dict(tensors)
    except (SafetensorError, ValidationError, KeyError, RuntimeError) as error:
        raise DataError(f"{path} is not an XLSR model ({error}): train it again") from error
    return model


def _pick(values: Tensor, positions: Tensor) -> Tensor:
    """Return rows [B, M, C] of values [B, T, C]."""
    return values.gather(1, positions.unsqueeze(-1).expand(-1, -1, values.shape[-1]))
