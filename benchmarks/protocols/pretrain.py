"""Pretrain once, use many times."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.records.files import read_note, write_note
from zoo.config import load_config
from zoo.engine import build_runner, configure, read_checkpoint
from zoo.engine.checkpoint import latest_checkpoint
from zoo.errors import UsageError
from zoo.io import file_hash
from zoo.tensors import read_safetensors, tensor_digest

NOTE = 'run.json'
"""Of a run: the hash of its config, and of its weights when it is finished."""


def pretrain(
    config: str | Path, work_dir: Path, options: Mapping[str, Any] | None = None, device: str | None = None
) -> Path:
    """Weights of a pretraining run; made now unless they are there, continued when the run was interrupted.

    Args:
        config: pretraining config.
        work_dir: folder of the run.
        options: changes to the config, by dotted key.
        device: ``cpu`` or ``cuda``; the GPU where there is one.

    Returns:
        Path of ``weights.safetensors``.

    Raises:
        UsageError: the folder holds a run of another config.
    """
    target, note = work_dir / 'weights.safetensors', work_dir / NOTE
    loaded = load_config(config, options or {})
    begun = {'config': hashlib.sha256(loaded.dump().encode()).hexdigest()}
    try:
        kept = read_note(note)
    except FileNotFoundError:
        kept = begun
    except (OSError, ValueError) as error:
        # Whose checkpoints lie there is not known any more.
        logging.getLogger(__name__).warning('%s is damaged (%s): the run begins anew', note, error)
        shutil.rmtree(work_dir)
        kept = begun
    if kept['config'] != begun['config']:
        raise UsageError(f'{work_dir} holds a run of another config: remove it or choose another folder')
    if 'weights' in kept and target.is_file():
        if file_hash(target) == kept['weights']:
            return target
        logging.getLogger(__name__).warning('%s is not what was written: trained again', target)
    write_note(note, begun)
    leave_damaged(work_dir)
    build_runner(configure(loaded, work_dir=work_dir, resume='auto', device=device, amp=None)).train()
    write_note(note, {**begun, 'weights': file_hash(target)})
    return target


def leave_damaged(work_dir: Path) -> None:
    """Remove checkpoints that are damaged, newest first, so that a run goes on from a whole one or begins anew."""
    while (path := latest_checkpoint(work_dir)) is not None:
        try:
            read_checkpoint(path)
            return
        except UsageError as error:
            logging.getLogger(__name__).warning('%s; it is removed, the run goes on without it', error)
            path.unlink()


def config_sha256(work_dir: Path) -> str:
    """Hash of the config of a run of :func:`pretrain`, with all changes."""
    return str(read_note(work_dir / NOTE)['config'])


def kept_weights(work_dir: Path, weights: Path, out: Path) -> dict[str, str]:
    """Where the weights of a finished run are, and their hash; its checkpoints are removed.

    Args:
        work_dir: folder of the run.
        weights: file of its weights.
        out: folder that the path is relative to.
    """
    for checkpoint in work_dir.rglob('*.pth'):
        with contextlib.suppress(FileNotFoundError):
            checkpoint.unlink()
    return {'weights': weights.relative_to(out).as_posix(), 'digest': tensor_digest(read_safetensors(weights)[0])}
