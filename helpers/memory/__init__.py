"""Memory of a training step, by part: predicted from a model's shape, measured, and planned for.

`predict` has the formulas, `measure` reads the allocations of a real step, `plan` answers what fits on which GPU.
"""

from helpers.memory.footprint import PARTS, Footprint, error
from helpers.memory.generation import predict_generation
from helpers.memory.measure import measure, standing
from helpers.memory.plan import GPUS, Fit, largest_batch, plan, zero
from helpers.memory.predict import METHODS, OPTIMIZERS, kv_cache, predict
from helpers.memory.shape import Shape

__all__ = [
    "GPUS",
    "METHODS",
    "OPTIMIZERS",
    "PARTS",
    "Fit",
    "Footprint",
    "Shape",
    "error",
    "kv_cache",
    "largest_batch",
    "measure",
    "plan",
    "predict",
    "predict_generation",
    "standing",
    "zero",
]
