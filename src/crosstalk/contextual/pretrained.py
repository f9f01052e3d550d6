"""The stage that brings multilingual BERT into this room's form.

The hub's files are cached by its own library under a pinned commit, so a second run needs no
network. Weights are BERT's; `Encoder` computes the same hidden states with them.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from crosstalk.contextual.encoder import Encoder
from crosstalk.contextual.tokeniser import WordPieces
from crosstalk.errors import FetchError, ParameterError
from crosstalk.params.contextual import EncoderParams
from crosstalk.stage import Output

_LAYER = {
    "attention.output.dense": "attended",
    "attention.output.LayerNorm": "attention_norm",
    "intermediate.dense": "widen",
    "output.dense": "narrow",
    "output.LayerNorm": "norm",
}
_WHOLE = {
    "bert.embeddings.word_embeddings.weight": "subword.weight",
    "bert.embeddings.LayerNorm.weight": "embedding_norm.weight",
    "bert.embeddings.LayerNorm.bias": "embedding_norm.bias",
    "cls.predictions.transform.dense.weight": "transform.weight",
    "cls.predictions.transform.dense.bias": "transform.bias",
    "cls.predictions.transform.LayerNorm.weight": "transform_norm.weight",
    "cls.predictions.transform.LayerNorm.bias": "transform_norm.bias",
    "cls.predictions.bias": "bias",
}


def load_masked_lm(*, encoder: EncoderParams, vocabulary: Output, model: Output) -> None:
    """Download ``encoder.pretrained``, or take it from the hub's cache, and convert it.

    Raises
    ------
    FetchError
        If it is neither in the cache nor within reach.
    ParameterError
        If no pretrained encoder is named, or it has another shape than ``encoder``.

    """
    if encoder.pretrained is None:
        raise ParameterError("encoder.pretrained is null: name a model of the hub, or pretrain one")
    # Not at the top: the import takes seconds, and converting needs none of it.
    from transformers import AutoTokenizer, BertForMaskedLM

    pinned = {"pretrained_model_name_or_path": encoder.pretrained, "revision": encoder.revision}
    try:
        bert = BertForMaskedLM.from_pretrained(**pinned)
        tokenizer = AutoTokenizer.from_pretrained(**pinned)
    except OSError as error:
        raise FetchError(
            f"{encoder.pretrained} at {encoder.revision} is neither cached nor within reach: fetch "
            f"it once with a network ({str(error).splitlines()[0]})"
        ) from error
    pieces = WordPieces(tokenizer.backend_tokenizer)
    convert(bert.state_dict(), encoder).save(model)
    pieces.save(vocabulary)


def convert(bert: Mapping[str, Tensor], cfg: EncoderParams) -> Encoder:
    """Build an encoder from the state of transformers' ``BertForMaskedLM``.

    The embedding of BERT's first segment is added to all positions.

    Raises
    ------
    ParameterError
        If the shapes are not those of ``cfg``.

    """
    state = {ours: bert[theirs] for theirs, ours in _WHOLE.items()}
    first, second = bert["bert.embeddings.token_type_embeddings.weight"]
    state["position.weight"] = bert["bert.embeddings.position_embeddings.weight"] + first
    state["second_segment"] = second - first
    for n in range(cfg.layers):
        theirs = f"bert.encoder.layer.{n}"
        for kind in ("weight", "bias"):
            parts = [
                bert.get(f"{theirs}.attention.self.{part}.{kind}")
                for part in ("query", "key", "value")
            ]
            if any(part is None for part in parts):
                raise ParameterError(f"the pretrained encoder has {n} layers, not {cfg.layers}")
            state[f"layers.{n}.attend.{kind}"] = torch.cat(parts)
            for their, our in _LAYER.items():
                state[f"layers.{n}.{our}.{kind}"] = bert[f"{theirs}.{their}.{kind}"]
    encoder = Encoder(cfg, len(state["bias"]), segments=True)
    try:
        encoder.load_state_dict(state)
    except RuntimeError as error:
        raise ParameterError(
            "the pretrained encoder has another shape than the parameters give: set encoder.layers,"
            " dimension, feed_forward and positions to its own, and norm to post"
        ) from error
    return encoder
