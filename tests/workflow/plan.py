"""Print which rules Snakemake would run for each of several configurations (one process, no run).

    plan.py planned|compared BASE CHANGES

``planned`` asks Snakemake, a second a configuration. ``compared`` reads the rules anew for each, but
keeps the jobs of the first, all up to date, while every job has the inputs it had: then those whose
parameters or command differ run, and all that follows from them. Where an input differs, it asks.

What is the same for all (the parameter file, rule files as Python, which sources a stage runs) is
worked out once, and nothing is printed job by job.
"""

import copy
import gc
import json
import re
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import snakemake.api  # before the workflow, which needs it
import snakemake.workflow
from snakemake.exceptions import RuleException, WorkflowError
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


@contextmanager
def configured(config):
    with snakemake.api.SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        yield api.workflow(
            resource_settings=ResourceSettings(cores=2, resources={"gpu": 1}),
            config_settings=ConfigSettings(config=config),
            storage_settings=StorageSettings(),
            workflow_settings=WorkflowSettings(),
            snakefile=Path("Snakefile"),
        )


def graph_of(config):
    with configured(config) as workflow:
        dag = workflow.dag(dag_settings=DAGSettings(max_checksum_file_size=8 << 30))
        dag.execute_workflow(executor="dryrun")
        return workflow._workflow.dag


def planned(config):
    jobs = graph_of(config).needrun_jobs(exclude_finished=False)
    return {job.rule.name for job in jobs} - {"all"}


def compared(dag, olds, config):
    """As `planned`, given the graph of a configuration of which nothing would run, and its jobs."""
    with configured(config) as api:
        workflow = api._workflow
        try:
            news = {job: instance(workflow.get_rule(job.rule.name), job) for job in olds}
        except (RuleException, WorkflowError):  # such a job is no longer there
            return planned(config)
    if any(olds[job]["input"] != new["input"] for job, new in news.items()):
        return planned(config)
    hit = {job for job, new in news.items() if olds[job] != new}
    front = set(hit)
    while front := {after for job in front for after in dag.depending[job]} - hit:
        hit |= front
    return {job.rule.name for job in hit} - {"all"}


def instance(rule, job):
    """What a job would be, were it one of this rule."""
    inputs = rule.expand_input(job.wildcards_dict)[0]
    outputs = rule.expand_output(job.wildcards_dict)[0]
    _, params = rule.expand_params(job.wildcards_dict, inputs, outputs, job)
    return {
        "input": [*map(str, inputs)],
        "output": [*map(str, outputs)],
        "params": sorted(map(repr, params)),  # Snakemake compares values, not their names
        "command": rule.shellcmd,
    }


def main(how, base, changes):
    read = cache(crosstalk.yamlfile.read_yaml)
    crosstalk.yamlfile.read_yaml = lambda path: copy.deepcopy(read(path))
    crosstalk.sources.module_files = cache(crosstalk.sources.module_files)
    snakemake.workflow.parse = parse_once
    snakemake.workflow.compile = cache(compile)
    JobScheduler.schedule = lambda scheduler: True
    re._MAXCACHE = 1 << 16  # Snakemake compiles thousands of patterns, always the same
    gc.set_threshold(100_000)
    dag = graph_of(base)
    assert not list(dag.needrun_jobs(exclude_finished=False))
    if how == "compared":
        olds = {job: instance(job.rule, job) for job in dag.jobs}  # now: rules share their globals
        return {name: sorted(compared(dag, olds, config)) for name, config in changes.items()}
    return {name: sorted(planned(config)) for name, config in changes.items()}


if __name__ == "__main__":
    how, base, changes = sys.argv[1:]
    print(json.dumps(main(how, json.loads(base), json.loads(changes))))
