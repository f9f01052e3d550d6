"""Parameters of the speech side: what is spoken, by whom, and how it becomes features."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from crosstalk.params.choices import distinct
from crosstalk.params.section import Section


class SpokenParams(Section):
    """Messages read aloud by eSpeak NG, in place of the read speech of Chung et al. 2018.

    As in the paper's Table 1, no speaker is heard in both training and test. Unlike there, training
    text is shared out: messages of odd folds are spoken, those of even folds are what the text
    embeddings read, so that no sentence is known to both sides.
    """

    train_voices: Annotated[tuple[str, ...], distinct] = Field(
        ("f1", "f2", "f4", "Annie", "linda", "m1", "m3", "m4", "m7", "Michael"), min_length=1
    )
    """Voice variants of eSpeak NG, the same in every language. Chosen by measurement in English:
    101 variants were ranked by loudness, pitch and periodicity, and one was kept of each group that
    sounds alike."""
    test_voices: Annotated[tuple[str, ...], distinct] = Field(
        ("f3", "steph", "m2", "Mario"), min_length=1
    )
    """Voices of the development and test messages; none may be a training voice."""
    speakers_per_voice: int = Field(3, ge=1, le=100)
    """Speakers that share a voice and differ in tempo and pitch."""
    rate: tuple[int, int] = (140, 200)
    """Slowest and fastest speaker, in words a minute (175 is eSpeak's default)."""
    pitch: tuple[int, int] = (35, 65)
    """Lowest and highest speaker on eSpeak's scale of 0 to 99 (50 is the voice's own)."""
    min_words: int = Field(2, ge=1)
    """Shorter messages are left out: a word without neighbours teaches nothing."""
    max_words: int = Field(100, ge=2, le=300)
    """Longer messages are left out: descriptions, with 17 % of the English words of Wesnoth."""
    max_train_words: int = Field(0, ge=0)
    """Running words to speak for training, 0 for all; messages are kept in a seeded order."""
    max_test_words: int = Field(0, ge=0)
    """The same for development and for test, each."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        shared = sorted(set(self.train_voices) & set(self.test_voices))
        if shared:
            raise ValueError(f"train_voices and test_voices share {', '.join(shared)}")
        for name, (low, high), (least, most) in (
            ("rate", self.rate, (80, 450)),
            ("pitch", self.pitch, (0, 99)),
        ):
            if not least <= low <= high <= most:
                raise ValueError(f"{name} must rise within {least} to {most}: {low}, {high}")
        if self.min_words > self.max_words:
            raise ValueError(f"min_words {self.min_words} exceeds max_words {self.max_words}")
        return self


class FeatureParams(Section):
    """Mel-frequency cepstra as Kaldi computes them, and their normalisation."""

    sample_rate: int = Field(16000, ge=8000)
    """Of the audio, in Hz (not stated; LibriSpeech's)."""
    coefficients: int = Field(13, ge=1, le=40)
    """Cepstra with the zeroth (Speech2Vec, section 3.1)."""
    shift_ms: float = Field(10.0, gt=0)
    """Time between frames (Speech2Vec, section 3.1)."""
    window_ms: float = Field(25.0, gt=0)
    """Length of a frame (not stated; Kaldi's default)."""
    mel_bins: int = Field(23, ge=1, le=128)
    """Filters (not stated; Kaldi's default)."""
    low_frequency: float = Field(20.0, ge=0)
    """Lower edge of the first filter in Hz (Kaldi's default); the last one ends at Nyquist."""
    preemphasis: float = Field(0.97, ge=0, le=1)
    """Kaldi's default."""
    lifter: float = Field(22.0, ge=0)
    """Scales higher cepstra up, 0 for none (Kaldi's default)."""
    normalisation: Literal["none", "utterance", "speaker"] = "speaker"
    """Mean 0 and variance 1 of every coefficient over the frames of one utterance or speaker (not
    stated; per speaker, because Speech2Vec's squared error would otherwise mostly model voices)."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.coefficients > self.mel_bins:
            raise ValueError(
                f"coefficients {self.coefficients} cannot exceed mel_bins {self.mel_bins}"
            )
        return self
