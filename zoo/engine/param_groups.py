"""Learning rate and weight decay, parameter by parameter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIMIZERS
from torch import nn

from zoo.arguments import wrong_value
from zoo.errors import UsageError
from zoo.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS

Named = Iterable[tuple[str, nn.Parameter]]


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class ParamGroups:
    """Sorts the parameters of a model into groups of equal learning rate and weight decay.

    Every trainable parameter comes into exactly one group; frozen ones into none. Vectors (norms, biases) and the names
    in ``model.no_weight_decay()`` take no weight decay, as in the reference recipe (arXiv 2302.02318).

    Args:
        optim_wrapper_cfg: config of the optimizer wrapper, with the ``optimizer``.
        paramwise_cfg: arguments of :func:`split_parameters`: ``lr_scale``, ``layer_decay``, ``decay_scaled_groups``.

    Raises:
        UsageError: unknown argument, or a pattern of ``lr_scale`` that fits no parameter.
    """

    def __init__(self, optim_wrapper_cfg: dict[str, Any], paramwise_cfg: dict[str, Any] | None = None) -> None:
        self.options: dict[str, Any] = dict(paramwise_cfg or {})
        unknown = sorted(set(self.options) - {'lr_scale', 'layer_decay', 'decay_scaled_groups'})
        if unknown:
            raise UsageError(
                f'paramwise_cfg takes lr_scale, layer_decay and decay_scaled_groups, not {", ".join(unknown)}'
            )
        problem = wrong_value(split_parameters, self.options)
        if problem:
            raise UsageError(f'paramwise_cfg {problem}')
        self.wrapper = dict(optim_wrapper_cfg)
        self.optimizer: dict[str, Any] = dict(self.wrapper.pop('optimizer'))

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build the optimizer and its wrapper for ``model`` (or for the model inside a distributed wrapper)."""
        model = getattr(model, 'module', model)
        if 'lr' not in self.optimizer:
            raise UsageError('optim_wrapper.optimizer needs a learning rate: lr=...')
        groups = split_parameters(
            model, self.optimizer['lr'], float(self.optimizer.get('weight_decay', 0.0)), **self.options
        )
        optimizer = OPTIMIZERS.build({**self.optimizer, 'params': groups})
        return OPTIM_WRAPPERS.build({'type': 'OptimWrapper', **self.wrapper}, default_args={'optimizer': optimizer})


def split_parameters(
    model: Any,
    lr: float,
    weight_decay: float,
    *,
    lr_scale: dict[str, float] | None = None,
    layer_decay: float = 1.0,
    decay_scaled_groups: bool = False,
) -> list[dict[str, Any]]:
    """Return parameter groups for an optimizer.

    Parity: the reference gives its tenfold group (names with ``cls``) the weight decay of the optimizer on every
    tensor, vectors and tokens included; ``decay_scaled_groups=True`` does the same.

    Args:
        model: model, possibly with ``no_weight_decay()`` and ``layer_groups()``.
        lr: learning rate.
        weight_decay: weight decay.
        lr_scale: pattern (``re.search`` on the parameter's name) to multiplier of the learning rate, e.g.
            ``{'^head': 10}``; the first pattern that fits counts.
        layer_decay: factor between the learning rates of neighboring layers; the last of ``model.layer_groups()`` has
            the full rate.
        decay_scaled_groups: weight decay for every tensor whose name fits a pattern of ``lr_scale``.

    Raises:
        UsageError: A pattern fits no parameter, or there is nothing to train.
    """
    names = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    if not names:
        raise UsageError(f'{type(model).__name__} has no trainable parameter')
    patterns = {re.compile(pattern): float(scale) for pattern, scale in (lr_scale or {}).items()}
    every = [name for name, _ in model.named_parameters()]
    for pattern in patterns:  # one that names nothing would leave the rate unchanged without a word
        if not any(pattern.search(name) for name in every):
            stems = ', '.join(sorted({name.partition('.')[0] for name in every}))
            raise UsageError(f'lr_scale: {pattern.pattern!r} fits no parameter; their names begin with {stems}')
    undecayed = set(model.no_weight_decay()) if hasattr(model, 'no_weight_decay') else set()
    if layer_decay != 1.0 and not hasattr(model, 'layer_groups'):
        raise UsageError(f'layer_decay needs a model with layer_groups(), {type(model).__name__} has none')
    layers = [] if layer_decay == 1.0 else model.layer_groups()
    depths = {name: layer_decay ** (len(layers) - 1 - depth) for depth, layer in enumerate(layers) for name in layer}
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in names:
        scale = next((scale for pattern, scale in patterns.items() if pattern.search(name)), None)
        free = parameter.ndim <= 1 or name.endswith('.bias') or name in undecayed
        decays = not free or (decay_scaled_groups and scale is not None)
        key = ((1.0 if scale is None else scale) * depths.get(name, 1.0), decays)
        groups.setdefault(key, []).append(parameter)
    return [
        {'params': params, 'lr': lr * scale, 'weight_decay': weight_decay if decays else 0.0}
        for (scale, decays), params in groups.items()
    ]
