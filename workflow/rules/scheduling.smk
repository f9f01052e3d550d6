"""How often Snakemake asks itself which jobs to start. No rules."""

import threading

from snakemake.scheduling.job_scheduler import JobScheduler


def reevaluate_once(scheduler, delay):
    """One timer at a time.

    Snakemake 9 starts a timer that starts a timer after each finished job, so that in the end it
    looks through all inputs of all ready jobs hundreds of times a second, which keeps a core busy
    (snakemake/snakemake#3744). A finished job wakes it anyway.
    """
    timer = getattr(scheduler, "reevaluation", None)
    if timer is None or not timer.is_alive():
        scheduler.reevaluation = threading.Timer(delay, scheduler._open_jobs.release)
        scheduler.reevaluation.daemon = True
        scheduler.reevaluation.start()


JobScheduler._schedule_reevalutation = reevaluate_once
