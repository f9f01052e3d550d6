"""A listener taught to tell the words of some languages apart, who then hears another.

Kamper, Matusevych and Goldwater ("Multilingual acoustic word embedding models for processing
zero-resource languages", ICASSP 2020, arXiv 2002.02109), their ClassifierRNN: what it takes to tell
known words apart, whoever says them, tells unknown words apart as well. No word of the language
that it hears then is ever named to it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.torch import save_file

from crosstalk.digest import file_digest
from crosstalk.embeddings.encode import encode_segments
from crosstalk.embeddings.speech2vec import Encoder
from crosstalk.embeddings.word_classifier import Tokens, fit_classifier
from crosstalk.params.speech2vec import ClassifierParams, NetworkParams
from crosstalk.speech.segments import Segments
from crosstalk.speech.utterances import Utterances
from crosstalk.stage import Input, Output
from crosstalk.tensors import load_tensors
from crosstalk.training.state import training_state


def train_listener(
    *,
    cfg: ClassifierParams,
    network: NetworkParams,
    seed: int,
    utterances: list[Input],
    model: Output,
    history: Output,
) -> None:
    """Teach an encoder the training words of all ``utterances``, one file a language.

    A word is another one in each language, however it is spelt.
    """
    corpora = [Utterances.load(path) for path in utterances]
    parts = [Tokens.of(corpus, "train", network.max_frames) for corpus in corpora]
    sizes = [len(corpus.vocabulary) for corpus in corpora]
    tokens = Tokens.joined(parts, sizes)
    belongs_to = {
        "cfg": cfg,
        "network": network,
        "seed": seed,
        "data": [file_digest(path) for path in utterances],
    }
    with training_state("train_listener", belongs_to) as state:
        module = fit_classifier(cfg, tokens, sum(sizes), seed, "listener", state, history)
        save_file(module.encode.state_dict(), model)
        state.clear()


def hear(listener: Path, segments: Segments, max_frames: int) -> np.ndarray:
    """What a listener makes of every segment: float32 [n, d] of length 1."""
    weights = load_tensors(listener, "pt")
    features = weights["forwards.weight_ih_l0"].shape[1]
    encode = Encoder(features, 2 * weights["forwards.weight_hh_l0"].shape[1])
    encode.load_state_dict(weights)
    vectors = encode_segments(encode, segments, max_frames)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
