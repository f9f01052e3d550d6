"""What Cruz Blandón et al. 2025 hears and sees at the scale `paper`, chosen from prepared corpora.

REQUIRED INPUTS
    data/prepared/paper/{spoken_coco,ml_coco,librispeech,mls}/   speech (paper_corpora.smk)
    data/raw/paper/coco/                                         pictures, Karpathy's splits
OUTPUTS
    work/paper/cruzblandon2025/chosen/                           manifests, pictures, captions
"""

CHOSEN = f"{WORK}/cruzblandon2025/chosen"
CHOSEN_LOGS = f"logs/{P.scale}/cruzblandon2025"
COCO = f"{RAW}/coco"
# The size that vision models on the hub were trained with.
PICTURE_PIXELS = 224

# Captions are the paper's ML-COCO: its English part is taken from SpokenCOCO, and the rest nobody
# publishes. What else the paper hears, and how much of anything, is not known: the values are ours, in
# hours of training and of test speech.
CAPTION_HOURS = {("spoken_coco", "en"): (50, 1), ("ml_coco", "fr"): (50, 1)}
SPEECH_HOURS = {
    ("librispeech", "train-clean-100"): (100, 0),
    ("librispeech", "test-clean"): (0, 1),
    ("mls", "french"): (100, 1),
}
CHOSEN_PARTS = [*CAPTION_HOURS, *SPEECH_HOURS]

RECORDS += [
    f"{RESULTS}/cruzblandon2025/runs/{job}.json"
    for job in [
        *(f"choose_captions-{corpus}-{part}" for corpus, part in CAPTION_HOURS),
        *(f"choose_speech-{corpus}-{part}" for corpus, part in SPEECH_HOURS),
        "gather_pictures",
    ]
]


rule choose_captions:
    """Keep some hours of captions, in the splits of their pictures."""
    input:
        supervisions=f"{PREPARED}/{{corpus}}/{{part}}/supervisions.jsonl.gz",
        captions=f"{COCO}/caption_datasets.zip",
        code=code_of("choose-captions"),
    output:
        chosen=f"{CHOSEN}/{{corpus}}-{{part}}.jsonl.gz",
        record=f"{RESULTS}/cruzblandon2025/runs/choose_captions-{{corpus}}-{{part}}.json",
    log:
        f"{CHOSEN_LOGS}/choose_captions-{{corpus}}-{{part}}.log",
    benchmark:
        f"{CHOSEN_LOGS}/choose_captions-{{corpus}}-{{part}}.tsv"
    wildcard_constraints:
        corpus="|".join(corpus for corpus, _ in CAPTION_HOURS),
        part="|".join(part for _, part in CAPTION_HOURS),
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(16000),
        runtime=60,
    params:
        hours=hours_of,
    shell:
        """
        python -m crosstalk choose-captions \
            --hours {params.hours[0]} \
            --test-hours {params.hours[1]} \
            --supervisions {input.supervisions:q} \
            --captions {input.captions:q} \
            --chosen {output.chosen:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule choose_speech:
    """Keep some hours of other speech of the same languages."""
    input:
        supervisions=f"{PREPARED}/{{corpus}}/{{part}}/supervisions.jsonl.gz",
        code=code_of("choose-speech"),
    output:
        chosen=f"{CHOSEN}/{{corpus}}-{{part}}.jsonl.gz",
        record=f"{RESULTS}/cruzblandon2025/runs/choose_speech-{{corpus}}-{{part}}.json",
    log:
        f"{CHOSEN_LOGS}/choose_speech-{{corpus}}-{{part}}.log",
    benchmark:
        f"{CHOSEN_LOGS}/choose_speech-{{corpus}}-{{part}}.tsv"
    wildcard_constraints:
        corpus="|".join(sorted({corpus for corpus, _ in SPEECH_HOURS})),
        part="|".join(part for _, part in SPEECH_HOURS),
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(16000),
        runtime=60,
    params:
        hours=hours_of,
    shell:
        """
        python -m crosstalk choose-speech \
            --hours {params.hours[0]} \
            --test-hours {params.hours[1]} \
            --supervisions {input.supervisions:q} \
            --chosen {output.chosen:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule gather_pictures:
    """Take out the pictures that the captions describe, and what each is called."""
    input:
        archives=[f"{COCO}/train2014.zip", f"{COCO}/val2014.zip"],
        captions=f"{COCO}/caption_datasets.zip",
        chosen=chosen(CAPTION_HOURS),
        code=code_of("gather-pictures"),
    output:
        pictures=f"{CHOSEN}/pictures.parquet",
        messages=f"{CHOSEN}/messages.parquet",
        record=f"{RESULTS}/cruzblandon2025/runs/gather_pictures.json",
    log:
        f"{CHOSEN_LOGS}/gather_pictures.log",
    benchmark:
        f"{CHOSEN_LOGS}/gather_pictures.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(16000),
        runtime=240,
    params:
        pixels=PICTURE_PIXELS,
    shell:
        """
        python -m crosstalk gather-pictures \
            --pixels {params.pixels} \
            --archives {input.archives:q} \
            --captions {input.captions:q} \
            --chosen {input.chosen:q} \
            --pictures {output.pictures:q} \
            --messages {output.messages:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """
