from __future__ import annotations

import dataclasses
import os
import shutil
import sqlite3
import warnings

import pytest

from benchmarks.records import Store
from benchmarks.records.record import read_record
from tests.benchmarks.records.examples import guesses, record
from zoo.errors import UsageError
from zoo.io import UNFINISHED


def rows(folder):
    with sqlite3.connect(folder / 'index.sqlite') as connection:
        found = connection.execute('SELECT * FROM records ORDER BY key').fetchall()
    connection.close()
    return found


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / 'records')
    for model in ('recon-nano', 'point-mae-nano'):
        for seed in range(3):
            made.add(record(model=model, seed=seed))
    return made


def test_what_is_added_is_found(store):
    one = record(seed=7, protocol={'name': 'few_shot', 'fold': 3})
    path = store.add(one)
    assert store.get(one.key) == read_record(path) == one
    assert store.get('0' * 32) is None
    assert len(store.records()) == 7


def test_records_come_in_order(store):
    found = [(entry.model, entry.seed) for entry in store.records()]
    assert found == sorted(found)


@pytest.mark.parametrize(
    ('filters', 'count'),
    [
        ({}, 6),
        ({'model': 'recon-nano'}, 3),
        ({'model': 'recon*'}, 3),
        ({'model': ['recon*', 'point-mae-nano']}, 6),
        ({'seed': 1}, 2),
        ({'seed': range(2), 'model': '*mae*'}, 2),
        ({'seed': []}, 0),
        ({'dataset': 'ModelNet40', 'protocol': 'svm', 'voting': 'none', 'epoch_selection': 'last'}, 6),
        ({'dataset': 'modelnet40'}, 0),
        ({'source': 'published'}, 0),
        ({'model': "x' OR 1 --"}, 0),
    ],
)
def test_filters(store, filters, count):
    assert len(store.find(**filters)) == count


def test_an_unknown_filter_is_named(store):
    with pytest.raises(UsageError, match="no filter 'colour'"):
        store.find(colour='red')


def test_a_measurement_made_again_takes_the_place_of_the_old_one(store):
    first = record(model='recon-nano', seed=1)
    path = store.add(dataclasses.replace(first, metrics={'oa': 99.0}))
    assert len(store.records()) == 6
    assert store.get(first.key).metrics == {'oa': 99.0}
    # The name of the model may change under one job key: still one file.
    job = 'b' * 32
    store.add(record(model='old name', job=job))
    store.add(record(model='new name', job=job))
    assert [entry.model for entry in store.find(key=job)] == ['new name']
    assert len(list(path.parent.glob('*.json'))) == 7


def test_predictions_lie_beside_their_record(store):
    guess = guesses(0.7)
    one = record(seed=9, metrics={'oa': 70.0})
    path = store.add(one, guess)
    stored = store.get(one.key)
    assert (path.parent / f'{stored.predictions}.npz').is_file()
    assert store.predictions(stored).sha256 == guess.sha256
    assert store.predictions(record()) is None


def test_predictions_must_have_the_accuracy_of_the_record(store):
    with pytest.raises(ValueError, match=r'70\.00 by the predictions'):
        store.add(record(seed=9, metrics={'oa': 71.0}), guesses(0.7))
    assert len(store.records()) == 6


def test_a_record_that_is_not_one_leaves_nothing(store):
    with pytest.raises(ValueError, match=r'metrics\.oa'):
        store.add(record(seed=9, metrics={'oa': float('nan')}))
    assert len(store.records()) == len(list(store.folder.glob('*.json'))) == 6


def test_a_deleted_database_is_made_again_equal(store):
    before = rows(store.folder)
    (store.folder / 'index.sqlite').unlink()
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        again = Store(store.folder)
    assert rows(store.folder) == before
    assert again.records() == store.records()
    store.rebuild()
    assert rows(store.folder) == before


def damage_text(path):
    path.write_bytes(b'this is no database' * 300)


def damage_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damage_pages(path):
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(bytes(content))


def damage_layout(path):
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE TABLE records (something)')
    connection.close()


DAMAGES = [damage_text, damage_half, damage_pages, damage_layout]


@pytest.mark.parametrize('damage', DAMAGES)
def test_a_broken_database_is_made_again_with_a_warning(store, damage):
    before = rows(store.folder)
    damage(store.folder / 'index.sqlite')
    with pytest.warns(UserWarning, match=r'index\.sqlite is broken'):
        Store(store.folder)
    assert rows(store.folder) == before


@pytest.mark.parametrize('damage', [damage_text, os.unlink])
def test_a_store_that_is_open_survives_the_loss_of_its_database(store, damage):
    damage(store.folder / 'index.sqlite')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        assert len(store.records()) == 6
        damage(store.folder / 'index.sqlite')
        store.add(record(seed=8))
        assert len(store.records()) == 7


def test_the_database_follows_the_files(store):
    other = record(seed=50)
    other.save(store.folder / 'by hand' / 'copied.json')
    victim = sorted(store.folder.glob('*.json'))[0]
    lost = read_record(victim)
    victim.unlink()
    changed = sorted(store.folder.glob('*.json'))[0]
    kept = dataclasses.replace(read_record(changed), metrics={'oa': 1.25})
    kept.save(changed)
    again = Store(store.folder)
    assert again.get(other.key) == other
    assert again.get(lost.key) is None
    assert again.get(kept.key).metrics == {'oa': 1.25}
    assert len(again.records()) == 6


def test_a_copy_counts_once_and_takes_over(store):
    original = sorted(store.folder.glob('*.json'))[0]
    one = read_record(original)
    shutil.copy(original, store.folder / 'zz copy.json')
    assert len(Store(store.folder).records()) == 6
    original.unlink()
    assert Store(store.folder).get(one.key) == one


def test_two_records_of_one_key_are_named(store):
    original = sorted(store.folder.glob('*.json'))[0]
    dataclasses.replace(read_record(original), seconds=77.0).save(store.folder / 'other.json')
    with pytest.warns(UserWarning, match=r'left out: record .* has the key of .* and differs'):
        assert len(Store(store.folder).records()) == 6


@pytest.mark.parametrize('text', ['', '{"model": ', '[]', '\x00' * 50])
def test_a_broken_file_is_named_and_left_out(store, text):
    victim = sorted(store.folder.glob('*.json'))[2]
    victim.write_text(text)
    with pytest.warns(UserWarning, match=victim.name):
        assert len(Store(store.folder).records()) == 5
    victim.unlink()
    assert len(Store(store.folder).records()) == 5


def test_a_writer_that_dies_before_its_row_is_there_loses_nothing(store, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(store, '_row', die)
    with pytest.raises(KeyboardInterrupt):
        store.add(record(seed=8))
    assert len(rows(store.folder)) == 6
    assert len(Store(store.folder).find(seed=8)) == 1


def test_what_killed_writers_left_is_swept_away(store):
    left = store.folder / f'.a.json.1{UNFINISHED}'
    left.write_text('{"half')
    store.rebuild()
    assert not left.exists()
    assert len(store.records()) == 6


def test_records_of_the_first_layout_are_indexed(tmp_path):
    from tests.benchmarks.records.test_migrate import written

    one = read_record(written(tmp_path))
    assert Store(tmp_path).records() == [one]
