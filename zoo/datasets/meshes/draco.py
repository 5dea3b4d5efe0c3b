"""Geometry that Draco has compressed, as glTF files hold it (``KHR_draco_mesh_compression``).

Source: the Draco bitstream specification 2.2, https://google.github.io/draco/spec.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.datasets.meshes.soup import refuse_more
from zoo.errors import UsageError

NAME = 'KHR_draco_mesh_compression'
INSTALL = 'its geometry is compressed by Draco, for which a package is needed: pip install "recon-zoo[draco]"'


def unpack_draco(content: bytes, ids: dict[str, int]) -> dict[str, NDArray[Any]]:
    """Return the faces of a mesh under ``''``, shape ``(3 F, 1)``, and attributes by name, ``(V, width)``.

    Args:
        content: Content as Draco has compressed it.
        ids: Number of every attribute in it, by name.

    Raises:
        UsageError: The package is not installed.
        ValueError: The content is damaged or announces too much.
    """
    try:
        import DracoPy
    except ImportError:
        raise UsageError(INSTALL) from None
    refuse_more(_announced(content), len(content))
    try:
        mesh = DracoPy.decode(content)
        found = {name: mesh.get_attribute_by_unique_id(number)['data'] for name, number in ids.items()}
        faces = np.asarray(mesh.faces, dtype=np.int64)
    except Exception as error:  # it has errors of its own, and not all of one kind
        raise ValueError(f'what Draco has compressed is damaged ({error})') from error
    return {'': faces.reshape(-1, 1), **{name: np.asarray(rows).reshape(len(rows), -1) for name, rows in found.items()}}


def _announced(content: bytes) -> int:
    """Return the largest number of faces or vertices that the head announces: nothing is taken up for it yet."""
    if content[:5] != b'DRACO' or len(content) < 13:
        raise ValueError('what Draco has compressed does not begin as it should')
    if content[7] != 1:
        raise ValueError('Draco holds a cloud where a mesh should be')
    place = 12 if content[8] else 11  # the one way of storing faces has a byte more than the other
    numbers = []
    for _ in range(2):
        value = shift = 0
        while True:
            if place >= len(content) or shift > 63:
                raise ValueError('what Draco has compressed is cut off')
            value |= (content[place] & 127) << shift
            shift += 7
            place += 1
            if content[place - 1] < 128:
                break
        numbers.append(value)
    return max(numbers)
