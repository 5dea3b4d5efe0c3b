"""Config files of the project and of its users: where they lie, and how they are read."""

from __future__ import annotations

import copy
import difflib
import inspect
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine import Config

from zoo.compat import expand
from zoo.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent
ROOT = next(folder for folder in (_PACKAGE / '.mim', _PACKAGE.parent) if folder.is_dir())
"""Folder of ``configs/``, ``weights/`` and ``model_index.yml``: beside the code in a wheel, where OpenMMLab's packages
have it, else the checkout."""

OURS = {'device', 'find_unused_parameters', 'sync_bn', 'weights', 'amp', 'tf32', 'resident', 'compile', 'checkpointing'}
"""Top-level keys that are read beside those of mmengine's runner; all others are only names inside of the file."""


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
    if not options:
        return
    from mmengine.runner import Runner  # takes long to import, and most configs are loaded as they are

    keys = (inspect.signature(Runner.__init__).parameters.keys() - {'self', 'cfg'}) | OURS
    for key, value in options.items():
        top, *way = key.split('.')[:-1] or [key]
        if top not in keys:
            hint = ' (the file has read it already; set what was made of it)' if top in config else ''
            close = difflib.get_close_matches(top, sorted(keys), n=1)
            meant = f'; did you mean {close[0]}?' if close else ''
            raise UsageError(f'--cfg-options {key}: nothing reads the key {top}{hint}{meant}')
        node: Any = config.get(top)
        for part in way:
            if not isinstance(node, dict | list):
                break
            if isinstance(node, dict):
                node = node.get(part)
            else:
                node = node[int(part)] if part.isdigit() and int(part) < len(node) else None
        if '.' in key and node is not None and not isinstance(node, dict | list):
            raise UsageError(f'--cfg-options {key}: a value of the config stands where a section is meant')
        last = key.rpartition('.')[2]
        old = config.get(top) if '.' not in key else node.get(last) if isinstance(node, dict) else None
        if isinstance(old, dict) and 'type' in old and not (value is None or isinstance(value, dict)):
            raise UsageError(
                f'--cfg-options {key}: a {old["type"]} cannot become {value!r}: write {key}.NAME=VALUE for its '
                'arguments, or another in a config of your own, with _base_ and dict(_delete_=True, type=...)'
            )
        try:
            config.merge_from_dict({key: copy.deepcopy(value)})
        except (KeyError, TypeError, AttributeError) as error:
            raise UsageError(f'--cfg-options {key}: {_explain(error)}') from error


def _explain(error: BaseException) -> str:
    """Return an error of a config file in one line, with the line where it happened if it is known."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.name == '<module>']
    where = f'{Path(frames[-1].filename).name} line {frames[-1].lineno}: ' if frames else ''
    text = ' '.join(str(error).split())
    return f'{where}{type(error).__name__}: {text}'
