"""Large archives and keyed data sets, against a loopback server."""

import hashlib
import json
import random

import pytest
from tests.corpora.test_fetch import in_turn, ranged, redirect, status, unfinished, whole

from crosstalk.corpora.paper.fetching import fetch_dataset, fetch_large_archive
from crosstalk.errors import FetchError
from crosstalk.params.paper_corpora import Dataset, LargeArchive

CONTENT = random.Random(5).randbytes(400_000)
OTHER = random.Random(6).randbytes(400_000)
HALF = len(CONTENT) // 2
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()
KEY = "t0ps3cret-k3y"


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "out" / "frogs.tar.gz"


@pytest.fixture(autouse=True)
def folder(archive):
    archive.parent.mkdir()


def large(*urls, **checksum):
    checksum = checksum or {"sha256": SHA256}
    return LargeArchive(name="frogs.tar.gz", bytes=len(CONTENT), urls=urls, **checksum)


@pytest.mark.parametrize("checksum", [{"sha256": SHA256}, {"md5": MD5}, {"md5_list": "/sums"}, {}])
def test_an_archive_arrives_whichever_checksum_is_published(checksum, server, archive, machine):
    server.routes |= {
        "/pub/frogs.tar.gz": whole(CONTENT),
        "/sums": whole(f"{'0' * 32}  toads.tar.gz\n{MD5.upper()} *./frogs.tar.gz\n".encode()),
    }
    if "md5_list" in checksum:
        checksum = {"md5_list": server.url("/sums")}
    cfg = LargeArchive(
        name="frogs.tar.gz", bytes=9, urls=[server.url("/pub/frogs.tar.gz")], **checksum
    )
    fetch_large_archive(cfg=cfg, archive=archive)
    assert archive.read_bytes() == CONTENT
    assert unfinished(machine / "cache") == []


def test_a_cut_download_goes_on_and_follows_redirects(server, archive):
    server.routes |= {
        "/a": redirect("/b"),
        "/b": in_turn(ranged(CONTENT, stop=HALF), ranged(CONTENT)),
    }
    fetch_large_archive(cfg=large(server.url("/a")), archive=archive)
    assert archive.read_bytes() == CONTENT
    assert server.sent == len(CONTENT)
    assert f"bytes={HALF}-" in server.ranges


def test_a_later_run_goes_on_where_an_earlier_one_was_cut(server, archive):
    server.routes["/a"] = in_turn(*[ranged(CONTENT, stop=HALF)] * 5, ranged(CONTENT))
    with pytest.raises(FetchError, match=f"broke off after {HALF} bytes"):
        fetch_large_archive(cfg=large(server.url("/a")), archive=archive)
    assert not archive.exists()
    fetch_large_archive(cfg=large(server.url("/a")), archive=archive)
    assert archive.read_bytes() == CONTENT
    assert server.sent == len(CONTENT)


@pytest.mark.parametrize("first", [status(404), whole(OTHER)])
def test_the_next_address_is_tried(first, server, archive):
    server.routes |= {"/a": first, "/b": whole(CONTENT)}
    fetch_large_archive(cfg=large(server.url("/a"), server.url("/b")), archive=archive)
    assert archive.read_bytes() == CONTENT


@pytest.mark.parametrize("checksum", [{"sha256": SHA256}, {"md5": MD5}])
def test_a_wrong_checksum_is_refused_and_nothing_kept(checksum, server, archive, machine):
    server.routes["/a"] = whole(OTHER)
    with pytest.raises(
        FetchError, match=rf"not the published one: its checksum is .* not {MD5}|{SHA256}"
    ):
        fetch_large_archive(cfg=large(server.url("/a"), **checksum), archive=archive)
    assert not archive.exists()
    assert unfinished(machine / "cache") == []


def test_bad_bytes_of_an_earlier_run_are_not_trusted(server, archive):
    server.routes["/a"] = in_turn(*[ranged(OTHER, stop=HALF)] * 5, *[ranged(CONTENT)] * 2)
    cfg = large(server.url("/a"))
    with pytest.raises(FetchError, match="broke off"):
        fetch_large_archive(cfg=cfg, archive=archive)
    fetch_large_archive(cfg=cfg, archive=archive)
    assert archive.read_bytes() == CONTENT


def test_a_list_without_the_archive_is_named(server, archive):
    server.routes |= {"/a": whole(CONTENT), "/sums": whole(b"0000  toads.tar.gz\n")}
    with pytest.raises(FetchError, match=r"/sums has no line for a$"):
        fetch_large_archive(
            cfg=large(server.url("/a"), md5_list=server.url("/sums")), archive=archive
        )


def test_a_mirror_serves_offline_with_its_list_of_checksums(server, archive, tmp_path, monkeypatch):
    place = tmp_path / "mirror" / "mls"
    place.mkdir(parents=True)
    (place / "frogs.tar.gz").write_bytes(CONTENT)
    (place / "md5sum.txt").write_text(f"{MD5}  frogs.tar.gz\n")
    monkeypatch.setenv("CROSSTALK_MIRROR", str(tmp_path / "mirror"))
    closed = "http://127.0.0.1:9"
    cfg = large(f"{closed}/frogs.tar.gz", md5_list=f"{closed}/md5sum.txt")
    fetch_large_archive(cfg=cfg, archive=archive)
    assert archive.read_bytes() == CONTENT
    (place / "frogs.tar.gz").write_bytes(OTHER)
    with pytest.raises(FetchError, match=r"mirror/mls/frogs\.tar\.gz: its checksum is"):
        fetch_large_archive(cfg=cfg, archive=archive)
    (place / "md5sum.txt").unlink()
    with pytest.raises(FetchError, match=r"add md5sum\.txt to the folder CROSSTALK_MIRROR$"):
        fetch_large_archive(cfg=cfg, archive=archive)


