"""Tables, figures, claims, provenance: made from metrics and run records alone.

REQUIRED INPUTS
    results/{scale}/<paper>/metrics.csv      one a paper
    workflow/reference/                      the papers' numbers and claims
OUTPUTS
    results/{scale}/<paper>/tables/          csv, md, tex, html
    results/{scale}/<paper>/figures/         png, pdf
    results/{scale}/<paper>/claims.csv       a verdict for each of its claims
    results/{scale}/claims.csv               those of all papers
    results/{scale}/provenance.csv           one row a job
    results/{scale}/costs.csv                one row a step
    results/{scale}/index.html               all of it on one page
"""

# Tables of numbers, and those of them that are drawn.
TABLES = {
    "chung2018": [
        "table_1",
        "table_3",
        "table_3_readings",
        "table_5",
        "table_5_readings",
        "table_6",
        "table_6_readings",
        "segmentation",
        "ladder",
        "success",
        "units",
        "homophones",
        "similarity",
        "utterances",
    ],
    "conneau2020": [
        *(f"table_{n}" for n in range(1, 7)),
        "sharing",
    ],
    "cao2020": [
        "retrieval",
        "readings",
        "kinds",
        "frequency",
        "script",
        "transfer",
        "protocols",
        "size",
        "correlation",
        "links",
        "bitext",
    ],
    "cruzblandon2025": [
        "gap",
        "abx",
        "gap_across",
        "abx_across",
        "languages",
        "retrieval",
        "boundaries",
    ],
}
FIGURES = {
    "chung2018": [
        "table_3",
        "table_5",
        "table_6",
        "segmentation",
        "homophones",
        "utterances",
    ],
    "conneau2020": ["table_1", "table_2", "table_3", "table_5", "table_6"],
    "cao2020": [
        "retrieval",
        "readings",
        "kinds",
        "frequency",
        "script",
        "transfer",
        "protocols",
    ],
    "cruzblandon2025": ["abx", "retrieval"],
}
# Resampled values, by which stage's questions: claims compare rows draw by draw.
DRAWS = {
    "chung2018": ["answers"],
    "conneau2020": ["errors"],
    "cao2020": ["answers"],
    "cruzblandon2025": ["gap", "answers"],
}
# What a paper has besides: its own tables and figures.
ALSO = {
    "chung2018": [
        "tables/table_4.csv",
        "figures/speech2vec_training.png",
        "figures/ladder.png",
        "figures/supervision.png",
        "figures/projection.png",
        "figures/boundaries.png",
    ],
    "conneau2020": [
        "figures/pretraining.png",
        "figures/sharing.png",
        "figures/hours.png",
    ],
    "cao2020": [
        "figures/transfer_by_retrieval.png",
        "figures/sizes.png",
        "figures/alignment.png",
    ],
    "cruzblandon2025": [
        "figures/gap.png",
        "figures/layers.png",
        "figures/training.png",
        "figures/retrieved.png",
        "figures/map.png",
    ],
}

RECORDS += [
    *expand(
        "{results}/{paper}/runs/{job}.json",
        results=RESULTS,
        paper=TABLES,
        job=["write_tables", "plot_tables", "judge_claims"],
    ),
    f"{CHUNG}/runs/plot_training.json",
    *expand(
        "{results}/runs/{job}.json",
        results=RESULTS,
        job=["write_corpora_table", "plot_corpora", "gather_claims"],
    ),
]


# Seconds each, as those below with `localrule`: a cluster's queue would take longer than they do.
localrules:
    plot_training,
    write_corpora_table,
    plot_corpora,
    gather_claims,
    describe_parameters,
    describe_provenance,
    describe_costs,
    draw_steps,
    write_index,


