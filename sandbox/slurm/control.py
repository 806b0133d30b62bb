"""The control port, plain HTTP on loopback: what there is, and what shall go wrong."""

import signal
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.slurm import processes
from sandbox.slurm.controller import Controller
from sandbox.slurm.login import Login
from sandbox.slurm.model import Job, Node
from sandbox.wirelog import since_of


class Control:
    """Handlers of the control port."""

    def __init__(self, controller: Controller, login: Login) -> None:
        self._controller = controller
        self._login = login

    def application(self) -> web.Application:
        """Return the routes: GET /state, GET /wire, POST /fault."""
        application = web.Application()
        application.add_routes(
            [web.get("/state", self.state), web.get("/wire", self.wire), web.post("/fault", self.fault)]
        )
        return application

    async def state(self, _request: web.Request) -> web.Response:
        """Tell what there is."""
        faults = self._controller.faults
        return web.json_response(
            {
                "jobs": [_shown_job(job) for job in self._controller.jobs.values()],
                "nodes": [_shown_node(node) for node in self._controller.nodes.values()],
                "connections": len(self._login.connections),
                "controller_down": faults.is_controller_down,
                "logins_refused": faults.are_logins_refused,
                "line_cut": faults.is_line_cut,
            }
        )

    async def wire(self, request: web.Request) -> web.Response:
        """Tell what has crossed the SSH lines."""
        return web.json_response({"entries": self._login.log.since(since_of(request.query))})

    async def fault(self, request: web.Request) -> web.Response:
        """Break something, or mend it."""
        try:
            wish = await request.json()
            match wish:
                case {"kind": "port", "closed": bool(is_closed)}:
                    await self._login.close_port(is_closed=is_closed)
                case _:
                    self._order(wish)
        except (ValueError, KeyError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"ordered": True})

    def _order(self, wish: dict[str, Any]) -> None:
        """Do what is wished, one of FAULTS."""
        faults = self._controller.faults
        match wish:
            case {"kind": "controller", "down": bool(is_down), **rest}:
                faults.is_controller_down = is_down
                faults.outage_block_s = float(rest.get("block_s", 9.0))
            case {"kind": "accounting", "down": bool(is_down), **rest}:
                faults.is_accounting_down = is_down
                faults.is_accounting_kept = bool(rest.get("kept", True))
            case {"kind": "logins", "refused": bool(are_refused)}:
                faults.are_logins_refused = are_refused
            case {"kind": "cut", **rest}:
                faults.is_line_cut = bool(rest.get("lasting", False))
                self._login.cut()
            case {"kind": "slow sbatch", "seconds": float() | int() as seconds}:
                faults.sbatch_delay_s = float(seconds)
            case {"kind": "node", "node": str(name), **change}:
                self._node(self._controller.nodes[name], change)
            case {"kind": "job", "job": str(which), "how": str(how)}:
                self._job(self._find(which), how)
            case _:
                raise ValueError(f"no such fault; there are: {'; '.join(FAULTS)}")

    def _node(self, node: Node, change: Mapping[str, Any]) -> None:
        match change:
            case {"down": True}:
                self._controller.lose(node, "made to fail")
            case {"down": False}:
                node.is_down, node.reason = False, ""
                self._controller.schedule()
            case {"cpus": int(cpus), "gpus": int(gpus)}:
                node.cpus, node.gpus = cpus, gpus
            case _:
                raise ValueError(f"no such change of a node: {change}")

    def _job(self, job: Job, how: str) -> None:
        match how:
            case "kill":
                processes.send(job, signal.SIGKILL)
            case "out of memory":
                self._controller.exhaust(job)
            case "time out":
                job.ends_at = 0.0
            case "preempt":
                self._controller.preempt(job)
            case "requeue":
                self._controller.requeue(job)
            case _:
                raise ValueError(
                    f"no such end of a job: {how}; there are kill, out of memory, time out, preempt, requeue"
                )

    def _find(self, which: str) -> Job:
        for job in reversed(self._controller.jobs.values()):
            if (job.is_called(which) or which == job.request.name) and job.state == "RUNNING":
                return job
        raise ValueError(f"no running job {which}")


def _shown_job(job: Job) -> dict[str, object]:
    request = job.request
    return {
        "job": job.label,
        "name": request.name,
        "state": job.shown_state,
        "reason": job.reason,
        "partition": request.partition,
        "nodes": list(job.nodes),
        "cpus": request.cpus,
        "gpus": request.gpus,
        "memory_mib": request.memory_mib,
        "submitted_at": job.submitted_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "exit": f"{job.exit_code}:{job.exit_signal}",
    }


def _shown_node(node: Node) -> dict[str, object]:
    return {
        "node": node.name,
        "state": node.state,
        "reason": node.reason,
        "cpus": node.cpus,
        "used_cpus": node.used_cpus,
        "gpus": node.gpus,
        "used_gpus": len(node.used_gpus),
        "memory_mib": node.memory_mib,
        "used_memory_mib": node.used_memory_mib,
    }


FAULTS = (
    '{"kind": "controller", "down": true|false, "block_s": seconds}',
    '{"kind": "accounting", "down": true|false, "kept": true|false}: out of order, or none at all',
    '{"kind": "logins", "refused": true|false}',
    '{"kind": "cut", "lasting": true|false}: all SSH connections, and if lasting every new one',
    '{"kind": "port", "closed": true|false}: nobody listens for SSH',
    '{"kind": "slow sbatch", "seconds": seconds}: the job exists, the answer is late',
    '{"kind": "node", "node": name, "down": true|false}',
    '{"kind": "node", "node": name, "cpus": number, "gpus": number}: as if some had been taken out',
    '{"kind": "job", "job": id or name, "how": "kill"|"out of memory"|"time out"|"preempt"|"requeue"}',
)
