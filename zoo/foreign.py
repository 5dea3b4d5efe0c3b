"""Configs that came as data: the header of a weights file, options of the index, jobs of somebody's results.

A config in Python is code, and running it is the wish of whoever names it. What is downloaded or read back is not, and
mmengine's registries import whatever dotted name they are given. So such a config is checked before any registry sees
it: it may name what is registered in this project, with arguments that the constructors take, and sizes that the
tensors beside it can fill.
"""

from __future__ import annotations

import copy
import difflib
import inspect
import math
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import torch
from mmengine.registry import Registry
from torch import nn
from torch.nn.modules import module as hooks

from zoo.errors import UsageError
from zoo.io import from_json
from zoo.registry import BACKBONES, DATASETS, MASKS, MODELS, OBJECTIVES, TEACHERS, TRANSFORMS

PLACES = {
    'backbone': BACKBONES,
    'local_tower': BACKBONES,
    'global_tower': BACKBONES,
    'mask': MASKS,
    'objectives': OBJECTIVES,
    'teacher': TEACHERS,
    'foundation': TEACHERS,
    'tokenizer': MODELS,
    'data_preprocessor': MODELS,
    'train': TRANSFORMS,
    'test': TRANSFORMS,
    'second': TRANSFORMS,
    'second_view': TRANSFORMS,
    'transforms': TRANSFORMS,
    'image_pipeline': TRANSFORMS,
    'dataset': DATASETS,
    'datasets': DATASETS,
}
"""Arguments that hold a component, some of them or some by name, and where it is registered."""

LETTERS, LONGEST, NODES, DEPTH = 1 << 20, 2000, 20_000, 16
"""Of the JSON; of a text in it; scalars, lists and mappings; nesting. A config has some hundred nodes, seven deep."""

LARGEST = 1_000_000
COUNTS = ('seed', 'steps', 'delay', 'indices')
"""Whole numbers that are no size, and may be larger."""

UNSEEN = {'num_groups': 4096, 'num_centers': 4096, 'group_size': 512, 'ball_sizes': 512, 'neighbors': 512}
"""Largest sizes that no tensor of a file shows, and that cost memory when the model is called."""

FROZEN = 1 << 26
"""Largest depth times width squared of a frozen transformer (ViT-Huge), whose tensors are in no file of ours."""

SLACK = 1 << 20
"""Numbers that a model may have beside those in its file: counters, which old files lack."""

LEFT_OUT = 'left_out'
"""Key in the header of a released file: names of the objectives whose tensors it does without, with commas."""

MODULES = 100_000
FILES = ('weights', 'model', 'model_name', 'trained_by', 'foundation')
"""Arguments of teachers that name files or repositories, themselves or in what they hold."""


def parse_json(text: str | bytes, what: str, letters: int = LETTERS) -> Any:
    """Content of JSON that somebody else wrote.

    Raises:
        UsageError: it is none, too long, or nested too deeply.
    """
    try:
        if len(text) > letters:
            raise ValueError(f'it is longer than {letters} letters')
        return from_json(text)
    except ValueError as error:
        raise UsageError(f'{what} cannot be read: {error!s:.200}') from error


def check_foreign(config: Any, registry: Registry, what: str) -> None:
    """Check a config before it is built.

    Args:
        config: config as it was read.
        registry: registry that has to know its type.
        what: the config as messages call it.

    Raises:
        UsageError: names the place of what is no component of this project, no argument of it, or too large.
    """
    check_values(config, what)
    _component(config, registry, what, '')


def check_values(value: Any, what: str) -> None:
    """Check that a value is plain and small: texts, numbers, lists and mappings.

    Raises:
        UsageError: names the place that is not.
    """
    stack: list[tuple[Any, str, str, int]] = [(value, '', '', 0)]
    for _ in range(NODES):
        if not stack:
            return
        value, place, key, depth = stack.pop()
        if depth > DEPTH:
            raise UsageError(f'{what}: {place[:80]} is nested deeper than {DEPTH} levels')
        if isinstance(value, dict):
            for name, child in value.items():
                if not isinstance(name, str) or len(name) > 100 or not name.isprintable():
                    raise UsageError(f'{what}: {place}: {name!r:.60} is no name')
                if name.startswith('_') or name == 'init_cfg':  # mmengine reads these: other scope, other weights
                    raise UsageError(f'{what}: {place}.{name} is not taken from data'.replace(': .', ': '))
                stack.append((child, f'{place}.{name}'.lstrip('.'), name, depth + 1))
        elif isinstance(value, list | tuple):
            stack.extend((child, f'{place}.{number}', key, depth + 1) for number, child in enumerate(value))
        elif isinstance(value, str):
            if len(value) > LONGEST or '\0' in value:
                raise UsageError(f'{what}: {place} is a text of {len(value)} letters, at most {LONGEST} are taken')
        elif isinstance(value, bool) or value is None:
            pass
        elif not isinstance(value, int | float) or not _fits(value, key):
            raise UsageError(f'{what}: {place} is {_short(value)}, which is no number of a config')
    raise UsageError(f'{what}: it has more than {NODES} parts')


def on_paper(config: dict[str, Any], registry: Registry, what: str, numbers: int) -> None:
    """Build a checked config without memory, and see whether it is larger than what its file holds.

    Args:
        config: config as :func:`check_foreign` let it pass.
        registry: registry that knows it.
        what: the config as messages call it.
        numbers: count of numbers in all tensors of the file.

    Raises:
        UsageError: it cannot be built, or has more numbers than the file.
    """
    try:
        with torch.device('meta'), _budget(numbers + SLACK, what):
            registry.build(copy.deepcopy(config))
    except UsageError:
        raise
    except Exception as error:  # what a stranger's arguments make of a constructor can be anything
        reason = ' '.join(str(error).split())[:300] or type(error).__name__
        raise UsageError(f'{what}: a {config["type"]} cannot be built so: {reason}') from error