def test_addresses_without_a_checksum_cannot_be_mixed():
    with pytest.raises(ValueError, match="several urls need a checksum"):
        LargeArchive(name="a", bytes=1, urls=["http://a/1", "http://a/2"])


# Data sets behind a key


def session(server, **said):
    """Let the service promise CONTENT at a signed address."""
    promise = {
        "downloadUrl": server.url("/signed/frogs?signature=s1gnature"),
        "filename": "frogs.tar.gz",
        "sizeBytes": str(len(CONTENT)),
        "checksum": f"sha256:{SHA256}",
    } | said
    body = json.dumps(promise).encode()
    server.posts["/api/datasets/frogs/download"] = lambda r: r.answer(201, {}, body)


@pytest.fixture
def dataset(server):
    return Dataset(service=server.url("/api/"), dataset="frogs", key="MDC_API_KEY")


def test_a_key_opens_a_data_set_and_goes_nowhere_else(server, dataset, archive, monkeypatch, capfd):
    monkeypatch.setenv("MDC_API_KEY", KEY)
    session(server)
    server.routes["/signed/frogs"] = in_turn(ranged(CONTENT, stop=HALF), ranged(CONTENT))
    fetch_dataset(cfg=dataset, archive=archive)
    assert archive.read_bytes() == CONTENT
    assert server.posted == [("/api/datasets/frogs/download", f"Bearer {KEY}")]
    assert server.authorization is None  # of the download itself
    shown = "".join(capfd.readouterr())
    assert KEY not in shown
    assert "s1gnature" not in shown


def test_a_missing_key_is_named_before_anything_is_asked(server, dataset, archive):
    with pytest.raises(
        FetchError, match=f"MDC_API_KEY is not set: put your key for {server.url('/api/')}"
    ):
        fetch_dataset(cfg=dataset, archive=archive)
    assert server.posted == []


def echoing(code):
    """Answer with an error that repeats the key, as some services do."""
    return lambda r: r.answer(code, {"X-Key": KEY}, f"bad key {KEY}".encode())


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (echoing(401), "the key in MDC_API_KEY was not accepted"),
        (echoing(403), "accept the terms on the data set's page"),
        (echoing(404), "there is no such data set"),
        (echoing(500), "the service answered 500"),
        (redirect("http://127.0.0.1:9/elsewhere"), "the service answered 302"),
        (whole(f"not JSON {KEY}".encode()), "another form than known"),
        (whole(json.dumps([KEY]).encode()), "another form than known"),
    ],
)
@pytest.mark.parametrize("key", [KEY, f"{KEY}\nX: y"])
def test_no_refusal_shows_the_key(answer, says, key, server, dataset, archive, monkeypatch, capfd):
    monkeypatch.setenv("MDC_API_KEY", key)
    server.posts["/api/datasets/frogs/download"] = answer
    with pytest.raises(FetchError) as raised:
        fetch_dataset(cfg=dataset, archive=archive)
    assert says in str(raised.value) if key == KEY else "the request failed" in str(raised.value)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    assert KEY not in str(raised.value) + "".join(capfd.readouterr()) + repr(raised.value.args)


def test_a_changed_download_is_refused_without_its_address(
    server, dataset, archive, machine, monkeypatch
):
    monkeypatch.setenv("MDC_API_KEY", KEY)
    session(server)
    server.routes["/signed/frogs"] = whole(OTHER)
    with pytest.raises(FetchError, match=r"data set frogs of .* not the published one") as raised:
        fetch_dataset(cfg=dataset, archive=archive)
    assert "s1gnature" not in str(raised.value)
    assert unfinished(machine / "cache") == []


def test_another_release_does_not_continue_the_last_one(server, dataset, archive, monkeypatch):
    monkeypatch.setenv("MDC_API_KEY", KEY)
    session(server, checksum=hashlib.sha256(OTHER).hexdigest())
    server.routes["/signed/frogs"] = ranged(OTHER, stop=HALF)
    with pytest.raises(FetchError, match="broke off"):
        fetch_dataset(cfg=dataset, archive=archive)
    session(server)
    server.routes["/signed/frogs"] = ranged(CONTENT)
    before = len(server.ranges)
    fetch_dataset(cfg=dataset, archive=archive)
    assert archive.read_bytes() == CONTENT
    assert server.ranges[before:] == [None]


def test_a_checksum_of_an_unknown_kind_is_left_to_the_length(server, dataset, archive, monkeypatch):
    monkeypatch.setenv("MDC_API_KEY", KEY)
    session(server, checksum="crc32c:AAAA==")
    server.routes["/signed/frogs"] = whole(CONTENT)
    fetch_dataset(cfg=dataset, archive=archive)
    assert archive.read_bytes() == CONTENT
