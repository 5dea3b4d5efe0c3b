"""Names of models and the configs they stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from zoo.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
SIZES = ('nano', 'tiny', 'small', 'base')
_PART = '[a-z0-9]+(?:-[a-z0-9]+)*'
_NAME = re.compile(rf'({_PART})-({"|".join(SIZES)})(?:_({_PART})(?:_({_PART}))?)?')


@dataclass(frozen=True)
class ModelName:
    """``{method}-{size}_{pretraining data}[_{downstream}]``, lower case, hyphens inside the parts.

    ``data`` is empty in a bare backbone name such as ``recon-tiny``.
    """

    method: str
    size: str
    data: str = ''
    downstream: str = ''

    def __str__(self) -> str:
        """The name in full."""
        return '_'.join(part for part in (f'{self.method}-{self.size}', self.data, self.downstream) if part)

    @property
    def config(self) -> Path:
        """Pretraining config of the method and size."""
        return ROOT / 'configs' / self.method.replace('-', '_') / f'{self.size}.py'


def parse_name(name: str) -> ModelName:
    """Parse a model name.

    Raises:
        UsageError: the name does not follow the grammar.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise UsageError(
            f"'{name}' is not a model name: expected method-size_data[_downstream], size one of {', '.join(SIZES)}, "
            "for example recon-tiny_shapenet55; 'zoo.list_models()' shows the known ones"
        )
    return ModelName(*(part or '' for part in match.groups()))


def known_configs() -> list[ModelName]:
    """Backbones that have a pretraining config, by method and size."""
    folders = sorted(path for path in (ROOT / 'configs').iterdir() if path.is_dir())
    return [
        ModelName(folder.name.replace('_', '-'), size)
        for folder in folders
        for size in SIZES
        if (folder / f'{size}.py').is_file()
    ]
