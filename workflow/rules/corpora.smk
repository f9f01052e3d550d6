"""Corpora: fetched (at smoke scale: built), read, cleaned, described.

REQUIRED INPUTS
    workflow/corpora.yaml                    where every archive comes from
    workflow/smoke/                          what the archives of the smoke scale are built from
OUTPUTS
    {DATA}/raw/{source}/{archive}            archives as delivered, checked by SHA-256
    {DATA}/prepared/{source}/                lhotse manifests and audio; Parquet tables
    {DATA}/prepared/corpora.csv              what every source holds
"""

if SMOKE:

    rule build_archives:
        """Build tiny archives in the real ones' layouts, from data in the repository."""
        input:
            texts="workflow/smoke/udhr.tsv",
            bulk="workflow/smoke/mark.txt",
            code=code_of("build-smoke-archives"),
        output:
            archives=[
                path for source in REGISTRY.sources for path in archives_of(source)
            ],
            record=f"{DATA}/records/build_archives.json",
        log:
            f"logs/{P.scale}/corpora/build_archives.log",
        benchmark:
            f"logs/{P.scale}/corpora/build_archives.tsv"
        conda:
            "../../envs/environment.yml"
        threads: 1
        resources:
            mem_mb=memory(4000),
            runtime=30,
        params:
            cfg=cfg("corpora.smoke"),
            names=[
                archive.name
                for source in REGISTRY.sources.values()
                for archive in source.archives
            ],
        shell:
            """
            python -m crosstalk build-smoke-archives \
                --cfg {params.cfg:q} \
                --names {params.names:q} \
                --texts {input.texts:q} \
                --bulk {input.bulk:q} \
                --archives {output.archives:q} \
                --record {output.record:q} 2>&1 | tee {log:q}
            """

else:

    rule fetch_archive:
        """Fetch an archive from the first origin that delivers the pinned file."""
        output:
            archive=f"{DATA}/raw/{{source}}/{{archive}}",
        log:
            f"logs/{P.scale}/corpora/fetch_{{source}}_{{archive}}.log",
        conda:
            "../../envs/environment.yml"
        threads: 1
        resources:
            mem_mb=memory(1000),
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
        audio=f"{DATA}/prepared/tuxpaint/audio.flac",
        recordings=f"{DATA}/prepared/tuxpaint/recordings.jsonl.gz",
        supervisions=f"{DATA}/prepared/tuxpaint/supervisions.jsonl.gz",
        rejected=f"{DATA}/prepared/tuxpaint/rejected.csv",
        messages=f"{DATA}/prepared/tuxpaint/messages.parquet",
        pictures=f"{DATA}/prepared/tuxpaint/pictures.parquet",
        record=f"{DATA}/records/prepare_tuxpaint.json",
    log:
        f"logs/{P.scale}/corpora/prepare_tuxpaint.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_tuxpaint.tsv"
    priority: 1  # two papers wait for it
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
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
        audio=f"{DATA}/prepared/asterisk/audio.flac",
        recordings=f"{DATA}/prepared/asterisk/recordings.jsonl.gz",
        supervisions=f"{DATA}/prepared/asterisk/supervisions.jsonl.gz",
        rejected=f"{DATA}/prepared/asterisk/rejected.csv",
        messages=f"{DATA}/prepared/asterisk/messages.parquet",
        record=f"{DATA}/records/prepare_asterisk.json",
    log:
        f"logs/{P.scale}/corpora/prepare_asterisk.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_asterisk.tsv"
    priority: 1  # two papers wait for it
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
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


rule prepare_klettres:
    """KLettres: spoken letters and syllables."""
    input:
        archives=archives_of("klettres"),
        code=code_of("prepare-klettres"),
    output:
        audio=f"{DATA}/prepared/klettres/audio.flac",
        recordings=f"{DATA}/prepared/klettres/recordings.jsonl.gz",
        supervisions=f"{DATA}/prepared/klettres/supervisions.jsonl.gz",
        rejected=f"{DATA}/prepared/klettres/rejected.csv",
        record=f"{DATA}/records/prepare_klettres.json",
    log:
        f"logs/{P.scale}/corpora/prepare_klettres.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_klettres.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("corpora.klettres"),
    shell:
        """
        python -m crosstalk prepare-klettres \
            --cfg {params.cfg:q} \
            --archives {input.archives:q} \
            --audio {output.audio:q} \
            --recordings {output.recordings:q} \
            --supervisions {output.supervisions:q} \
            --rejected {output.rejected:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule prepare_ktuberling:
    """KTuberling: spoken names of objects."""
    input:
        archives=archives_of("ktuberling"),
        code=code_of("prepare-ktuberling"),
    output:
        audio=f"{DATA}/prepared/ktuberling/audio.flac",
        recordings=f"{DATA}/prepared/ktuberling/recordings.jsonl.gz",
        supervisions=f"{DATA}/prepared/ktuberling/supervisions.jsonl.gz",
        rejected=f"{DATA}/prepared/ktuberling/rejected.csv",
        record=f"{DATA}/records/prepare_ktuberling.json",
    log:
        f"logs/{P.scale}/corpora/prepare_ktuberling.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_ktuberling.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("corpora.ktuberling"),
    shell:
        """
        python -m crosstalk prepare-ktuberling \
            --cfg {params.cfg:q} \
            --archives {input.archives:q} \
            --audio {output.audio:q} \
            --recordings {output.recordings:q} \
            --supervisions {output.supervisions:q} \
            --rejected {output.rejected:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule prepare_wesnoth:
    """Battle for Wesnoth: messages and translations from all catalogues."""
    input:
        archives=archives_of("wesnoth"),
        code=code_of("prepare-wesnoth"),
    output:
        messages=f"{DATA}/prepared/wesnoth/messages.parquet",
        record=f"{DATA}/records/prepare_wesnoth.json",
    log:
        f"logs/{P.scale}/corpora/prepare_wesnoth.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_wesnoth.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
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
        messages=f"{DATA}/prepared/bible/messages.parquet",
        record=f"{DATA}/records/prepare_bible.json",
    log:
        f"logs/{P.scale}/corpora/prepare_bible.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_bible.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
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
        messages=f"{DATA}/prepared/quran/messages.parquet",
        record=f"{DATA}/records/prepare_quran.json",
    log:
        f"logs/{P.scale}/corpora/prepare_quran.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_quran.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
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
        dictionary=f"{DATA}/prepared/freedict/dictionary.parquet",
        record=f"{DATA}/records/prepare_freedict.json",
    log:
        f"logs/{P.scale}/corpora/prepare_freedict.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_freedict.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
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


rule prepare_catalogues:
    """Program catalogues: messages and translations."""
    input:
        archives=archives_of("catalogues"),
        code=code_of("prepare-catalogues"),
    output:
        messages=f"{DATA}/prepared/catalogues/messages.parquet",
        record=f"{DATA}/records/prepare_catalogues.json",
    log:
        f"logs/{P.scale}/corpora/prepare_catalogues.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_catalogues.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        cfg=cfg("corpora.catalogues"),
    shell:
        """
        python -m crosstalk prepare-catalogues \
            --cfg {params.cfg:q} \
            --archives {input.archives:q} \
            --messages {output.messages:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule prepare_testament:
    """New Testament: words linked by hand."""
    input:
        archives=archives_of("testament"),
        code=code_of("prepare-testament"),
    output:
        links=f"{DATA}/prepared/testament/links.parquet",
        record=f"{DATA}/records/prepare_testament.json",
    log:
        f"logs/{P.scale}/corpora/prepare_testament.log",
    benchmark:
        f"logs/{P.scale}/corpora/prepare_testament.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    shell:
        """
        python -m crosstalk prepare-testament \
            --archives {input.archives:q} \
            --links {output.links:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


RECORDS += [f"{DATA}/records/prepare_{source}.json" for source in REGISTRY.sources]
RECORDS += [f"{DATA}/records/describe_corpora.json"]
if SMOKE:
    RECORDS += [f"{DATA}/records/build_archives.json"]
SPEECH = ["tuxpaint", "asterisk", "klettres", "ktuberling"]
TEXT = ["tuxpaint", "asterisk", "wesnoth", "bible", "quran", "catalogues"]


rule describe_corpora:
    """Count hours, utterances, speakers, words and vocabulary of every source and language."""
    input:
        registry="workflow/corpora.yaml",
        supervisions=expand(f"{DATA}/prepared/{{s}}/supervisions.jsonl.gz", s=SPEECH),
        rejected=expand(f"{DATA}/prepared/{{s}}/rejected.csv", s=SPEECH),
        messages=expand(f"{DATA}/prepared/{{s}}/messages.parquet", s=TEXT),
        dictionaries=[f"{DATA}/prepared/freedict/dictionary.parquet"],
        links=[f"{DATA}/prepared/testament/links.parquet"],
        code=code_of("describe-corpora"),
    output:
        corpora=f"{DATA}/prepared/corpora.csv",
        record=f"{DATA}/records/describe_corpora.json",
    log:
        f"logs/{P.scale}/corpora/describe_corpora.log",
    benchmark:
        f"logs/{P.scale}/corpora/describe_corpora.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    shell:
        """
        python -m crosstalk describe-corpora \
            --registry {input.registry:q} \
            --supervisions {input.supervisions:q} \
            --rejected {input.rejected:q} \
            --messages {input.messages:q} \
            --dictionaries {input.dictionaries:q} \
            --links {input.links:q} \
            --corpora {output.corpora:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule corpora:
    """Every corpus, fetched and prepared, and what it holds."""
    input:
        f"{RESULTS}/tables/corpora.csv",
        f"{RESULTS}/figures/corpora.png",
