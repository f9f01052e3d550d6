"""Parameters, paths and helpers that every rule file uses. No science, no jobs."""

import os
import re
import sys
from collections import namedtuple
from pathlib import Path

from crosstalk.corpora.registry import load_registry
from crosstalk.digest import canonical_json
from crosstalk.errors import CrosstalkError
from crosstalk.params.loader import load_params
from crosstalk.sources import module_files
from crosstalk.stages import STAGES

# Rules call `python`: make it the one that runs Snakemake, activated or not, here or on a node.
os.environ.update(
    PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()])
)
# Threads that wait should sleep: spinning ones starve the jobs beside them.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

try:
    P = load_params(Path(workflow.basedir) / "params.yaml", config)
    REGISTRY = load_registry(Path(workflow.basedir) / "workflow/corpora.yaml")
except CrosstalkError as error:
    sys.exit(
        f"crosstalk: error: {error}"
    )  # one line; a WorkflowError would print several

# At smoke scale the archives are built from the repository instead of fetched; everything
# after them is the same.
SMOKE = P.scale == "smoke"
DATA = "data/smoke" if SMOKE else "data"
WORK = f"work/{P.scale}"
RESULTS = f"results/{P.scale}"

# Run records of every job whose result a table may rest on; rule files add theirs.
RECORDS = []


def cfg(section):
    """The parameters a rule depends on, as one canonical JSON string.

    Snakemake compares params as an unnamed set, so a rule has one, and it has one spelling.
    """
    model = P
    for name in section.split("."):
        model = getattr(model, name)
    text = canonical_json(model)
    return lambda wildcards: text


def code_of(stage):
    """The sources a stage runs: inputs, so that changed code reruns and a clone does not."""
    files = module_files(STAGES[stage].partition(":")[0])
    return [os.path.relpath(path, workflow.basedir) for path in files]


def cfg_all(wildcards):
    """Every parameter, for the page that lists them."""
    return canonical_json(P)


def archives_of(source):
    """Where the archives of a corpus lie once they are fetched (at smoke scale: built)."""
    return [f"{DATA}/raw/{source}/{a.name}" for a in REGISTRY.source(source).archives]


def cfg_archive(wildcards):
    """The registry's entry of one archive: a change there fetches that archive alone."""
    entry = REGISTRY.source(wildcards.source).archive(wildcards.archive)
    return canonical_json(entry.model_dump(mode="json", exclude_none=True))


# Chung et al. 2018: which files a pair, a source and a system stand for.

System = namedtuple("System", "row vectors tokens space mapping")
Segmented = namedtuple("Segmented", "row column seed utterances segmentation")


def language_of(name):
    """The language of a text (`fr`, `bible`) or of a source (`fr-speech2vec`, `bible-text`)."""
    first = name.partition("-")[0]
    return "en" if first == "bible" else first


def column_name(speech, text):
    """As the paper names its columns: ENls-frls is English speech on French text."""
    return f"{speech.upper()}w-{'enb' if text == 'bible' else f'{text}w'}"


def ladder_rungs(base, pairs):
    """Source and text of each rung, as far as the pairs provide them."""
    across = (t for s, t in pairs if s == base and t not in (base, "bible"))
    other = next(across, None)
    rungs = {
        "rotated": (f"{base}-rotated", base),
        "same_text": (f"{base}-again", base),
        "disjoint_text": (f"{base}-text", base),
        "other_text": ("bible-text", base),
        "other_language": (f"{base}-text", other),
        "units": (f"{base}-units", base),
        "speech2vec": (f"{base}-speech2vec", base),
        "untrained": (f"{base}-untrained", base),
    }
    if base != "en":
        del rungs["other_text"]
    if other is None:
        del rungs["other_language"]
    return {rung: sides for rung, sides in rungs.items() if rung in P.chung2018.rungs}


def segmentation_path(speech, segments, seed):
    """True words do not depend on a seed."""
    name = segments if segments == "words" else f"{segments}-seed{seed}"
    return f"{WORK}/chung2018/segmentation/{speech}-{name}.safetensors"


