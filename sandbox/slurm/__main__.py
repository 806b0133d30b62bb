"""Runs the SLURM sandbox: `python -m sandbox.slurm --state DIR`, until it is ended."""

import argparse
import asyncio
import contextlib
import signal
from pathlib import Path

from sandbox.slurm.town import Plan, run


async def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.slurm", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder for keys, jobs, runs and slurm.json")
    parser.add_argument("--port", type=int, default=0, help="of the SSH server; 0 chooses a free one")
    parser.add_argument("--nodes", type=int, default=2, help="nodes of four GPUs each")
    parser.add_argument("--min-job-age-s", type=float, default=300.0, help="how long squeue shows jobs that have ended")
    parser.add_argument("--kill-wait-s", type=float, default=3.0, help="from SIGTERM to SIGKILL")
    parser.add_argument("--accounting-lag-s", type=float, default=0.0, help="how long sacct does not know a new job")
    arguments = parser.parse_args()
    plan = Plan(
        state=arguments.state,
        port=arguments.port,
        node_count=arguments.nodes,
        min_job_age_s=arguments.min_job_age_s,
        kill_wait_s=arguments.kill_wait_s,
        accounting_lag_s=arguments.accounting_lag_s,
    )
    task = asyncio.create_task(run(plan))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    asyncio.run(main())
