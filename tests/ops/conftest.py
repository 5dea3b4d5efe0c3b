from __future__ import annotations

import pytest
import torch

from zoo.ops import backend


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


@pytest.fixture(params=['torch', 'numba'])
def each_backend(request):
    """Run the test once on every backend that works here."""
    if request.param not in backend.available_backends():
        pytest.skip(f'{request.param} cannot be imported')
    with backend.use_backend(request.param):
        yield request.param
