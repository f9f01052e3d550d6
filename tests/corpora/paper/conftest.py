"""A loopback server for large archives, and a machine without folders, keys or mirrors."""

import pytest
from tests.corpora.test_fetch import Handler, Loopback, serving

from crosstalk.corpora import download


class PostHandler(Handler):
    """Also answers POST, from routes of their own."""

    def do_POST(self):  # noqa: N802
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.posted.append((self.path, self.headers["Authorization"]))
        self.server.posts[self.path](self)


@pytest.fixture
def server():
    server = Loopback()
    server.RequestHandlerClass = PostHandler
    server.posts, server.posted = {}, []
    with serving(server):
        yield server


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """Own nothing, ask nobody else, and have no patience."""
    monkeypatch.setenv("CROSSTALK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("CROSSTALK_MIRROR", "CROSSTALK_CORPORA", "MDC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(download, "BACKOFF_SECONDS", 0.01)
    return tmp_path
