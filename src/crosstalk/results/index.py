"""The page that a reader opens first: verdicts, every table and figure, and how each was made.

It stands in the results' folder and names figures and other pages by where they lie from there, so
the folder can be opened from a disk or a repository, without a server.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

import pandas as pd

from crosstalk.results.claims import MARKS, NOT_TESTABLE, OURS, VERDICTS, count_verdicts
from crosstalk.results.claims import readable as readable_claims
from crosstalk.results.costs import readable as readable_costs
from crosstalk.results.page import paragraphs, table, write_document
from crosstalk.results.reference import Reference, read_reference
from crosstalk.results.tables import notes_of, readable, title_of
from crosstalk.stage import Input, Output

STYLE = """
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.2rem; margin-top: 3rem; }
nav { position: sticky; top: 0; background: #fffffff2; padding: .6rem 0; z-index: 1;
      border-bottom: 1px solid #dfe4ea; display: flex; flex-wrap: wrap; gap: 0 1.1rem; }
#claims ~ .wide td:first-child { min-width: 17rem; }
a { color: #2a6fb0; text-decoration: none; }
[id] { scroll-margin-top: 4rem; }
.bar { display: flex; margin: .3rem 0; max-width: 44rem; } .bar b { flex: 0 0 9.5rem; }
.bar small { padding-left: .6rem; color: #566271; white-space: nowrap; }
.bar span { color: #fff; font-size: .8rem; text-align: center; min-width: 1.2rem; }
span.good { background: #17703f; } span.fair { background: #2a6fb0; }
span.bad { background: #b3382c; } span.open { background: #8a94a0; }
details { margin: .7rem 0; } summary { cursor: pointer; }
figure { margin: 1.2rem 0; } figure img { max-width: 100%; height: auto; }
figcaption, code { color: #566271; font-size: .85rem; } code { overflow-wrap: anywhere; }
"""


def write_index(
    *,
    scale: str,
    levels: list[float],
    references: list[Input],
    claims: Input,
    costs: Input,
    tables: list[Input],
    figures: list[Input],
    captions: list[Input],
    steps: list[Input],
    html: Output,
) -> None:
    """Write the start page of a scale's results.

    ``captions`` run parallel to ``figures``: the first paragraph of each belongs to the figure;
    ``levels``, the coverage of intervals, and ``steps``, pictures (SVG), to ``references``.
    """
    root = claims.parent
    papers = {path.stem: read_reference(path) for path in references}
    verdicts = pd.read_csv(claims)
    parts = [_head(scale, papers, pd.read_csv(costs)), _claims(verdicts)]
    told = dict(zip(figures, map(_first_paragraph, captions), strict=True))
    for (name, paper), level, picture in zip(papers.items(), levels, steps, strict=True):
        own = [path for path in tables if _paper(path, root) == name]
        drawn = {path: text for path, text in told.items() if _paper(path, root) == name}
        parts.append(_paper_section(name, paper, level, own, drawn, root))
        parts.append(_steps(picture))
    shared = {path: text for path, text in told.items() if _paper(path, root) not in papers}
    parts.append(_sources(shared, pd.read_csv(costs), root))
    write_document(html, f"crosstalk, scale {scale}", "".join(parts), STYLE)


def _head(scale: str, papers: dict[str, Reference], costs: pd.DataFrame) -> str:
    links = "".join(f"<a href=#{name}>{name}</a>" for name in ["claims", *papers, "sources"])
    return (
        "<h1>crosstalk</h1>"
        "<p>Four papers on representations shared across languages and modalities, reproduced. "
        f"Scale {scale}: {costs['jobs'].sum():,} jobs, {costs['cpu_hours'].sum():.1f} CPU hours, "
        f"{costs['gpu_hours'].sum():.1f} GPU hours. Tables sort by a click on a column.</p>"
        f"<nav>{links}</nav>"
    )


def _claims(verdicts: pd.DataFrame) -> str:
    bars = "".join(
        f"<div class=bar><b>{escape(paper)}</b>"
        + "".join(
            f"<span class={MARKS[verdict]} style='flex:{n}' title='{verdict}'>{n}</span>"
            for verdict, n in counts[VERDICTS].items()
            if n
        )
        + f"<small>ours: {counts[OURS]}</small></div>"
        for paper, counts in count_verdicts(verdicts).iterrows()
    )
    key = " ".join(f"<span class={kind}>&ensp;</span>&nbsp;{name}" for name, kind in MARKS.items())
    key += f" &ensp; ours: claims {OURS}"
    told = readable_claims(verdicts)
    shown = told[["statement", "paper_value"]].set_axis(["claim", "the paper"], axis=1)
    shown["here"] = told["ours"].where(verdicts["verdict"] != NOT_TESTABLE, told["reason"])
    shown["verdict"] = told["verdict"]
    shown["origin"] = told["origin"]
    shown["table"] = told["paper"] + "/" + told["table"]
    text = table(shown, MARKS)
    for name in set(shown["table"]):
        text = text.replace(f"<td>{name}</td>", f"<td><a href=#{name}>{name}</a></td>")
    rules = (
        "Reproduced: the whole interval lies beyond the threshold, and each seed does. Same "
        "direction: the value does, and half of the seeds at least; its interval or a seed does "
        "not. Not reproduced: else. Not testable: what the claim presumes does not hold, or a row "
        "that it compares is not measured. A difference in points, or a ratio, is of the rows that "
        "the claim compares; its interval is that of the paired comparison where both answer the "
        "same questions, else made from the ends of theirs. Claims of ours, about controls that a "
        "paper lacks, are judged alike and counted apart.",
    )
    more = "<p><a href=claims.html>with thresholds, seeds and reasons</a></p>"
    return f"<h2 id=claims>Claims</h2>{bars}<p>{key}</p>{text}{paragraphs(rules)}{more}"


def _paper_section(
    name: str,
    paper: Reference,
    level: float,
    tables: list[Path],
    figures: dict[Path, str],
    root: Path,
) -> str:
    about = f"{paper.paper.authors}. {paper.paper.source}."
    parts = [f"<h2 id={name}>{escape(paper.paper.title)}</h2>{paragraphs([about])}"]
    rest = dict(figures)
    for path in tables:
        parts.append(_table(path, paper, level, root))
        drawn = path.parents[1] / "figures" / f"{path.stem}.png"
        if drawn in rest:
            parts.append(_figure(drawn, rest.pop(drawn), root))
    return "".join([*parts, *(_figure(path, text, root) for path, text in rest.items())])


def _table(path: Path, paper: Reference, level: float, root: Path) -> str:
    layout = paper.tables.get(path.stem)
    if layout is None:
        title, notes = path.stem.replace("_", " ").capitalize(), []
        frame = pd.read_csv(path, keep_default_na=False)
    else:
        title, notes = title_of(layout), notes_of(layout, level)
        cells = pd.read_csv(path).astype({"n": "Int64", "seeds": "Int64"})
        frame = readable(layout, cells.astype({"note": "string"}).fillna({"note": ""}))
    return (
        f"<details id={_paper(path, root)}/{path.stem}><summary>{escape(title)}</summary>"
        f"{table(frame)}{paragraphs(notes)}{_again(path)}</details>"
    )


def _figure(path: Path, caption: str, root: Path) -> str:
    return (
        f"<figure><img loading=lazy src={path.relative_to(root).as_posix()} alt='{path.stem}'>"
        f"<figcaption>{escape(caption)}<br>{_again(path)}</figcaption></figure>"
    )


def _steps(picture: Path) -> str:
    told = (
        "A step with all its jobs stands below those that it needs, darker where more time goes; "
        "grey ones serve other papers too.",
    )
    return (
        "<details><summary>How these results come about</summary>"
        f"<div class=wide>{picture.read_text()}</div>{paragraphs(told)}</details>"
    )


def _again(path: Path) -> str:
    scale = path.parts[1]
    return f"<code>snakemake --cores all --config scale={scale} --force -- {path.as_posix()}</code>"


def _sources(figures: dict[Path, str], costs: pd.DataFrame, root: Path) -> str:
    spent = readable_costs(costs)
    totals = spent[spent["step"] == "all steps"].drop(columns="step")
    drawn = "".join(_figure(path, text, root) for path, text in figures.items())
    return (
        "<h2 id=sources>What it rests on, and what it cost</h2>"
        f"{drawn}{table(totals)}"
        "<p><a href=tables/corpora.html>every corpus</a> · <a href=parameters.html>every "
        "parameter</a> · <a href=provenance.html>every job: code, inputs, outputs, machine</a> · "
        "<a href=costs.html>every step's cost</a></p>"
    )


def _first_paragraph(path: Path) -> str:
    return " ".join(path.read_text().split("\n\n")[0].split())


def _paper(path: Path, root: Path) -> str:
    """The paper that a table or figure belongs to; not one for what all papers share."""
    return path.relative_to(root).parts[0]
