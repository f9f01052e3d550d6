"""Parameters, paths and helpers that every rule file uses. No science, no jobs."""

import os
import re
import sys
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


# Chung et al. 2018: which files a system stands for.


def encoder_model(wildcards):
    """The trained encoder is a result; the untrained one is not worth keeping."""
    folder = (
        f"{CHUNG}/models"
        if wildcards.encoder == "speech2vec"
        else f"{WORK}/chung2018/models"
    )
    return f"{folder}/{wildcards.encoder}-seed{wildcards.seed}.safetensors"


def system_space(wildcards):
    """The space that is mapped onto the text space."""
    if wildcards.system == "text":
        return f"{CHUNG}/models/word2vec-spoken-seed{wildcards.seed}.safetensors"
    return f"{SPACES}/{wildcards.system}-seed{wildcards.seed}.safetensors"


def test_tokens(wildcards):
    """Every row answers the same test tokens."""
    encoder = (
        wildcards.system if VECTORS[wildcards.system] == "tokens" else "speech2vec"
    )
    return f"{SPACES}/{encoder}-seed{wildcards.seed}.tokens.safetensors"
