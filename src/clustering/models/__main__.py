"""Compile the numerical kernels once, at set-up: `python -m clustering.models`."""

from clustering.models.lloyd import compile_kernels

if __name__ == "__main__":
    compile_kernels()
