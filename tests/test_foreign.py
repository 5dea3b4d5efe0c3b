"""Configs that came as data: hostile ones run nothing, take no memory, and end in one line."""

from __future__ import annotations

import copy
import json
import socket
import sys

import pytest
import torch
from safetensors.torch import save_file

import zoo
from tests.backbones.test_contract import SMALL
from tests.configs.test_configs import CONFIGS
from tests.refusals import refused
from tests.shared import read_in_little_memory
from zoo.config import load_config
from zoo.errors import UsageError
from zoo.foreign import LETTERS, check_foreign, on_paper, parse_json
from zoo.registry import MODELS
from zoo.teachers.tokenizers.files import load_tokenizer

STUDENT = {**SMALL, 'depth': 1, 'queries': ['cls', 'image']}
TEACHER = {'type': 'RandomTransformer', 'embed_dim': 16, 'depth': 1}
CLASSIFIER = {'type': 'PointClassifier', 'backbone': STUDENT, 'num_classes': 3}
PRETRAINER = {
    'type': 'Pretrainer',
    'backbone': STUDENT,
    'mask': {'type': 'random', 'ratio': 0.6},
    'objectives': {
        'image': {'type': 'AlignModality', 'teacher': {'type': 'EfficientNetLite0Teacher'}},
        'reconstruct': {'type': 'ReconstructPoints', 'decoder': {'depth': 1, 'num_heads': 3}},
    },
    'data_preprocessor': {'train': [{'type': 'RandomJitter'}], 'type': 'BatchPreprocessor'},
}
SIZES = {'num_tokens': 8, 'encoder_dim': 8, 'code_dim': 8, 'decoder_dim': 8, 'group_size': 4}
TOKENIZER = {
    'type': 'TokenizerPretrainer',
    'tokenizer': {'type': 'CrossModalVAE', 'foundation': TEACHER, 'num_prompts': 2, **SIZES},
}
BASES = {'classifier': CLASSIFIER, 'pretrainer': PRETRAINER, 'tokenizer': TOKENIZER}


def run(mark):
    """Callables of Python, by how a config would call them, that leave a mark."""
    code = f'open({str(mark)!r}, "w")'
    return {
        'os.system': {'type': 'os.system', 'command': f'touch {mark}'},
        'getoutput': {'type': 'subprocess.getoutput', 'cmd': f'touch {mark}'},
        'exec': {'type': 'builtins.exec', 'object': code},
        'open': {'type': 'builtins.open', 'file': str(mark), 'mode': 'w'},
        'partial': {'type': 'functools.partial', 'func': 'os.system', 'command': f'touch {mark}'},
        'fromfile': {'type': 'mmengine.Config.fromfile', 'filename': str(mark)},
        'zoo function': {'type': 'zoo.hub.convert.convert', 'source': 'a', 'target': str(mark), 'method': 'recon'},
        'scope and name': {'type': 'zoo.os.system', 'command': f'touch {mark}'},
        'other scope': {'type': 'mmcv.Resize', 'scale': 3},
        'module': {'type': 'antigravity'},
        'module in the folder': {'type': 'evil'},
        'class of torch': {'type': 'torch.nn.Linear', 'in_features': 2, 'out_features': 2},
        'class of mmengine': {'type': 'ImgDataPreprocessor'},
        'hook': {'type': 'CheckpointHook', 'out_dir': str(mark)},
        'dataset': {'type': 'MeshFolder', 'root': str(mark)},
        'other shelf': {'type': 'CLIPImageTeacher'},
        'number as type': {'type': 7},
        'list as type': {'type': ['os.system']},
        'dict as type': {'type': {'type': 'os.system'}},
        'no type': {'command': f'touch {mark}'},
        'empty type': {'type': ''},
        'dots alone': {'type': '..'},
        'lambda': {'type': 'lambda: 1'},
        'private': {'type': '_build_objective'},
        'text': 'os.system',
        'list': [{'type': 'os.system', 'command': f'touch {mark}'}],
    }


