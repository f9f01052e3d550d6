"""Conneau et al. 2020 (XLSR): pretraining on many languages, fine-tuning on labels, error rates.

REQUIRED INPUTS
    {DATA}/prepared/{tuxpaint,asterisk}/                   recordings (corpora.smk)
    {DATA}/prepared/{tuxpaint,asterisk}/messages.parquet   text of the language models
    data/prepared/paper/{common_voice,babel}/{part}/       at paper scale instead (paper_corpora.smk)
OUTPUTS
    results/{scale}/conneau2020/metrics.csv      every measured number
    results/{scale}/conneau2020/models/          pretrained models
    results/{scale}/conneau2020/draws/           resamples behind every interval
    results/{scale}/conneau2020/history/         training curves
    results/{scale}/conneau2020/examples/        transcripts, code usage, hours
    results/{scale}/conneau2020/runs/            run records

A *pretraining* is what a model has heard without labels; a *tuning* is a pretraining, labels and
what learns from them; a *cell* of a table is the errors of one fine-tuned model.
"""

XLSR = P.conneau2020
CONNEAU = f"{RESULTS}/conneau2020"
XLSR_WORK = f"{WORK}/conneau2020"
XLSR_LOGS = f"logs/{P.scale}/conneau2020"
XLSR_CELLS = xlsr_cells(XLSR)
XLSR_TABLES = sorted({cell.table for cell in XLSR_CELLS})
XLSR_TUNINGS = {tuning_name(cell.tuning): cell.tuning for cell in XLSR_CELLS}
XLSR_PRETRAININGS = {
    name: pretraining
    for name, pretraining in xlsr_pretrainings(XLSR).items()
    if name == "all" or name in {tuning.pretraining for tuning in XLSR_TUNINGS.values()}
}

# What is packed together: all sources, or at paper scale the languages asked for of each corpus.
if PAPER:
    XLSR_LANGUAGES = xlsr_languages(XLSR_PRETRAININGS, XLSR_TUNINGS)
    XLSR_PACKS = {
        pack: prepared_parts(pack, XLSR_LANGUAGES[pack]) for pack in XLSR_LANGUAGES
    }
    RECORDS += [
        f"{CONNEAU}/runs/label_common_voice-{part}.json"
        for part in parts_speaking("common_voice", XLSR_LANGUAGES["common_voice"])
    ]
else:
    XLSR_PACKS = {"speech": prepared_sources(HEARD_SOURCES)}


RECORDS += [f"{CONNEAU}/runs/pack_{pack}.json" for pack in XLSR_PACKS]
RECORDS += [
    f"{CONNEAU}/runs/{job}.json"
    for job in [
        "score_transcripts",
        "score_sharing",
        "summarise_conneau2020",
    ]
]
RECORDS += [
    f"{CONNEAU}/runs/{job}-seed{seed}.json"
    for seed in P.seeds
    for job in [
        "draw_xlsr-none",
        *(f"pretrain_xlsr-{name}" for name in XLSR_PRETRAININGS),
        *(f"finetune_ctc-{name}" for name in XLSR_TUNINGS),
        *(f"transcribe-{table}" for table in XLSR_TABLES),
        "count_codes",
    ]
]


RECORDS += [
    f"{CONNEAU}/runs/{job}.json"
    for job in ["plot_pretraining", "plot_sharing", "count_hours", "plot_hours"]
]


wildcard_constraints:
    pretraining="|".join(XLSR_PRETRAININGS),
    drawn="none",
    tuning="|".join(XLSR_TUNINGS),
    cell_table="|".join(XLSR_TABLES),


# One rule a pack: how many files it reads depends on its corpus.
for pack, parts in XLSR_PACKS.items():

    rule:
        """Put all recordings into one array of frames."""
        name:
            f"pack_{pack}"
        input:
            recordings=parts.recordings,
            supervisions=parts.supervisions,
            audio=parts.audio,
            code=code_of("pack-speech"),
        output:
            frames=packed_file("frames", pack),
            cuts=packed_file("cuts", pack),
            record=f"{CONNEAU}/runs/pack_{pack}.json",
        log:
            f"{XLSR_LOGS}/pack_{pack}.log",
        benchmark:
            f"{XLSR_LOGS}/pack_{pack}.tsv"
        conda:
            "../../envs/environment.yml"
        threads: 1
        resources:
            # manifests of a million utterances at paper scale; frames go to the disk one by one
            mem_mb=memory(32000 if PAPER else 8000),
            # decoded at 100 times real time
            runtime=120 + ceil(parts.hours * 60 / 100),
            # samples are 115 MB an hour, and lie there twice until the file is whole
            disk_mb=1000 + ceil(parts.hours * 230),
        params:
            cfg=cfg("conneau2020.pack"),
            splits=cfg("corpora.splits"),
        shell:
            """
            python -m crosstalk pack-speech \
                --cfg {params.cfg:q} \
                --splits {params.splits:q} \
                --recordings {input.recordings:q} \
                --supervisions {input.supervisions:q} \
                --audio {input.audio:q} \
                --frames {output.frames:q} \
                --cuts {output.cuts:q} \
                --record {output.record:q} 2>&1 | tee {log:q}
            """


