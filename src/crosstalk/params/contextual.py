"""Parameters of contextual alignment (Cao, Kitaev and Klein 2020)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from crosstalk.params.choices import distinct
from crosstalk.params.section import Section

Similarity = Literal["csls", "cosine", "scalar"]
Subword = Literal["first", "last"]
Target = Literal["frozen", "live"]
Tuning = Literal["light", "full", "continued"]


class TokeniserParams(Section):
    """WordPiece trained on the pretraining text; a pretrained encoder brings its own."""

    vocabulary: int = Field(119_547, ge=100)
    """Pieces, special ones counted (multilingual BERT's number)."""
    min_count: int = Field(2, ge=1)
    """Pieces seen less often are not learnt (not stated)."""
    lower_case: bool = False
    """Whether case is lost (multilingual BERT is cased)."""
    strip_accents: bool = False
    """Whether accents are lost (multilingual BERT keeps them)."""


class EncoderParams(Section):
    """A Transformer encoder of BERT's kind (Devlin et al. 2019)."""

    pretrained: str | None = "google-bert/bert-base-multilingual-cased"
    """Model of the hub that is aligned (section 4 of the paper); null pretrains one of the shape
    below on the corpus's own text."""
    revision: str = Field("3f076fdb1ab68d5b2880cb87a0886f315b8146f8", pattern="^[0-9a-f]{40}$")
    """Commit of the pretrained model: what is downloaded never changes."""
    layers: int = Field(12, ge=1)
    """Transformer layers (BERT base)."""
    dimension: int = Field(768, ge=2)
    """Width of the hidden states (BERT base)."""
    heads: int = Field(12, ge=1)
    """Attention heads (BERT base)."""
    feed_forward: int = Field(3072, ge=2)
    """Width inside the feed-forward part (BERT base)."""
    positions: int = Field(512, ge=8)
    """Longest sentence in subwords, [CLS] and [SEP] counted (BERT)."""
    norm: Literal["post", "pre"] = "post"
    """Layer normalisation after each residual sum (BERT) or before each part, which trains at
    higher rates."""
    dropout: float = Field(0.1, ge=0, lt=1)
    """Of hidden states and attention, in every training (BERT)."""

    @model_validator(mode="after")
    def _whole_heads(self) -> Self:
        if self.dimension % self.heads:
            raise ValueError(f"dimension={self.dimension} is not a multiple of heads={self.heads}")
        return self


class MaskedLMParams(Section):
    """Masked language modelling (Devlin et al. 2019, appendix A.2)."""

    mask_share: float = Field(0.15, gt=0, lt=1)
    """Share of subwords to predict: of these 80 % are hidden, 10 % replaced, 10 % left."""
    steps: int = Field(1_000_000, ge=1)
    """Updates."""
    batch_sentences: int = Field(256, ge=1)
    """Sentences an update, of all languages mixed."""
    learning_rate: float = Field(1e-4, gt=0, le=1)
    """Highest rate of AdamW."""
    warmup_share: float = Field(0.01, ge=0, lt=1)
    """Share of the updates in which the rate rises from 0; it falls linearly to 0 afterwards."""
    weight_decay: float = Field(0.01, ge=0)
    """Of AdamW, on weight matrices."""
    gradient_norm: float = Field(1.0, gt=0)
    """Clipping (BERT's code)."""


class AlignParams(Section):
    """Alignment by fine-tuning (section 3 and appendix A.1 of the paper; the authors' script)."""

    pairs: int = Field(250_000, ge=1)
    """Sentence pairs of each language at most, those of messages that most languages have first
    (section 4; its table of amounts has 10,000 and 50,000). A shorter language is cycled."""
    epochs: int = Field(1, ge=1)
    """Passes over the pairs."""
    batch_pairs: int = Field(8, ge=1)
    """Sentence pairs of each language an update (the authors' script)."""
    learning_rate: float = Field(5e-5, gt=0, le=1)
    """Highest rate of Adam with betas 0.9 and 0.98 and epsilon 1e-9."""
    warmup_share: float = Field(0.1, ge=0, lt=1)
    """Share of the updates in which the rate rises from 0; it is constant afterwards."""
    regularisation: float = Field(1.0, ge=0)
    """λ: weight of the English vectors' distance to where they were."""
    links: Literal["words", "random", "ends"] = "words"
    """What is drawn together: linked words with [CLS] and [SEP], English words in random order (a
    control: as many links, all of them wrong), or [CLS] and [SEP] alone."""
    target: Target = "frozen"
    """Whether foreign vectors are drawn to the initial model's English (the authors' script) or to
    the trained model's, which then moves towards them too."""
    subword: Subword = "last"
    """Which subword stands for a word."""
    max_words: int = Field(64, ge=1)
    """Pairs with a longer side are skipped (the authors' script)."""
    gradient_norm: float = Field(1e6, gt=0)
    """Clipping; the authors' script has none, and this is none in practice."""


class RotationParams(Section):
    """The rotation baselines (Wang et al. 2019 by words, Aldarmaki and Diab 2019 by sentences)."""

    pairs: int = Field(10_000, ge=1)
    """Sentence pairs of each language that the rotations are fitted to, the first of the table (not
    stated)."""
    centre: bool = False
    """Whether both sides are centred on their mean first (not stated)."""


class RetrievalParams(Section):
    """Contextual word retrieval (section 4 of the paper)."""

    neighbours: int = Field(10, ge=1)
    """k of CSLS (Conneau et al. 2018)."""
    similarities: Annotated[tuple[Similarity, ...], Field(min_length=1), distinct] = (
        "csls",
        "cosine",
        "scalar",
    )
    """How candidates are ranked: CSLS, plain cosine, and the variant of the authors' script, whose
    vectors are divided by one number a side instead of by their own lengths."""
    layers: Literal["last", "all"] = "last"
    """Which hidden states stand for words (the paper: the last)."""
    ends: bool = False
    """Whether [CLS] and [SEP] are asked for as if they were words, as in the authors' script."""
    subword: Subword = "last"
    """Which subword stands for a word."""

    @model_validator(mode="after")
    def _has_csls(self) -> Self:
        if "csls" not in self.similarities:
            raise ValueError(
                f"similarities={' '.join(self.similarities)} lacks csls, by which the tables rank: "
                "add it"
            )
        return self


class TransferParams(Section):
    """Zero-shot classification: trained on English labels, tested in every language."""

    messages: int = Field(392_702, ge=1)
    """Training messages, the first of the table (MultiNLI has as many pairs)."""
    split: Literal["dev", "test"] = "test"
    """Which messages are asked for; `dev` to choose parameters by."""
    l2: float = Field(1.0, gt=0)
    """Weight of ½‖W‖² beside the summed loss of logistic regression on frozen encoders (ours)."""


class TuningParams(TransferParams):
    """The same with all weights of the encoder trained, as in the paper."""

    protocols: Annotated[tuple[Tuning, ...], Field(min_length=1), distinct] = (
        "light",
        "full",
        "continued",
    )
    """One epoch at `light_learning_rate` (ours, it forgets less); `epochs` at `learning_rate` (the
    paper's); or that with the alignment loss kept on (Efimov et al. 2023)."""
    pooling: Literal["first", "mean"] = "first"
    """What the classifier sees of the last hidden states: [CLS] (the paper's), or their mean."""
    epochs: int = Field(3, ge=1)
    """Passes over the English messages (section 4)."""
    learning_rate: float = Field(5e-5, gt=0, le=1)
    """Highest rate of Adam with betas 0.9 and 0.98 and epsilon 1e-9."""
    light_learning_rate: float = Field(1e-5, gt=0, le=1)
    """That of light tuning."""
    warmup_share: float = Field(0.1, ge=0, lt=1)
    """Share of the updates in which the rate rises from 0; it falls linearly to 0 afterwards."""
    batch: int = Field(32, ge=1)
    """Messages an update."""
    gradient_norm: float = Field(1.0, gt=0)
    """Clipping (BERT's code)."""
    continued_weight: float = Field(0.01, ge=0)
    """Weight of the alignment loss, with live English targets, beside the classification loss
    (Efimov et al. 2023). With 1 and few updates, vectors fall together before a class is learnt."""
    continued_pairs: int = Field(4, ge=1)
    """Sentence pairs of each language an update for that loss."""
