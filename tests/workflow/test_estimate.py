"""The page on the scale `paper` is what the workflow would cost now."""

import subprocess


def test_the_page_is_current():
    asked = subprocess.run(
        ["workflow/scripts/estimate", "--check"], capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
