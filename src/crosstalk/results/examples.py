"""Examples to look at: nearest words (Table 4), spaces before and after mapping, boundaries."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import torch
from safetensors.numpy import load_file, save_file
from torchaudio.transforms import MelSpectrogram

from crosstalk.alignment.mapping import Mapping
from crosstalk.embeddings.spaces import Space
from crosstalk.params.present import PresentParams
from crosstalk.results.page import write_page
from crosstalk.results.style import BLUE, CYCLE, GREY, INK, ORANGE, figure, save
from crosstalk.results.tables import to_latex
from crosstalk.segmentation.boundaries import Segmentation
from crosstalk.speech.utterances import Utterances
from crosstalk.stage import Input, Output

INPUTS = 4
"""Words that Table 4 shows."""
LETTERS = 5
"""Shorter words are mostly function words, whose neighbours say little."""
SHOWN_WORDS = 300
NAMED_WORDS = 12
SECONDS = 4.0
TRUTH = "true words"


def list_neighbours(
    *,
    rows: list[str],
    words: Input,
    csv: Output,
    markdown: Output,
    latex: Output,
    html: Output,
) -> None:
    """List the nearest words of spoken words that Table 3 counts as wrong (Table 4).

    For each row: its `INPUTS` most frequent test words of `LETTERS` letters or more whose first
    token is not answered rightly.
    """
    answered = pd.read_parquet(words)
    counts = answered[answered["row"] == answered["row"].iloc[0]]["word"].value_counts()
    order = sorted(counts.index, key=lambda word: (-counts[word], word))
    shown = []
    for row in rows:
        tokens = answered[answered["row"] == row].drop_duplicates("word").set_index("word")
        wrong = [w for w in order if len(w) >= LETTERS and tokens.loc[w, "answer_1"] not in ("", w)]
        for word in wrong[:INPUTS]:
            places = {f"rank {k}": tokens.loc[word, f"answer_{k}"] for k in range(1, 6)}
            shown.append({"row": row, "spoken": word} | places)
    frame = pd.DataFrame(shown, columns=["row", "spoken", *(f"rank {k}" for k in range(1, 6))])
    frame.to_csv(csv, index=False)
    markdown.write_text(frame.to_markdown(index=False) + "\n")
    latex.write_text(to_latex(frame))
    note = (
        f"The most frequent test words of {LETTERS} letters or more whose first token is answered "
        "with another word; seed of the first run."
    )
    title = "Nearest written words of spoken words counted wrong (Table 4)"
    write_page(html, title, frame, [note])


def project_spaces(*, source: Input, target: Input, mapping: Input, projection: Output) -> None:
    """Project shared words of two spaces onto the plane that shows the target's variance best.

    ``projection`` has a row for each word, side (speech, text) and stage (before, after mapping).
    """
    here, there = Space.load(source), Space.load(target)
    fitted = Mapping.load(mapping)
    words = [word for word in here.words if word in there.index][:SHOWN_WORDS]
    raw = here.vectors[[here.index[word] for word in words]]
    text = fitted.apply_target(there.vectors[[there.index[word] for word in words]])
    _, _, axes = np.linalg.svd(text - text.mean(0), full_matrices=False)
    parts = []
    for stage, vectors in (("before", fitted.source.apply(raw)), ("after", fitted.apply(raw))):
        for side, points in (("speech", vectors), ("text", text)):
            x, y = ((points - text.mean(0)) @ axes[:2].T).T
            parts.append(
                pd.DataFrame({"word": words, "side": side, "stage": stage, "x": x, "y": y})
            )
    pd.concat(parts).to_csv(projection, index=False, float_format="%.4f")


def plot_projection(
    *, cfg: PresentParams, titles: list[str], projections: list[Input], png: Output, pdf: Output
) -> None:
    """Draw spaces before and after mapping, a row of panels each; lines join a word's two sides."""
    count = len(projections)
    with figure(7.6, 3.6 * count, count, 2, squeeze=False) as (drawn, panels):
        for row, title, path in zip(panels, titles, projections, strict=True):
            frame = pd.read_csv(path, keep_default_na=False)
            for axes, stage in zip(row, ("before", "after"), strict=True):
                drawn_now = frame[frame["stage"] == stage]
                wide = drawn_now.pivot_table(index="word", columns="side", values=["x", "y"])
                wide = wide.reindex(frame["word"].drop_duplicates())
                axes.plot(
                    wide["x"].to_numpy().T, wide["y"].to_numpy().T, color=GREY, lw=0.3, alpha=0.5
                )
                for side, colour in (("speech", ORANGE), ("text", BLUE)):
                    axes.scatter(wide["x"][side], wide["y"][side], s=5, color=colour, label=side)
                for word in wide.index[:NAMED_WORDS]:
                    place = (wide["x"]["text"][word], wide["y"]["text"][word])
                    axes.annotate(word, place, fontsize=6, color=INK)
                axes.set_title(f"{title}, {stage} mapping", loc="left", fontsize=8.5)
                axes.set_xticks([])
                axes.set_yticks([])
        panels[0][0].legend(fontsize=7.5)
        save(drawn, png, pdf, cfg.dpi)


