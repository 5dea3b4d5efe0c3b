"""Every line of docs/ablations.md, through the parser of the command line, and what it changes in the model."""

from __future__ import annotations

import re

import pytest
from mmengine import Config
from torch import nn

from zoo.config import ROOT, load_config
from zoo.engine import configure
from zoo.engine.check import check_config
from zoo.engine.cli import config_parser
from zoo.errors import UsageError
from zoo.objectives.losses import LOSSES
from zoo.registry import MODELS


def lines():
    """Yield (config, options, other arguments) of every row of the table."""
    for row in (ROOT / 'docs' / 'ablations.md').read_text('utf-8').splitlines():
        cells = [cell.strip() for cell in row.strip('|').split('|')]
        if row.startswith('|') and len(cells) == 3 and '`' in cells[2] and cells[1] != 'config':
            options, *more = re.findall('`([^`]+)`', cells[2])
            yield cells[1], options, more[0] if more else ''


def config_of(config, options='', more=''):
    path = f'configs/{config}.py' if '/' in config else f'configs/{config}/nano.py'
    arguments = [path, *more.split(), *(['--cfg-options', *options.split()] if options else [])]
    parsed = config_parser('').parse_args(arguments)
    loaded = load_config(parsed.config, parsed.cfg_options)
    return configure(loaded, work_dir='unused', device='cpu', backbone=parsed.backbone)


def build(config):
    preprocessor = config.data_preprocessor.to_dict()
    return MODELS.build({**config.model.to_dict(), 'data_preprocessor': preprocessor})


def types(model):
    return {name: type(getattr(goal, 'teacher', None)).__name__ for name, goal in model.objectives.items()}


CHANGES = {
    'model.backbone.stop_gradient=False': lambda m: not m.backbone.stop_gradient,
    'model.objectives.image.teacher.frozen=False': lambda m: (
        'image' not in m.teachers() and any(p.requires_grad for p in m.objectives.image.teacher.parameters())
    ),
    'model.objectives.image.teacher.type=TimmImageTeacher': lambda m: types(m)['image'] == 'TimmImageTeacher',
    'model.objectives.image.teacher.type=CLIPImageTeacher': lambda m: types(m)['image'] == 'CLIPImageTeacher',
    'model.objectives.image.teacher.type=EfficientNetLite0Teacher': lambda m: (
        types(m)['image'] == 'EfficientNetLite0Teacher'
    ),
    'model.objectives.image=None': lambda m: set(m.objectives) == {'reconstruct', 'text'},
    'model.objectives.text.teacher.type=CLIPTextTeacher': lambda m: types(m)['text'] == 'CLIPTextTeacher',
    'model.objectives.text.teacher.type=SentenceTeacher': lambda m: types(m)['text'] == 'SentenceTeacher',
    'model.objectives.text=None': lambda m: set(m.objectives) == {'reconstruct', 'image'},
    'model.objectives.reconstruct.teacher.type=PointIdentity': lambda m: types(m)['reconstruct'] == 'PointIdentity',
    'model.objectives.tokens.type=PredictTokens': lambda m: (
        types(m)['tokens'] == 'DVAETokenizer' and len(m.objectives.tokens.decoder.blocks) == 2
    ),
    'model.objectives.features.type=PredictFeatures': lambda m: (
        types(m)['features'] == 'CrossModalTokenizer' and 'reconstruct' not in m.objectives
    ),
    'model.objectives.reconstruct=None': lambda m: 'reconstruct' not in m.objectives,
    'model.objectives.image.loss=info_nce': lambda m: m.objectives.image.loss == 'info_nce',
    'model.objectives.image.learn_temperature=True': lambda m: (
        'objectives.image.log_temperature' in dict(m.named_parameters())
    ),
    'model.objectives.image.loss=cosine': lambda m: m.objectives.image.loss == 'cosine',
    'model.objectives.image.loss=mse': lambda m: m.objectives.image.loss == 'mse',
    'model.objectives.reconstruct.norm=1': lambda m: m.objectives.reconstruct.norm == 1,
    'model.mask.ratio=0.8': lambda m: m.mask.ratio == 0.8,
    'model.mask.ratio=0.6': lambda m: set(m.objectives) == {'reconstruct', 'smc'} and not m.teachers(),
    'model.mask.type=block': lambda m: type(m.mask).__name__ == 'BlockMask',
    'model.objectives.reconstruct.decoder.depth=4': lambda m: len(m.objectives.reconstruct.decoder.blocks) == 4,
    'model.backbone.masked_tokens=replace': lambda m: (
        m.backbone.mask_token is not None and m.objectives.reconstruct.decoder is None
    ),
    'model.backbone.queries=image,text': lambda m: m.backbone.query_names == ('image', 'text'),
    'model.backbone.fusion=joint': lambda m: m.backbone.fusion == 'joint',
    'model.objectives.smc.type=ClassContrast': lambda m: (
        type(m.objectives.smc).__name__ == 'ClassContrast' and not m.needs_second_view
    ),
    'model.objectives.smc.type=ViewContrast': lambda m: (
        type(m.objectives.smc).__name__ == 'ViewContrast' and m.needs_second_view
    ),
    'model.objectives.smc.temperature=0.5': lambda m: m.objectives.smc.temperature == 0.5,
    'data_preprocessor.train.2.type=RandomScaleTranslate': lambda m: all(
        type(steps[2]).__name__ == 'RandomScaleTranslate'
        for steps in (m.data_preprocessor.train_transforms, m.data_preprocessor.second_transforms)
        if steps is not None
    ),
    'model.backbone.streams=local': lambda m: set(m.backbone.towers) == {'local_tower'},
}


@pytest.mark.parametrize(('config', 'options', 'more'), lines())
def test_the_line_changes_what_it_says(config, options, more):
    changed = config_of(config, options, more)
    check_config(Config({'model': changed.model, 'data_preprocessor': changed.data_preprocessor}))
    model = build(changed)
    assert isinstance(model, nn.Module)
    checks = [CHANGES[option] for option in options.split() if option in CHANGES]
    assert checks, f'no check for {options}'
    assert all(check(model) for check in checks)


def test_defaults_differ_from_the_switches():
    """Else a check above could be true of everything. Lines that name a default are left out."""
    defaults = {
        'model.mask.ratio=0.6',
        'model.objectives.image.teacher.type=EfficientNetLite0Teacher',
        'model.objectives.text.teacher.type=SentenceTeacher',
        'model.objectives.reconstruct.teacher.type=PointIdentity',
    }
    models = {name: build(config_of(name)) for name in ('recon', 'recon_smc', 'smc')}
    for config, options, _ in lines():
        for option in options.split():
            if config in models and option in set(CHANGES) - defaults and '.type=P' not in option:
                # A key that is not there at all differs as well.
                try:
                    same = CHANGES[option](models[config])
                except (AttributeError, KeyError):
                    same = False
                assert not same, option


def test_every_loss_form_is_on_the_page():
    named = {option.partition('=')[2] for _, options, _ in lines() for option in options.split() if '.loss=' in option}
    assert named == set(LOSSES) - {'smooth_l1'}


def test_an_objective_without_its_query_is_refused():
    with pytest.raises(UsageError, match="objective 'image' reads the query 'image', the backbone has text"):
        build(config_of('recon', 'model.backbone.queries=text,'))
