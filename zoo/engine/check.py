"""Finding the typos in a config before anything is built."""

from __future__ import annotations

import difflib
import inspect
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mmengine
import mmengine.registry
from mmengine import Config
from mmengine.registry import Registry
from mmengine.runner import Runner, set_random_seed

import zoo.registry
from zoo.arguments import nodes, wrong_value
from zoo.engine.schedule import LENGTHS
from zoo.errors import UsageError

# Keys that are read before the rest is handed to the constructor.
_FRAMEWORK = {
    'type',
    '_scope_',
    'priority',
    'constructor',
    'paramwise_cfg',
    'optimizer',
    'convert_to_iter_based',
    'init_cfg',
    'end',
}
_BUILDERS = (str(Path(str(mmengine.__file__)).parent), str(Path(__file__).parent))
"""Where constructors are called with arguments from a config."""


def _loading(batch_size: int = 1, num_workers: int = 0, drop_last: bool = False, pin_memory: bool = False) -> None:
    """What a loader takes, of which torch annotates the types in a way that cannot be read."""


def _training(
    max_epochs: int = 0,
    max_iters: int = 0,
    val_begin: int = 1,
    val_interval: int = 1,
    by_epoch: bool = True,
    dynamic_intervals: list[tuple[int, int]] | None = None,
) -> None:
    """What ``train_cfg`` takes where it has no type."""


def _switches(
    amp: bool | None = None,
    tf32: bool | None = None,
    resident: bool | None = None,
    compile: bool | dict[str, Any] | None = None,
    checkpointing: bool | None = None,
    find_unused_parameters: bool | None = None,
) -> None:
    """How a run computes; None leaves it to the device."""


_SECTIONS: dict[str, Callable[..., Any]] = {
    'randomness': set_random_seed,
    'train_dataloader': _loading,
    'val_dataloader': _loading,
    'test_dataloader': _loading,
    'train_cfg': _training,
}
"""Sections without a type, and who reads them."""

MOST_WORKERS = 512
"""Processes of a loader; each is started as asked for, whatever the number of cores."""

_UNEXPECTED = re.compile(r"(?:(\w+)\.__init__|(\w+))\(\) got an unexpected keyword argument '(\w+)'")
_MISSING = re.compile(r'(?:(\w+)\.__init__|(\w+))\(\) missing \d+ required .*?: (.+)')
_UNKNOWN = re.compile(r"'?(.+?) is not in the (\S+) registry")


def registries() -> list[Registry]:
    """Return every registry of the zoo and of mmengine."""
    found = [*vars(zoo.registry).values(), *vars(mmengine.registry).values()]
    return [entry for entry in found if isinstance(entry, Registry)]


def check_config(config: Config) -> None:
    """Check every ``type`` in the config, and the names and values of the arguments given to it.

    Raises:
        UsageError: A type is not registered, or takes no argument of that name or no such value; names the place and
            what comes close.
    """
    known = _registered()
    file = config.filename or 'config'
    for place, node in nodes(config.to_dict(), ''):
        kind = node['type']
        if (isinstance(kind, str) and '.' in kind) or callable(kind):
            continue
        if not isinstance(kind, str):
            raise UsageError(f'{file}: {place}.type: expected the name of a component, got {kind!r:.60}')
        if kind not in known:
            import mmcv.transforms  # noqa: F401 - registers itself; too heavy to load for configs without images

            known = _registered()
        if kind not in known:
            raise UsageError(f'{file}: {place}.type: {kind!r} is not registered{_suggest(kind, sorted(known))}')
        values = {
            key: value
            for key, value in node.items()
            if not (place.startswith('param_scheduler') and _share(key, value))
        }
        problems = [_wrong_argument(target, node) or wrong_value(target, values) for target in known[kind]]
        if all(problems):
            raise UsageError(f'{file}: {place}: {kind} {problems[0]}')
    problem = wrong_value(Runner, config) or wrong_value(_switches, config)
    if problem:
        raise UsageError(f'{file} {problem}')
    for place, function in _SECTIONS.items():
        section = config.get(place)
        if not isinstance(section, Mapping):
            continue
        problem = wrong_value(function, section)
        if not problem and section.get('num_workers', 0) > MOST_WORKERS:
            problem = f'asks for {section["num_workers"]} processes, num_workers is at most {MOST_WORKERS}'
        if problem:
            raise UsageError(f'{file}: {place} {problem}')


@contextmanager
def readable_build_errors() -> Iterator[None]:
    """Turn what mmengine raises about a wrong config into one readable line.

    Raises:
        UsageError: A type is not registered, or a constructor was given a wrong argument or value or lacks one.
    """
    try:
        yield
    except UsageError:
        raise
    except Exception as error:
        said = _about_the_config(error)
        if said is None:
            raise
        raise UsageError(f'config: {said}') from error


def _about_the_config(error: Exception) -> str | None:
    """What an error of a constructor says about the config; None for a fault of the code, of users' code too."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    if isinstance(error, KeyError) and (match := _UNKNOWN.search(str(error))):
        name = match[1].strip('"')
        every = sorted({key for shelf in registries() for key in shelf.module_dict})
        return f'type {name!r} is not registered{_suggest(name, every)}'
    if isinstance(error, TypeError) and last.filename.startswith(_BUILDERS):
        unexpected, missing = _UNEXPECTED.search(str(error)), _MISSING.search(str(error))
        if unexpected is not None:
            return f'{unexpected[1] or unexpected[2]} takes no argument {unexpected[3]!r}'
        if missing is not None:
            return f'{missing[1] or missing[2]} needs the argument {missing[3]}'
    if isinstance(error, FileNotFoundError):
        return f'{error.filename} is not there and cannot be made: give another path'
    # Constructors say so about values; libraries fail in other ways as well.
    values = isinstance(error, ValueError | ArithmeticError | AssertionError | RuntimeError | MemoryError)
    library = 'site-packages' in last.filename and isinstance(error, TypeError | KeyError | AttributeError)
    if not values and not library:
        return None
    reason = ' '.join(str(error).split()) or type(error).__name__
    return f'{reason:.300} ({Path(last.filename).name} line {last.lineno})'


def _share(key: str, value: Any) -> bool:
    """Whether a length of a schedule is a share of the training, which :func:`zoo.engine.schedule.fit` reads."""
    several = key in ('milestones', 'periods') and isinstance(value, list | tuple)
    return key in LENGTHS and (isinstance(value, str) or several)


def _registered() -> dict[str, list[Callable[..., Any]]]:
    """Return what is registered, by name; a name may stand for something else in another registry."""
    known: dict[str, list[Callable[..., Any]]] = {}
    for shelf in registries():
        shelf.import_from_location()
        for name, target in shelf.module_dict.items():
            known.setdefault(name, []).append(target)
    return known


def _wrong_argument(target: Callable[..., Any], node: dict[str, Any]) -> str:
    """Return what is wrong with the names of the arguments, empty when nothing is."""
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):  # a few builtins have no signature
        return ''
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return ''
    names = [parameter.name for parameter in parameters]
    wrong = [key for key in node if key not in names and key not in _FRAMEWORK]
    if not wrong:
        return ''
    return f'takes no argument {wrong[0]!r}{_suggest(wrong[0], names)}; it takes {", ".join(names) or "none"}'


def _suggest(name: str, known: list[str]) -> str:
    """Return a hint at what may have been meant."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    return f', did you mean {" or ".join(close)}?' if close else ''
