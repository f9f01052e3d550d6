"""Hand-linked verses for the smoke scale: each verse beside a copy in an invented language.

The invented language writes every word backwards and changes places of every two neighbours, so the
true links are known. It stands in for Greek in the layout of the real archive alone: what an
aligner scores on it says nothing about languages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from crosstalk.corpora.testament import ENGLISH, GREEK, LINKS
from crosstalk.text.tokens import tokenize

VERSES = 200


def gold_files(verses: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the three files of the archive, as ``(path, content)``."""
    greek, english, records = ["id\ttext"], ["id\tsource_verse\ttext\texclude"], []
    for number, verse in enumerate(verses[:VERSES], start=1):
        words = tokenize(verse, "en")
        order = [place ^ 1 if place ^ 1 < len(words) else place for place in range(len(words))]
        for place, word in enumerate(words):
            here, there = f"{number:08}{place + 1:03}", f"n{number:08}{order[place] + 1:03}"
            english.append(f"{here}\t{number:08}\t{word}\t")
            greek.append(f"n{number:08}{place + 1:03}\t{words[order[place]][::-1]}")
            records.append({"source": [there], "target": [here]})
        english.append(f"{number:08}{len(words) + 1:03}\t{number:08}\t.\ty")
    yield GREEK, _lines(greek)
    yield ENGLISH, _lines(english)
    yield LINKS, json.dumps({"records": records}).encode()


def _lines(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
