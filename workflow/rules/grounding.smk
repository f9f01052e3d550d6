"""Cruz Blandón et al. 2025: visually grounded speech models and the multilingual gap.

REQUIRED INPUTS
    {DATA}/prepared/tuxpaint/                      spoken captions, pictures, captions (corpora.smk)
    {DATA}/prepared/asterisk/                      more speech of the same languages (corpora.smk)
    work/paper/cruzblandon2025/chosen/             at paper scale instead of both (paper_grounding.smk)
OUTPUTS
    results/{scale}/cruzblandon2025/metrics.csv    every measured number
    results/{scale}/cruzblandon2025/models/        trained models, one file a condition
    results/{scale}/cruzblandon2025/draws/         resamples behind every interval
    results/{scale}/cruzblandon2025/history/       training curves
    results/{scale}/cruzblandon2025/examples/      what captions retrieve, a map of the shared space
    results/{scale}/cruzblandon2025/figures/       gap, layers, training, retrieval, map
    results/{scale}/cruzblandon2025/runs/          run records

A *condition* is whose speech is heard and how much of it: `<kind>-<languages>`. One job trains all
variants of a condition (alone, with pictures, with the controls), which share their first stage.
"""

CRUZ = f"{RESULTS}/cruzblandon2025"
GROUNDED = f"{WORK}/cruzblandon2025"
CRUZ_LOGS = f"logs/{P.scale}/cruzblandon2025"
DUOS = P.cruzblandon2025.pairs
CONDITIONS = grounding_conditions()

# Where the captioned pictures are, and what is heard.
if PAPER:
    CAPTIONS = CHOSEN
    GROUNDED_SPEECH = {
        "recordings": [
            f"{PREPARED}/{corpus}/{part}/recordings.jsonl.gz"
            for corpus, part in CHOSEN_PARTS
        ],
        "supervisions": chosen(CHOSEN_PARTS),
        "audio": [file for part in CHOSEN_PARTS for file in flac_files(*part)],
    }
else:
    CAPTIONS = f"{DATA}/prepared/tuxpaint"
    GROUNDED_SPEECH = {
        kind: expand(f"{DATA}/prepared/{{s}}/{name}", s=HEARD_SOURCES)
        for kind, name in [
            ("recordings", "recordings.jsonl.gz"),
            ("supervisions", "supervisions.jsonl.gz"),
            ("audio", "audio.flac"),
        ]
    }

RECORDS += [
    f"{CRUZ}/runs/{job}.json"
    for job in [
        "pack_captions",
        "see_pictures",
        "align_phones",
        "measure_gap",
        "summarise_cruzblandon2025",
        *expand("train_grounded-{c}-seed{s}", c=CONDITIONS, s=P.seeds),
        *expand("evaluate_grounded-{d}-seed{s}", d=DUOS, s=P.seeds),
    ]
]


RECORDS += [
    f"{CRUZ}/runs/{job}.json"
    for job in [
        f"pick_pictures-{DUOS[0]}-seed{P.seeds[0]}",
        "plot_gap",
        "plot_shared_space",
    ]
]


wildcard_constraints:
    condition="|".join(CONDITIONS),
    duo="|".join(DUOS),


rule pack_captions:
    """Put the speech of both corpora into one array of frames."""
    input:
        **GROUNDED_SPEECH,
        code=code_of("pack-speech"),
    output:
        frames=f"{GROUNDED}/frames.safetensors",
        cuts=f"{GROUNDED}/cuts.parquet",
        record=f"{CRUZ}/runs/pack_captions.json",
    log:
        f"{CRUZ_LOGS}/pack_captions.log",
    benchmark:
        f"{CRUZ_LOGS}/pack_captions.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=600 if PAPER else 60,
    params:
        cfg=cfg("cruzblandon2025.pack"),
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


rule see_pictures:
    """Bring pictures into the form that models read: pixels, or features of a published network."""
    input:
        pictures=f"{CAPTIONS}/pictures.parquet",
        messages=f"{CAPTIONS}/messages.parquet",
        code=code_of("see-pictures"),
    output:
        seen=f"{GROUNDED}/pictures.safetensors",
        record=f"{CRUZ}/runs/see_pictures.json",
    log:
        f"{CRUZ_LOGS}/see_pictures.log",
    benchmark:
        f"{CRUZ_LOGS}/see_pictures.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(16000 if PAPER else 4000),
        runtime=60,
        gpu=lambda w: (
            one_gpu(w) if P.cruzblandon2025.pictures.encoder == "frozen" else 0
        ),
    params:
        cfg=cfg("cruzblandon2025.pictures"),
    shell:
        """
        python -m crosstalk see-pictures \
            --cfg {params.cfg:q} \
            --pictures {input.pictures:q} \
            --messages {input.messages:q} \
            --seen {output.seen:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule align_phones:
    """Find the phones of all recordings, and how far off they are where the truth is known."""
    input:
        **GROUNDED_SPEECH,
        messages=f"{CAPTIONS}/messages.parquet",
        code=code_of("align-phones"),
    output:
        phones=f"{GROUNDED}/phones.parquet",
        measures=f"{GROUNDED}/measures/boundaries.csv",
        record=f"{CRUZ}/runs/align_phones.json",
    log:
        f"{CRUZ_LOGS}/align_phones.log",
    benchmark:
        f"{CRUZ_LOGS}/align_phones.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=1440 if PAPER else 240,
        gpu=one_gpu,
    params:
        cfg=cfg("cruzblandon2025.alignment"),
        ctc=cfg("cruzblandon2025.ctc_alignment"),
        network=cfg("cruzblandon2025.training.model"),
        pack=cfg("cruzblandon2025.pack"),
        aligner=P.cruzblandon2025.aligner,
        languages=sorted({language for duo in DUOS for language in duo.split("-")}),
    shell:
        """
        python -m crosstalk align-phones \
            --cfg {params.cfg:q} \
            --ctc {params.ctc:q} \
            --network {params.network:q} \
            --pack {params.pack:q} \
            --aligner {params.aligner} \
            --languages {params.languages} \
            --recordings {input.recordings:q} \
            --supervisions {input.supervisions:q} \
            --audio {input.audio:q} \
            --messages {input.messages:q} \
            --phones {output.phones:q} \
            --measures {output.measures:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule train_grounded:
    """Train every variant of one condition: the same speech, with and without pictures."""
    input:
        frames=f"{GROUNDED}/frames.safetensors",
        cuts=f"{GROUNDED}/cuts.parquet",
        pictures=f"{GROUNDED}/pictures.safetensors",
        code=code_of("train-grounded"),
    output:
        models=f"{CRUZ}/models/{{condition}}-seed{{seed}}.safetensors",
        history=f"{CRUZ}/history/{{condition}}-seed{{seed}}.csv",
        record=f"{CRUZ}/runs/train_grounded-{{condition}}-seed{{seed}}.json",
    log:
        f"{CRUZ_LOGS}/train_grounded-{{condition}}-seed{{seed}}.log",
    benchmark:
        f"{CRUZ_LOGS}/train_grounded-{{condition}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=1440,
        gpu=one_gpu,
    params:
        cfg=cfg("cruzblandon2025.training"),
        heard=lambda w: CONDITIONS[w.condition],
    shell:
        """
        python -m crosstalk train-grounded \
            --cfg {params.cfg:q} \
            --languages {params.heard[languages]} \
            --kind {params.heard[kind]} \
            --variants {params.heard[variants]} \
            --seed {wildcards.seed} \
            --frames {input.frames:q} \
            --cuts {input.cuts:q} \
            --pictures {input.pictures:q} \
            --models {output.models:q} \
            --history {output.history:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule evaluate_grounded:
    """Ask all models of one pair of languages about phones, languages and pictures."""
    input:
        models=lambda w: [
            f"{CRUZ}/models/{c}-seed{w.seed}.safetensors" for c in conditions_of(w.duo)
        ],
        frames=f"{GROUNDED}/frames.safetensors",
        cuts=f"{GROUNDED}/cuts.parquet",
        pictures=f"{GROUNDED}/pictures.safetensors",
        phones=f"{GROUNDED}/phones.parquet",
        code=code_of("evaluate-grounded"),
    output:
        errors=f"{GROUNDED}/errors/{{duo}}-seed{{seed}}.parquet",
        answers=f"{GROUNDED}/items/{{duo}}-seed{{seed}}.parquet",
        retrieved=f"{CRUZ}/examples/retrieved-{{duo}}-seed{{seed}}.csv",
        projection=f"{CRUZ}/examples/projection-{{duo}}-seed{{seed}}.csv",
        record=f"{CRUZ}/runs/evaluate_grounded-{{duo}}-seed{{seed}}.json",
    log:
        f"{CRUZ_LOGS}/evaluate_grounded-{{duo}}-seed{{seed}}.log",
    benchmark:
        f"{CRUZ_LOGS}/evaluate_grounded-{{duo}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(2 * CORPUS_MB if PAPER else 8000),
        runtime=1440 if PAPER else 240,
        gpu=one_gpu,
    params:
        cfg=cfg("cruzblandon2025.abx"),
        kinds=lambda w: [c.partition("-")[0] for c in conditions_of(w.duo)],
        languages=lambda w: [c.partition("-")[2] for c in conditions_of(w.duo)],
    shell:
        """
        python -m crosstalk evaluate-grounded \
            --cfg {params.cfg:q} \
            --pair {wildcards.duo} \
            --seed {wildcards.seed} \
            --kinds {params.kinds} \
            --languages {params.languages} \
            --models {input.models:q} \
            --frames {input.frames:q} \
            --cuts {input.cuts:q} \
            --pictures {input.pictures:q} \
            --phones {input.phones:q} \
            --errors {output.errors:q} \
            --answers {output.answers:q} \
            --retrieved {output.retrieved:q} \
            --projection {output.projection:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule measure_gap:
    """Average errors and take their ratios, with intervals over phone pairs and seeds."""
    input:
        errors=expand(f"{GROUNDED}/errors/{{d}}-seed{{s}}.parquet", d=DUOS, s=P.seeds),
        code=code_of("measure-gap"),
    output:
        measures=f"{GROUNDED}/measures/gap.csv",
        draws=f"{CRUZ}/draws/gap.parquet",
        record=f"{CRUZ}/runs/measure_gap.json",
    log:
        f"{CRUZ_LOGS}/measure_gap.log",
    benchmark:
        f"{CRUZ_LOGS}/measure_gap.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        cfg=cfg("cruzblandon2025.evaluation"),
        layer=P.cruzblandon2025.abx.layer,
        distant=P.cruzblandon2025.distant,
    shell:
        """
        python -m crosstalk measure-gap \
            --cfg {params.cfg:q} \
            --layer {params.layer} \
            --distant {params.distant} \
            --errors {input.errors:q} \
            --measures {output.measures:q} \
            --draws {output.draws:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule summarise_cruzblandon2025:
    """Turn answers into percentages with bootstrap intervals."""
    input:
        answers=expand(f"{GROUNDED}/items/{{d}}-seed{{s}}.parquet", d=DUOS, s=P.seeds),
        measures=[
            f"{GROUNDED}/measures/gap.csv",
            f"{GROUNDED}/measures/boundaries.csv",
        ],
        code=code_of("summarise-items"),
    output:
        metrics=f"{CRUZ}/metrics.csv",
        summary=f"{CRUZ}/metrics.json",
        draws=f"{CRUZ}/draws/answers.parquet",
        record=f"{CRUZ}/runs/summarise_cruzblandon2025.json",
    log:
        f"{CRUZ_LOGS}/summarise_cruzblandon2025.log",
    benchmark:
        f"{CRUZ_LOGS}/summarise_cruzblandon2025.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("cruzblandon2025.evaluation"),
    shell:
        """
        python -m crosstalk summarise-items \
            --cfg {params.cfg:q} \
            --answers {input.answers:q} \
            --measures {input.measures:q} \
            --metrics {output.metrics:q} \
            --summary {output.summary:q} \
            --draws {output.draws:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


localrules:
    plot_gap,
    pick_pictures,
    plot_shared_space,


rule plot_gap:
    """Draw gaps and gains, errors by layer, and training curves."""
    input:
        metrics=f"{CRUZ}/metrics.csv",
        reference="workflow/reference/cruzblandon2025.yaml",
        histories=expand(
            f"{CRUZ}/history/{{c}}-seed{P.seeds[0]}.csv", c=conditions_of(DUOS[0])
        ),
        code=code_of("plot-gap"),
    output:
        gap_png=report(
            f"{CRUZ}/figures/gap.png",
            category="cruzblandon2025",
            caption="../report/gap.rst",
            labels={"kind": "figure", "name": "gap"},
        ),
        gap_pdf=f"{CRUZ}/figures/gap.pdf",
        layers_png=report(
            f"{CRUZ}/figures/layers.png",
            category="cruzblandon2025",
            caption="../report/layers.rst",
            labels={"kind": "figure", "name": "layers"},
        ),
        layers_pdf=f"{CRUZ}/figures/layers.pdf",
        training_png=report(
            f"{CRUZ}/figures/training.png",
            category="cruzblandon2025",
            caption="../report/training.rst",
            labels={"kind": "figure", "name": "training"},
        ),
        training_pdf=f"{CRUZ}/figures/training.pdf",
        record=f"{CRUZ}/runs/plot_gap.json",
    log:
        f"{CRUZ_LOGS}/plot_gap.log",
    benchmark:
        f"{CRUZ_LOGS}/plot_gap.tsv"
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
        python -m crosstalk plot-gap \
            --cfg {params.cfg:q} \
            --metrics {input.metrics:q} \
            --reference {input.reference:q} \
            --histories {input.histories:q} \
            --gap-png {output.gap_png:q} \
            --gap-pdf {output.gap_pdf:q} \
            --layers-png {output.layers_png:q} \
            --layers-pdf {output.layers_pdf:q} \
            --training-png {output.training_png:q} \
            --training-pdf {output.training_pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule pick_pictures:
    """Keep the pictures that captions retrieved, so that their figure needs no corpus."""
    input:
        retrieved=f"{CRUZ}/examples/retrieved-{{duo}}-seed{{seed}}.csv",
        pictures=f"{CAPTIONS}/pictures.parquet",
        code=code_of("pick-pictures"),
    output:
        picked=f"{CRUZ}/examples/pictures-{{duo}}-seed{{seed}}.parquet",
        record=f"{CRUZ}/runs/pick_pictures-{{duo}}-seed{{seed}}.json",
    log:
        f"{CRUZ_LOGS}/pick_pictures-{{duo}}-seed{{seed}}.log",
    benchmark:
        f"{CRUZ_LOGS}/pick_pictures-{{duo}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    shell:
        """
        python -m crosstalk pick-pictures \
            --retrieved {input.retrieved:q} \
            --pictures {input.pictures:q} \
            --picked {output.picked:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule plot_shared_space:
    """Draw which pictures captions retrieve, and where captions and pictures lie."""
    input:
        retrieved=f"{CRUZ}/examples/retrieved-{DUOS[0]}-seed{P.seeds[0]}.csv",
        projection=f"{CRUZ}/examples/projection-{DUOS[0]}-seed{P.seeds[0]}.csv",
        pictures=f"{CRUZ}/examples/pictures-{DUOS[0]}-seed{P.seeds[0]}.parquet",
        code=code_of("plot-shared-space"),
    output:
        retrieval_png=report(
            f"{CRUZ}/figures/retrieved.png",
            category="cruzblandon2025",
            caption="../report/retrieved.rst",
            labels={"kind": "figure", "name": "retrieved"},
        ),
        retrieval_pdf=f"{CRUZ}/figures/retrieved.pdf",
        map_png=report(
            f"{CRUZ}/figures/map.png",
            category="cruzblandon2025",
            caption="../report/map.rst",
            labels={"kind": "figure", "name": "map"},
        ),
        map_pdf=f"{CRUZ}/figures/map.pdf",
        record=f"{CRUZ}/runs/plot_shared_space.json",
    log:
        f"{CRUZ_LOGS}/plot_shared_space.log",
    benchmark:
        f"{CRUZ_LOGS}/plot_shared_space.tsv"
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
        python -m crosstalk plot-shared-space \
            --cfg {params.cfg:q} \
            --retrieved {input.retrieved:q} \
            --projection {input.projection:q} \
            --pictures {input.pictures:q} \
            --retrieval-png {output.retrieval_png:q} \
            --retrieval-pdf {output.retrieval_pdf:q} \
            --map-png {output.map_png:q} \
            --map-pdf {output.map_pdf:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """
