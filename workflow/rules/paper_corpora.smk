"""The papers' own corpora: fetched from their homes or found in the user's folder, and prepared.

Only the scale `paper` has these rules. `snakemake paper_corpora --config scale=paper` makes all of
them; what a person must do first is named before any work starts. docs/paper-scale.md says how
much there is.

REQUIRED INPUTS
    workflow/paper_corpora.yaml              what there is, where, for whom
    CROSSTALK_CORPORA                        folder with corpora that only their user may have
    MDC_API_KEY                              key of Mozilla Data Collective, where data sets are named
OUTPUTS
    data/raw/paper/{corpus}/{file}           archives as delivered
    data/prepared/paper/{corpus}/{part}/     FLAC and lhotse manifests; Parquet tables
"""


include: "paper_common.smk"


rule fetch_large_archive:
    """Fetch an archive of a paper's corpus from its home."""
    output:
        archive=f"{RAW}/{{corpus}}/{{file}}",
        record=f"{DATA}/records/paper/{{corpus}}/{{file}}.json",
    log:
        f"{PAPER_LOGS}/fetch-{{corpus}}-{{file}}.log",
    wildcard_constraints:
        corpus="|".join(PAPER_CORPORA.corpora),
        file="|".join(
            re.escape(archive.name)
            for entry in PAPER_CORPORA.corpora.values()
            for archive in entry.archives
        ),
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        # 10 MB a second
        runtime=lambda w: 30
        + PAPER_CORPORA.archive(w.corpus, w.file).bytes // 600_000_000,
        disk_mb=lambda w: PAPER_CORPORA.archive(w.corpus, w.file).bytes // 1_000_000 + 1,
        downloads=1,
    params:
        cfg=lambda w: canonical_json(
            PAPER_CORPORA.archive(w.corpus, w.file).model_dump(
                mode="json", exclude_none=True
            )
        ),
    shell:
        # No source files among the inputs: changed fetching code must not fetch everything again.
        """
        python -m crosstalk fetch-large-archive \
            --cfg {params.cfg:q} \
            --archive {output.archive:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule fetch_dataset:
    """Fetch a data set that a service hands out for a key in the environment."""
    output:
        archive=f"{RAW}/{{corpus}}/{{part}}.dataset",
        record=f"{DATA}/records/paper/{{corpus}}/{{part}}.dataset.json",
    log:
        f"{PAPER_LOGS}/fetch-{{corpus}}-{{part}}.log",
    wildcard_constraints:
        corpus="|".join(PAPER_CORPORA.corpora),
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(1000),
        runtime=1440,
        downloads=1,
    params:
        cfg=lambda w: canonical_json(PAPER_CORPORA.dataset(w.corpus, w.part)),
    shell:
        """
        python -m crosstalk fetch-dataset \
            --cfg {params.cfg:q} \
            --archive {output.archive:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


# One rule a part: how many files it writes depends on its length.
for corpus, part in SPEECH_PARTS:

    rule:
        """Speech: audio and manifests in the house's form."""
        name:
            rule_name(corpus, part)
        input:
            archives=large_archives(corpus, part),
            present=lambda wildcards, needs=needs_of(corpus, part): checked(needs),
            code=code_of(TOLD[corpus][0]),
        output:
            audio=flac_files(corpus, part),
            recordings=f"{PREPARED}/{corpus}/{part}/recordings.jsonl.gz",
            supervisions=f"{PREPARED}/{corpus}/{part}/supervisions.jsonl.gz",
            rejected=f"{PREPARED}/{corpus}/{part}/rejected.csv",
            record=f"{DATA}/records/paper/prepare_{corpus}-{part}.json",
        log:
            f"{PAPER_LOGS}/prepare-{corpus}-{part}.log",
        benchmark:
            f"{PAPER_LOGS}/prepare-{corpus}-{part}.tsv"
        conda:
            "../../envs/environment.yml"
        threads: 2
        resources:
            mem_mb=memory(16000),
            # unpacking at 20 MB a second; decoding and phones at 100 times real time, measured on
            # two cores with the makers' Opus files
            runtime=ceil(
                60
                + gigabytes(corpus, part) * 1000 / 20 / 60
                + PAPER_CORPORA.corpus(corpus).parts[part].hours * 60 / 100
            ),
            # unpacked for the time of the job, and FLAC at 65 MB an hour
            disk_mb=ceil(
                gigabytes(corpus, part) * 1100
                + PAPER_CORPORA.corpus(corpus).parts[part].hours * 65
            ),
        params:
            stage=TOLD[corpus][0],
            cfg=canonical_json(PAPER_CORPORA.corpus(corpus).parts[part]),
            told=told(corpus, part),
            archives=["--archives"] if large_archives(corpus, part) else [],
        shell:
            """
            python -m crosstalk {params.stage} \
                --cfg {params.cfg:q} \
                {params.told:q} \
                {params.archives} {input.archives:q} \
                --audio {output.audio:q} \
                --recordings {output.recordings:q} \
                --supervisions {output.supervisions:q} \
                --rejected {output.rejected:q} \
                --record {output.record:q} 2>&1 | tee {log:q}
            """


for corpus, part in TEXT_PARTS:

    rule:
        """Text: a table with the house's columns."""
        name:
            rule_name(corpus, part)
        input:
            archives=large_archives(corpus, part),
            code=code_of(TOLD[corpus][0]),
        output:
            table=f"{PREPARED}/{corpus}/{part}/{TOLD_TABLES[TOLD[corpus][0]]}.parquet",
            record=f"{DATA}/records/paper/prepare_{corpus}-{part}.json",
        log:
            f"{PAPER_LOGS}/prepare-{corpus}-{part}.log",
        benchmark:
            f"{PAPER_LOGS}/prepare-{corpus}-{part}.tsv"
        conda:
            "../../envs/environment.yml"
        threads: 1
        resources:
            mem_mb=memory(16000),
            runtime=120,
            disk_mb=ceil(gigabytes(corpus, part) * 1000),
        params:
            stage=TOLD[corpus][0],
            cfg=(
                MUSE
                if corpus == "muse"
                else canonical_json(PAPER_CORPORA.corpus(corpus).parts[part])
            ),
            told=told(corpus, part),
            table=f"--{TOLD_TABLES[TOLD[corpus][0]]}",
        shell:
            """
            python -m crosstalk {params.stage} \
                --cfg {params.cfg:q} \
                {params.told:q} \
                --archives {input.archives:q} \
                {params.table} {output.table:q} \
                --record {output.record:q} 2>&1 | tee {log:q}
            """


PAPER_RECORDS = [
    f"{DATA}/records/paper/prepare_{corpus}-{part}.json"
    for corpus, part in SPEECH_PARTS + TEXT_PARTS
]
USED_WHOLE = [
    f"{RAW}/{corpus}/{archive.name}"
    for corpus, entry in PAPER_CORPORA.corpora.items()
    if not entry.parts
    for archive in entry.archives
]


rule gather_speech:
    """Join the parts of a paper's corpus, and share its sentences between speech and text."""
    input:
        heard=manifests("recordings"),
        said=manifests("supervisions"),
        code=code_of("gather-speech"),
    output:
        recordings=f"{WORK}/gathered/{{speech}}/recordings.jsonl.gz",
        supervisions=f"{WORK}/gathered/{{speech}}/supervisions.jsonl.gz",
        messages=f"{WORK}/gathered/{{speech}}/messages.parquet",
        record=f"{RESULTS}/chung2018/runs/gather_speech-{{speech}}.json",
    log:
        f"logs/{P.scale}/chung2018/gather_speech-{{speech}}.log",
    benchmark:
        f"logs/{P.scale}/chung2018/gather_speech-{{speech}}.tsv"
    wildcard_constraints:
        speech="|".join(HEARD_PARTS),  # a text may be of a language that no pair hears
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(16000),
        runtime=120,
    shell:
        """
        python -m crosstalk gather-speech \
            --source {wildcards.speech} \
            --heard {input.heard:q} \
            --said {input.said:q} \
            --recordings {output.recordings:q} \
            --supervisions {output.supervisions:q} \
            --messages {output.messages:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule label_common_voice:
    """Keep the phones of Riviere et al. 2020, for training those of the hour that they chose."""
    input:
        supervisions=f"{PREPARED}/common_voice/{{part}}/supervisions.jsonl.gz",
        code=code_of("label-common-voice"),
    output:
        labelled=f"{WORK}/labelled/{{part}}.jsonl.gz",
        record=f"{RESULTS}/conneau2020/runs/label_common_voice-{{part}}.json",
    log:
        f"logs/{P.scale}/conneau2020/label_common_voice-{{part}}.log",
    benchmark:
        f"logs/{P.scale}/conneau2020/label_common_voice-{{part}}.tsv"
    wildcard_constraints:
        part="|".join(PAPER_CORPORA.corpus("common_voice").parts),
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(16000),
        runtime=120,
    shell:
        """
        python -m crosstalk label-common-voice \
            --supervisions {input.supervisions:q} \
            --labelled {output.labelled:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


localrules:
    paper_corpora,


rule paper_corpora:
    """Every corpus of the papers, fetched and prepared."""
    input:
        lambda w: checked(
            [need for item in SPEECH_PARTS + TEXT_PARTS for need in needs_of(*item)]
        ),
        PAPER_RECORDS,
        USED_WHOLE,
