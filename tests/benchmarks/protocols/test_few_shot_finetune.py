from __future__ import annotations

import numpy as np
import pytest

from benchmarks.protocols import few_shot_finetune as module
from benchmarks.protocols.base import Student
from benchmarks.protocols.few_shot_finetune import FewShotFinetune, batch_size
from benchmarks.protocols.finetune import finetune
from tests.benchmarks.protocols.parts import measured
from tests.benchmarks.protocols.tuning import CONFIG, boxes, options
from zoo.datasets.episodes import few_shot_episodes
from zoo.registry import DATASETS


class Small(FewShotFinetune):
    def options(self, encoder, support, query, num_points):
        return {
            **options(support, query, epochs=1),
            'train_dataloader.batch_size': batch_size(6),
            'train_dataloader.drop_last': False,
        }


def test_folds_are_single_fine_tunings_done_once(tmp_path, monkeypatch):
    train, test = boxes(tmp_path, 90)
    asked = []

    def spy(config, work_dir, backbone, weights, seed, changes, device):
        asked.append(changes)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return finetune(config, work_dir, backbone, weights, seed, changes, device)

    monkeypatch.setattr(module, 'finetune', spy)
    small, place = Small(ways=2, shots=3, queries=2, folds=2, epochs=1), {'work': tmp_path / 'run', 'seed': 4}
    arguments = (small, Student('point-mae-nano'), train, test)
    with pytest.raises(KeyboardInterrupt):
        measured(*arguments, **place)
    found = measured(*arguments, **place)
    # Fold 0 once, fold 1 twice because the first try was killed.
    assert len(asked) == 3
    assert not [path for path in (tmp_path / 'run').iterdir() if path.is_dir()]
    labels = [DATASETS.build(part).labels for part in (train, test)]
    for fold, (changes, episode) in enumerate(zip(asked[::2], few_shot_episodes(*labels, 2, 3, 2, 2, 4), strict=True)):
        support, query = (
            DATASETS.build({k: v for k, v in changes[f'{part}_dataloader.dataset'].items() if k != '_delete_'})
            for part in ('train', 'test')
        )
        for dataset, indices, count in ((support, episode.train_indices, 3), (query, episode.test_indices, 2)):
            assert np.bincount(dataset.labels).tolist() == [count, count]
            assert dataset.indices.tolist() == indices.tolist()
        alone = finetune(CONFIG, tmp_path / f'alone{fold}', 'point-mae-nano', None, 4, changes, 'cpu')
        assert found.metrics[f'oa/{fold}'] == alone.metrics['oa']
    folds = [found.metrics['oa/0'], found.metrics['oa/1']]
    assert found.metrics['oa'] == pytest.approx(np.mean(folds))
    assert found.metrics['oa_std'] == pytest.approx(np.std(folds, ddof=1))
    expected = {'name': 'few_shot_finetune', 'ways': 2, 'shots': 3, 'queries': 2, 'folds': 2, 'epochs': 1}
    assert {**expected, 'voting': 'none', 'epoch_selection': 'last'}.items() <= found.protocol.items()
    assert not len(found.predictions)
    # The note of a fold that was changed by hand is measured again, the other is not.
    note = tmp_path / 'run' / 'fold_1.json'
    note.write_text(note.read_text().replace(f'"oa": {folds[1]}', '"oa": 99.0'))
    again = measured(*arguments, **place)
    assert (again.metrics, len(asked)) == (found.metrics, 4)


def test_every_support_object_is_seen_and_no_batch_has_one_object():
    for size in range(2, 300):
        chosen = batch_size(size)
        assert 2 <= chosen <= 32
        assert size % chosen != 1
    assert [batch_size(size) for size in (6, 50, 100, 200, 33, 65)] == [6, 32, 32, 32, 31, 31]
