"""Compile the numerical kernels once, at set-up: `python -m clustering.models`."""

from clustering.models.compiled import compile_kernels

if __name__ == "__main__":
    compile_kernels()
