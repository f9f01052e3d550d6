"""The report: one page that opens without a server and shows tables, figures and claims."""

import shutil
import subprocess

import pytest

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium"),
]

# A fresh profile and no background traffic; the page needs no network.
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--virtual-time-budget=8000",
]  # fmt: skip


def dump(page, profile, *flags):
    command = [
        "chromium",
        *FLAGS,
        f"--user-data-dir={profile}",
        *flags,
        "--dump-dom",
        f"file://{page}",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def test_the_report_opens_in_a_browser_and_names_everything(finished, tmp_path):
    page = finished.folder / "results/smoke/report.html"
    finished.snakemake("--report", page)
    shown = dump(page, tmp_path / "profile")
    for category in ("chung2018", "corpora", "claims", "provenance"):
        assert category in shown, f"the report does not list {category}"
    assert "crosstalk reproduces four papers" in shown


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("chung2018/tables/table_3.html", "adversarial map + refinement"),
        ("tables/corpora.html", "tuxpaint"),
        ("claims.html", "not testable at this scale"),
        ("parameters.html", "chung2018.speech2vec.training.epochs"),
        ("provenance.html", "train-speech2vec"),
        ("costs.html", "GPU memory (GB)"),
    ],
)
def test_each_page_renders_by_itself(finished, tmp_path, name, says):
    assert says in dump(finished.folder / "results/smoke" / name, tmp_path / "profile")
