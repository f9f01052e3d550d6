"""What Snakemake alone has run is recorded by DVC afterwards."""

import pytest

pytestmark = pytest.mark.pipeline


def test_frozen_results_are_up_to_date(scratch):
    scratch.set_parameter("tolerance_ms: 20.0", "tolerance_ms: 40.0")
    scratch.snakemake()
    assert "changed" in scratch.run("dvc", "status", "paper", "summary").stdout
    scratch.run("workflow/scripts/freeze")
    assert "up to date" in scratch.run("dvc", "status", "paper", "summary").stdout
