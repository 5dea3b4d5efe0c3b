"""The student of a pretraining config, made ready for what comes after pretraining."""

from __future__ import annotations

from typing import Any

from zoo.config import load_config
from zoo.errors import UsageError
from zoo.hub.names import known_configs, parse_name
from zoo.registry import BACKBONES


def backbone_config(name: str, task: str = 'classify') -> dict[str, Any]:
    """Config of the student called ``name`` for a downstream task.

    Args:
        name: ``recon-tiny`` or any longer model name that starts so.
        task: ``classify``, ``features`` or ``segment``; see :meth:`zoo.backbones.Backbone.downstream`.

    Raises:
        UsageError: no such model.
    """
    parsed = parse_name(name)
    if not parsed.config.is_file():
        known = ', '.join(str(entry) for entry in known_configs())
        raise UsageError(f"no config for backbone '{name}'; known are {known}")
    return downstream_backbone(load_config(parsed.config).model.backbone.to_dict(), task)


def downstream_backbone(backbone: dict[str, Any], task: str = 'classify') -> dict[str, Any]:
    """Turn a pretraining student's config into a downstream one; see :meth:`zoo.backbones.Backbone.downstream`."""
    kind = BACKBONES.get(backbone['type'])
    if kind is None:
        raise UsageError(
            f"there is no backbone '{backbone['type']}': choose {', '.join(sorted(BACKBONES.module_dict))}"
        )
    config: dict[str, Any] = kind.downstream(dict(backbone), task)
    return config
