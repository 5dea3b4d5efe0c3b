"""Cases of furniture, and the drawers and doors at their front."""

from __future__ import annotations

from zoo.datasets.meshes.mesh import Mesh, mirrored
from zoo.datasets.procedural.primitives import box, ellipsoid


def case(width: float, height: float, depth: float, board: float) -> list[Mesh]:
    """Return a box of boards that is open to the front, standing on y = 0."""
    return [
        *mirrored(box(board, height, depth, (width - board) / 2, height / 2)),
        *(box(width - 2 * board, board, depth, 0, y) for y in (board / 2, height - board / 2)),
        box(width, height, board * 0.5, 0, height / 2, -depth / 2),
    ]


def drawers(
    width: float, height: float, columns: int, rows: int, *, gap: float = 0.018, knobs: bool = False
) -> tuple[list[Mesh], list[Mesh]]:
    """Return drawer fronts and their handles.

    They cover a face of ``width`` along x and ``height`` along y; its lower edge is at y = 0, its middle at x = 0, and
    the fronts stand on the plane z = 0.

    Args:
        width: Width of the whole face.
        height: Height of the whole face.
        columns: Drawers side by side.
        rows: Drawers one above the other.
        gap: Free space around a front, and how far it stands out.
        knobs: Whether the handles are knobs, not bars.
    """
    wide, tall = width / columns, height / rows
    places = [((i + 0.5) * wide - width / 2, (j + 0.5) * tall) for i in range(columns) for j in range(rows)]
    fronts = [box(wide - 2 * gap, tall - 2 * gap, gap, x, y, gap / 2) for x, y in places]
    grip = ellipsoid(0.04, 0.04, 0.04, sides=8, rings=5) if knobs else box(wide * 0.35, 0.016, 0.03)
    return fronts, [grip.moved(x, y, gap + 0.012) for x, y in places]


def doors(width: float, height: float, count: int, *, gap: float = 0.01) -> tuple[list[Mesh], list[Mesh]]:
    """Return door fronts side by side and their handles, on the same face as ``drawers``; neighbors open apart."""
    wide = width / count
    places = [(i + 0.5) * wide - width / 2 for i in range(count)]
    fronts = [box(wide - 2 * gap, height - 2 * gap, 0.02, x, height / 2, 0.01) for x in places]
    sides = [1 if i % 2 == 0 else -1 for i in range(count)]
    grips = [
        box(0.015, height * 0.18, 0.03, x + side * wide * 0.38, height * 0.5, 0.03)
        for x, side in zip(places, sides, strict=True)
    ]
    return fronts, grips
