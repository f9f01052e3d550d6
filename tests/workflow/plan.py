"""Print which rules Snakemake would run for each of several configurations (one process, no run).

What is the same for all of them (the parameter file, rule files as Python, which sources a stage runs)
is worked out once, and nothing is printed job by job: a second a configuration instead of three.
"""

import copy
import json
import sys
from functools import cache
from pathlib import Path

import snakemake.api  # before the workflow, which needs it
import snakemake.workflow
from snakemake.scheduling.job_scheduler import JobScheduler
from snakemake.settings.enums import Quietness
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    ResourceSettings,
    StorageSettings,
    WorkflowSettings,
)

import crosstalk.sources
import crosstalk.yamlfile

parse = snakemake.workflow.parse
parsed = {}


def parse_once(path, workflow, linemap, rulecount=0):
    key = (path.get_path_or_uri(secret_free=True), rulecount)
    if key not in parsed:
        lines = {}
        parsed[key] = (*parse(path, workflow, lines, rulecount=rulecount), lines)
    code, count, lines = parsed[key]
    linemap |= lines
    return code, count


def planned(config):
    with snakemake.api.SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=2, resources={"gpu": 1}),
            config_settings=ConfigSettings(config=config),
            storage_settings=StorageSettings(),
            workflow_settings=WorkflowSettings(),
            snakefile=Path("Snakefile"),
        )
        dag = workflow.dag(dag_settings=DAGSettings(max_checksum_file_size=8 << 30))
        dag.execute_workflow(executor="dryrun")
        jobs = workflow._workflow.dag.needrun_jobs(exclude_finished=False)
        return sorted({job.rule.name for job in jobs} - {"all"})


if __name__ == "__main__":
    read = cache(crosstalk.yamlfile.read_yaml)
    crosstalk.yamlfile.read_yaml = lambda path: copy.deepcopy(read(path))
    crosstalk.sources.module_files = cache(crosstalk.sources.module_files)
    snakemake.workflow.parse = parse_once
    JobScheduler.schedule = lambda scheduler: True
    configurations = json.loads(sys.argv[1])
    print(json.dumps({name: planned(config) for name, config in configurations.items()}))
