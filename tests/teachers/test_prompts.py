from __future__ import annotations

from zoo.teachers.prompts import PREFIXES, PROMPTS, SUFFIXES


def test_every_pair_of_prefix_and_suffix_occurs_once():
    assert (len(PREFIXES), len(SUFFIXES)) == (20, 3)
    assert set(PROMPTS) == {prefix + suffix for prefix in PREFIXES for suffix in SUFFIXES}
    assert len(set(PROMPTS)) == 60


def test_the_first_prompts_vary_in_both():
    assert {prompt.partition('{}')[2] for prompt in PROMPTS[:3]} == set(SUFFIXES)
    assert len({prompt.partition('{}')[0] for prompt in PROMPTS[:20]}) == 20
