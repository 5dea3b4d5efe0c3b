"""Students: interchangeable modules from points to global queries and patch tokens."""

from __future__ import annotations

from zoo.backbones.output import StudentOutput
from zoo.backbones.point_transformer import PointTransformer
from zoo.backbones.two_tower import TwoTower

__all__ = ['PointTransformer', 'StudentOutput', 'TwoTower']
