"""The 16 classes of ShapeNetPart with their synsets and parts (Yi et al., SIGGRAPH Asia 2016)."""

from __future__ import annotations

from itertools import accumulate

_CLASSES = {
    'Airplane': ('02691156', 4),
    'Bag': ('02773838', 2),
    'Cap': ('02954340', 2),
    'Car': ('02958343', 4),
    'Chair': ('03001627', 4),
    'Earphone': ('03261776', 3),
    'Guitar': ('03467517', 3),
    'Knife': ('03624134', 2),
    'Lamp': ('03636649', 4),
    'Laptop': ('03642806', 2),
    'Motorbike': ('03790512', 6),
    'Mug': ('03797390', 2),
    'Pistol': ('03948459', 3),
    'Rocket': ('04099429', 3),
    'Skateboard': ('04225987', 3),
    'Table': ('04379243', 3),
}
"""Synset and number of parts of every class, in the order of the labels. Parts are numbered through this table."""

SYNSETS: dict[str, str] = {name: synset for name, (synset, _) in _CLASSES.items()}
"""Class name to synset."""

_ENDS = list(accumulate(count for _, count in _CLASSES.values()))

PARTS: dict[str, list[int]] = {
    name: list(range(end - count, end)) for end, (name, (_, count)) in zip(_ENDS, _CLASSES.items(), strict=True)
}
"""Class name to the numbers of its parts, 0 to 49."""
