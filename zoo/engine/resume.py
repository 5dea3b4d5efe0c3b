"""What a resumed run may change, how its rates go on, and what its record says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mmengine import Config

from zoo.engine.names import CIRCUMSTANCES
from zoo.engine.progress import say
from zoo.errors import UsageError
from zoo.io import from_json

RATES = ('lr', 'weight_decay', 'betas', 'eps', 'momentum', 'dampening', 'nesterov')
"""Settings of an optimizer that its state does not depend on; a resumed run takes those of its config."""

_TAKEN = re.compile(
    r'train_cfg\.(?!by_epoch|type)|param_scheduler\b|default_hooks\b|custom_hooks\b|log_|vis|env_cfg\b|custom_imports\b'
    r'|(val|test)_|find_unused_parameters$|sync_bn$|randomness\.deterministic$'
    rf'|optim_wrapper\.(type$|clip_grad\b|accumulative_counts$|optimizer\.({"|".join(RATES)})\b)'
    r'|train_dataloader\.(batch_size|num_workers|pin_memory|persistent_workers|prefetch_factor|timeout)$'
)
"""Keys that can change in the middle of a run."""

_PLACE = re.compile(r'train_dataloader\.dataset\.(.+\.)?(root|data_root|cache_dir|path|points|images|meta|workers)$')
"""Keys that say where data lie; they may change where the data are the same."""

_OF_TRAINING = ('train_cfg', 'param_scheduler', 'optim_wrapper', 'train_dataloader')


def snapshot(config: Config) -> str:
    """Return the config as a checkpoint keeps it: JSON, so that nobody has to run it, without ``CIRCUMSTANCES``."""
    content = {key: value for key, value in config.to_dict().items() if key not in CIRCUMSTANCES}
    return json.dumps(content, default=str, sort_keys=True)


def reconcile(config: Config, meta: Mapping[str, Any], data: str | None, name: str) -> dict[str, str]:
    """Compare the config with that of the checkpoint, and write what changed into ``config.resumed``.

    ``resumed`` is a list with one entry for every recipe that the run had before: the ``epoch`` and ``iteration`` up to
    which it held, and what was different ``before``.

    Args:
        config: config of the run that goes on; changed.
        meta: record that the checkpoint has of its run.
        data: fingerprint of the training data of now; None where they have none.
        name: path of the checkpoint, for messages.

    Returns:
        What has another value now: dotted key, and a line that says so.

    Raises:
        UsageError: Something is different that cannot change in the middle of a run.
    """
    if 'settings' not in meta:
        say(f'checkpoint {name} does not say its config: what has changed since then goes unnoticed')
        return {}
    try:
        old: dict[str, Any] = dict(from_json(meta['settings']))
    except (ValueError, TypeError) as error:
        raise UsageError(f'checkpoint {name}: the config that it names cannot be read ({error!s:.100})') from error
    new = json.loads(snapshot(config))
    earlier = old.pop('resumed', [])
    new.pop('resumed', None)
    begun, asked = old.pop('weights', None), new.pop('weights', None)
    if begun is None:
        config.pop('weights', None)
    else:
        config.weights = begun  # long forgotten by the numbers, but a part of the recipe
    if asked is not None and asked != begun:
        say(f'a resumed run does not read --weights {asked}: it began from {begun or "random weights"}')
    for settings in (old, new):
        settings['randomness'] = {**settings.get('randomness', {})}
    old['randomness']['seed'] = meta['seed']  # drawn, where the config had none
    if new['randomness'].get('seed') is None:
        config.merge_from_dict({'randomness.seed': meta['seed']})
        new['randomness']['seed'] = meta['seed']
    changed = dict(_differences(old, new, ''))
    print_ = (meta.get('dataset_meta') or {}).get('fingerprint')
    same_data = None in (data, print_) or data == print_
    for key, (before, now) in changed.items():
        if not (_TAKEN.match(key) or (_PLACE.match(key) and same_data)):
            other = ', and the data there are others' if _PLACE.match(key) else ''
            raise UsageError(
                f'checkpoint {name}: a resumed run cannot change {key} ({_short(before)}, now {_short(now)}{other}): '
                'take the old value, or start another run from these weights with --weights and another --work-dir'
            )
    if not same_data:
        changed['fingerprint of the data'] = (print_, data)
    if changed:
        before = {key: None if value is _NOTHING else value for key, (value, _) in changed.items()}
        earlier = [*earlier, {'epoch': meta['epoch'], 'iteration': meta['iter'], 'before': before}]
    config.pop('resumed', None)
    if earlier:
        config.resumed = earlier
    return {
        key: f'resumed with another {key}: {_short(now)}, before {_short(old)}' for key, (old, now) in changed.items()
    }


def resume_optimizer(
    optim_wrapper: Any,
    schedulers: Any,
    checkpoint: Mapping[str, Any],
    steps: int,
    epoch_length: int,
    changed: Iterable[str],
) -> None:
    """Take moments from a checkpoint, and rates and decays from the config, as its schedules have them by now.

    mmengine loads the state of the schedules, their lengths included, so that a longer run would stay at the rate where
    the shorter one ended. Here they are stepped anew from the start of the run: many of them know the next rate from
    the last one only.

    Args:
        optim_wrapper: new optimizer of the config.
        schedulers: its new schedules.
        checkpoint: content of the checkpoint.
        steps: number of iterations that were done.
        epoch_length: number of iterations after which an epoch ends; 0 where none does.
        changed: keys of the config that have another value than in the checkpoint.

    Raises:
        UsageError: A schedule that follows measurements was changed.
    """
    flat = list(_schedules(schedulers))
    measured = [schedule for schedule in flat if getattr(schedule, 'need_val_args', False)]
    if measured:
        if any(key.startswith(('param_scheduler', 'optim_wrapper.optimizer')) for key in changed):
            kind = type(measured[0]).__name__
            raise UsageError(f'{kind} goes by what was measured: a resumed run cannot change its rate or its schedules')
        for schedule, state in zip(flat, _schedules(checkpoint['param_schedulers']), strict=True):
            schedule.load_state_dict({**state, 'end': schedule.end})
        optim_wrapper.load_state_dict(checkpoint['optimizer'])
        return
    for schedule in flat:
        schedule.optimizer._global_step = steps  # else mmengine warns that the optimizer has made no step
    by_iteration = [schedule for schedule in flat if not schedule.by_epoch]
    by_epoch = [schedule for schedule in flat if schedule.by_epoch]
    for step in range(1, steps + 1):
        for schedule in by_iteration:
            schedule.step()
        if epoch_length and step % epoch_length == 0:
            for schedule in by_epoch:
                schedule.step()
    scheduled = tuple({f'_{schedule.param_name}' for schedule in flat})
    wrappers = list(optim_wrapper.values()) if hasattr(optim_wrapper, 'values') else [optim_wrapper]
    wanted = [
        {key: value for key, value in group.items() if key in RATES or f'_{key}'.endswith(scheduled)}
        for wrapper in wrappers
        for group in wrapper.param_groups
    ]
    optim_wrapper.load_state_dict(checkpoint['optimizer'])
    groups = [group for wrapper in wrappers for group in wrapper.param_groups]
    for group, settings in zip(groups, wanted, strict=True):
        group.update(settings)


def unfinished(changed: Iterable[str], left: int) -> None:
    """Refuse a change of the training of a run that has no iteration left to be trained with it.

    Raises:
        UsageError: There is such a change.
    """
    late = [key for key in changed if key.startswith(_OF_TRAINING)]
    if late and left <= 0:
        raise UsageError(f'nothing is left to train with another {late[0]}: the run has reached its length, train_cfg')


_NOTHING = object()


def _differences(old: Any, new: Any, place: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield dotted key, old and new value of all that differs."""
    if isinstance(old, list) and isinstance(new, list) and any(isinstance(entry, dict) for entry in old + new):
        old, new = dict(enumerate(old)), dict(enumerate(new))
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            below = f'{place}.{key}' if place else str(key)
            yield from _differences(old.get(key, _NOTHING), new.get(key, _NOTHING), below)
    elif old != new:
        yield place, (old, new)


def _schedules(found: Any) -> Iterator[Any]:
    """Yield schedules, or their states, of one optimizer or of several."""
    if isinstance(found, dict):
        for entries in found.values():
            yield from entries
    else:
        yield from found or []


def _short(value: Any) -> str:
    """Return a value in a few words."""
    text = 'nothing' if value is _NOTHING else str(value)
    return text if len(text) <= 60 else f'{text[:57]}...'
