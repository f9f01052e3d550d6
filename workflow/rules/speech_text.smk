"""Chung et al. 2018: speech and text embedding spaces, aligned.

REQUIRED INPUTS
    {DATA}/prepared/wesnoth/messages.parquet     messages in several languages (corpora.smk)
    {DATA}/prepared/bible/messages.parquet       another English text (corpora.smk)
    {DATA}/prepared/freedict/dictionary.parquet  dictionaries (corpora.smk)
OUTPUTS
    results/{scale}/chung2018/metrics.csv        every measured number
    results/{scale}/chung2018/models/            trained models
    results/{scale}/chung2018/draws/             resamples behind every interval
    results/{scale}/chung2018/history/           training curves
    results/{scale}/chung2018/examples/          neighbours, translated utterances, projections
    results/{scale}/chung2018/runs/              run records

Half of the training messages are spoken, the other half written, in every language, so nothing is
parallel. A *pair* is a column of the tables: a spoken language and a text. A *source* is a space
that is mapped onto a text's: `<language>-<system>`.
"""

CHUNG = f"{RESULTS}/chung2018"
SPOKEN = f"{WORK}/spoken"
HEARD_FOLDER = f"{WORK}/gathered" if PAPER else SPOKEN
SPACES = f"{WORK}/chung2018/spaces"
ALIGNED = f"{WORK}/chung2018/alignment"
LOGS = f"logs/{P.scale}/chung2018"
MESSAGES = f"{DATA}/prepared/wesnoth/messages.parquet"
DICTIONARY = (
    f"{PREPARED}/muse/all/dictionary.parquet"
    if PAPER
    else f"{DATA}/prepared/freedict/dictionary.parquet"
)
SHIFT_MS = P.chung2018.features.shift_ms

PAIRS = [tuple(pair.split("-")) for pair in P.chung2018.pairs]
LANGUAGES = sorted({speech for speech, _ in PAIRS})
BASE = PAIRS[0][0]  # the language of the controls

# Rows of the tables: the system that embeds speech, and how its space is mapped.
PAPER_ROWS = {
    "A*": ("speech2vec", "supervised"),
    "A": ("speech2vec", "adversarial"),
    "B": ("kmeans", "adversarial"),
    "C": ("bes_gmm", "adversarial"),
    "D": ("es_kmeans", "adversarial"),
    "E": ("sylseg", "adversarial"),
    "F": ("equal", "adversarial"),
}
CONTROLS = {
    "untrained A*": ("untrained", "supervised"),
    "units A*": ("units", "supervised"),
    "units A": ("units", "adversarial"),
    "taught units A*": ("taught_units", "supervised"),
    "text A*": ("text", "supervised"),
    "text A": ("text", "adversarial"),
    "rotated A*": ("rotated", "supervised"),
    "rotated A": ("rotated", "adversarial"),
}
SEGMENTERS = {"C": "bes_gmm", "D": "es_kmeans", "E": "sylseg", "F": "equal"}
# Systems with a Speech2Vec encoder; its segments, and how their vectors become types.
ENCODED = {
    "speech2vec": ("words", "words"),
    "untrained": ("words", "words"),
    "kmeans": ("words", "clusters"),
    **{segmenter: (segmenter, "clusters") for segmenter in SEGMENTERS.values()},
}
# Those that are shown the true words, and what becomes of them.
OF_WORDS = {
    encoded: grouping
    for encoded, (segments, grouping) in ENCODED.items()
    if segments == "words"
}
# What stands for a test token: its own acoustic embedding, or the vector of its word.
TYPES_ONLY = ["text", "again", "rotated", "transcript", "misheard"]
UNITS = ["units", "taught_units"]
# Speech2Vec again, trained longer; only the ladder has it, hence only the language of the controls.
LONGER = "speech2vec_longer"

# The ladder, from the control that must align down: source, text.
RUNGS = ladder_rungs(BASE, PAIRS)
METHODS = ["adversarial", "self_learning", "wasserstein"]
# Rungs whose words are their own translations: the curve over known pairs needs no dictionary.
PAIRED = [rung for rung in RUNGS if rung != "other_language"]
# Spaces whose homophones are looked at.
HEARD = ["speech2vec", *[LONGER] * (LONGER in RUNGS), "untrained", "units", "text"]
# Spaces that are compared with people's judgements of English words, by seed.
JUDGED = [
    (system, seed)
    for system in [*HEARD, *("transcript",) * ("transcript" in RUNGS)]
    for seed in P.seeds
    if language_of(BASE) == "en"
]
SEGMENTED = [
    Segmented(
        row,
        corpus_label(speech),
        seed,
        f"{WORK}/chung2018/utterances/{speech}.safetensors",
        segmentation_path(speech, segmenter, seed),
    )
    for speech in LANGUAGES
    for row, segmenter in SEGMENTERS.items()
    for seed in P.seeds
]
IN_LANGUAGE = [speech for speech, text in PAIRS if speech == text]
# Source and text of every map that a table or figure rests on, by method.
MAPS = {
    method: sorted(
        {
            (f"{speech}-{system}", text)
            for speech, text in PAIRS
            for system, by in rows_of(speech, text).values()
            if by == method
        }
        | set(RUNGS.values())
    )
    for method in ["supervised", *METHODS]
}
# Language and kind of the units that are mapped, and sources that are transcripts.
CLUSTERED, TRANSCRIBED = (
    sorted(
        {
            source
            for maps in MAPS.values()
            for source, _ in maps
            if source.partition("-")[2] in systems
        }
    )
    for systems in (UNITS, ["transcript", "misheard"])
)
CLUSTERED = [tuple(source.split("-")) for source in CLUSTERED]
CHUNG_ITEMS = [
    f"{WORK}/chung2018/items/{name}-seed{seed}.parquet"
    for seed in P.seeds
    for name in [
        *(f"column-{speech}-{text}" for speech, text in PAIRS),
        *(f"classifier-{speech}" for speech in IN_LANGUAGE),
        *(f"ladder-{rung}" for rung in RUNGS),
        f"homophones-{BASE}",
        *(f"{units}-{speech}" for speech, units in CLUSTERED),
    ]
]
# Only our own messages have translations to compare utterances with.
ACROSS = [] if PAPER else [p for p in PAIRS if p[1] not in (p[0], "bible")]
CHUNG_MEASURES = [
    f"{WORK}/chung2018/measures/{name}.csv"
    for name in [
        "segmentation",
        "spoken",
        *(["similarity"] if JUDGED else []),
        *(f"utterances-{speech}-{text}" for speech, text in ACROSS),
    ]
]
TRAINED_TEXTS = sorted(
    {
        Path(space).stem
        for seed in P.seeds
        for maps in MAPS.values()
        for source, text in maps
        for space in (source_space(source, seed), text_space(text, seed))
        if Path(space).stem.startswith("word2vec-")
    }
)
RECORDS += [
    f"{CHUNG}/runs/{job}.json"
    for job in [
        *expand("extract_utterances-{speech}", speech=LANGUAGES),
        *(
            expand(
                "gather_speech-{speech}", speech=sorted({n for p in PAIRS for n in p})
            )
            if PAPER
            else expand("speak_messages-{speech}", speech=LANGUAGES)
        ),
        "score_segmentations",
        "describe_spoken",
        "summarise_chung2018",
        *(["score_similarity"] if JUDGED else []),
        *(f"score_translations-{speech}-{text}" for speech, text in ACROSS),
    ]
]
RECORDS += [
    f"{CHUNG}/runs/{job}-seed{seed}.json"
    for seed in P.seeds
    for job in [
        *expand(
            "{job}-{speech}",
            job=[
                "segment_bes_gmm",
                "segment_es_kmeans",
                "segment_sylseg",
                "segment_equally",
                "draw_encoder",
            ],
            speech=LANGUAGES,
        ),
        *(
            f"train_speech2vec-{speech}-{segments}"
            for speech in LANGUAGES
            for segments in ["words", *SEGMENTERS.values()]
        ),
        *(f"{job}_longer" for job in ["train", "embed"] if LONGER in RUNGS),
        *(f"embed_words-{speech}" for speech in LANGUAGES),
        *(
            f"embed_segments-{speech}-{segmenter}"
            for speech in LANGUAGES
            for segmenter in SEGMENTERS.values()
        ),
        *(f"align_{method}" for method in MAPS),
        *(f"answer_column-{speech}-{text}" for speech, text in PAIRS),
        "score_maps",
        "align_with_pairs",
        f"rotate_space-{BASE}",
        f"score_homophones-{BASE}",
        *(f"train_word_classifier-{speech}" for speech in IN_LANGUAGE),
        *(f"score_word_classifier-{speech}" for speech in IN_LANGUAGE),
        *(f"discover_{units}-{speech}" for speech, units in CLUSTERED),
        *(f"embed_transcript-{source}" for source in TRANSCRIBED),
        *(
            f"train_listener-{speech}"
            for speech, units in CLUSTERED
            if units != "units"
        ),
    ]
]
RECORDS += [f"{CHUNG}/runs/train_{name}.json" for name in TRAINED_TEXTS]


wildcard_constraints:
    speech="|".join(LANGUAGES),
    text="|".join(sorted({*LANGUAGES, "bible", *(text for _, text in PAIRS)})),
    half="written|spoken|again|all",
    segmenter="|".join(SEGMENTERS.values()),
    segments="|".join(["words", *SEGMENTERS.values()]),
    system="|".join([*ENCODED, LONGER, *UNITS, *TYPES_ONLY]),
    heard="transcript|misheard",
    source="|".join(
        f"{language}-{system}"
        for language in [*LANGUAGES, "bible"]
        for system in [*ENCODED, LONGER, *UNITS, *TYPES_ONLY]
    ),
    method="|".join(["supervised", *METHODS]),