PLACES = {
    'model': ('classifier', ()),
    'backbone': ('classifier', ('backbone',)),
    'preprocessor': ('pretrainer', ('data_preprocessor',)),
    'transform': ('pretrainer', ('data_preprocessor', 'train', 0)),
    'objective': ('pretrainer', ('objectives', 'image')),
    'objective called type': ('pretrainer', ('objectives', 'type')),
    'teacher': ('pretrainer', ('objectives', 'image', 'teacher')),
    'second view': ('pretrainer', ('second_view',)),
    'plain argument': ('pretrainer', ('objectives', 'reconstruct', 'decoder', 'depth')),
    'mask': ('pretrainer', ('mask', 'ratio')),
    'unknown argument': ('pretrainer', ('hooks',)),
    'network': ('tokenizer', ('tokenizer',)),
    'foundation': ('tokenizer', ('tokenizer', 'foundation')),
    'list of sizes': ('tokenizer', ('tokenizer', 'patch_widths')),
}
MUTATIONS = {
    'scope': ('classifier', ('backbone', '_scope_'), 'mmengine'),
    'delete': ('classifier', ('backbone', '_delete_'), True),
    'base': ('classifier', ('_base_',), 'evil.py'),
    'initial weights': ('classifier', ('init_cfg',), {'type': 'Pretrained', 'checkpoint': 'http://127.0.0.1:9/w.pth'}),
    'initial weights of a part': ('classifier', ('backbone', 'init_cfg'), {'type': 'Pretrained', 'checkpoint': '/etc'}),
    'pretrained': ('classifier', ('pretrained',), True),
    'fetch': ('classifier', ('backbone', 'fetch'), 'http://127.0.0.1:9/w.pth'),
    'mask of another kind': ('pretrainer', ('mask', 'type'), 'os.system'),
    'trained teacher': ('pretrainer', ('objectives', 'image', 'teacher', 'frozen'), False),
    'trained teacher of a hub': (
        'pretrainer',
        ('objectives', 'image', 'teacher'),
        {'type': 'CLIPImageTeacher', 'model': 'evil/clip', 'frozen': 0},
    ),
    'wide': ('classifier', ('backbone', 'embed_dim'), 10**12),
    'wide, allowed': ('classifier', ('backbone', 'embed_dim'), 999_999),
    'deep': ('classifier', ('backbone', 'depth'), 10**9),
    'wide layers': ('classifier', ('backbone', 'patch_widths'), [900_000] * 3),
    'wide hidden layer': ('classifier', ('backbone', 'mlp_ratio'), 1e6),
    'infinite': ('classifier', ('backbone', 'mlp_ratio'), float('inf')),
    'not a number': ('classifier', ('backbone', 'drop_path'), float('nan')),
    'negative': ('classifier', ('backbone', 'embed_dim'), -24),
    'zero': ('classifier', ('backbone', 'num_heads'), 0),
    'many groups': ('classifier', ('backbone', 'num_groups'), 10**6),
    'large groups': ('classifier', ('backbone', 'group_size'), 10**5),
    'text for a number': ('classifier', ('backbone', 'embed_dim'), '24; import os'),
    'list for a number': ('classifier', ('backbone', 'depth'), [1, 2]),
    'mapping for a number': ('classifier', ('backbone', 'depth'), {'value': 1}),
    'nothing for a number': ('classifier', ('backbone', 'depth'), None),
    'unknown head': ('classifier', ('head',), 'os.system'),
    'long text': ('classifier', ('head',), 'x' * 10_000),
    'zero byte': ('classifier', ('head',), 'mlp3\0'),
    'long list': ('classifier', ('backbone', 'patch_widths'), [1] * 50_000),
    'name of a key': ('classifier', ('backbone', 'a' * 5000), 1),
    'key of another line': ('classifier', ('backbone', 'embed\ndim'), 24),
    'large transformer': ('tokenizer', ('tokenizer', 'foundation', 'embed_dim'), 100_000),
    'deep transformer': ('tokenizer', ('tokenizer', 'foundation', 'depth'), 900_000),
    'large vocabulary': ('tokenizer', ('tokenizer', 'num_tokens'), 900_000),
    'huge decoder': ('pretrainer', ('objectives', 'reconstruct', 'decoder', 'mlp_ratio'), 1e5),
    'module of a decoder': ('pretrainer', ('objectives', 'reconstruct', 'decoder', 'block'), 'os.system'),
}
TEXTS = {
    'deep list': '[' * 100_000,
    'deep mapping': '{"type": ' * 100_000,
    'deep and closed': '{"a": ' * 5000 + '1' + '}' * 5000,
    'nested as far as JSON goes': '{"type": "PointClassifier", "backbone": ' + '[' * 50 + ']' * 50 + '}',
    'long': '{"type": "PointClassifier", "x": "' + 'x' * LETTERS + '"}',
    'long number': '{"type": "PointClassifier", "num_classes": ' + '9' * 5000 + '}',
    'list': '["os.system"]',
    'text': '"os.system"',
    'number': '1e999',
    'nothing': 'null',
    'empty': '',
    'Python': '{"type": __import__("os").system("touch mark")}',
    'pickle': '\x80\x04.',
    'not closed': '{"type": "PointClassifier"',
}
CODE = [(f'{name} as {place}', *PLACES[place], name) for place in PLACES for name in ('os.system', 'getoutput', 'list')]
CODE += [(f'{name} as {place}', *PLACES[place], name) for place in ('model', 'teacher') for name in run('')]
HEADERS = {name: (base, path, ('run', what)) for name, base, path, what in CODE}
HEADERS |= {name: (base, path, ('value', what)) for name, (base, path, what) in MUTATIONS.items()}
HEADERS |= {f'text: {name}': ('classifier', None, ('text', text)) for name, text in TEXTS.items()}


def placed(config, path, value):
    """A copy of a config with something else at a place."""
    if not path:
        return value
    config = copy.deepcopy(config)
    node = config
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return config


