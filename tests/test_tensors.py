"""Tensors in files: of every kind that is met, and of none that lies."""

from __future__ import annotations

import collections
import os
import pickle
import re
import struct
import subprocess
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests import refusals
from tests.shared import read_in_little_memory, run_python
from zoo.errors import UsageError
from zoo.tensors import read_checkpoint, read_safetensors, read_tensors

STATE = {'backbone.weight': torch.arange(6.0).view(2, 3), 'head.bias': torch.ones(3)}


def refused(path):
    message = refusals.refused(read_tensors, path)
    assert 'weights_only' not in message
    assert 'add_safe_globals' not in message
    assert path.name in message
    return message


def same(found):
    assert found.keys() == STATE.keys()
    assert all(torch.equal(found[key], value) for key, value in STATE.items())


@pytest.mark.parametrize('prefix', ['', 'module.', '_orig_mod.', 'model.', 'module._orig_mod.', '_orig_mod.module.'])
@pytest.mark.parametrize('container', ['', 'base_model', 'state_dict', 'model', 'model_state_dict'])
def test_containers_and_prefixes_are_taken_off(tmp_path, prefix, container):
    state = collections.OrderedDict((prefix + key, value) for key, value in STATE.items())
    torch.save({container: state, 'epoch': 3} if container else state, tmp_path / 'w.pth')
    same(read_tensors(tmp_path / 'w.pth'))
    if not container:
        save_file(state, tmp_path / 'w.safetensors')
        same(read_tensors(tmp_path / 'w.safetensors'))


def test_parts_that_were_compiled_and_checkpoints_of_lightning(tmp_path):
    compiled = {key.replace('.', '._orig_mod.'): value for key, value in STATE.items()}
    same(read_tensors(compiled))
    lightning = {f'model.{key}': value for key, value in STATE.items()} | {'criterion.weight': torch.ones(2)}
    content = {'state_dict': lightning, 'pytorch-lightning_version': '2.4.0', 'hyper_parameters': {'lr': 0.1}}
    torch.save(content, tmp_path / 'last.ckpt')
    found = read_tensors(tmp_path / 'last.ckpt')
    assert found.pop('criterion.weight').tolist() == [1, 1]
    same(found)
    with pytest.raises(UsageError, match='comes twice'):
        read_tensors({**STATE, 'module.head.bias': torch.zeros(3)})


ASIDE = {
    'float64': np.float64(85.1),
    'float32': np.float32(85.1),
    'int64': np.int64(3),
    'bool': np.bool_(True),
    'text': np.str_('best'),
    'array': np.arange(4.0),
    'whole numbers': np.arange(4, dtype=np.uint16),
}


@pytest.mark.parametrize('name', ASIDE)
def test_numpy_beside_the_weights_whatever_was_read_before(tmp_path, name):
    torch.save({'state_dict': STATE, 'acc': ASIDE[name], 'log': {'best': [ASIDE[name]]}}, tmp_path / 'w.pth')
    code = (
        'import sys; from zoo.tensors import read_checkpoint, read_tensors\n'
        "print(len(read_tensors(sys.argv[1])), read_checkpoint(sys.argv[1])['acc'])\n"
    )
    same(read_tensors(tmp_path / 'w.pth'))
    assert np.array_equal(read_checkpoint(tmp_path / 'w.pth')['acc'], ASIDE[name])
    if name == 'float64':  # in a process that has read nothing
        assert run_python('-c', code, tmp_path / 'w.pth').split() == ['2', '85.1']


def test_plain_values_among_the_weights_are_left_aside():
    same(read_tensors({**STATE, 'epoch': 3, 'acc': np.float64(1), 'name': 'x', 'nothing': None}))


