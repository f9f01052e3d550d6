"""The registry of the papers' corpora: complete, strict, and exact about what is missing."""

from pathlib import Path

import pytest

from crosstalk.corpora.paper.registry import find_missing, load_paper_registry, require
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.paper_corpora import Part

ROOT = Path(__file__).parents[3]
REGISTRY = load_paper_registry(ROOT / "workflow" / "paper_corpora.yaml")

GOOD = """\
corpora:
  frogs:
    title: Frogs
    kind: speech
    papers: [chung2018]
    home: https://frogs.example/
    licence: CC0-1.0
    citation: The frogs.
    amount: 1 h
    obtain: key
    steps: Ask the frogs.
    service: https://frogs.example/api
    key: FROG_KEY
    datasets: {pond: f1}
    parts:
      pond: {folder: pond}
      lake: {folder: lake}
"""


@pytest.fixture
def frogs(tmp_path):
    path = tmp_path / "corpora.yaml"
    path.write_text(GOOD)
    return load_paper_registry(path)


@pytest.mark.parametrize("name", REGISTRY.corpora)
def test_a_corpus_says_who_made_it_how_large_it_is_and_under_which_licence(name):
    licensing = pytest.importorskip("packaging.licenses")
    corpus = REGISTRY.corpus(name)
    assert licensing.canonicalize_license_expression(corpus.licence) == corpus.licence
    assert corpus.download_bytes > 0


def test_every_archive_of_a_corpus_with_parts_is_in_one():
    for name, corpus in REGISTRY.corpora.items():
        used = {archive for part in corpus.parts.values() for archive in part.archives}
        if corpus.parts and corpus.archives:
            assert used == {archive.name for archive in corpus.archives}, name


def test_no_flac_file_holds_more_than_its_format_counts():
    for corpus in REGISTRY.corpora.values():
        for part in corpus.parts.values():
            assert part.hours / part.files * 3600 * 16000 < 2**36
    assert [Part(hours=hours).files for hours in (0, 1, 200, 200.1, 1097)] == [1, 1, 1, 2, 6]


def test_what_is_missing_is_named_with_its_step_once_a_corpus(frogs, monkeypatch, tmp_path):
    wanted = [("frogs", "pond"), ("frogs", "lake"), ("frogs", "lake")]
    assert list(find_missing(frogs, wanted)) == [
        "frogs needs the key FROG_KEY, corpora/frogs/lake: Ask the frogs."
    ]
    monkeypatch.setenv("FROG_KEY", "secret")
    monkeypatch.setenv("CROSSTALK_CORPORA", str(tmp_path))
    place = tmp_path / "frogs" / "lake"
    place.mkdir(parents=True)
    with pytest.raises(DataError, match=rf"^frogs needs {place}: Ask the frogs\. \(CROSSTALK_COR"):
        require(frogs, wanted)
    (place / "clip.mp3").touch()
    require(frogs, wanted)


def test_what_anyone_may_download_is_never_missing():
    require(REGISTRY, [("librispeech", "dev-clean"), ("muse", "all"), ("mbert", "")])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    licence: CC0-1.0\n", "", "corpora.frogs.licence is missing"),
        ("chung2018", "chang2018", r"corpora\.frogs\.papers\.0=.*: should be 'chung2018'"),
        ("    steps: Ask the frogs.\n", "", "what is not simply downloaded needs steps"),
        ("    key: FROG_KEY\n", "", "just those corpora that a key opens"),
        ("key: FROG_KEY", "key: FROG_KEY\n    revision: " + "a" * 40, "just the models of the hub"),
        ("pond: f1", "sea: f1", "datasets name no part of the corpus: sea"),
        (
            "{folder: pond}",
            "{archives: [a.tar]}",
            "part pond names no archive of the corpus: a.tar",
        ),
        ("obtain: key", "obtain: download", "just those corpora that are downloaded"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_place(old, new, says, tmp_path):
    path = tmp_path / "corpora.yaml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(ParameterError, match=says) as raised:
        load_paper_registry(path)
    assert "\n" not in str(raised.value)


def test_names_that_are_not_there_bring_the_nearest(frogs):
    with pytest.raises(ParameterError, match=r"'librispech' is not a corpus .* librispeech"):
        REGISTRY.corpus("librispech")
    with pytest.raises(ParameterError, match=r"is not an archive of librispeech"):
        REGISTRY.archive("librispeech", "dev.tar.gz")
    assert frogs.dataset("frogs", "pond").key == "FROG_KEY"
    with pytest.raises(ParameterError, match="is not a data set of frogs"):
        frogs.dataset("frogs", "lake")
