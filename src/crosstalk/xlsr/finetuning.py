"""Fine-tuning with CTC (XLSR, section 2; wav2vec 2.0, section 4.3): a few minutes of labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn

from crosstalk.digest import file_digest
from crosstalk.errors import ParameterError
from crosstalk.params.ctc import FinetuneParams, LabelParams
from crosstalk.seeds import derive_seed
from crosstalk.speech.packed import PackedSpeech
from crosstalk.stage import Input, Output
from crosstalk.training.device import device
from crosstalk.training.history import write_history
from crosstalk.training.loop import Schedule, Sums, train
from crosstalk.training.rates import Rate
from crosstalk.training.seeding import seed_everything
from crosstalk.training.state import training_state
from crosstalk.xlsr.ctc import CtcModel, ctc_loss, save_ctc
from crosstalk.xlsr.labelled import LabelledBatch, LabelledBatches, shortened, with_labels
from crosstalk.xlsr.model import SpeechModel, load_model
from crosstalk.xlsr.pretraining import check_inputs
from crosstalk.xlsr.spec_augment import draw_spans
from crosstalk.xlsr.tokens import Labels, Scope, Vocabulary

Protocol = Literal["full", "frozen", "all"]


def finetune_ctc(
    *,
    cfg: FinetuneParams,
    label_params: LabelParams,
    languages: list[str],
    minutes: float,
    labels: Labels,
    vocabulary: Scope,
    protocol: Protocol,
    reinitialise_top: int,
    seed: int,
    pretrained: Input,
    frames: Input,
    cuts: Input,
    model: Output,
    history: Output,
) -> None:
    """Teach a pretrained model to write the labels of one language or of several (stage).

    Parameters
    ----------
    languages, minutes
        Labelled training speech: so many minutes of each language, the same in every run; 0 for
        all there is.
    labels, vocabulary
        What is written, and whether languages share symbols (`crosstalk.xlsr.tokens`).
    protocol
        What learns besides the output layer: ``full``, all but the convolutions (the papers');
        ``frozen``, only the blocks drawn anew; ``all``, as is right for a model that was not
        pretrained (`draw_xlsr`).
    reinitialise_top
        Blocks that are drawn anew (the papers: none). The last blocks come out of pretraining
        close to its targets, and short fine-tuning does not undo that (Pasad et al. 2021,
        arXiv 2107.04734).
    pretrained, frames, cuts
        Of `crosstalk.xlsr.pretraining`, and of `crosstalk.speech.packed`.

    Raises
    ------
    DataError
        A file is damaged, or a language has not as many labelled minutes of utterances that are
        not too long.
    ParameterError
        ``reinitialise_top`` is more than the model's blocks.

    """
    speech = PackedSpeech.read(frames, cuts)
    speech = speech.select(speech.cuts["seconds"] <= cfg.longest_seconds)
    chosen = with_labels(speech, languages, "train", labels, label_params)
    if minutes:
        chosen = shortened(chosen, minutes)
    symbols = Vocabulary.fit(zip(chosen.languages, chosen.labels, strict=True), vocabulary)
    seed_everything(seed, "fine-tuning")
    pretrained_model = load_model(pretrained)
    check_inputs(speech, pretrained_model)
    if reinitialise_top > len(pretrained_model.context.blocks):
        raise ParameterError(
            f"reinitialise_top={reinitialise_top} is more than the "
            f"{len(pretrained_model.context.blocks)} blocks of {pretrained}"
        )
    generator = torch.Generator().manual_seed(derive_seed(seed, "top blocks"))
    pretrained_model.reinitialise_top(reinitialise_top, generator)
    network = CtcModel(pretrained_model, symbols, labels, label_params, cfg.head_dropout)
    learning = choose_learning(network, protocol, reinitialise_top)
    network.to(device())
    network.train()
    batches = LabelledBatches(
        chosen.speech,
        [
            symbols.encode(row, language)
            for row, language in zip(chosen.labels, chosen.languages, strict=True)
        ],
        batch_seconds=cfg.batch_seconds,
        seed=derive_seed(seed, "fine-tuning batches"),
        device=device(),
    )
    optimiser = torch.optim.Adam(
        learning, lr=cfg.learning_rate, betas=cfg.betas, eps=cfg.epsilon, fused=True
    )
    schedule = Schedule(
        steps=cfg.updates,
        log_every=cfg.log_every,
        gradient_norm=cfg.gradient_norm,
        rate=tri_stage(cfg),
    )
    belongs_to = {
        "cfg": cfg,
        "label_params": label_params,
        "languages": languages,
        "minutes": minutes,
        "labels": labels,
        "vocabulary": vocabulary,
        "protocol": protocol,
        "reinitialise_top": reinitialise_top,
        "seed": seed,
        "pretrained": file_digest(pretrained),
        "frames": file_digest(frames),
        "cuts": file_digest(cuts),
    }
    begin = settled_blocks(pretrained_model, protocol, reinitialise_top, cfg)
    batch_at = settled(batches, pretrained_model, begin, cfg) if begin else batches
    with training_state("finetune_ctc", belongs_to) as state:
        rows = train(
            network,
            optimiser,
            batch_at,
            lambda wrapped, batch, update: batch_loss(
                wrapped,
                pretrained_model,
                batch,
                cfg,
                head_only=update < cfg.head_updates,
                begin=begin,
            ),
            schedule,
            state,
            label=f"CTC {' '.join(languages)} seed {seed}",
        )
        save_ctc(model, network.cpu())
        write_history(history, rows, len(batches))
        state.clear()


def choose_learning(model: CtcModel, protocol: Protocol, top: int) -> list[nn.Parameter]:
    """Let only what the protocol says have gradients, and return it."""
    speech = model.speech
    model.requires_grad_(protocol == "all")
    if protocol == "full":
        for part in (speech.norm, speech.projection, speech.context):
            part.requires_grad_(True)
        speech.mask_vector.requires_grad_(True)
    elif protocol == "frozen" and top:
        speech.context.blocks[-top:].requires_grad_(True)
        if speech.cfg.context.pre_norm:
            speech.context.norm.requires_grad_(True)
    # What only pretraining reads has no gradient whatever is asked.
    for part in (speech.quantiser, speech.context_head, speech.target_head):
        part.requires_grad_(False)
    model.head.requires_grad_(True)
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def settled_blocks(speech: SpeechModel, protocol: Protocol, top: int, cfg: FinetuneParams) -> int:
    """How many blocks make the same of an utterance in every epoch: they need to run but once.

    That is those below what learns, if nothing anywhere is dropped or masked at random: then no
    random stream moves on, and a resumed training ends in the same bytes.
    """
    random = [
        speech.cfg.context.dropout,
        speech.cfg.context.layer_drop,
        cfg.time_share,
        cfg.least_spans,
        cfg.channel_share,
        cfg.head_dropout,
    ]
    return 0 if protocol != "frozen" or any(random) else len(speech.context.blocks) - top


def settled(
    batches: LabelledBatches, speech: SpeechModel, begin: int, cfg: FinetuneParams
) -> Callable[[int], LabelledBatch]:
    """Batches as the first ``begin`` blocks leave them, for `CtcModel.forward`."""
    made: dict[int, tuple[Tensor, Tensor]] = {}

    @torch.no_grad()
    def batch_at(number: int) -> LabelledBatch:
        batch = batches(number)
        if batch.place not in made:
            with mixed(batch, cfg):
                encoded = speech.encode(batch.audio, batch.lengths, upto=begin)
            made[batch.place] = encoded.layers[-1], encoded.lengths
        states, lengths = made[batch.place]
        return replace(batch, audio=states, lengths=lengths)

    return batch_at


def tri_stage(cfg: FinetuneParams) -> Rate:
    """Rise along a line, hold, and fall exponentially (fairseq)."""
    warm, hold = int(cfg.updates * cfg.warm_up), int(cfg.updates * cfg.hold)

    def factor(step: int) -> float:
        if step < warm:
            return cfg.initial_scale + (1 - cfg.initial_scale) * step / warm
        if step < warm + hold:
            return 1.0
        return cfg.final_scale ** ((step - warm - hold) / max(cfg.updates - warm - hold, 1))

    return factor


def batch_loss(
    model: nn.Module,
    speech: SpeechModel,
    batch: LabelledBatch,
    cfg: FinetuneParams,
    *,
    head_only: bool = False,
    begin: int = 0,
) -> Sums:
    """Sum -log p(labels) over a batch whose frames and channels are masked; items are labels.

    ``model`` is the `CtcModel` of ``speech``, or what wraps it for several processes. If ``begin``
    blocks have run already, nothing is masked.
    """
    masks = {} if begin else draw_masks(speech, batch, cfg)
    with mixed(batch, cfg):
        log_probs, lengths = model(
            batch.audio, batch.lengths, head_only=head_only, begin=begin, **masks
        )
    loss = ctc_loss(log_probs, lengths, batch.targets, batch.target_lengths)
    return Sums(loss, int(batch.target_lengths.sum()))


def draw_masks(speech: SpeechModel, batch: LabelledBatch, cfg: FinetuneParams) -> dict[str, Tensor]:
    """Draw which frames bool [B, T] and channels bool [B, D] of a batch are hidden."""
    encoder, width = speech.encoder, speech.cfg.context.dimension
    frames = encoder.lengths(batch.lengths)
    mask = draw_spans(
        frames,
        int(encoder.lengths(torch.tensor(batch.audio.shape[1]))),
        share=cfg.time_share,
        length=cfg.time_length,
        at_least=cfg.least_spans,
    )
    channels = torch.full_like(frames, width)
    channel_mask = draw_spans(
        channels, width, share=cfg.channel_share, length=min(cfg.channel_length, width)
    )
    return {"mask": mask, "channel_mask": channel_mask}


def mixed(batch: LabelledBatch, cfg: FinetuneParams) -> torch.autocast:
    """Compute in the precision asked for."""
    return torch.autocast(
        batch.audio.device.type, torch.bfloat16, enabled=cfg.precision == "bfloat16"
    )
