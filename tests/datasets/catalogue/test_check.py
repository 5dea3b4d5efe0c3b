"""Checks of whole datasets, on sets spoilt in one way each."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from tests.datasets.catalogue.clouds import Clouds, random_clouds
from tests.refusals import refused
from zoo.datasets import ProceduralShapes
from zoo.datasets.catalogue.check import Candidate, check_parts, content_digest
from zoo.datasets.catalogue.report import Report
from zoo.datasets.catalogue.scan import scan
from zoo.errors import UsageError


def check(report=None, candidates=None, /, *, up=None, fixed_splits=False, limit=None, **parts):
    """Check datasets given by name, the roles of which are their names."""
    report = report or Report('set')
    known = candidates or {name: Candidate(lambda part=part: part, role=name) for name, part in parts.items()}
    check_parts(known, report, up=up, fixed_splits=fixed_splits, limit=limit, progress=False)
    return report


def lines(report, level):
    return [f'{finding.subject}: {finding.text}' for finding in report.at(level)]


def test_a_sound_set_is_summed_up_in_one_line_a_part():
    train, test = Clouds(random_clouds(6), [0, 0, 0, 0, 1, 1]), Clouds(random_clouds(2, seed=1), [0, 1], name='test')
    report = check(train=train, test=test)
    assert [finding.level for finding in report.findings] == ['ok', 'ok']
    first, second = lines(report, 'ok')
    assert first.startswith('train: 6 objects; 2 classes of 2 (table) to 4 (chair); 16 points; radius ')
    assert second.startswith('test: 2 objects; 2 classes of 1; 16 points; ')
    facts = report.facts['parts']['train']
    assert (facts['objects'], facts['read'], facts['points']) == (6, 6, [16, 16])
    assert facts['classes'] == {'chair': 4, 'table': 2}
    assert facts['content'] == content_digest(train, scan(train, range(6)))
    assert facts['content'][:12] in first
    assert train.reads.max() == 2  # once by the check, once by the line above


def test_numbers_are_compared_with_the_published_ones():
    part = Clouds(random_clouds(3))
    told = {'train': Candidate(lambda: part, expected=4)}
    assert lines(check(None, told), 'failed') == ['train: 3 objects, 4 were published']
    told = {'train': Candidate(lambda: part, expected=3)}
    assert lines(check(None, told), 'ok')[0].startswith('train: 3 objects, as published; ')
    told = {'train': Candidate(lambda: part, expected=4, also={3: 'one file of an archive is empty'})}
    report = check(None, told)
    assert not report.at('failed')
    assert lines(report, 'note')[0] == 'train: 3 objects where 4 were published: one file of an archive is empty'


def test_files_that_cannot_be_read_are_all_counted_and_the_first_is_named():
    report = check(train=Clouds(random_clouds(9), broken=(2, 4, 5, 6, 8)), test=Clouds(random_clouds(2, seed=1)))
    found = lines(report, 'damaged')
    assert found[0] == 'train: clouds/2.npy is cut off: fetch it again'
    assert found[3] == 'train: 2 more objects cannot be used, up to number 8'
    assert len(found) == 4
    assert len(report.at('ok')) == 1  # the test set is fine
    assert 'clouds/2.npy' in refused(report.raise_for_damage)


def test_a_part_that_cannot_be_opened_does_not_hide_the_others():
    def missing():
        raise UsageError('test.h5 is missing')

    parts = {'test': Candidate(missing), 'train': Candidate(lambda: Clouds(random_clouds(2)))}
    report = check(None, parts)
    assert lines(report, 'damaged') == ['test: test.h5 is missing']
    assert report.at('ok')


@pytest.mark.parametrize('label', [2, -2])
def test_labels_out_of_range_name_the_object(label):
    report = check(train=Clouds(random_clouds(3), [0, label, 1]))
    assert lines(report, 'damaged') == [f'train: clouds/1.npy has label {label}, there are 2 classes']


def test_classes():
    report = check(train=Clouds(random_clouds(3), [0, -1, 0], ('chair', 'table', 'sofa')))
    assert lines(report, 'note')[:2] == [
        'train: 2 classes without an object: table, sofa',
        'train: 1 object without a class',
    ]
    report = check(train=Clouds(random_clouds(2), [0, 1], ('chair', 'chair')))
    assert lines(report, 'failed') == ['train: two classes have one name: chair, chair']
    report = check(train=Clouds(random_clouds(2), [-1, -1], ()))
    assert 'class' not in lines(report, 'ok')[0]


def test_what_a_dataset_left_out_is_damage_and_is_said_once(caplog):
    def with_gaps():
        logging.getLogger('zoo.datasets.somewhere').warning('b.obj is broken')
        dataset = Clouds(random_clouds(2))
        dataset.broken = {'b.obj': 'b.obj is broken'}
        return dataset

    report = check(None, {'all': Candidate(with_gaps)})
    assert lines(report, 'damaged') == ['all: b.obj is broken']
    assert not caplog.records
    logging.getLogger('zoo.datasets.somewhere').warning('heard again')
    assert caplog.records


def test_the_content_does_not_depend_on_order_or_storage():
    clouds, labels = random_clouds(6), np.array([0, 1, 0, 1, 1, 0])
    order = np.array([3, 5, 0, 2, 4, 1])
    sets = [Clouds(clouds, labels), Clouds(clouds, [1, 1, 0, 1, 1, 0])]
    sets.append(Clouds([clouds[i][::-1] for i in order], 1 - labels[order], ('table', 'chair')))
    one, relabeled, other = (content_digest(dataset, scan(dataset, range(6))) for dataset in sets)
    assert one == other != relabeled


def test_repeats_and_leakage():
    clouds = random_clouds(5)
    turned = clouds[0][::-1]  # the same points in another order
    train, test = Clouds([*clouds[:4], turned]), Clouds([clouds[4], clouds[1]], name='test')
    report = check(train=train, test=test)
    assert lines(report, 'warning') == ['train: 1 cloud repeats another one, the first: clouds/0.npy, clouds/4.npy']
    assert lines(report, 'failed') == [
        'test: 1 cloud of test is in train too (leakage), the first: clouds/1.npy = test/1.npy'
    ]
    assert not check(train=train, test=test, fixed_splits=True).at('failed')


def test_sizes():
    (cloud,) = random_clouds(1, 64)
    twice = lines(check(train=Clouds([np.concatenate([cloud] * 2)])), 'note')
    assert 'train: 1 cloud with points more than once, up to 50% of their points' in twice
    cloud = cloud - cloud.mean(axis=0)
    unit = cloud / np.linalg.norm(cloud, axis=1).max()
    assert 'fill the unit sphere' in lines(check(train=Clouds([unit])), 'ok')[0]
    assert 'in the unit sphere' in lines(check(train=Clouds([unit, 0.5 * unit])), 'ok')[0]
    assert 'radius 3 to 3, center up to' in lines(check(train=Clouds([3 * unit])), 'ok')[0]
    assert '10 to 64 points' in lines(check(train=Clouds([unit[:10], unit])), 'ok')[0]


def test_another_axis_than_promised_is_a_warning():
    dataset = ProceduralShapes(num_objects=258, num_points=512)
    wrong = Clouds(dataset.gather_points(np.arange(258))[:, :, [0, 2, 1]], dataset.labels, dataset.classes)
    report = check(train=wrong, up='+y')
    assert '; +z up; ' in lines(report, 'ok')[0]
    (text,) = lines(report, 'warning')
    assert text.startswith('train: +z seems to be up instead of +y: objects stand on')
    assert report.facts['parts']['train']['up'] == '+z'
    assert not check(train=wrong, up='+z').at('warning')
    assert not check(train=wrong).at('warning')


def test_a_limit_reads_less_and_says_so():
    dataset = Clouds(random_clouds(50))
    report = check(train=dataset, limit=5)
    assert dataset.reads.sum() == 5
    assert dataset.reads[[0, 49]].all()
    assert lines(report, 'ok')[0].startswith('train: 50 objects, 5 of them read; ')
    assert 'content' not in lines(report, 'ok')[0]
    assert '--limit must be at least 1' in refused(check, train=dataset, limit=0)
