from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.protocols import features
from benchmarks.protocols.features import ALONE
from benchmarks.protocols.paper.votes import Votes, vote_transforms
from tests.benchmarks.protocols.parts import measured
from tests.benchmarks.protocols.test_corruption import Clouds
from zoo import ops

POINTS, COPIES, VOTES = 16, 5, 6
ROTATE = tuple(vote_transforms('pb_t50_rs'))


class Direction(nn.Module):
    """Logits by how far a cloud reaches to its four sides, which turn with it; remembers what it saw."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, points):
        self.seen.append(points)
        sides = points[..., [0, 2]]
        return torch.cat([sides, -sides], dim=2).amax(1)


def voted(model, data, copies=COPIES, votes=1, points=POINTS, augmentation=ROTATE):
    return measured(Votes(augmentation, copies, votes), model, None, data, points, seed=3)


@pytest.fixture(scope='module')
def found():
    data, model = Clouds(20), Direction()
    best = voted(model, data, votes=VOTES)
    # Before the votes, every cloud was measured once, and a few of them again.
    votes = torch.cat(model.seen)[len(data) + 2 * ALONE :]
    return data, best, votes.view(len(data), VOTES, COPIES, POINTS, 3)


def test_the_reported_vote_is_the_best_of_a_loop_over_votes_and_clouds(found):
    data, best, copies = found
    accuracy, predicted = [], []
    for vote in range(VOTES):
        predicted.append([])
        for cloud in range(len(data)):
            total = sum(Direction()(copy[None])[0] for copy in copies[cloud, vote])
            predicted[-1].append(int(total.argmax()))
        accuracy.append(100 * np.mean(np.array(predicted[-1]) == data.labels))
    assert len(set(accuracy)) > 1
    assert best.metrics['oa'] == pytest.approx(max(accuracy))
    assert best.metrics['oa_mean'] == pytest.approx(np.mean(accuracy))
    assert best.metrics['oa_std'] == pytest.approx(np.std(accuracy, ddof=1))
    assert best.predictions.tolist() == predicted[int(np.argmax(accuracy))]


def test_a_copy_is_a_turned_choice_of_spread_points(found):
    data, _, copies = found
    for cloud in (0, 7):
        points = torch.from_numpy(data.points(cloud))[None]
        spread = ops.gather_points(points, ops.farthest_point_sample(points, POINTS * 600 // 512))[0]
        for copy in copies[cloud, 0]:
            # Heights are not turned; the copy was moved and scaled as a whole.
            heights = np.sort((copy[:, 1] - copy[:, 1].min()).numpy()) / float(copy[:, 1].max() - copy[:, 1].min())
            ratios = [
                (spread[:, 1] - low) / (high - low) for low in spread[:, 1] for high in spread[:, 1] if high > low
            ]
            assert any(np.abs(ratio.numpy()[:, None] - heights).min(0).max() < 1e-4 for ratio in ratios)
        assert len(torch.unique(copies[cloud].reshape(-1, POINTS * 3), dim=0)) == VOTES * COPIES


@pytest.mark.parametrize('batch_size', [1, 7, 1000])
def test_batches_do_not_matter(found, batch_size, monkeypatch):
    data, best, _ = found
    monkeypatch.setattr(features, 'BATCH_SIZE', {'cpu': batch_size})
    again = voted(Direction(), data, votes=VOTES)
    assert again.metrics == pytest.approx(best.metrics)
    assert np.array_equal(again.predictions, best.predictions)


def test_one_vote_is_the_first_of_many_and_the_best_of_more_is_no_worse(found):
    data, best, copies = found
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    single, *more = (voted(Direction(), data, votes=votes) for votes in (1, 2, 4))
    assert torch.equal(before, torch.random.get_rng_state()), 'the global generator is left alone'
    first = Direction()(copies[:, 0].reshape(-1, POINTS, 3)).view(len(data), COPIES, -1).mean(1).argmax(1).numpy()
    assert np.array_equal(single.predictions, first)
    figures = [entry.metrics['oa'] for entry in (single, *more, best)]
    assert figures[0] == pytest.approx(100 * np.mean(first == data.labels))
    assert sorted(figures) == figures
    expected = {'name': 'vote-5@paper', 'voting': '5 augmentations, mean of logits'}
    assert expected.items() <= single.protocol.items()
    expected = {'name': 'vote-5-max-of-6@paper', 'epoch_selection': 'last', 'vote_seed': 3}
    expected |= {'voting': 'best on the test split of 6 votes of 5 augmentations, mean of logits'}
    assert {**expected, 'vote_augmentation': ['RandomRotateGravity']}.items() <= best.protocol.items()
    for entry in (single, best):
        assert entry.metrics['oa_gain'] == pytest.approx(entry.metrics['oa'] - entry.metrics['oa_single'])
    assert 'oa_std' not in single.metrics


def test_without_augmentation_and_with_all_points_copies_are_reordered_and_nothing_else():
    class Radius(nn.Module):
        def forward(self, points):
            number = (points.norm(dim=2).mean(dim=1) * 20).long() % 4
            return nn.functional.one_hot(number, 4).float()

    data = Clouds(12)
    best = voted(Radius(), data, votes=3, points=60, augmentation=tuple(vote_transforms('obj_bg')))
    assert best.metrics['oa_gain'] == best.metrics['oa_std'] == 0


def test_what_copies_go_through_follows_the_data():
    given = {'pb_t50_rs': ['RandomRotateGravity'], 'obj_bg': [], 'obj_only': []}
    for variant, names in {**given, '': ['RandomScale'], 'cad': ['RandomScale']}.items():
        assert [step['type'] for step in vote_transforms(variant)] == names
