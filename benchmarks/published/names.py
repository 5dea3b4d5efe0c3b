"""What the data sets, protocols and metrics of the published table are called in records."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.protocols.base import load_all


@dataclass(frozen=True)
class Place:
    """A data set as the literature means it.

    Attributes:
        name: name of the data set in records.
        variant: variant of it; empty where there is one or it is not stated.
        points: number of points of a cloud; None where not stated.
        split: split that was measured.
    """

    name: str
    variant: str = ''
    points: int | None = None
    split: str = 'test'


DATASETS = {
    'ScanObjectNN': Place('ScanObjectNN'),
    'ScanObjectNN (variant not stated)': Place('ScanObjectNN'),
    'ScanObjectNN OBJ_BG': Place('ScanObjectNN', 'obj_bg'),
    'ScanObjectNN OBJ_ONLY': Place('ScanObjectNN', 'obj_only'),
    'ScanObjectNN (OBJ_ONLY cfg)': Place('ScanObjectNN', 'obj_only'),
    'ScanObjectNN PB_T50_RS': Place('ScanObjectNN', 'pb_t50_rs'),
    'ModelNet40': Place('ModelNet40'),
    'ModelNet40 1k': Place('ModelNet40', points=1024),
    'ModelNet40 4k': Place('ModelNet40', points=4096),
    'ModelNet40 8k': Place('ModelNet40', points=8192),
    'ModelNet40 test': Place('ModelNet40'),
    'ModelNet40 train+test (*)': Place('ModelNet40', split='train+test'),
    'ModelNet40 few-shot 5w10s': Place('ModelNet40', '5w10s'),
    'ModelNet40 few-shot 5w20s': Place('ModelNet40', '5w20s'),
    'ModelNet40 few-shot 10w10s': Place('ModelNet40', '10w10s'),
    'ModelNet40 few-shot 10w20s': Place('ModelNet40', '10w20s'),
    'ModelNet10 test': Place('ModelNet10'),
    'ModelNet10 train+test (*)': Place('ModelNet10', split='train+test'),
    'ShapeNetPart': Place('ShapeNetPart'),
    'S3DIS Area 5': Place('S3DIS', 'area5'),
    'Objaverse-LVIS': Place('Objaverse-LVIS'),
}

OTHERS = {
    'supervised': 'supervised',
    'PETL': 'petl',
    '16-shot fine-tune': 'finetune_16_shot',
    'semantic seg full': 'semantic_seg',
    'protocol not named': 'not_named',
}
"""Names for what the literature measures and nothing here does."""

PROTOCOLS = OTHERS | {phrase: name for entry in load_all().values() for phrase, name in entry.literature.items()}
"""What protocols are called in records, by what the literature calls them; remarks in parentheses are left out."""

METRICS = {
    'OA': 'oa',
    'top1': 'oa',
    'instance mIoU': 'instance_miou',
    'class mIoU': 'class_miou',
    'mIoU': 'miou',
}
