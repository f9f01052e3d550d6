"""crosstalk: four papers on representations shared across languages and modalities.

    snakemake --cores all                         the default scale, every table and figure
    snakemake --cores all --config scale=smoke    the same DAG in minutes, without downloads
    snakemake --cores all tables                  tables only

Parameters are in params.yaml; rules in workflow/rules; the work itself in src/crosstalk.
"""

from snakemake.utils import min_version

min_version("9.27")


include: "workflow/rules/scheduling.smk"
include: "workflow/rules/common.smk"


wildcard_constraints:
    scale=P.scale,
    seed="|".join(str(seed) for seed in P.seeds),
    source="|".join(REGISTRY.sources),
    archive="|".join(
        re.escape(a.name) for s in REGISTRY.sources.values() for a in s.archives
    ),


report: "workflow/report/workflow.rst"


include: "workflow/rules/corpora.smk"


if P.scale == "paper":

    include: "workflow/rules/paper_corpora.smk"
    include: "workflow/rules/paper_grounding.smk"


include: "workflow/rules/speech_text.smk"
include: "workflow/rules/speech_text_results.smk"
include: "workflow/rules/xlsr.smk"
include: "workflow/rules/contextual.smk"
include: "workflow/rules/contextual_results.smk"
include: "workflow/rules/grounding.smk"
include: "workflow/rules/results.smk"


localrules:
    all,
    tables,
    figures,
    corpora,


rule all:
    """Everything: tables, figures, claims and provenance of the chosen scale."""
    default_target: True
    input:
        rules.tables.input,
        rules.figures.input,
        f"results/{P.scale}/parameters.html",
        f"results/{P.scale}/provenance.html",
        f"results/{P.scale}/costs.html",
        f"results/{P.scale}/index.html",
