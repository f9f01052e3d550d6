"""Parameters, paths and helpers that every rule file uses. No science, no jobs."""

import os
import re
import sys
from collections import namedtuple
from math import ceil
from pathlib import Path

from crosstalk.corpora.registry import load_registry
from crosstalk.digest import canonical_json
from crosstalk.errors import CrosstalkError
from crosstalk.params.loader import load_params
from crosstalk.sources import module_files
from crosstalk.stages import STAGES
from crosstalk.training.lease import visible_gpus

# Rules call `python`: make it the one that runs Snakemake, activated or not, here or on a node.
os.environ.update(
    PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()])
)
# Without it every job compiles its libraries anew, for longer than most jobs run.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
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
# At paper scale Chung et al. 2018 and Cao et al. 2020 read their papers' corpora (paper_corpora.smk).
PAPER = P.scale == "paper"
# A job that holds all frames of a corpus: 500 hours of MFCC are 10 GB, and a copy is made.
CORPUS_MB = 48000 if PAPER else 8000
WORK = f"work/{P.scale}"
RESULTS = f"results/{P.scale}"

# GPUs of this machine, which on a cluster is not the one that computes.
HERE_GPUS = [] if os.environ.get("CROSSTALK_DEVICE") == "cpu" else visible_gpus()[0]

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


def results_of(paper, tables, figures, also):
    """What a paper comes to. Its records are asked for too: a job that fails takes its files with it,
    and Snakemake does not miss what only made something that is still there."""
    folder = f"{RESULTS}/{paper}"
    return [
        *(record for record in RECORDS if record.startswith(f"{folder}/")),
        *(f"{folder}/tables/{table}.csv" for table in tables[paper]),
        *(f"{folder}/figures/{figure}.png" for figure in figures[paper]),
        *(f"{folder}/{name}" for name in also[paper]),
        f"{folder}/metrics.csv",
        f"{folder}/claims.csv",
    ]


def verdict_rows():
    """Cells of the table of verdicts, for the report's start page; none before the first run."""
    page = Path(f"{RESULTS}/verdicts.md")
    lines = page.read_text().splitlines() if page.is_file() else []
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return cells[:1] + cells[2:]


def cfg_all(wildcards):
    """Every parameter, for the page that lists them."""
    return canonical_json(P)


def memory(megabytes):
    """A job that is tried again may have run out of it: the second time it asks for twice as much."""
    return lambda wildcards, attempt: megabytes * attempt


def one_gpu(wildcards):
    """A job that computes on a GPU: on a cluster, or where there is one. Elsewhere cores decide."""
    return 0 if workflow.local_exec and not HERE_GPUS else 1


def archives_of(source):
    """Where the archives of a corpus lie once they are fetched (at smoke scale: built)."""
    return [f"{DATA}/raw/{source}/{a.name}" for a in REGISTRY.source(source).archives]


def cfg_archive(wildcards):
    """The registry's entry of one archive: a change there fetches that archive alone."""
    entry = REGISTRY.source(wildcards.source).archive(wildcards.archive)
    return canonical_json(entry.model_dump(mode="json", exclude_none=True))


def cfg_with(section, **changes):
    """As ``cfg``, with some values changed."""
    model = P
    for name in section.split("."):
        model = getattr(model, name)
    text = canonical_json(model.model_copy(update=changes))
    return lambda wildcards: text


# Chung et al. 2018: which files a pair, a source and a system stand for.

PAPER_LABELS = {"en": "ENls", "fr": "FRls", "de": "DEswc", "swc": "ENswc"}
System = namedtuple("System", "row vectors tokens space mapping")
Segmented = namedtuple("Segmented", "row column seed utterances segmentation")


def language_of(name):
    """The language of a text (`fr`, `bible`) or of a source (`fr-speech2vec`, `bible-text`)."""
    first = name.partition("-")[0]
    return {"bible": "en", "swc": "en"}.get(first, first)


def corpus_label(name):
    """A language and its corpus as the paper writes them: ENls, or ENw for ours."""
    if name == "bible":
        return "ENb"
    return PAPER_LABELS[name] if PAPER else f"{name.upper()}w"


def corpus_row(name):
    """A row of Table 1: EN_ls, or ENw for ours."""
    label = corpus_label(name)
    return f"{label[:2]}_{label[2:]}" if PAPER else label


def column_name(speech, text):
    """As the paper names its columns: ENls-frls is English speech on French text."""
    return f"{corpus_label(speech)}-{corpus_label(text).lower()}"


