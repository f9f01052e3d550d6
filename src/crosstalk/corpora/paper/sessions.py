"""Download sessions of a service that hands out data sets for a key (Mozilla Data Collective)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

import requests

from crosstalk.corpora.download import TIMEOUT_SECONDS
from crosstalk.errors import FetchError
from crosstalk.params.paper_corpora import Dataset

_REFUSALS = {
    HTTPStatus.UNAUTHORIZED: "the key in {key} was not accepted: make a new one in your account",
    HTTPStatus.FORBIDDEN: "your account may not have it: accept the terms on the data set's page",
    HTTPStatus.NOT_FOUND: "there is no such data set: take the last part of its page's address",
    HTTPStatus.TOO_MANY_REQUESTS: "too many sessions were opened: wait, then run again",
}


@dataclass(frozen=True)
class Session:
    """What the service promises; ``url`` is signed and therefore a secret."""

    url: str
    bytes: int
    checksum: str
    """As the service gives it, empty if it gives none."""

    @property
    def expected(self) -> str | None:
        """The checksum if it is MD5 or SHA-256 in hex, without the name of its kind."""
        plain = self.checksum.rpartition(":")[2].lower()
        return plain if re.fullmatch(r"[0-9a-f]{32}|[0-9a-f]{64}", plain) else None

    def __repr__(self) -> str:
        return f"Session(bytes={self.bytes}, checksum={self.checksum!r})"


def open_session(cfg: Dataset, key: str) -> Session:
    """Ask for the address of a data set.

    Raises
    ------
    FetchError
        The service refuses or cannot be reached. Neither the key nor the service's own words, which
        could repeat it, are in the message.

    """
    about = f"data set {cfg.dataset} of {cfg.service}"
    try:
        answer = requests.post(
            f"{cfg.service.rstrip('/')}/datasets/{cfg.dataset}/download",
            headers={"Authorization": f"Bearer {key}"},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,  # the key goes to no other host
        )
    except (requests.RequestException, ValueError) as error:
        # Their own messages, and a key that no header may hold, would be quoted in a traceback.
        raise FetchError(f"{about}: the request failed ({type(error).__name__})") from None
    if answer.status_code not in (HTTPStatus.OK, HTTPStatus.CREATED):
        reason = _REFUSALS.get(answer.status_code, f"the service answered {answer.status_code}")
        raise FetchError(f"{about}: {reason.format(key=cfg.key)}")
    try:
        said = answer.json()
        return Session(said["downloadUrl"], int(said["sizeBytes"]), said.get("checksum") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FetchError(f"{about}: the service's answer has another form than known") from None
