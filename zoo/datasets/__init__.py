"""Datasets of objects: point clouds with views, captions, classes and parts."""

from __future__ import annotations

from zoo.datasets.base import ObjectDataset, ObjectDraw, ObjectSubset
from zoo.datasets.corpus import Commons, MeshCollection
from zoo.datasets.episodes import Episode, EpisodeDataset, few_shot_episodes
from zoo.datasets.layouts.few_shot import ModelNetFewShot
from zoo.datasets.layouts.modelnet import ModelNet
from zoo.datasets.layouts.modelnet_c import ModelNet40C, ModelNetC
from zoo.datasets.layouts.scanobjectnn import ScanObjectNN
from zoo.datasets.layouts.shapenetpart import ShapeNetPart
from zoo.datasets.mesh_folder import MeshFolder
from zoo.datasets.pack import ShapePack
from zoo.datasets.prepared import MappedPack, prepare
from zoo.datasets.procedural import ProceduralShapes
from zoo.datasets.shapenet55 import ShapeNet55
from zoo.datasets.stream import ProceduralStream
from zoo.datasets.sweethome3d import SweetHome3D
from zoo.datasets.union import ObjectUnion

__all__ = [
    'Commons',
    'Episode',
    'EpisodeDataset',
    'MappedPack',
    'MeshCollection',
    'MeshFolder',
    'ModelNet',
    'ModelNet40C',
    'ModelNetC',
    'ModelNetFewShot',
    'ObjectDataset',
    'ObjectDraw',
    'ObjectSubset',
    'ObjectUnion',
    'ProceduralShapes',
    'ProceduralStream',
    'ScanObjectNN',
    'ShapeNet55',
    'ShapeNetPart',
    'ShapePack',
    'SweetHome3D',
    'few_shot_episodes',
    'prepare',
]