def read_header(path: str | Path) -> tuple[dict[str, str], int]:
    """Texts in the header of a ``.safetensors`` file, and how many numbers its tensors have.

    Raises:
        UsageError: it is not there, broken, or cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, 'pt') as file:
            names = file.keys()
            return file.metadata() or {}, sum(math.prod(file.get_slice(name).get_shape()) for name in names)
    except (OSError, ValueError, SafetensorError) as error:
        raise UsageError(f'weights {path} cannot be read, are they complete? {str(error).splitlines()[0]}') from error


def model_of_header(path: str | Path) -> dict[str, Any] | None:
    """Config of the model that a ``.safetensors`` file of this project belongs to, checked; None where it has none.

    Raises:
        UsageError: the file cannot be read, or its header holds anything but the config of a model that fits its
            tensors.
    """
    header, numbers = read_header(path)
    if 'model' not in header:
        return None
    what = f'weights {path}: the config in the header'
    config = parse_json(header['model'], what)
    if not isinstance(config, dict) or not config:
        return None
    check_foreign(config, MODELS, what)
    # What a released file leaves out is a decoder and projections, less than what it holds.
    on_paper(config, MODELS, what, 2 * numbers if LEFT_OUT in header else numbers)
    return config


def left_out(path: str | Path) -> tuple[str, ...]:
    """Beginnings of the names of tensors that a released file does without: objectives that only pretraining runs."""
    try:
        names = read_header(path)[0].get(LEFT_OUT, '')
    except UsageError:  # a file of torch has no header
        return ()
    return tuple(f'objectives.{name}.' for name in names.split(',') if name)


def seal_teachers(model: nn.Module, what: str) -> None:
    """Let no teacher of a model whose config came as data read files that the config names.

    Args:
        model: built model.
        what: name of the source of the config in messages.
    """
    part: Any
    for part in model.modules():
        if hasattr(part, 'seal'):
            part.seal(what)


def _component(config: Any, registry: Registry, what: str, place: str) -> None:
    """Check the type of a component, its arguments, and the components in them."""
    here = f'{what}: {place}' if place else what
    kind = config.get('type') if isinstance(config, dict) else None
    registry.import_from_location()
    name = kind.removeprefix('zoo.') if isinstance(kind, str) else ''
    target = registry.module_dict.get(name)
    if target is None:
        close = difflib.get_close_matches(name, registry.module_dict, n=1)
        hint = f'did you mean {close[0]}?' if close else 'data can name only what is registered here; nothing was run'
        raise UsageError(f'{here}: type {_short(kind)} is no {registry.name} of this project; {hint}')
    taken = inspect.signature(target).parameters
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values())
    for key, value in config.items():
        there = f'{place}.{key}'.lstrip('.')
        if key == 'type':
            continue
        if key not in taken and not open_ended:
            raise UsageError(f'{here}: {name} takes no argument {key!r}; it takes {", ".join(taken) or "none"}')
        if key in PLACES:
            _components(value, PLACES[key], what, there)
            continue
        _plain(value, what, there)
    if registry is TEACHERS:
        if config.get('frozen', True) is not True:
            raise UsageError(
                f'{here}: a teacher that is trained reads its files at once, and data name no files: give the config '
                'of the model beside its weights'
            )
        width, depth = (config.get(key, 1) for key in ('embed_dim', 'depth'))
        if not isinstance(width, int) or not isinstance(depth, int) or depth * width**2 > FROZEN:
            raise UsageError(f'{here}: embed_dim {_short(width)} and depth {_short(depth)} are no size of a {name}')


def _components(value: Any, registry: Registry, what: str, place: str) -> None:
    """Check a component, a list of them, or some by name; None stands for none."""
    if isinstance(value, list | tuple):
        for number, child in enumerate(value):
            _component(child, registry, what, f'{place}.{number}')
    elif isinstance(value, dict) and registry is OBJECTIVES:
        for name, child in value.items():
            if child is not None:
                _component(child, registry, what, f'{place}.{name}')
    elif value is not None:
        _component(value, registry, what, place)


def _plain(value: Any, what: str, place: str) -> None:
    """Refuse components where none is expected."""
    if isinstance(value, dict):
        if 'type' in value:
            raise UsageError(f'{what}: {place} holds a type, {_short(value["type"])}, where no component belongs')
        for key, child in value.items():
            _plain(child, what, f'{place}.{key}')
    elif isinstance(value, list | tuple):
        for number, child in enumerate(value):
            _plain(child, what, f'{place}.{number}')


@contextmanager
def _budget(numbers: int, what: str) -> Iterator[None]:
    """Stop when the modules that this thread builds have more parameters than ``numbers``, or are too many."""
    thread, used, built = threading.get_ident(), 0, 0

    def count(_: nn.Module, name: str, value: Any) -> None:
        nonlocal used, built
        if threading.get_ident() != thread:
            return
        used += value.numel() if isinstance(value, torch.Tensor) else 0
        built += isinstance(value, nn.Module)
        if used > numbers or built > MODULES:
            raise UsageError(f'{what}: it describes a model that is larger than the tensors of the file')

    with ExitStack() as stack:
        for register in (
            hooks.register_module_parameter_registration_hook,
            hooks.register_module_buffer_registration_hook,
            hooks.register_module_module_registration_hook,
        ):
            stack.callback(register(count).remove)
        yield


def _fits(value: float, key: str) -> bool:
    """Whether a number may stand in a config."""
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return abs(value) <= (1 << 63 if key in COUNTS else UNSEEN.get(key, LARGEST))


def _short(value: Any) -> str:
    """A value in a message of one line."""
    if isinstance(value, dict | list):
        return f'a {"mapping" if isinstance(value, dict) else "list"}'
    text = f'a number of {value.bit_length()} bits' if isinstance(value, int) and abs(value) > 1 << 64 else repr(value)
    return text if len(text) <= 60 else f'{text[:57]}...'
