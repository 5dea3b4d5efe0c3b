"""Networks and tokenizers of the transformers package, from a local folder, without noise and without surprises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import nn

from zoo.compat import ensure_torchvision
from zoo.errors import UsageError


def load_network(class_name: str, folder: Path, unused: tuple[str, ...] = ()) -> nn.Module:
    """Load a network in float32.

    Args:
        class_name: A class of transformers with ``from_pretrained``.
        folder: Holds ``config.json`` and the weights.
        unused: Prefixes of tensors that may be missing, because nothing reads them.

    Raises:
        UsageError: The weights lack tensors, which transformers would fill with random numbers.
    """
    ensure_torchvision()
    import transformers

    with _quiet():
        network, report = getattr(transformers, class_name).from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, output_loading_info=True
        )
    missing = sorted(key for key in report['missing_keys'] if not key.startswith(unused or ('\0',)))
    if missing:
        raise UsageError(f'the weights in {folder} lack {len(missing)} tensors of {class_name}, such as {missing[0]}')
    return network.float()


def load_tokenizer(folder: Path) -> Any:
    """Load the tokenizer of a folder."""
    from transformers import AutoTokenizer

    with _quiet():
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the progress bar and the warnings about tensors that are checked here anyway."""
    from transformers.utils import logging

    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()
