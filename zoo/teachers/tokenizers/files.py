"""Tokenizers in files: ours, whose header holds the config, and those released by Point-BERT and ACT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zoo.errors import UsageError
from zoo.foreign import model_of_header, seal_teachers
from zoo.teachers.tokenizers.cross_modal import CrossModalVAE
from zoo.teachers.tokenizers.official import is_official, rename_official, tokenizer_config
from zoo.teachers.tokenizers.vae import DiscreteVAE
from zoo.tensors import State, load_exactly, read_tensors

NETWORKS = {'DiscreteVAE': DiscreteVAE, 'CrossModalVAE': CrossModalVAE}

PREFIX = 'tokenizer.'
"""What our files, written from a ``TokenizerPretrainer``, put in front of the network's tensors."""

FOUNDATION = 'foundation.'
"""What stands in front of the tensors of a frozen transformer that comes with its tokenizer."""


def load_tokenizer(path: Path, foundation: dict[str, Any] | None = None) -> DiscreteVAE:
    """Build the network that a file holds and load it.

    Args:
        path: Weights exported by a run of ``TokenizerPretrainer`` or converted by ``tools/convert.py``, or a
            checkpoint of the released code.
        foundation: Config of ACT's frozen transformer, in place of the one that the file names.

    Raises:
        UsageError: It holds no tokenizer, or tensors that do not fit.
    """
    state = read_tensors(path)
    if is_official(state):
        state = rename_official(state)
        config = tokenizer_config(state)
    else:
        model = model_of_header(path) if path.suffix == '.safetensors' else None
        config = dict((model or {}).get('tokenizer') or {})
        state = {key.removeprefix(PREFIX): value for key, value in state.items() if key.startswith(PREFIX)}
    kind = str(config.pop('type', '')).removeprefix('zoo.')
    if kind not in NETWORKS:
        raise UsageError(
            f'{path} holds no tokenizer: give weights exported by a run of configs/point_bert/dvae*.py or '
            'configs/act/autoencoder*.py, or a checkpoint released by Point-BERT or ACT'
        )
    if foundation is not None and kind == 'CrossModalVAE':
        network = CrossModalVAE(**{**config, 'foundation': foundation})
    else:
        network = NETWORKS[kind](**config)
        seal_teachers(network, f'the header of {path}')
    fill_network(network, state, str(path))
    return network


def fill_network(network: DiscreteVAE, state: State, what: str) -> None:
    """Load tensors, every one of which must fit, and none of which may be missing.

    Raises:
        UsageError: Names the missing, unknown or misshapen tensors.
    """
    given = {key: value for key, value in state.items() if not key.startswith(FOUNDATION)}
    load_exactly(network, given, what)
    foundation = {key.removeprefix(FOUNDATION): value for key, value in state.items() if key not in given}
    if foundation and isinstance(network, CrossModalVAE):
        network.foundation.fill(foundation)
    elif foundation:
        raise UsageError(f'{what} does not fit: left over: {", ".join(sorted(foundation))}')
