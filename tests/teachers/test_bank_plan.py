from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.refusals import refused
from tests.teachers.toys import Objects
from zoo.teachers.bank_plan import ImagePlan, TextPlan, make_plan
from zoo.teachers.prompts import PROMPTS

CROP = [{'type': 'RandomResizedCrop', 'size': 8, 'scale': (0.3, 0.6)}, {'type': 'RandomFlip', 'prob': 0.5}]


def views_of(dataset, index):
    return torch.from_numpy(dataset.views[index]).permute(0, 3, 1, 2) / 255


def test_one_view_of_each_is_not_always_the_same_one():
    dataset = Objects(total=60)
    found = ImagePlan(dataset, views=1, seed=0).inputs(range(60))
    chosen = [[torch.equal(view, image) for view in views_of(dataset, i)].index(True) for i, image in enumerate(found)]
    assert np.bincount(chosen, minlength=3).min() > 8


def test_augmented_views_depend_on_seed_sample_and_number_alone():
    dataset = Objects(side=20, image_pipeline=CROP)
    plan = ImagePlan(dataset, views=7, seed=3)
    assert plan.variants == 7
    torch.manual_seed(0)
    together = plan.inputs(range(4, 30))
    torch.manual_seed(99)
    alone = torch.stack([plan.inputs([number])[0] for number in reversed(range(4, 30))]).flip(0)
    assert torch.equal(together, alone)
    assert together.shape == (26, 3, 8, 8)
    assert len({image.numpy().tobytes() for image in together}) == 26
    assert not torch.equal(together, ImagePlan(dataset, views=7, seed=4).inputs(range(4, 30)))


@pytest.mark.parametrize(
    ('prompts', 'templates'), [(None, ('{}',)), (60, PROMPTS), (4, PROMPTS[:4]), ('a {}', ('a {}',)), (['{}'], ('{}',))]
)
def test_ways_to_name_prompts(prompts, templates):
    assert TextPlan(Objects(), prompts).templates == templates


@pytest.mark.parametrize('prompts', [0, 61, [], ['no place'], ['{} {}'], '{0}'])
def test_wrong_prompts(prompts):
    assert 'prompt' in refused(TextPlan, Objects(), prompts)


def test_what_cannot_be_planned():
    class Blind(Objects):
        num_views = 0

    class Mixed(Objects):
        def image(self, index, view):
            return self.views[index, view, : 4 + index]

    assert 'Blind stores no images' in refused(make_plan, 'image', Blind(), 1, None, 0)
    assert 'views=0' in refused(make_plan, 'image', Objects(), 0, None, 0)
    assert "modality 'points'" in refused(make_plan, 'points', Objects(), 1, None, 0)
    assert 'empty dataset' in refused(make_plan, 'text', Objects(total=0), 1, None, 0)
    assert 'add a Resize' in refused(make_plan('image', Mixed(), 1, None, 0).inputs, [0, 1])
