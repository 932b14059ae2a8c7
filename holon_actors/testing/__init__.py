"""Testing of concurrent programs: is there an order of calls that explains what clients saw?"""

from holon_actors.testing import models
from holon_actors.testing.errors import InvalidHistory, UnknownCall
from holon_actors.testing.linearizability import Model, Operation, Verdict, check_linearizable

__all__ = [
    "InvalidHistory",
    "Model",
    "Operation",
    "UnknownCall",
    "Verdict",
    "check_linearizable",
    "models",
]
