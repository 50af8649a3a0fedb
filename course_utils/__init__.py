"""Everything that the notebooks share: data, devices, training, figures and exercises."""

from course_utils.checking import check, grade, hint
from course_utils.data import Batches, DataError, load_data
from course_utils.device import get_device, set_seed
from course_utils.training import fit

__all__ = [
    "Batches",
    "DataError",
    "check",
    "fit",
    "get_device",
    "grade",
    "hint",
    "load_data",
    "set_seed",
]