def ladder_rungs(base, pairs):
    """Source and text of each rung, as far as the pairs provide them."""
    across = (t for s, t in pairs if s == base and language_of(t) != language_of(base))
    other = next(across, None)
    rungs = {
        "rotated": (f"{base}-rotated", base),
        "same_text": (f"{base}-again", base),
        "disjoint_text": (f"{base}-text", base),
        "other_text": ("bible-text", base),
        "other_language": (f"{base}-text", other),
        "transcript": (f"{base}-transcript", base),
        "misheard": (f"{base}-misheard", base),
        "taught_units": (f"{base}-taught_units", base),
        "units": (f"{base}-units", base),
        "speech2vec_longer": (f"{base}-speech2vec_longer", base),
        "speech2vec": (f"{base}-speech2vec", base),
        "untrained": (f"{base}-untrained", base),
    }
    if base != "en":
        del rungs["other_text"]
    if other is None:
        del rungs["other_language"]
    if not taught_by(base, pairs):
        del rungs["taught_units"]
    return {rung: sides for rung, sides in rungs.items() if rung in P.chung2018.rungs}


def taught_by(base, pairs):
    """Corpora whose words a listener learns who then hears another language."""
    spoken = sorted({speech for speech, _ in pairs})
    return [name for name in spoken if language_of(name) != language_of(base)]


def segmentation_path(speech, segments, seed):
    """True words do not depend on a seed."""
    name = segments if segments == "words" else f"{segments}-seed{seed}"
    return f"{WORK}/chung2018/segmentation/{speech}-{name}.safetensors"


def encoder_model(speech, encoded, seed):
    """The trained encoder is a result; the untrained one is not worth keeping."""
    if encoded == "untrained":
        return f"{WORK}/chung2018/models/untrained-{speech}-seed{seed}.safetensors"
    if encoded == LONGER:
        return f"{CHUNG}/models/{encoded}-seed{seed}.safetensors"
    segments = ENCODED[encoded][0]
    return f"{CHUNG}/models/speech2vec-{speech}-{segments}-seed{seed}.safetensors"


def text_space(text, seed, half=None):
    """The space of a text: of its written half, or of all of it if nobody speaks it."""
    half = half or ("all" if text == "bible" else "written")
    return f"{CHUNG}/models/word2vec-{text}-{half}-seed{seed}.safetensors"


def text_messages(wildcards):
    """The messages of a text."""
    if PAPER and wildcards.text != "bible":
        return f"{HEARD_FOLDER}/{wildcards.text}/messages.parquet"
    source = "bible" if wildcards.text == "bible" else "wesnoth"
    return f"{DATA}/prepared/{source}/messages.parquet"


def spoken_files(speech):
    """The files with the speech of a language: synthesised, or of the paper's corpora."""
    if PAPER:
        return [file for part in HEARD_PARTS[speech] for file in flac_files(*part)]
    return [f"{SPOKEN}/{speech}/audio.flac"]


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
        kept = ("untrained", "units")
        if speech == BASE:
            kept += ("text", "rotated") + ("taught_units",) * ("taught_units" in RUNGS)
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


# Conneau et al. 2020: what is pretrained, what is fine-tuned from it, and whose errors count where.

# Model section, audio (`language` or `language:minutes`), and how languages are balanced.
Pretraining = namedtuple("Pretraining", "model audio alpha")
# From which pretraining, on which labels, and what learns.
Tuning = namedtuple(
    "Tuning", "pretraining languages labels minutes vocabulary protocol"
)
# Manifests and audio that `pack-speech` reads, and the length of those too long to be packed at once.
ToPack = namedtuple("ToPack", "recordings supervisions audio hours")
# A cell of a table: the errors of one fine-tuned model.
Cell = namedtuple("Cell", "table row column language measure tuning")

# At paper scale Tables 2 to 4 are of telephone speech (BABEL), with models that have heard no other:
# their names say so. At other scales all tables share their models.
TELEPHONE = "babel_" if PAPER else ""
TELEPHONE_TABLES = ["table_2", "table_3", "table_4"]
# Columns of BABEL whose names in the paper are not the codes of the languages.
PAPER_COLUMNS = {"tpi": "tp", "yue": "zh"}


def pack_of(pretraining):
    """The packed speech that a model has heard and is fine-tuned and tested on."""
    if not PAPER:
        return "speech"
    return "babel" if pretraining.startswith(TELEPHONE) else "common_voice"


def xlsr_languages(pretrainings, tunings):
    """Languages of each pack that some model hears, or that one is fine-tuned on."""
    heard = {"common_voice": set(), "babel": set()}
    for name, pretraining in pretrainings.items():
        heard[pack_of(name)] |= {part.partition(":")[0] for part in pretraining.audio}
    for tuning in tunings.values():
        heard[pack_of(tuning.pretraining)] |= set(tuning.languages)
    return {pack: sorted(languages) for pack, languages in heard.items() if languages}