rule speak_messages:
    """Speak the messages of the spoken half with many synthetic voices."""
    input:
        messages=MESSAGES,
        code=code_of("speak-messages"),
    output:
        audio=f"{SPOKEN}/{{speech}}/audio.flac",
        recordings=f"{SPOKEN}/{{speech}}/recordings.jsonl.gz",
        supervisions=f"{SPOKEN}/{{speech}}/supervisions.jsonl.gz",
        record=f"{CHUNG}/runs/speak_messages-{{speech}}.json",
    log:
        f"{LOGS}/speak_messages-{{speech}}.log",
    benchmark:
        f"{LOGS}/speak_messages-{{speech}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=120,
    params:
        cfg=cfg("chung2018.spoken"),
        splits=cfg("corpora.splits"),
    shell:
        """
        python -m crosstalk speak-messages \
            --cfg {params.cfg:q} \
            --splits {params.splits:q} \
            --language {wildcards.speech} \
            --seed 0 \
            --workers {threads} \
            --messages {input.messages:q} \
            --audio {output.audio:q} \
            --recordings {output.recordings:q} \
            --supervisions {output.supervisions:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule extract_utterances:
    """Turn the spoken messages into MFCC frames with the true word boundaries."""
    input:
        recordings=f"{HEARD_FOLDER}/{{speech}}/recordings.jsonl.gz",
        supervisions=f"{HEARD_FOLDER}/{{speech}}/supervisions.jsonl.gz",
        audio=lambda w: spoken_files(w.speech),
        code=code_of("extract-utterances"),
    output:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        words=f"{WORK}/chung2018/segmentation/{{speech}}-words.safetensors",
        record=f"{CHUNG}/runs/extract_utterances-{{speech}}.json",
    log:
        f"{LOGS}/extract_utterances-{{speech}}.log",
    benchmark:
        f"{LOGS}/extract_utterances-{{speech}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=1440 if PAPER else 60,
    params:
        cfg=cfg("chung2018.features"),
    shell:
        """
        python -m crosstalk extract-utterances \
            --cfg {params.cfg:q} \
            --recordings {input.recordings:q} \
            --supervisions {input.supervisions:q} \
            --audio {input.audio:q} \
            --utterances {output.utterances:q} \
            --words {output.words:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule segment_bes_gmm:
    """Segment by the Bayesian embedded segmental GMM (row C)."""
    input:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        code=code_of("segment-bes-gmm"),
    output:
        segmentation=f"{WORK}/chung2018/segmentation/{{speech}}-bes_gmm-seed{{seed}}.safetensors",
        record=f"{CHUNG}/runs/segment_bes_gmm-{{speech}}-seed{{seed}}.json",
    log:
        f"{LOGS}/segment_bes_gmm-{{speech}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/segment_bes_gmm-{{speech}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=600,
    params:
        syllables=cfg("chung2018.segmentation.syllables"),
        embedding=cfg("chung2018.segmentation.embedding"),
        cfg=cfg("chung2018.segmentation.bes_gmm"),
        shift=SHIFT_MS,
    shell:
        """
        python -m crosstalk segment-bes-gmm \
            --syllables {params.syllables:q} \
            --embedding {params.embedding:q} \
            --cfg {params.cfg:q} \
            --shift-ms {params.shift} \
            --seed {wildcards.seed} \
            --utterances {input.utterances:q} \
            --segmentation {output.segmentation:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule segment_es_kmeans:
    """Segment by embedded segmental k-means (row D)."""
    input:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        code=code_of("segment-es-kmeans"),
    output:
        segmentation=f"{WORK}/chung2018/segmentation/{{speech}}-es_kmeans-seed{{seed}}.safetensors",
        record=f"{CHUNG}/runs/segment_es_kmeans-{{speech}}-seed{{seed}}.json",
    log:
        f"{LOGS}/segment_es_kmeans-{{speech}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/segment_es_kmeans-{{speech}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=600,
    params:
        syllables=cfg("chung2018.segmentation.syllables"),
        embedding=cfg("chung2018.segmentation.embedding"),
        cfg=cfg("chung2018.segmentation.es_kmeans"),
        shift=SHIFT_MS,
    shell:
        """
        python -m crosstalk segment-es-kmeans \
            --syllables {params.syllables:q} \
            --embedding {params.embedding:q} \
            --cfg {params.cfg:q} \
            --shift-ms {params.shift} \
            --seed {wildcards.seed} \
            --utterances {input.utterances:q} \
            --segmentation {output.segmentation:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule segment_sylseg:
    """Segment by recurring syllables (row E)."""
    input:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        code=code_of("segment-sylseg"),
    output:
        segmentation=f"{WORK}/chung2018/segmentation/{{speech}}-sylseg-seed{{seed}}.safetensors",
        record=f"{CHUNG}/runs/segment_sylseg-{{speech}}-seed{{seed}}.json",
    log:
        f"{LOGS}/segment_sylseg-{{speech}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/segment_sylseg-{{speech}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=600,
    params:
        syllables=cfg("chung2018.segmentation.syllables"),
        embedding=cfg("chung2018.segmentation.embedding"),
        recurrence=cfg("chung2018.segmentation.recurrence"),
        shift=SHIFT_MS,
    shell:
        """
        python -m crosstalk segment-sylseg \
            --syllables {params.syllables:q} \
            --embedding {params.embedding:q} \
            --recurrence {params.recurrence:q} \
            --shift-ms {params.shift} \
            --seed {wildcards.seed} \
            --utterances {input.utterances:q} \
            --segmentation {output.segmentation:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule segment_equally:
    """Cut speech into chunks of equal length (row F)."""
    input:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        code=code_of("segment-equally"),
    output:
        segmentation=f"{WORK}/chung2018/segmentation/{{speech}}-equal-seed{{seed}}.safetensors",
        record=f"{CHUNG}/runs/segment_equally-{{speech}}-seed{{seed}}.json",
    log:
        f"{LOGS}/segment_equally-{{speech}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/segment_equally-{{speech}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=600,
    params:
        syllables=cfg("chung2018.segmentation.syllables"),
        cfg=cfg("chung2018.segmentation.chunks"),
        shift=SHIFT_MS,
    shell:
        """
        python -m crosstalk segment-equally \
            --syllables {params.syllables:q} \
            --cfg {params.cfg:q} \
            --shift-ms {params.shift} \
            --utterances {input.utterances:q} \
            --segmentation {output.segmentation:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule train_speech2vec:
    """Train Speech2Vec on the segments of one segmentation."""
    input:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        segmentation=lambda w: segmentation_path(w.speech, w.segments, w.seed),
        code=code_of("train-speech2vec"),
    output:
        model=f"{CHUNG}/models/speech2vec-{{speech}}-{{segments}}-seed{{seed}}.safetensors",
        history=f"{CHUNG}/history/speech2vec-{{speech}}-{{segments}}-seed{{seed}}.csv",
        record=f"{CHUNG}/runs/train_speech2vec-{{speech}}-{{segments}}-seed{{seed}}.json",
    log:
        f"{LOGS}/train_speech2vec-{{speech}}-{{segments}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/train_speech2vec-{{speech}}-{{segments}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=1440,
        gpu=one_gpu,
    params:
        network=cfg("chung2018.speech2vec.network"),
        training=cfg("chung2018.speech2vec.training"),
    shell:
        """
        python -m crosstalk train-speech2vec \
            --network {params.network:q} \
            --training {params.training:q} \
            --seed {wildcards.seed} \
            --utterances {input.utterances:q} \
            --segmentation {input.segmentation:q} \
            --model {output.model:q} \
            --history {output.history:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


use rule train_speech2vec as train_speech2vec_longer with:
    input:
        utterances=f"{WORK}/chung2018/utterances/{BASE}.safetensors",
        segmentation=segmentation_path(BASE, "words", 0),
        code=code_of("train-speech2vec"),
    output:
        model=encoder_model(BASE, LONGER, "{seed}"),
        history=f"{CHUNG}/history/{LONGER}-seed{{seed}}.csv",
        record=f"{CHUNG}/runs/train_longer-seed{{seed}}.json",
    log:
        f"{LOGS}/train_longer-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/train_longer-seed{{seed}}.tsv"
    params:
        network=cfg("chung2018.speech2vec.network"),
        training=cfg_with(
            "chung2018.speech2vec.training",
            epochs=P.chung2018.speech2vec.training.epochs
            * P.chung2018.speech2vec.longer,
        ),


rule draw_encoder:
    """Draw an encoder and leave it untrained: the control of what training adds."""
    input:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        code=code_of("draw-encoder"),
    output:
        model=f"{WORK}/chung2018/models/untrained-{{speech}}-seed{{seed}}.safetensors",
        record=f"{CHUNG}/runs/draw_encoder-{{speech}}-seed{{seed}}.json",
    log:
        f"{LOGS}/draw_encoder-{{speech}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/draw_encoder-{{speech}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        network=cfg("chung2018.speech2vec.network"),
    shell:
        """
        python -m crosstalk draw-encoder \
            --network {params.network:q} \
            --seed {wildcards.seed} \
            --utterances {input.utterances:q} \
            --model {output.model:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule embed_words:
    """Embed true words: averaged by word or clustered; test words one by one."""
    input:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        segmentations=lambda w: [segmentation_path(w.speech, "words", w.seed)]
        * len(OF_WORDS),
        models=lambda w: [encoder_model(w.speech, e, w.seed) for e in OF_WORDS],
        code=code_of("embed-segments"),
    output:
        spaces=[
            f"{SPACES}/{{speech}}-{encoded}-seed{{seed}}.safetensors"
            for encoded in OF_WORDS
        ],
        tokens=[
            f"{SPACES}/{{speech}}-{encoded}-seed{{seed}}.tokens.safetensors"
            for encoded in OF_WORDS
        ],
        record=f"{CHUNG}/runs/embed_words-{{speech}}-seed{{seed}}.json",
    log:
        f"{LOGS}/embed_words-{{speech}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/embed_words-{{speech}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=180,
        gpu=one_gpu,
    params:
        network=cfg("chung2018.speech2vec.network"),
        types=cfg("chung2018.speech2vec.types"),
        groupings=list(OF_WORDS.values()),
    shell:
        """
        python -m crosstalk embed-segments \
            --network {params.network:q} \
            --types {params.types:q} \
            --groupings {params.groupings} \
            --seed {wildcards.seed} \
            --utterances {input.utterances:q} \
            --segmentations {input.segmentations:q} \
            --models {input.models:q} \
            --spaces {output.spaces:q} \
            --tokens {output.tokens:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule embed_segments:
    """Embed found segments and cluster them; embed test words one by one."""
    input:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        segmentations=lambda w: [segmentation_path(w.speech, w.segmenter, w.seed)],
        models=lambda w: [encoder_model(w.speech, w.segmenter, w.seed)],
        code=code_of("embed-segments"),
    output:
        spaces=[f"{SPACES}/{{speech}}-{{segmenter}}-seed{{seed}}.safetensors"],
        tokens=[f"{SPACES}/{{speech}}-{{segmenter}}-seed{{seed}}.tokens.safetensors"],
        record=f"{CHUNG}/runs/embed_segments-{{speech}}-{{segmenter}}-seed{{seed}}.json",
    log:
        f"{LOGS}/embed_segments-{{speech}}-{{segmenter}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/embed_segments-{{speech}}-{{segmenter}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=60,
        gpu=one_gpu,
    params:
        network=cfg("chung2018.speech2vec.network"),
        types=cfg("chung2018.speech2vec.types"),
        groupings="clusters",
    shell:
        """
        python -m crosstalk embed-segments \
            --network {params.network:q} \
            --types {params.types:q} \
            --groupings {params.groupings} \
            --seed {wildcards.seed} \
            --utterances {input.utterances:q} \
            --segmentations {input.segmentations:q} \
            --models {input.models:q} \
            --spaces {output.spaces:q} \
            --tokens {output.tokens:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


use rule embed_segments as embed_longer with:
    input:
        utterances=f"{WORK}/chung2018/utterances/{BASE}.safetensors",
        segmentations=[segmentation_path(BASE, "words", 0)],
        models=[encoder_model(BASE, LONGER, "{seed}")],
        code=code_of("embed-segments"),
    output:
        spaces=[f"{SPACES}/{BASE}-{LONGER}-seed{{seed}}.safetensors"],
        tokens=[f"{SPACES}/{BASE}-{LONGER}-seed{{seed}}.tokens.safetensors"],
        record=f"{CHUNG}/runs/embed_longer-seed{{seed}}.json",
    log:
        f"{LOGS}/embed_longer-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/embed_longer-seed{{seed}}.tsv"
    params:
        network=cfg("chung2018.speech2vec.network"),
        types=cfg("chung2018.speech2vec.types"),
        groupings="words",


rule embed_transcript:
    """Learn skip-gram over the true words of the speech, some of them misheard or none."""
    input:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        code=code_of("embed-transcript"),
    output:
        space=f"{SPACES}/{{speech}}-{{heard}}-seed{{seed}}.safetensors",
        record=f"{CHUNG}/runs/embed_transcript-{{speech}}-{{heard}}-seed{{seed}}.json",
    log:
        f"{LOGS}/embed_transcript-{{speech}}-{{heard}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/embed_transcript-{{speech}}-{{heard}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=120,
    params:
        word2vec=cfg("chung2018.word2vec"),
        misheard=lambda w: P.chung2018.misheard if w.heard == "misheard" else 0,
    shell:
        """
        python -m crosstalk embed-transcript \
            --word2vec {params.word2vec:q} \
            --misheard {params.misheard} \
            --seed {wildcards.seed} \
            --utterances {input.utterances:q} \
            --space {output.space:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule discover_units:
    """Cluster words by their frames, then learn skip-gram over the clusters."""
    input:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        code=code_of("discover-units"),
    output:
        space=f"{SPACES}/{{speech}}-units-seed{{seed}}.safetensors",
        tokens=f"{SPACES}/{{speech}}-units-seed{{seed}}.tokens.safetensors",
        answers=f"{WORK}/chung2018/items/units-{{speech}}-seed{{seed}}.parquet",
        record=f"{CHUNG}/runs/discover_units-{{speech}}-seed{{seed}}.json",
    log:
        f"{LOGS}/discover_units-{{speech}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/discover_units-{{speech}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=120,
    params:
        embedding=cfg("chung2018.segmentation.embedding"),
        word2vec=cfg("chung2018.word2vec"),
        types=cfg("chung2018.speech2vec.types"),
        column=lambda w: corpus_label(w.speech),
    shell:
        """
        python -m crosstalk discover-units \
            --embedding {params.embedding:q} \
            --word2vec {params.word2vec:q} \
            --types {params.types:q} \
            --column {params.column} \
            --seed {wildcards.seed} \
            --utterances {input.utterances:q} \
            --space {output.space:q} \
            --tokens {output.tokens:q} \
            --answers {output.answers:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule train_listener:
    """Teach an encoder to tell the words of all other languages apart."""
    input:
        utterances=lambda w: expand(
            f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
            speech=taught_by(w.speech, PAIRS),
        ),
        code=code_of("train-listener"),
    output:
        model=f"{CHUNG}/models/listener-{{speech}}-seed{{seed}}.safetensors",
        history=f"{CHUNG}/history/listener-{{speech}}-seed{{seed}}.csv",
        record=f"{CHUNG}/runs/train_listener-{{speech}}-seed{{seed}}.json",
    log:
        f"{LOGS}/train_listener-{{speech}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/train_listener-{{speech}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(2 * CORPUS_MB),
        runtime=600,
        gpu=one_gpu,
    params:
        cfg=cfg("chung2018.classifier"),
        network=cfg("chung2018.speech2vec.network"),
    shell:
        """
        python -m crosstalk train-listener \
            --cfg {params.cfg:q} \
            --network {params.network:q} \
            --seed {wildcards.seed} \
            --utterances {input.utterances:q} \
            --model {output.model:q} \
            --history {output.history:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule discover_taught_units:
    """Cluster words by what a listener who was taught other languages makes of them."""
    input:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        listener=f"{CHUNG}/models/listener-{{speech}}-seed{{seed}}.safetensors",
        code=code_of("discover-taught-units"),
    output:
        space=f"{SPACES}/{{speech}}-taught_units-seed{{seed}}.safetensors",
        tokens=f"{SPACES}/{{speech}}-taught_units-seed{{seed}}.tokens.safetensors",
        answers=f"{WORK}/chung2018/items/taught_units-{{speech}}-seed{{seed}}.parquet",
        record=f"{CHUNG}/runs/discover_taught_units-{{speech}}-seed{{seed}}.json",
    log:
        f"{LOGS}/discover_taught_units-{{speech}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/discover_taught_units-{{speech}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=120,
        gpu=one_gpu,
    params:
        network=cfg("chung2018.speech2vec.network"),
        word2vec=cfg("chung2018.word2vec"),
        types=cfg("chung2018.speech2vec.types"),
        column=lambda w: corpus_label(w.speech),
    shell:
        """
        python -m crosstalk discover-taught-units \
            --network {params.network:q} \
            --word2vec {params.word2vec:q} \
            --types {params.types:q} \
            --column {params.column} \
            --seed {wildcards.seed} \
            --utterances {input.utterances:q} \
            --listener {input.listener:q} \
            --space {output.space:q} \
            --tokens {output.tokens:q} \
            --answers {output.answers:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule train_word_classifier:
    """Train the supervised word classifier, the upper bound."""
    input:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        code=code_of("train-word-classifier"),
    output:
        answers=f"{WORK}/chung2018/classifier/{{speech}}-seed{{seed}}.parquet",
        history=f"{CHUNG}/history/classifier-{{speech}}-seed{{seed}}.csv",
        record=f"{CHUNG}/runs/train_word_classifier-{{speech}}-seed{{seed}}.json",
    log:
        f"{LOGS}/train_word_classifier-{{speech}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/train_word_classifier-{{speech}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=600,
        gpu=one_gpu,
    params:
        cfg=cfg("chung2018.classifier"),
        network=cfg("chung2018.speech2vec.network"),
    shell:
        """
        python -m crosstalk train-word-classifier \
            --cfg {params.cfg:q} \
            --network {params.network:q} \
            --seed {wildcards.seed} \
            --utterances {input.utterances:q} \
            --history {output.history:q} \
            --answers {output.answers:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule train_word2vec:
    """Train Word2Vec on one half of a language's messages, or on all of a text."""
    input:
        messages=text_messages,
        code=code_of("train-word2vec"),
    output:
        space=f"{CHUNG}/models/word2vec-{{text}}-{{half}}-seed{{seed}}.safetensors",
        record=f"{CHUNG}/runs/train_word2vec-{{text}}-{{half}}-seed{{seed}}.json",
    log:
        f"{LOGS}/train_word2vec-{{text}}-{{half}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/train_word2vec-{{text}}-{{half}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("chung2018.word2vec"),
        splits=cfg("corpora.splits"),
        language=lambda w: language_of(w.text),
        half=lambda w: w.half.replace("again", "written"),
        seed=word2vec_seed,
    shell:
        """
        python -m crosstalk train-word2vec \
            --cfg {params.cfg:q} \
            --splits {params.splits:q} \
            --language {params.language} \
            --half {params.half} \
            --seed {params.seed} \
            --messages {input.messages:q} \
            --space {output.space:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule rotate_space:
    """Turn a copy of the text space: the control that must align."""
    input:
        space=lambda w: text_space(w.text, w.seed),
        code=code_of("rotate-space"),
    output:
        rotated=f"{SPACES}/{{text}}-rotated-seed{{seed}}.safetensors",
        record=f"{CHUNG}/runs/rotate_space-{{text}}-seed{{seed}}.json",
    log:
        f"{LOGS}/rotate_space-{{text}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/rotate_space-{{text}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
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
    """Fit linear maps from a dictionary, a part of which is held out."""
    input:
        sources=[source_space(source, "{seed}") for source, _ in MAPS["supervised"]],
        targets=[text_space(text, "{seed}") for _, text in MAPS["supervised"]],
        dictionary=DICTIONARY,
        code=code_of("align-supervised"),
    output:
        mappings=[
            mapping_of(*sides, "supervised", "{seed}") for sides in MAPS["supervised"]
        ],
        record=f"{CHUNG}/runs/align_supervised-seed{{seed}}.json",
    log:
        f"{LOGS}/align_supervised-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/align_supervised-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=60,
        gpu=one_gpu,
    params:
        cfg=cfg("chung2018.supervised"),
        languages=lambda w: [
            f"{language_of(source)}-{language_of(text)}"
            for source, text in MAPS["supervised"]
        ],
    shell:
        """
        python -m crosstalk align-supervised \
            --cfg {params.cfg:q} \
            --languages {params.languages} \
            --dictionary {input.dictionary:q} \
            --sources {input.sources:q} \
            --targets {input.targets:q} \
            --mappings {output.mappings:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule align_adversarial:
    """Fit maps adversarially, then refine them; all games run as one batch."""
    input:
        sources=[source_space(source, "{seed}") for source, _ in MAPS["adversarial"]],
        targets=[text_space(text, "{seed}") for _, text in MAPS["adversarial"]],
        code=code_of("align-adversarial"),
    output:
        mappings=[
            mapping_of(*sides, "adversarial", "{seed}")
            for sides in MAPS["adversarial"]
        ],
        histories=[
            f"{CHUNG}/history/align-{source}-{text}-adversarial-seed{{seed}}.csv"
            for source, text in MAPS["adversarial"]
        ],
        record=f"{CHUNG}/runs/align_adversarial-seed{{seed}}.json",
    log:
        f"{LOGS}/align_adversarial-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/align_adversarial-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=600,
        gpu=one_gpu,
    params:
        cfg=cfg("chung2018.unsupervised"),
    shell:
        """
        python -m crosstalk align-adversarial \
            --cfg {params.cfg:q} \
            --seed {wildcards.seed} \
            --sources {input.sources:q} \
            --targets {input.targets:q} \
            --mappings {output.mappings:q} \
            --histories {output.histories:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule align_self_learning:
    """Fit maps by self-learning from similarity profiles, then refine them."""
    input:
        sources=[source_space(source, "{seed}") for source, _ in MAPS["self_learning"]],
        targets=[text_space(text, "{seed}") for _, text in MAPS["self_learning"]],
        code=code_of("align-self-learning"),
    output:
        mappings=[
            mapping_of(*sides, "self_learning", "{seed}")
            for sides in MAPS["self_learning"]
        ],
        histories=[
            f"{CHUNG}/history/align-{source}-{text}-self_learning-seed{{seed}}.csv"
            for source, text in MAPS["self_learning"]
        ],
        record=f"{CHUNG}/runs/align_self_learning-seed{{seed}}.json",
    log:
        f"{LOGS}/align_self_learning-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/align_self_learning-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=600,
        gpu=one_gpu,
    params:
        cfg=cfg("chung2018.self_learning"),
    shell:
        """
        python -m crosstalk align-self-learning \
            --cfg {params.cfg:q} \
            --seed {wildcards.seed} \
            --sources {input.sources:q} \
            --targets {input.targets:q} \
            --mappings {output.mappings:q} \
            --histories {output.histories:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule align_wasserstein:
    """Fit maps by Wasserstein-Procrustes, then refine them."""
    input:
        sources=[source_space(source, "{seed}") for source, _ in MAPS["wasserstein"]],
        targets=[text_space(text, "{seed}") for _, text in MAPS["wasserstein"]],
        code=code_of("align-wasserstein"),
    output:
        mappings=[
            mapping_of(*sides, "wasserstein", "{seed}")
            for sides in MAPS["wasserstein"]
        ],
        histories=[
            f"{CHUNG}/history/align-{source}-{text}-wasserstein-seed{{seed}}.csv"
            for source, text in MAPS["wasserstein"]
        ],
        record=f"{CHUNG}/runs/align_wasserstein-seed{{seed}}.json",
    log:
        f"{LOGS}/align_wasserstein-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/align_wasserstein-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=600,
        gpu=one_gpu,
    params:
        cfg=cfg("chung2018.wasserstein"),
    shell:
        """
        python -m crosstalk align-wasserstein \
            --cfg {params.cfg:q} \
            --seed {wildcards.seed} \
            --sources {input.sources:q} \
            --targets {input.targets:q} \
            --mappings {output.mappings:q} \
            --histories {output.histories:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule align_with_pairs:
    """Fit maps to 25, 50, ... known pairs, and ask held-out words."""
    input:
        sources=lambda w: [source_space(RUNGS[rung][0], w.seed) for rung in PAIRED],
        targets=lambda w: [text_space(RUNGS[rung][1], w.seed) for rung in PAIRED],
        code=code_of("align-with-pairs"),
    output:
        curves=[
            f"{WORK}/chung2018/supervision/{rung}-seed{{seed}}.csv" for rung in PAIRED
        ],
        record=f"{CHUNG}/runs/align_with_pairs-seed{{seed}}.json",
    log:
        f"{LOGS}/align_with_pairs-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/align_with_pairs-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=600,
        gpu=one_gpu,
    params:
        cfg=cfg("chung2018.supervision"),
    shell:
        """
        python -m crosstalk align-with-pairs \
            --cfg {params.cfg:q} \
            --sources {input.sources:q} \
            --targets {input.targets:q} \
            --seed {wildcards.seed} \
            --curves {output.curves:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule answer_column:
    """Ask the text space for the words of every test token, for every row of a column."""
    input:
        utterances=f"{WORK}/chung2018/utterances/{{speech}}.safetensors",
        dictionary=DICTIONARY,
        target=lambda w: text_space(w.text, w.seed),
        tokens=lambda w: [s.tokens for s in systems(w)],
        sources=lambda w: [s.space for s in systems(w)],
        mappings=lambda w: [s.mapping for s in systems(w)],
        code=code_of("answer-column"),
    output:
        answers=f"{WORK}/chung2018/items/column-{{speech}}-{{text}}-seed{{seed}}.parquet",
        words=f"{WORK}/chung2018/words/{{speech}}-{{text}}-seed{{seed}}.parquet",
        record=f"{CHUNG}/runs/answer_column-{{speech}}-{{text}}-seed{{seed}}.json",
    log:
        f"{LOGS}/answer_column-{{speech}}-{{text}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/answer_column-{{speech}}-{{text}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=30,
    params:
        column=lambda w: column_name(w.speech, w.text),
        spoken=lambda w: language_of(w.speech),
        language=lambda w: language_of(w.text),
        rows=lambda w: [s.row for s in systems(w)],
        vectors=lambda w: [s.vectors for s in systems(w)],
    shell:
        """
        python -m crosstalk answer-column \
            --column {params.column:q} \
            --source-language {params.spoken} \
            --target-language {params.language} \
            --seed {wildcards.seed} \
            --utterances {input.utterances:q} \
            --dictionary {input.dictionary:q} \
            --target {input.target:q} \
            --rows {params.rows:q} \
            --vectors {params.vectors:q} \
            --tokens {input.tokens:q} \
            --sources {input.sources:q} \
            --mappings {input.mappings:q} \
            --answers {output.answers:q} \
            --words {output.words:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule score_word_classifier:
    """Count the supervised classifier's right answers."""
    input:
        predicted=f"{WORK}/chung2018/classifier/{{speech}}-seed{{seed}}.parquet",
        code=code_of("score-word-classifier"),
    output:
        answers=f"{WORK}/chung2018/items/classifier-{{speech}}-seed{{seed}}.parquet",
        record=f"{CHUNG}/runs/score_word_classifier-{{speech}}-seed{{seed}}.json",
    log:
        f"{LOGS}/score_word_classifier-{{speech}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/score_word_classifier-{{speech}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        column=lambda w: column_name(w.speech, w.speech),
    shell:
        """
        python -m crosstalk score-word-classifier \
            --column {params.column:q} \
            --seed {wildcards.seed} \
            --predicted {input.predicted:q} \
            --answers {output.answers:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule score_maps:
    """Ask held-out words through every map of every rung of the ladder."""
    input:
        dictionary=DICTIONARY,
        sources=lambda w: [source_space(source, w.seed) for source, _ in RUNGS.values()],
        targets=lambda w: [text_space(text, w.seed) for _, text in RUNGS.values()],
        supervised=lambda w: [
            mapping_of(*sides, "supervised", w.seed) for sides in RUNGS.values()
        ],
        unsupervised=lambda w: [
            mapping_of(*sides, method, w.seed)
            for sides in RUNGS.values()
            for method in METHODS
        ],
        code=code_of("score-maps"),
    output:
        answers=[
            f"{WORK}/chung2018/items/ladder-{rung}-seed{{seed}}.parquet"
            for rung in RUNGS
        ],
        record=f"{CHUNG}/runs/score_maps-seed{{seed}}.json",
    log:
        f"{LOGS}/score_maps-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/score_maps-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=300,
    params:
        rungs=list(RUNGS),
        languages=[
            f"{language_of(source)}-{language_of(text)}"
            for source, text in RUNGS.values()
        ],
    shell:
        """
        python -m crosstalk score-maps \
            --rows {params.rungs} \
            --languages {params.languages} \
            --seed {wildcards.seed} \
            --dictionary {input.dictionary:q} \
            --sources {input.sources:q} \
            --targets {input.targets:q} \
            --supervised {input.supervised:q} \
            --unsupervised {input.unsupervised:q} \
            --answers {output.answers:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule score_homophones:
    """Are homophones neighbours? In a space that hears, they must be."""
    input:
        spaces=lambda w: [source_space(f"{w.speech}-{s}", w.seed) for s in HEARD],
        code=code_of("score-homophones"),
    output:
        answers=f"{WORK}/chung2018/items/homophones-{{speech}}-seed{{seed}}.parquet",
        record=f"{CHUNG}/runs/score_homophones-{{speech}}-seed{{seed}}.json",
    log:
        f"{LOGS}/score_homophones-{{speech}}-seed{{seed}}.log",
    benchmark:
        f"{LOGS}/score_homophones-{{speech}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        rows=lambda w: HEARD,
        language=lambda w: language_of(w.speech),
    shell:
        """
        python -m crosstalk score-homophones \
            --language {params.language} \
            --seed {wildcards.seed} \
            --rows {params.rows:q} \
            --spaces {input.spaces:q} \
            --answers {output.answers:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule score_similarity:
    """Are words near to each other that people call similar?"""
    input:
        spaces=[source_space(f"{BASE}-{system}", seed) for system, seed in JUDGED],
        code=code_of("score-similarity"),
    output:
        measures=f"{WORK}/chung2018/measures/similarity.csv",
        record=f"{CHUNG}/runs/score_similarity.json",
    log:
        f"{LOGS}/score_similarity.log",
    benchmark:
        f"{LOGS}/score_similarity.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("chung2018.evaluation"),
        rows=[system for system, _ in JUDGED],
        seeds=[seed for _, seed in JUDGED],
    shell:
        """
        python -m crosstalk score-similarity \
            --cfg {params.cfg:q} \
            --rows {params.rows:q} \
            --seeds {params.seeds} \
            --spaces {input.spaces:q} \
            --measures {output.measures:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule score_translations:
    """Score utterances translated word by word, in BLEU and chrF."""
    input:
        words=expand(
            f"{WORK}/chung2018/words/{{{{speech}}}}-{{{{text}}}}-seed{{seed}}.parquet",
            seed=P.seeds,
        ),
        messages=MESSAGES,
        dictionary=DICTIONARY,
        target=lambda w: text_space(w.text, P.seeds[0]),
        code=code_of("score-translations"),
    output:
        measures=f"{WORK}/chung2018/measures/utterances-{{speech}}-{{text}}.csv",
        examples=f"{CHUNG}/examples/utterances-{{speech}}-{{text}}.csv",
        record=f"{CHUNG}/runs/score_translations-{{speech}}-{{text}}.json",
    log:
        f"{LOGS}/score_translations-{{speech}}-{{text}}.log",
    benchmark:
        f"{LOGS}/score_translations-{{speech}}-{{text}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("chung2018.evaluation"),
        column=lambda w: column_name(w.speech, w.text),
    shell:
        """
        python -m crosstalk score-translations \
            --cfg {params.cfg:q} \
            --column {params.column:q} \
            --source-language {wildcards.speech} \
            --target-language {wildcards.text} \
            --words {input.words:q} \
            --messages {input.messages:q} \
            --dictionary {input.dictionary:q} \
            --target {input.target:q} \
            --measures {output.measures:q} \
            --examples {output.examples:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule score_segmentations:
    """Compare every segmentation with the words that were spoken."""
    input:
        utterances=[s.utterances for s in SEGMENTED],
        segmentations=[s.segmentation for s in SEGMENTED],
        code=code_of("score-segmentations"),
    output:
        measures=f"{WORK}/chung2018/measures/segmentation.csv",
        record=f"{CHUNG}/runs/score_segmentations.json",
    log:
        f"{LOGS}/score_segmentations.log",
    benchmark:
        f"{LOGS}/score_segmentations.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=30,
    params:
        cfg=cfg("chung2018.evaluation"),
        tolerance=P.chung2018.segmentation.tolerance_ms,
        shift=SHIFT_MS,
        rows=[s.row for s in SEGMENTED],
        columns=[s.column for s in SEGMENTED],
        seeds=[s.seed for s in SEGMENTED],
    shell:
        """
        python -m crosstalk score-segmentations \
            --cfg {params.cfg:q} \
            --tolerance-ms {params.tolerance} \
            --shift-ms {params.shift} \
            --rows {params.rows:q} \
            --columns {params.columns:q} \
            --seeds {params.seeds} \
            --utterances {input.utterances:q} \
            --segmentations {input.segmentations:q} \
            --measures {output.measures:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule describe_spoken:
    """Count hours, words and tokens of what is spoken (Table 1)."""
    input:
        utterances=expand(
            f"{WORK}/chung2018/utterances/{{speech}}.safetensors", speech=LANGUAGES
        ),
        code=code_of("describe-spoken"),
    output:
        measures=f"{WORK}/chung2018/measures/spoken.csv",
        record=f"{CHUNG}/runs/describe_spoken.json",
    log:
        f"{LOGS}/describe_spoken.log",
    benchmark:
        f"{LOGS}/describe_spoken.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=30,
    params:
        rows=[corpus_row(s) for s in LANGUAGES],
        shift=SHIFT_MS,
    shell:
        """
        python -m crosstalk describe-spoken \
            --shift-ms {params.shift} \
            --rows {params.rows:q} \
            --utterances {input.utterances:q} \
            --measures {output.measures:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule summarise_chung2018:
    """Turn answers into percentages with bootstrap intervals."""
    input:
        answers=CHUNG_ITEMS,
        measures=CHUNG_MEASURES,
        code=code_of("summarise-items"),
    output:
        metrics=f"{CHUNG}/metrics.csv",
        summary=f"{CHUNG}/metrics.json",
        draws=f"{CHUNG}/draws/answers.parquet",
        record=f"{CHUNG}/runs/summarise_chung2018.json",
    log:
        f"{LOGS}/summarise_chung2018.log",
    benchmark:
        f"{LOGS}/summarise_chung2018.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("chung2018.evaluation"),
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
