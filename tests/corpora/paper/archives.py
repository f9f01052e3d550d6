"""Tiny archives in the real ones' layouts."""

import io
import tarfile
import zipfile

import numpy as np
import soundfile


def tar(path, files, mode="w:gz"):
    """Write ``files`` (content by name) as a tar and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def zipped(path, files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def laid(folder, files):
    """Write ``files`` (content by name) below the folder, as a user has them, and return it."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def tone(hertz, seconds=0.5, rate=16000, kind="FLAC", subtype=None):
    """Encode a sine, by whose pitch a recording can be told from others."""
    samples = 0.4 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind, subtype=subtype)
    return file.getvalue()


def pitch(samples, rate=16000):
    """Hertz of the strongest component, to the nearest 10."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return round(float(spectrum.argmax()) * rate / len(samples), -1)


def textgrid(words, seconds, tier="words", short=False):
    """Word times as the Montreal Forced Aligner writes them; ``words``: (start, end, text)."""
    if short:
        marks = "".join(f'{start}\n{end}\n"{text}"\n' for start, end, text in words)
        return (
            f'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n{seconds}\n<exists>\n1\n'
            f'"IntervalTier"\n"{tier}"\n0\n{seconds}\n{len(words)}\n{marks}'
        ).encode()
    marks = "".join(
        f"        intervals [{n}]:\n            xmin = {start} \n            xmax = {end} \n"
        f'            text = "{text}" \n'
        for n, (start, end, text) in enumerate(words, 1)
    )
    return (
        f'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0 \nxmax = {seconds} \n'
        f"tiers? <exists> \nsize = 2 \nitem []: \n    item [1]:\n"
        f'        class = "IntervalTier" \n        name = "{tier}" \n        xmin = 0 \n'
        f"        xmax = {seconds} \n        intervals: size = {len(words)} \n{marks}"
        f'    item [2]:\n        class = "IntervalTier" \n        name = "phones" \n'
        f"        xmin = 0 \n        xmax = {seconds} \n        intervals: size = 1 \n"
        f"        intervals [1]:\n            xmin = 0 \n            xmax = {seconds} \n"
        f'            text = "a""b" \n'
    ).encode()
