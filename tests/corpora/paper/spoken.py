"""Small copies of the papers' corpora with words to learn: a synthesiser reads real sentences."""

import csv
import io
import json
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import soundfile
import soxr
from tests.corpora.paper.archives import textgrid

from crosstalk.corpora.smoke import VOICES
from crosstalk.speech.synthesis import SAMPLE_RATE, Interval
from crosstalk.text.tokens import tokenize

SPEAKERS = ("f1", "m1", "f3", "m3")
"""Voices of eSpeak NG; a sentence's place in its list says whose turn it is."""


def sentences(folder, language, parts=("article", "interface")):
    """Sentences of the smoke scale's texts, as UDHR and programs have them in each language."""
    with (folder / "workflow/smoke/udhr.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["part"] in parts]
    return [row[language] for row in rows]


def verses(folder):
    """English, more of it: the verses of one gospel."""
    lines = (folder / "workflow/smoke/mark.txt").read_text("utf-8").splitlines()
    return [line.partition(" ")[2] for line in lines]


@dataclass(frozen=True)
class Said:
    """A sentence and how one of the speakers says it."""

    text: str
    speaker: str
    samples: np.ndarray
    words: list[Interval]

    def encoded(self, kind, subtype=None, rate=16000):
        samples = soxr.resample(self.samples.astype(np.float32) / 2**15, SAMPLE_RATE, rate)
        file = io.BytesIO()
        soundfile.write(file, samples, rate, format=kind, subtype=subtype)
        return file.getvalue()

    def grid(self):
        """Word times as an aligner writes them."""
        marks = [(word.start, word.end, word.symbol) for word in self.words]
        return textgrid(marks, len(self.samples) / SAMPLE_RATE)


def read_aloud(synthesiser, texts, language, accent=None):
    """Let the speakers read the texts in turn; those without a word are left out."""
    said = []
    voice = accent or VOICES.get(language, language)
    for number, text in enumerate(texts):
        if words := tokenize(text, language):
            speaker = SPEAKERS[number % len(SPEAKERS)]
            spoken = synthesiser.speak(words, voice=f"{voice}+{speaker}")
            said.append(Said(text, speaker, spoken.samples, spoken.words))
    return said


# Read speech


def librispeech(subset, said):
    files, spoken = {}, {}
    for number, one in enumerate(said):
        speaker = 10 + SPEAKERS.index(one.speaker)
        chapter = f"LibriSpeech/{subset}/{speaker}/7"
        name = f"{speaker}-7-{number:04d}"
        spoken.setdefault(f"{chapter}/{speaker}-7.trans.txt", []).append(
            f"{name} {' '.join(tokenize(one.text, 'en')).upper()}\n"
        )
        files[f"{chapter}/{name}.flac"] = one.encoded("FLAC")
    return files | {name: "".join(lines).encode() for name, lines in spoken.items()}


def librispeech_alignments(subset, said):
    return {
        f"LibriSpeech/{subset}/{n}.TextGrid": one.grid()
        for n, one in (
            (f"{10 + SPEAKERS.index(one.speaker)}-7-{number:04d}", one)
            for number, one in enumerate(said)
        )
    }


def mls(language, splits):
    """What is said by split, and the word times of all of it by name."""
    folder = f"mls_{language}_opus"
    sexes = "".join(f" {n} | {'FM'[n % 2]} \n" for n in range(10, 10 + len(SPEAKERS)))
    files = {f"{folder}/metainfo.txt": f" SPEAKER | GENDER \n{sexes}".encode()}
    grids = {}
    for book, (split, said) in enumerate(splits.items()):
        lines = []
        for number, one in enumerate(said):
            speaker = 10 + SPEAKERS.index(one.speaker)
            name = f"{speaker}_{book}_{number:06d}"
            lines.append(f"{name}\t{' '.join(tokenize(one.text, 'fr'))}\n")
            files[f"{folder}/{split}/audio/{speaker}/{book}/{name}.opus"] = one.encoded(
                "OGG", "OPUS"
            )
            grids[f"{speaker}/{name}.TextGrid"] = one.grid()
        files[f"{folder}/{split}/transcripts.txt"] = "".join(lines).encode()
    return files, grids


def spoken_wikipedia(language, said, readers):
    """An article a reader, who has one of the voices."""
    files = {}
    for turn, reader in enumerate(readers):
        mine = said[turn :: len(readers)]
        body, audio, start = [], [], 0.0
        for one in mine:
            body.append(f"<s>{''.join(_token(word, start) for word in one.words)}</s>")
            audio.append(one.samples)
            start += len(one.samples) / SAMPLE_RATE
        article = f"{language}/By_{reader}"
        whole = Said("", reader, np.concatenate(audio), [])
        files |= {
            f"{article}/aligned.swc": f"<article><d>{''.join(body)}</d></article>".encode(),
            f"{article}/info.json": json.dumps({"audio_files": [{"offset": 0.0}]}).encode(),
            f"{article}/audiometa.txt": f"|user_name = {reader}\n".encode(),
            f"{article}/audio.ogg": whole.encoded("OGG", "VORBIS"),
        }
    return files


def _token(word, start):
    times = [round(1000 * (start + time)) for time in (word.start, word.end)]
    form = f'<n pronunciation={quoteattr(word.symbol)} start="{times[0]}" end="{times[1]}"/>'
    return f"<t>{escape(word.symbol)}{form}</t>"


# Common Voice, and BABEL


def common_voice(said):
    """One locale; every fifth clip is in the list of development clips."""
    columns = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccent\n"
    rows = [f"{one.speaker}\tclip{n}.mp3\t{one.text}\t2\t0\t\t\t\n" for n, one in enumerate(said)]
    files = {f"clips/clip{n}.mp3": one.encoded("MP3", rate=32000) for n, one in enumerate(said)}
    return files | {
        "validated.tsv": (columns + "".join(rows)).encode(),
        "dev.tsv": (columns + "".join(rows[::5])).encode(),
    }


def riviere_splits(locales):
    """Lists of clips: every third is test, every third training, and letters stand for phones."""
    files = {}
    for language, said in locales.items():
        letters = sorted(
            {letter for one in said for letter in "".join(tokenize(one.text, language))}
        )
        phones = [
            f"clip{n} {' '.join(str(letters.index(x)) for x in ''.join(tokenize(one.text, language)))}"
            for n, one in enumerate(said)
        ]
        clips = [f"clip{n}" for n in range(len(said))]
        for name, lines in (
            ("trainSeqs_1.0_uniform_new_version", clips[1::3]),
            ("trainSeqs_5.0_uniform_new_version", clips[1::3]),
            ("testSeqs_uniform_new_version", clips[2::3]),
            ("validated_phones_reduced", phones),
        ):
            files[f"common_voices_splits/{language}/{name}.txt"] = "".join(
                f"{line}\n" for line in lines
            ).encode()
    return files


def babel(said):
    """A pack; every fourth call is of the development folder."""
    files = {}
    for n, one in enumerate(said):
        split = "training" if n % 4 else "dev"
        name = f"BABEL_OP1_105_{10000 + n}_20120101_000000_inLine"
        folder = f"IARPA_BABEL_OP1_105/conversational/{split}"
        end = len(one.samples) / SAMPLE_RATE
        files[f"{folder}/audio/{name}.sph"] = one.encoded("NIST", "ULAW", rate=8000)
        files[f"{folder}/transcription/{name}.txt"] = f"[0.0]\n{one.text}\n[{end:.3f}]\n".encode()
    return files


# Captions


def captions(stem, said, items):
    """Captions of pictures; which is of which split, the pictures' own list says."""
    data = [
        {
            "image": item,
            "captions": [
                {"wav": f"wavs/{n}.wav", "uttid": f"u{n}", "speaker": one.speaker, "text": one.text}
            ],
        }
        for n, (one, item) in enumerate(zip(said, items, strict=True))
    ]
    files = {f"wavs/{n}.wav": one.encoded("WAV") for n, one in enumerate(said)}
    return files | {f"{stem}_train.json": json.dumps({"data": data}).encode()}
