from __future__ import annotations

import pytest
import torch

from tests.refusals import refused
from tests.teachers.toys import LetterTeacher


def test_lists_and_tuples_of_strings_pass():
    assert LetterTeacher().check(('a', 'b')) == ['a', 'b']
    assert LetterTeacher().check([]) == []
    assert LetterTeacher()(['a cab']).tolist() == [[2.0, 1.0, 1.0]]


@pytest.mark.parametrize('wrong', ['text', None, 3, torch.zeros(2), ['a', 1], [b'a']])
def test_all_else_is_refused(wrong):
    assert 'LetterTeacher needs a list of strings' in refused(LetterTeacher().check, wrong)
