"""Fetching, against a loopback server and a local package repository: real requests, real apt."""

import base64
import errno
import gzip
import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crosstalk.corpora import download, fetch
from crosstalk.corpora.fetch import fetch_archive
from crosstalk.errors import FetchError
from crosstalk.params.fetch import FetchParams

CONTENT = random.Random(0).randbytes(1_500_000)
HALF = len(CONTENT) // 2
OTHER = random.Random(1).randbytes(len(CONTENT))


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Loopback(ThreadingHTTPServer):
    """A server whose every path is a function; it notes what was asked for and sent."""

    daemon_threads = True

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.routes, self.ranges, self.sent, self.authorization = {}, [], 0, None
        self.open_now = self.open_most = 0
        self.lock = threading.Lock()

    def url(self, path, user=""):
        return f"http://{user}127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        with server.lock:
            server.ranges.append(self.headers["Range"])
            server.authorization = self.headers["Authorization"]
            server.open_now += 1
            server.open_most = max(server.open_most, server.open_now)
        try:
            server.routes.get(self.path.partition("?")[0], status(404))(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with server.lock:
                server.open_now -= 1

    def answer(self, code, headers, body=b""):
        self.send_response(code)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)
        with self.server.lock:
            self.server.sent += len(body)

    def start(self):
        return int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").rstrip("-"))

    def log_message(self, *_):
        pass


def status(code):
    return lambda request: request.answer(code, {})


def redirect(to):
    return lambda request: request.answer(302, {"Location": to})


def in_turn(*routes):
    remaining = iter(routes)
    return lambda request: next(remaining)(request)


def whole(content=CONTENT):
    """Serve a file without support for ranges."""
    return lambda request: request.answer(200, {}, content)


def ranged(content=CONTENT, stop=None, hold=None, pause=0.0):
    """Serve a file from where the client asks; cut the connection before byte ``stop``."""

    def route(request):
        start, length = request.start(), len(content)
        if start >= length:
            request.answer(416, {"Content-Range": f"bytes */{length}"})
            return
        time.sleep(pause)
        headers = {"Content-Length": length - start}
        if start:
            headers["Content-Range"] = f"bytes {start}-{length - 1}/{length}"
        request.answer(206 if start else 200, headers, content[start:stop])
        if hold is not None:
            hold.wait(30)
        request.close_connection = stop is not None

    return route