def prepared_sources(sources):
    """What is packed of the miniature's sources; at paper scale see `prepared_parts`."""
    folders = [f"{DATA}/prepared/{source}" for source in sources]
    return ToPack(
        recordings=[f"{folder}/recordings.jsonl.gz" for folder in folders],
        supervisions=[f"{folder}/supervisions.jsonl.gz" for folder in folders],
        audio=[f"{folder}/audio.flac" for folder in folders],
        hours=0,
    )


def xlsr_pretrainings(params):
    """Every model that a row of a table may start from; `none` is as drawn."""
    home, alpha = list(params.languages), params.pretrain.alpha
    of = params.compared
    telephone = list(of.spelt) if PAPER else home
    alone = {
        *(f"only_{l}" for l in of.seen + of.contrast),
        *(f"{TELEPHONE}only_{l}" for l in of.spelt + of.unseen),
    }
    little = [f"{language}:{params.little_minutes:g}" for language in of.similar]
    return {
        "all": Pretraining("model", home, alpha),
        "unbalanced": Pretraining("model", home, 1.0),
        "large": Pretraining("large", home, alpha),
        f"{TELEPHONE}all": Pretraining("model", telephone, alpha),
        f"{TELEPHONE}large": Pretraining("large", telephone, alpha),
        "english": Pretraining("model", ["en"], alpha),
        **{
            name: Pretraining("model", [name.rpartition("_")[2]], alpha)
            for name in sorted(alone)
        },
        **{f"little_{l}": Pretraining("model", little, alpha) for l in of.similar},
        **{
            f"little_{l}_and_{donor}": Pretraining(
                "model", with_donor(l, donor, params), alpha
            )
            for l in of.similar
            for donor in params.donors
        },
    }


def with_donor(language, donor, params):
    """A little of a language, and more of another (or of itself)."""
    if language == donor:
        return [f"{language}:{params.little_minutes + params.donor_minutes:g}"]
    return [
        f"{language}:{params.little_minutes:g}",
        f"{donor}:{params.donor_minutes:g}",
    ]


def amount_name(minutes):
    """How the rows of Table 5 are named."""
    if not minutes:
        return "all"
    return f"{minutes:g} min" if minutes < 60 else f"{minutes / 60:g} h"


def xlsr_cells(params):
    """Every cell of the tables that the chosen systems fill."""
    of, systems = params.compared, params.systems
    rows = {
        "scratch": ("From scratch", lambda l: "none"),
        "english": ("XLSR-English", lambda l: "english"),
        "monolingual": ("XLSR-Monolingual", lambda l: f"only_{l}"),
        "unbalanced": ("XLSR-10 unbalanced", lambda l: "unbalanced"),
        "multilingual": ("XLSR-10", lambda l: "all"),
        "large": ("XLSR-10 Large", lambda l: "large"),
    }
    short = params.labelled_minutes
    cells = []

    def add(table, row, language, measure, pretraining, minutes, **how):
        labels = "phones" if measure == "PER" else "characters"
        chosen = {
            "languages": (language,),
            "vocabulary": "shared",
            "protocol": params.protocol,
        } | how
        if chosen["protocol"] == "full" and pretraining == "none":
            chosen["protocol"] = "all"
        if table in TELEPHONE_TABLES:
            pretraining = f"{TELEPHONE}{pretraining}"
        tuning = Tuning(
            pretraining=pretraining, labels=labels, minutes=minutes, **chosen
        )
        cells.append(Cell(table, row, xlsr_column(language), language, measure, tuning))

    for system, (row, start) in rows.items():
        if system not in systems:
            continue
        for l in of.seen:
            add("table_1", row, l, "PER", start(l), short)
        for l in of.contrast:
            if system in ("scratch", "monolingual", "multilingual"):
                other = (
                    f"{row}, {'all tuned' if params.protocol == 'frozen' else 'frozen'}"
                )
                protocol = "full" if params.protocol == "frozen" else "frozen"
                add("table_1", other, l, "PER", start(l), short, protocol=protocol)
                if system != "scratch":
                    every = f"{row}, convolutions too"
                    add("table_1", every, l, "PER", start(l), short, protocol="all")
        for l in of.spelt:
            if system in ("scratch", "monolingual", "multilingual", "large"):
                add("table_2", row, l, "CER", start(l), 0)
        for l in of.unseen:
            if system in ("scratch", "monolingual", "multilingual", "large"):
                add("table_3", row, l, "CER", start(l), 0)
            if system in ("scratch", "multilingual"):
                add("table_4", row, l, "WER with LM", start(l), 0)
            if system == "multilingual":
                add("table_4", f"{row}, greedy", l, "WER", start(l), 0)
        for l in of.amounts:
            if system in ("scratch", "english", "multilingual"):
                for minutes in params.amounts_minutes:
                    amount = f"{row}, {amount_name(minutes)}"
                    add("table_5", amount, l, "CER", start(l), minutes)
    # Below paper scale there is no time for the larger model.
    sizes = {"": "all"} | ({" Large": "large"} if PAPER and "large" in systems else {})
    for vocabulary in ("separate", "shared"):
        for size, start in sizes.items():
            if vocabulary not in systems:
                continue
            row = f"XLSR-10 {vocabulary} vocab{size}"
            joint = {"languages": of.seen, "vocabulary": vocabulary}
            for l in of.seen:
                add("table_1", row, l, "PER", start, short, **joint)
            joint["languages"] = of.spelt
            for l in of.spelt:
                if vocabulary == "separate" and len(of.spelt) > 1:
                    add("table_2", row, l, "CER", start, 0, **joint)
    for l in of.similar:
        add("table_6", "Nothing added", l, "PER", f"little_{l}", short)
        for donor in params.donors:
            start = f"little_{l}_and_{donor}"
            add("table_6", f"{donor} added", l, "PER", start, short)
    return cells


