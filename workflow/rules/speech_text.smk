"""Chung et al. 2018: speech and text embedding spaces, aligned.

REQUIRED INPUTS
    {DATA}/prepared/wesnoth/messages.parquet     text messages (corpora.smk)
OUTPUTS
    results/{scale}/chung2018/metrics.csv        every measured number
    results/{scale}/chung2018/models/            trained models
    results/{scale}/chung2018/runs/              run records

Half of the training messages are spoken, the other half written, so nothing is parallel.
Systems (what is mapped onto the text space): speech2vec; untrained (its encoder as drawn); text
(Word2Vec on the messages that were spoken); rotated (a copy of the text space, turned).
"""

CHUNG = f"{RESULTS}/chung2018"
SPACES = f"{WORK}/chung2018/spaces"
ALIGNED = f"{WORK}/chung2018/alignment"
LOGS = f"logs/{P.scale}/chung2018"

# Rows of Table 3: which system, mapped by which method.
TABLE_3_ROWS = {
    "A*": ("speech2vec", "supervised"),
    "A": ("speech2vec", "unsupervised"),
    "untrained A*": ("untrained", "supervised"),
    "text A*": ("text", "supervised"),
    "text A": ("text", "unsupervised"),
    "rotated A*": ("rotated", "supervised"),
    "rotated A": ("rotated", "unsupervised"),
}


wildcard_constraints:
    system="speech2vec|untrained|text|rotated",
    method="supervised|unsupervised",
    encoder="speech2vec|untrained",
    half="written|spoken",


rule speak_messages:
    """Speak the messages of the spoken half with many synthetic voices."""
    input:
        messages=DATA + "/prepared/wesnoth/messages.parquet",
        code=code_of("speak-messages"),
    output:
        audio=WORK + "/spoken/audio.flac",
        recordings=WORK + "/spoken/recordings.jsonl.gz",
        supervisions=WORK + "/spoken/supervisions.jsonl.gz",
        record=CHUNG + "/runs/speak_messages.json",
    params:
        cfg=cfg("chung2018.spoken"),
    threads: 2
    resources:
        mem_mb=4000,
        runtime=120,
    log:
        LOGS + "/speak_messages.log",
    benchmark:
        LOGS + "/speak_messages.tsv"
    shell:
        """
        python -m crosstalk speak-messages \
          --cfg {params.cfg:q} \
          --seed 0 \
          --messages {input.messages:q} \
          --audio {output.audio:q} \
          --recordings {output.recordings:q} \
          --supervisions {output.supervisions:q} \
          --record {output.record:q} 2>&1 | tee {log:q}
        """

rule extract_segments:
    """Cut the spoken messages into MFCC word segments at their true boundaries."""
    input:
        recordings=WORK + "/spoken/recordings.jsonl.gz",
        supervisions=WORK + "/spoken/supervisions.jsonl.gz",
        audio=WORK + "/spoken/audio.flac",
        code=code_of("extract-segments"),
    output:
        segments=WORK + "/chung2018/segments.safetensors",
        record=CHUNG + "/runs/extract_segments.json",
    params:
        cfg=cfg("chung2018.features"),
    threads: 2
    resources:
        mem_mb=8000,
        runtime=60,
    log:
        LOGS + "/extract_segments.log",
    benchmark:
        LOGS + "/extract_segments.tsv"
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
        segments=WORK + "/chung2018/segments.safetensors",
        code=code_of("train-speech2vec"),
    output:
        model=CHUNG + "/models/speech2vec-seed{seed}.safetensors",
        history=CHUNG + "/history/speech2vec-seed{seed}.csv",
        record=CHUNG + "/runs/train_speech2vec-seed{seed}.json",
    params:
        cfg=cfg("chung2018.speech2vec"),
    threads: 2
    resources:
        mem_mb=8000,
        runtime=1440,
        gpu=1,
    log:
        LOGS + "/train_speech2vec-seed{seed}.log",
    benchmark:
        LOGS + "/train_speech2vec-seed{seed}.tsv"
    shell:
        """
        python -m crosstalk train-speech2vec \
          --cfg {params.cfg:q} \
          --seed {wildcards.seed} \
          --segments {input.segments:q} \
          --model {output.model:q} \
          --history {output.history:q} \
          --record {output.record:q} 2>&1 | tee {log:q}
        """

