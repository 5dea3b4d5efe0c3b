from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.protocols.zero_shot import ZeroShot, class_text_features
from tests.backbones.test_contract import SMALL
from tests.benchmarks.protocols.parts import measured, parts
from zoo import ops
from zoo.errors import UsageError
from zoo.registry import MODELS


class Spelling(nn.Module):
    """A text teacher that counts letters."""

    embed_dim = 26
    frozen = True

    def forward(self, texts):
        return torch.tensor([[text.lower().count(chr(97 + i)) + 0.1 * i for i in range(26)] for text in texts]).float()


def pretrainer(norm='none', widths=(26, 26), teacher=Spelling):
    torch.manual_seed(1)
    objectives = {
        name: dict(type='AlignModality', target_dim=width, target_norm=norm)
        for name, width in zip(('image', 'text'), widths, strict=True)
    }
    model = MODELS.build(dict(type='Pretrainer', backbone=SMALL, objectives=objectives)).eval()
    model.objectives['text'].teacher = teacher()
    return model


@torch.no_grad()
@pytest.mark.parametrize('norm', ['none', 'layer'])
def test_predictions_equal_a_loop_over_clouds_and_sentences(tmp_path, norm):
    _, _, test = parts(tmp_path)
    model, teacher, prompts = pretrainer(norm), Spelling(), ('a {}', 'the scan of one {}!')
    streams = {'image': 1.0, 'text': 0.25}
    found = measured(ZeroShot(streams, prompts=prompts), model, None, test)
    for index in range(len(test)):
        points = torch.from_numpy(test.points(index))[None]
        points = ops.gather_points(points, ops.farthest_point_sample(points, 32))
        points = points - points.mean(1, keepdim=True)
        queries = model.backbone(points / points.norm(dim=-1).amax()).queries
        feature = sum(weight * model.objectives[name].projection(queries[name])[0] for name, weight in streams.items())
        cosines = []
        for words in ('chair', 'non wheel chair', 'night stand'):
            rows = [teacher([prompt.format(words)])[0] for prompt in prompts]
            text = torch.stack([row / row.norm() for row in rows]).mean(0)
            pair = [feature, text]
            if norm == 'layer':
                pair = [vector - vector.mean() for vector in pair]
            cosines.append(float(nn.functional.cosine_similarity(*pair, dim=0)))
        assert found.predictions[index] == int(np.argmax(cosines))
    assert found.protocol['centred'] is (norm == 'layer')
    assert (found.protocol['name'], ZeroShot(split='train+test').recorded) == ('zero_shot', 'zero_shot@train+test')


def test_long_sentences_weigh_as_much_as_short_ones():
    features = class_text_features(Spelling(), ['bed'], ('{}', 'z' * 500 + '{}'))
    short, long = (nn.functional.normalize(Spelling()([text]), dim=1) for text in ('bed', 'z' * 500 + 'bed'))
    torch.testing.assert_close(features, nn.functional.normalize((short + long) / 2, dim=1))


@pytest.mark.parametrize(
    ('widths', 'streams', 'words'),
    [
        ((30, 26), {'image': 1.0, 'text': 1.0}, 'one space'),
        ((30, 26), {'image': 1.0}, 'not of one space'),
        ((26, 26), {'sound': 1.0}, 'sound'),
    ],
)
def test_streams_that_do_not_fit_are_refused(tmp_path, widths, streams, words):
    _, _, test = parts(tmp_path)
    with pytest.raises(UsageError, match=words):
        measured(ZeroShot(streams, prompts=('{}',)), pretrainer(widths=widths), None, test)


def test_a_method_without_texts_says_so(tmp_path):
    _, _, test = parts(tmp_path)
    objectives = dict(reconstruct=dict(type='ReconstructPoints', decoder=dict(depth=1)))
    model = MODELS.build(
        dict(type='Pretrainer', backbone=SMALL, objectives=objectives, mask=dict(type='random', ratio=0.6))
    ).eval()
    with pytest.raises(UsageError, match='has no zero-shot'):
        measured(ZeroShot(), model, None, test)


def test_numbers_that_are_not_finite_make_no_figure(tmp_path):
    _, _, test = parts(tmp_path)

    class Mute(Spelling):
        def forward(self, texts):
            return super().forward(texts) * float('nan')

    with pytest.raises(UsageError, match=r'^the output of Mute is not finite'):
        measured(ZeroShot(), pretrainer(teacher=Mute), None, test)
    model = pretrainer()
    with torch.no_grad():
        model.objectives['text'].projection.weight.fill_(float('nan'))
    with pytest.raises(UsageError, match=r'^the output of PointTransformer is not finite'):
        measured(ZeroShot(), model, None, test)
