"""A speech model that writes: one linear layer on its contexts, trained by CTC."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from crosstalk.errors import DataError
from crosstalk.params.ctc import LabelParams
from crosstalk.params.xlsr import XlsrModelParams
from crosstalk.speech.packed import PackedSpeech
from crosstalk.xlsr.model import SpeechModel, build_model
from crosstalk.xlsr.tokens import BLANK, Labels, Vocabulary

BATCH_SECONDS = 60.0
"""Padded audio that is transcribed at once."""


class CtcModel(nn.Module):
    """Contexts to log-probabilities of symbols."""

    def __init__(
        self,
        speech: SpeechModel,
        vocabulary: Vocabulary,
        labels: Labels,
        label_params: LabelParams,
        head_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.speech = speech
        speech.encoder.gradient_scale = 1.0  # of pretraining; here the protocol says what learns
        self.vocabulary, self.labels, self.label_params = vocabulary, labels, label_params
        self.dropout = nn.Dropout(head_dropout)
        self.head = nn.Linear(speech.cfg.context.dimension, len(vocabulary))

    def forward(
        self,
        audio: Tensor,
        lengths: Tensor,
        *,
        mask: Tensor | None = None,
        channel_mask: Tensor | None = None,
        head_only: bool = False,
        begin: int = 0,
    ) -> tuple[Tensor, Tensor]:
        """Return log-probabilities float32 [B, T, V + 1] and the frames int64 [B] of each row.

        ``audio``, ``lengths``, ``mask`` and ``channel_mask`` are those of `SpeechModel.encode`.
        With ``head_only`` no gradient reaches anything but the output layer. If ``begin`` blocks
        have run already, ``audio`` and ``lengths`` are those of `SpeechModel.go_on`.
        """
        with torch.set_grad_enabled(torch.is_grad_enabled() and not head_only):
            if begin:
                context = self.speech.go_on(audio, lengths, begin)
            else:
                heard = self.speech.encode(audio, lengths, mask=mask, channel_mask=channel_mask)
                context, lengths = heard.context, heard.lengths
        logits = self.head(self.dropout(context))
        return functional.log_softmax(logits.float(), dim=-1), lengths


def ctc_loss(log_probs: Tensor, lengths: Tensor, targets: Tensor, target_lengths: Tensor) -> Tensor:
    """Sum over rows of -log p(labels), float32 []; a row too short for its labels counts as 0.

    ``targets`` int64 [S] are the labels of all rows one after another.
    """
    return functional.ctc_loss(
        log_probs.transpose(0, 1),
        targets,
        lengths,
        target_lengths,
        blank=BLANK,
        reduction="sum",
        zero_infinity=True,
    )


@torch.inference_mode()
def log_probabilities(model: CtcModel, speech: PackedSpeech) -> Iterator[Tensor]:
    """Yield log-probabilities float32 [T, V + 1] of each utterance, in order, on the CPU."""
    model.eval()
    for audio, lengths in _in_batches(speech, model.head.weight.device):
        found, frames = model(audio, lengths)
        yield from (row[:n].cpu() for row, n in zip(found, frames.tolist(), strict=True))


def _in_batches(speech: PackedSpeech, place: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield padded audio and its lengths, utterances in order."""
    budget = BATCH_SECONDS * speech.rate
    batch: list[int] = []
    for index in [*range(len(speech)), None]:
        longest = max((int(speech.lengths[i]) for i in [*batch, index] if i is not None), default=0)
        if batch and (index is None or longest * (len(batch) + 1) > budget):
            audio = pad_sequence([speech.frames_of(i) for i in batch], batch_first=True)
            yield audio.to(place), torch.from_numpy(speech.lengths[batch]).to(place)
            batch = []
        if index is not None:
            batch.append(index)


def save_ctc(path: Path, model: CtcModel) -> None:
    """Write weights, configuration and vocabulary as one safetensors file."""
    described = {
        "model": model.speech.cfg.model_dump(mode="json"),
        "labels": model.labels,
        "label_params": model.label_params.model_dump(mode="json"),
        "scope": model.vocabulary.scope,
        "symbols": model.vocabulary.symbols,
    }
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, path, metadata={"ctc": json.dumps(described, ensure_ascii=False)})


def load_ctc(path: Path) -> CtcModel:
    """Read what `save_ctc` wrote, on the CPU, ready to transcribe.

    Raises
    ------
    DataError
        The file is no such model.

    """
    try:
        with safe_open(path, framework="pt") as file:
            described = json.loads((file.metadata() or {})["ctc"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        model = CtcModel(
            build_model(XlsrModelParams.model_validate(described["model"])),
            Vocabulary(tuple(described["symbols"]), described["scope"]),
            described["labels"],
            LabelParams.model_validate(described["label_params"]),
        )
        model.load_state_dict(tensors)
    except (SafetensorError, ValidationError, KeyError, RuntimeError, ValueError) as error:
        raise DataError(f"{path} is not a fine-tuned model ({error}): train it again") from error
    return model.eval()
