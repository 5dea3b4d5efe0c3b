"""Few-shot episodes by full fine-tuning, one run for every fold.

Source: the few-shot protocol of arXiv 2111.14819 as the code released with arXiv 2302.02318 has it: rate 5e-4, 150
epochs with 10 of warm-up, batches of 32, stochastic depth 0.1, turning about the vertical axis although the objects
are those of ModelNet40. Traps: the released code drops the last incomplete batch, so that 5-way 10-shot sees 32 of
its 50 objects in an epoch, gives the head 40 outputs, and reports the best epoch on the queries of every fold; here
every object is seen, the head has as many outputs as there are ways, and the last epoch counts. Deviation over folds
and interval are different numbers, see :mod:`benchmarks.protocols.few_shot`, whose episodes these are.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.protocols.finetune import finetune
from benchmarks.protocols.measurement import Measurement
from benchmarks.records.files import read_note, write_note
from zoo.datasets.episodes import few_shot_episodes
from zoo.registry import DATASETS

PROTOCOL = {'name': 'few_shot_finetune', 'version': 1, 'epoch_selection': 'last', 'voting': 'none'}

RATE, EPOCHS, WARMUP, BATCH_SIZE, DROP_PATH = 5e-4, 150, 10, 32, 0.1
"""Of the released code."""

Options = Callable[[dict[str, Any], dict[str, Any]], Mapping[str, Any]]
"""From the configs of support and queries to changes of the fine-tuning config."""


def batch_size(size: int) -> int:
    """Largest batch up to that of the released code that leaves no batch of one, on which batch norm fails.

    Args:
        size: objects of a support, at least 2.
    """
    return next(number for number in range(min(BATCH_SIZE, size), 1, -1) if size % number != 1)


def measure_few_shot_finetune(
    config: str | Path,
    work_dir: Path,
    backbone: str,
    weights: str | None,
    train: Mapping[str, Any],
    test: Mapping[str, Any],
    options: Options,
    ways: int = 5,
    shots: int = 10,
    queries: int = 20,
    folds: int = 10,
    seed: int = 0,
    device: str | None = None,
) -> Measurement:
    """Fine-tune a student on every support and measure it on the queries.

    Args:
        config: fine-tuning config.
        work_dir: where the runs write; folds that are done are not done again.
        backbone: name of the student.
        weights: pretrained weights; None starts from random ones.
        train: config of the labelled dataset of the supports.
        test: config of that of the queries.
        options: changes to the config for a support and its queries.
        ways: classes of an episode.
        shots: support objects of a class.
        queries: query objects of a class.
        folds: episodes.
        seed: of the episodes, and of initialisation, order and augmentation in all of them.
        device: ``cpu`` or ``cuda``; the GPU where there is one.

    Returns:
        ``oa``: mean over folds; ``oa_std``: standard deviation over several folds (ddof 1); ``oa/<fold>``: of every
        fold. No single predictions, because folds overlap.
    """
    begin = time.perf_counter()
    train_labels, test_labels = (DATASETS.build(dict(part)).labels for part in (train, test))
    episodes = few_shot_episodes(train_labels, test_labels, ways, shots, queries, folds, seed)
    found, settings = [], {}
    for fold, episode in enumerate(episodes):
        kept = work_dir / f'fold_{fold}.json'
        result = _kept(kept)
        if result is None:
            support = _episode(train, episode.train_indices, episode.classes)
            query = _episode(test, episode.test_indices, episode.classes)
            run = work_dir / f'fold_{fold}'
            one = finetune(config, run, backbone, weights, seed, options(support, query), device)
            write_note(kept, {'oa': one.metrics['oa'], 'protocol': one.protocol})
            shutil.rmtree(run)
            result = read_note(kept)
        found.append(float(result['oa']))
        settings = result['protocol']
    metrics = {'oa': float(np.mean(found))} | ({'oa_std': float(np.std(found, ddof=1))} if len(found) > 1 else {})
    metrics |= {f'oa/{fold}': value for fold, value in enumerate(found)}
    episodic = {'ways': ways, 'shots': shots, 'queries': queries, 'folds': folds}
    nothing = np.zeros(0, dtype=np.int64)
    seconds = time.perf_counter() - begin
    return Measurement(metrics, {**settings, **PROTOCOL, **episodic}, seconds, {}, nothing, nothing)


def _episode(config: Mapping[str, Any], indices: np.ndarray, classes: tuple[int, ...]) -> dict[str, Any]:
    """Config of one side of an episode."""
    return {
        'type': 'EpisodeDataset',
        'dataset': dict(config),
        'indices': indices.tolist(),
        'classes': [int(label) for label in classes],
    }


def _kept(path: Path) -> dict[str, Any] | None:
    """Note of a fold that is done; None where there is none, or it is no longer what was written, which is said."""
    try:
        return read_note(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        logging.getLogger(__name__).warning('%s is damaged and measured again: %s', path, error)
        return None
