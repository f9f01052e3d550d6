"""Stages that train Speech2Vec on segments, or leave it untrained."""

from __future__ import annotations

import torch
from safetensors.torch import save_file

from crosstalk.digest import file_digest
from crosstalk.embeddings.contexts import Contexts
from crosstalk.embeddings.speech2vec import draw_network
from crosstalk.errors import DataError
from crosstalk.params.speech2vec import NetworkParams, TrainingParams
from crosstalk.seeds import derive_seed
from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.speech.segments import Segments
from crosstalk.speech.utterances import Utterances, read_width
from crosstalk.stage import Input, Output
from crosstalk.training.device import device
from crosstalk.training.history import write_history
from crosstalk.training.loop import Schedule, train
from crosstalk.training.state import training_state

ROWS_PER_EPOCH = 10


def train_speech2vec(
    *,
    network: NetworkParams,
    training: TrainingParams,
    seed: int,
    utterances: Input,
    segmentation: Input,
    model: Output,
    history: Output,
) -> None:
    """Train on the segments of a segmentation; resumes by itself if it was interrupted."""
    corpus, found = Utterances.load(utterances), Segmentation.load(segmentation)
    segments = Segments.cut(corpus, found.first, found.last)
    contexts = Contexts(
        *(
            torch.from_numpy(part).to(device())
            for part in (segments.frames, segments.offsets, segments.utterance)
        ),
        window=training.window,
        variant=training.variant,
        max_frames=network.max_frames,
        batch_tokens=training.batch_tokens,
        seed=derive_seed(seed, "speech2vec batches"),
    )
    if not len(contexts.centres):
        raise DataError(f"{segmentation} holds no two segments of one utterance: speak more text")
    module = draw_network(network, corpus.frames.shape[1], seed)
    make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[training.optimiser]
    optimiser = make(module.parameters(), lr=training.learning_rate, fused=True)
    belongs_to = {
        "network": network,
        "training": training,
        "seed": seed,
        "utterances": file_digest(utterances),
        "segmentation": file_digest(segmentation),
    }
    schedule = Schedule(
        steps=training.epochs * contexts.steps_per_epoch,
        log_every=max(1, contexts.steps_per_epoch // ROWS_PER_EPOCH),
        gradient_norm=training.gradient_norm,
    )
    with training_state("train_speech2vec", belongs_to) as state:
        rows = train(
            module,
            optimiser,
            contexts.batch_at,
            lambda module, batch, _: module(batch),
            schedule,
            state,
            label=f"Speech2Vec seed {seed}",
        )
        save_file(module.state_dict(), model)
        write_history(history, rows, contexts.steps_per_epoch)
        state.clear()


def draw_encoder(*, network: NetworkParams, seed: int, utterances: Input, model: Output) -> None:
    """Draw the weights that training would start from, and keep them: the untrained control."""
    save_file(draw_network(network, read_width(utterances), seed).state_dict(), model)