def xlsr_column(language):
    """Of a table: the paper's own at its scale, as the languages are then measured on its corpora."""
    return PAPER_COLUMNS.get(language, language) if PAPER else language.upper()


def tuning_name(tuning):
    """Its file's name."""
    return "-".join(
        [
            tuning.pretraining,
            "_".join(tuning.languages),
            tuning.labels,
            f"{tuning.minutes:g}min" if tuning.minutes else "all",
            tuning.vocabulary,
            tuning.protocol,
        ]
    )


def pretrained_model(pretraining, seed):
    """The trained model is a result; one as drawn is not worth keeping."""
    if pretraining.endswith("none"):
        return f"{WORK}/conneau2020/none-seed{seed}.safetensors"
    return f"{CONNEAU}/models/{pretraining}-seed{seed}.safetensors"


def cells_of(table):
    """Cells of one table; its models have one pack."""
    return [cell for cell in XLSR_CELLS if cell.table == table]


def packed_file(kind, pack):
    """The frames of a pack, or the table of its cuts."""
    name = f"packed-{pack}" if PAPER else "packed"
    return f"{XLSR_WORK}/{name}.{'safetensors' if kind == 'frames' else 'parquet'}"


def packed(kind, pretraining):
    """The same of the pack that a model has heard."""
    return packed_file(kind, pack_of(pretraining))


# Cao et al. 2020: what makes an aligned encoder, and which encoder a job takes.

VARIANTS = {
    "random_links": {"links": "random"},
    "own_links": {},
    "ends_only": {"links": "ends"},
    "live_target": {"target": "live"},
    "no_regulariser": {"regularisation": 0.0},
}


def cfg_aligned(wildcards):
    """The alignment of a system: the method, with fewer pairs or one thing changed."""
    sizes = dict(zip(["aligned_small", "aligned_medium"], P.cao2020.smaller))
    fewer = {system: {"pairs": pairs} for system, pairs in sizes.items()}
    changes = (VARIANTS | fewer | {"aligned": {}})[wildcards.aligned]
    return canonical_json(P.cao2020.alignment.model_copy(update=changes))


def linked_pairs(wildcards):
    """The linked words that a system is aligned by: the aligner's, or the base's own."""
    own = f"pairs-vectors-seed{wildcards.seed}"
    name = own if wildcards.aligned == "own_links" else "pairs-train"
    return f"{CONTEXTUAL}/{name}.parquet"


def aligned_models(wildcards):
    """The encoders that are compared with the base."""
    return [
        f"{CAO}/models/{system}-seed{wildcards.seed}.safetensors"
        for system in ALIGNED_SYSTEMS
    ]


def tuned_model(wildcards):
    """What is tuned: translate-train starts from the base."""
    model = "base" if wildcards.tuned == "translate_train" else wildcards.tuned
    return f"{CAO}/models/{model}-seed{wildcards.seed}.safetensors"


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


def chosen(corpora):
    """What is chosen of some parts."""
    return [f"{CHOSEN}/{corpus}-{part}.jsonl.gz" for corpus, part in corpora]


def hours_of(w):
    """Hours of training and of test speech."""
    return (CAPTION_HOURS | SPEECH_HOURS)[w.corpus, w.part]
