"""Where the tensors live, and where the random numbers start."""

import random

import numpy as np
import torch


def get_device() -> torch.device:
    """The GPU if CUDA is available, else the CPU."""
    # Apple's mps is left out: the models here are small enough for a CPU.
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def set_seed(seed: int) -> torch.Generator:
    """Seed `random`, NumPy and PyTorch, on the CPU and on every GPU.

    Returns a new CPU generator with the same seed, for whatever takes a generator of its own.
    Raises ValueError for a seed outside [0, 2**32), which NumPy cannot take.
    """
    np.random.seed(seed)
    random.seed(seed)
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)
