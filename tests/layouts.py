"""Writes small data folders in the official layouts, so that readers and whole trainings are tested without data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

CATEGORIES = {'02691156': 'airplane', '02747177': 'trash bin', '03001627': 'chair', '04379243': 'table'}


def write_shapenet55(
    root: str | Path,
    num_objects: int = 32,
    *,
    num_points: int = 8192,
    num_test: int | None = None,
    image_size: int = 64,
    views: int = 1,
    seed: int = 0,
) -> Path:
    """Write ``ShapeNet55-34`` below ``root`` (the data root) with lists, clouds, renderings and texts; return its path.

    A quarter of the objects is the test list unless ``num_test`` says otherwise. Every category is a box of its own
    proportions, off center and not of unit size, as the files of the official set may be. Pictures are red on the left
    and blue on the right; those of several views lie as the released code of ReCon++ reads them.
    """
    generator = np.random.default_rng(seed)
    folder = Path(root) / 'ShapeNet55-34'
    for name in ('ShapeNet-55', 'shapenet_pc', 'shapenet_img'):
        (folder / name).mkdir(parents=True, exist_ok=True)
    synsets = list(CATEGORIES)
    names = []
    for index in range(num_objects):
        kind = index % len(synsets)
        name = f'{synsets[kind]}-{generator.integers(1 << 62):016x}{index:04x}'
        sides = np.roll([0.3, 1.0, 2.0], kind) * (1 + 0.1 * kind)
        cloud = (generator.random((num_points, 3)) - 0.5) * sides + 0.1 * generator.standard_normal(3)
        np.save(folder / 'shapenet_pc' / f'{name}.npy', cloud.astype(np.float32))
        category, model = name.split('-')
        for view in range(views):
            place = folder / 'shapenet_img' / (f'{name}.png' if views == 1 else f'{category}/{model}-{view}.png')
            place.parent.mkdir(exist_ok=True)
            write_picture(place, image_size, green=(index + 100 * view) % 256)
        names.append(f'{name}.npy')
    cut = num_objects // 4 if num_test is None else num_test
    (folder / 'ShapeNet-55' / 'test.txt').write_text(''.join(f'{name}\n' for name in names[:cut]))
    (folder / 'ShapeNet-55' / 'train.txt').write_text(''.join(f'{name}\n' for name in names[cut:]))
    rows = [{'catalogue': int(synset), 'describe': text} for synset, text in CATEGORIES.items()]
    (folder / 'shapenet55.json').write_text(json.dumps(rows))
    return folder


def write_picture(path: Path, size: int, green: int = 0) -> None:
    """Write a PNG whose left half is red and whose right half is blue, with ``green`` everywhere."""
    import cv2

    picture = np.zeros((size, size, 3), dtype=np.uint8)
    picture[:, : size // 2, 0] = 255
    picture[:, size // 2 :, 2] = 255
    picture[..., 1] = green
    assert cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


def write_pack(path: str | Path, num_objects: int = 20, *, num_points: int = 64, seed: int = 0, **arrays) -> Path:
    """Write a pack with one table (``pts``, ``y``, ``classes``, ``id``, ``test``).

    ``arrays`` add to these or replace them; None leaves one out.
    """
    generator = np.random.default_rng(seed)
    tables = {
        'pts': generator.uniform(-1, 1, (num_objects, num_points, 3)).astype(np.float16),
        'y': (np.arange(num_objects) % 3).astype(np.uint8),
        'classes': np.array(['Chair', 'NonWheelChair', 'night_stand']),
        'id': np.array([f'object{index}' for index in range(num_objects)]),
        'test': np.arange(num_objects) % 5 == 0,
        **arrays,
    }
    np.savez_compressed(path, **{key: value for key, value in tables.items() if value is not None})
    return Path(path)
