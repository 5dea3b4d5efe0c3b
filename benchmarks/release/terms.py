"""What pretraining data is called in names and in the index, and what its terms allow."""

from __future__ import annotations

from dataclasses import dataclass

from zoo.errors import UsageError


@dataclass(frozen=True)
class Terms:
    """One corpus.

    Attributes:
        starts: how its title begins in the harness.
        slug: in model names.
        title: in the index.
        licence: of weights that were trained on it.
        about: what it is, for cards.
    """

    starts: str
    slug: str
    title: str
    licence: str
    about: str


TERMS = (
    Terms(
        'ProceduralShapes',
        'procedural',
        'ProceduralShapes',
        'MIT, as the code of this project, which makes the shapes',
        'shapes that the code of this project makes, with pictures and captions; nobody else holds rights in them',
    ),
    Terms(
        'shapedb69 (training split) and Sweet Home 3D',
        'packs',
        'shapedb69 (training split) and Sweet Home 3D',
        'research use: shapedb69 states no licence; Sweet Home 3D is CC-BY-3.0, CC-BY-3.0-US, CC0 or GPL-2+ by object',
        'meshes of 69 everyday classes (Princeton Shape Benchmark and SHREC ids, no licence stated) and furniture of '
        'Sweet Home 3D (each object under its own licence: CC-BY-3.0, CC-BY-3.0-US, CC0, GPL-2+)',
    ),
    Terms(
        'meshes of 69 everyday classes',
        'shapedb69',
        'shapedb69',
        'research use: shapedb69 states no licence',
        'meshes of 69 everyday classes (Princeton Shape Benchmark and SHREC ids); no licence is stated',
    ),
    Terms(
        'furniture of Sweet Home 3D',
        'sweethome3d',
        'Sweet Home 3D',
        'as the objects of Sweet Home 3D: CC-BY-3.0, CC-BY-3.0-US, CC0 or GPL-2+, by object',
        'furniture of Sweet Home 3D, each object under its own licence: CC-BY-3.0, CC-BY-3.0-US, CC0, GPL-2+',
    ),
    Terms(
        'ModelNet10 from voxels',
        'modelnet10-voxels',
        'ModelNet10 from voxels',
        'academic use, by the terms of ModelNet',
        'points on voxel grids of ModelNet10, whose terms allow academic use',
    ),
    Terms(
        'ShapeNet55',
        'shapenet55',
        'ShapeNet55',
        'non-commercial research, by the terms of ShapeNet',
        'ShapeNet55, whose terms allow non-commercial research',
    ),
)


def terms_of(title: str) -> Terms:
    """Terms of a corpus by its title in the harness or in the index.

    Raises:
        UsageError: nobody wrote them down yet.
    """
    found = next((terms for terms in TERMS if title.startswith(terms.starts) or title == terms.title), None)
    if found is None:
        raise UsageError(f'weights trained on {title!r} have no terms yet: add them to benchmarks/release/terms.py')
    return found
