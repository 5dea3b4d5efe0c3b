"""Does an encoder keep the contract? Its faults in words, on a few tiny clouds, in seconds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from zoo.errors import UsageError

CLOUDS, POINTS, FEWER = 6, 256, 200

SAME = 1e-3
"""Distance of features, relative to their length, up to which they count as the same."""

REORDERED = 0.5
"""Distance after shuffling the points, relative to that of different clouds, from which on it is a fault. Encoders that
sample groups beginning with the first point stay far below it."""


def check_encoder(encoder: nn.Module) -> list[str]:
    """Faults of an encoder, one sentence each; none where it keeps the contract.

    Args:
        encoder: module from points (B, N, 3) to features (B, F), in evaluation mode.
    """
    clouds = tiny_clouds()
    state = {name: tensor.clone().nan_to_num() for name, tensor in encoder.state_dict().items()}
    given = clouds.clone()
    try:
        with torch.no_grad():
            first = _among_labels(encoder, given).double()
            switched = torch.is_grad_enabled()
    except UsageError as error:
        return [str(error)]
    except Exception as error:
        return [f'it fails on clouds {tuple(clouds.shape)}: {type(error).__name__}: {error}']
    found = []
    if switched:
        found.append('it leaves gradients switched on: switch them as a context, with torch.enable_grad()')
    if not torch.equal(given, clouds):
        found.append('it changes its input in place: work on a copy of the points')
    changed = [
        name for name, tensor in encoder.state_dict().items() if not torch.equal(tensor.nan_to_num(), state[name])
    ]
    training = [name or 'itself' for name, module in encoder.named_modules() if module.training]
    if training or changed:
        what = f'{training[0]} is in training mode' if training else f'{changed[0]} changes when it looks at clouds'
        found.append(f'it is not frozen: {what}; .eval() has to reach every part of it, batch norm and dropout too')
    return found + list(_faults_of_features(encoder, clouds, first))


def tiny_clouds() -> Tensor:
    """Bent clouds (6, 256, 3) in the unit sphere; some points of the last one coincide."""
    generator = np.random.default_rng(7)
    directions = generator.normal(size=(CLOUDS, POINTS, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    points = directions * generator.uniform(0.2, 1.0, (CLOUDS, 1, 3)) * generator.uniform(0.8, 1.0, (CLOUDS, POINTS, 1))
    points[-1, POINTS // 2 :] = points[-1, : POINTS // 2]
    points -= points.mean(1, keepdims=True)
    points /= np.linalg.norm(points, axis=-1).max(1)[:, None, None]
    return torch.from_numpy(points.astype(np.float32))


def _faults_of_features(encoder: nn.Module, clouds: Tensor, first: Tensor) -> Iterator[str]:
    """Faults that show in features (6, F); those that follow from an earlier one are not looked for."""

    def features(points: Tensor, seed: int = 0) -> Tensor:
        with torch.no_grad():
            return _among_labels(encoder, points.clone(), seed).double()

    def far(others: Tensor) -> float:
        """Distance of the median cloud, because neighbors at equal distance may be chosen differently."""
        return float((others - first).norm(dim=1).median())

    if bad := int((~torch.isfinite(first)).any(1).sum()):
        yield f'its features are not finite (NaN or infinity) for {bad} of {CLOUDS} clouds'
        return
    spread = float(torch.cdist(first, first).sum() / (CLOUDS * (CLOUDS - 1)))
    if spread < 1e-9:
        yield 'its features are the same for all clouds: it does not read the points'
        return
    same = SAME * float(first.norm(dim=1).mean())
    repeated = far(features(clouds))
    if repeated <= same < far(features(clouds, seed=1)):
        yield 'it reads labels: its features change with the labels of whoever calls it, the points being the same'
        return
    if repeated > same:
        yield (
            'it is not deterministic: the same clouds have other features the second time (dropout, sampling without a '
            'seed, a count of calls)'
        )
        return
    alone = torch.cat([features(cloud.expand(2, -1, -1))[:1] for cloud in clouds])
    if max(far(features(clouds.flip(0)).flip(0)), far(alone)) > 10 * same:
        yield 'the features of a cloud depend on the batch: on the clouds beside it, or on its place among them'
        return
    order = torch.from_numpy(np.random.default_rng(3).permutation(POINTS))
    if far(features(clouds[:, order])) > REORDERED * spread:
        yield 'its features depend on the order of the points: a cloud is a set, pool over points by max or mean'
    try:
        fewer = features(clouds[:, :FEWER])
    except Exception as error:
        why = f'{type(error).__name__}: {error}'
        yield f'it takes no clouds of {FEWER} points, as corruptions make them of {POINTS}: {why}'
        return
    if fewer.shape != first.shape:
        yield f'it has {fewer.shape[1]} features for {FEWER} points and {first.shape[1]} for {POINTS}'


def _among_labels(encoder: nn.Module, points: Tensor, seed: int = 0) -> Tensor:
    """Features of clouds, called as a loop over labeled batches calls it; labels of the seed lie about here."""
    labels = torch.from_numpy(np.random.default_rng(seed).permutation(len(points)))
    batch = {'points': points, 'label': labels}
    features: Tensor = encoder(batch['points'])
    del labels, batch
    return features
