from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from benchmarks.protocols.retrieval import Retrieval, ranks, summary
from tests.backbones.test_contract import SMALL
from tests.benchmarks.protocols.parts import cloud, measured, spread, unaligned
from tests.layouts import write_pack
from tests.teachers.toys import ColorTeacher, LetterTeacher
from zoo.errors import UsageError
from zoo.registry import DATASETS, MODELS

TEXTS, POINTS = ('a bed', 'a bathtub', 'a barn'), 24


class Letters(LetterTeacher):
    """Counts of letters, in the space of colors."""

    space = 'ours'

    def __init__(self):
        super().__init__()
        self.embed_dim = 4

    def _encode(self, network, inputs):
        return F.pad(super()._encode(network, inputs), (0, 1), value=0.5)


class Colors(ColorTeacher):
    space = 'ours'


def student(tmp_path, shared, norm='layer'):
    torch.manual_seed(1)
    align = {'type': 'AlignModality', 'target_dim': 4, 'target_norm': norm}
    objectives = {'image': align, 'text': align}
    model = MODELS.build({'type': 'Pretrainer', 'backbone': SMALL, 'objectives': objectives}).eval()
    model.objectives['text'].teacher = Letters()
    model.objectives['image'].teacher = (Colors if shared else ColorTeacher)(ColorTeacher.write(tmp_path / 'w.pth'))
    return spread(model)


@pytest.fixture
def data(tmp_path):
    views = np.random.default_rng(1).integers(0, 256, (50, 1, 4, 4, 3), dtype=np.uint8)
    path = write_pack(tmp_path / 'pack.npz', 50, num_points=40, views=views)
    built = DATASETS.build(dict(type='ShapePack', points=str(path), split='test', images=str(path), texts=True))
    built.caption = lambda index: TEXTS[index % 3]
    return built


@torch.no_grad()
@pytest.mark.parametrize('norm', ['layer', 'none'])
@pytest.mark.parametrize('shared', [True, False])
def test_every_figure_equals_a_loop_over_queries_and_clouds(tmp_path, data, shared, norm):
    model, total = student(tmp_path, shared, norm), len(data)
    found = measured(Retrieval((1, 2)), model, None, data, POINTS)
    assert found.protocol['streams']['text'] == ({'image': 1.0, 'text': 1.0} if shared else {'text': 1.0})
    for modality in ('text', 'image'):
        teacher = model.objectives[modality].teacher
        searched = TEXTS if modality == 'text' else range(total)
        places = []
        for query in searched:
            if modality == 'text':
                target, right = teacher([query])[0], {i for i in range(total) if TEXTS[i % 3] == query}
            else:
                picture = torch.from_numpy(data.image(query, 0)).permute(2, 0, 1)[None] / 255
                target, right = teacher(picture)[0].half().float(), {query}
            scores = []
            for index in range(total):
                queries = model.backbone(cloud(data, index, POINTS)).queries
                names = ('image', 'text') if shared else (modality,)
                feature = sum(model.objectives[name].projection(queries[name])[0] for name in names)
                pair = [v - v.mean() if norm == 'layer' else v for v in (feature, target)]
                scores.append(float(F.cosine_similarity(*pair, dim=0)))
            best = max(scores[i] for i in right)
            places.append(1 + sum(scores[i] > best for i in range(total) if i not in right))
        assert found.metrics[f'{modality}/queries'] == len(places)
        assert found.metrics[f'{modality}/median_rank'] == np.median(places)
        for k in (1, 2):
            hits = [place <= k for place in places]
            assert found.metrics[f'{modality}/recall@{k}'] == pytest.approx(100 * np.mean(hits))
    assert measured(Retrieval((1, 2)), model, None, data, POINTS).metrics == found.metrics
    pictures = torch.stack([torch.from_numpy(data.image(i, 0)).permute(2, 0, 1) / 255 for i in range(total)])
    seen, places = model.objectives['image'].teacher(pictures).half().float(), []
    for number, text in enumerate(TEXTS):
        pair = model.objectives['text'].teacher([text]), seen
        scores = F.cosine_similarity(*(rows - rows.mean(1, keepdim=True) if norm == 'layer' else rows for rows in pair))
        order = scores.argsort(descending=True).tolist()
        places.append(1 + min(order.index(i) for i in range(total) if i % 3 == number))
    assert found.metrics.get('pictures/median_rank') == (np.median(places) if shared else None)


def test_chance_counts_the_orders_in_which_a_right_cloud_is_early():
    for total, right, k in ((5, 1, 2), (6, 3, 2), (4, 4, 1), (5, 3, 4), (3, 1, 10)):
        orders = list(itertools.permutations(range(total)))
        share = np.mean([min(order[:k]) < right for order in orders])
        found = summary(np.array([1]), np.array([right]), total, (k,))
        assert found[f'chance@{k}'] == pytest.approx(100 * share)


def test_equal_scores_stand_before_the_right_one():
    assert ranks(np.zeros((2, 4)), np.array([0, 0, 1, 1])).tolist() == [3, 3]
    assert ranks(np.array([[0.0, 2.0, 2.0], [5.0, 1.0, 0.0]]), np.array([0, 0, 1])).tolist() == [2, 3]


def test_intervals_hold_the_figure_and_close_in():
    generator = np.random.default_rng(0)
    widths = []
    for number in (50, 5000):
        found = summary(generator.integers(1, 21, number), np.ones(number, int), 20, (10,))
        assert found['recall@10_low'] <= found['recall@10'] <= found['recall@10_high']
        assert found['median_rank_low'] <= found['median_rank'] <= found['median_rank_high']
        widths.append(found['recall@10_high'] - found['recall@10_low'])
    assert widths[1] == pytest.approx(2 * 1.96 * 100 * np.sqrt(0.25 / 5000), rel=0.1)
    assert widths[0] > 5 * widths[1]


def test_a_student_that_is_aligned_with_nothing_is_refused(data):
    with pytest.raises(UsageError, match='cmc or recon'):
        measured(Retrieval(), unaligned(), None, data)
