"""Parameters of Conneau et al. 2020 (XLSR): what is pretrained, fine-tuned and compared."""

from operator import attrgetter
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from crosstalk.params.choices import distinct
from crosstalk.params.ctc import DecodeParams, FinetuneParams, LabelParams
from crosstalk.params.evaluation import EvaluationParams
from crosstalk.params.packed import PackParams
from crosstalk.params.section import Section
from crosstalk.params.xlsr import LARGE, PretrainParams, XlsrModelParams

Language = Annotated[str, Field(pattern="^[a-z]{2,3}$")]
Languages = Annotated[tuple[Language, ...], distinct]
System = Literal[
    "scratch",
    "english",
    "monolingual",
    "unbalanced",
    "multilingual",
    "large",
    "separate",
    "shared",
]


class ComparedParams(Section):
    """Whose errors each table counts; no language leaves the table out."""

    seen: Languages = ("ca", "da", "es", "it")
    """Table 1: phones of languages that the pretraining has heard."""
    contrast: Languages = ("es",)
    """Table 1 again, with the protocol that `protocol` is not, and with all: rows of each."""
    spelt: Languages = ("es", "it")
    """Table 2: characters of languages, all of whose labelled audio the pretraining has heard. At
    paper scale these are what the models of Tables 2 to 4 are pretrained on, of BABEL."""
    unseen: Languages = ("bg", "el")
    """Tables 3 and 4: characters and words of languages that it has not heard."""
    amounts: Languages = ("es",)
    """Table 5: characters, by the amount of labels."""
    similar: Annotated[tuple[Language, ...], Field(max_length=1), distinct] = ("it",)
    """Table 6: phones, by the language that is added to a little of this one; at most one."""


class ConneauParams(Section):
    """Conneau et al. 2020 (XLSR): one speech model for many languages."""

    pack: PackParams = PackParams()
    """What the networks read."""
    languages: Annotated[tuple[Language, ...], Field(min_length=2), distinct] = (
        "be",
        "ca",
        "da",
        "en",
        "es",
        "fr",
        "it",
        "ro",
        "ru",
    )
    """What multilingual models are pretrained on."""
    systems: Annotated[tuple[System, ...], Field(min_length=1), distinct] = get_args(System)
    """Rows of the tables."""
    compared: ComparedParams = ComparedParams()
    """Columns of the tables."""
    model: XlsrModelParams = XlsrModelParams()
    """Base."""
    large: XlsrModelParams = LARGE
    """Large."""
    pretrain: PretrainParams = PretrainParams()
    """Of every model; the unbalanced one has alpha 1."""
    protocol: Literal["full", "frozen"] = "full"
    """What fine-tuning changes: all but the convolutions (the paper's), or the output layer alone,
    as in the systems that the paper's Table 1 compares with."""
    finetune: FinetuneParams = FinetuneParams()
    """If all but the convolutions learns."""
    frozen: FinetuneParams = FinetuneParams()
    """If the output layer alone learns."""
    reinitialise_top: int = Field(0, ge=0)
    """Last blocks of the Transformer that are drawn anew before fine-tuning, and learn in either
    protocol (the paper: none). They come out of pretraining close to its targets, and short
    fine-tuning does not undo that (Pasad et al. 2021)."""
    labels: LabelParams = LabelParams()
    """What phones are."""
    decode: DecodeParams = DecodeParams()
    """Search with a language model (Table 4)."""
    labelled_minutes: float = Field(60.0, ge=0)
    """Labelled speech of each language in Tables 1 and 6 (XLSR, section 4.1: 1 h); 0 is all there
    is."""
    amounts_minutes: Annotated[tuple[Annotated[float, Field(ge=0)], ...], distinct] = (
        60.0,
        600.0,
        6000.0,
        0.0,
    )
    """Labelled speech in the rows of Table 5; 0 is all there is."""
    little_minutes: float = Field(300.0, gt=0)
    """Unlabelled speech of the language of Table 6 (recalled, not verified: 5 h)."""
    donor_minutes: float = Field(3000.0, gt=0)
    """Unlabelled speech that is added to it (recalled, not verified: 50 h)."""
    donors: Languages = ("en", "es", "fr", "it", "ru")
    """Languages that are added (the paper: Italian, Spanish, German, English, Russian, Kabyle,
    Chinese; recalled, not verified)."""
    evaluation: EvaluationParams = EvaluationParams()
    """Intervals."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("languages", "compared.spelt"):
            heard = sorted(set(self.compared.unseen) & set(attrgetter(name)(self)))
            if heard:
                raise ValueError(f"compared.unseen names {' '.join(heard)}, which {name} names too")
        for name in ("seen", "contrast", "amounts"):
            self.require_heard(f"compared.{name}")
        return self

    def require_heard(self, name: str, prefix: str = "") -> None:
        """Raise ValueError if a table asks for a language that multilingual models never hear."""
        strange = sorted(set(attrgetter(name)(self)) - set(self.languages))
        if strange:
            raise ValueError(f"{prefix}{name} names {' '.join(strange)}, which languages does not")
