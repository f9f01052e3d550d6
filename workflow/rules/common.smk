"""Parameters, paths and helpers that every rule file uses. No science, no jobs."""

import os
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from crosstalk.corpora.registry import load_registry
from crosstalk.digest import canonical_json
from crosstalk.errors import CrosstalkError
from crosstalk.params.loader import load_params
from crosstalk.sources import module_files
from crosstalk.stages import STAGES

# Rules call `python`: make it the one that runs Snakemake, activated or not, here or on a node.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

try:
    P = load_params(Path(workflow.basedir) / "params.yaml", config)
    REGISTRY = load_registry(Path(workflow.basedir) / "workflow/corpora.yaml")
except CrosstalkError as error:
    raise WorkflowError(f"crosstalk: error: {error}") from None

# At smoke scale the archives are built from the repository instead of fetched; everything
# after them is the same.
SMOKE = P.scale == "smoke"
DATA = "data/smoke" if SMOKE else "data"
WORK = f"work/{P.scale}"
RESULTS = f"results/{P.scale}"


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
    module = STAGES[stage].partition(":")[0]
    return [os.path.relpath(path, workflow.basedir) for path in module_files(module)]


def archives_of(source):
    """Where the archives of a corpus lie once they are fetched (at smoke scale: built)."""
    return [f"{DATA}/raw/{source}/{a.name}" for a in REGISTRY.source(source).archives]
