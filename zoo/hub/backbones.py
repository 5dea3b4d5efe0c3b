"""The student of a pretraining config, made ready for what comes after pretraining."""

from __future__ import annotations

from typing import Any

from mmengine import Config

from zoo.errors import UsageError
from zoo.hub.names import known_configs, parse_name


def backbone_config(name: str, task: str = 'classify') -> dict[str, Any]:
    """Config of the student called ``name`` for a downstream task.

    Args:
        name: ``recon-tiny`` or any longer model name that starts so.
        task: ``classify`` or ``features``. A student without queries (Point-MAE) is given a fresh class token to be
            fine-tuned, and none for features, as in its reference code (arXiv 2203.06604). So is the local tower of
            two; its ``streams`` (``both``, ``local``, ``global``) are for the caller to choose.

    Raises:
        UsageError: no such model.
    """
    parsed = parse_name(name)
    if not parsed.config.is_file():
        known = ', '.join(str(entry) for entry in known_configs())
        raise UsageError(f"no config for backbone '{name}'; known are {known}")
    return downstream_backbone(Config.fromfile(parsed.config).model.backbone.to_dict(), task)


def downstream_backbone(backbone: dict[str, Any], task: str = 'classify') -> dict[str, Any]:
    """Turn a pretraining student's config into a downstream one; see :func:`backbone_config`.

    Parity: the stop-gradient holds in pretraining only.
    """
    backbone = dict(backbone)
    if backbone['type'] == 'TwoTower':
        towers = {name: downstream_backbone(backbone[name], task) for name in ('local_tower', 'global_tower')}
        return {**backbone, **towers}
    if backbone['type'] != 'PointTransformer':
        return backbone
    backbone['stop_gradient'] = False
    backbone['masked_tokens'] = 'drop'
    if backbone.get('fusion') == 'none' and task == 'classify':
        backbone |= {'fusion': 'joint', 'queries': ('cls',)}
    return backbone