# All tables of a paper come from its metrics, so one process writes them: starting one takes longer.
for paper in TABLES:

    rule:
        name:
            f"write_tables_{paper}"
        input:
            metrics=f"{RESULTS}/{paper}/metrics.csv",
            reference=f"workflow/reference/{paper}.yaml",
            code=code_of("write-tables"),
        output:
            csv=[f"{RESULTS}/{paper}/tables/{table}.csv" for table in TABLES[paper]],
            markdown=[f"{RESULTS}/{paper}/tables/{table}.md" for table in TABLES[paper]],
            latex=[f"{RESULTS}/{paper}/tables/{table}.tex" for table in TABLES[paper]],
            html=[
                report(
                    f"{RESULTS}/{paper}/tables/{table}.html",
                    category=paper,
                    caption="../report/table.rst",
                    labels={"kind": "table", "name": table},
                )
                for table in TABLES[paper]
            ],
            record=f"{RESULTS}/{paper}/runs/write_tables.json",
        log:
            f"logs/{P.scale}/{paper}/write_tables.log",
        benchmark:
            f"logs/{P.scale}/{paper}/write_tables.tsv"
        localrule: True
        conda:
            "../../envs/environment.yml"
        threads: 1
        resources:
            mem_mb=memory(4000),
            runtime=30,
        params:
            level=getattr(P, paper).evaluation.level,
            scale=P.scale,
            tables=TABLES[paper],
        shell:
            """
            python -m crosstalk write-tables \
                --level {params.level:q} \
                --tables {params.tables} \
                --scale {params.scale:q} \
                --metrics {input.metrics:q} \
                --reference {input.reference:q} \
                --csv {output.csv:q} \
                --markdown {output.markdown:q} \
                --latex {output.latex:q} \
                --html {output.html:q} \
                --record {output.record:q} 2>&1 | tee {log:q}
            """

    rule:
        name:
            f"plot_tables_{paper}"
        input:
            csv=[f"{RESULTS}/{paper}/tables/{table}.csv" for table in FIGURES[paper]],
            reference=f"workflow/reference/{paper}.yaml",
            code=code_of("plot-tables"),
        output:
            png=[
                report(
                    f"{RESULTS}/{paper}/figures/{table}.png",
                    category=paper,
                    caption="../report/figure.rst",
                    labels={"kind": "figure", "name": table},
                )
                for table in FIGURES[paper]
            ],
            pdf=[f"{RESULTS}/{paper}/figures/{table}.pdf" for table in FIGURES[paper]],
            record=f"{RESULTS}/{paper}/runs/plot_tables.json",
        log:
            f"logs/{P.scale}/{paper}/plot_tables.log",
        benchmark:
            f"logs/{P.scale}/{paper}/plot_tables.tsv"
        localrule: True
        conda:
            "../../envs/environment.yml"
        threads: 1
        resources:
            mem_mb=memory(4000),
            runtime=30,
        params:
            cfg=cfg("present"),
            tables=FIGURES[paper],
        shell:
            """
            python -m crosstalk plot-tables \
                --cfg {params.cfg:q} \
                --tables {params.tables} \
                --csv {input.csv:q} \
                --reference {input.reference:q} \
                --png {output.png:q} \
                --pdf {output.pdf:q} \
                --record {output.record:q} 2>&1 | tee {log:q}
            """

    rule:
        name:
            f"judge_claims_{paper}"
        input:
            claims="workflow/reference/claims.yaml",
            reference=f"workflow/reference/{paper}.yaml",
            metrics=f"{RESULTS}/{paper}/metrics.csv",
            draws=expand(f"{RESULTS}/{paper}/draws/{{of}}.parquet", of=DRAWS[paper]),
            code=code_of("judge-claims"),
        output:
            csv=f"{RESULTS}/{paper}/claims.csv",
            markdown=f"{RESULTS}/{paper}/claims.md",
            record=f"{RESULTS}/{paper}/runs/judge_claims.json",
        log:
            f"logs/{P.scale}/{paper}/judge_claims.log",
        benchmark:
            f"logs/{P.scale}/{paper}/judge_claims.tsv"
        localrule: True
        conda:
            "../../envs/environment.yml"
        threads: 1
        resources:
            mem_mb=memory(4000),
            runtime=30,
        params:
            cfg=cfg(f"{paper}.evaluation"),
            scale=P.scale,
            paper=paper,
        shell:
            """
            python -m crosstalk judge-claims \
                --cfg {params.cfg:q} \
                --scale {params.scale:q} \
                --paper {params.paper:q} \
                --claims {input.claims:q} \
                --reference {input.reference:q} \
                --metrics {input.metrics:q} \
                --draws {input.draws:q} \
                --csv {output.csv:q} \
                --markdown {output.markdown:q} \
                --record {output.record:q} 2>&1 | tee {log:q}
            """


