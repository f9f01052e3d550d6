"""What the rules of the papers' own corpora use. No science, no jobs."""

from crosstalk.corpora.paper.registry import load_paper_registry, require

RAW = f"{DATA}/raw/paper"
PREPARED = f"{DATA}/prepared/paper"
PAPER_LOGS = f"logs/{P.scale}/paper_corpora"

try:
    PAPER_CORPORA = load_paper_registry(
        Path(workflow.basedir) / "workflow/paper_corpora.yaml"
    )
except CrosstalkError as error:
    sys.exit(f"crosstalk: error: {error}")

# What prepares each corpus, and what it is told beside its part.
TOLD = {
    "librispeech": ("prepare-librispeech", ["part"]),
    "mls": ("prepare-mls", ["part", "alignments"]),
    "spoken_wikipedia": ("prepare-spoken-wikipedia", ["part", "splits"]),
    "common_voice": ("prepare-common-voice", ["part", "folder"]),
    "babel": ("prepare-babel", ["part", "folder"]),
    "voxpopuli": ("prepare-voxpopuli", ["part", "folder"]),
    "spoken_coco": ("prepare-spoken-captions", ["source"]),
    "ml_coco": ("prepare-own-captions", ["source", "folder"]),
    "places_audio": ("prepare-spoken-captions", ["source"]),
    "europarl": ("prepare-bitext", ["source"]),
    "multiun": ("prepare-bitext", ["source"]),
    "xnli": ("prepare-inference", ["source"]),
    "xnli_mt": ("prepare-inference", ["source"]),
    "multinli": ("prepare-inference", ["source"]),
    "muse": ("prepare-muse", []),
}
# The table that each stage of text writes.
TOLD_TABLES = {
    "prepare-bitext": "messages",
    "prepare-inference": "pairs",
    "prepare-muse": "dictionary",
}
SPEECH_PARTS = [
    (corpus, part)
    for corpus, entry in PAPER_CORPORA.corpora.items()
    for part in entry.parts
    if corpus in TOLD and entry.kind == "speech"
]
TEXT_PARTS = [
    (corpus, part)
    for corpus, entry in PAPER_CORPORA.corpora.items()
    for part in entry.parts
    if corpus in TOLD and entry.kind != "speech"
]
# MUSE's dictionaries among the languages of Chung et al. 2018.
MUSE = '{"pairs":["de-en","de-fr","en-de","en-fr","fr-de","fr-en"]}'


def large_archives(corpus, part):
    """Archives that a part is made from."""
    if corpus == "common_voice":
        names = [f"{RAW}/riviere_splits/common_voices_splits.tar.gz"]
        if part in PAPER_CORPORA.corpus(corpus).datasets:
            names.append(f"{RAW}/common_voice/{part}.dataset")
        return names
    return [
        f"{RAW}/{corpus}/{n}" for n in PAPER_CORPORA.corpus(corpus).parts[part].archives
    ]


def flac_files(corpus, part):
    """FLAC files of a part, as many as its length asks for."""
    files = PAPER_CORPORA.corpus(corpus).parts[part].files
    return [
        f"{PREPARED}/{corpus}/{part}/{corpus}-{part}-{n:03d}.flac" for n in range(files)
    ]


def aligned_by_user(corpus, part):
    """Whether a part's word times lie in the user's folder."""
    return corpus == "mls" and part in PAPER_CORPORA.corpus("mls_alignments").parts


def needs_of(corpus, part):
    """What must be there before anything starts, as (corpus, part)."""
    words = [("mls_alignments", part)] if aligned_by_user(corpus, part) else []
    return [(corpus, part), *words]


WARNED = set()


def checked(needs):
    """No files. If a folder or a key is missing, an error in one line, before any job starts.

    A dry run warns, once of each, and lists every job all the same.
    """
    try:
        require(PAPER_CORPORA, [need for need in needs if need not in WARNED])
    except CrosstalkError as error:
        if not workflow.dryrun:
            sys.exit(f"crosstalk: error: {error}")
        print(f"crosstalk: warning: {error}", file=sys.stderr)
    WARNED.update(needs)
    return []


def told(corpus, part):
    """What a stage is told beside its files, as arguments; Snakemake would drop an empty one."""
    entry = PAPER_CORPORA.corpus(corpus)
    values = {
        "part": part,
        "source": corpus,
        "splits": canonical_json(P.corpora.splits),
        "folder": (
            "" if part in entry.datasets else f"{corpus}/{entry.parts[part].folder}"
        ),
        "alignments": f"mls_alignments/{part}" if aligned_by_user(corpus, part) else "",
    }
    return [f"--{name}={values[name]}" for name in TOLD[corpus][1]]


def rule_name(corpus, part):
    return f"prepare_{corpus}_{part}".replace("-", "_").lower()


def gigabytes(corpus, part):
    """Size of what a part is made from; parts of a user's folder share it evenly."""
    entry = PAPER_CORPORA.corpus(corpus)
    names = entry.parts[part].archives
    archived = sum(PAPER_CORPORA.archive(corpus, name).bytes for name in names)
    return (archived or entry.bytes / len(entry.parts)) / 1e9


# Speech of Chung et al. 2018, and its transcripts: the paper's corpora, but for the French one,
# which holds no French speech.
HEARD_PARTS = {
    "en": [
        ("librispeech", part)
        for part in (
            "train-clean-100",
            "train-clean-360",
            "train-other-500",
            "dev-clean",
            "test-clean",
        )
    ],
    "fr": [("mls", "french")],
    "de": [("spoken_wikipedia", "german")],
    "swc": [("spoken_wikipedia", "english")],
}


def manifests(kind):
    """Manifests of the parts that a language is heard in."""
    return lambda w: [
        f"{PREPARED}/{corpus}/{part}/{kind}.jsonl.gz"
        for corpus, part in HEARD_PARTS[w.speech]
    ]


def parts_speaking(corpus, languages):
    """The part of a corpus in each language, or an error in one line."""
    parts = {
        entry.language: part
        for part, entry in PAPER_CORPORA.corpus(corpus).parts.items()
    }
    missing = [language for language in languages if language not in parts]
    if missing:
        sys.exit(
            f"crosstalk: error: {corpus} has no {' '.join(missing)}: ask for languages among "
            f"{' '.join(sorted(parts))}, or name a part in workflow/paper_corpora.yaml"
        )
    return [parts[language] for language in languages]


def supervisions_of(corpus, part):
    """What is said in a part; of Common Voice, only an hour of training speech has labels."""
    if corpus == "common_voice":
        return f"{WORK}/labelled/{part}.jsonl.gz"
    return f"{PREPARED}/{corpus}/{part}/supervisions.jsonl.gz"


def prepared_parts(corpus, languages):
    """What is packed of a paper's corpus."""
    parts = parts_speaking(corpus, languages)
    return ToPack(
        recordings=[f"{PREPARED}/{corpus}/{p}/recordings.jsonl.gz" for p in parts],
        supervisions=[supervisions_of(corpus, part) for part in parts],
        audio=[file for part in parts for file in flac_files(corpus, part)],
        hours=sum(PAPER_CORPORA.corpus(corpus).parts[part].hours for part in parts),
    )
