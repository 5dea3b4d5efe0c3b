"""Which pretraining method trains which backbone: every pair is built and takes a step.

Run ``python tools/profile.py --matrix``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine import Config
from tqdm import tqdm

from benchmarks.report import Table
from benchmarks.speed.steps import made_ready
from zoo.config import load_config
from zoo.errors import UsageError
from zoo.hub.names import known_configs
from zoo.registry import BACKBONES

TRAINS = 'trains'
BATCH_SIZE = 4


def matrix() -> dict[str, dict[str, str]]:
    """``trains``, or the reason of the refusal, by method (at nano) and class of the backbone."""
    nano = {name: load_config(name.config) for name in known_configs() if name.size == 'nano'}
    own = {name.method: config for name, config in nano.items() if not name.backbone}
    BACKBONES.import_from_location()
    pairs = [(method, backbone) for method in own for backbone in sorted(BACKBONES.module_dict)]
    found: dict[str, dict[str, str]] = {method: {} for method in own}
    for method, backbone in tqdm(pairs, unit='pair', leave=False, disable=None):
        found[method][backbone] = outcome(paired(own[method], backbone, list(nano.values())))
    return found


def matrix_table() -> Table:
    """The matrix, with the reasons below."""
    found = matrix()
    reasons = list(dict.fromkeys(cell for row in found.values() for cell in row.values() if cell != TRAINS))
    backbones = list(next(iter(found.values())))
    rows = [
        [method, *(TRAINS if row[name] == TRAINS else f'no ({reasons.index(row[name]) + 1})' for name in backbones)]
        for method, row in found.items()
    ]
    notes = [f'({number}) {reason}.' for number, reason in enumerate(reasons, 1)]
    return Table(
        'Pretraining methods on backbones: one step of every pair, at nano', ['method', *backbones], rows, notes
    )


def paired(config: Config, backbone: str, others: Sequence[Config]) -> Config:
    """A method's config on a backbone of a class: its own, else one of another config, else one by default.

    The backbone keeps what belongs to the method: what :attr:`zoo.backbones.Backbone.task_arguments` names, and the
    names of the queries.

    Args:
        config: config of the method.
        backbone: name of the class of the backbone.
        others: configs to take a backbone from.
    """
    own = config.model.backbone.to_dict()
    if own['type'] == backbone:
        return config
    given = (other.model.backbone.to_dict() for other in others if other.model.backbone.type == backbone)
    taken = _with_queries(next(given, {'type': backbone}), BACKBONES.build(dict(own)).query_names)
    kept = {key: own[key] for key in BACKBONES.get(backbone).task_arguments if key in own}
    changed = Config(config.to_dict())
    changed.model.backbone = {**taken, **kept}
    return changed


def outcome(config: Config) -> str:
    """``trains`` when a step of the optimizer was taken, else the reason of the refusal."""
    try:
        with made_ready(config, BATCH_SIZE) as (model, batch, optimizer):
            model.train_step(batch, optimizer)
    except UsageError as error:
        return str(error)
    return TRAINS


def _with_queries(backbone: dict[str, Any], queries: Sequence[str]) -> dict[str, Any]:
    """Call the queries of a backbone's config, or of the towers in it, as a method does."""
    if queries and backbone.get('queries'):
        backbone = {**backbone, 'queries': tuple(queries)}
    return {key: _with_queries(value, queries) if isinstance(value, dict) else value for key, value in backbone.items()}
