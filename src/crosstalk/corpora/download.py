"""One file over HTTP, continued where an earlier attempt was cut off."""

from __future__ import annotations

import re
import time
from http import HTTPStatus
from pathlib import Path

import requests
import urllib3
from requests.adapters import HTTPAdapter
from tqdm import tqdm

from crosstalk.errors import FetchError
from crosstalk.progress import bar

CHUNK_BYTES = 1 << 18
TIMEOUT_SECONDS = (15.0, 60.0)  # to connect; between two chunks
RETRIES = 3
BACKOFF_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60
TRANSIENT_STATUS = (408, 425, 429, 500, 502, 503, 504)

_ELSEWHERE = (HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)

_URL = re.compile(r"([a-z][a-z0-9+.-]*://)(?:[^\s/]*@)?([^\s?#]*)(?:[?#]\S*)?", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """Strip ``user:password@``, queries and fragments from every URL in ``text``."""
    return _URL.sub(r"\1\2", text)


def download(url: str, file: Path, *, label: str, size: int) -> None:
    """Write what ``url`` delivers to ``file``, after the bytes that ``file`` already holds.

    A server that cannot continue, or has another file by now, makes the download start over. A
    connection that breaks after it brought bytes is taken up again; one that brings none is tried
    a few times with growing pauses. ``size`` in bytes is what the progress bar expects until the
    server says better.

    Raises FetchError with the reason, free of secrets. ``file`` keeps what arrived in any case.
    """
    with _session() as session, bar(label=label, total=size, unit="B", scale=True) as shown:
        fruitless = 0
        while True:
            before = _size(file)
            try:
                _continue(session, url, file, shown)
            except _OtherFileError:
                file.unlink()
            except (urllib3.exceptions.HTTPError, requests.RequestException) as error:
                fruitless = 0 if _size(file) > before else fruitless + 1
                if isinstance(error, requests.RequestException) or fruitless > RETRIES:
                    # Its traceback would quote the URL with whatever secrets are in it.
                    raise FetchError(_reason(error, _size(file))) from None
                time.sleep(BACKOFF_SECONDS * 2**fruitless)
            else:
                return


class _OtherFileError(Exception):
    """The server has no bytes to follow those that we hold."""


def _session() -> requests.Session:
    """Build a session that retries until a response begins; what breaks later is continued."""
    retry = urllib3.Retry(
        total=RETRIES,
        status_forcelist=TRANSIENT_STATUS,
        backoff_factor=BACKOFF_SECONDS,
        raise_on_status=False,
        retry_after_max=LONGEST_WAIT_SECONDS,
    )
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=retry))
    session.mount("http://", HTTPAdapter(max_retries=retry))
    return session


def _continue(session: requests.Session, url: str, file: Path, shown: tqdm) -> None:
    start = _size(file)
    # An archive must arrive as it is stored, not compressed once more for the journey.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with session.get(url, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as response:
        if start and not _continues(response, start):
            if response.status_code in _ELSEWHERE:
                raise _OtherFileError
            start = 0
        if response.status_code != (HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK):
            raise FetchError(f"the server answered {response.status_code} {response.reason}")
        length = response.headers.get("Content-Length", "")
        shown.reset(total=start + int(length) if length.isdigit() else None)
        shown.update(start)
        with file.open("ab" if start else "wb") as out:
            for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
                out.write(chunk)
                shown.update(len(chunk))


def _continues(response: requests.Response, start: int) -> bool:
    content_range = response.headers.get("Content-Range", "")
    return response.status_code == HTTPStatus.PARTIAL_CONTENT and content_range.startswith(
        f"bytes {start}-"
    )


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _reason(error: Exception, arrived: int) -> str:
    """Say what went wrong in our own words: the libraries' messages quote the whole URL."""
    match error:
        case requests.exceptions.SSLError():
            return "the server's certificate was not accepted"
        case requests.exceptions.ProxyError():
            return "the proxy did not answer"
        case requests.exceptions.Timeout():
            return "the server did not answer in time"
        case requests.exceptions.TooManyRedirects():
            return "the server redirects without end"
        case requests.exceptions.ConnectionError():
            return "no connection to the server"
        case urllib3.exceptions.HTTPError():
            return f"the connection broke off after {arrived} bytes (kept, to be continued)"
        case _:
            return f"the request failed ({type(error).__name__})"
