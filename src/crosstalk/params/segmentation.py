"""Parameters of unsupervised word segmentation (Chung et al. 2018, section 4.1, rows C to F)."""

from pydantic import Field

from crosstalk.params.section import Section


class SyllableParams(Section):
    """Theta oscillator (Räsänen, Doyle and Frank 2015; 2018) driven by one broadband envelope."""

    centre_hz: float = Field(5.0, gt=0, le=20)
    """Natural frequency of the oscillator (2018: 5 Hz, the syllable rate)."""
    q: float = Field(0.5, gt=0, le=5)
    """Q value of the oscillator (2018: 0.5, critical damping)."""
    valley_db: float = Field(1.0, ge=0, le=20)
    """Least depth of a valley below the lower of its two peaks, in dB of oscillator amplitude (the
    authors' code asks for 0.025 of the range of log amplitude summed over bands)."""
    silence_db: float = Field(35.0, gt=0, le=100)
    """A frame this far below the loudest of its utterance is quiet (not stated; the papers start
    from speech that a detector has cut out)."""
    minimal_pause_ms: float = Field(120.0, gt=0, le=2000)
    """Shorter quiet stretches between speech are closures of stops, not pauses (not stated)."""
    minimal_syllable_ms: float = Field(50.0, gt=0, le=500)
    """No syllable is shorter; speech that is shorter between two pauses is left out (50 ms is what
    the authors' code asks for at the ends of an utterance)."""


class EmbeddingParams(Section):
    """A segment as a vector of fixed size (Kamper, Livescu and Goldwater 2017)."""

    frames: int = Field(10, ge=1, le=100)
    """Equally spaced frames a segment is reduced to (2017: n = 10), then flattened to unit
    length."""


class RecurrenceParams(Section):
    """SylSeg's words: recurring sequences of syllable clusters (Räsänen, Doyle and Frank 2015)."""

    clusters: int = Field(200, ge=1)
    """Clusters of syllables (Chung et al.: not stated)."""
    iterations: int = Field(20, ge=1, le=1000)
    """Rounds of k-means (not stated)."""
    max_syllables: int = Field(3, ge=1, le=10)
    """Longest sequence that may become a word (Chung et al.: not stated)."""
    min_count: int = Field(2, ge=2)
    """A sequence found less often is not recurring (Chung et al.: not stated)."""


class ESKMeansParams(Section):
    """Embedded segmental k-means (Kamper, Livescu and Goldwater 2017)."""

    clusters: int = Field(200, ge=1)
    """K (2017: a fifth of the number of syllable landmarks; Chung et al.: not stated)."""
    max_syllables: int = Field(6, ge=1, le=20)
    """Most syllables, that is landmarks, a word may span (2017: 6)."""
    min_word_frames: int = Field(0, ge=0)
    """No word is shorter, where its stretch of speech allows (0 in the authors' recipe)."""
    boundary_probability: float = Field(0.25, ge=0, le=1)
    """Of each landmark being a word boundary at the start (1 in the authors' recipe, from which our
    updates in batches do not recover on planted words; 0.25 is their Bayesian recipe's)."""
    iterations: int = Field(10, ge=1, le=1000)
    """Most rounds of update and segmentation (10 in the authors' recipe); fewer when a round
    changes nothing."""
    runs: int = Field(5, ge=1, le=100)
    """Random starts, of which the one with the least objective is kept (1 in the authors'
    recipe)."""


class BESGMMParams(Section):
    """Bayesian embedded segmental GMM (Kamper, Jansen and Goldwater 2017)."""

    components: int = Field(200, ge=1)
    """K (2017: a fifth of the number of syllable landmarks; Chung et al.: not stated)."""
    variance: float = Field(0.001, gt=0, le=10)
    """Fixed variance of every component in every dimension (0.001 in the authors' recipe)."""
    mean_observations: float = Field(0.05, gt=0, le=100)
    """Weight of the prior mean, which is zero, in observations: the means have the prior variance
    ``variance / mean_observations`` (0.05 in the authors' recipe)."""
    concentration: float = Field(1.0, gt=0, le=1000)
    """Of the symmetric Dirichlet prior over components, in total (1 in the authors' recipe)."""
    max_syllables: int = Field(6, ge=1, le=20)
    """Most syllables, that is landmarks, a word may span (2017: 6)."""
    min_word_frames: int = Field(0, ge=0)
    """No word is shorter, where its stretch of speech allows (0 in the authors' recipe)."""
    boundary_probability: float = Field(0.25, gt=0, lt=1)
    """Of each landmark being a word boundary at the start (0.25 in the authors' recipe)."""
    length_power: float = Field(1.0, ge=0, le=2)
    """A segment's likelihood is raised to its number of frames to this power; more makes words
    longer (1 in the authors' recipe)."""
    initial_iterations: int = Field(15, ge=0, le=1000)
    """Gibbs sweeps over the components of the initial words (15 in the authors' recipe)."""
    iterations: int = Field(15, ge=1, le=1000)
    """Gibbs sweeps over segmentations (15 in the authors' recipe)."""
    annealing_start: float = Field(0.01, gt=0, le=1)
    """Inverse temperature of the first sweeps; 1 switches annealing off (0.01 in the authors'
    recipe)."""
    annealing_steps: int = Field(3, ge=1, le=1000)
    """Equal steps, in time and in inverse temperature, up to 1 (3 in the authors' recipe)."""


class ChunkParams(Section):
    """The naive baseline, chunks of equal length."""

    chunk_ms: float = Field(300.0, gt=0, le=5000)
    """Length of a chunk (not stated; about the mean length of an English word)."""


class SegmentationParams(Section):
    """Word segmentation, in the parts that different jobs depend on."""

    syllables: SyllableParams = SyllableParams()
    """Where words may begin and end."""
    embedding: EmbeddingParams = EmbeddingParams()
    """How segments are compared."""
    recurrence: RecurrenceParams = RecurrenceParams()
    """Row E."""
    es_kmeans: ESKMeansParams = ESKMeansParams()
    """Row D."""
    bes_gmm: BESGMMParams = BESGMMParams()
    """Row C."""
    chunks: ChunkParams = ChunkParams()
    """Row F."""
    tolerance_ms: float = Field(20.0, gt=0, le=100)
    """Distance up to which a found boundary counts as a true one (the usual 20 ms)."""
