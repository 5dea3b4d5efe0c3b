"""What datasets have in common that keep points, normals, colors and pictures of meshes."""

from __future__ import annotations

import numpy as np

from zoo.datasets.base import ObjectDataset


class SurfaceDataset(ObjectDataset):
    """Objects whose surfaces were drawn once and are kept by a store."""

    def _array(self, index: int, key: str) -> np.ndarray:
        """Return ``points``, ``normals``, ``colors`` or ``views`` of one object.

        Raises:
            UsageError: The mesh or what was kept of it has gone, or cannot be read any more.
        """
        raise NotImplementedError

    def points(self, index: int) -> np.ndarray:
        """Return the points of one object, float32 ``(N, 3)``."""
        return self._array(index, 'points')

    def normals(self, index: int) -> np.ndarray:
        """Return the unit normals at the points, float32 ``(N, 3)``."""
        return self._array(index, 'normals')

    def colors(self, index: int) -> np.ndarray:
        """Return the color of the surface at the points, uint8 RGB ``(N, 3)``."""
        return self._array(index, 'colors')

    def image(self, index: int, view: int) -> np.ndarray:
        """Return one picture, uint8 RGB ``(H, W, 3)``."""
        if not self.num_views:
            return super().image(index, view)
        picture: np.ndarray = self._array(index, 'views')[view]
        return picture
