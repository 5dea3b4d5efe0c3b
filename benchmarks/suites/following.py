"""A kind of job that pretrains and keeps the student as it was on the way."""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.protocols.pretrain import kept_weights
from benchmarks.records.files import read_note, write_note
from benchmarks.suites import overlap
from benchmarks.suites.job import KINDS, Outcome, Task, kind
from benchmarks.suites.training import run_pretraining
from zoo.errors import UsageError
from zoo.io import file_hash, write_tensors
from zoo.tensors import read_checkpoint, read_safetensors

POINTS = 5
"""Snapshots of a run, evenly over its epochs; a few more where its length is no multiple."""


def snapshot_epochs(epochs: int) -> list[int]:
    """Epochs after which a student is kept, the last one among them.

    Args:
        epochs: of the run.
    """
    step = max(1, epochs // POINTS)
    return [*range(step, epochs, step), epochs]


def _seconds(settings: Mapping[str, Any]) -> float:
    """Guess for one thread: that of the pretraining."""
    return KINDS['pretrain'].seconds(settings)


@kind('follow', seconds=_seconds)
def follow(task: Task) -> Outcome:
    """Pretrain a student that needs no tokenizer, as ``pretrain`` does, and keep it after the epochs of ``snapshots``.

    The value is that of ``pretrain`` with ``snapshots``: path by epoch. Snapshots hold the whole pretrainer, its
    projections included, and no state of the optimizer.
    """
    epochs = task.settings['snapshots']
    checkpoints = {'interval': epochs[0], 'max_keep_ckpts': -1}
    weights, about = run_pretraining(
        task, {f'default_hooks.checkpoint.{name}': value for name, value in checkpoints.items()}
    )
    try:
        kept = {epoch: _snapshot(task.work, epoch, weights) for epoch in epochs[:-1]} | {epochs[-1]: weights}
    except UsageError as error:
        logging.getLogger(__name__).warning('%s: the run begins anew', error)
        shutil.rmtree(task.work)
        return follow(task)
    snapshots = {str(epoch): place.relative_to(task.out).as_posix() for epoch, place in kept.items()}
    # The last step, because it removes the checkpoints.
    return Outcome(
        {**kept_weights(task.work, weights, task.out), 'snapshots': snapshots, 'about': about},
        files=sorted({*snapshots.values(), weights.with_name(overlap.NAME).relative_to(task.out).as_posix()}),
    )


def _snapshot(work: Path, epoch: int, finished: Path) -> Path:
    """The student after an epoch with the header of the finished weights, out of the checkpoint unless that was done.

    Raises:
        UsageError: neither the snapshot nor its checkpoint is there as it was.
    """
    target, note = work / f'epoch_{epoch}.safetensors', work / f'epoch_{epoch}.json'
    with contextlib.suppress(OSError, ValueError):
        if read_note(note)['sha256'] == file_hash(target):
            return target
    state = read_checkpoint(work / f'epoch_{epoch}.pth')['state_dict']
    header = read_safetensors(finished)[1]
    write_tensors(target, {name: tensor.clone().contiguous() for name, tensor in state.items()}, header)
    write_note(note, {'sha256': file_hash(target)})
    return target
