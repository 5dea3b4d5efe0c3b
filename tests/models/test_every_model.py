"""Every model in every precision, fed clouds of every precision, and traced."""

from __future__ import annotations

import itertools

import pytest
import torch

from tests.backbones.test_contract import JOINT, SMALL
from tests.models.test_models import OBJECTIVE_CONFIGS
from tests.models.test_tokenizer import ACT, DVAE
from zoo.registry import MODELS

PRETRAINER = dict(type='Pretrainer', backbone=SMALL, mask=dict(type='block', ratio=0.5))
CASES = {
    'pretrainer': {**PRETRAINER, 'objectives': OBJECTIVE_CONFIGS},
    'contrast': {**PRETRAINER, 'objectives': dict(a=dict(type='ClassContrast'), b=dict(type='ViewContrast'))},
    'classifier': dict(type='PointClassifier', backbone=JOINT, num_classes=3),
    'features': dict(type='FeatureExtractor', backbone=SMALL),
    'parts': dict(type='PartSegmenter', backbone=SMALL, parts=[2, 3, 2], widths=(16, 8), head_widths=(8, 4)),
    'zero_shot': dict(type='ZeroShotClassifier', backbone=SMALL, target_dim=8),
    'dvae': dict(type='TokenizerPretrainer', tokenizer=DVAE, num_groups=7),
    'act': dict(type='TokenizerPretrainer', tokenizer=ACT, num_groups=7),
}
PRECISIONS = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.float32)
ONLY_MEASURES = ('features', 'zero_shot')


def test_every_model_is_covered():
    inside = {'BatchPreprocessor', 'DiscreteVAE', 'CrossModalVAE'}
    assert {case['type'] for case in CASES.values()} | inside == {
        name for name, kind in MODELS.module_dict.items() if kind.__module__.startswith('zoo.')
    }


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize(
    ('weights', 'points'), [*itertools.pairwise(PRECISIONS), *((kind, kind) for kind in PRECISIONS[1:])]
)
def test_every_mode(name, weights, points):
    torch.manual_seed(0)
    model = MODELS.build(CASES[name]).eval().to(weights)
    batch = {
        'points': torch.randn(4, 64, 3).to(points),
        'label': torch.tensor([0, 1, 2, 0]),
        'part': torch.zeros(4, 64, dtype=torch.int64),
        'image_feature': torch.randn(4, 10),
        'text_feature': torch.randn(4, 6),
    }
    output = model(batch['points'])
    assert output.dtype in (weights, torch.int64)
    assert len(model(**batch, mode='predict')) == 4
    if name not in ONLY_MEASURES:
        assert all(bool(value.isfinite()) for value in model(**batch, mode='loss').values())
    if name == 'zero_shot':
        assert model.classify(batch['points'], torch.randn(5, 8)).shape == (4, 5)


@pytest.mark.filterwarnings('ignore::torch.jit.TracerWarning', 'ignore::DeprecationWarning')
@pytest.mark.parametrize('name', CASES)
def test_traced_on_one_cloud(name):
    """The graph answers for other batches and other numbers of points as the model does."""
    torch.manual_seed(0)
    model = MODELS.build(CASES[name]).eval()
    points = torch.randn(5, 128, 3)
    traced = torch.jit.trace(model, points[:1], check_trace=False)
    for clouds in (points[:1], points, points[:3, :100]):
        torch.testing.assert_close(traced(clouds), model(clouds), rtol=1e-4, atol=1e-5)
