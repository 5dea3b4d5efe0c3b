from __future__ import annotations

import numpy as np
import pytest

from benchmarks.protocols.base import Context, Data, Student
from benchmarks.protocols.paper import best_epoch
from benchmarks.protocols.paper.best_epoch import BestEpoch, chosen_epoch
from tests.benchmarks.protocols.tuning import Small, boxes, tuning

EPOCHS = 4
RECIPE = {'rate': 3e-3, 'selection': 'given'}


class SmallBestEpoch(Small, BestEpoch):
    length = EPOCHS


def look(data, work):
    return SmallBestEpoch(EPOCHS * 48).measure(
        Student('point-mae-nano'), data, Context(32, 1, work=work, out=work, inputs={'recipe': RECIPE})
    )


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp('best_epoch')
    data = Data(*boxes(folder, noise=1.0))
    return folder, data, look(data, folder / 'look')


def test_one_training_gives_the_clean_figure_too(runs):
    folder, data, found = runs
    configs = data.config('train'), data.config('test')
    clean = tuning(Student('point-mae-nano'), *configs, folder / 'clean', epochs=EPOCHS).last_epoch()
    assert found.metrics['oa_last'] == clean.metrics['oa']
    assert np.array_equal(np.load(folder / 'look' / f'epoch_{EPOCHS}.npy'), clean.predictions)
    looked, last = ((folder / name / 'weights.safetensors').read_bytes() for name in ('look', 'clean'))
    assert looked[-1000:] == last[-1000:]


def test_the_best_of_all_epochs_is_reported_with_every_epoch_beside_it(runs):
    folder, _, found = runs
    saved = [np.load(folder / 'look' / f'epoch_{epoch + 1}.npy') for epoch in range(EPOCHS)]
    accuracy = [100 * np.mean(row == found.labels) for row in saved]
    assert [found.metrics[f'oa_epoch/{epoch + 1}'] for epoch in range(EPOCHS)] == pytest.approx(accuracy)
    best = accuracy.index(max(accuracy))
    assert found.metrics['oa'] == pytest.approx(max(accuracy))
    assert found.metrics['oa_gain'] == pytest.approx(max(accuracy) - accuracy[-1])
    assert found.metrics['epoch'] == best + 1
    assert np.array_equal(found.predictions, saved[best])
    assert found.protocol['name'] == 'finetune@paper-best-epoch'
    assert (found.protocol['epoch_selection'], found.protocol['voting']) == ('best_test', 'none')


def test_a_run_that_was_killed_between_epochs_ends_the_same(runs, monkeypatch):
    folder, data, found = runs
    keep = best_epoch.write_array

    def killed(path, content):
        if path.stem == 'epoch_3':
            raise KeyboardInterrupt
        keep(path, content)

    monkeypatch.setattr(best_epoch, 'write_array', killed)
    with pytest.raises(KeyboardInterrupt):
        look(data, folder / 'killed')
    monkeypatch.setattr(best_epoch, 'write_array', keep)
    # A look at an epoch that is over cannot be taken again, so that the run begins anew where one is not what it was.
    np.save(folder / 'killed' / 'epoch_1.npy', np.zeros_like(found.predictions, dtype=np.int32))
    again = look(data, folder / 'killed')
    assert again.metrics == found.metrics
    assert np.array_equal(again.predictions, found.predictions)


def test_a_tie_goes_to_the_earlier_epoch():
    labels, table = np.array([0, 1, 1]), np.array([[0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]])
    found = chosen_epoch(labels, table, ['a', 'b'])
    assert found.metrics['epoch'] == 2
    assert found.predictions.tolist() == [0, 1, 0]
    assert found.metrics['oa_gain'] == pytest.approx(200 / 3)
