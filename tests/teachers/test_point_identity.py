from __future__ import annotations

import pytest
import torch

from tests.refusals import refused
from zoo.registry import TEACHERS


def test_the_target_is_the_very_tensor():
    teacher = TEACHERS.build({'type': 'PointIdentity'})
    neighborhoods = torch.randn(2, 4, 8, 3, requires_grad=True)
    assert teacher(neighborhoods) is neighborhoods
    assert (teacher.modality, teacher.embed_dim, teacher.fingerprint) == ('points', 3, 'PointIdentity')
    assert not teacher.state_dict()


@pytest.mark.parametrize('wrong', [torch.zeros(2, 4, 8, 4), torch.zeros(3, 4), torch.zeros(()), ['a']])
def test_what_is_no_points_is_refused(wrong):
    assert '(B, G, K, 3)' in refused(TEACHERS.build({'type': 'PointIdentity'}), wrong)
