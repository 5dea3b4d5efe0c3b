from __future__ import annotations

import math
import re
from collections import defaultdict

import numpy as np
import pytest

from benchmarks import load_results
from benchmarks.protocols.base import Context
from benchmarks.protocols.corruption_errors import RelativeErrors, relative_errors
from zoo.config import ROOT
from zoo.errors import UsageError
from zoo.transforms import CORRUPTIONS, SEVERITIES


def row(clean=90.0, clouds='here', severities=SEVERITIES, **mean):
    """What a job under corruptions leaves."""
    mean = mean or {'scale': 80.0, 'jitter': 50.0}
    protocol = {'corruptions': list(mean), 'severities': list(severities), 'clouds': clouds}
    return {'metrics': {'oa': clean, **{f'oa/{name}': value for name, value in mean.items()}}, 'protocol': protocol}


def published(clean, accuracy):
    """A row on the files of ModelNet-C, with accuracies to three digits as in its evaluation code."""
    return row(clean, 'ModelNet-C', **dict(zip(CORRUPTIONS, accuracy, strict=True)))


DGCNN = published(92.6, [90.6, 68.4, 78.5, 75.2, 79.3, 70.5, 72.5])
"""The reference row of arXiv 2202.03377."""


def test_errors_by_hand():
    errors = relative_errors(row(), [row(clean=80.0, scale=60.0, jitter=75.0)])
    expected = {'ce/scale': 20 / 40, 'ce/jitter': 50 / 25, 'rce/scale': 10 / 20, 'rce/jitter': 40 / 5}
    assert errors == pytest.approx({**expected, 'mce': (0.5 + 2) / 2, 'rmce': (0.5 + 8) / 2})


def test_means_over_severities_give_the_sums_of_the_formula():
    own, reference = [90.0, 80.0, 70.0, 60.0, 10.0], [95.0, 75.0, 65.0, 35.0, 20.0]
    mean = [sum(values) / 5 for values in (own, reference)]
    errors = relative_errors(row(92.0, scale=mean[0]), [row(96.0, scale=mean[1])])
    assert errors['mce'] == pytest.approx(sum(100 - value for value in own) / sum(100 - value for value in reference))
    assert errors['rmce'] == pytest.approx(sum(92 - value for value in own) / sum(96 - value for value in reference))


@pytest.mark.parametrize(
    ('model', 'mce', 'rmce'),
    [(DGCNN, 1, 1), (published(90.7, [88.1, 79.7, 59.1, 87.6, 77.8, 12.1, 56.2]), 1.422, 1.488)],
    ids=['the reference', 'PointNet'],
)
def test_published_rows_give_their_published_errors(model, mce, rmce):
    errors = relative_errors(model, [DGCNN])
    assert (errors['mce'], errors['rmce']) == (pytest.approx(mce, abs=5e-4), pytest.approx(rmce, abs=5e-4))


@pytest.mark.parametrize(
    ('reference', 'message'),
    [
        (row(clouds='there'), 'clouds of a model are here and those of its reference there'),
        (row(scale=80.0), 'corruptions of a model'),
        (row(severities=(1, 2)), 'severities of a model'),
        (row(scale=90.0, jitter=100.0), 'makes no error under jitter: choose another reference'),
    ],
)
def test_what_cannot_be_a_reference_is_refused(reference, message):
    with pytest.raises(UsageError, match=message):
        relative_errors(row(), [reference])


@pytest.mark.parametrize('jitter', [90.0, 95.0])
def test_where_the_reference_loses_nothing_the_relative_error_is_undefined(jitter):
    reference = row(scale=70.0, jitter=jitter)
    errors = relative_errors(row(), [reference])
    assert math.isnan(errors['rce/jitter'])
    assert math.isnan(errors['rmce'])
    assert errors['rce/scale'] == pytest.approx(0.5)
    made = errors_of(row(), reference)
    assert set(made.metrics) == {'oa', 'mce', 'ce/scale', 'ce/jitter'}
    assert np.isfinite(list(made.metrics.values())).all()


def errors_of(own, *references):
    inputs = {'own': own, **{f'reference:{seed}': value for seed, value in enumerate(references)}}
    return RelativeErrors().measure(None, None, Context(512, inputs=inputs))


def test_errors_of_a_job_are_relative_to_the_mean_of_the_seeds_of_the_reference():
    made = errors_of(row(), row(60.0, scale=50.0, jitter=30.0), row(62.0, scale=54.0, jitter=30.0))
    expected = relative_errors(row(), [row(61.0, scale=52.0, jitter=30.0)])
    names = ('mce', 'rmce', 'ce/scale', 'ce/jitter')
    assert made.metrics == pytest.approx({'oa': 90.0, **{name: expected[name] for name in names}})
    assert (made.protocol['name'], made.protocol['reference_seeds']) == ('corruption_errors', 2)


def test_the_page_of_results_quotes_the_errors_of_its_records():
    frame, means = load_results(ROOT / 'docs' / 'results' / 'robustness'), defaultdict(list)
    values = [
        {
            'metrics': {name: entry[f'metrics.{name}'] for name in ('oa', *(f'oa/{case}' for case in CORRUPTIONS))},
            'protocol': {'corruptions': CORRUPTIONS, 'severities': SEVERITIES, 'clouds': entry['protocol.clouds']},
            'model': entry['model'],
        }
        for entry in frame.to_dict('records')
    ]
    reference = [value for value in values if value['model'].startswith('point-mae')]
    for value in values:
        means[value['model']].append(errors_of(value, *reference).metrics)
    table = (ROOT / 'docs' / 'results' / 'README.md').read_text('utf-8').partition('**Corruption errors')[2]
    for model, found in means.items():
        (line,) = re.findall(rf'\| {model} .*', table)
        names = [*(f'ce/{case}' for case in CORRUPTIONS), 'mce', 'rmce']
        said = [float(cell.split()[0]) for cell in line.split('|')[2:-1]]
        assert said == pytest.approx([np.mean([entry[name] for entry in found]) for name in names], abs=6e-4)