@pytest.fixture(scope='module')
def tensors():
    """Tensors of the honest models."""
    torch.manual_seed(0)
    return {name: MODELS.build(copy.deepcopy(config)).state_dict() for name, config in BASES.items()}


@pytest.fixture
def fenced(tmp_path, monkeypatch):
    """A folder with a module that leaves a mark when it is imported, and no way out of the machine."""
    mark, opened = tmp_path / 'mark', []
    (tmp_path / 'evil.py').write_text(f'open({str(mark)!r}, "w")')
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(socket.socket, 'connect', lambda *arguments: opened.append(arguments))
    before = set(sys.modules)
    yield mark
    assert not mark.exists()
    assert not opened
    assert not {'evil', 'antigravity'} & (set(sys.modules) - before)


@pytest.mark.parametrize('name', HEADERS)
def test_hostile_headers_run_nothing(name, tmp_path, tensors, fenced):
    base, path, (kind, what) = HEADERS[name]
    if kind == 'text':
        text = what
    else:
        text = json.dumps(placed(BASES[base], path, run(fenced)[what] if kind == 'run' else what))
    save_file(tensors[base], tmp_path / 'w.safetensors', metadata={'model': text})
    for build in (zoo.get_model, zoo.Inferencer, load_tokenizer):
        assert len(refused(build, tmp_path / 'w.safetensors')) < 1000


@pytest.mark.parametrize('name', BASES)
def test_honest_headers_build_what_they_say(name, tmp_path, tensors):
    save_file(tensors[name], tmp_path / 'w.safetensors', metadata={'model': json.dumps(BASES[name])})
    model = zoo.get_model(tmp_path / 'w.safetensors')
    for key, value in tensors[name].items():
        assert torch.equal(model.state_dict()[key], value), key


@pytest.mark.parametrize('name', CONFIGS)
def test_every_config_of_the_project_may_stand_in_a_header(name):
    model = load_config(name).to_dict()['model']
    text = json.dumps(model)
    check_foreign(parse_json(text, 'header'), MODELS, 'header')
    on_paper(json.loads(text), MODELS, 'header', 1 << 30)


FILES = {
    'absolute': {'type': 'EfficientNetLite0Teacher', 'weights': '/etc/passwd'},
    'device': {'type': 'EfficientNetLite0Teacher', 'weights': '/dev/zero'},
    'home': {'type': 'TimmImageTeacher', 'model_name': 'resnet18', 'embed_dim': 1280, 'weights': '~/.ssh/id_rsa'},
    'hub': {'type': 'TimmImageTeacher', 'model_name': 'evil/model', 'embed_dim': 1280},
    'hub of CLIP': {'type': 'CLIPImageTeacher', 'model': 'evil/model', 'embed_dim': 1280},
    'timm address': {'type': 'TimmImageTeacher', 'model_name': 'hf_hub:evil/model', 'embed_dim': 1280},
    'folder above': {'type': 'CLIPImageTeacher', 'model': '../../model', 'embed_dim': 1280},
    'in a foundation': {
        'type': 'CrossModalTokenizer',
        'embed_dim': 1280,
        'foundation': {'type': 'TimmTransformer', 'weights': '/etc/passwd'},
    },
}


@pytest.mark.parametrize('name', FILES)
def test_files_that_a_header_names_are_not_opened(name, tmp_path, tensors, fenced):
    config = placed(PRETRAINER, ('objectives', 'image', 'teacher'), FILES[name])
    save_file(tensors['pretrainer'], tmp_path / 'w.safetensors', metadata={'model': json.dumps(config)})
    model = zoo.get_model(tmp_path / 'w.safetensors')  # its features are asked for more often than its loss
    assert model(torch.randn(1, 32, 3)).isfinite().all()
    teacher = model.teachers()['image']
    groups = torch.zeros(1, 4, 8, 3), torch.zeros(1, 4, 3)
    inputs = groups if name == 'in a foundation' else torch.zeros(1, 3, 32, 32)
    for use in (lambda: teacher(inputs), lambda: teacher.fingerprint):
        assert 'what data name is not opened' in refused(use)
    config = placed(TOKENIZER, ('tokenizer', 'foundation'), {'type': 'TimmTransformer', 'weights': '/etc/passwd'})
    model = MODELS.build(copy.deepcopy(config))
    save_file(model.state_dict(), tmp_path / 't.safetensors', metadata={'model': json.dumps(config)})
    with pytest.raises(UsageError, match='what data name is not opened'):
        load_tokenizer(tmp_path / 't.safetensors').foundation(torch.zeros(1, 4, 768))


@pytest.mark.slow
def test_a_header_takes_no_memory(tmp_path, tensors):
    """A model of 4 TB and one of a million layers."""
    paths = [tmp_path / 'embed_dim.safetensors', tmp_path / 'depth.safetensors']
    for path in paths:
        config = placed(CLASSIFIER, ('backbone', path.stem), 999_999)
        save_file(tensors['classifier'], path, metadata={'model': json.dumps(config)})
    assert all('larger than the tensors' in line for line in read_in_little_memory('zoo.get_model', paths, 4 << 30))