rule draw_xlsr:
    """Draw the weights that a model which is not pretrained starts from."""
    input:
        code=code_of("draw-xlsr"),
    output:
        model=f"{XLSR_WORK}/{{drawn}}-seed{{seed}}.safetensors",
        record=f"{CONNEAU}/runs/draw_xlsr-{{drawn}}-seed{{seed}}.json",
    log:
        f"{XLSR_LOGS}/draw_xlsr-{{drawn}}-seed{{seed}}.log",
    benchmark:
        f"{XLSR_LOGS}/draw_xlsr-{{drawn}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("conneau2020.model"),
    shell:
        """
        python -m crosstalk draw-xlsr \
            --cfg {params.cfg:q} \
            --seed {wildcards.seed} \
            --model {output.model:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule pretrain_xlsr:
    """Pretrain on the speech of some languages, without labels."""
    input:
        frames=lambda w: packed("frames", w.pretraining),
        cuts=lambda w: packed("cuts", w.pretraining),
        code=code_of("pretrain-xlsr"),
    output:
        model=f"{CONNEAU}/models/{{pretraining}}-seed{{seed}}.safetensors",
        history=f"{CONNEAU}/history/{{pretraining}}-seed{{seed}}.csv",
        record=f"{CONNEAU}/runs/pretrain_xlsr-{{pretraining}}-seed{{seed}}.json",
    log:
        f"{XLSR_LOGS}/pretrain_xlsr-{{pretraining}}-seed{{seed}}.log",
    benchmark:
        f"{XLSR_LOGS}/pretrain_xlsr-{{pretraining}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(8000),
        runtime=1440,
        gpu=one_gpu,
    params:
        model=lambda w: cfg(f"conneau2020.{XLSR_PRETRAININGS[w.pretraining].model}")(w),
        pretrain=lambda w: cfg_with(
            "conneau2020.pretrain", alpha=XLSR_PRETRAININGS[w.pretraining].alpha
        )(w),
        languages=lambda w: XLSR_PRETRAININGS[w.pretraining].audio,
    shell:
        """
        python -m crosstalk pretrain-xlsr \
            --cfg {params.model:q} \
            --pretrain {params.pretrain:q} \
            --languages {params.languages:q} \
            --seed {wildcards.seed} \
            --frames {input.frames:q} \
            --cuts {input.cuts:q} \
            --model {output.model:q} \
            --history {output.history:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule finetune_ctc:
    """Teach a pretrained model to write phones or characters."""
    input:
        frames=lambda w: packed("frames", XLSR_TUNINGS[w.tuning].pretraining),
        cuts=lambda w: packed("cuts", XLSR_TUNINGS[w.tuning].pretraining),
        pretrained=lambda w: pretrained_model(
            XLSR_TUNINGS[w.tuning].pretraining, w.seed
        ),
        code=code_of("finetune-ctc"),
    output:
        model=f"{XLSR_WORK}/ctc/{{tuning}}-seed{{seed}}.safetensors",
        history=f"{CONNEAU}/history/ctc-{{tuning}}-seed{{seed}}.csv",
        record=f"{CONNEAU}/runs/finetune_ctc-{{tuning}}-seed{{seed}}.json",
    log:
        f"{XLSR_LOGS}/finetune_ctc-{{tuning}}-seed{{seed}}.log",
    benchmark:
        f"{XLSR_LOGS}/finetune_ctc-{{tuning}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(8000),
        runtime=720,
        gpu=one_gpu,
    params:
        cfg=lambda w: cfg(
            f"conneau2020.{'frozen' if XLSR_TUNINGS[w.tuning].protocol== 'frozen' else 'finetune'}"
        )(w),
        labels=cfg("conneau2020.labels"),
        how=lambda w: XLSR_TUNINGS[w.tuning],
        top=P.conneau2020.reinitialise_top,
    shell:
        """
        python -m crosstalk finetune-ctc \
            --cfg {params.cfg:q} \
            --label-params {params.labels:q} \
            --languages {params.how[1]} \
            --labels {params.how[2]} \
            --minutes {params.how[3]} \
            --vocabulary {params.how[4]} \
            --protocol {params.how[5]} \
            --reinitialise-top {params.top} \
            --seed {wildcards.seed} \
            --pretrained {input.pretrained:q} \
            --frames {input.frames:q} \
            --cuts {input.cuts:q} \
            --model {output.model:q} \
            --history {output.history:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule transcribe:
    """Write the test utterances with every fine-tuned model of a table, and count errors."""
    input:
        frames=lambda w: packed("frames", cells_of(w.cell_table)[0].tuning.pretraining),
        cuts=lambda w: packed("cuts", cells_of(w.cell_table)[0].tuning.pretraining),
        models=lambda w: [
            f"{XLSR_WORK}/ctc/{tuning_name(cell.tuning)}-seed{w.seed}.safetensors"
            for cell in cells_of(w.cell_table)
        ],
        # Texts of the language models beside the training transcripts; the paper has none.
        messages=(
            []
            if PAPER
            else expand(
                f"{DATA}/prepared/{{source}}/messages.parquet", source=HEARD_SOURCES
            )
        ),
        code=code_of("transcribe"),
    output:
        transcripts=f"{CONNEAU}/examples/transcripts-{{cell_table}}-seed{{seed}}.parquet",
        record=f"{CONNEAU}/runs/transcribe-{{cell_table}}-seed{{seed}}.json",
    log:
        f"{XLSR_LOGS}/transcribe-{{cell_table}}-seed{{seed}}.log",
    benchmark:
        f"{XLSR_LOGS}/transcribe-{{cell_table}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(8000),
        runtime=240,
        gpu=one_gpu,
    params:
        cfg=cfg("conneau2020.decode"),
        splits=cfg("corpora.splits"),
        rows=lambda w: [cell.row for cell in cells_of(w.cell_table)],
        columns=lambda w: [cell.column for cell in cells_of(w.cell_table)],
        languages=lambda w: [cell.language for cell in cells_of(w.cell_table)],
        measures=lambda w: [cell.measure for cell in cells_of(w.cell_table)],
    shell:
        """
        python -m crosstalk transcribe \
            --cfg {params.cfg:q} \
            --splits {params.splits:q} \
            --table {wildcards.cell_table} \
            --rows {params.rows:q} \
            --columns {params.columns:q} \
            --languages {params.languages:q} \
            --measures {params.measures:q} \
            --split test \
            --seed {wildcards.seed} \
            --models {input.models:q} \
            --frames {input.frames:q} \
            --cuts {input.cuts:q} \
            --messages {input.messages:q} \
            --transcripts {output.transcripts:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule score_transcripts:
    """Turn counted errors into error rates with intervals."""
    input:
        transcripts=expand(
            f"{CONNEAU}/examples/transcripts-{{table}}-seed{{seed}}.parquet",
            table=XLSR_TABLES,
            seed=P.seeds,
        ),
        code=code_of("score-transcripts"),
    output:
        measures=f"{XLSR_WORK}/measures/errors.csv",
        draws=f"{CONNEAU}/draws/errors.parquet",
        record=f"{CONNEAU}/runs/score_transcripts.json",
    log:
        f"{XLSR_LOGS}/score_transcripts.log",
    benchmark:
        f"{XLSR_LOGS}/score_transcripts.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        cfg=cfg("conneau2020.evaluation"),
    shell:
        """
        python -m crosstalk score-transcripts \
            --cfg {params.cfg:q} \
            --transcripts {input.transcripts:q} \
            --measures {output.measures:q} \
            --draws {output.draws:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule count_codes:
    """Count which codes every language uses."""
    input:
        frames=packed("frames", "all"),
        cuts=packed("cuts", "all"),
        model=f"{CONNEAU}/models/all-seed{{seed}}.safetensors",
        code=code_of("count-codes"),
    output:
        usage=f"{CONNEAU}/examples/codes-seed{{seed}}.parquet",
        record=f"{CONNEAU}/runs/count_codes-seed{{seed}}.json",
    log:
        f"{XLSR_LOGS}/count_codes-seed{{seed}}.log",
    benchmark:
        f"{XLSR_LOGS}/count_codes-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(8000),
        runtime=60,
        gpu=one_gpu,
    shell:
        """
        python -m crosstalk count-codes \
            --split test \
            --model {input.model:q} \
            --frames {input.frames:q} \
            --cuts {input.cuts:q} \
            --usage {output.usage:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule score_sharing:
    """Measure distances between the codes of close and of distant languages."""
    input:
        usages=expand(f"{CONNEAU}/examples/codes-seed{{seed}}.parquet", seed=P.seeds),
        code=code_of("score-sharing"),
    output:
        measures=f"{XLSR_WORK}/measures/sharing.csv",
        record=f"{CONNEAU}/runs/score_sharing.json",
    log:
        f"{XLSR_LOGS}/score_sharing.log",
    benchmark:
        f"{XLSR_LOGS}/score_sharing.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("conneau2020.evaluation"),
        seeds=P.seeds,
    shell:
        """
        python -m crosstalk score-sharing \
            --cfg {params.cfg:q} \
            --seeds {params.seeds} \
            --usages {input.usages:q} \
            --measures {output.measures:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule summarise_conneau2020:
    """Join everything measured into one tidy table."""
    input:
        measures=expand(
            f"{XLSR_WORK}/measures/{{part}}.csv", part=["errors", "sharing"]
        ),
        code=code_of("gather-metrics"),
    output:
        metrics=f"{CONNEAU}/metrics.csv",
        summary=f"{CONNEAU}/metrics.json",
        record=f"{CONNEAU}/runs/summarise_conneau2020.json",
    log:
        f"{XLSR_LOGS}/summarise.log",
    benchmark:
        f"{XLSR_LOGS}/summarise.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    shell:
        """
        python -m crosstalk gather-metrics \
            --measures {input.measures:q} \
            --metrics {output.metrics:q} \
            --summary {output.summary:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


localrules:
    plot_pretraining,
    plot_sharing,
    count_hours,
    plot_hours,


rule plot_pretraining:
    """Draw the curves of every pretraining."""
    input:
        histories=[
            f"{CONNEAU}/history/{name}-seed{P.seeds[0]}.csv"
            for name in XLSR_PRETRAININGS
        ],
        code=code_of("plot-pretraining"),
    output:
        png=report(
            f"{CONNEAU}/figures/pretraining.png",
            category="conneau2020",
            caption="../report/pretraining.rst",
            labels={"kind": "figure", "name": "pretraining"},
        ),
        pdf=f"{CONNEAU}/figures/pretraining.pdf",
        record=f"{CONNEAU}/runs/plot_pretraining.json",
    log:
        f"{XLSR_LOGS}/plot_pretraining.log",
    benchmark:
        f"{XLSR_LOGS}/plot_pretraining.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("present"),
        names=list(XLSR_PRETRAININGS),
    shell:
        """
        python -m crosstalk plot-pretraining \
            --cfg {params.cfg:q} \
            --names {params.names:q} \
            --histories {input.histories:q} \
            --png {output.png:q} \
            --pdf {output.pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule plot_sharing:
    """Draw how close languages are by the codes that they use."""
    input:
        usages=expand(f"{CONNEAU}/examples/codes-seed{{seed}}.parquet", seed=P.seeds),
        code=code_of("plot-sharing"),
    output:
        png=report(
            f"{CONNEAU}/figures/sharing.png",
            category="conneau2020",
            caption="../report/sharing.rst",
            labels={"kind": "figure", "name": "sharing"},
        ),
        pdf=f"{CONNEAU}/figures/sharing.pdf",
        record=f"{CONNEAU}/runs/plot_sharing.json",
    log:
        f"{XLSR_LOGS}/plot_sharing.log",
    benchmark:
        f"{XLSR_LOGS}/plot_sharing.tsv"
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
        python -m crosstalk plot-sharing \
            --cfg {params.cfg:q} \
            --usages {input.usages:q} \
            --png {output.png:q} \
            --pdf {output.pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule count_hours:
    """Add up the audio of each language, so that its figure needs no audio."""
    input:
        cuts=packed("cuts", "all"),
        code=code_of("count-hours"),
    output:
        hours=f"{CONNEAU}/examples/hours.csv",
        record=f"{CONNEAU}/runs/count_hours.json",
    log:
        f"{XLSR_LOGS}/count_hours.log",
    benchmark:
        f"{XLSR_LOGS}/count_hours.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    shell:
        """
        python -m crosstalk count-hours \
            --cuts {input.cuts:q} \
            --hours {output.hours:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule plot_hours:
    """Draw error against the hours of audio in a language."""
    input:
        table=f"{CONNEAU}/tables/table_1.csv",
        reference="workflow/reference/conneau2020.yaml",
        hours=f"{CONNEAU}/examples/hours.csv",
        code=code_of("plot-hours"),
    output:
        png=report(
            f"{CONNEAU}/figures/hours.png",
            category="conneau2020",
            caption="../report/hours.rst",
            labels={"kind": "figure", "name": "hours"},
        ),
        pdf=f"{CONNEAU}/figures/hours.pdf",
        record=f"{CONNEAU}/runs/plot_hours.json",
    log:
        f"{XLSR_LOGS}/plot_hours.log",
    benchmark:
        f"{XLSR_LOGS}/plot_hours.tsv"
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
        python -m crosstalk plot-hours \
            --cfg {params.cfg:q} \
            --table {input.table:q} \
            --reference {input.reference:q} \
            --heard {input.hours:q} \
            --png {output.png:q} \
            --pdf {output.pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """
