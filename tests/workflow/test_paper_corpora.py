"""Every corpus of the papers, by the workflow's own rules, from a server that is this machine.

The registry is as it is shipped but for its hosts and checksums: each address leads to the same path
on a loopback server, and archives there are tiny, in their makers' layouts. What only a user may
have lies in folders of the layouts that docs/paper-scale.md asks for. On the way things go wrong as
they do in practice, a kind of mishap a corpus.
"""

import hashlib
import json
import zipfile
from collections import Counter

import pytest
from lhotse import SupervisionSet
from ruamel.yaml import YAML
from tests.corpora.paper import layouts
from tests.corpora.paper.archives import laid, tar, zipped
from tests.corpora.paper.coco import write_coco
from tests.corpora.paper.conftest import PostHandler
from tests.corpora.test_fetch import Loopback, in_turn, ranged, redirect, serving, status, whole
from tests.workflow.conftest import copy_repository

from crosstalk.corpora.messages import read_messages
from crosstalk.corpora.paper.coco import read_listing
from crosstalk.corpora.paper.inference import COLUMNS
from crosstalk.corpora.paper.registry import load_paper_registry
from crosstalk.corpora.parquet import read_columns
from crosstalk.text.dictionaries import read_pairs

pytestmark = pytest.mark.pipeline

KEY = "t0ps3cret-k3y"
PAIRS = ("de-en", "de-fr", "en-de", "en-fr", "fr-de", "fr-en")
SAID = "[0.0]\n<no-speech>\n[0.5]\nhello\n[2.5]\n"


def content_of(corpus, archive, folder):
    """Bytes of the tiny archive that stands for one of the registry's."""
    stem = archive.partition(".")[0]
    if corpus == "coco":
        write_coco(folder, ["train", "test"])
        return (folder / archive).read_bytes()
    files = {
        "librispeech": lambda: layouts.librispeech(stem),
        "mls": lambda: layouts.mls(stem.split("_")[1]),
        "spoken_wikipedia": lambda: layouts.spoken_wikipedia(stem.removeprefix("SWC_").lower()),
        "muse": lambda: layouts.muse(*PAIRS),
        "riviere_splits": lambda: layouts.riviere_splits("es", "fr"),
        "europarl": lambda: layouts.bitext(stem),
        "multiun": lambda: layouts.bitext(stem, "MultiUN"),
        "xnli": layouts.xnli,
        "xnli_mt": layouts.xnli_mt,
        "multinli": layouts.multinli,
        "spoken_coco": layouts.spoken_coco,
        "places_audio": layouts.places_audio,
    }[corpus]()
    if archive == "librispeech_alignments.zip":
        files = layouts.librispeech_alignments("dev-clean", "train-clean-100")
    if archive.endswith(".zip"):
        return zipped(folder / archive, files).read_bytes()
    return tar(folder / archive, files, "w" if archive.endswith(".tar") else "w:gz").read_bytes()


class World:
    """A copy of the project whose corpora are on a loopback server, and in a user's folder."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        self.project = copy_repository(folder / "crosstalk")
        self.path = self.project.folder / "workflow/paper_corpora.yaml"
        self.registry = load_paper_registry(self.path)
        self.project.environment |= {
            "CROSSTALK_CACHE": str(folder / "cache"),
            "CROSSTALK_CORPORA": str(folder / "corpora"),
            "MDC_API_KEY": KEY,
            "NO_PROXY": "127.0.0.1",
        }
        self.md5sums = ""
        self.rewrite()
        self.own()
        self.mishaps()

    def rewrite(self):
        """Let the registry's addresses lead here, and its checksums be those of what is here."""
        yaml = YAML()
        tree = yaml.load(self.path)
        for name, corpus in tree["corpora"].items():
            for archive in corpus.get("archives", []):
                content = content_of(name, archive["name"], self.folder / "made" / name)
                archive["bytes"] = len(content)
                for kind in ("sha256", "md5"):
                    if kind in archive:
                        archive[kind] = hashlib.new(kind, content).hexdigest()
                archive["urls"] = [self.served(url, content) for url in archive["urls"]]
                if "md5_list" in archive:
                    self.md5sums += f"{hashlib.md5(content).hexdigest()}  {archive['name']}\n"
                    listed = self.md5sums.encode()
                    archive["md5_list"] = self.served(archive["md5_list"], listed)
        tree["corpora"]["common_voice"]["datasets"]["es"] = "frogs"
        tree["corpora"]["common_voice"]["service"] = self.server.url("/api")
        yaml.dump(tree, self.path)

    def served(self, url, content):
        path = "/" + url.partition("://")[2]
        self.server.routes[path] = whole(content)
        return self.server.url(path)

    def own(self):
        """Lay what only a user may have."""
        made = {
            "mls_alignments": lambda part: layouts.mls_alignments(),
            "common_voice": lambda part: layouts.common_voice(),
            "babel": lambda part: layouts.babel(SAID),
            "ml_coco": lambda part: layouts.ml_coco(),
        }
        for name, files in made.items():
            for part, entry in self.registry.corpus(name).parts.items():
                if (name, part) != ("common_voice", "es"):
                    laid(self.folder / "corpora" / name / entry.folder, files(part))
        for language in self.registry.corpus("voxpopuli").parts:
            laid(self.folder / "corpora/voxpopuli", layouts.voxpopuli(language))

    def mishaps(self):
        routes = self.server.routes
        for path in [path for path in routes if path.startswith("/www.openslr.org/")]:
            routes[path] = status(404)  # the mirror has it
        routes["/cims.nyu.edu/~sbowman/xnli/XNLI-1.0.zip"] = whole(b"<html>moved</html>")
        cut = "/dl.fbaipublicfiles.com/mls/mls_french_opus.tar.gz"
        french = (self.folder / "made/mls/mls_french_opus.tar.gz").read_bytes()
        half = len(french) // 2
        routes[cut] = in_turn(ranged(french, stop=half), ranged(french))
        moved = "/data.csail.mit.edu/placesaudio/SpokenCOCO.tar.gz"
        routes["/elsewhere"] = routes[moved]
        routes[moved] = redirect("/elsewhere")
        locale = {f"cv-corpus-4/es/{n}": data for n, data in layouts.common_voice().items()}
        clips = tar(self.folder / "made/es.tar.gz", locale).read_bytes()
        routes["/signed"] = whole(clips)
        session = {
            "downloadUrl": self.server.url("/signed?signature=s1gnature"),
            "sizeBytes": str(len(clips)),
            "checksum": f"sha256:{hashlib.sha256(clips).hexdigest()}",
        }
        body = json.dumps(session).encode()
        self.server.posts["/api/datasets/frogs/download"] = lambda r: r.answer(201, {}, body)

    @property
    def prepared(self):
        return self.project.folder / "data/prepared/paper"

    def said(self, corpus, part):
        return SupervisionSet.from_file(self.prepared / corpus / part / "supervisions.jsonl.gz")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return the world after everything was fetched and prepared by one call."""
    server = Loopback()
    server.RequestHandlerClass = PostHandler
    server.posts, server.posted = {}, []
    with serving(server):
        world = World(tmp_path_factory.mktemp("papers"), server)
        done = world.project.snakemake("--config", "scale=paper", "--", "paper_corpora")
        world.shown = done.stdout + done.stderr
        yield world


UTTERANCES = {
    "librispeech": 2,
    "mls": 3,
    "spoken_wikipedia": 2,
    "common_voice": 4,
    "babel": 2,
    "voxpopuli": 3,
    "spoken_coco": 3,
    "ml_coco": 1,
    "places_audio": 3,
}


@pytest.mark.parametrize("corpus", UTTERANCES)
def test_every_part_of_a_speech_corpus_is_prepared(corpus, world):
    parts = world.registry.corpus(corpus).parts
    found = {part: list(world.said(corpus, part)) for part in parts}
    assert {part: len(said) for part, said in found.items()} == dict.fromkeys(
        parts, UTTERANCES[corpus]
    )
    for part, said in found.items():
        assert {segment.language for segment in said} == {parts[part].language}
        heard = {segment.recording_id for segment in said}
        written = {path.stem for path in (world.prepared / corpus / part).glob("*.flac")}
        assert heard <= written
        assert len(written) == parts[part].files


def test_texts_are_prepared(world):
    for corpus in ("europarl", "multiun"):
        for part in world.registry.corpus(corpus).parts:
            messages = read_messages(world.prepared / corpus / part / "messages.parquet")
            assert Counter(messages["language"]) == {part: 2, "en": 2}
    for corpus, pairs in (("xnli", 2), ("xnli_mt", 4), ("multinli", 2)):
        assert len(read_columns(world.prepared / corpus / "all/pairs.parquet", COLUMNS)) == pairs
    assert len(read_pairs(world.prepared / "muse/all/dictionary.parquet")) == len(PAIRS)


def test_pictures_are_those_of_the_listing(world):
    raw = world.project.folder / "data/raw/paper/coco"
    listed = read_listing(raw / "caption_datasets.zip")
    shown = [zipfile.ZipFile(raw / f"{place}2014.zip").namelist() for place in ("train", "val")]
    assert sorted(listed) == sorted(name for names in shown for name in names)
    assert [split for split, _ in listed.values()] == ["train", "test"]


def test_word_times_come_from_wherever_they_are(world):
    """LibriSpeech's from an archive, those of French from the user's folder, SWC's from its own."""
    aligned = {
        ("librispeech", "dev-clean"): 1,
        ("mls", "french"): 1,
        ("mls", "german"): 0,
        ("spoken_wikipedia", "german"): 2,
    }
    for (corpus, part), count in aligned.items():
        assert sum(bool(said.alignment) for said in world.said(corpus, part)) == count


def test_a_record_of_each_archive_keeps_its_checksum(world):
    records = world.project.folder / "data/records/paper"
    for name, corpus in world.registry.corpora.items():
        for archive in corpus.archives:
            record = json.loads((records / name / f"{archive.name}.json").read_text())
            content = (world.folder / "made" / name / archive.name).read_bytes()
            assert record["outputs"]["archive"][0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_what_was_cut_went_on(world):
    assert sum(bool(asked) for asked in world.server.ranges) == 1
    assert list((world.folder / "cache").glob("*/*")) == []


def test_the_key_opened_one_data_set_and_is_written_nowhere(world):
    assert world.server.posted == [("/api/datasets/frogs/download", f"Bearer {KEY}")]
    written = (world.project.folder / name for name in ("data", "logs", ".snakemake"))
    files = [path for folder in written for path in folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".log" for path in files)
    for secret in (KEY, "s1gnature"):
        assert secret not in world.shown
        assert [path for path in files if secret.encode() in path.read_bytes()] == []


def test_nothing_is_left_to_do(world):
    assert world.project.planned("--config", "scale=paper", "--", "paper_corpora") == {}