def pick_utterance(
    *,
    shift_ms: float,
    names: list[str],
    audio: list[Input],
    supervisions: Input,
    utterances: Input,
    words: Input,
    segmentations: list[Input],
    spectrogram: Output,
    boundaries: Output,
) -> None:
    """Take one utterance out: its log-mel spectrogram, its true words and those that were found.

    The first training utterance of at least eight words and at most `SECONDS` seconds. Where there
    are several files of audio, each has the name of its recording.
    ``boundaries`` has a row for each segment: segmentation, start and end in seconds, word.
    """
    corpus = Utterances.load(utterances)
    truth = Segmentation.load(words)
    owner = corpus.utterance_of(truth.first)
    seconds = np.diff(corpus.offsets) * shift_ms / 1000
    spoken = np.bincount(owner, minlength=len(corpus))
    chosen = int(np.flatnonzero((spoken >= 8) & (seconds <= SECONDS))[0])
    recording, begin = _place(supervisions, corpus.messages[chosen])
    with soundfile.SoundFile(next((p for p in audio if p.stem == recording), audio[0])) as file:
        rate = file.samplerate
        file.seek(round(begin * rate))
        samples = file.read(round(float(seconds[chosen]) * rate), dtype="float32")
    hop = round(rate * shift_ms / 1000)
    mel = MelSpectrogram(rate, n_fft=512, win_length=400, hop_length=hop, n_mels=64)
    image = (mel(torch.from_numpy(samples)) + 1e-8).log().numpy()
    save_file({"mel": np.ascontiguousarray(image, np.float32)}, spectrogram)
    start, end = corpus.offsets[chosen : chosen + 2]
    parts = []
    for name, path in zip([TRUTH, *names], [words, *segmentations], strict=True):
        found = Segmentation.load(path)
        inside = (found.first >= start) & (found.last <= end)
        said = corpus.word[corpus.words_of("train")][inside] if name == TRUTH else []
        parts.append(
            pd.DataFrame(
                {
                    "segmentation": name,
                    "start": (found.first[inside] - start) * shift_ms / 1000,
                    "end": (found.last[inside] - start) * shift_ms / 1000,
                    "word": [corpus.vocabulary[i] for i in said] or "",
                }
            )
        )
    pd.concat(parts).to_csv(boundaries, index=False, float_format="%.3f")


def plot_boundaries(
    *,
    cfg: PresentParams,
    shift_ms: float,
    spectrogram: Input,
    boundaries: Input,
    png: Output,
    pdf: Output,
) -> None:
    """Draw the utterance of `pick_utterance` with its true words and those that were found."""
    image = load_file(spectrogram)["mel"]
    frame = pd.read_csv(boundaries, keep_default_na=False)
    names = frame["segmentation"].drop_duplicates().tolist()
    with figure(8.6, 1.9 + 0.34 * len(names), 2, 1, sharex=True, height_ratios=[3, len(names)]) as (
        drawn,
        (above, below),
    ):
        extent = (0, image.shape[1] * shift_ms / 1000, 0, len(image))
        above.imshow(image, origin="lower", aspect="auto", extent=extent, cmap="magma")
        above.set_yticks([])
        above.set_ylabel("mel bands")
        above.grid(visible=False)
        for place, name in enumerate(names):
            found = frame[frame["segmentation"] == name]
            length = found["end"] - found["start"]
            box = {"height": 0.7, "color": CYCLE[place % len(CYCLE)], "edgecolor": "white"}
            below.barh([-place] * len(found), length, left=found["start"], alpha=0.8, **box)
            for at, width, word in zip(found["start"], length, found["word"], strict=True):
                style = {"ha": "center", "va": "center", "fontsize": 6, "color": "white"}
                below.text(at + width / 2, -place, word, **style)
        below.set_yticks([-k for k in range(len(names))], names)
        below.set_xlabel("seconds")
        below.grid(axis="y", visible=False)
        save(drawn, png, pdf, cfg.dpi)


def _place(supervisions: Path, identity: str) -> tuple[str, float]:
    """Recording in which an utterance is, and the second at which it begins there."""
    with gzip.open(supervisions, "rt", encoding="utf-8") as lines:
        said = next(s for s in map(json.loads, lines) if s["id"] == identity)
    return said["recording_id"], said["start"]
