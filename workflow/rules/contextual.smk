"""Cao et al. 2020: contextual vectors of words, aligned across languages.

REQUIRED INPUTS
    {DATA}/prepared/catalogues/messages.parquet   messages of programs in six languages (corpora.smk)
    {DATA}/prepared/wesnoth/messages.parquet      messages of a game (corpora.smk)
    {DATA}/prepared/testament/links.parquet       words linked by hand (corpora.smk)
At paper scale, instead of messages:
    {PREPARED}/europarl/{language}/messages.parquet                sentence pairs (paper_corpora.smk)
    {PREPARED}/{multinli,xnli_mt,xnli}/all/pairs.parquet           inference (paper_corpora.smk)
OUTPUTS
    results/{scale}/cao2020/metrics.csv           every measured number
    results/{scale}/cao2020/models/               base and aligned encoders
    results/{scale}/cao2020/draws/                resamples behind every interval
    results/{scale}/cao2020/history/              training curves
    results/{scale}/cao2020/examples/             retrieval and transfer by system and language
    results/{scale}/cao2020/runs/                 run records

A *system* is an encoder: the base, or the base aligned in some way. The two rotations of the base
are systems too, but have no encoder of their own.
"""

CAO = f"{RESULTS}/cao2020"
CONTEXTUAL = f"{WORK}/cao2020"
CAO_LOGS = f"logs/{P.scale}/cao2020"

CAO_CORPORA = [
    f"{DATA}/prepared/{corpus}/messages.parquet" for corpus in ["catalogues", "wesnoth"]
]
PRETRAINED = P.cao2020.encoder.pretrained is not None
# What is drawn over the amount of data: systems, by rising number of pairs.
CURVE = [*["aligned_small", "aligned_medium"][: len(P.cao2020.smaller)], "aligned"]
# At paper scale the sentence pairs are Europarl's, and the task to transfer is inference.
SELECTIONS = ["select_pairs", "select_inference"] if PAPER else ["select_messages"]
CURVE_PAIRS = [*P.cao2020.smaller, P.cao2020.alignment.pairs]
ALIGNED_SYSTEMS = [*CURVE, *P.cao2020.controls]
# What all weights are trained of, and in which language labels are given.
TUNINGS = [
    (system, language)
    for system in P.cao2020.tuned
    for language in (
        P.cao2020.selection.languages if system == "translate_train" else ["en"]
    )
]
RECORDS += [
    f"{CAO}/runs/{job}.json"
    for job in [*SELECTIONS, "link_words", "score_links", "analyse_contextual"]
]
RECORDS += [f"{CAO}/runs/summarise_cao2020.json"]
RECORDS += [
    f"{CAO}/runs/{job}-seed{seed}.json"
    for seed in P.seeds
    for job in [
        "load_masked_lm" if PRETRAINED else "pretrain_masked_lm",
        "score_vector_links",
        *(["link_by_vectors"] if "own_links" in P.cao2020.controls else []),
        "fit_rotations",
        *(f"align_contextual-{system}" for system in ALIGNED_SYSTEMS),
        "retrieve_words",
        "transfer_frozen",
        *(f"transfer_tuned-{system}-{language}" for system, language in TUNINGS),
    ]
]


wildcard_constraints:
    aligned="|".join(ALIGNED_SYSTEMS),
    tuned="|".join(P.cao2020.tuned) or "none",
    labels="|".join(["en", *P.cao2020.selection.languages]),


if PAPER:

    rule select_pairs:
        """Split the sentence pairs of Europarl, and drop what nearly repeats what is asked."""
        input:
            corpora=[
                f"{PREPARED}/europarl/{language}/messages.parquet"
                for language in P.cao2020.selection.languages
            ],
            code=code_of("select-pairs"),
        output:
            selection=f"{CONTEXTUAL}/selection.parquet",
            text=f"{CONTEXTUAL}/text.parquet",
            record=f"{CAO}/runs/select_pairs.json",
        log:
            f"{CAO_LOGS}/select_pairs.log",
        benchmark:
            f"{CAO_LOGS}/select_pairs.tsv"
        conda:
            "../../envs/environment.yml"
        threads: 1
        resources:
            mem_mb=memory(CORPUS_MB),
            runtime=240,
        params:
            cfg=cfg("cao2020.selection"),
            pairs=P.cao2020.alignment.pairs,
        shell:
            """
            python -m crosstalk select-pairs \
                --cfg {params.cfg:q} \
                --pairs {params.pairs} \
                --corpora {input.corpora:q} \
                --selection {output.selection:q} \
                --text {output.text:q} \
                --record {output.record:q} 2>&1 | tee {log:q}
            """

    rule select_inference:
        """Let MultiNLI and its translations teach, and XNLI ask."""
        input:
            multinli=f"{PREPARED}/multinli/all/pairs.parquet",
            translated=f"{PREPARED}/xnli_mt/all/pairs.parquet",
            xnli=f"{PREPARED}/xnli/all/pairs.parquet",
            code=code_of("select-inference"),
        output:
            task=f"{CONTEXTUAL}/messages.parquet",
            record=f"{CAO}/runs/select_inference.json",
        log:
            f"{CAO_LOGS}/select_inference.log",
        benchmark:
            f"{CAO_LOGS}/select_inference.tsv"
        conda:
            "../../envs/environment.yml"
        threads: 1
        resources:
            mem_mb=memory(CORPUS_MB),
            runtime=60,
        params:
            cfg=cfg("cao2020.selection"),
        shell:
            """
            python -m crosstalk select-inference \
                --cfg {params.cfg:q} \
                --multinli {input.multinli:q} \
                --translated {input.translated:q} \
                --xnli {input.xnli:q} \
                --task {output.task:q} \
                --record {output.record:q} 2>&1 | tee {log:q}
            """

else:

    rule select_messages:
        """Split the messages, so that nothing that is asked was trained on in any language."""
        input:
            corpora=CAO_CORPORA,
            code=code_of("select-messages"),
        output:
            selection=f"{CONTEXTUAL}/selection.parquet",
            text=f"{CONTEXTUAL}/text.parquet",
            messages=f"{CONTEXTUAL}/messages.parquet",
            record=f"{CAO}/runs/select_messages.json",
        log:
            f"{CAO_LOGS}/select_messages.log",
        benchmark:
            f"{CAO_LOGS}/select_messages.tsv"
        conda:
            "../../envs/environment.yml"
        threads: 1
        resources:
            mem_mb=memory(8000),
            runtime=60,
        params:
            cfg=cfg("cao2020.selection"),
            splits=cfg("corpora.splits"),
        shell:
            """
            python -m crosstalk select-messages \
                --cfg {params.cfg:q} \
                --splits {params.splits:q} \
                --corpora {input.corpora:q} \
                --selection {output.selection:q} \
                --text {output.text:q} \
                --messages {output.messages:q} \
                --record {output.record:q} 2>&1 | tee {log:q}
            """


