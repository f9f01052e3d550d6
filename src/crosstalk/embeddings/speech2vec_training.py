"""Stages that train Speech2Vec on word segments and embed segments with it."""

from __future__ import annotations

import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from crosstalk.digest import file_digest
from crosstalk.embeddings.contexts import Contexts
from crosstalk.embeddings.spaces import Space
from crosstalk.embeddings.speech2vec import Speech2Vec
from crosstalk.embeddings.tokens import SpokenTokens
from crosstalk.errors import DataError
from crosstalk.params.speech2vec import Speech2VecParams
from crosstalk.seeds import derive_seed
from crosstalk.speech.segments import Segments
from crosstalk.stage import Input, Output
from crosstalk.training.loop import Schedule, train
from crosstalk.training.seeding import seed_everything
from crosstalk.training.state import training_state

ROWS_PER_EPOCH = 10


def train_speech2vec(
    *, cfg: Speech2VecParams, seed: int, segments: Input, model: Output, history: Output
) -> None:
    """Train on the training segments; resumes by itself if it was interrupted."""
    corpus = Segments.load(segments).select("train")
    contexts = _contexts(corpus, cfg, seed)
    if not len(contexts.centres):
        raise DataError(f"{segments} holds no two training words of one utterance: speak more text")
    network = _network(cfg, corpus, seed)
    make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[cfg.optimiser]
    optimiser = make(network.parameters(), lr=cfg.learning_rate)
    belongs_to = {"cfg": cfg, "seed": seed, "segments": file_digest(segments)}
    schedule = Schedule(
        steps=cfg.epochs * contexts.steps_per_epoch,
        log_every=max(1, contexts.steps_per_epoch // ROWS_PER_EPOCH),
        gradient_norm=cfg.gradient_norm,
    )
    with training_state("train_speech2vec", belongs_to) as state:
        rows = train(
            network,
            optimiser,
            contexts.batch_at,
            lambda module, batch: module(batch),
            schedule,
            state,
            label=f"Speech2Vec seed {seed}",
        )
        save_file(network.state_dict(), model)
        frame = pd.DataFrame(rows, columns=["step", "loss"])
        frame.insert(1, "epoch", frame["step"] / contexts.steps_per_epoch)
        frame.to_csv(history, index=False, float_format="%.6g")
        state.clear()


def draw_encoder(*, cfg: Speech2VecParams, seed: int, segments: Input, model: Output) -> None:
    """Draw the weights that training would start from, and keep them: the untrained control."""
    save_file(_network(cfg, Segments.load(segments), seed).state_dict(), model)


def embed_segments(
    *,
    cfg: Speech2VecParams,
    seed: int,
    segments: Input,
    model: Input,
    space: Output,
    tokens: Output,
) -> None:
    """Embed words: training tokens averaged by word identity (A, A*), test tokens one by one.

    ``space`` holds the words spoken at least ``cfg.min_count`` times in training, most frequent
    first; ``tokens`` holds every test token with its word.
    """
    corpus = Segments.load(segments)
    network = _network(cfg, corpus, seed)
    network.load_state_dict(load_file(model))
    training, test = corpus.select("train"), corpus.select("test")
    _type_means(training, _embed(network, _contexts(training, cfg, seed)), cfg).save(space)
    SpokenTokens(
        words=[corpus.vocabulary[i] for i in test.word.tolist()],
        vectors=_embed(network, _contexts(test, cfg, seed)).numpy(),
    ).save(tokens)


def _network(cfg: Speech2VecParams, corpus: Segments, seed: int) -> Speech2Vec:
    seed_everything(seed, "speech2vec")
    return Speech2Vec(corpus.frames.shape[1], cfg.dimension, cfg.decoder_dimension)


def _contexts(corpus: Segments, cfg: Speech2VecParams, seed: int) -> Contexts:
    return Contexts(
        torch.as_tensor(corpus.frames),
        torch.as_tensor(corpus.offsets),
        torch.as_tensor(corpus.utterance),
        window=cfg.window,
        max_frames=cfg.max_frames,
        batch_tokens=cfg.batch_tokens,
        seed=derive_seed(seed, "speech2vec batches"),
    )


@torch.inference_mode()
def _embed(network: Speech2Vec, contexts: Contexts) -> Tensor:
    """Z of every segment, float32 [n, d], batched by length."""
    network.eval()
    vectors = torch.empty(len(contexts.lengths), 2 * network.forwards.hidden_size)
    for batch in contexts.lengths.argsort(stable=True).split(contexts.batch_tokens):
        vectors[batch] = network.encode(*contexts.padded(batch))
    return vectors


def _type_means(corpus: Segments, vectors: Tensor, cfg: Speech2VecParams) -> Space:
    word = torch.as_tensor(corpus.word).long()
    counts = torch.bincount(word, minlength=len(corpus.vocabulary))
    sums = torch.zeros(len(counts), vectors.shape[1], dtype=torch.float64)
    sums.index_add_(0, word, vectors.double())
    kept = counts >= cfg.min_count
    ranked = kept.nonzero().squeeze(1)[counts[kept].argsort(descending=True, stable=True)]
    return Space(
        words=[corpus.vocabulary[i] for i in ranked.tolist()],
        counts=counts[ranked].numpy(),
        vectors=(sums[ranked] / counts[ranked, None]).float().numpy(),
    )
