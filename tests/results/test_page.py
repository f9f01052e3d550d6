"""Pages around a table: what they show, and that a click on a column sorts by it."""

import re
import shutil

import pandas as pd
import pytest

from crosstalk.results.page import write_page

FRAME = pd.DataFrame(
    {
        "row": ["a2", "a10", "b", "<i>", "c"],
        "ours": ["9.5 [9, 10]", "1,000 (3)", "–", "-2.0", "10.5"],
        "verdict": ["good news", "not", "not", "not", "not"],
    }
)


def test_cells_are_text_and_some_are_marked(tmp_path):
    write_page(tmp_path / "page.html", "A & B", FRAME, ["1 < 2"], {"good news": "good"})
    text = (tmp_path / "page.html").read_text()
    for part in ("A &amp; B", "1 &lt; 2", "&lt;i&gt;", "<td class=good>good news</td>"):
        assert part in text
    assert text.count("<td class=") == 1


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
@pytest.mark.parametrize(
    ("clicks", "order"),
    [
        ([], ["a2", "a10", "b", "&lt;i&gt;", "c"]),
        ([1], ["&lt;i&gt;", "a2", "c", "a10", "b"]),
        ([1, 1], ["a10", "c", "a2", "&lt;i&gt;", "b"]),  # what is no number stays last
        ([1, 0], ["&lt;i&gt;", "a2", "a10", "b", "c"]),
    ],
)
def test_a_click_sorts(tmp_path, rendered, clicks, order):
    page = tmp_path / "page.html"
    write_page(page, "Sorted", FRAME)
    click = "".join(f'document.querySelectorAll("th")[{place}].click();' for place in clicks)
    page.write_text(page.read_text() + f"<script>{click}</script>")
    assert re.findall(r"<tr>\s*<td>(.*?)</td>", rendered(page)) == order
