"""Arrays of a model file, read only after their names, types and sizes were found to be right.

A NumPy archive is a zip file: it can claim any size, and a small file can expand to fill the
memory. What the arrays must be follows from the rest of the scorer, so nothing is allocated by
what the file says of itself.
"""

import io
import math
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from clustering.arrays import Floats
from clustering.errors import BadInputError, breaches_message

Shape = tuple[int, ...]

#: More than NumPy and zip write around one array.
_AROUND = 2048
_LONGEST_HEADER = 1024


def pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """An uncompressed archive of float64 arrays."""
    content = io.BytesIO()
    stored = {name: np.ascontiguousarray(array, dtype="<f8") for name, array in arrays.items()}
    np.savez(content, allow_pickle=False, **stored)
    return content.getvalue()


def unpack(content: bytes, shapes: Mapping[str, Shape]) -> dict[str, Floats]:
    """The arrays of `pack`, if they are those of `shapes`.

    Raises
    ------
    BadInputError
        An array is absent or unexpected, of another type or shape, compressed, or not finite;
        with all of them. Nothing larger than `shapes` is ever allocated.

    Examples
    --------
    >>> unpack(pack({"centres": np.zeros((2, 1))}), {"centres": (2, 1)})["centres"].tolist()
    [[0.0], [0.0]]
    """
    most = sum(8 * math.prod(shape) + _AROUND for shape in shapes.values())
    if len(content) > most:
        raise BadInputError(
            f"the arrays take {len(content):,} bytes, {most:,} at most were expected."
        )
    arrays: dict[str, Floats] = {}
    breaches: list[str] = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            breaches += _name_breaches(archive, shapes)
            for name, shape in () if breaches else shapes.items():
                found = _array(archive, name, shape)
                if isinstance(found, str):
                    breaches.append(f"array '{name}' {found}.")
                else:
                    arrays[name] = found
    # zipfile raises RuntimeError for a password and NotImplementedError for a later format.
    except (zipfile.BadZipFile, EOFError, RuntimeError, ValueError, OSError) as error:
        raise BadInputError(f"the arrays cannot be read: {error}.") from None
    if breaches:
        raise BadInputError(breaches_message("these are not the arrays of this model", breaches))
    return arrays


def _name_breaches(archive: zipfile.ZipFile, shapes: Mapping[str, Shape]) -> list[str]:
    wanted = sorted(f"{name}.npy" for name in shapes)
    found = sorted(member.filename for member in archive.infolist())
    if found == wanted:
        return []
    return [f"expected {', '.join(wanted)}; found {', '.join(found) or 'nothing'}."]


def _array(archive: zipfile.ZipFile, name: str, shape: Shape) -> Floats | str:
    """One array, or what is wrong with it."""
    member = archive.getinfo(f"{name}.npy")
    size = 8 * math.prod(shape)
    if member.compress_type != zipfile.ZIP_STORED:
        return "is compressed; arrays of a scorer are not"
    if member.file_size > size + _LONGEST_HEADER:
        return f"takes {member.file_size:,} bytes; expected shape {shape}"
    stream = io.BytesIO(archive.read(member))
    if stream.read(8) != npy.magic(1, 0):
        return "is not of version 1.0 of NumPy's format"
    # Compared as text: NumPy would run a parser of Python over whatever stands there.
    header = stream.read(int.from_bytes(stream.read(2), "little")).strip()
    if header != _header(shape):
        return f"is {header.decode('ascii', 'replace')!r}; expected {_header(shape).decode()!r}"
    values = stream.read()
    if len(values) != size:
        return f"has {len(values):,} bytes of values; expected {size:,}"
    array = np.frombuffer(values, dtype="<f8").reshape(shape).astype(np.float64)
    return array if np.isfinite(array).all() else "holds values that are not finite"


def _header(shape: Shape) -> bytes:
    """What NumPy writes before an array of float64 in C order."""
    stream = io.BytesIO()
    npy.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return stream.getvalue()[10:].strip()
