"""What Snakemake alone has run is recorded by DVC afterwards."""

import pytest

pytestmark = pytest.mark.pipeline


def test_frozen_results_are_up_to_date(scratch):
    (scratch.folder / "dvc.lock").unlink()  # as if DVC had never heard of the run
    assert "changed" in scratch.run("dvc", "status", "paper", "summary").stdout
    scratch.run("workflow/scripts/freeze")
    assert "up to date" in scratch.run("dvc", "status", "paper", "summary").stdout
