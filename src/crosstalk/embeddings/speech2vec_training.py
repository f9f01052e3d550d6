"""Stages that train Speech2Vec on word segments and embed segments with it."""

from __future__ import annotations

import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from crosstalk.digest import file_digest
from crosstalk.embeddings.contexts import Contexts, gather
from crosstalk.embeddings.spaces import Space
from crosstalk.embeddings.speech2vec import Speech2Vec
from crosstalk.embeddings.tokens import SpokenTokens
from crosstalk.errors import DataError
from crosstalk.params.speech2vec import NetworkParams, TrainingParams, TypesParams
from crosstalk.seeds import derive_seed
from crosstalk.speech.segments import Segments
from crosstalk.stage import Input, Output
from crosstalk.training.loop import Schedule, train
from crosstalk.training.seeding import seed_everything
from crosstalk.training.state import training_state

ROWS_PER_EPOCH = 10
EMBEDDED_TOGETHER = 512


def train_speech2vec(
    *,
    network: NetworkParams,
    training: TrainingParams,
    seed: int,
    segments: Input,
    model: Output,
    history: Output,
) -> None:
    """Train on the training segments; resumes by itself if it was interrupted."""
    corpus = Segments.load(segments).select("train")
    contexts = Contexts(
        *_tensors(corpus),
        window=training.window,
        max_frames=network.max_frames,
        batch_tokens=training.batch_tokens,
        seed=derive_seed(seed, "speech2vec batches"),
    )
    if not len(contexts.centres):
        raise DataError(f"{segments} holds no two training words of one utterance: speak more text")
    module = _draw(network, corpus, seed)
    make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[training.optimiser]
    optimiser = make(module.parameters(), lr=training.learning_rate)
    belongs_to = {
        "network": network,
        "training": training,
        "seed": seed,
        "segments": file_digest(segments),
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
            lambda module, batch: module(batch),
            schedule,
            state,
            label=f"Speech2Vec seed {seed}",
        )
        save_file(module.state_dict(), model)
        frame = pd.DataFrame(rows, columns=["step", "loss"])
        frame.insert(1, "epoch", frame["step"] / contexts.steps_per_epoch)
        frame.to_csv(history, index=False, float_format="%.6g")
        state.clear()


def draw_encoder(*, network: NetworkParams, seed: int, segments: Input, model: Output) -> None:
    """Draw the weights that training would start from, and keep them: the untrained control."""
    save_file(_draw(network, Segments.load(segments), seed).state_dict(), model)


def embed_segments(
    *,
    network: NetworkParams,
    types: TypesParams,
    segments: Input,
    model: Input,
    space: Output,
    tokens: Output,
) -> None:
    """Embed words: training tokens averaged by word identity (A, A*), test tokens one by one.

    ``space`` holds the words spoken at least ``types.min_count`` times in training, most frequent
    first; ``tokens`` holds every test token with its word.
    """
    corpus = Segments.load(segments)
    module = _draw(network, corpus, seed=0)
    module.load_state_dict(load_file(model))
    training, test = corpus.select("train"), corpus.select("test")
    _type_means(training, _embed(module, training, network), types).save(space)
    SpokenTokens(
        words=[corpus.vocabulary[i] for i in test.word.tolist()],
        vectors=_embed(module, test, network).numpy(),
    ).save(tokens)


def _draw(cfg: NetworkParams, corpus: Segments, seed: int) -> Speech2Vec:
    seed_everything(seed, "speech2vec")
    return Speech2Vec(corpus.frames.shape[1], cfg.dimension, cfg.decoder_dimension)


def _tensors(corpus: Segments) -> tuple[Tensor, Tensor, Tensor]:
    columns = (corpus.frames, corpus.offsets, corpus.utterance)
    return tuple(torch.as_tensor(column) for column in columns)


@torch.inference_mode()
def _embed(module: Speech2Vec, corpus: Segments, cfg: NetworkParams) -> Tensor:
    """Z of every segment, float32 [n, d], batched by length."""
    module.eval()
    frames, offsets, _ = _tensors(corpus)
    lengths = offsets.diff().clamp(max=cfg.max_frames)
    vectors = torch.empty(len(lengths), cfg.dimension)
    for batch in lengths.argsort(stable=True).split(EMBEDDED_TOGETHER):
        vectors[batch] = module.encode(*gather(frames, offsets[batch], lengths[batch]))
    return vectors


def _type_means(corpus: Segments, vectors: Tensor, types: TypesParams) -> Space:
    word = torch.as_tensor(corpus.word).long()
    counts = torch.bincount(word, minlength=len(corpus.vocabulary))
    sums = torch.zeros(len(counts), vectors.shape[1], dtype=torch.float64)
    sums.index_add_(0, word, vectors.double())
    kept = counts >= types.min_count
    ranked = kept.nonzero().squeeze(1)[counts[kept].argsort(descending=True, stable=True)]
    return Space(
        words=[corpus.vocabulary[i] for i in ranked.tolist()],
        counts=counts[ranked].numpy(),
        vectors=(sums[ranked] / counts[ranked, None]).float().numpy(),
    )
