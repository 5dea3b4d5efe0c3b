"""Build a model from its name or config."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from mmengine import Config
from torch import nn

from zoo.errors import UsageError
from zoo.hub.index import find_entry
from zoo.hub.names import ROOT
from zoo.hub.weights import load_weights
from zoo.registry import MODELS


def get_model(
    name_or_config: str | Path | Config,
    pretrained: bool | str | Path = False,
    device: str | torch.device | None = None,
    **overrides: Any,
) -> nn.Module:
    """Build a model, in eval mode.

    Args:
        name_or_config: a name of ``zoo.list_models()``, a config file, or a loaded config with a ``model``.
        pretrained: True loads the published weights of that name; a path, address or other name loads those.
        device: where to put it; the CPU by default.
        overrides: arguments of the model, such as ``num_classes``; dicts are merged into the config's.

    Raises:
        UsageError: unknown name, missing config or weights.
    """
    config, name = _find(name_or_config)
    if 'model' not in config:
        raise UsageError(f'config {name_or_config} has no model')
    config.merge_from_dict({'model': overrides})
    model: nn.Module = MODELS.build(config.model)
    if pretrained:
        if pretrained is True and name is None:
            raise UsageError('pretrained=True needs a model name; give the path of the weights instead')
        load_weights(model, name if pretrained is True and name else str(pretrained))
    return model.to(device or 'cpu').eval()


def _find(source: str | Path | Config) -> tuple[Config, str | None]:
    """Config, and the name when it was asked for by name."""
    if isinstance(source, Config):
        return Config(source.to_dict()), None
    if str(source).endswith('.py'):
        path = Path(source) if Path(source).is_file() else ROOT / source
        if not path.is_file():
            raise UsageError(f'config {source} does not exist')
        return Config.fromfile(path), None
    entry = find_entry(str(source))
    return Config.fromfile(ROOT / entry.config), entry.name