@contextmanager
def serving(server):
    """Answer until the end, or until the server is shut down."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:  # or the interpreter waits for the thread when a fixture has failed
            server.shutdown()
            thread.join()


@pytest.fixture
def server():
    server = Loopback()
    with serving(server):
        yield server


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of our own, no mirror, no proxy, and no patience."""
    monkeypatch.setenv("CROSSTALK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("CROSSTALK_MIRROR", raising=False)
    monkeypatch.setattr(download, "BACKOFF_SECONDS", 0.01)
    return tmp_path / "cache"


@pytest.fixture
def archive(tmp_path):
    return tmp_path / "stamps.archive"


def params(*urls, content=CONTENT, **places):
    origins = [{"url": url, "sha256": sha256(content)} for url in urls]
    origins += [{kind: spec, "sha256": sha256(content)} for kind, spec in places.items()]
    return FetchParams(name="stamps.archive", bytes=len(content), origins=origins)


def unfinished(cache):
    return [path for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"]


def leave(cache, content):
    """Put what an earlier run may have left into the cache."""
    folder = cache / sha256(CONTENT)
    folder.mkdir(parents=True)
    (folder / "download").write_bytes(content)


# A download that goes well, at once or after trouble


def test_fetches_and_leaves_nothing_behind(server, archive, cache):
    server.routes["/a"] = whole()
    fetch_archive(cfg=params(server.url("/a")), archive=archive)
    assert archive.read_bytes() == CONTENT
    assert unfinished(cache) == []
    assert server.ranges == [None]


def test_a_cut_connection_is_continued_and_no_byte_sent_twice(server, archive):
    server.routes["/a"] = in_turn(ranged(stop=HALF), ranged(stop=HALF + 9), ranged())
    fetch_archive(cfg=params(server.url("/a")), archive=archive)
    assert archive.read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={HALF}-", f"bytes={HALF + 9}-"]
    assert server.sent == len(CONTENT)


def test_a_later_run_continues_what_an_earlier_one_left(server, archive, cache):
    server.routes["/a"] = in_turn(ranged(stop=HALF), *[ranged(stop=HALF)] * 4, ranged())
    cfg = params(server.url("/a"))
    with pytest.raises(FetchError, match=f"broke off after {HALF} bytes"):
        fetch_archive(cfg=cfg, archive=archive)
    assert not archive.exists()
    fetch_archive(cfg=cfg, archive=archive)
    assert archive.read_bytes() == CONTENT
    assert server.ranges[-1] == f"bytes={HALF}-"
    assert server.sent == len(CONTENT)


@pytest.mark.parametrize(
    ("left", "route", "requests"),
    [
        pytest.param(CONTENT[:HALF], whole(), 1, id="server without ranges"),
        pytest.param(OTHER[:HALF], ranged(), 2, id="left bytes of another file"),
        pytest.param(CONTENT + b"more", ranged(), 2, id="longer than the file"),
        pytest.param(
            CONTENT[:HALF],
            in_turn(
                lambda r: r.answer(206, {"Content-Range": f"bytes 5-9/{len(CONTENT)}"}, b"wrong"),
                ranged(),
            ),
            2,
            id="answers with another range",
        ),
    ],
)
def test_starts_over_when_it_cannot_continue(left, route, requests, server, archive, cache):
    leave(cache, left)
    server.routes["/a"] = route
    fetch_archive(cfg=params(server.url("/a")), archive=archive)
    assert archive.read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(left)}-", None][:requests]


def test_a_file_that_only_waited_to_be_moved_is_not_fetched_again(server, archive, cache):
    leave(cache, CONTENT)
    fetch_archive(cfg=params(server.url("/a")), archive=archive)
    assert archive.read_bytes() == CONTENT
    assert server.ranges == []


def test_follows_redirects_and_outlasts_a_busy_server(server, archive):
    server.routes["/a"] = redirect("/b")
    server.routes["/b"] = in_turn(status(503), status(429), whole())
    fetch_archive(cfg=params(server.url("/a")), archive=archive)
    assert archive.read_bytes() == CONTENT


def test_an_archive_is_stored_as_it_is_even_if_the_server_calls_it_compressed(server, archive):
    packed = gzip.compress(CONTENT[:5000])
    server.routes["/a"] = lambda r: r.answer(200, {"Content-Encoding": "gzip"}, packed)
    fetch_archive(cfg=params(server.url("/a"), content=packed), archive=archive)
    assert archive.read_bytes() == packed


# Origins in their order


@pytest.mark.parametrize("first", [status(404), status(500), whole(OTHER)])
def test_the_next_origin_is_tried(first, server, archive, cache):
    server.routes |= {"/a": first, "/b": whole()}
    fetch_archive(cfg=params(server.url("/a"), server.url("/b")), archive=archive)
    assert archive.read_bytes() == CONTENT
    assert unfinished(cache) == []


def test_a_missing_file_is_not_asked_for_twice(server, archive):
    with pytest.raises(FetchError, match="the server answered 404 Not Found"):
        fetch_archive(cfg=params(server.url("/a")), archive=archive)
    assert server.ranges == [None]


def test_a_wrong_checksum_is_refused_and_deleted(server, archive, cache):
    server.routes["/a"] = whole(OTHER)
    with pytest.raises(FetchError, match=f"SHA-256 is {sha256(OTHER)}, not the pinned"):
        fetch_archive(cfg=params(server.url("/a")), archive=archive)
    assert not archive.exists()
    assert unfinished(cache) == []


def test_the_message_names_archive_origins_reasons_and_remedy(server, archive, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("PIP_INDEX_URL", server.url("/simple/"))
    closed = "http://127.0.0.1:9/pub/stamps-1.0.tar.gz"
    cfg = params(
        server.url("/a"), closed, debian="frog-stamps=1.0-1", npm="frog@1.0.0", pypi="frog==1.0"
    )
    with pytest.raises(FetchError) as raised:
        fetch_archive(cfg=cfg, archive=archive)
    message = str(raised.value)
    assert "\n" not in message
    for part in (
        "stamps.archive could not be fetched",
        f"{server.url('/a')}: the server answered 404 Not Found",
        f"{closed}: no connection to the server",
        "Debian package frog-stamps=1.0-1: apt-get is not installed",
        "npm package frog@1.0.0: npm is not installed",
        "Python package frog==1.0: pip: No matching distribution found for frog==1.0",
        "set CROSSTALK_MIRROR to a folder that holds",
        f"stamps-1.0.tar.gz (SHA-256 {sha256(CONTENT)})",
        "frog-stamps_*.deb",
    ):
        assert part in message


@pytest.mark.parametrize("route", [status(404), status(503), whole(OTHER), ranged(stop=0)])
def test_secrets_in_an_address_are_sent_but_never_shown(route, server, archive, capfd):
    server.routes["/a"] = route
    secret = server.url("/a?token=t0ps3cret&x=1#frag", user="ann:pa55word@")
    with pytest.raises(FetchError) as raised:
        fetch_archive(
            cfg=params(secret, "http://bob:pa55word@127.0.0.1:9/?k=t0ps3cret"), archive=archive
        )
    assert base64.b64decode(server.authorization.removeprefix("Basic ")) == b"ann:pa55word"
    shown = str(raised.value) + "".join(capfd.readouterr())
    for hidden in ("pa55word", "t0ps3cret", "token", "ann", "bob"):
        assert hidden not in shown
    assert server.url("/a") in shown
    assert raised.value.__context__ is None or raised.value.__suppress_context__


# A local mirror


@pytest.mark.parametrize(
    "name",
    [
        "stamps.archive",
        "tuxpaint/stamps.archive",
        "frog-1.0.tar.gz",
        "frog_2%3a1_all.deb",
        "green_frog-1.0-py3-none-any.whl",
    ],
)
def test_the_mirror_comes_first(name, server, archive, tmp_path, monkeypatch):
    copy = tmp_path / "mirror" / name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(CONTENT)
    monkeypatch.setenv("CROSSTALK_MIRROR", str(tmp_path / "mirror"))
    cfg = params(server.url("/pub/frog-1.0.tar.gz?x=1"), debian="frog=2:1", pypi="green-frog==1.0")
    fetch_archive(cfg=cfg, archive=archive)
    assert archive.read_bytes() == copy.read_bytes() == CONTENT
    assert server.ranges == []


def test_a_bad_copy_in_the_mirror_is_passed_over_and_kept(server, archive, tmp_path, monkeypatch):
    bad = tmp_path / "stamps.archive.mirror" / "stamps.archive"
    bad.parent.mkdir()
    bad.write_bytes(OTHER)
    monkeypatch.setenv("CROSSTALK_MIRROR", str(bad.parent))
    with pytest.raises(FetchError, match=f"{bad}: its SHA-256 is {sha256(OTHER)}"):
        fetch_archive(cfg=params(server.url("/a")), archive=archive)
    server.routes["/a"] = whole()
    fetch_archive(cfg=params(server.url("/a")), archive=archive)
    assert archive.read_bytes() == CONTENT
    assert bad.read_bytes() == OTHER


def test_a_mirror_that_does_not_exist_is_named(server, archive, monkeypatch):
    monkeypatch.setenv("CROSSTALK_MIRROR", "/nowhere/mirror")
    with pytest.raises(FetchError, match="CROSSTALK_MIRROR=/nowhere/mirror: no such folder"):
        fetch_archive(cfg=params(server.url("/a")), archive=archive)


# Two runs, interrupted runs, full disks

CHILD = """
import resource, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell starts by `&`
from pathlib import Path
from crosstalk.corpora.fetch import fetch_archive
from crosstalk.params.fetch import FetchParams
cfg, archive, limit = FetchParams.model_validate_json(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    fetch_archive(cfg=cfg, archive=archive)
except OSError as error:
    sys.exit(error.errno)
"""


def child(cfg, archive, limit=0):
    arguments = [cfg.model_dump_json(exclude_none=True), str(archive), str(limit)]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_two_fetchers_take_turns(server, tmp_path):
    server.routes["/a"] = ranged(pause=0.3)
    cfg = params(server.url("/a"))
    copies = [tmp_path / "one.archive", tmp_path / "two.archive"]
    runs = [
        threading.Thread(target=fetch_archive, kwargs={"cfg": cfg, "archive": copy})
        for copy in copies
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [copy.read_bytes() for copy in copies] == [CONTENT, CONTENT]
    assert server.open_most == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_leaves_no_output_and_is_continued(how, server, archive, cache):
    hold = threading.Event()
    server.routes["/a"] = in_turn(ranged(stop=HALF, hold=hold), ranged())
    cfg = params(server.url("/a"))
    with child(cfg, archive) as run:
        while not sum(path.stat().st_size for path in unfinished(cache)):
            assert run.poll() is None, run.stderr.read().decode()
            time.sleep(0.01)
        run.send_signal(how)
        run.communicate(timeout=30)
    hold.set()
    assert run.returncode != 0
    assert not archive.exists()
    (left,) = unfinished(cache)
    kept = left.stat().st_size
    assert 0 < kept <= HALF
    fetch_archive(cfg=cfg, archive=archive)
    assert archive.read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={kept}-"]


def test_a_full_disk_surfaces_and_loses_nothing(server, archive, cache):
    server.routes["/a"] = ranged()
    cfg = params(server.url("/a"))
    with child(cfg, archive, limit=HALF) as run:
        run.communicate(timeout=30)
    assert run.returncode == errno.EFBIG
    assert not archive.exists()
    assert [path.stat().st_size for path in unfinished(cache)] == [HALF]
    fetch_archive(cfg=cfg, archive=archive)
    assert archive.read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={HALF}-"]


def test_a_cache_that_cannot_be_written_is_named_with_the_remedy(server, archive, monkeypatch):
    monkeypatch.setenv("CROSSTALK_CACHE", "/dev/null/cache")
    with pytest.raises(FetchError, match="cache /dev/null/cache is not writable; set CROSSTALK_CA"):
        fetch_archive(cfg=params(server.url("/a")), archive=archive)


# Package managers


@pytest.fixture
def debian(tmp_path, monkeypatch):
    """Configure apt for a repository on disk whose lists nobody has fetched yet."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        pytest.skip("needs apt-get and dpkg-deb")
    pool, control = tmp_path / "pool", tmp_path / "frog" / "DEBIAN" / "control"
    for folder in (pool, control.parent, tmp_path / "lists" / "partial"):
        folder.mkdir(parents=True)
    fields = "Package: frog\nVersion: 1:2.0-1\nArchitecture: all\nMaintainer: a <a@b.c>\n"
    control.write_text(f"{fields}Description: a frog\n")
    package = pool / "frog.deb"
    build = ["dpkg-deb", "--root-owner-group", "--build", tmp_path / "frog", package]
    subprocess.run(build, check=True, capture_output=True)
    content = package.read_bytes()
    (pool / "Packages").write_text(
        f"{fields}Filename: frog.deb\nSize: {len(content)}\nSHA256: {sha256(content)}\n\n"
    )
    source_from(tmp_path, f"file:{pool}")
    (tmp_path / "apt.conf").write_text(
        f'Dir::Etc::SourceList "{tmp_path}/sources.list";\nDir::Etc::SourceParts "/dev/null";\n'
        f'Dir::State::Lists "{tmp_path}/lists";\nAcquire::http::Proxy "DIRECT";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(tmp_path / "apt.conf"))
    return package


def source_from(folder, place):
    (folder / "sources.list").write_text(f"deb [trusted=yes] {place} ./\n")


def test_apt_delivers_even_where_nobody_updated_its_lists(debian, archive, cache):
    content = debian.read_bytes()
    fetch_archive(cfg=params(content=content, debian="frog=1:2.0-1"), archive=archive)
    assert archive.read_bytes() == content
    assert not [path for path in unfinished(cache) if path.suffix == ".deb"]


def test_apt_delivers_from_a_mirror_that_breaks_off_and_sends_it_elsewhere(
    debian, archive, server, tmp_path
):
    content = debian.read_bytes()
    source_from(tmp_path, server.url("/debian"))
    server.routes |= {
        "/debian/./Packages": whole((debian.parent / "Packages").read_bytes()),
        "/debian/frog.deb": in_turn(ranged(content, stop=99), redirect("/pool/frog.deb")),
        "/pool/frog.deb": ranged(content),
    }
    fetch_archive(cfg=params(content=content, debian="frog=1:2.0-1"), archive=archive)
    assert archive.read_bytes() == content


def test_apt_leaves_nothing_of_a_mirror_that_is_gone(debian, archive, server, tmp_path):
    source_from(tmp_path, server.url("/debian"))
    with pytest.raises(FetchError, match=r"frog=1:2\.0-1: .*404"):
        fetch_archive(cfg=params(debian="frog=1:2.0-1"), archive=archive)
    assert not archive.exists()


def test_apt_says_which_version_is_not_to_be_had(debian, archive):
    cfg = params(debian="frog=1:3.0-1")
    with pytest.raises(FetchError, match=r"Version '1:3\.0-1' for 'frog' was not found"):
        fetch_archive(cfg=cfg, archive=archive)


def test_apt_delivers_a_changed_package(debian, archive):
    with pytest.raises(FetchError, match="not the pinned one"):
        fetch_archive(cfg=params(debian="frog=1:2.0-1"), archive=archive)
    assert not archive.exists()


@pytest.mark.skipif(not shutil.which("npm"), reason="needs npm")
def test_npm_delivers_from_the_registry_that_the_user_configured(
    server, archive, tmp_path, monkeypatch
):
    monkeypatch.setenv("npm_config_registry", server.url("/"))
    monkeypatch.setenv("npm_config_userconfig", os.devnull)
    monkeypatch.setenv("HOME", "/nowhere")
    packed = gzip.compress(CONTENT[:3000])
    integrity = base64.b64encode(hashlib.sha512(packed).digest()).decode()
    version = {
        "name": "frog",
        "version": "1.0.0",
        "dist": {"tarball": server.url("/frog-1.0.0.tgz"), "integrity": f"sha512-{integrity}"},
    }
    listing = {"name": "frog", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
    kind = {"Content-Type": "application/json"}
    server.routes["/frog"] = lambda r: r.answer(200, kind, json.dumps(listing).encode())
    server.routes["/frog-1.0.0.tgz"] = whole(packed)
    fetch_archive(cfg=params(content=packed, npm="frog@1.0.0"), archive=archive)
    assert archive.read_bytes() == packed
    with pytest.raises(FetchError, match=r"npm: notarget No matching version found for frog@9.9.9"):
        fetch_archive(cfg=params(npm="frog@9.9.9"), archive=archive)


def test_pip_delivers_from_the_index_that_the_user_configured(server, archive, monkeypatch):
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", server.url("/simple/"))
    wheel = "frog-1.0-py3-none-any.whl"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        # A wheel of data alone, made for another Python.
        packed.writestr(
            "frog-1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: frog\nVersion: 1.0\nRequires-Python: <3\n",
        )
        packed.writestr("frog-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        packed.writestr("frog-1.0.dist-info/RECORD", "")
    link = f'<a href="/{wheel}" data-requires-python="&lt;3">{wheel}</a>'
    page = {"Content-Type": "text/html"}
    server.routes["/simple/frog/"] = lambda r: r.answer(200, page, link.encode())
    server.routes[f"/{wheel}"] = whole(file.getvalue())
    fetch_archive(cfg=params(content=file.getvalue(), pypi="frog==1.0"), archive=archive)
    assert archive.read_bytes() == file.getvalue()
    with pytest.raises(FetchError, match=r"pip: No matching distribution found for frog==9\.9"):
        fetch_archive(cfg=params(pypi="frog==9.9"), archive=archive)


@pytest.mark.parametrize(
    ("program", "place", "says"),
    [
        ("apt-get", {"debian": "frog=1"}, "E: write (28: No space left on device)"),
        ("npm", {"npm": "frog@1"}, "npm error code ENOSPC"),
        (
            "pip",
            {"pypi": "frog==1"},
            "ERROR: Could not install: [Errno 28] No space left on device",
        ),
    ],
)
def test_a_package_manager_on_a_full_disk(program, place, says, archive, tmp_path, monkeypatch):
    stand_in = tmp_path / program
    stand_in.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(sys, "executable", str(stand_in))  # pip is our own Python's
    with pytest.raises(OSError, match="No space left") as raised:
        fetch_archive(cfg=params(**place), archive=archive)
    assert raised.value.errno == errno.ENOSPC


def test_the_cache_is_the_users_own_unless_told_otherwise(monkeypatch, tmp_path):
    assert fetch.cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("CROSSTALK_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert fetch.cache_folder() == tmp_path / "xdg" / "crosstalk"
