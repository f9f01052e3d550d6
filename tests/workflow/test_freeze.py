"""What Snakemake alone has run is recorded by DVC afterwards."""

import pytest

pytestmark = pytest.mark.pipeline


def test_frozen_results_are_up_to_date(finished):
    finished.set_parameter("tolerance_ms: 20.0", "tolerance_ms: 40.0")
    finished.snakemake()
    assert "changed" in finished.run("dvc", "status", "paper", "summary").stdout
    finished.run("workflow/scripts/freeze")
    assert "up to date" in finished.run("dvc", "status", "paper", "summary").stdout
    finished.set_parameter("tolerance_ms: 40.0", "tolerance_ms: 20.0")
    finished.snakemake()
    finished.run("workflow/scripts/freeze")
