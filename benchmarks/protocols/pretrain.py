"""Pretrain once, use many times."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo.engine import build_runner, configure, load_config
from zoo.io import write_whole


def pretrain(
    config: str | Path, work_dir: Path, options: Mapping[str, Any] | None = None, device: str | None = None
) -> Path:
    """Weights of a pretraining run; made now unless they are there, continued when the run was interrupted.

    Args:
        config: pretraining config.
        work_dir: where the run writes.
        options: changes to the config, by dotted key.
        device: ``cpu`` or ``cuda``; the GPU where there is one.

    Returns:
        Path of ``weights.safetensors``.
    """
    target = work_dir / 'weights.safetensors'
    loaded = load_config(config, options or {})
    digest = hashlib.sha256(loaded.dump().encode()).hexdigest()
    note = work_dir / 'config.sha256'
    if target.is_file() and note.is_file() and note.read_text(encoding='utf-8') == digest:
        return target
    if note.is_file() and note.read_text(encoding='utf-8') != digest:
        raise ValueError(f'{work_dir} holds a run of another config: remove it or choose another folder')
    write_whole(note, digest)
    build_runner(configure(loaded, work_dir=work_dir, resume='auto', device=device)).train()
    return target
