"""The page to open first, and the pages beside it, fit a phone and a desk."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from crosstalk.results.claims import MARKS, readable
from crosstalk.results.index import write_index
from crosstalk.results.page import write_page
from crosstalk.results.steps import draw_steps
from crosstalk.results.verify import find_records

MINI = Path("results/mini")
PAPERS = ["chung2018", "conneau2020", "cao2020", "cruzblandon2025"]


def draw(folder):
    """The pictures of mini's steps, one a paper."""
    svgs = [folder / f"{paper}.svg" for paper in PAPERS]
    draw_steps(papers=PAPERS, records=find_records("mini"), svgs=svgs)
    return svgs


def write_pages(folder):
    """Write the start page, the claims' page and one of a table from mini's results."""
    figures = sorted(MINI.glob("**/figures/*.png"))
    write_index(
        scale="mini",
        levels=[0.95] * len(PAPERS),
        references=[Path(f"workflow/reference/{paper}.yaml") for paper in PAPERS],
        claims=MINI / "claims.csv",
        costs=MINI / "costs.csv",
        tables=sorted(MINI.glob("*/tables/*.csv")),
        figures=figures,
        captions=[Path("workflow/report/figure.rst")] * len(figures),
        steps=draw(folder),
        html=folder / "index.html",
    )
    claims = pd.read_csv(MINI / "claims.csv")
    write_page(folder / "claims.html", "Claims", readable(claims), marks=MARKS)
    table = pd.read_csv(MINI / "chung2018/tables/table_5_readings.csv")
    write_page(folder / "table.html", "A wide table", table, ["A note. " * 30])


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_no_page_is_wider_than_its_window(tmp_path, rendered):
    """In frames, since a window of Chromium is never as narrow as a phone."""
    write_pages(tmp_path)
    pages, frames = sorted(tmp_path.glob("*.html")), []
    for page in pages:
        say = f"'{page.stem} '+innerWidth+' '+document.documentElement.scrollWidth+';'"
        text = page.read_text()
        page.write_text(f"{text}<script>parent.postMessage({say}, '*')</script>")
        frames += [
            f"<iframe src={page.name} style='width:{w}px;border:0'></iframe>" for w in (390, 1280)
        ]
    outer = tmp_path / "outer"
    outer.with_suffix(".html").write_text(
        "<script>onmessage = e => document.body.append(e.data)</script>" + "".join(frames)
    )
    found = re.findall(r"(\w+) (\d+) (\d+);", rendered(outer.with_suffix(".html")))
    assert sorted(found) == sorted((p.stem, w, w) for p in pages for w in ("390", "1280"))
