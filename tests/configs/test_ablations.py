"""Every line of docs/ablations.md, through the parser of the command line, and what it changes in the model."""

from __future__ import annotations

import functools
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


ATTRIBUTES = {'queries': 'query_names', 'train': 'train_transforms'}
"""Arguments that a built part keeps under another name."""


def step(node, name):
    """One part of a dotted option: into a config, or into a built model; None where there is nothing."""
    if name.isdigit():
        return node[int(name)]
    return node.get(name) if isinstance(node, dict) else getattr(node, ATTRIBUTES.get(name, name), None)


def built(model, key):
    """What a built model has in the place of an option."""
    *way, last = key.removeprefix('model.').split('.')
    node = functools.reduce(step, way, model)
    if last == 'type':
        name = type(node).__name__
        return name.removesuffix('Mask').lower() if way == ['mask'] else name
    if last == 'depth' and node is not None:
        return len(node.blocks)
    if last == 'learn_temperature':
        return isinstance(getattr(node, 'log_temperature', None), nn.Parameter)
    value = step(node, last)
    return list(value) if isinstance(value, tuple) else value


DEFAULTS = {
    'model.mask.ratio=0.6',
    'model.objectives.image.teacher.type=EfficientNetLite0Teacher',
    'model.objectives.text.teacher.type=SentenceTeacher',
    'model.objectives.reconstruct.teacher.type=PointIdentity',
}
"""Lines that name what the config has anyway."""


@pytest.mark.parametrize(('config', 'options', 'more'), [*lines()])
def test_the_line_changes_what_it_says(config, options, more):
    changed = config_of(config, options, more)
    check_config(Config({'model': changed.model, 'data_preprocessor': changed.data_preprocessor}))
    model, before = build(changed), build(config_of(config, more=more))
    keys = {option: option.partition('=')[0] for option in options.split()}
    assert keys
    for option, key in keys.items():
        assert built(model, key) == functools.reduce(step, key.split('.'), changed), option
        assert option in DEFAULTS or built(model, key) != built(before, key), option


def test_every_loss_form_is_on_the_page():
    named = {option.partition('=')[2] for _, options, _ in lines() for option in options.split() if '.loss=' in option}
    assert named == set(LOSSES) - {'smooth_l1'}


def test_an_objective_without_its_query_is_refused():
    with pytest.raises(UsageError, match="objective 'image' reads the query 'image', the backbone has text"):
        build(config_of('recon', 'model.backbone.queries=text,'))
