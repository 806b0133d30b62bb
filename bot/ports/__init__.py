"""What Slipway needs from the outside, in its own words. Adapters fill these; services and effects know nothing else.

Every method may raise `Upstream`; those of Cluster, Registry and Endpoints are safe to call twice with equal arguments.
"""

from bot.core.store import CardRow, Due, Reader, Schedule, Store, Writer
from bot.ports.chat import Chat, Gone
from bot.ports.cluster import (
    Cluster,
    FolderHash,
    Forecast,
    Job,
    JobStatus,
    Node,
    Observation,
    Offers,
    Order,
    Queued,
    Result,
    Share,
    Task,
)
from bot.ports.models import (
    Collected,
    Deployment,
    DeploymentStatus,
    EndpointPlan,
    Endpoints,
    Outcome,
    Probe,
    RegisteredModel,
    Registry,
    TrackedRun,
    TrainedModel,
)
from bot.ports.pictures import Charts, Comparison, Meter, Series
from bot.things.monitor.readings import Drift
from bot.things.run.readings import Use

__all__ = [
    "CardRow",
    "Charts",
    "Chat",
    "Cluster",
    "Collected",
    "Comparison",
    "Deployment",
    "DeploymentStatus",
    "Drift",
    "Due",
    "EndpointPlan",
    "Endpoints",
    "FolderHash",
    "Forecast",
    "Gone",
    "Job",
    "JobStatus",
    "Meter",
    "Node",
    "Observation",
    "Offers",
    "Order",
    "Outcome",
    "Probe",
    "Queued",
    "Reader",
    "RegisteredModel",
    "Registry",
    "Result",
    "Schedule",
    "Series",
    "Share",
    "Store",
    "Task",
    "TrackedRun",
    "TrainedModel",
    "Use",
    "Writer",
]
