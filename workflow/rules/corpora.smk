"""Corpora: fetched (at smoke scale: built), read, cleaned, described.

REQUIRED INPUTS
    workflow/corpora.yaml                    where every archive comes from
    workflow/smoke/                          what the archives of the smoke scale are built from
OUTPUTS
    {DATA}/raw/{source}/{archive}            archives as delivered, checked by SHA-256
    {DATA}/prepared/{source}/                lhotse manifests and audio; Parquet tables
    {DATA}/prepared/corpora.csv              what every source holds
"""


def cfg_archive(wildcards):
    """The registry's entry of one archive: a change there fetches that archive alone."""
    entry = REGISTRY.source(wildcards.source).archive(wildcards.archive)
    return canonical_json(entry.model_dump(mode="json", exclude_none=True))


if SMOKE:

    rule build_archive:
        """Build a tiny archive in the real one's layout, from data in the repository."""
        input:
            texts="workflow/smoke/udhr.tsv",
            bulk="workflow/smoke/mark.txt",
            code=code_of("build-smoke-archive"),
        output:
            archive=DATA + "/raw/{source}/{archive}",
            record=DATA + "/records/fetch/{source}/{archive}.json",
        log:
            f"logs/{P.scale}/corpora/build_{{source}}_{{archive}}.log",
        benchmark:
            f"logs/{P.scale}/corpora/build_{{source}}_{{archive}}.tsv"
        threads: 1
        resources:
            mem_mb=4000,
            runtime=30,
        params:
            cfg=cfg("corpora.smoke"),
        shell:
            """
            python -m crosstalk build-smoke-archive \
                --cfg {params.cfg:q} \
                --name {wildcards.archive} \
                --texts {input.texts:q} \
                --bulk {input.bulk:q} \
                --archive {output.archive:q} \
                --record {output.record:q} 2>&1 | tee {log:q}
            """

else:

    rule fetch_archive:
        """Fetch an archive from the first origin that delivers the pinned file."""
        output:
            archive=DATA + "/raw/{source}/{archive}",
        log:
            f"logs/{P.scale}/corpora/fetch_{{source}}_{{archive}}.log",
        threads: 1
        resources:
            mem_mb=1000,
            runtime=60,
            downloads=1,
        params:
            cfg=cfg_archive,
        shell:
            # No source files among the inputs: the checksum pins the result, so changed
            # fetching code must not download everything again.
            """
            python -m crosstalk fetch-archive \
                --cfg {params.cfg:q} \
                --archive {output.archive:q} 2>&1 | tee {log:q}
            """


