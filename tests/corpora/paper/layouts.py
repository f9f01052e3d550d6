"""A tiny copy of every corpus of the papers: content by file name, in its makers' layout."""

import gzip
import json

from tests.corpora.paper.archives import textgrid, tone

# LibriSpeech

SPOKEN = [(0, 0.1, ""), (0.1, 0.3, "a"), (0.3, 0.5, "frog")]


def librispeech(subset="dev-clean"):
    chapter = f"LibriSpeech/{subset}/84/121123/84-121123"
    return {
        "LibriSpeech/README.TXT": b"",
        f"{chapter}.trans.txt": b"84-121123-0000 A FROG\n84-121123-0001 TWO FROGS\n",
        f"{chapter}-0000.flac": tone(300),
        f"{chapter}-0001.flac": tone(400, 0.7),
    }


def librispeech_alignments(*subsets):
    """Times of the first utterance alone: the aligner gave up on the second."""
    place = "LibriSpeech/{}/84/121123/84-121123-0000.TextGrid"
    return {place.format(subset): textgrid(SPOKEN, 0.5) for subset in subsets}


# Multilingual LibriSpeech


def mls(language="french"):
    folder = f"mls_{language}_opus"
    files = {f"{folder}/metainfo.txt": b" SPEAKER | GENDER \n 10 | F \n 11 | M \n"}
    for split, speaker, hertz in (("train", 10, 300), ("dev", 11, 400), ("test", 11, 500)):
        name = f"{speaker}_20_00000{hertz}"
        files[f"{folder}/{split}/transcripts.txt"] = f"{name}\tune grenouille\n".encode()
        files[f"{folder}/{split}/audio/{speaker}/20/{name}.opus"] = tone(
            hertz, kind="OGG", subtype="OPUS"
        )
    return files


def mls_alignments():
    """Times of the training utterance alone."""
    spoken = [(0.1, 0.2, "une"), (0.2, 0.5, "grenouille")]
    return {"10/10_20_00000300.TextGrid": textgrid(spoken, 0.5)}


# Spoken Wikipedia

ALIGNED = """<article><meta><prop key="DC.title" value="Frog"/></meta><d>
<sectiontitle><t>Frösche<n pronunciation="Frösche" start="1000" end="2000"/></t></sectiontitle>
<p><s><t>Im<n pronunciation="im" start="3000" end="3500"/></t>
<t>Jahr<n pronunciation="Jahr" start="3500" end="4000"/></t><t>,</t>
<t>12<n pronunciation="zwölf" start="4000" end="4400"/><n pronunciation="Uhr" start="4400" end="4500"/></t>
<t>lost<n pronunciation="verloren"/></t>
<t>so<n pronunciation="so" start="5000" end="5100"/></t></s></p></d></article>"""


def spoken_wikipedia(language="german", aligned=ALIGNED, offsets=(0.0, 2.9)):
    return {
        f"{language}/Frog/aligned.swc": aligned.encode(),
        f"{language}/Frog/info.json": json.dumps(
            {"audio_files": [{"offset": offset} for offset in offsets]}
        ).encode(),
        f"{language}/Frog/audiometa.txt": b"|user_name = Anna\n",
        f"{language}/Frog/audio1.ogg": tone(300, 2.9, kind="OGG", subtype="VORBIS"),
        f"{language}/Frog/audio2.ogg": tone(500, 2.9, kind="OGG", subtype="VORBIS"),
        f"{language}/Toad/wiki.txt": b"not aligned",
    }


# Common Voice, and the lists of Riviere et al.

CLIPS = {"a": 300, "b": 400, "c": 500, "d": 600}
COLUMNS = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccent\n"


def clip_rows(*names, extension=".mp3"):
    return COLUMNS + "".join(f'anna\t{n}{extension}\tDijo "rana\t2\t0\t\t\t\n' for n in names)


def common_voice(extension=".mp3"):
    """One locale, without the folder that is named after it."""
    files = {f"clips/{n}.mp3": tone(h, rate=32000, kind="MP3") for n, h in CLIPS.items()}
    files["validated.tsv"] = clip_rows(*CLIPS, extension=extension).encode()
    return files | {"dev.tsv": clip_rows("c", "a", extension=extension).encode()}


def riviere_splits(*languages):
    texts = {
        "trainSeqs_1.0_uniform_new_version": b"a\n",
        "trainSeqs_5.0_uniform_new_version": b"a\n",
        "testSeqs_uniform_new_version": b"b\n",
        "validated_phones_reduced": b"a 3 11 4\nb 1 5\nc 2 2\nd 4 4\n",
    }
    return {
        f"common_voices_splits/{language}/{name}.txt": text
        for language in languages
        for name, text in texts.items()
    }


# Babel


