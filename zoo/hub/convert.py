"""Turn a released checkpoint into a file of ours."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor, nn

import zoo
from zoo.compat import expand
from zoo.errors import UsageError
from zoo.hub.official import TASKS, load_official
from zoo.hub.official_tokenizers import foundation_tensors
from zoo.io import file_hash, write_tensors
from zoo.teachers.tokenizers.official import is_official
from zoo.tensors import read_tensors


def convert(
    source: str | Path,
    target: str | Path,
    method: str,
    task: str | None = None,
    *,
    num_groups: int = 64,
    group_size: int = 32,
    num_heads: int | None = None,
) -> str:
    """Read a released checkpoint, every tensor accounted for, and write it as safetensors under our names.

    The header says where the file comes from: ``converted_from``, ``source_sha256``, ``method``, ``task``,
    ``num_groups``, ``group_size``; for a tokenizer also ``model``, its config, which the teachers read.

    Args:
        source: checkpoint of the released code.
        target: ``.safetensors`` file to write, in one step.
        method: a key of ``TASKS``.
        task: task that the file was trained for; told from its tensors by default.
        num_groups: patches G, as in all released models.
        group_size: points K of a patch, as in all released models.
        num_heads: attention heads; one per 64 channels by default.

    Returns:
        One line that says what was written.

    Raises:
        UsageError: the file does not fit (names the keys), or the target cannot be written.
    """
    source, target = expand(source), expand(target)
    if target.suffix != '.safetensors':
        raise UsageError(f'{target}: the converted file must be called *.safetensors')
    if not target.parent.is_dir():
        raise UsageError(f'{target}: there is no folder {target.parent}')
    if method not in TASKS:
        raise UsageError(f"unknown method '{method}': choose one of {', '.join(TASKS)}")
    state = read_tensors(source)
    task = task or guess_task(state, str(source))
    model = load_official(state, method, task, num_groups=num_groups, group_size=group_size, num_heads=num_heads)
    header = {
        'format': 'pt',
        'converted_from': source.name,
        'source_sha256': file_hash(source),
        'method': method,
        'task': task,
        'num_groups': str(num_groups),
        'group_size': str(group_size),
        'torch': torch.__version__,
        'zoo': zoo.__version__,
    }
    if task == 'tokenizer':
        header['model'] = json.dumps({'type': 'TokenizerPretrainer', 'tokenizer': model.tokenizer_config})
    tensors = tensors_of(model)
    write_tensors(target, tensors, header)
    return f'{target}: {len(tensors)} tensors of a {type(model).__name__} ({method}, {task})'


def tensors_of(model: nn.Module) -> dict[str, Tensor]:
    """State of a model, and the frozen transformer that came with its tokenizer, without shared memory."""
    every = {**model.state_dict(), **foundation_tensors(model)}
    return {name: tensor.detach().cpu().clone().contiguous() for name, tensor in every.items()}


def guess_task(state: dict[str, Tensor], what: str) -> str:
    """What a released file was trained for.

    Raises:
        UsageError: its tensors do not tell.
    """
    if is_official(state):
        return 'tokenizer'
    for stem, task in (('MAE_encoder.', 'pretrain'), ('cls_head_finetune.', 'classify')):
        if any(key.startswith(stem) for key in state):
            return task
    held = ', '.join(sorted(state)[:6])
    raise UsageError(f'{what}: its tensors do not tell what it was trained for, pass --task; it holds {held}')
