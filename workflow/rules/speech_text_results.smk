"""Figures and tables of Chung et al. 2018 beyond those that every paper has.

REQUIRED INPUTS
    results/{scale}/chung2018/tables/    tables (results.smk)
    work/{scale}/chung2018/              spaces, maps and answers (speech_text.smk)
OUTPUTS
    results/{scale}/chung2018/figures/   ladder, supervision, projection, boundaries
    results/{scale}/chung2018/examples/  what they are drawn from
    results/{scale}/chung2018/tables/    table_4
"""

CURVES = [(rung, seed) for rung in PAIRED for seed in P.seeds]
PROJECTED = ("speech2vec", "units", "text")
RECORDS += [
    f"{CHUNG}/runs/{job}.json"
    for job in [
        "plot_ladder",
        "gather_supervision",
        "plot_supervision",
        "list_neighbours",
        *(f"project_spaces-{system}" for system in PROJECTED),
        "plot_projection",
        *(f"pick_utterance-{speech}" for speech in LANGUAGES),
        "plot_boundaries",
    ]
]


localrules:
    plot_ladder,
    gather_supervision,
    plot_supervision,
    list_neighbours,
    project_spaces,
    plot_projection,
    pick_utterance,
    plot_boundaries,


rule plot_ladder:
    """Draw the ladder of controls: what each map answers, how often it is found."""
    input:
        ladder=f"{CHUNG}/tables/ladder.csv",
        success=f"{CHUNG}/tables/success.csv",
        metrics=f"{CHUNG}/metrics.csv",
        reference="workflow/reference/chung2018.yaml",
        code=code_of("plot-ladder"),
    output:
        png=report(
            f"{CHUNG}/figures/ladder.png",
            category="chung2018",
            caption="../report/ladder.rst",
            labels={"kind": "figure", "name": "ladder"},
        ),
        pdf=f"{CHUNG}/figures/ladder.pdf",
        record=f"{CHUNG}/runs/plot_ladder.json",
    log:
        f"{LOGS}/plot_ladder.log",
    benchmark:
        f"{LOGS}/plot_ladder.tsv"
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
        python -m crosstalk plot-ladder \
            --cfg {params.cfg:q} \
            --ladder {input.ladder:q} \
            --success {input.success:q} \
            --metrics {input.metrics:q} \
            --reference {input.reference:q} \
            --png {output.png:q} \
            --pdf {output.pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule gather_supervision:
    """Put the supervision curves of all rungs and seeds together."""
    input:
        curves=[
            f"{WORK}/chung2018/supervision/{rung}-seed{seed}.csv"
            for rung, seed in CURVES
        ],
        code=code_of("gather-supervision"),
    output:
        summary=f"{CHUNG}/examples/supervision.csv",
        record=f"{CHUNG}/runs/gather_supervision.json",
    log:
        f"{LOGS}/gather_supervision.log",
    benchmark:
        f"{LOGS}/gather_supervision.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        rungs=[rung for rung, _ in CURVES],
    shell:
        """
        python -m crosstalk gather-supervision \
            --rungs {params.rungs:q} \
            --curves {input.curves:q} \
            --summary {output.summary:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule plot_supervision:
    """Draw precision against the number of known pairs."""
    input:
        summary=f"{CHUNG}/examples/supervision.csv",
        reference="workflow/reference/chung2018.yaml",
        code=code_of("plot-supervision"),
    output:
        png=report(
            f"{CHUNG}/figures/supervision.png",
            category="chung2018",
            caption="../report/supervision.rst",
            labels={"kind": "figure", "name": "supervision"},
        ),
        pdf=f"{CHUNG}/figures/supervision.pdf",
        record=f"{CHUNG}/runs/plot_supervision.json",
    log:
        f"{LOGS}/plot_supervision.log",
    benchmark:
        f"{LOGS}/plot_supervision.tsv"
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
        python -m crosstalk plot-supervision \
            --cfg {params.cfg:q} \
            --summary {input.summary:q} \
            --reference {input.reference:q} \
            --png {output.png:q} \
            --pdf {output.pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule list_neighbours:
    """List the nearest words of spoken words counted wrong (Table 4)."""
    input:
        words=f"{WORK}/chung2018/words/{BASE}-{BASE}-seed{P.seeds[0]}.parquet",
        target=text_space(BASE, P.seeds[0]),
        reference="workflow/reference/chung2018_table_4.csv",
        code=code_of("list-neighbours"),
    output:
        csv=f"{CHUNG}/tables/table_4.csv",
        markdown=f"{CHUNG}/tables/table_4.md",
        latex=f"{CHUNG}/tables/table_4.tex",
        html=report(
            f"{CHUNG}/tables/table_4.html",
            category="chung2018",
            caption="../report/table.rst",
            labels={"kind": "table", "name": "table_4"},
        ),
        record=f"{CHUNG}/runs/list_neighbours.json",
    log:
        f"{LOGS}/list_neighbours.log",
    benchmark:
        f"{LOGS}/list_neighbours.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        rows=["A*", "A", "units A*", "text A*"],
    shell:
        """
        python -m crosstalk list-neighbours \
            --rows {params.rows:q} \
            --words {input.words:q} \
            --target {input.target:q} \
            --reference {input.reference:q} \
            --csv {output.csv:q} \
            --markdown {output.markdown:q} \
            --latex {output.latex:q} \
            --html {output.html:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule project_spaces:
    """Project a space and the text space onto a plane, before and after mapping."""
    input:
        source=lambda w: source_space(f"{BASE}-{w.system}", P.seeds[0]),
        target=text_space(BASE, P.seeds[0]),
        mapping=lambda w: mapping_of(
            f"{BASE}-{w.system}", BASE, "supervised", P.seeds[0]
        ),
        code=code_of("project-spaces"),
    output:
        projection=f"{CHUNG}/examples/projection-{{system}}.csv",
        record=f"{CHUNG}/runs/project_spaces-{{system}}.json",
    log:
        f"{LOGS}/project_spaces-{{system}}.log",
    benchmark:
        f"{LOGS}/project_spaces-{{system}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    shell:
        """
        python -m crosstalk project-spaces \
            --source {input.source:q} \
            --target {input.target:q} \
            --mapping {input.mapping:q} \
            --projection {output.projection:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule plot_projection:
    """Draw spaces before and after mapping."""
    input:
        projections=[
            f"{CHUNG}/examples/projection-{system}.csv" for system in PROJECTED
        ],
        code=code_of("plot-projection"),
    output:
        png=report(
            f"{CHUNG}/figures/projection.png",
            category="chung2018",
            caption="../report/projection.rst",
            labels={"kind": "figure", "name": "projection"},
        ),
        pdf=f"{CHUNG}/figures/projection.pdf",
        record=f"{CHUNG}/runs/plot_projection.json",
    log:
        f"{LOGS}/plot_projection.log",
    benchmark:
        f"{LOGS}/plot_projection.tsv"
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
        python -m crosstalk plot-projection \
            --cfg {params.cfg:q} \
            --titles 'Speech2Vec' 'Speech units' 'Text of the spoken half' \
            --projections {input.projections:q} \
            --png {output.png:q} \
            --pdf {output.pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule pick_utterance:
    """Take one utterance of a language out, with its true words and those found without text."""
    input:
        audio=lambda w: spoken_files(w.speech),
        supervisions=f"{HEARD_FOLDER}/{{speech}}/supervisions.jsonl.gz",
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        words=lambda w: segmentation_path(w.speech, "words", 0),
        segmentations=lambda w: [
            segmentation_path(w.speech, s, P.seeds[0]) for s in SEGMENTERS.values()
        ],
        code=code_of("pick-utterance"),
    output:
        spectrogram=f"{CHUNG}/examples/spectrogram-{{speech}}.safetensors",
        boundaries=f"{CHUNG}/examples/boundaries-{{speech}}.csv",
        record=f"{CHUNG}/runs/pick_utterance-{{speech}}.json",
    log:
        f"{LOGS}/pick_utterance-{{speech}}.log",
    benchmark:
        f"{LOGS}/pick_utterance-{{speech}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=30,
    params:
        shift=SHIFT_MS,
    shell:
        """
        python -m crosstalk pick-utterance \
            --shift-ms {params.shift} \
            --names 'C  BES-GMM' 'D  ES-KMeans' 'E  SylSeg' 'F  equal chunks' \
            --audio {input.audio:q} \
            --supervisions {input.supervisions:q} \
            --utterances {input.utterances:q} \
            --words {input.words:q} \
            --segmentations {input.segmentations:q} \
            --spectrogram {output.spectrogram:q} \
            --boundaries {output.boundaries:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule plot_boundaries:
    """Draw an utterance of each language with its true words and those found without text."""
    input:
        spectrograms=[
            f"{CHUNG}/examples/spectrogram-{speech}.safetensors"
            for speech in LANGUAGES
        ],
        boundaries=[f"{CHUNG}/examples/boundaries-{speech}.csv" for speech in LANGUAGES],
        code=code_of("plot-boundaries"),
    output:
        png=report(
            f"{CHUNG}/figures/boundaries.png",
            category="chung2018",
            caption="../report/boundaries.rst",
            labels={"kind": "figure", "name": "boundaries"},
        ),
        pdf=f"{CHUNG}/figures/boundaries.pdf",
        record=f"{CHUNG}/runs/plot_boundaries.json",
    log:
        f"{LOGS}/plot_boundaries.log",
    benchmark:
        f"{LOGS}/plot_boundaries.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("present"),
        shift=SHIFT_MS,
        titles=[corpus_label(speech) for speech in LANGUAGES],
    shell:
        """
        python -m crosstalk plot-boundaries \
            --cfg {params.cfg:q} \
            --shift-ms {params.shift} \
            --titles {params.titles:q} \
            --spectrograms {input.spectrograms:q} \
            --boundaries {input.boundaries:q} \
            --png {output.png:q} \
            --pdf {output.pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """
