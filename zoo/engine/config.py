"""From a config file and a command line to a checked config."""

from __future__ import annotations

import copy
import difflib
import inspect
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine import Config
from mmengine.runner import Runner

from zoo.compat import expand
from zoo.engine.distributed import LAUNCHERS
from zoo.engine.names import config_name
from zoo.errors import UsageError
from zoo.hub.names import ROOT
from zoo.registry import BACKBONES

KNOWN = (frozenset(inspect.signature(Runner.__init__).parameters) - {'self', 'cfg'}) | {
    'device',
    'find_unused_parameters',
    'sync_bn',
    'weights',
}
"""Top-level keys of a config that something reads; all others are only names inside of the file."""


def load_config(path: str | Path, options: Mapping[str, Any] | None = None) -> Config:
    """Load a config file and apply the options of the command line.

    Args:
        path: Config file; looked for in the working directory, then beside the package.
        options: Dotted key to value, as given with ``--cfg-options``.

    Raises:
        UsageError: The file is missing or cannot be executed, or an option changes nothing.
    """
    file = find_config(path)
    try:
        loaded = Config.fromfile(file)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(f'config {file} cannot be read: {_explain(error)}') from error
    # Formatting with yapf takes most of a second, and mmengine does it for every checkpoint.
    config = Config(loaded.to_dict(), cfg_text=loaded.text, filename=str(file), format_python_code=False)
    apply_options(config, options or {})
    return config


def find_config(path: str | Path) -> Path:
    """Return the config file meant by ``path``.

    Raises:
        UsageError: There is none; names what comes close.
    """
    for file in (expand(path), ROOT / path):
        if file.is_file():
            return file
    known = [
        entry.relative_to(ROOT).as_posix() for entry in (ROOT / 'configs').rglob('*.py') if '_base_' not in str(entry)
    ]
    close = difflib.get_close_matches(str(path), known, n=3, cutoff=0.5)
    hint = f'; did you mean {" or ".join(close)}?' if close else f', neither here nor in {ROOT}'
    raise UsageError(f'config {path} does not exist{hint}')


def apply_options(config: Config, options: Mapping[str, Any]) -> None:
    """Merge dotted options into the config.

    Raises:
        UsageError: Nothing reads the key, or a value stands in the way to it. An argument that a component does not
            take is found by :func:`zoo.engine.check_config`.
    """
    for key, value in options.items():
        top, *way = key.split('.')[:-1] or [key]
        if top not in KNOWN:
            hint = ' (the file has read it already; set what was made of it)' if top in config else ''
            close = difflib.get_close_matches(top, sorted(KNOWN), n=1)
            meant = f'; did you mean {close[0]}?' if close else ''
            raise UsageError(f'--cfg-options {key}: nothing reads the key {top}{hint}{meant}')
        node: Any = config.get(top)
        for part in way:
            if not isinstance(node, dict | list):
                break
            node = _step(node, part)
        if '.' in key and node is not None and not isinstance(node, dict | list):
            raise UsageError(f'--cfg-options {key}: a value of the config stands where a section is meant')
        try:
            config.merge_from_dict({key: copy.deepcopy(value)})
        except (KeyError, TypeError, AttributeError) as error:
            raise UsageError(f'--cfg-options {key}: {_explain(error)}') from error


def configure(
    config: Config,
    *,
    work_dir: str | Path | None = None,
    resume: str | None = None,
    weights: str | None = None,
    backbone: str | None = None,
    launcher: str = 'none',
    device: str | None = None,
    amp: bool = False,
) -> Config:
    """Apply the options that the command lines share; returns ``config``, changed.

    Args:
        config: Loaded config.
        work_dir: Where the run writes; ``work_dirs/<name of the config>`` unless given here or in the config.
        resume: ``auto`` for the newest checkpoint of the work directory, or the path of a checkpoint.
        weights: Weights to start from: name, path or address.
        backbone: Name of a backbone that replaces the config's.
        launcher: What started the processes: ``none``, ``pytorch``, ``slurm``, ``mpi``.
        device: ``cpu`` or ``cuda``; the GPU where there is one.
        amp: bfloat16 autocast.

    Raises:
        UsageError: An option does not fit the config or the machine.
    """
    name = config_name(config.filename or '')
    config.work_dir = str(expand(work_dir or config.get('work_dir') or Path('work_dirs') / name))
    if resume is not None:
        config.resume = True
        config.load_from = None if resume == 'auto' else str(expand(resume))
    if weights is not None:
        config.weights = weights
    if backbone is not None:
        _replace_backbone(config, backbone)
    if launcher != 'none':
        config.launcher = launcher
    if config.get('launcher', 'none') not in LAUNCHERS:
        raise UsageError(f'unknown launcher {config.launcher!r}: choose one of {", ".join(LAUNCHERS)}')
    config.device = resolve_device(device or config.get('device'))
    if amp:
        _use_autocast(config)
    return config


def resolve_device(device: str | None) -> str:
    """Return ``cpu`` or ``cuda``.

    Raises:
        UsageError: Another device, or a GPU that is not there.
    """
    available = torch.cuda.is_available()
    if device is None:
        return 'cuda' if available else 'cpu'
    if device not in ('cpu', 'cuda'):
        raise UsageError(f'unknown device {device!r}: choose cpu or cuda')
    if device == 'cuda' and not available:
        raise UsageError('--device cuda: this torch sees no GPU, leave the option out or choose cpu')
    return device


def _replace_backbone(config: Config, name: str) -> None:
    """Put the named student into the model."""
    from zoo.hub import backbone_config

    if 'backbone' not in config.get('model', {}):
        raise UsageError('--backbone: the model of this config has no backbone to replace')
    own = config.model.backbone
    replacing = backbone_config(name, 'segment' if config.model.get('type') == 'PartSegmenter' else 'classify')
    kept = BACKBONES.get(replacing['type']).task_arguments
    config.model.backbone = {**replacing, **{key: own[key] for key in kept if key in own}}


def _use_autocast(config: Config) -> None:
    """Switch the optimizer wrapper to autocast."""
    wrapper = config.get('optim_wrapper')
    if wrapper is None:
        return
    if wrapper.get('type', 'OptimWrapper') not in ('OptimWrapper', 'AutocastOptimWrapper'):
        raise UsageError(f'--amp: optim_wrapper.type is {wrapper.type} and cannot be switched to autocast')
    wrapper.type = 'AutocastOptimWrapper'


def _step(node: Any, part: str) -> Any:
    """Return the child of a config node, None when there is none."""
    if isinstance(node, list):
        return node[int(part)] if part.isdigit() and int(part) < len(node) else None
    return node.get(part) if isinstance(node, dict) else None


def _explain(error: BaseException) -> str:
    """Return an error of a config file in one line, with the line where it happened if it is known."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.name == '<module>']
    where = f'{Path(frames[-1].filename).name} line {frames[-1].lineno}: ' if frames else ''
    text = ' '.join(str(error).split())
    return f'{where}{type(error).__name__}: {text}'