rule prepare_tuxpaint:
    """Tux Paint: spoken captions, captions in all languages, pictures."""
    input:
        archives=archives_of("tuxpaint"),
        code=code_of("prepare-tuxpaint"),
    output:
        audio=DATA + "/prepared/tuxpaint/audio.flac",
        recordings=DATA + "/prepared/tuxpaint/recordings.jsonl.gz",
        supervisions=DATA + "/prepared/tuxpaint/supervisions.jsonl.gz",
        rejected=DATA + "/prepared/tuxpaint/rejected.csv",
        messages=DATA + "/prepared/tuxpaint/messages.parquet",
        pictures=DATA + "/prepared/tuxpaint/pictures.parquet",
        record=DATA + "/records/prepare_tuxpaint.json",
    log:
        f"logs/{P.scale}/corpora/prepare_tuxpaint.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_tuxpaint.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        cfg=cfg("corpora.tuxpaint"),
    shell:
        """
        python -m crosstalk prepare-tuxpaint \
            --cfg {params.cfg:q} \
            --archives {input.archives:q} \
            --audio {output.audio:q} \
            --recordings {output.recordings:q} \
            --supervisions {output.supervisions:q} \
            --rejected {output.rejected:q} \
            --messages {output.messages:q} \
            --pictures {output.pictures:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule prepare_asterisk:
    """Asterisk: telephone prompts and their transcripts."""
    input:
        archives=archives_of("asterisk"),
        code=code_of("prepare-asterisk"),
    output:
        audio=DATA + "/prepared/asterisk/audio.flac",
        recordings=DATA + "/prepared/asterisk/recordings.jsonl.gz",
        supervisions=DATA + "/prepared/asterisk/supervisions.jsonl.gz",
        rejected=DATA + "/prepared/asterisk/rejected.csv",
        messages=DATA + "/prepared/asterisk/messages.parquet",
        record=DATA + "/records/prepare_asterisk.json",
    log:
        f"logs/{P.scale}/corpora/prepare_asterisk.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_asterisk.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        cfg=cfg("corpora.asterisk"),
    shell:
        """
        python -m crosstalk prepare-asterisk \
            --cfg {params.cfg:q} \
            --archives {input.archives:q} \
            --audio {output.audio:q} \
            --recordings {output.recordings:q} \
            --supervisions {output.supervisions:q} \
            --rejected {output.rejected:q} \
            --messages {output.messages:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule prepare_wesnoth:
    """Battle for Wesnoth: messages and translations from all catalogues."""
    input:
        archives=archives_of("wesnoth"),
        code=code_of("prepare-wesnoth"),
    output:
        messages=DATA + "/prepared/wesnoth/messages.parquet",
        record=DATA + "/records/prepare_wesnoth.json",
    log:
        f"logs/{P.scale}/corpora/prepare_wesnoth.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_wesnoth.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        cfg=cfg("corpora.wesnoth"),
    shell:
        """
        python -m crosstalk prepare-wesnoth \
            --cfg {params.cfg:q} \
            --archives {input.archives:q} \
            --messages {output.messages:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule prepare_bible:
    """King James Bible: verses."""
    input:
        archives=archives_of("bible"),
        code=code_of("prepare-bible"),
    output:
        messages=DATA + "/prepared/bible/messages.parquet",
        record=DATA + "/records/prepare_bible.json",
    log:
        f"logs/{P.scale}/corpora/prepare_bible.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_bible.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        cfg=cfg("corpora.bible"),
    shell:
        """
        python -m crosstalk prepare-bible \
            --cfg {params.cfg:q} \
            --archives {input.archives:q} \
            --messages {output.messages:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule prepare_quran:
    """Quran: verses in many languages."""
    input:
        archives=archives_of("quran"),
        code=code_of("prepare-quran"),
    output:
        messages=DATA + "/prepared/quran/messages.parquet",
        record=DATA + "/records/prepare_quran.json",
    log:
        f"logs/{P.scale}/corpora/prepare_quran.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_quran.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        cfg=cfg("corpora.quran"),
    shell:
        """
        python -m crosstalk prepare-quran \
            --cfg {params.cfg:q} \
            --archives {input.archives:q} \
            --messages {output.messages:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule prepare_freedict:
    """FreeDict: word pairs."""
    input:
        archives=archives_of("freedict"),
        code=code_of("prepare-freedict"),
    output:
        dictionary=DATA + "/prepared/freedict/dictionary.parquet",
        record=DATA + "/records/prepare_freedict.json",
    log:
        f"logs/{P.scale}/corpora/prepare_freedict.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_freedict.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        cfg=cfg("corpora.freedict"),
    shell:
        """
        python -m crosstalk prepare-freedict \
            --cfg {params.cfg:q} \
            --archives {input.archives:q} \
            --dictionary {output.dictionary:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


RECORDS += [f"{DATA}/records/prepare_{source}.json" for source in REGISTRY.sources]
RECORDS += [f"{DATA}/records/describe_corpora.json"]
SPEECH = ["tuxpaint", "asterisk"]
TEXT = ["tuxpaint", "asterisk", "wesnoth", "bible", "quran"]


rule describe_corpora:
    """Count hours, utterances, speakers, words and vocabulary of every source and language."""
    input:
        registry="workflow/corpora.yaml",
        supervisions=expand(DATA + "/prepared/{s}/supervisions.jsonl.gz", s=SPEECH),
        rejected=expand(DATA + "/prepared/{s}/rejected.csv", s=SPEECH),
        messages=expand(DATA + "/prepared/{s}/messages.parquet", s=TEXT),
        dictionaries=[DATA + "/prepared/freedict/dictionary.parquet"],
        code=code_of("describe-corpora"),
    output:
        corpora=DATA + "/prepared/corpora.csv",
        record=DATA + "/records/describe_corpora.json",
    log:
        f"logs/{P.scale}/corpora/describe_corpora.log",
    benchmark:
        f"logs/{P.scale}/corpora/describe_corpora.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    shell:
        """
        python -m crosstalk describe-corpora \
            --registry {input.registry:q} \
            --supervisions {input.supervisions:q} \
            --rejected {input.rejected:q} \
            --messages {input.messages:q} \
            --dictionaries {input.dictionaries:q} \
            --corpora {output.corpora:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule corpora:
    """Every corpus, fetched and prepared, and what it holds."""
    input:
        RESULTS + "/tables/corpora.csv",
        RESULTS + "/figures/corpora.png",