rule plot_training:
    """Draw Speech2Vec's training curves."""
    input:
        histories=expand(
            f"{CHUNG}/history/{{training}}-seed{{seed}}.csv",
            training=[f"speech2vec-{BASE}-words", *[LONGER] * (LONGER in RUNGS)],
            seed=P.seeds,
        ),
        code=code_of("plot-history"),
    output:
        png=report(
            f"{CHUNG}/figures/speech2vec_training.png",
            category="chung2018",
            caption="../report/speech2vec_training.rst",
            labels={"kind": "figure", "name": "training"},
        ),
        pdf=f"{CHUNG}/figures/speech2vec_training.pdf",
        record=f"{CHUNG}/runs/plot_training.json",
    log:
        f"logs/{P.scale}/chung2018/plot_training.log",
    benchmark:
        f"logs/{P.scale}/chung2018/plot_training.tsv"
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
            --title 'Speech2Vec training loss' \
            --histories {input.histories:q} \
            --png {output.png:q} \
            --pdf {output.pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule write_corpora_table:
    """Write what the corpora hold: hours, utterances, speakers, words, vocabulary."""
    input:
        corpora=f"{DATA}/prepared/corpora.csv",
        code=code_of("write-corpora-table"),
    output:
        csv=f"{RESULTS}/tables/corpora.csv",
        markdown=f"{RESULTS}/tables/corpora.md",
        latex=f"{RESULTS}/tables/corpora.tex",
        html=report(
            f"{RESULTS}/tables/corpora.html",
            category="corpora",
            caption="../report/corpora.rst",
            labels={"kind": "table", "name": "corpora"},
        ),
        record=f"{RESULTS}/runs/write_corpora_table.json",
    log:
        f"logs/{P.scale}/write_corpora_table.log",
    benchmark:
        f"logs/{P.scale}/write_corpora_table.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        scale=P.scale,
    shell:
        """
        python -m crosstalk write-corpora-table \
            --scale {params.scale:q} \
            --corpora {input.corpora:q} \
            --csv {output.csv:q} \
            --markdown {output.markdown:q} \
            --latex {output.latex:q} \
            --html {output.html:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule plot_corpora:
    """Draw what the corpora hold, by source and language."""
    input:
        corpora=f"{RESULTS}/tables/corpora.csv",
        code=code_of("plot-corpora"),
    output:
        png=report(
            f"{RESULTS}/figures/corpora.png",
            category="corpora",
            caption="../report/corpora.rst",
            labels={"kind": "figure", "name": "corpora"},
        ),
        pdf=f"{RESULTS}/figures/corpora.pdf",
        record=f"{RESULTS}/runs/plot_corpora.json",
    log:
        f"logs/{P.scale}/plot_corpora.log",
    benchmark:
        f"logs/{P.scale}/plot_corpora.tsv"
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
        python -m crosstalk plot-corpora \
            --cfg {params.cfg:q} \
            --corpora {input.corpora:q} \
            --png {output.png:q} \
            --pdf {output.pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


config["verdicts"] = verdict_rows()
# The end of every caption.
config["again"] = (
    "Made by the rule ``{job.rule}``. To make it again: ``snakemake --cores all "
    f"--config scale={P.scale} --force -- {{job.output[0]}}``"
)


rule gather_claims:
    """Put the claims of all papers on one page."""
    input:
        judged=expand(f"{RESULTS}/{{paper}}/claims.csv", paper=TABLES),
        code=code_of("gather-claims"),
    output:
        csv=f"{RESULTS}/claims.csv",
        markdown=f"{RESULTS}/claims.md",
        verdicts=f"{RESULTS}/verdicts.md",
        html=report(
            f"{RESULTS}/claims.html",
            category="claims",
            caption="../report/claims.rst",
            labels={"kind": "table", "name": "claims"},
        ),
        record=f"{RESULTS}/runs/gather_claims.json",
    log:
        f"logs/{P.scale}/gather_claims.log",
    benchmark:
        f"logs/{P.scale}/gather_claims.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        scale=P.scale,
    shell:
        """
        python -m crosstalk gather-claims \
            --scale {params.scale:q} \
            --judged {input.judged:q} \
            --csv {output.csv:q} \
            --markdown {output.markdown:q} \
            --verdicts {output.verdicts:q} \
            --html {output.html:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule describe_parameters:
    """Write every parameter of the run, resolved."""
    input:
        code=code_of("describe-parameters"),
    output:
        json_file=f"{RESULTS}/parameters.json",
        html_file=report(
            f"{RESULTS}/parameters.html",
            category="provenance",
            caption="../report/parameters.rst",
            labels={"kind": "page", "name": "parameters"},
        ),
    log:
        f"logs/{P.scale}/describe_parameters.log",
    benchmark:
        f"logs/{P.scale}/describe_parameters.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg_all,
    shell:
        """
        python -m crosstalk describe-parameters \
            --cfg {params.cfg:q} \
            --json-file {output.json_file:q} \
            --html-file {output.html_file:q} 2>&1 | tee {log:q}
        """


rule describe_provenance:
    """Gather the run records of every job: code, inputs, outputs, device, cost."""
    input:
        lock="envs/requirements.txt",
        records=RECORDS,
        code=code_of("describe-provenance"),
    output:
        csv=f"{RESULTS}/provenance.csv",
        html_file=report(
            f"{RESULTS}/provenance.html",
            category="provenance",
            caption="../report/provenance.rst",
            labels={"kind": "page", "name": "provenance"},
        ),
    log:
        f"logs/{P.scale}/describe_provenance.log",
    benchmark:
        f"logs/{P.scale}/describe_provenance.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        scale=P.scale,
    shell:
        """
        python -m crosstalk describe-provenance \
            --scale {params.scale:q} \
            --lock {input.lock:q} \
            --records {input.records:q} \
            --csv {output.csv:q} \
            --html-file {output.html_file:q} 2>&1 | tee {log:q}
        """


rule describe_costs:
    """Add up the cost of every job: hours, GPU hours, memory, by paper and step."""
    input:
        records=RECORDS,
        code=code_of("describe-costs"),
    output:
        csv=f"{RESULTS}/costs.csv",
        markdown=f"{RESULTS}/costs.md",
        html=report(
            f"{RESULTS}/costs.html",
            category="provenance",
            caption="../report/costs.rst",
            labels={"kind": "table", "name": "costs"},
        ),
    log:
        f"logs/{P.scale}/describe_costs.log",
    benchmark:
        f"logs/{P.scale}/describe_costs.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        scale=P.scale,
    shell:
        """
        python -m crosstalk describe-costs \
            --scale {params.scale:q} \
            --records {input.records:q} \
            --csv {output.csv:q} \
            --markdown {output.markdown:q} \
            --html {output.html:q} 2>&1 | tee {log:q}
        """


# Every table and figure of a paper, and those of all papers, with the caption of each figure.
ALL_TABLES = [
    f"{RESULTS}/{paper}/{name}"
    for paper in TABLES
    for name in [
        *(f"tables/{table}.csv" for table in TABLES[paper]),
        *(name for name in ALSO[paper] if name.startswith("tables/")),
    ]
]
CAPTIONS = {
    **{
        f"{RESULTS}/{paper}/figures/{table}.png": "figure"
        for paper in FIGURES
        for table in FIGURES[paper]
    },
    **{
        f"{RESULTS}/{paper}/{name}": Path(name).stem
        for paper in ALSO
        for name in ALSO[paper]
        if name.startswith("figures/")
    },
    f"{RESULTS}/figures/corpora.png": "corpora",
}


rule draw_steps:
    """Draw how the results of each paper come about: its steps, and which needs which."""
    input:
        records=RECORDS,
        code=code_of("draw-steps"),
    output:
        svgs=expand(f"{RESULTS}/figures/steps-{{paper}}.svg", paper=TABLES),
    log:
        f"logs/{P.scale}/draw_steps.log",
    benchmark:
        f"logs/{P.scale}/draw_steps.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        papers=list(TABLES),
    shell:
        """
        python -m crosstalk draw-steps \
            --papers {params.papers} \
            --records {input.records:q} \
            --svgs {output.svgs:q} 2>&1 | tee {log:q}
        """


rule write_index:
    """Write the page to open first: verdicts, tables and figures, and how each was made."""
    input:
        references=expand("workflow/reference/{paper}.yaml", paper=TABLES),
        claims=f"{RESULTS}/claims.csv",
        costs=f"{RESULTS}/costs.csv",
        tables=ALL_TABLES,
        figures=list(CAPTIONS),
        captions=[f"workflow/report/{name}.rst" for name in CAPTIONS.values()],
        steps=expand(f"{RESULTS}/figures/steps-{{paper}}.svg", paper=TABLES),
        code=code_of("write-index"),
    output:
        html=f"{RESULTS}/index.html",
    log:
        f"logs/{P.scale}/write_index.log",
    benchmark:
        f"logs/{P.scale}/write_index.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        levels=[getattr(P, paper).evaluation.level for paper in TABLES],
        scale=P.scale,
    shell:
        """
        python -m crosstalk write-index \
            --levels {params.levels} \
            --scale {params.scale:q} \
            --references {input.references:q} \
            --claims {input.claims:q} \
            --costs {input.costs:q} \
            --tables {input.tables:q} \
            --figures {input.figures:q} \
            --captions {input.captions:q} \
            --steps {input.steps:q} \
            --html {output.html:q} 2>&1 | tee {log:q}
        """


rule tables:
    """Every table of the chosen scale, and the claims."""
    input:
        ALL_TABLES,
        f"{RESULTS}/tables/corpora.csv",
        f"{RESULTS}/claims.csv",


rule figures:
    """Every figure of the chosen scale."""
    input:
        list(CAPTIONS),


rule chung2018:
    """Every table, figure, model and metric of Chung et al. 2018."""
    input:
        results_of("chung2018", TABLES, FIGURES, ALSO),


rule conneau2020:
    """Every table, figure, model and metric of Conneau et al. 2020 (XLSR)."""
    input:
        results_of("conneau2020", TABLES, FIGURES, ALSO),


rule cao2020:
    """Every table, figure, model and metric of Cao et al. 2020."""
    input:
        results_of("cao2020", TABLES, FIGURES, ALSO),


rule cruzblandon2025:
    """Every table, figure, model and metric of Cruz Blandón et al. 2025."""
    input:
        results_of("cruzblandon2025", TABLES, FIGURES, ALSO),
