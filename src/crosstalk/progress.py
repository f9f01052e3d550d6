"""Progress with an estimate of the time left: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from tqdm import tqdm

LOG_INTERVAL_SECONDS = 10.0


def progress[T](
    items: Iterable[T], *, label: str, total: float | None = None, unit: str = "it"
) -> Iterator[T]:
    """Yield ``items`` unchanged while showing how far along they are."""
    with bar(label=label, total=total if total is not None else _length(items), unit=unit) as shown:
        for item in items:
            yield item
            shown.update(1)


def bar(*, label: str, total: float | None, unit: str = "it", scale: bool = False) -> tqdm:
    """A bar to update by hand. In a log file it writes one line every ten seconds at most."""
    terminal = sys.stderr.isatty()
    return tqdm(
        total=total,
        desc=label,
        unit=unit,
        unit_scale=scale,
        unit_divisor=1024 if unit == "B" else 1000,
        mininterval=0.1 if terminal else LOG_INTERVAL_SECONDS,
        maxinterval=10.0 if terminal else 10 * LOG_INTERVAL_SECONDS,
        ascii=not terminal,
        ncols=None if terminal else 90,
        file=sys.stderr if terminal else _LineStream(),
        leave=True,
    )


def _length(items: Iterable[object]) -> int | None:
    try:
        return len(items)  # type: ignore[arg-type]
    except TypeError:
        return None


class _LineStream:
    """Turns a bar's carriage returns into lines, so that logs stay readable."""

    def write(self, text: str) -> None:
        text = text.replace("\r", "").strip()
        if text:
            print(text, file=sys.stderr, flush=True)

    def flush(self) -> None:
        sys.stderr.flush()
