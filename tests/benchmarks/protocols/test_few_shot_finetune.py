from __future__ import annotations

import numpy as np
import pytest

from benchmarks.protocols import few_shot_finetune as module
from benchmarks.protocols.base import Context, Student
from benchmarks.protocols.few_shot_finetune import FewShotFinetune, batch_size
from benchmarks.protocols.finetune import Finetune, Tuning
from tests.benchmarks.protocols.parts import measured
from tests.benchmarks.protocols.tuning import CONFIG, POINTS, Small, boxes
from zoo.datasets.episodes import few_shot_episodes
from zoo.registry import DATASETS


class SmallFewShot(FewShotFinetune):
    def options(self, encoder, data, context):
        small = type('', (Small, Finetune), {'length': 1})(48)
        own = {'train_dataloader.batch_size': batch_size(6), 'train_dataloader.drop_last': False}
        return {**small.options(encoder, data, context, 3e-3), **own}


def test_folds_are_single_fine_tunings_done_once(tmp_path, monkeypatch):
    train, test = boxes(tmp_path, 90)
    asked = []

    def spy(config, encoder, changes, context):
        asked.append(changes)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return Tuning(config, encoder, changes, context)

    monkeypatch.setattr(module, 'Tuning', spy)
    small, place = SmallFewShot(ways=2, shots=3, queries=2, folds=2, epochs=1), {'work': tmp_path / 'run', 'seed': 4}
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
        context = Context(POINTS, 4, work=tmp_path / f'alone{fold}')
        alone = Tuning(CONFIG, Student('point-mae-nano'), changes, context).last_epoch()
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
