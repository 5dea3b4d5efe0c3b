"""Geometry on point clouds: sampling, nearest neighbors, grouping, Chamfer distance.

Rules that hold for every function here:

* Arithmetic is float32, or float64 where an input is float64; float16 and bfloat16 are raised to float32, and the
  result stays there, under ``torch.autocast`` too.
* A squared distance is ``(dx*dx + dy*dy) + dz*dz``, each step rounded, in every backend; ties go to the lowest index.
  So the backends of :mod:`zoo.ops.backend` return the same indices, bit for bit.
* Wrong shapes and NaN or infinite coordinates raise ``ValueError``; for the latter it names the cloud, and on a GPU it
  comes at the next :func:`raise_pending`. Memory layout does not matter, and an empty batch gives an empty result.
* Nothing waits for a GPU.
* Searching (indices) has no gradient; what is looked up through the indices has one.
"""

from __future__ import annotations

from zoo.ops.ball import ball_query
from zoo.ops.chamfer import chamfer_distance
from zoo.ops.feature_neighbors import feature_knn
from zoo.ops.grouping import gather_points, gather_rows, group
from zoo.ops.neighbors import knn
from zoo.ops.ordering import ORDERS, in_order, require_order, shape_order
from zoo.ops.precision import full_precision
from zoo.ops.sampling import farthest_point_sample
from zoo.ops.validate import raise_pending

__all__ = [
    'ORDERS',
    'ball_query',
    'chamfer_distance',
    'farthest_point_sample',
    'feature_knn',
    'full_precision',
    'gather_points',
    'gather_rows',
    'group',
    'in_order',
    'knn',
    'raise_pending',
    'require_order',
    'shape_order',
]
