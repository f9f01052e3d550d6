"""Spoken Wikipedia Corpora 2.0, one language a job.

A folder an article: ``aligned.swc`` (XML: ``s`` sentences of ``t`` tokens of ``n`` spoken forms,
with times in milliseconds where the aligner found them), ``audio.ogg`` or ``audio1.ogg`` and more,
``info.json`` (where each of them starts, in seconds), ``audiometa.txt`` (who reads).
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lhotse.supervision import AlignmentItem

from crosstalk.corpora.paper.speech import Utterance, write_speech
from crosstalk.corpora.paper.unpacking import unpacked
from crosstalk.corpora.splits import fold_of, split_of
from crosstalk.errors import DataError
from crosstalk.params.paper_corpora import Part
from crosstalk.params.splits import SplitParams
from crosstalk.progress import progress
from crosstalk.stage import Input, Output
from crosstalk.text.tokens import tokenize

MIN_SECONDS = 1.0
"""Shorter stretches are words between two that the aligner lost."""

_READER = re.compile(r"^\W*(?:user_name|reader)\s*=\s*(?P<name>\S.*?)\s*$", re.MULTILINE)


class Word(NamedTuple):
    """A spoken form with its times in seconds from the start of the article."""

    text: str
    start: float
    end: float


def prepare_spoken_wikipedia(
    *,
    cfg: Part,
    part: str,
    archives: list[Input],
    splits: SplitParams,
    audio: list[Output],
    recordings: Output,
    supervisions: Output,
    rejected: Output,
) -> None:
    """Write all stretches of words with times in the house's form (stage).

    The corpus has no official split, so readers are drawn for training, development and test by
    their names, in the shares of ``splits``: no speaker is on two sides.

    Raises
    ------
    DataError
        No article has words with times, or an article's files are damaged.

    """
    with unpacked(archives, audio[0]) as folder:
        write_speech(
            f"swc-{part}",
            _utterances(folder, cfg.language, splits),
            audio=audio,
            recordings=recordings,
            supervisions=supervisions,
            rejected=rejected,
        )


def read_stretches(name: str, data: bytes) -> Iterator[list[Word]]:
    """Yield the longest stretches within a sentence or title whose words all have times.

    Punctuation has no spoken form and interrupts nothing.

    Raises
    ------
    DataError
        The file is not XML, or a time is no number.

    """
    try:
        for sentence in _sentences(ET.fromstring(data)):  # noqa: S314, our own pinned archive
            stretch: list[Word] = []
            for form in sentence.iterfind("./t/n"):
                if "start" in form.attrib and "end" in form.attrib:
                    times = (int(form.attrib[key]) / 1000 for key in ("start", "end"))
                    stretch.append(Word(form.attrib["pronunciation"], *times))
                elif stretch:
                    yield stretch
                    stretch = []
            if stretch:
                yield stretch
    except (ET.ParseError, ValueError, KeyError) as error:
        raise DataError(f"{name} is not an alignment ({error!r}): fetch its archive again") from (
            error
        )


def reader_of(metadata: str, article: str) -> str:
    """Who reads an article; an unnamed reader is taken for another one in each article."""
    match = _READER.search(metadata)
    return match["name"].casefold() if match else article


def _sentences(root: ET.Element) -> Iterator[ET.Element]:
    return (element for element in root.iter() if element.tag in ("s", "sectiontitle"))


def _utterances(folder: Path, language: str, splits: SplitParams) -> Iterator[Utterance]:
    alignments = sorted(folder.rglob("aligned.swc"))
    for alignment in progress(alignments, label="articles", unit="article"):
        article = alignment.parent
        files = _audio_files(article)
        metadata = article / "audiometa.txt"
        text = metadata.read_text("utf-8", errors="replace") if metadata.is_file() else ""
        reader = reader_of(text, article.name)
        for words in read_stretches(f"{article.name}/aligned.swc", alignment.read_bytes()):
            start, end = words[0].start, words[-1].end
            file = _file_at(files, start, end)
            if file is None or end - start < MIN_SECONDS:
                continue
            path, offset = file
            yield Utterance(
                id=f"swc-{language}/{article.name}/{round(1000 * start):08d}",
                language=language,
                speaker=f"swc-{reader}",
                split=split_of(fold_of(reader), splits),
                text=" ".join(word.text for word in words),
                path=path,
                start=start - offset,
                seconds=end - start,
                item=f"{article.name}/{round(1000 * start):08d}",
                words=[
                    AlignmentItem(symbols[0], round(word.start - start, 7), word.end - word.start)
                    for word in words
                    if len(symbols := tokenize(word.text, language)) == 1
                ],
            )


def _audio_files(article: Path) -> list[tuple[Path, float]]:
    """Audio files with the second at which each starts, in order; none if that is not known."""
    try:
        said = json.loads((article / "info.json").read_text("utf-8"))["audio_files"]
        names = ["audio.ogg"] if len(said) == 1 else [f"audio{n + 1}.ogg" for n in range(len(said))]
        starts = [float(entry["offset"]) for entry in said]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [(article / name, start) for name, start in zip(names, starts, strict=True)]


def _file_at(
    files: Sequence[tuple[Path, float]], start: float, end: float
) -> tuple[Path, float] | None:
    """Return the file that holds a stretch, None if it lies in two or in none."""
    for number, (path, offset) in enumerate(files):
        last = number + 1 == len(files)
        if start >= offset and (last or end <= files[number + 1][1]):
            return path, offset
    return None