CONTENTS = {
    'empty': (b'', 'is empty'),
    'page': (b'<!DOCTYPE html><html><head><title>Sign in</title></head></html>', 'web page'),
    'page with blanks': (b'\n\n  <HTML lang="en">', 'web page'),
    'page with a mark': (b'\xef\xbb\xbf<html>', 'web page'),
    'xml': (b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', 'web page'),
    'pointer': (b'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n', 'git lfs pull'),
    'json': (b'{"error": "Invalid username or password."}', r'text \(JSON\)'),
    'text': (b'Access denied', 'broken or no checkpoint'),
    'one byte': (b'\x80', 'broken or no checkpoint'),
    'zeros': (bytes(4096), 'broken or no checkpoint'),
    'stop': (b'\x80\x02.', 'broken or no checkpoint'),
    'gzip': (b'\x1f\x8b' + bytes(64), 'unpack it first'),
    'hdf5': (b'\x89HDF\r\n\x1a\n' + bytes(64), 'HDF5'),
    'array': (b'\x93NUMPY\x01\x00' + bytes(64), 'array of numpy'),
    'cut zip': (b'PK\x03\x04' + bytes(64), 'broken or no checkpoint'),
    'header of safetensors alone': (struct.pack('<Q', 1 << 20) + b'{"a":', 'broken or no checkpoint'),
    'deep header': (struct.pack('<Q', 200_000) + b'{"a":' * 40_000, 'broken or no checkpoint'),
    'long header': (struct.pack('<Q', (1 << 32) - 1) + b'{' + bytes(64), 'broken or no checkpoint'),
    'pickle of a list': (pickle.dumps(['x'] * 3, 2), 'broken or no checkpoint'),
    'text as pickle': (b"(dp0\nS'a'\np1\nI1\ns.", 'broken or no checkpoint'),
}


@pytest.mark.parametrize('suffix', ['pth', 'safetensors'])
@pytest.mark.parametrize('name', CONTENTS)
def test_files_that_are_no_weights_say_what_they_are(tmp_path, name, suffix):
    content, message = CONTENTS[name]
    path = tmp_path / f'w.{suffix}'
    path.write_bytes(content)
    assert re.search(message, refused(path))


@pytest.mark.parametrize('suffix', ['pth', 'safetensors'])
def test_every_cut_is_one_line(tmp_path, suffix):
    path = tmp_path / f'w.{suffix}'
    if suffix == 'pth':
        torch.save({'state_dict': STATE}, path)
    else:
        save_file(STATE, path)
    content = path.read_bytes()
    for length in {*range(0, 64), *range(0, len(content), 41), len(content) - 1}:
        path.write_bytes(content[:length])
        refused(path)


def test_a_flipped_bit_is_refused_or_says_the_same(tmp_path):
    path = tmp_path / 'w.pth'
    torch.save({'state_dict': STATE}, path)
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        try:
            found = read_tensors(path)
        except UsageError:
            continue
        same(found)


def test_kinds_are_told_by_content(tmp_path):
    torch.save(STATE, tmp_path / 'w.safetensors')
    save_file(STATE, tmp_path / 'w.pth', metadata={'model': 'x'})
    torch.save(STATE, tmp_path / 'old.pth', _use_new_zipfile_serialization=False)
    for name in ('w.safetensors', 'w.pth', 'old.pth'):
        same(read_tensors(tmp_path / name))
    assert read_safetensors(tmp_path / 'w.pth')[1] == {'model': 'x'}
    with pytest.raises(UsageError, match='does not exist'):
        read_tensors(tmp_path / 'nowhere.pth')
    with pytest.raises(UsageError, match='is no file'):
        read_tensors(tmp_path)


class Calls:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def test_code_is_named_and_not_run(tmp_path):
    mark = tmp_path / 'mark'
    for function, arguments in {
        os.mkdir: (str(mark),),
        eval: (f'open({str(mark)!r}, "w")',),
        getattr: (1, 'real'),
        subprocess.getoutput: (f'touch {mark}',),
        np.fromfile: (str(mark),),
    }.items():
        for content in (Calls(function, *arguments), {'state_dict': {'w': Calls(function, *arguments)}}):
            for new in (True, False):
                torch.save(content, tmp_path / 'w.pth', _use_new_zipfile_serialization=new)
                assert 'nothing of it was run' in refused(tmp_path / 'w.pth')
    assert not mark.exists()
    torch.save({'model': torch.nn.Linear(2, 2)}, tmp_path / 'w.pth')
    assert 'torch.nn.modules.linear.Linear; nothing' in refused(tmp_path / 'w.pth')
    torch.jit.script(torch.nn.Linear(2, 2)).save(tmp_path / 'w.pth')
    assert 'TorchScript' in refused(tmp_path / 'w.pth')


def test_archives_hold_no_more_than_they_are(tmp_path):
    torch.save({'w': torch.zeros(1 << 22)}, tmp_path / 'w.pth')
    with zipfile.ZipFile(tmp_path / 'w.pth') as plain, zipfile.ZipFile(tmp_path / 'bomb.pth', 'w', 8) as bomb:
        for record in plain.infolist():
            bomb.writestr(record.filename, plain.read(record.filename))
    assert (tmp_path / 'bomb.pth').stat().st_size < 1 << 16
    assert 'claim to hold' in refused(tmp_path / 'bomb.pth')
    with zipfile.ZipFile(tmp_path / 'other.pth', 'w') as other:
        other.writestr('readme.txt', 'no weights')
    assert 'archive of other files' in refused(tmp_path / 'other.pth')


CLAIMS = {
    'repeated': lambda: torch.zeros(1).expand(1 << 20, 1 << 20),
    'repeated rows': lambda: torch.zeros(4).expand(1 << 30, 4),
    'sparse': lambda: torch.sparse_coo_tensor(torch.zeros(2, 1, dtype=torch.int64), torch.ones(1), (1 << 30, 1 << 30)),
    'without numbers': lambda: torch.empty(1 << 30, 1 << 20, device='meta'),
}


@pytest.mark.parametrize('name', CLAIMS)
def test_tensors_hold_no_more_than_they_are(tmp_path, name):
    torch.save({'w': CLAIMS[name]()}, tmp_path / 'w.pth')
    assert 'broken or no checkpoint' in refused(tmp_path / 'w.pth')


def claims():
    """Small files that claim much."""
    yield b'\x80\x02X' + struct.pack('<I', 0x7FFFFFFF) + b'.'  # nine bytes, a text of 2 GB
    yield b'\x80\x02Nr' + struct.pack('<I', 0x7FFFFFFF) + b'.'  # a memo of 2^31 entries
    yield b'\x80\x04\x95' + struct.pack('<Q', 1 << 40) + b'N.'
    yield b'\x80\x04\x8e' + struct.pack('<Q', 1 << 40) + b'.'
    head = b''.join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {'little_endian': True}))
    body = b'\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n('
    body += b'(X\x07\x00\x00\x00storagectorch\nFloatStorage\n'
    body += (
        b'X\x01\x00\x00\x000X\x03\x00\x00\x00cpu\x8a\x06'
        + (1 << 40).to_bytes(6, 'little')
        + b'NtQK\x00K\x01\x85K\x01\x85\x89'
    )
    body += b'ccollections\nOrderedDict\n)RtRs.'
    yield head + body  # the old format: a storage of 4 TB


def test_claims_take_no_memory(tmp_path):
    paths = [tmp_path / f'{number}.pth' for number in range(5)]
    for path, content in zip(paths, claims(), strict=True):
        path.write_bytes(content)
    answers = read_in_little_memory('zoo.tensors.read_tensors', paths, 1 << 30)
    assert all(path.name in line and '\\n' not in line for path, line in zip(paths, answers, strict=True))
