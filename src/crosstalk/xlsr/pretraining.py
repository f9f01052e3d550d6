"""Stages that pretrain a model on unlabelled speech of several languages, or leave it as drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch

from crosstalk.digest import file_digest
from crosstalk.errors import DataError, TrainingError
from crosstalk.params.xlsr import PretrainParams, XlsrModelParams
from crosstalk.seeds import derive_seed
from crosstalk.speech.packed import PackedSpeech
from crosstalk.stage import Input, Output
from crosstalk.training.device import device
from crosstalk.training.loop import Schedule, Sums, train
from crosstalk.training.rates import rise_and_fall
from crosstalk.training.seeding import seed_everything
from crosstalk.training.state import training_state
from crosstalk.xlsr.amounts import first_minutes
from crosstalk.xlsr.masking import draw_masked
from crosstalk.xlsr.model import SpeechModel, build_model, save_model
from crosstalk.xlsr.objective import draw_distractors
from crosstalk.xlsr.sampling import Batch, Batches

COLLAPSED = 1.1
"""Codes a group, as perplexity, up to which a codebook counts as collapsed."""
PATIENCE = 5
"""Rows of the history for which it may be."""


def pretrain_xlsr(
    *,
    cfg: XlsrModelParams,
    pretrain: PretrainParams,
    seed: int,
    languages: list[str],
    frames: Input,
    cuts: Input,
    model: Output,
    history: Output,
) -> None:
    """Pretrain on training speech; resumes by itself if it was interrupted (stage).

    ``languages`` are names, each with the minutes of it that are heard, if not all: ``it:5``.

    Raises
    ------
    DataError
        A language has no training speech, or ``frames`` are not what the encoder reads.
    TrainingError
        The loss is no longer a number, or the codebooks collapsed.

    """
    speech = training_speech(PackedSpeech.read(frames, cuts), languages)
    module = draw_model(cfg, seed)
    check_inputs(speech, module)
    batches = Batches(speech, pretrain, derive_seed(seed, "XLSR batches"))
    optimiser = torch.optim.AdamW(
        module.parameters(),
        lr=pretrain.learning_rate,
        betas=pretrain.betas,
        eps=pretrain.epsilon,
        weight_decay=pretrain.weight_decay,
        fused=True,
    )
    schedule = Schedule(
        steps=pretrain.updates,
        log_every=pretrain.log_every,
        gradient_norm=pretrain.gradient_norm,
        parts=pretrain.accumulate,
        rate=rise_and_fall(pretrain.updates, pretrain.warm_up),
    )
    belongs_to = {
        "cfg": cfg,
        "pretrain": pretrain,
        "seed": seed,
        "languages": languages,
        "frames": file_digest(frames),
        "cuts": file_digest(cuts),
    }
    with training_state("pretrain_xlsr", belongs_to) as state:
        rows = train(
            module,
            optimiser,
            batches,
            objective(module, pretrain, speech.rate),
            schedule,
            state,
            label=f"XLSR {' '.join(languages)} seed {seed}",
            watch=lambda rows: require_codes(rows, cfg.quantiser.groups),
        )
        save_model(model, module, cfg)
        write_curve(history, rows, batches.seconds)
        state.clear()


def draw_xlsr(*, cfg: XlsrModelParams, seed: int, model: Output) -> None:
    """Draw the weights that pretraining would start from, and keep them: the untrained control."""
    save_model(model, draw_model(cfg, seed), cfg)


def draw_model(cfg: XlsrModelParams, seed: int) -> SpeechModel:
    """Draw the model of a seed, the same whatever it is trained on."""
    seed_everything(seed, "XLSR model")
    return build_model(cfg)


def training_speech(speech: PackedSpeech, audio: list[str]) -> PackedSpeech:
    """Select the training utterances of some languages: ``es`` all of them, ``es:5`` 5 minutes.

    Raises
    ------
    DataError
        A language has none, or not as many minutes.

    """
    speech = speech.select(speech.cuts["split"] == "train")
    cuts = speech.cuts
    kept = np.zeros(len(cuts), bool)
    for part in audio:
        language, _, minutes = part.partition(":")
        own = (cuts["language"] == language).to_numpy()
        if not own.any():
            known = " ".join(sorted(set(cuts["language"])))
            raise DataError(f"no training speech in {language}; there is {known}")
        kept[own] = first_minutes(cuts[own], float(minutes)) if minutes else True
    return speech.select(kept)


def check_inputs(speech: PackedSpeech, model: SpeechModel) -> None:
    """Raise DataError unless the packed frames are what the encoder reads."""
    width, inputs = speech.frames.shape[1], model.cfg.encoder.inputs
    if width != inputs:
        raise DataError(
            f"packed frames have {width} values, but encoder.inputs={inputs}: pack samples for 1, "
            "log-mel energies for more"
        )


def objective(
    model: SpeechModel, cfg: PretrainParams, rate: float
) -> Callable[[torch.nn.Module, Batch, int], Sums]:
    """Return the loss of a batch, summed over its masked frames.

    ``model`` knows the sizes; the module that is called may be a wrapper of it. All that is random
    is drawn from the batch's own seed, so it depends on neither the device's history nor on how
    batches are shared out: ``cfg.accumulate`` of them in each process make an update.
    """
    where, choice = device(), model.cfg.objective
    dtype = getattr(torch, cfg.precision)

    def loss_of(module: torch.nn.Module, batch: Batch, update: int) -> Sums:
        torch.manual_seed(batch.seed)
        rows, length, _ = batch.audio.shape
        positions = draw_masked(
            rows,
            model.encoder.lengths(length),
            probability=choice.mask_probability,
            length=choice.mask_length,
            device=where,
        )
        distractors = draw_distractors(rows, positions.shape[1], choice.distractors, where)
        temperature = model.quantiser.temperature(update)
        with torch.autocast(where.type, dtype, enabled=dtype != torch.float32):
            terms = module(batch.audio.to(where), positions, distractors, temperature)
        heard = torch.tensor(rows * length / rate, device=where)
        return Sums(
            terms.loss,
            terms.frames,
            {
                "contrastive": terms.contrastive,
                "diversity": terms.diversity * terms.frames,
                "accuracy": terms.hits,
                "code_perplexity": terms.code_perplexity * terms.frames,
                "seconds": heard,
            },
        )

    return loss_of


def require_codes(rows: list[dict[str, float]], groups: int) -> None:
    """Raise TrainingError if the last `PATIENCE` rows used hardly more than one code a group."""
    last = [row["code_perplexity"] for row in rows[-PATIENCE:]]
    if len(last) == PATIENCE and max(last) < COLLAPSED * groups:
        raise TrainingError(
            f"the codebooks collapsed: {last[-1]:.3g} codes in {groups} groups since step "
            f"{rows[-PATIENCE]['step']}: lower learning_rate, or raise batch_seconds or "
            "diversity_weight"
        )


def write_curve(path: Output, rows: list[dict[str, float]], available: float) -> None:
    """Write the training curve as CSV: one row an interval, losses in nats a masked frame.

    ``seconds`` is the audio heard so far and ``epoch`` that over what is ``available``.
    """
    table = pd.DataFrame(rows)
    table["seconds"] = (table["seconds"] * table["items"]).cumsum()
    table["epoch"] = table["seconds"] / available
    columns = ["step", "epoch", "seconds", "loss", "contrastive", "diversity", "accuracy"]
    table[[*columns, "code_perplexity"]].to_csv(path, index=False, float_format="%.6g")
