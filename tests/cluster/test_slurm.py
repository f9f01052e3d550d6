"""The workflow through a real SLURM, on one node: `make test-slurm`, as root, with slurm-wlm and munge.

Jobs go through sbatch; one that is cancelled is tried again, one that
is preempted comes back by itself, and neither changes a byte.
"""

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from tests.workflow.conftest import copy_repository

pytestmark = pytest.mark.slurm
HERE = Path(__file__).parent
MODEL = "results/smoke/chung2018/models/speech2vec-en-words-seed0.safetensors"
SENT = r"submitted with SLURM jobid \d+ \(log: (\S+)\)"
TURNED = "work/smoke/chung2018/spaces/en-rotated-seed0.safetensors"
PROFILE = (
    *("--workflow-profile", "profiles/slurm"),
    *("--slurm-status-command", "squeue"),  # there is no accounting database
    *("--slurm-init-seconds-before-status-checks", "2"),
)
# An update of this training takes a quarter of a second: long enough to be met at work.
LONG = ("--config", "chung2018={speech2vec: {training: {epochs: 40}}}")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A project on a machine with a SLURM."""
    missing = [name for name in ("slurmctld", "slurmd", "munged") if shutil.which(name) is None]
    assert not missing, f"not installed: {missing} (apt-get install slurm-wlm munge)"
    folder = tmp_path_factory.mktemp("slurm")
    subprocess.run([HERE / "start_slurm", folder], check=True)
    project = copy_repository(folder / "crosstalk")
    yield project.beside(CROSSTALK_DEVICE="cpu")
    subprocess.run([HERE / "stop_slurm", folder], check=True)


def training_at_work(project):
    """The number of the job that trains, some seconds after it has begun."""
    for _ in range(600):
        lines = project.run("squeue", "--noheader", "--states=RUNNING", "--format=%i %k").stdout
        found = [line.split()[0] for line in lines.splitlines() if "train_speech2vec" in line]
        if found:
            time.sleep(10)  # Python and torch have to start
            return found[0]
        time.sleep(0.5)
    raise AssertionError("no training began")


@pytest.fixture
def undisturbed(cluster):
    """The model as a run through the queue makes it, its inputs before it."""
    cluster.run("snakemake", *PROFILE, *LONG, "--", MODEL)
    return (cluster.folder / MODEL).read_bytes()


@pytest.fixture
def waiting(cluster, undisturbed):
    """The process that waits for the queue while the model is made once more."""
    (cluster.folder / MODEL).unlink()
    process = subprocess.Popen(
        ["snakemake", *PROFILE, *LONG, "--", MODEL],
        cwd=cluster.folder,
        env=cluster.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield process
    process.kill()


def test_jobs_go_through_the_queue(cluster, undisturbed):
    assert undisturbed
    said = [path.read_text() for path in (cluster.folder / ".snakemake/log").glob("*.log")]
    assert any("Submitted" in text or "submitted" in text for text in said)
    assert cluster.run("squeue", "--noheader").stdout == ""


def test_logs_of_all_jobs_are_in_one_place(cluster, undisturbed):
    """SLURM's, which are deleted if a job goes well, and ours, which stay."""
    said = "".join(p.read_text() for p in (cluster.folder / ".snakemake/log").glob("*.log"))
    places = re.findall(SENT, said)
    assert places
    assert {place.startswith(f"{cluster.folder}/logs/slurm/rule_") for place in places} == {True}
    ours = cluster.folder / "logs/smoke/chung2018/train_speech2vec-en-words-seed0.log"
    assert ours.read_text()


def test_a_job_that_fails_is_queued_again_with_more_memory(cluster, undisturbed):
    """As on one machine (test_scheduling.py); what SLURM wrote of each try is kept."""
    cluster.run("snakemake", *PROFILE, "--", TURNED)
    text = cluster.folder / "results/smoke/chung2018/models/word2vec-en-written-seed0.safetensors"
    whole = text.read_bytes()
    text.write_bytes(b"broken")
    only = ("--allowed-rules", "rotate_space", "--force", "--", TURNED)
    done = cluster.run("snakemake", *PROFILE, *only, check=False)
    text.write_bytes(whole)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert list(dict.fromkeys(re.findall(r"mem_mb=(\d+)", said))) == ["4000", "8000", "12000"]
    kept = set(re.findall(SENT, said))
    assert len(kept) == 3
    assert all(Path(place).is_file() for place in kept)


def test_a_job_asks_for_what_its_rule_states(cluster, undisturbed, waiting):
    job = training_at_work(cluster)
    fields = "NumCPUs,MinMemory,TimeLimit,tres-per-job"
    asked = cluster.run("squeue", "--noheader", f"--jobs={job}", f"--Format={fields}").stdout
    assert asked.split() == ["1", "8000M", "1-00:00:00", "gres:gpu:1"]
    assert waiting.wait(timeout=600) == 0
    assert (cluster.folder / MODEL).read_bytes() == undisturbed


def test_a_cancelled_job_is_tried_again(cluster, undisturbed, waiting):
    cluster.run("scancel", training_at_work(cluster))
    assert waiting.wait(timeout=600) == 0
    assert (cluster.folder / MODEL).read_bytes() == undisturbed


def test_a_preempted_job_comes_back(cluster, undisturbed, waiting):
    job = training_at_work(cluster)
    cluster.run("sbatch", "--partition=urgent", "--exclusive", "--wait", "--wrap", "sleep 1")
    assert waiting.wait(timeout=600) == 0
    assert (cluster.folder / MODEL).read_bytes() == undisturbed
    log = (cluster.folder.parent / "slurmctld.log").read_text()
    assert f"preempted JobId={job}" in log


def test_the_whole_workflow_goes_through_the_queue(cluster):
    cluster.run("snakemake", *PROFILE)
    said = "".join(p.read_text() for p in (cluster.folder / ".snakemake/log").glob("*.log"))
    sent = len(re.findall(r"has been submitted with SLURM jobid", said))
    records = list(cluster.folder.glob("results/smoke/*/runs/*.json"))
    assert sent > len(records) / 2  # the others are made on the login node, in seconds
    assert cluster.planned() == {}
