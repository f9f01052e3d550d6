"""Models to and from `transformers`, whose published wav2vec 2.0 and XLSR checkpoints this opens.

Its models hold no gradient scale, penalty or temperature schedule, which only pretraining needs:
read from there, those are the Large model's or the defaults. Models of log-mel frames have no
counterpart there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from transformers import (
    Wav2Vec2Config,
    Wav2Vec2ForCTC,
    Wav2Vec2ForPreTraining,
    Wav2Vec2PreTrainedModel,
)

from crosstalk.errors import DataError
from crosstalk.params.xlsr import (
    ContextParams,
    EncoderParams,
    ObjectiveParams,
    QuantiserParams,
    XlsrModelParams,
)
from crosstalk.xlsr.model import SpeechModel, build_model

# Beginnings of names here and there; what is not named is called the same after it.
_NAMES = {
    r"encoder\.convolutions\.(\d+)": r"wav2vec2.feature_extractor.conv_layers.\1.conv",
    r"encoder\.norms\.(\d+)": r"wav2vec2.feature_extractor.conv_layers.\1.layer_norm",
    r"norm": "wav2vec2.feature_projection.layer_norm",
    r"projection": "wav2vec2.feature_projection.projection",
    r"mask_vector": "wav2vec2.masked_spec_embed",
    r"context\.positions\.convolution": "wav2vec2.encoder.pos_conv_embed.conv",
    r"context\.norm": "wav2vec2.encoder.layer_norm",
    r"context\.blocks\.(\d+)\.attention\.output": r"wav2vec2.encoder.layers.\1.attention.out_proj",
    r"context\.blocks\.(\d+)\.attention_norm": r"wav2vec2.encoder.layers.\1.layer_norm",
    r"context\.blocks\.(\d+)\.inner": (
        r"wav2vec2.encoder.layers.\1.feed_forward.intermediate_dense"
    ),
    r"context\.blocks\.(\d+)\.outer": r"wav2vec2.encoder.layers.\1.feed_forward.output_dense",
    r"context\.blocks\.(\d+)\.feed_forward_norm": r"wav2vec2.encoder.layers.\1.final_layer_norm",
    r"quantiser\.logits": "quantizer.weight_proj",
    r"context_head": "project_hid",
    r"target_head": "project_q",
}
_FUSED = r"context\.blocks\.(\d+)\.attention\.queries_keys_values"
_PARTS = tuple(rf"wav2vec2.encoder.layers.\1.attention.{part}_proj" for part in "qkv")


def to_transformers(model: SpeechModel) -> Wav2Vec2ForPreTraining:
    """Make an equal model of `transformers`; its `save_pretrained` writes it for `AutoModel`.

    Raises
    ------
    DataError
        The model reads log-mel frames.

    """
    theirs = Wav2Vec2ForPreTraining(_their_config(model.cfg))
    theirs.load_state_dict(dict(_renamed(model)))
    return theirs.train(model.training)


def to_transformers_ctc(model: SpeechModel, head: nn.Linear, blank: int = 0) -> Wav2Vec2ForCTC:
    """Make an equal model of `transformers` with a CTC head on the context.

    Raises
    ------
    DataError
        The model reads log-mel frames.

    """
    config = _their_config(model.cfg)
    config.vocab_size, config.pad_token_id = head.out_features, blank
    theirs = Wav2Vec2ForCTC(config)
    kept = {name: tensor for name, tensor in _renamed(model) if name.startswith("wav2vec2.")}
    theirs.load_state_dict(kept | {"lm_head.weight": head.weight, "lm_head.bias": head.bias})
    return theirs.train(model.training)


def from_transformers(theirs: Wav2Vec2PreTrainedModel) -> SpeechModel:
    """Make an equal model of one of `transformers` with the part ``wav2vec2``.

    A model that was not made for pretraining has no quantiser; it is drawn anew.

    Raises
    ------
    DataError
        It has parts that are not wav2vec 2.0's, such as adapters.

    """
    model = build_model(_our_config(theirs.config))
    wanted, found = model.state_dict(), theirs.state_dict()
    for name in wanted:
        sources = [found.get(source) for source in _sources(name)]
        if all(source is not None for source in sources):
            wanted[name] = torch.cat(sources).view_as(wanted[name])
    model.load_state_dict(wanted)
    return model.train(theirs.training)


def _sources(name: str) -> tuple[str, ...]:
    """Names, over there, of the tensors that make ours."""
    if name == "quantiser.codewords":
        return ("quantizer.codevectors",)
    if re.match(_FUSED, name):
        return tuple(re.sub(f"^{_FUSED}", part, name) for part in _PARTS)
    (source,) = (
        re.sub(f"^{ours}", theirs, name)
        for ours, theirs in _NAMES.items()
        if re.match(rf"{ours}(\.|$)", name)
    )
    return (source,)


def _renamed(model: SpeechModel) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in model.state_dict().items():
        if name == "quantiser.codewords":
            tensor = tensor.flatten(0, 1).unsqueeze(0)
        sources = _sources(name)
        yield from zip(sources, tensor.chunk(len(sources)), strict=True)


def _their_config(cfg: XlsrModelParams) -> Wav2Vec2Config:
    if cfg.encoder.inputs != 1:
        raise DataError(
            f"a model with encoder.inputs={cfg.encoder.inputs} reads log-mel frames, which "
            "transformers has no model for: train one on samples"
        )
    dropout = cfg.context.dropout
    return Wav2Vec2Config(
        conv_dim=cfg.encoder.channels,
        conv_kernel=cfg.encoder.kernels,
        conv_stride=cfg.encoder.strides,
        num_feat_extract_layers=len(cfg.encoder.channels),
        conv_bias=cfg.encoder.bias,
        feat_extract_norm=cfg.encoder.norm,
        hidden_size=cfg.context.dimension,
        num_hidden_layers=cfg.context.layers,
        num_attention_heads=cfg.context.heads,
        intermediate_size=cfg.context.feed_forward,
        do_stable_layer_norm=cfg.context.pre_norm,
        num_conv_pos_embeddings=cfg.context.position_kernel,
        num_conv_pos_embedding_groups=cfg.context.position_groups,
        layerdrop=cfg.context.layer_drop,
        hidden_dropout=dropout,
        attention_dropout=dropout,
        feat_proj_dropout=dropout,
        feat_quantizer_dropout=dropout,
        activation_dropout=0.0,
        final_dropout=0.0,
        num_codevector_groups=cfg.quantiser.groups,
        num_codevectors_per_group=cfg.quantiser.entries,
        codevector_dim=cfg.quantiser.dimension,
        proj_codevector_dim=cfg.objective.dimension,
        mask_time_prob=cfg.objective.mask_probability * cfg.objective.mask_length,
        mask_time_length=cfg.objective.mask_length,
        num_negatives=cfg.objective.distractors,
        contrastive_logits_temperature=cfg.objective.temperature,
        diversity_loss_weight=cfg.objective.diversity_weight,
    )


def _our_config(config: Wav2Vec2Config) -> XlsrModelParams:
    for name, wanted in (
        ("add_adapter", False),
        ("adapter_attn_dim", None),
        ("hidden_act", "gelu"),
        ("feat_extract_activation", "gelu"),
        ("layer_norm_eps", 1e-5),
    ):
        if getattr(config, name) != wanted:
            raise DataError(
                f"a model with {name}={getattr(config, name)} is not a plain wav2vec 2.0: take one "
                f"with {wanted}"
            )
    return XlsrModelParams(
        encoder=EncoderParams(
            inputs=1,
            channels=tuple(config.conv_dim),
            kernels=tuple(config.conv_kernel),
            strides=tuple(config.conv_stride),
            norm=config.feat_extract_norm,
            bias=config.conv_bias,
            gradient_scale=1.0,
        ),
        context=ContextParams(
            dimension=config.hidden_size,
            layers=config.num_hidden_layers,
            heads=config.num_attention_heads,
            feed_forward=config.intermediate_size,
            pre_norm=config.do_stable_layer_norm,
            position_kernel=config.num_conv_pos_embeddings,
            position_groups=config.num_conv_pos_embedding_groups,
            dropout=config.hidden_dropout,
            layer_drop=config.layerdrop,
        ),
        quantiser=QuantiserParams(
            groups=config.num_codevector_groups,
            entries=config.num_codevectors_per_group,
            dimension=config.codevector_dim,
        ),
        objective=ObjectiveParams(
            dimension=config.proj_codevector_dim,
            mask_length=config.mask_time_length,
            distractors=config.num_negatives,
            temperature=config.contrastive_logits_temperature,
            diversity_weight=config.diversity_loss_weight,
            penalty_weight=0.0,
        ),
    )