rule draw_encoder:
    """Draw an encoder and leave it untrained: the control of what training adds."""
    input:
        segments=WORK + "/chung2018/segments.safetensors",
        code=code_of("draw-encoder"),
    output:
        model=WORK + "/chung2018/models/untrained-seed{seed}.safetensors",
        record=CHUNG + "/runs/draw_encoder-seed{seed}.json",
    params:
        cfg=cfg("chung2018.speech2vec"),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    log:
        LOGS + "/draw_encoder-seed{seed}.log",
    benchmark:
        LOGS + "/draw_encoder-seed{seed}.tsv"
    shell:
        """
        python -m crosstalk draw-encoder \
          --cfg {params.cfg:q} \
          --seed {wildcards.seed} \
          --segments {input.segments:q} \
          --model {output.model:q} \
          --record {output.record:q} 2>&1 | tee {log:q}
        """

rule embed_segments:
    """Embed spoken words: training tokens averaged by word, test tokens one by one."""
    input:
        segments=WORK + "/chung2018/segments.safetensors",
        model=encoder_model,
        code=code_of("embed-segments"),
    output:
        space=SPACES + "/{encoder}-seed{seed}.safetensors",
        tokens=SPACES + "/{encoder}-seed{seed}.tokens.safetensors",
        record=CHUNG + "/runs/embed_segments-{encoder}-seed{seed}.json",
    params:
        cfg=cfg("chung2018.speech2vec"),
    threads: 2
    resources:
        mem_mb=8000,
        runtime=30,
    log:
        LOGS + "/embed_segments-{encoder}-seed{seed}.log",
    benchmark:
        LOGS + "/embed_segments-{encoder}-seed{seed}.tsv"
    shell:
        """
        python -m crosstalk embed-segments \
          --cfg {params.cfg:q} \
          --seed {wildcards.seed} \
          --segments {input.segments:q} \
          --model {input.model:q} \
          --space {output.space:q} \
          --tokens {output.tokens:q} \
          --record {output.record:q} 2>&1 | tee {log:q}
        """

rule train_word2vec:
    """Train Word2Vec on the written or on the spoken half of the messages."""
    input:
        messages=DATA + "/prepared/wesnoth/messages.parquet",
        code=code_of("train-word2vec"),
    output:
        space=CHUNG + "/models/word2vec-{half}-seed{seed}.safetensors",
        record=CHUNG + "/runs/train_word2vec-{half}-seed{seed}.json",
    params:
        cfg=cfg("chung2018.word2vec"),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    log:
        LOGS + "/train_word2vec-{half}-seed{seed}.log",
    benchmark:
        LOGS + "/train_word2vec-{half}-seed{seed}.tsv"
    shell:
        """
        python -m crosstalk train-word2vec \
          --cfg {params.cfg:q} \
          --half {wildcards.half} \
          --seed {wildcards.seed} \
          --messages {input.messages:q} \
          --space {output.space:q} \
          --record {output.record:q} 2>&1 | tee {log:q}
        """

