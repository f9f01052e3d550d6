"""Parameters of CTC fine-tuning and decoding (XLSR, section 4.2; wav2vec 2.0, section 4.3).

"fairseq" marks what only the authors' published configurations say; where these differ by the
amount of labelled audio, the default is that of one hour (Base).
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from crosstalk.params.section import Section


class FinetuneParams(Section):
    """Optimisation and batches of fine-tuning."""

    updates: int = Field(13_000, ge=1)
    """Steps of the optimiser (fairseq)."""
    head_updates: int = Field(10_000, ge=0)
    """First steps, in which the new output layer alone learns (wav2vec 2.0, section 4.3)."""
    batch_seconds: float = Field(1600.0, gt=0)
    """Audio an update (fairseq: 2 GPUs, 4 accumulated parts of 200 s each)."""
    longest_seconds: float = Field(200.0, gt=0)
    """Longer utterances are left out (fairseq: what one GPU holds); attention costs their
    square."""
    learning_rate: float = Field(5e-5, gt=0, le=1)
    """Peak (fairseq; XLSR chooses among 2e-5 to 6e-5 on development data)."""
    warm_up: float = Field(0.1, ge=0, le=1)
    """Share of the updates in which the rate rises along a line (wav2vec 2.0, section 4.3)."""
    hold: float = Field(0.4, ge=0, le=1)
    """Share in which it stays at its peak; then it falls (wav2vec 2.0, section 4.3)."""
    initial_scale: float = Field(0.01, gt=0, le=1)
    """First rate, as a part of the peak (fairseq)."""
    final_scale: float = Field(0.05, gt=0, le=1)
    """Last rate, as a part of the peak; it falls exponentially (fairseq; the paper says
    linearly)."""
    betas: tuple[float, float] = (0.9, 0.98)
    """Of Adam (fairseq)."""
    epsilon: float = Field(1e-8, gt=0)
    """Of Adam (fairseq)."""
    gradient_norm: float = Field(10.0, gt=0)
    """Clipping (the paper has none; keeps small batches from one bad step)."""
    time_share: float = Field(0.65, ge=0, lt=1)
    """Frames under masked spans, before spans overlap, as a share (fairseq)."""
    time_length: int = Field(10, ge=1)
    """Frames of a span (wav2vec 2.0, section 4.3)."""
    least_spans: int = Field(2, ge=0)
    """Masked spans of an utterance however short it is (fairseq; most of one second, so corpora of
    words want less)."""
    channel_share: float = Field(0.25, ge=0, lt=1)
    """The same for channels of the context network's input (fairseq)."""
    channel_length: int = Field(64, ge=1)
    """Channels of a span (wav2vec 2.0, section 4.3)."""
    head_dropout: float = Field(0.0, ge=0, lt=1)
    """On the output layer's input (fairseq). LayerDrop and other dropout stay the model's own."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the encoder and context network; the loss is float32."""
    log_every: int = Field(100, ge=1)
    """Updates a row of the history."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.warm_up + self.hold > 1:
            raise ValueError(f"warm_up={self.warm_up} and hold={self.hold} exceed 1 together")
        return self


class LabelParams(Section):
    """What stands in a label sequence."""

    length: Literal["drop", "keep"] = "drop"
    """Whether long phones are phones of their own. The paper's labels are "reduced" in a way that
    is not stated; eSpeak NG writes the same long consonant as `tː` or `ss`."""


class DecodeParams(Section):
    """Search for words with a lexicon and a language model."""

    order: int = Field(4, ge=1)
    """Words of an n-gram (4: BABEL; XLSR, section 4.3)."""
    beam: int = Field(500, ge=1)
    """Hypotheses kept (wav2vec 2.0, section 4.4: 1500 with a 4-gram)."""
    lm_weight: float = Field(1.0, ge=0)
    """Of the language model's natural log-probability (not stated; KenLM's logarithms are decimal,
    so a weight of theirs is 2.3 times one of ours)."""
    word_score: float = 0.0
    """Added for every word (not stated)."""
