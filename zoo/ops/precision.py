"""Where autocast must not reach."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch


def full_precision(device: torch.device) -> AbstractContextManager[None]:
    """A block whose operations keep the precision of their inputs, under ``torch.autocast`` too.

    Args:
        device: place of the inputs; one that knows no autocast, such as ``meta``, needs no block.
    """
    known = torch.amp.is_autocast_available(device.type)
    return torch.autocast(device.type, enabled=False) if known else nullcontext()