def segmentation_of(wildcards):
    """The segments that an encoder is trained on, or embeds."""
    segments = wildcards.get("segments") or ENCODED[wildcards.encoded][0]
    return segmentation_path(wildcards.speech, segments, wildcards.seed)


def encoder_model(wildcards):
    """The trained encoder is a result; the untrained one is not worth keeping."""
    if wildcards.encoded == "untrained":
        name = f"untrained-{wildcards.speech}"
        return f"{WORK}/chung2018/models/{name}-seed{wildcards.seed}.safetensors"
    name = f"speech2vec-{wildcards.speech}-{ENCODED[wildcards.encoded][0]}"
    return f"{CHUNG}/models/{name}-seed{wildcards.seed}.safetensors"


def text_space(text, seed, half=None):
    """The space of a text: of its written half, or of all of it if nobody speaks it."""
    half = half or ("all" if text == "bible" else "written")
    return f"{CHUNG}/models/word2vec-{text}-{half}-seed{seed}.safetensors"


def text_messages(wildcards):
    """The messages of a text."""
    source = "bible" if wildcards.text == "bible" else "wesnoth"
    return f"{DATA}/prepared/{source}/messages.parquet"


def word2vec_seed(wildcards):
    """The same text again needs another seed, far from those of any run."""
    return int(wildcards.seed) + (1000 if wildcards.half == "again" else 0)


def source_space(source, seed):
    """The space that is mapped."""
    language, system = source.split("-")
    if system == "text":
        half = "all" if language == "bible" else "spoken"
        return text_space(language, seed, half)
    if system == "again":
        return text_space(language, seed, "again")
    return f"{SPACES}/{source}-seed{seed}.safetensors"


def mapping_of(source, text, method, seed):
    """The map from a source to a text."""
    return f"{ALIGNED}/{source}-{text}-{method}-seed{seed}.safetensors"


def rows_of(speech, text):
    """Rows of a column: the paper's, and the controls that it has."""
    rows = dict(PAPER_ROWS)
    if speech == text:
        kept = ("untrained", "units") + (("text", "rotated") if speech == BASE else ())
        rows |= {row: system for row, system in CONTROLS.items() if system[0] in kept}
    elif text != "bible":
        rows["text A*"] = CONTROLS["text A*"]
    return rows


def systems(wildcards):
    """What every row of a column asks with."""
    speech, text, seed = wildcards.speech, wildcards.text, wildcards.seed
    found = []
    for row, (system, method) in rows_of(speech, text).items():
        types = system in TYPES_ONLY
        spoken = source_space(f"{speech}-{'speech2vec' if types else system}", seed)
        found.append(
            System(
                row,
                "types" if types else "tokens",
                spoken.replace(".safetensors", ".tokens.safetensors"),
                source_space(f"{speech}-{system}", seed),
                mapping_of(f"{speech}-{system}", text, method, seed),
            )
        )
    return found


# Cruz Blandón et al. 2025: which models there are.

# Speech with pictures, and speech of the same languages without.
HEARD_SOURCES = ["tuxpaint", "asterisk"]


def conditions_of(duo):
    """Conditions of a pair of languages: whose speech a model hears."""
    alone = duo.split("-")
    controls = P.cruzblandon2025.controls
    return [
        *(f"mono-{language}" for language in alone),
        f"bi-{duo}",
        *(f"half-{language}" for language in alone if "half" in controls),
        *([f"disjoint-{duo}"] if "disjoint" in controls else []),
    ]


def grounding_conditions():
    """Every condition of every pair, with what `train-grounded` has to know of it."""
    heard = {}
    for duo in P.cruzblandon2025.pairs:
        for condition in conditions_of(duo):
            kind, _, languages = condition.partition("-")
            swapped = [
                c for c in P.cruzblandon2025.controls if c in ("shuffled", "text")
            ]
            variants = {"bi": ["alone", "pictures", *swapped], "disjoint": ["pictures"]}
            heard[condition] = {
                "languages": languages.split("-"),
                "kind": kind,
                "variants": variants.get(kind, ["alone", "pictures"]),
            }
    return heard
