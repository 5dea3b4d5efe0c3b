from __future__ import annotations

import re

import pytest
import torch
import torch.nn.functional as F

from tests.refusals import refused
from tests.teachers.test_efficientnet_lite import forward_by_hand
from zoo.teachers import CLIPImageTeacher, CLIPTextTeacher, ConSETeacher, EfficientNetLite0Teacher, SentenceTeacher
from zoo.teachers.conse import imagenet_names


@pytest.fixture(scope='module')
def teacher():
    return ConSETeacher(input_size=64, top=3, temperature=2.0)


@torch.no_grad()
def test_features_are_mixtures_of_names_computed_by_hand(teacher):
    weights = torch.load(teacher._files()[0], weights_only=True)
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    words, names = SentenceTeacher(), imagenet_names()
    found = teacher(images)
    for pooled, feature in zip(forward_by_hand(weights, images), found, strict=True):
        scores = (pooled @ weights['_fc.weight'].T + weights['_fc.bias']).double() / 2.0
        shares = scores.exp() / scores.exp().sum()
        mixed, total = torch.zeros(384), 0.0
        for place in sorted(range(1000), key=lambda i: -float(shares[i]))[:3]:
            mixed += float(shares[place]) * words([names[place]])[0]
            total += float(shares[place])
        torch.testing.assert_close(feature, F.normalize(mixed / total, dim=0), rtol=1e-3, atol=1e-3)


def test_photographs_are_near_what_they_show(teacher):
    images = pytest.importorskip('sklearn.datasets').load_sample_images().images
    whole = ConSETeacher()
    whole._hidden.append(teacher._network())  # the same at another size
    texts = SentenceTeacher()(['a temple', 'a flower', 'a chair', 'an airplane', 'a dog'])
    features = torch.cat([whole(torch.tensor(image).permute(2, 0, 1)[None] / 255) for image in images])
    assert (features @ texts.T).argmax(1).tolist() == [0, 1]


def test_it_shares_the_space_of_the_texts():
    assert ConSETeacher().space == SentenceTeacher().space != SentenceTeacher('elsewhere').space
    assert EfficientNetLite0Teacher().space != SentenceTeacher().space
    assert CLIPImageTeacher().space == CLIPTextTeacher().space != CLIPTextTeacher('another').space


def test_fingerprint_knows_how_names_are_mixed():
    plain = ConSETeacher()._preprocessing()
    for other in (dict(top=5), dict(temperature=2.0), dict(input_size=224)):
        assert ConSETeacher(**other)._preprocessing() != plain
    files = {path.name for path in ConSETeacher()._files()}
    assert files == {path.name for path in (*EfficientNetLite0Teacher()._files(), *SentenceTeacher()._files())}
    assert len(imagenet_names()) == 1000


@pytest.mark.parametrize('wrong', [dict(top=0), dict(top=1001), dict(temperature=0.0)])
def test_numbers_out_of_range_are_refused(wrong):
    assert 'top=1 to 1000' in refused(ConSETeacher, **wrong)
    assert re.search(r'^ConSETeacher: input_size=8', refused(ConSETeacher, input_size=8))
