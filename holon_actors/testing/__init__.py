"""Testing of concurrent programs and whole clusters: simulation under a seed, exploration of many
seeds, and a check of what clients saw.

Strategies and a state machine for Hypothesis are in `strategies` and `stateful`.
"""

from holon_actors.testing import models
from holon_actors.testing._choices.tape import Tape
from holon_actors.testing.conditions import always, eventually
from holon_actors.testing.delays import Constant, Delay, Exponential, Uniform
from holon_actors.testing.disk import SimDisk
from holon_actors.testing.errors import (
    AskCycle,
    ExpectationFailed,
    InvalidHistory,
    InvariantBroken,
    LivenessFailed,
    NotDeterministic,
    NotInTime,
    RealWorldRefused,
    SimulationDeadlock,
    SimulationNotRunning,
    StepLimitReached,
    TapeMalformed,
    TapeMismatch,
    TimeLimitReached,
    UnhandledErrors,
    UnknownCall,
    UnknownNode,
)
from holon_actors.testing.explore import Exploration, explore, lively
from holon_actors.testing.failure import Run, SimulationFailure
from holon_actors.testing.faults import FaultPlan, Swarm
from holon_actors.testing.linearizability import Model, Operation, Verdict, check_linearizable
from holon_actors.testing.network import SimNetwork
from holon_actors.testing.probes import Probe
from holon_actors.testing.profiles import DiskProfile, LinkProfile, LinkStatistics
from holon_actors.testing.simulated import simulated
from holon_actors.testing.simulation import Simulation
from holon_actors.testing.trace import Event, Trace

__all__ = [
    "AskCycle",
    "Constant",
    "Delay",
    "DiskProfile",
    "Event",
    "ExpectationFailed",
    "Exploration",
    "Exponential",
    "FaultPlan",
    "InvalidHistory",
    "InvariantBroken",
    "LinkProfile",
    "LinkStatistics",
    "LivenessFailed",
    "Model",
    "NotDeterministic",
    "NotInTime",
    "Operation",
    "Probe",
    "RealWorldRefused",
    "Run",
    "SimDisk",
    "SimNetwork",
    "Simulation",
    "SimulationDeadlock",
    "SimulationFailure",
    "SimulationNotRunning",
    "StepLimitReached",
    "Swarm",
    "Tape",
    "TapeMalformed",
    "TapeMismatch",
    "TimeLimitReached",
    "Trace",
    "UnhandledErrors",
    "Uniform",
    "UnknownCall",
    "UnknownNode",
    "Verdict",
    "always",
    "check_linearizable",
    "eventually",
    "explore",
    "lively",
    "models",
    "simulated",
]
