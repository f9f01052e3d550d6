"""KTuberling: the names of the things that children put on a picture, said in many languages.

Each language has ``CODE.soundtheme``, which gives the recording of every object, named in English
(``egypt_camel``). What is said in another language is written down nowhere: file names are
English too, or are spelt without accents. Only the English recordings have a transcript.
"""

from __future__ import annotations

from crosstalk.corpora.recordings import Transcribed, decode, write_recordings
from crosstalk.corpora.sound_lists import Sound, read_sound_lists
from crosstalk.params.ktuberling import KtuberlingParams
from crosstalk.stage import Input, Output

SOURCE = "ktuberling"
ROOT = "usr/share/ktuberling/sounds"


def prepare_ktuberling(
    *,
    cfg: KtuberlingParams,
    archives: list[Input],
    audio: Output,
    recordings: Output,
    supervisions: Output,
    rejected: Output,
) -> None:
    """Write the spoken names of objects (stage): English with transcripts, others as speech alone.

    Raises
    ------
    DataError
        An archive or list is damaged, or there is no recording in one of ``cfg.languages``.

    """
    found = read_sound_lists(
        archives, root=ROOT, is_list=lambda name: name.endswith(".soundtheme"), codes=cfg.languages
    )
    write_recordings(
        SOURCE,
        (
            transcribed(sound, code, found.recordings[sound.file])
            for code in cfg.languages
            for sound in found.recorded(code)
        ),
        cfg.checks,
        decoder=decode,
        audio=audio,
        manifests=(recordings, supervisions),
        rejected=rejected,
    )


def transcribed(sound: Sound, code: str, data: bytes) -> Transcribed:
    """Describe a recording; before the object's name there may be that of its picture."""
    picture, _, name = sound.name.rpartition("_")
    return Transcribed(
        id=f"{SOURCE}/{code}/{sound.name}",
        language=code,
        speaker=f"{SOURCE}-{code}",
        domain=picture or "potato",
        item=sound.name,
        text=name if code == "en" else None,
        reference=name,
        data=data,
    )
