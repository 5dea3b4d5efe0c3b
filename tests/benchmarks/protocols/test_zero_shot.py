from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.protocols.zero_shot import ZeroShot, alignments, class_text_features
from tests.backbones.test_contract import SMALL
from tests.benchmarks.protocols.parts import cloud, measured, parts, unaligned
from zoo.errors import UsageError
from zoo.hub import get_model
from zoo.registry import MODELS


class Spelling(nn.Module):
    """A text teacher that counts letters."""

    embed_dim = 26
    frozen = True
    space = 'letters'

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
        queries = model.backbone(cloud(test, index, 32)).queries
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


@pytest.mark.parametrize('space', ['letters', 'colors'])
def test_the_image_stream_takes_part_where_its_teacher_shares_the_space(tmp_path, space):
    _, _, test = parts(tmp_path)
    model = pretrainer()
    model.objectives['image'].teacher = Spelling()
    model.objectives['image'].teacher.space = space
    streams = {'text': 1.0, 'image': 1.0} if space == 'letters' else {'text': 1.0}
    found, expected = (measured(ZeroShot(given), model, None, test) for given in (None, streams))
    assert found.protocol['streams'] == expected.protocol['streams'] == streams
    assert np.array_equal(found.predictions, expected.predictions)


def test_long_sentences_weigh_as_much_as_short_ones():
    features = class_text_features(Spelling(), ['bed'], ('{}', 'z' * 500 + '{}'))
    short, long = (nn.functional.normalize(Spelling()([text]), dim=1) for text in ('bed', 'z' * 500 + 'bed'))
    torch.testing.assert_close(features, nn.functional.normalize((short + long) / 2, dim=1))


class Mute(Spelling):
    def forward(self, texts):
        return super().forward(texts) * float('nan')


def broken():
    model = pretrainer()
    with torch.no_grad():
        model.objectives['text'].projection.weight.fill_(float('nan'))
    return model


@pytest.mark.parametrize(
    ('make', 'streams', 'words'),
    [
        (lambda: pretrainer(widths=(30, 26)), {'image': 1.0, 'text': 1.0}, 'one space'),
        (lambda: pretrainer(widths=(30, 26)), {'image': 1.0}, 'not of one space'),
        (pretrainer, {'sound': 1.0}, 'sound'),
        (unaligned, None, 'has no zero-shot'),
        (lambda: pretrainer(teacher=Mute), None, '^the output of Mute is not finite'),
        (broken, None, '^the output of PointTransformer is not finite'),
    ],
)
def test_what_makes_no_figure_is_refused(tmp_path, make, streams, words):
    with pytest.raises(UsageError, match=words):
        measured(ZeroShot(streams, prompts=('{}',)), make(), None, parts(tmp_path)[2])


def test_a_stream_that_released_weights_leave_out_is_none():
    """Its projection has random values."""
    assert set(alignments(get_model('recon-nano_packs', pretrained=True))) == {'text'}
    assert set(alignments(get_model('recon-nano_packs'))) == {'image', 'text'}
