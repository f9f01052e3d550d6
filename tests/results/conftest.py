"""A browser that renders a page and says what it then holds."""

import subprocess

import pytest


@pytest.fixture
def rendered(tmp_path):
    """Render a page's file; return its HTML after its scripts."""

    def render(page):
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        flags += ["--virtual-time-budget=4000"]  # for what pages say to each other
        profile = f"--user-data-dir={tmp_path / 'user'}"
        return subprocess.run(
            ["chromium", *flags, profile, "--dump-dom", f"file://{page}"],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout

    return render
