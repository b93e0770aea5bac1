"""Compile the numerical kernels once, at set-up: `python -m clustering.structure`."""

import numpy as np

from clustering.models.kernels.compiled import compile_kernels
from clustering.structure.separation.dip import dip_of_sorted

if __name__ == "__main__":
    compile_kernels()
    dip_of_sorted(np.array([0.0, 1.0, 5.0, 6.0]))
