"""Build a model from its name, its config, or a file of weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine import Config
from torch import nn

from zoo.arguments import check_arguments
from zoo.compat import expand
from zoo.config import ROOT, load_config
from zoo.errors import UsageError
from zoo.foreign import FILES, check_foreign, check_values, left_out, seal_teachers
from zoo.hub.backbones import downstream_backbone
from zoo.hub.index import Entry, find_entry
from zoo.hub.official import load_official
from zoo.hub.state import note_fresh, read_file_header
from zoo.hub.weights import load_fitting, load_weights
from zoo.registry import MODELS
from zoo.tensors import load_exactly, read_tensors

CLIP_WIDTH = 512
"""Channels of the space that image and text of CLIP ViT-B/32 share, in which the released zero-shot student answers."""


def get_model(
    name_or_config: str | Path | Config,
    pretrained: bool | str | Path = False,
    device: str | torch.device | None = None,
    *,
    num_classes: int | None = None,
    features_only: bool = False,
    pool: str = 'svm',
    **overrides: Any,
) -> nn.Module:
    """Build a model, in eval mode.

    Args:
        name_or_config: a name of ``zoo.list_models()``, a config file, a loaded config with a ``model``, or a
            ``.safetensors`` file of this project, whose header says what it belongs to.
        pretrained: True loads the published weights of that name; a path, address or other name loads those. They have
            to hold every tensor of the model unless ``num_classes`` says that a head starts fresh. Objectives that only
            pretraining runs are not in the published files and start fresh: a moving average, pictures, tokens.
        device: device of the model; the CPU by default.
        num_classes: make a classifier with so many classes of it; only its backbone is loaded, and its head where
            that has as many; a head that starts fresh is random until it is trained.
        features_only: make a feature extractor of it: ``model(points)`` gives (B, F) and
            ``model.forward_intermediates(points)`` the patch tokens (B, G, C) of every layer.
        pool: of the feature extractor, see :meth:`StudentOutput.pool`.
        overrides: further arguments of the model; dicts are merged into the config's.

    Raises:
        UsageError: unknown name, missing config or weights, weights that do not fit, an argument it does not take.
    """
    config, entry, weights = _plan(name_or_config)
    config, changed = _reshaped(config, num_classes, features_only, pool)
    if overrides:
        merged = Config({'model': config})
        merged.merge_from_dict({'model': overrides})
        config, changed = merged.to_dict()['model'], True
    if pretrained is True and entry is None and weights is None:
        raise UsageError('pretrained=True needs a model name; give the path of the weights instead')
    source: Any = entry if pretrained is True and weights is None else pretrained
    source = weights if weights is not None and source in (False, True) else source
    if isinstance(source, Entry) and not changed:
        model = load_entry(source)
    else:
        model, complete = _built(config), num_classes is None
        if isinstance(source, Entry):
            load_fitting(model, load_entry(source).state_dict(), f"of '{source.name}'", complete=complete)
        elif source:
            load_weights(model, source, complete=complete)
        else:
            note_fresh(model, list(model.state_dict()))
    if weights is not None and not overrides.keys() & {'objectives', 'tokenizer'}:
        seal_teachers(model, f'the header of {weights}')
    return model.to(device or 'cpu').eval()


def load_entry(entry: Entry) -> nn.Module:
    """The model of an entry with its published weights, exactly as they are published.

    Raises:
        UsageError: none are published, they cannot be fetched, or they do not fit.
    """
    from zoo.hub.download import fetch_weights

    file = entry.weight_file()
    if file is None:
        raise UsageError(entry.untrained())
    path = fetch_weights(file)
    if entry.official is None:
        model = _built(_config_of(entry))
        absent = left_out(path)
        load_exactly(model, read_tensors(path), f'weights of {entry.name}', absent)
        note_fresh(model, [name for name in model.state_dict() if name.startswith(absent)])
        return model
    how = entry.official
    return load_official(
        path,
        how.method,
        entry.task,
        num_groups=how.num_groups,
        group_size=how.group_size,
        num_heads=how.num_heads or None,
        ratio=how.ratio,
    )


def _plan(source: str | Path | Config) -> tuple[dict[str, Any], Entry | None, Path | None]:
    """Config of the model that is asked for, its entry if by name, and its weights if by their file."""
    if isinstance(source, Config):
        return _model_of(source, 'the config'), None, None
    text = str(source)
    if text.endswith('.py'):
        return _model_of(load_config(text), text), None, None
    if text.endswith('.safetensors'):
        return read_file_header(text), None, expand(text)
    entry = find_entry(text)
    return _config_of(entry), entry, None


def _config_of(entry: Entry) -> dict[str, Any]:
    """Config of the model that an entry stands for."""
    path = ROOT / entry.config
    if not path.is_file():
        raise UsageError(f"config {entry.config} of '{entry.name}' does not exist: install or fetch the project again")
    what = f"model index, Options of '{entry.name}'"
    check_values(dict(entry.options), what)
    if named := sorted({key.rsplit('.', 1)[-1] for key in _keys(entry.options)} & {*FILES, 'frozen'}):
        raise UsageError(f'{what}: {named[0]} is about files, which an index cannot name')
    model = _model_of(load_config(path, entry.options), entry.config)
    if entry.options:
        check_foreign(model, MODELS, what)
    how = entry.official
    if how is None:
        return model
    cut = {'num_groups': how.num_groups, 'group_size': how.group_size, 'skip_near_origin': True, 'order': 'given'}
    if entry.task == 'pretrain':
        return {**model, 'backbone': {**model['backbone'], **cut}}
    student = {**downstream_backbone(model['backbone'], 'features' if entry.task == 'svm' else 'classify'), **cut}
    if entry.task == 'svm':
        return {'type': 'FeatureExtractor', 'backbone': student, 'pool': 'svm'}
    if entry.task == 'zero_shot':
        return {'type': 'ZeroShotClassifier', 'backbone': student, 'target_dim': CLIP_WIDTH, 'ratio': how.ratio}
    head = 'linear' if entry.task == 'linear' else 'mlp3'
    return {'type': 'PointClassifier', 'backbone': student, 'num_classes': len(entry.classes), 'head': head}


def _keys(value: Any) -> Iterator[str]:
    """Every key in a mapping and what it holds."""
    if isinstance(value, Mapping):
        yield from value
    for child in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _keys(child)


def _model_of(config: Config, what: str) -> dict[str, Any]:
    """The ``model`` of a config."""
    if 'model' not in config:
        raise UsageError(f'config {what} has no model')
    model: dict[str, Any] = config.to_dict()['model']
    return model


def _reshaped(
    model: dict[str, Any], num_classes: int | None, features_only: bool, pool: str
) -> tuple[dict[str, Any], bool]:
    """Config for another use of the same student, and whether it differs."""
    if num_classes is None and not features_only:
        return model, False
    if num_classes is not None and features_only:
        raise UsageError('features_only=True has no classes: leave num_classes out')
    if num_classes is not None and num_classes < 1:
        raise UsageError(f'num_classes is {num_classes}, expected at least 1; features_only=True gives features')
    if model.get('type') == 'PointClassifier' and num_classes is not None:
        return {**model, 'num_classes': num_classes}, model.get('num_classes') != num_classes
    if 'backbone' not in model:
        raise UsageError(f'a {model.get("type")} has no student to take: choose another model')
    if features_only:
        student = downstream_backbone(model['backbone'], 'features')
        return {'type': 'FeatureExtractor', 'backbone': student, 'pool': pool}, True
    student = downstream_backbone(model['backbone'], 'classify')
    return {'type': 'PointClassifier', 'backbone': student, 'num_classes': num_classes}, True


def _built(config: dict[str, Any]) -> nn.Module:
    """Build a model of its config."""
    import zoo.models  # noqa: F401  (registers the classes)

    check_arguments(config, 'model')
    try:
        model: nn.Module = MODELS.build(config)
    except UsageError:
        raise
    except (TypeError, ValueError, KeyError) as error:
        reason = ' '.join(str(error).split())[:300]
        raise UsageError(f'a {config.get("type")} cannot be built so: {reason}') from error
    return model
