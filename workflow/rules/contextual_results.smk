"""Figures of Cao et al. 2020 beyond those that every paper has.

REQUIRED INPUTS
    results/{scale}/cao2020/tables/      tables (results.smk)
    results/{scale}/cao2020/examples/    retrieval and transfer by system and language (contextual.smk)
    results/{scale}/cao2020/history/     training curves (contextual.smk)
OUTPUTS
    results/{scale}/cao2020/figures/     transfer_by_retrieval, sizes, alignment
"""

RECORDS += [
    f"{CAO}/runs/{job}.json" for job in ["plot_related", "plot_sizes", "plot_alignment"]
]


localrules:
    plot_related,
    plot_sizes,
    plot_alignment,


rule plot_related:
    """Draw transfer against retrieval, over systems and languages."""
    input:
        related=f"{CAO}/examples/transfer_by_retrieval.csv",
        correlation=f"{CAO}/tables/correlation.csv",
        code=code_of("plot-related"),
    output:
        png=report(
            f"{CAO}/figures/transfer_by_retrieval.png",
            category="cao2020",
            caption="../report/transfer_by_retrieval.rst",
            labels={"kind": "figure", "name": "transfer by retrieval"},
        ),
        pdf=f"{CAO}/figures/transfer_by_retrieval.pdf",
        record=f"{CAO}/runs/plot_related.json",
    log:
        f"{CAO_LOGS}/plot_related.log",
    benchmark:
        f"{CAO_LOGS}/plot_related.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("present"),
    shell:
        """
        python -m crosstalk plot-related \
            --cfg {params.cfg:q} \
            --related {input.related:q} \
            --correlation {input.correlation:q} \
            --png {output.png:q} \
            --pdf {output.pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule plot_sizes:
    """Draw retrieval and transfer against the amount of parallel data."""
    input:
        amounts=f"{CAO}/tables/size.csv",
        reference="workflow/reference/cao2020.yaml",
        code=code_of("plot-sizes"),
    output:
        png=report(
            f"{CAO}/figures/sizes.png",
            category="cao2020",
            caption="../report/sizes.rst",
            labels={"kind": "figure", "name": "amount of data"},
        ),
        pdf=f"{CAO}/figures/sizes.pdf",
        record=f"{CAO}/runs/plot_sizes.json",
    log:
        f"{CAO_LOGS}/plot_sizes.log",
    benchmark:
        f"{CAO_LOGS}/plot_sizes.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("present"),
    shell:
        """
        python -m crosstalk plot-sizes \
            --cfg {params.cfg:q} \
            --amounts {input.amounts:q} \
            --reference {input.reference:q} \
            --png {output.png:q} \
            --pdf {output.pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule plot_alignment:
    """Draw the alignment's training curves."""
    input:
        histories=expand(f"{CAO}/history/aligned-seed{{seed}}.csv", seed=P.seeds),
        code=code_of("plot-history"),
    output:
        png=report(
            f"{CAO}/figures/alignment.png",
            category="cao2020",
            caption="../report/alignment.rst",
            labels={"kind": "figure", "name": "training"},
        ),
        pdf=f"{CAO}/figures/alignment.pdf",
        record=f"{CAO}/runs/plot_alignment.json",
    log:
        f"{CAO_LOGS}/plot_alignment.log",
    benchmark:
        f"{CAO_LOGS}/plot_alignment.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("present"),
    shell:
        """
        python -m crosstalk plot-history \
            --cfg {params.cfg:q} \
            --title 'Alignment loss' \
            --histories {input.histories:q} \
            --png {output.png:q} \
            --pdf {output.pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """
