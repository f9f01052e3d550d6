"""Chung et al. 2018: speech and text embedding spaces, aligned.

REQUIRED INPUTS
    {DATA}/prepared/wesnoth/messages.parquet     text messages (corpora.smk)
OUTPUTS
    results/{scale}/chung2018/metrics.csv        every measured number
    results/{scale}/chung2018/models/            trained models
    results/{scale}/chung2018/history/           training curves
    results/{scale}/chung2018/runs/              run records

Half of the training messages are spoken, the other half written, so nothing is parallel.
Systems, each mapped onto the text space: speech2vec; untrained (its encoder as drawn); text
(Word2Vec on the messages that were spoken); rotated (a copy of the text space, turned).
"""

CHUNG = f"{RESULTS}/chung2018"
SPACES = f"{WORK}/chung2018/spaces"
ALIGNED = f"{WORK}/chung2018/alignment"
LOGS = f"logs/{P.scale}/chung2018"

# Which row of Table 3 a system and a method make.
ROWS = {
    ("speech2vec", "supervised"): "A*",
    ("speech2vec", "unsupervised"): "A",
    ("untrained", "supervised"): "untrained A*",
    ("text", "supervised"): "text A*",
    ("text", "unsupervised"): "text A",
    ("rotated", "supervised"): "rotated A*",
    ("rotated", "unsupervised"): "rotated A",
}
ANSWERS = [f"{system}-{method}" for system, method in ROWS] + ["majority"]
# What stands for a test token: its own acoustic embedding, or the vector of its word.
VECTORS = {
    "speech2vec": "tokens",
    "untrained": "tokens",
    "text": "types",
    "rotated": "types",
}
RECORDS += [
    f"{CHUNG}/runs/{job}.json"
    for job in ("speak_messages", "extract_segments", "summarise")
]
RECORDS += expand(
    f"{CHUNG}/runs/{{job}}-seed{{seed}}.json",
    job=[
        "train_speech2vec",
        "draw_encoder",
        "rotate_space",
        "answer_most_frequent",
        *(f"embed_segments-{encoder}" for encoder in ("speech2vec", "untrained")),
        *(f"train_word2vec-{half}" for half in ("written", "spoken")),
        *(f"align_{method}-{system}" for system, method in ROWS),
        *(f"classify_spoken_words-{system}-{method}" for system, method in ROWS),
    ],
    seed=P.seeds,
)
TEXT_SPACE = f"{CHUNG}/models/word2vec-written-seed{{seed}}.safetensors"


wildcard_constraints:
    system="|".join(VECTORS),
    method="supervised|unsupervised",
    encoder="speech2vec|untrained",
    half="written|spoken",


rule speak_messages:
    """Speak the messages of the spoken half with many synthetic voices."""
    input:
        messages=f"{DATA}/prepared/wesnoth/messages.parquet",
        code=code_of("speak-messages"),
    output:
        audio=f"{WORK}/spoken/audio.flac",
        recordings=f"{WORK}/spoken/recordings.jsonl.gz",
        supervisions=f"{WORK}/spoken/supervisions.jsonl.gz",
        record=f"{CHUNG}/runs/speak_messages.json",
    log:
        f"{LOGS}/speak_messages.log",
    benchmark:
        f"{LOGS}/speak_messages.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 2
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        cfg=cfg("chung2018.spoken"),
        splits=cfg("corpora.splits"),
    shell:
        """
        python -m crosstalk speak-messages \
            --cfg {params.cfg:q} \
            --splits {params.splits:q} \
            --seed 0 \
            --workers {threads} \
            --messages {input.messages:q} \
            --audio {output.audio:q} \
            --recordings {output.recordings:q} \
            --supervisions {output.supervisions:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule extract_segments:
    """Cut the spoken messages into MFCC word segments at their true boundaries."""
    input:
        recordings=f"{WORK}/spoken/recordings.jsonl.gz",
        supervisions=f"{WORK}/spoken/supervisions.jsonl.gz",
        audio=f"{WORK}/spoken/audio.flac",
        code=code_of("extract-segments"),
    output:
        segments=f"{WORK}/chung2018/segments.safetensors",
        record=f"{CHUNG}/runs/extract_segments.json",
    log:
        f"{LOGS}/extract_segments.log",
    benchmark:
        f"{LOGS}/extract_segments.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 2
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        cfg=cfg("chung2018.features"),
    shell:
        """
        python -m crosstalk extract-segments \
            --cfg {params.cfg:q} \
            --recordings {input.recordings:q} \
            --supervisions {input.supervisions:q} \
            --audio {input.audio:q} \
            --segments {output.segments:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule train_speech2vec:
    """Train Speech2Vec on the word segments."""
    input:
        segments=f"{WORK}/chung2018/segments.safetensors",
        code=code_of("train-speech2vec"),
    output:
        model=f"{CHUNG}/models/speech2vec-seed{{seed}}.safetensors",
        history=f"{CHUNG}/history/speech2vec-seed{{seed}}.csv",
        record=f"{CHUNG}/runs/train_speech2vec-seed{{seed}}.json",
    log:
        f"{LOGS}/train_speech2vec-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/train_speech2vec-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 2
    resources:
        mem_mb=8000,
        runtime=1440,
        gpu=1,
    params:
        network=cfg("chung2018.speech2vec.network"),
        training=cfg("chung2018.speech2vec.training"),
    shell:
        """
        python -m crosstalk train-speech2vec \
            --network {params.network:q} \
            --training {params.training:q} \
            --seed {wildcards.seed} \
            --segments {input.segments:q} \
            --model {output.model:q} \
            --history {output.history:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule draw_encoder:
    """Draw an encoder and leave it untrained: the control of what training adds."""
    input:
        segments=f"{WORK}/chung2018/segments.safetensors",
        code=code_of("draw-encoder"),
    output:
        model=f"{WORK}/chung2018/models/untrained-seed{{seed}}.safetensors",
        record=f"{CHUNG}/runs/draw_encoder-seed{{seed}}.json",
    log:
        f"{LOGS}/draw_encoder-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/draw_encoder-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        network=cfg("chung2018.speech2vec.network"),
    shell:
        """
        python -m crosstalk draw-encoder \
            --network {params.network:q} \
            --seed {wildcards.seed} \
            --segments {input.segments:q} \
            --model {output.model:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule embed_segments:
    """Embed spoken words: training tokens averaged by word, test tokens one by one."""
    input:
        segments=f"{WORK}/chung2018/segments.safetensors",
        model=encoder_model,
        code=code_of("embed-segments"),
    output:
        space=f"{SPACES}/{{encoder}}-seed{{seed}}.safetensors",
        tokens=f"{SPACES}/{{encoder}}-seed{{seed}}.tokens.safetensors",
        record=f"{CHUNG}/runs/embed_segments-{{encoder}}-seed{{seed}}.json",
    log:
        f"{LOGS}/embed_segments-{{encoder}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/embed_segments-{{encoder}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 2
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        network=cfg("chung2018.speech2vec.network"),
        types=cfg("chung2018.speech2vec.types"),
    shell:
        """
        python -m crosstalk embed-segments \
            --network {params.network:q} \
            --types {params.types:q} \
            --segments {input.segments:q} \
            --model {input.model:q} \
            --space {output.space:q} \
            --tokens {output.tokens:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule train_word2vec:
    """Train Word2Vec on the written or on the spoken half of the messages."""
    input:
        messages=f"{DATA}/prepared/wesnoth/messages.parquet",
        code=code_of("train-word2vec"),
    output:
        space=f"{CHUNG}/models/word2vec-{{half}}-seed{{seed}}.safetensors",
        record=f"{CHUNG}/runs/train_word2vec-{{half}}-seed{{seed}}.json",
    log:
        f"{LOGS}/train_word2vec-{{half}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/train_word2vec-{{half}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        cfg=cfg("chung2018.word2vec"),
        splits=cfg("corpora.splits"),
    shell:
        """
        python -m crosstalk train-word2vec \
            --cfg {params.cfg:q} \
            --splits {params.splits:q} \
            --half {wildcards.half} \
            --seed {wildcards.seed} \
            --messages {input.messages:q} \
            --space {output.space:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule rotate_space:
    """Turn a copy of the text space: the control that must align."""
    input:
        space=TEXT_SPACE,
        code=code_of("rotate-space"),
    output:
        rotated=f"{SPACES}/rotated-seed{{seed}}.safetensors",
        record=f"{CHUNG}/runs/rotate_space-seed{{seed}}.json",
    log:
        f"{LOGS}/rotate_space-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/rotate_space-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    shell:
        """
        python -m crosstalk rotate-space \
            --seed {wildcards.seed} \
            --space {input.space:q} \
            --rotated {output.rotated:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule align_supervised:
    """Fit the linear map from a dictionary of shared words."""
    input:
        source=system_space,
        target=TEXT_SPACE,
        code=code_of("align-supervised"),
    output:
        mapping=f"{ALIGNED}/{{system}}-supervised-seed{{seed}}.safetensors",
        record=f"{CHUNG}/runs/align_supervised-{{system}}-seed{{seed}}.json",
    log:
        f"{LOGS}/align_supervised-{{system}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/align_supervised-{{system}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        cfg=cfg("chung2018.supervised"),
    shell:
        """
        python -m crosstalk align-supervised \
            --cfg {params.cfg:q} \
            --source {input.source:q} \
            --target {input.target:q} \
            --mapping {output.mapping:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule align_unsupervised:
    """Fit the linear map adversarially, then refine it; restarts run as one batch."""
    input:
        source=system_space,
        target=TEXT_SPACE,
        code=code_of("align-unsupervised"),
    output:
        mapping=f"{ALIGNED}/{{system}}-unsupervised-seed{{seed}}.safetensors",
        history=f"{CHUNG}/history/align-{{system}}-seed{{seed}}.csv",
        record=f"{CHUNG}/runs/align_unsupervised-{{system}}-seed{{seed}}.json",
    log:
        f"{LOGS}/align_unsupervised-{{system}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/align_unsupervised-{{system}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 2
    resources:
        mem_mb=4000,
        runtime=240,
        gpu=1,
    params:
        cfg=cfg("chung2018.unsupervised"),
    shell:
        """
        python -m crosstalk align-unsupervised \
            --cfg {params.cfg:q} \
            --seed {wildcards.seed} \
            --source {input.source:q} \
            --target {input.target:q} \
            --mapping {output.mapping:q} \
            --history {output.history:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule classify_spoken_words:
    """Ask the text space for the word of every test token."""
    input:
        tokens=test_tokens,
        source=system_space,
        target=TEXT_SPACE,
        mapping=f"{ALIGNED}/{{system}}-{{method}}-seed{{seed}}.safetensors",
        code=code_of("classify-spoken-words"),
    output:
        answers=f"{ALIGNED}/{{system}}-{{method}}-seed{{seed}}.items.parquet",
        record=f"{CHUNG}/runs/classify_spoken_words-{{system}}-{{method}}-seed{{seed}}.json",
    log:
        f"{LOGS}/classify_spoken_words-{{system}}-{{method}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/classify_spoken_words-{{system}}-{{method}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        row=lambda w: ROWS[w.system, w.method],
        vectors=lambda w: VECTORS[w.system],
    shell:
        """
        python -m crosstalk classify-spoken-words \
            --row {params.row:q} \
            --vectors {params.vectors:q} \
            --seed {wildcards.seed} \
            --tokens {input.tokens:q} \
            --source {input.source:q} \
            --target {input.target:q} \
            --mapping {input.mapping:q} \
            --answers {output.answers:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule answer_most_frequent:
    """Answer every test token with the most frequent training word."""
    input:
        segments=f"{WORK}/chung2018/segments.safetensors",
        target=TEXT_SPACE,
        code=code_of("answer-most-frequent"),
    output:
        answers=f"{ALIGNED}/majority-seed{{seed}}.items.parquet",
        record=f"{CHUNG}/runs/answer_most_frequent-seed{{seed}}.json",
    log:
        f"{LOGS}/answer_most_frequent-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/answer_most_frequent-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    shell:
        """
        python -m crosstalk answer-most-frequent \
            --row Major-Word \
            --seed {wildcards.seed} \
            --segments {input.segments:q} \
            --target {input.target:q} \
            --answers {output.answers:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule summarise_chung2018:
    """Turn answers into percentages with bootstrap intervals."""
    input:
        answers=expand(
            f"{ALIGNED}/{{answers}}-seed{{seed}}.items.parquet",
            answers=ANSWERS,
            seed=P.seeds,
        ),
        code=code_of("summarise-items"),
    output:
        metrics=f"{CHUNG}/metrics.csv",
        summary=f"{CHUNG}/metrics.json",
        record=f"{CHUNG}/runs/summarise.json",
    log:
        f"{LOGS}/summarise.log",
    benchmark:
        f"{LOGS}/summarise.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        cfg=cfg("chung2018.evaluation"),
    shell:
        """
        python -m crosstalk summarise-items \
            --cfg {params.cfg:q} \
            --answers {input.answers:q} \
            --metrics {output.metrics:q} \
            --summary {output.summary:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """
