from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from benchmarks.protocols.probe import Probe
from tests.benchmarks.protocols.parts import measured, parts
from zoo.errors import Diverged


def blobs(seed, spread=0.6, total=300):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, total)
    centers = np.random.default_rng(9).normal(size=(3, 5)) * 3
    return (centers[labels] + spread * rng.normal(size=(total, 5))).astype(np.float32) * 100 + 7, labels


@pytest.mark.parametrize('head', ['linear', 'mlp3'])
def test_a_head_finds_what_logistic_regression_finds(head):
    features, labels = blobs(0, spread=1.5)
    held_out, truth = blobs(1, spread=1.5)
    trained = Probe(head, 30, 1e-2).trained(features, labels, 3)
    with torch.inference_mode():
        accuracy = np.mean(trained(torch.from_numpy(held_out)).argmax(1).numpy() == truth)
    scaled = (features - features.mean(0)) / features.std(0)
    reference = LogisticRegression(max_iter=1000).fit(scaled, labels)
    expected = reference.score((held_out - features.mean(0)) / features.std(0), truth)
    assert accuracy == pytest.approx(expected, abs=0.04)


def test_random_labels_are_not_learnt_beyond_chance_on_other_objects():
    features, _ = blobs(0, total=400)
    shuffled = np.random.default_rng(5).integers(0, 3, 400)
    trained = Probe('linear', 30).trained(features[:200], shuffled[:200], 3)
    with torch.inference_mode():
        accuracy = np.mean(trained(torch.from_numpy(features[200:])).argmax(1).numpy() == shuffled[200:])
    assert accuracy < 1 / 3 + 4 * np.sqrt(2 / 9 / 200)


def test_the_seed_decides_and_the_global_generator_is_left_alone():
    features, labels = blobs(2, total=64)
    features[:, 0] = 1e6  # a constant channel does no harm
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    first, again, other = (Probe('mlp3', 2).trained(features, labels, 3, seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    pairs = zip(first.parameters(), again.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))
    assert torch.isfinite(first(torch.from_numpy(features))).all()


def test_the_student_is_left_as_it_was(tmp_path):
    model, train, test = parts(tmp_path, pool='cls')
    before = {key: value.clone() for key, value in model.state_dict().items()}
    found = measured(Probe('linear', 2), model, train, test)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert (found.protocol['name'], found.protocol['epochs'], found.protocol['pooling']) == ('linear', 2, 'cls')
    assert len(found.predictions) == len(test)


def test_a_head_that_diverges_is_no_figure(tmp_path):
    with pytest.raises(Diverged, match=r"the head 'linear' diverged at lr 1e\+30"):
        measured(Probe(lr=1e30, head_epochs=3), *parts(tmp_path, pool='cls'))
    features, labels = blobs(0)
    features[5, 2] = np.nan
    with pytest.raises(Diverged, match='diverged'):
        Probe('linear', 1).trained(features, labels, 3)