rule rotate_space:
    """Turn a copy of the text space: the control that must align."""
    input:
        space=CHUNG + "/models/word2vec-written-seed{seed}.safetensors",
        code=code_of("rotate-space"),
    output:
        rotated=SPACES + "/rotated-seed{seed}.safetensors",
        record=CHUNG + "/runs/rotate_space-seed{seed}.json",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    log:
        LOGS + "/rotate_space-seed{seed}.log",
    benchmark:
        LOGS + "/rotate_space-seed{seed}.tsv"
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
        target=CHUNG + "/models/word2vec-written-seed{seed}.safetensors",
        code=code_of("align-supervised"),
    output:
        mapping=ALIGNED + "/{system}-supervised-seed{seed}.safetensors",
        record=CHUNG + "/runs/align_supervised-{system}-seed{seed}.json",
    params:
        cfg=cfg("chung2018.supervised"),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    log:
        LOGS + "/align_supervised-{system}-seed{seed}.log",
    benchmark:
        LOGS + "/align_supervised-{system}-seed{seed}.tsv"
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
        target=CHUNG + "/models/word2vec-written-seed{seed}.safetensors",
        code=code_of("align-unsupervised"),
    output:
        mapping=ALIGNED + "/{system}-unsupervised-seed{seed}.safetensors",
        history=CHUNG + "/history/align-{system}-seed{seed}.csv",
        record=CHUNG + "/runs/align_unsupervised-{system}-seed{seed}.json",
    params:
        cfg=cfg("chung2018.unsupervised"),
    threads: 2
    resources:
        mem_mb=4000,
        runtime=240,
        gpu=1,
    log:
        LOGS + "/align_unsupervised-{system}-seed{seed}.log",
    benchmark:
        LOGS + "/align_unsupervised-{system}-seed{seed}.tsv"
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
        target=CHUNG + "/models/word2vec-written-seed{seed}.safetensors",
        mapping=ALIGNED + "/{system}-{method}-seed{seed}.safetensors",
        code=code_of("classify-spoken-words"),
    output:
        items=ALIGNED + "/{system}-{method}-seed{seed}.items.parquet",
        record=CHUNG + "/runs/classify_spoken_words-{system}-{method}-seed{seed}.json",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    log:
        LOGS + "/classify_spoken_words-{system}-{method}-seed{seed}.log",
    benchmark:
        LOGS + "/classify_spoken_words-{system}-{method}-seed{seed}.tsv"
    shell:
        """
        python -m crosstalk classify-spoken-words \
          --system {wildcards.system} \
          --method {wildcards.method} \
          --seed {wildcards.seed} \
          --tokens {input.tokens:q} \
          --source {input.source:q} \
          --target {input.target:q} \
          --mapping {input.mapping:q} \
          --items {output.items:q} \
          --record {output.record:q} 2>&1 | tee {log:q}
        """

rule answer_most_frequent:
    """Answer every test token with the most frequent training word."""
    input:
        segments=WORK + "/chung2018/segments.safetensors",
        target=CHUNG + "/models/word2vec-written-seed{seed}.safetensors",
        code=code_of("answer-most-frequent"),
    output:
        items=ALIGNED + "/majority-seed{seed}.items.parquet",
        record=CHUNG + "/runs/answer_most_frequent-seed{seed}.json",
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    log:
        LOGS + "/answer_most_frequent-seed{seed}.log",
    benchmark:
        LOGS + "/answer_most_frequent-seed{seed}.tsv"
    shell:
        """
        python -m crosstalk answer-most-frequent \
          --seed {wildcards.seed} \
          --segments {input.segments:q} \
          --target {input.target:q} \
          --items {output.items:q} \
          --record {output.record:q} 2>&1 | tee {log:q}
        """

rule summarise_chung2018:
    """Turn answers into percentages with bootstrap intervals."""
    input:
        items=all_items,
        code=code_of("summarise-items"),
    output:
        metrics=CHUNG + "/metrics.csv",
        summary=CHUNG + "/metrics.json",
        record=CHUNG + "/runs/summarise.json",
    params:
        cfg=cfg("chung2018.evaluation"),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    log:
        LOGS + "/summarise.log",
    benchmark:
        LOGS + "/summarise.tsv"
    shell:
        """
        python -m crosstalk summarise-items \
          --cfg {params.cfg:q} \
          --items {input.items:q} \
          --metrics {output.metrics:q} \
          --summary {output.summary:q} \
          --record {output.record:q} 2>&1 | tee {log:q}
        """
