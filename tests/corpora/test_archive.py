"""Reading archives: every packing of the same files gives the same files, and no cut passes."""

import gzip
import io
import lzma
import shutil
import subprocess
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosstalk.corpora.archive import iter_files
from crosstalk.errors import DataError

FILES = {
    "usr/share/stamps/frog.txt": b"A frog.\n",
    "usr/share/stamps/frog_desc_fr.ogg": bytes(range(256)) * 41,
    "usr/share/doc/empty": b"",
}


def tar(files, extra=()):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in extra:
            archive.addfile(info)
    return buffer.getvalue()


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def ar(members):
    """Common ar format, as deb(5) requires: members padded to even sizes."""
    packed = b"!<arch>\n"
    for name, content in members.items():
        packed += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        packed += content + b"\n" * (len(content) % 2)
    return packed


def deb(files, compress=lzma.compress, suffix="xz"):
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": b"odd",  # never read, but what follows it is padded
        f"data.tar.{suffix}": compress(tar(files)),
    }
    return ar(members)


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("usr/share/", b"")
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


PACKINGS = {
    "tar.gz": lambda files: gzip.compress(tar(files), mtime=0),
    "tar.xz": lambda files: lzma.compress(tar(files)),
    "deb with xz": deb,
    "deb with gz": lambda files: deb(files, gzip.compress, "gz"),
    "zip": zipped,
}


@pytest.fixture
def written(tmp_path):
    def write(content):
        path = tmp_path / "sounds.archive"
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_gives_the_same_files_in_archive_order(packing, written):
    path = written(PACKINGS[packing](FILES))
    assert list(iter_files(path, "*")) == list(FILES.items())


@pytest.mark.parametrize("packing", PACKINGS)
@settings(max_examples=25)
@given(
    files=st.dictionaries(
        st.text("abcλ.", min_size=1, max_size=8).filter(lambda n: n.strip(".") == n),
        st.binary(max_size=1500),
        max_size=4,
    )
)
def test_contents_survive_whatever_they_are(packing, tmp_path_factory, files):
    path = tmp_path_factory.mktemp("packed") / "any.archive"
    path.write_bytes(PACKINGS[packing]({f"usr/{name}": data for name, data in files.items()}))
    found = {name.removeprefix("usr/"): data for name, data in iter_files(path, "*")}
    assert found == files


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs dpkg-deb, the reference packer")
@pytest.mark.parametrize("compression", ["xz", "gzip"])
def test_reads_what_dpkg_packs(compression, tmp_path):
    root = tmp_path / "package"
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN" / "control").write_text(
        "Package: frog\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: d\n"
    )
    package = tmp_path / "frog.archive"
    build = ["dpkg-deb", f"-Z{compression}", "--root-owner-group", "--build", root, package]
    subprocess.run(build, check=True, capture_output=True)
    assert dict(iter_files(package, "*")) == FILES


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("*.ogg", ["usr/share/stamps/frog_desc_fr.ogg"]),
        ("*/stamps/*", ["usr/share/stamps/frog.txt", "usr/share/stamps/frog_desc_fr.ogg"]),
        ("*.OGG", []),
        ("frog.txt", []),
        (lambda name: name.endswith("empty"), ["usr/share/doc/empty"]),
    ],
)
@pytest.mark.parametrize("packing", ["deb with xz", "zip"])
def test_selects_by_pattern_or_predicate(packing, select, expected, written):
    path = written(PACKINGS[packing](FILES))
    assert [name for name, _ in iter_files(path, select)] == expected


def test_links_within_the_archive_read_as_their_target(written):
    extra = [
        link("usr/frog-2.ogg", "share/stamps/frog_desc_fr.ogg"),
        link("usr/share/stamps/hard.ogg", "./usr/share/stamps/frog_desc_fr.ogg", tarfile.LNKTYPE),
        link("usr/share/chain.ogg", "../frog-2.ogg"),
        link("usr/share/outside.ttf", "/usr/share/fonts/outside.ttf"),
        link("usr/share/escapes", "../../../etc/passwd"),
        link("usr/share/loop", "loop"),
        link("usr/share/folder", "stamps"),
    ]
    path = written(gzip.compress(tar({f"./{k}": v for k, v in FILES.items()}, extra)))
    ogg = FILES["usr/share/stamps/frog_desc_fr.ogg"]
    linked = ["usr/frog-2.ogg", "usr/share/stamps/hard.ogg", "usr/share/chain.ogg"]
    assert list(iter_files(path, "*"))[len(FILES) :] == [(name, ogg) for name in linked]


@pytest.mark.parametrize("name", ["../up.txt", "/etc/passwd", "usr/../../up.txt"])
def test_a_name_that_leads_outside_is_refused(name, written):
    path = written(gzip.compress(tar({name: b"x"})))
    with pytest.raises(DataError, match="unsafe name"):
        list(iter_files(path, "*"))


@pytest.mark.parametrize("packing", PACKINGS)
def test_no_cut_passes_unseen(packing, written):
    whole = PACKINGS[packing](FILES)
    last = len(whole) - 2  # the last byte of a .deb may be padding
    for length in [0, 1, 7, 8, 60, 68, *range(70, last, 13), last]:
        path = written(whole[:length])
        with pytest.raises(DataError, match=r"sounds\.archive .*delete it and run again"):
            list(iter_files(path, "*"))


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_damaged_byte_in_the_contents_is_seen(packing, written):
    content = bytes(range(256)) * 400
    whole = bytearray(PACKINGS[packing]({"noise": content}))
    whole[len(whole) // 2] ^= 0x55
    with pytest.raises(DataError, match="is not a complete archive"):
        list(iter_files(written(bytes(whole)), "*"))


def test_a_web_page_saved_in_place_of_an_archive(written):
    path = written(b"<!DOCTYPE html><title>Sign in to the hotel's network</title>")
    with pytest.raises(DataError, match=r"neither a \.deb") as raised:
        list(iter_files(path, "*"))
    assert "\n" not in str(raised.value)
