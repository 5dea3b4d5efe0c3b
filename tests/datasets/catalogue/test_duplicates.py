"""Clouds that come more than once."""

from __future__ import annotations

from zoo.datasets.catalogue.duplicates import Sighting, check_leakage, check_repeats
from zoo.datasets.catalogue.report import Report


def sightings(part, contents, label='chair'):
    return [Sighting(bytes([content]), part, f'{part}/{number}', label) for number, content in enumerate(contents)]


def test_repeats_are_counted_and_named():
    report = Report('set')
    check_repeats('train', sightings('train', [1, 2, 1, 1, 3, 3]), report)
    (found,) = report.findings
    assert found.level == 'warning'
    assert found.text == '3 clouds repeat another one, the first: train/0, train/2 and 1 more'
    assert report.facts['repeats'] == {'train': [['train/0', 'train/2', 'train/3'], ['train/4', 'train/5']]}


def test_one_cloud_under_two_classes_is_said():
    report = Report('set')
    check_repeats('train', [*sightings('train', [1, 2]), *sightings('again', [1], 'stool')], report)
    assert [finding.text for finding in report.findings] == [
        '1 cloud repeats another one, the first: train/0, again/0',
        '1 cloud stands under more than one class, the first: train/0 (chair), again/0 (stool)',
    ]


def leakage(places, *seen, fixed=False):
    report = Report('set')
    check_leakage([one for some in seen for one in some], places, report, fixed)
    return report


def test_what_train_and_test_share_is_a_failure_of_the_user_and_a_flaw_of_the_publisher():
    places = {'train': ('train', ''), 'test': ('test', '')}
    seen = sightings('train', [1, 2, 2, 3]), sightings('test', [4, 2, 3, 3])
    report = leakage(places, *seen)
    assert [(finding.level, finding.subject) for finding in report.findings] == [('failed', 'test')]
    assert report.findings[0].text.startswith('2 clouds of test')
    assert report.findings[0].text.endswith('the first: train/1 = test/1')
    assert report.facts['leakage'] == {'train/test': [['train/1', 'test/1'], ['train/3', 'test/2']]}
    assert leakage(places, *seen, fixed=True).findings[0].level == 'warning'


def test_only_roles_of_one_group_are_compared():
    seen = sightings('a', [1]), sightings('b', [1]), sightings('c', [1])
    assert not leakage({'a': ('', ''), 'b': ('', ''), 'c': ('test', '')}, *seen).findings
    assert not leakage({'a': ('train', '0'), 'b': ('test', '1'), 'c': ('train', '2')}, *seen).findings
    assert not leakage({'a': ('test', ''), 'b': ('test', ''), 'c': ('test', '')}, *seen).findings
    assert len(leakage({'a': ('train', ''), 'b': ('val', ''), 'c': ('test', '')}, *seen).findings) == 3