def babel(transcript, hertz=None):
    """A pack, whose two recordings say the same."""
    files = {}
    for split, pitch in (hertz or {"training": 300, "dev": 500}).items():
        name = f"BABEL_OP1_105_10{pitch}_20120101_000000_inLine"
        folder = f"IARPA_BABEL_OP1_105/conversational/{split}"
        files[f"{folder}/audio/{name}.sph"] = tone(pitch, 3.0, 8000, "NIST", "ULAW")
        files[f"{folder}/transcription/{name}.txt"] = transcript.encode()
    return files


# VoxPopuli


def voxpopuli(language="en"):
    columns = "session_id|id_|original_text|normed_text|speaker_id|split|gender|start_time|end_time"
    session = "20100101-0900-PLENARY"
    lines = [
        f"{session}|{n}|A frog.|a frog|7|{split}|f|{start}|{start + 0.5}"
        for n, (split, start) in enumerate([("train", 0.2), ("dev", 0.9), ("test", 1.4), ("", 0.0)])
    ]
    return {
        f"raw_audios/{language}/2010/{session}_{language}.ogg": tone(
            300, 2.0, kind="OGG", subtype="VORBIS"
        ),
        f"asr_{language}.tsv.gz": gzip.compress("\n".join([columns, *lines, ""]).encode()),
    }


# Spoken captions


def caption(n, **more):
    return {"wav": f"wavs/{n}.wav", "uttid": f"u{n}", "speaker": "s1"} | more


def _captioned(top, below, lists):
    files = {f"{top}/{below.format(k)}": json.dumps({"data": v}).encode() for k, v in lists.items()}
    return files | {f"{top}/wavs/{n}.wav": tone(100 * n + 200, kind="WAV") for n in (1, 2, 3)}


def spoken_coco():
    """Two captions of one picture, and one of another; each a hundred hertz above the last."""
    said = [caption(n, text="A frog") for n in (1, 2, 3)]
    lists = {
        "train": [{"image": "train2014/1.jpg", "captions": said[:2]}],
        "val": [{"image": "val2014/2.jpg", "captions": said[2:]}],
    }
    return _captioned("SpokenCOCO", "SpokenCOCO_{}.json", lists)


def places_audio():
    """The same captions; the last is in the list twice."""
    lists = {
        "train_2020": [caption(n, asr_text="A frog", image="train2014/1.jpg") for n in (1, 2)],
        "dev_seen_2020": [caption(3, asr_text="A frog", image="val2014/2.jpg")] * 2,
    }
    return _captioned("placesaudio", "metadata/{}.json", lists)


def ml_coco():
    """Captions of one's own, in a folder."""
    entry = {"image": "train2014/1.jpg", "captions": [caption(1, text="Une grenouille")]}
    return {
        "wavs/1.wav": tone(300, kind="WAV"),
        "mine_train.json": json.dumps({"data": [entry]}).encode(),
    }


# Text

GERMAN = "Wiederaufnahme der Sitzungsperiode\n\nIch bitte\u2028Sie. \nNur deutsch\n"
ENGLISH = "Resumption of the session\nEnglish only\nI ask you.\n\n"


def bitext(pair="de-en", corpus="europarl-v7"):
    """Europarl's layout and that of OPUS, whose names differ in the corpus alone."""
    return {
        f"{corpus}.{pair}.{side}": (ENGLISH if side == "en" else GERMAN).encode()
        for side in pair.split("-")
    }


XNLI = (
    "language\tgold_label\tsentence1_binary_parse\tsentence1\tsentence2\tpromptID\tpairID\n"
    'fr\tneutral\t\tIl dit "maman\tIl parle\t1\t1\n'
    "en\tneutral\t\tHe said mama\tHe spoke\t1\t1\n"
    "en\tentailment\t\tYes.\t\t1\t2\n"
)
TRANSLATED = "premise\thypo\tlabel\nSur quoi ?\tRien\tcontradictory\nBon\tBien\tentailment\n"
MULTINLI = [
    {"gold_label": "neutral", "sentence1": "A b.", "sentence2": "C.", "pairID": "31193n"},
    {"gold_label": "-", "sentence1": "No", "sentence2": "label", "pairID": "2"},
]


def xnli():
    return {
        "XNLI-1.0/xnli.dev.tsv": XNLI.encode(),
        "__MACOSX/XNLI-1.0/xnli.dev.tsv": b"rubbish",
        "XNLI-1.0/xnli.test.tsv": f"{XNLI.splitlines()[0]}\n".encode(),
    }


def xnli_mt():
    place = "XNLI-MT-1.0/multinli/multinli.train.{}.tsv"
    return {place.format(language): TRANSLATED.encode() for language in ("fr", "el")}


def multinli():
    lines = "\n".join(json.dumps(row) for row in MULTINLI) + "\n"
    names = ("train", "dev_matched", "dev_mismatched")
    return {f"multinli_1.0/multinli_1.0_{name}.jsonl": lines.encode() for name in names}


def muse(*pairs):
    return {f"dictionaries/{pair}.txt": f"{pair[:2]} {pair[3:]}\n".encode() for pair in pairs}
