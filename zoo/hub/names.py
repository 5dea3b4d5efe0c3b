"""Names of models and the configs they stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from zoo.config import ROOT
from zoo.errors import UsageError
from zoo.registry import BACKBONES

SIZES = ('nano', 'tiny', 'small', 'base')
_PART = '[a-z0-9]+(?:-[a-z0-9]+)*'
_NAME = re.compile(rf'({_PART})-({"|".join(SIZES)})(?:_({_PART})(?:_({_PART}))?)?')
_PATH = re.compile(r'[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*')
_LONGEST = 200


@dataclass(frozen=True)
class ModelName:
    """``{method}[-{backbone}]-{size}_{pretraining data}[_{downstream}]``, lower case, hyphens inside the parts.

    ``data`` is empty in a bare student's name such as ``recon-tiny``. ``backbone`` is a registered one in lower case
    (``cmc-dgcnn-nano``), and empty where it is the method's own.
    """

    method: str
    size: str
    data: str = ''
    downstream: str = ''
    backbone: str = ''

    def __str__(self) -> str:
        """The name in full."""
        return '_'.join(part for part in (f'{self.stem}-{self.size}', self.data, self.downstream) if part)

    @property
    def stem(self) -> str:
        """Method and backbone, as they begin the name."""
        return '-'.join(part for part in (self.method, self.backbone) if part)

    @property
    def config(self) -> Path:
        """Pretraining config of the method, backbone and size."""
        file = '_'.join(part for part in (self.backbone, self.size) if part)
        return ROOT / 'configs' / self.method.replace('-', '_') / f'{file}.py'


def parse_name(name: str) -> ModelName:
    """Parse a model name.

    Raises:
        UsageError: the name does not follow the grammar.
    """
    match = _NAME.fullmatch(name)
    if match is None or len(name) > _LONGEST:
        raise UsageError(
            f'{name[:_LONGEST]!r} is not a model name: expected method[-backbone]-size_data[_downstream], size one of '
            f"{', '.join(SIZES)}, for example recon-tiny_shapenet55; 'zoo.list_models()' shows the known ones"
        )
    stem, size, data, downstream = (part or '' for part in match.groups())
    method, _, backbone = stem.rpartition('-')
    if not method or backbone not in _backbones():
        method, backbone = stem, ''
    return ModelName(method, size, data, downstream, backbone)


def is_inside(path: str) -> bool:
    """Whether a path is plain, relative and cannot leave the folder it is taken from: no ``..``, no hidden part."""
    return len(path) <= _LONGEST and _PATH.fullmatch(path) is not None


def data_file(path: str) -> Path:
    """A file that comes with the project, in a checkout and in an installed wheel.

    Args:
        path: relative to the folder of ``model_index.yml``, such as ``weights/NAME.safetensors``; need not exist.

    Raises:
        UsageError: the path leaves that folder, by itself or by a link.
    """
    found = (ROOT / path).resolve() if is_inside(path) else None
    if found is None or not found.is_relative_to(ROOT.resolve()):
        raise UsageError(f'path {path[:_LONGEST]!r} leaves {ROOT}: give one below it, without ..')
    return found


def known_configs() -> list[ModelName]:
    """Students that have a pretraining config, by method, backbone (the method's own first) and size."""
    folders = sorted(path.name for path in (ROOT / 'configs').iterdir() if path.is_dir())
    names = (
        ModelName(folder.replace('_', '-'), size, backbone=backbone)
        for folder in folders
        for backbone in ('', *_backbones())
        for size in SIZES
    )
    return [name for name in names if name.config.is_file()]


def _backbones() -> list[str]:
    """What names call the registered backbones."""
    BACKBONES.import_from_location()
    return sorted(name.lower() for name in BACKBONES.module_dict)
