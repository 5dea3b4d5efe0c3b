"""Students: interchangeable modules from points to global queries and patch tokens, and supervised baselines."""

from __future__ import annotations

from zoo.backbones.base import Backbone, Groups, require
from zoo.backbones.cloud_encoder import CloudEncoder
from zoo.backbones.dgcnn import DGCNN
from zoo.backbones.output import StudentOutput
from zoo.backbones.point_transformer import PointTransformer
from zoo.backbones.pointnet import PointNet
from zoo.backbones.pointnet2 import PointNet2
from zoo.backbones.two_tower import TwoTower

__all__ = [
    'DGCNN',
    'Backbone',
    'CloudEncoder',
    'Groups',
    'PointNet',
    'PointNet2',
    'PointTransformer',
    'StudentOutput',
    'TwoTower',
    'require',
]
