"""What pretraining data is called in names and in the index, and what its terms allow."""

from __future__ import annotations

from dataclasses import dataclass

from zoo.errors import UsageError


@dataclass(frozen=True)
class Terms:
    """One corpus.

    Attributes:
        slug: its name in model names.
        title: its title in the index, and how that of the harness begins.
        licence: terms of weights that were trained on it.
        about: description for cards.
    """

    slug: str
    title: str
    licence: str
    about: str


TERMS = (
    Terms(
        'procedural',
        'ProceduralShapes',
        'MIT, as the code of this project, which makes the shapes',
        'shapes that the code of this project makes, with pictures and captions; nobody else holds rights in them',
    ),
    Terms(
        'packs',
        'shapedb69 (training split) and Sweet Home 3D',
        'research use: shapedb69 states no licence; Sweet Home 3D is CC-BY-3.0, CC-BY-3.0-US, CC0 or GPL-2+ by object',
        'meshes of 69 everyday classes (Princeton Shape Benchmark and SHREC ids, no licence stated) and furniture of '
        'Sweet Home 3D (each object under its own licence: CC-BY-3.0, CC-BY-3.0-US, CC0, GPL-2+)',
    ),
    Terms(
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
    found = next((terms for terms in TERMS if title.startswith(terms.title)), None)
    if found is None:
        raise UsageError(f'weights trained on {title!r} have no terms yet: add them to benchmarks/release/terms.py')
    return found
