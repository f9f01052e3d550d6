"""KLettres: letters and syllables, said for children who learn to read.

Each language has ``sounds.xml``, which names every recording by the letter or syllable that is
said, in its own script.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from crosstalk.corpora.recordings import Transcribed, decode_unmarked, write_recordings
from crosstalk.corpora.sound_lists import Sound, read_sound_lists
from crosstalk.params.klettres import KlettresParams
from crosstalk.stage import Input, Output

SOURCE = "klettres"
ROOT = "usr/share/klettres"

_DOMAINS = {"alpha": "letters", "syllab": "syllables"}


def prepare_klettres(
    *,
    cfg: KlettresParams,
    archives: list[Input],
    audio: Output,
    recordings: Output,
    supervisions: Output,
    rejected: Output,
) -> None:
    """Write the letters and syllables (stage).

    Letters are transcribed in upper case, as names of letters, syllables in lower case. Hebrew is
    written without vowels and eSpeak NG does not speak Low German, so no phones are known of
    either: `cfg.untranscribed` keeps them as speech alone.

    Raises
    ------
    DataError
        An archive or list is damaged, or there is no recording in one of ``cfg.languages``.

    """
    found = read_sound_lists(
        archives, root=ROOT, is_list=lambda name: name.endswith("/sounds.xml"), codes=cfg.languages
    )
    write_recordings(
        SOURCE,
        (
            transcribed(sound, code, found.recordings[sound.file], code not in cfg.untranscribed)
            for code in cfg.languages
            for sound in found.recorded(code)
        ),
        cfg.checks,
        decoder=decode_unmarked,  # the Arabic and Malayalam files mark no last page
        audio=audio,
        manifests=(recordings, supervisions),
        rejected=rejected,
    )


def transcribed(sound: Sound, code: str, data: bytes, known: bool) -> Transcribed:
    """Describe a recording; the dialects of a language (``en_GB``) are other speakers of it."""
    path = PurePosixPath(sound.file)
    domain = _DOMAINS.get(path.parent.name, path.parent.name)
    text = sound.name if domain == "letters" else sound.name.lower()
    return Transcribed(
        id=f"{SOURCE}/{path.with_suffix('')}",
        language=code.partition("_")[0],
        speaker=f"{SOURCE}-{code}",
        domain=domain,
        item=sound.name,
        text=text if known else None,
        reference=sound.name,
        data=data,
    )
