"""What the command lines share."""

from __future__ import annotations

import argparse
import contextlib
import errno
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import torch.distributed as dist
from mmengine import Config, DictAction

from zoo.compat import expand, tolerate_any_output
from zoo.config import load_config
from zoo.engine.config import configure
from zoo.engine.distributed import LAUNCHERS
from zoo.errors import Diverged, UsageError

DONE, FAILED, WRONG_USAGE, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143
"""Exit codes."""

_ELSEWHERE = 'ask its owner, or choose another folder (ZOO_HOME for what is kept)'
_ROOM = 'make room or choose another disk; the same command goes on where it stopped (a training with --resume)'
WAYS_OUT = {
    errno.EACCES: _ELSEWHERE,
    errno.EPERM: _ELSEWHERE,
    errno.EROFS: _ELSEWHERE,
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EISDIR: 'a folder stands where a file is written: move it away',
    errno.ENOTDIR: 'a file stands where a folder is needed: move it away',
    errno.EMFILE: 'allow more open files (ulimit -n)',
}
"""What to do about errors of the machine, which can meet any line of code."""


class ArgumentParser(argparse.ArgumentParser):
    """A parser whose errors are one line, and that expands ``~`` where the shell does not (``--out=~/x``)."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; every value that begins with ``~`` is a path of a user.

        Raises:
            UsageError: The command line is wrong, or there is no such user.
        """
        found = super().parse_args(args, namespace)
        for key, value in vars(found).items():
            if (
                isinstance(value, str)
                and not value.isascii()
                and any('\ud800' <= letter <= '\udfff' for letter in value)
            ):
                letters = value.encode('ascii', 'replace').decode()
                self.error(f'{letters}: the locale of this shell has no such letters: set PYTHONUTF8=1')
            setattr(found, key, _expanded(value))
        return found

    def error(self, message: str) -> NoReturn:
        """Raise the message.

        Raises:
            UsageError: Always.
        """
        raise UsageError(f'{message}; {self.prog} --help shows the options')


def _expanded(value: Any) -> Any:
    """A value of the command line with the homes of users in it."""
    if isinstance(value, list):
        return [_expanded(item) for item in value]
    if isinstance(value, dict):
        return {key: _expanded(item) for key, item in value.items()}
    return type(value)(expand(value)) if isinstance(value, str | Path) and str(value).startswith('~') else value


class _Options(DictAction):
    """Parses ``key=value``; a missing ``=`` is an error of the command line."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        for value in values:
            if '=' not in value:
                parser.error(f'{option_string} {value}: expected KEY=VALUE')
        try:
            super().__call__(parser, namespace, values, option_string)
        except (AssertionError, RecursionError) as error:  # unbalanced brackets; a call such as dict(...)
            reason = 'is no value' if isinstance(error, RecursionError) else str(error)
            parser.error(
                f'{option_string} {" ".join(values)}: {reason}; write [a,b] for lists, a.b=VALUE for entries of a dict'
            )


def config_parser(description: str) -> ArgumentParser:
    """Return a parser for CONFIG and the options that all tools with a config share."""
    parser = ArgumentParser(description=description)
    parser.add_argument('config', metavar='CONFIG', help='config file, e.g. configs/recon/nano.py')
    add = parser.add_argument
    add('--work-dir', metavar='DIR', help='where to write; work_dirs/<config> by default')
    add('--resume', nargs='?', const='auto', metavar='PATH', help='go on from the newest checkpoint, or from PATH')
    add('--weights', metavar='SOURCE', help='start from weights: a model name, a path or an address')
    add('--backbone', metavar='NAME', help='use this backbone instead of that of the config')
    add('--launcher', choices=LAUNCHERS, default='none', help='what started the processes')
    add('--device', choices=('cpu', 'cuda'), help='the GPU, where there is one, by default')
    add('--amp', action='store_true', help='compute in bfloat16 where it is safe (autocast), as on a GPU')
    add('--cfg-options', nargs='+', action=_Options, default={}, metavar='K=V', help='settings of the config, dotted')
    return parser


def config_of(arguments: argparse.Namespace) -> Config:
    """Return the config that parsed arguments of :func:`config_parser` ask for.

    Raises:
        UsageError: See :func:`load_config` and :func:`configure`.
    """
    return configure(
        load_config(arguments.config, arguments.cfg_options),
        work_dir=arguments.work_dir,
        resume=arguments.resume,
        weights=arguments.weights,
        backbone=arguments.backbone,
        launcher=arguments.launcher,
        device=arguments.device,
        amp=arguments.amp or None,
    )


def one_line(error: UsageError) -> str:
    """Return what is wrong as one line, without the traceback that torch puts around an error of a worker process."""
    text = str(error)
    kind = type(error).__name__
    # So torch begins the message of an error from a worker process; the original message ends it.
    if text.startswith(f'Caught {kind} in DataLoader worker process'):
        text = text.rsplit(f'{kind}: ', 1)[-1]
    return ' '.join(text.split())


class Terminated(KeyboardInterrupt):
    """SIGTERM, as schedulers of clusters send it: what is open is closed, as after Ctrl-C."""


def run_cli(main: Callable[[Sequence[str] | None], int | None]) -> int:
    """Run the ``main`` of a tool and return its exit code.

    0 done, 1 failed, 2 wrong usage, 130 interrupted, 143 terminated. Wrong usage and missing input end in one readable
    line; everything else in a traceback. The folder of the tool
    leaves the search path of modules: ``tools/profile.py`` would pass for the standard library's ``profile`` there.
    """
    if Path(sys.argv[0]).is_file():  # not python -c, whose folder would be the current one
        folder = Path(sys.argv[0]).resolve().parent
        sys.path[:] = [entry for entry in sys.path if not entry or Path(entry).resolve() != folder]
    tolerate_any_output()
    with contextlib.suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGTERM, _terminate)
    try:
        return main(None) or DONE
    except UsageError as error:
        print(f'error: {one_line(error)}', file=sys.stderr)
        return FAILED if isinstance(error, Diverged) else WRONG_USAGE
    except OSError as error:
        way_out = WAYS_OUT.get(error.errno or 0)
        if way_out is None:
            traceback.print_exc()
            return FAILED
        print(f'error: {error.filename or "a file"}: {error.strerror}: {way_out}', file=sys.stderr)
        return WRONG_USAGE
    except KeyboardInterrupt as stop:
        terminated = isinstance(stop, Terminated)
        what = 'terminated by SIGTERM' if terminated else 'interrupted'
        print(f'{what}; the same command goes on where it stopped (a training with --resume)', file=sys.stderr)
        return TERMINATED if terminated else INTERRUPTED
    except Exception:
        traceback.print_exc()
        return FAILED
    finally:
        if signal.getsignal(signal.SIGTERM) is _terminate:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if dist.is_available() and dist.is_initialized():
            dist.destroy_process_group()


def _terminate(number: int, frame: Any) -> NoReturn:
    """Unwind the program; a second signal ends it at once."""
    signal.signal(number, signal.SIG_DFL)
    raise Terminated