rule link_words:
    """Link the words of each message with those of its translations."""
    input:
        selection=f"{CONTEXTUAL}/selection.parquet",
        code=code_of("link-words"),
    output:
        train=f"{CONTEXTUAL}/pairs-train.parquet",
        dev=f"{CONTEXTUAL}/pairs-dev.parquet",
        test=f"{CONTEXTUAL}/pairs-test.parquet",
        queries=f"{CONTEXTUAL}/queries.parquet",
        measures=f"{CONTEXTUAL}/measures/bitext.csv",
        record=f"{CAO}/runs/link_words.json",
    log:
        f"{CAO_LOGS}/link_words.log",
    benchmark:
        f"{CAO_LOGS}/link_words.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        # at paper scale 1.5 hours, from what 4 million pairs of words took on one core
        runtime=600 if PAPER else 60,
    params:
        cfg=cfg("cao2020.links"),
        selected=cfg("cao2020.selection"),
    shell:
        """
        python -m crosstalk link-words \
            --cfg {params.cfg:q} \
            --selected {params.selected:q} \
            --selection {input.selection:q} \
            --train {output.train:q} \
            --dev {output.dev:q} \
            --test {output.test:q} \
            --queries {output.queries:q} \
            --measures {output.measures:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule score_links:
    """Link the words of a text that people linked, and compare."""
    input:
        gold=f"{DATA}/prepared/testament/links.parquet",
        code=code_of("score-links"),
    output:
        answers=f"{CONTEXTUAL}/items/links.parquet",
        record=f"{CAO}/runs/score_links.json",
    log:
        f"{CAO_LOGS}/score_links.log",
    benchmark:
        f"{CAO_LOGS}/score_links.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(8000),
        runtime=60,
    params:
        cfg=cfg("cao2020.links"),
    shell:
        """
        python -m crosstalk score-links \
            --cfg {params.cfg:q} \
            --gold {input.gold:q} \
            --answers {output.answers:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


if PRETRAINED:

    rule load_masked_lm:
        """Bring multilingual BERT into the room's form."""
        input:
            code=code_of("load-masked-lm"),
        output:
            vocabulary=f"{CAO}/models/vocabulary-seed{{seed}}.json",
            model=f"{CAO}/models/base-seed{{seed}}.safetensors",
            record=f"{CAO}/runs/load_masked_lm-seed{{seed}}.json",
        log:
            f"{CAO_LOGS}/load_masked_lm-seed{{seed}}.log",
        conda:
            "../../envs/environment.yml"
        threads: 1
        resources:
            mem_mb=memory(8000),
            runtime=60,
            downloads=1,
        params:
            encoder=cfg("cao2020.encoder"),
        shell:
            """
            python -m crosstalk load-masked-lm \
                --encoder {params.encoder:q} \
                --vocabulary {output.vocabulary:q} \
                --model {output.model:q} \
                --record {output.record:q} 2>&1 | tee {log:q}
            """

else:

    rule pretrain_masked_lm:
        """Learn subwords and pretrain an encoder by masked language modelling."""
        input:
            text=f"{CONTEXTUAL}/text.parquet",
            code=code_of("pretrain-masked-lm"),
        output:
            vocabulary=f"{CAO}/models/vocabulary-seed{{seed}}.json",
            model=f"{CAO}/models/base-seed{{seed}}.safetensors",
            history=f"{CAO}/history/pretraining-seed{{seed}}.csv",
            record=f"{CAO}/runs/pretrain_masked_lm-seed{{seed}}.json",
        log:
            f"{CAO_LOGS}/pretrain_masked_lm-seed{{seed}}.log",
        benchmark:
            f"{CAO_LOGS}/pretrain_masked_lm-seed{{seed}}.tsv"
        conda:
            "../../envs/environment.yml"
        threads: 1
        resources:
            mem_mb=memory(8000),
            runtime=1440,
            gpu=one_gpu,
        params:
            tokeniser=cfg("cao2020.tokeniser"),
            encoder=cfg("cao2020.encoder"),
            training=cfg("cao2020.pretraining"),
        shell:
            """
            python -m crosstalk pretrain-masked-lm \
                --tokeniser {params.tokeniser:q} \
                --encoder {params.encoder:q} \
                --training {params.training:q} \
                --seed {wildcards.seed} \
                --text {input.text:q} \
                --vocabulary {output.vocabulary:q} \
                --model {output.model:q} \
                --history {output.history:q} \
                --record {output.record:q} 2>&1 | tee {log:q}
            """


rule score_vector_links:
    """Link the words of the same text by the base's own vectors, and compare."""
    input:
        vocabulary=f"{CAO}/models/vocabulary-seed{{seed}}.json",
        model=f"{CAO}/models/base-seed{{seed}}.safetensors",
        gold=f"{DATA}/prepared/testament/links.parquet",
        code=code_of("score-vector-links"),
    output:
        answers=f"{CONTEXTUAL}/items/vector_links-seed{{seed}}.parquet",
        record=f"{CAO}/runs/score_vector_links-seed{{seed}}.json",
    log:
        f"{CAO_LOGS}/score_vector_links-seed{{seed}}.log",
    benchmark:
        f"{CAO_LOGS}/score_vector_links-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(8000),
        runtime=60,
        gpu=one_gpu,
    params:
        cfg=cfg("cao2020.vector_links"),
    shell:
        """
        python -m crosstalk score-vector-links \
            --cfg {params.cfg:q} \
            --seed {wildcards.seed} \
            --vocabulary {input.vocabulary:q} \
            --model {input.model:q} \
            --gold {input.gold:q} \
            --answers {output.answers:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule link_by_vectors:
    """Link the words of the training messages by the base's own vectors, without an aligner."""
    input:
        vocabulary=f"{CAO}/models/vocabulary-seed{{seed}}.json",
        model=f"{CAO}/models/base-seed{{seed}}.safetensors",
        pairs=f"{CONTEXTUAL}/pairs-train.parquet",
        code=code_of("link-by-vectors"),
    output:
        linked=f"{CONTEXTUAL}/pairs-vectors-seed{{seed}}.parquet",
        record=f"{CAO}/runs/link_by_vectors-seed{{seed}}.json",
    log:
        f"{CAO_LOGS}/link_by_vectors-seed{{seed}}.log",
    benchmark:
        f"{CAO_LOGS}/link_by_vectors-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(max(16000, CORPUS_MB)),
        runtime=240,
        gpu=one_gpu,
    params:
        cfg=cfg("cao2020.vector_links"),
        used=cfg("cao2020.alignment"),
    shell:
        """
        python -m crosstalk link-by-vectors \
            --cfg {params.cfg:q} \
            --used {params.used:q} \
            --vocabulary {input.vocabulary:q} \
            --model {input.model:q} \
            --pairs {input.pairs:q} \
            --linked {output.linked:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule fit_rotations:
    """Turn the base's space of each language towards English: by words, and by sentences."""
    input:
        vocabulary=f"{CAO}/models/vocabulary-seed{{seed}}.json",
        model=f"{CAO}/models/base-seed{{seed}}.safetensors",
        pairs=f"{CONTEXTUAL}/pairs-train.parquet",
        code=code_of("fit-rotations"),
    output:
        rotations=f"{CONTEXTUAL}/rotations-seed{{seed}}.safetensors",
        record=f"{CAO}/runs/fit_rotations-seed{{seed}}.json",
    log:
        f"{CAO_LOGS}/fit_rotations-seed{{seed}}.log",
    benchmark:
        f"{CAO_LOGS}/fit_rotations-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(max(16000, CORPUS_MB)),
        runtime=120,
        gpu=one_gpu,
    params:
        cfg=cfg("cao2020.rotations"),
    shell:
        """
        python -m crosstalk fit-rotations \
            --cfg {params.cfg:q} \
            --vocabulary {input.vocabulary:q} \
            --model {input.model:q} \
            --pairs {input.pairs:q} \
            --rotations {output.rotations:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule align_contextual:
    """Draw the vectors of linked words together, by training all weights."""
    input:
        vocabulary=f"{CAO}/models/vocabulary-seed{{seed}}.json",
        model=f"{CAO}/models/base-seed{{seed}}.safetensors",
        pairs=linked_pairs,
        code=code_of("align-contextual"),
    output:
        aligned=f"{CAO}/models/{{aligned}}-seed{{seed}}.safetensors",
        history=f"{CAO}/history/{{aligned}}-seed{{seed}}.csv",
        record=f"{CAO}/runs/align_contextual-{{aligned}}-seed{{seed}}.json",
    log:
        f"{CAO_LOGS}/align_contextual-{{aligned}}-seed{{seed}}.log",
    benchmark:
        f"{CAO_LOGS}/align_contextual-{{aligned}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=1440,
        gpu=one_gpu,
    params:
        cfg=cfg_aligned,
        amount=lambda w: "fewer" if w.aligned in CURVE[:-1] else "all",
    shell:
        """
        python -m crosstalk align-contextual \
            --cfg {params.cfg:q} \
            --amount {params.amount} \
            --seed {wildcards.seed} \
            --vocabulary {input.vocabulary:q} \
            --model {input.model:q} \
            --pairs {input.pairs:q} \
            --aligned {output.aligned:q} \
            --history {output.history:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule retrieve_words:
    """Ask every system which word of the other language is the translation of each test word."""
    input:
        vocabulary=f"{CAO}/models/vocabulary-seed{{seed}}.json",
        pairs=f"{CONTEXTUAL}/pairs-test.parquet",
        base=f"{CAO}/models/base-seed{{seed}}.safetensors",
        rotations=f"{CONTEXTUAL}/rotations-seed{{seed}}.safetensors",
        aligned=aligned_models,
        code=code_of("retrieve-words"),
    output:
        ranks=f"{CONTEXTUAL}/ranks-seed{{seed}}.parquet",
        record=f"{CAO}/runs/retrieve_words-seed{{seed}}.json",
    log:
        f"{CAO_LOGS}/retrieve_words-seed{{seed}}.log",
    benchmark:
        f"{CAO_LOGS}/retrieve_words-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(16000),
        runtime=240,
        gpu=one_gpu,
    params:
        cfg=cfg("cao2020.retrieval"),
        names=ALIGNED_SYSTEMS,
    shell:
        """
        python -m crosstalk retrieve-words \
            --cfg {params.cfg:q} \
            --seed {wildcards.seed} \
            --names {params.names:q} \
            --vocabulary {input.vocabulary:q} \
            --pairs {input.pairs:q} \
            --base {input.base:q} \
            --rotations {input.rotations:q} \
            --aligned {input.aligned:q} \
            --ranks {output.ranks:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule transfer_frozen:
    """Learn from English labels on frozen encoders, and ask in every language."""
    input:
        vocabulary=f"{CAO}/models/vocabulary-seed{{seed}}.json",
        messages=f"{CONTEXTUAL}/messages.parquet",
        base=f"{CAO}/models/base-seed{{seed}}.safetensors",
        rotations=f"{CONTEXTUAL}/rotations-seed{{seed}}.safetensors",
        aligned=aligned_models,
        code=code_of("transfer-frozen"),
    output:
        answers=f"{CONTEXTUAL}/transfer/frozen-seed{{seed}}.parquet",
        record=f"{CAO}/runs/transfer_frozen-seed{{seed}}.json",
    log:
        f"{CAO_LOGS}/transfer_frozen-seed{{seed}}.log",
    benchmark:
        f"{CAO_LOGS}/transfer_frozen-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(max(16000, CORPUS_MB)),
        runtime=240,
        gpu=one_gpu,
    params:
        cfg=cfg("cao2020.transfer"),
        names=ALIGNED_SYSTEMS,
    shell:
        """
        python -m crosstalk transfer-frozen \
            --cfg {params.cfg:q} \
            --seed {wildcards.seed} \
            --names {params.names:q} \
            --vocabulary {input.vocabulary:q} \
            --messages {input.messages:q} \
            --base {input.base:q} \
            --rotations {input.rotations:q} \
            --aligned {input.aligned:q} \
            --answers {output.answers:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule transfer_tuned:
    """Train all weights on the labels of one language, and ask."""
    input:
        vocabulary=f"{CAO}/models/vocabulary-seed{{seed}}.json",
        messages=f"{CONTEXTUAL}/messages.parquet",
        model=tuned_model,
        pairs=f"{CONTEXTUAL}/pairs-train.parquet",
        code=code_of("transfer-tuned"),
    output:
        answers=f"{CONTEXTUAL}/transfer/{{tuned}}-{{labels}}-seed{{seed}}.parquet",
        record=f"{CAO}/runs/transfer_tuned-{{tuned}}-{{labels}}-seed{{seed}}.json",
    log:
        f"{CAO_LOGS}/transfer_tuned-{{tuned}}-{{labels}}-seed{{seed}}.log",
    benchmark:
        f"{CAO_LOGS}/transfer_tuned-{{tuned}}-{{labels}}-seed{{seed}}.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(CORPUS_MB),
        runtime=1440,
        gpu=one_gpu,
    params:
        cfg=cfg("cao2020.tuning"),
    shell:
        """
        python -m crosstalk transfer-tuned \
            --cfg {params.cfg:q} \
            --seed {wildcards.seed} \
            --system {wildcards.tuned} \
            --language {wildcards.labels} \
            --vocabulary {input.vocabulary:q} \
            --messages {input.messages:q} \
            --model {input.model:q} \
            --pairs {input.pairs:q} \
            --answers {output.answers:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule analyse_contextual:
    """Sort answers into the tables, and compare retrieval with transfer."""
    input:
        train=f"{CONTEXTUAL}/pairs-train.parquet",
        queries=f"{CONTEXTUAL}/queries.parquet",
        ranks=expand(f"{CONTEXTUAL}/ranks-seed{{seed}}.parquet", seed=P.seeds),
        transfers=[
            f"{CONTEXTUAL}/transfer/{name}-seed{seed}.parquet"
            for seed in P.seeds
            for name in ["frozen", *("-".join(tuning) for tuning in TUNINGS)]
        ],
        code=code_of("analyse-contextual"),
    output:
        answers=f"{CONTEXTUAL}/items/answers.parquet",
        measures=f"{CONTEXTUAL}/measures/answers.csv",
        related=f"{CAO}/examples/transfer_by_retrieval.csv",
        record=f"{CAO}/runs/analyse_contextual.json",
    log:
        f"{CAO_LOGS}/analyse_contextual.log",
    benchmark:
        f"{CAO_LOGS}/analyse_contextual.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(max(16000, CORPUS_MB)),
        runtime=60,
    params:
        cfg=cfg("cao2020.evaluation"),
        alignment=cfg("cao2020.alignment"),
        corpora="paper" if PAPER else "ours",
        names=CURVE,
        pairs=CURVE_PAIRS,
    shell:
        """
        python -m crosstalk analyse-contextual \
            --cfg {params.cfg:q} \
            --names {params.names:q} \
            --pairs {params.pairs} \
            --alignment {params.alignment:q} \
            --corpora {params.corpora} \
            --train {input.train:q} \
            --queries {input.queries:q} \
            --ranks {input.ranks:q} \
            --transfers {input.transfers:q} \
            --answers {output.answers:q} \
            --measures {output.measures:q} \
            --related {output.related:q} \
            --record {output.record:q} 2>&1 | tee {log:q}
        """


rule summarise_cao2020:
    """Turn answers into percentages with bootstrap intervals."""
    input:
        answers=expand(
            f"{CONTEXTUAL}/items/{{name}}.parquet",
            name=[
                "links",
                *(f"vector_links-seed{seed}" for seed in P.seeds),
                "answers",
            ],
        ),
        measures=expand(
            f"{CONTEXTUAL}/measures/{{name}}.csv", name=["bitext", "answers"]
        ),
        code=code_of("summarise-items"),
    output:
        metrics=f"{CAO}/metrics.csv",
        summary=f"{CAO}/metrics.json",
        draws=f"{CAO}/draws/answers.parquet",
        record=f"{CAO}/runs/summarise_cao2020.json",
    log:
        f"{CAO_LOGS}/summarise_cao2020.log",
    benchmark:
        f"{CAO_LOGS}/summarise_cao2020.tsv"
    conda:
        "../../envs/environment.yml"
    threads: 1
    resources:
        mem_mb=memory(8000),
        runtime=60,
    params:
        cfg=cfg("cao2020.evaluation"),
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
