from __future__ import annotations

import torch

from zoo.teachers.prompts import PREFIXES, PROMPTS, SUFFIXES, random_prompt, render_prompts


def test_every_pair_of_prefix_and_suffix_occurs_once():
    assert (len(PREFIXES), len(SUFFIXES)) == (20, 3)
    assert set(PROMPTS) == {prefix + suffix for prefix in PREFIXES for suffix in SUFFIXES}
    assert len(set(PROMPTS)) == 60


def test_the_first_prompts_vary_in_both():
    assert {prompt.partition('{}')[2] for prompt in PROMPTS[:3]} == set(SUFFIXES)
    assert len({prompt.partition('{}')[0] for prompt in PROMPTS[:20]}) == 20


def test_render_puts_the_name_in_once_even_with_braces():
    assert render_prompts('lamp') == [prompt.replace('{}', 'lamp') for prompt in PROMPTS]
    assert all(text.count('{x}') == 1 for text in render_prompts('{x}'))


def test_random_prompt_follows_the_global_generator_and_reaches_all():
    torch.manual_seed(0)
    drawn = [random_prompt('chair') for _ in range(600)]
    torch.manual_seed(0)
    assert [random_prompt('chair') for _ in range(600)] == drawn
    assert set(drawn) == set(render_prompts('chair'))
