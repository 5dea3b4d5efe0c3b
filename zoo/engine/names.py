"""What a run is called, and what tells two runs apart."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mmengine import Config

CIRCUMSTANCES = (
    *('work_dir', 'resume', 'load_from', 'launcher', 'device', 'experiment_name', 'log_level'),
    *('amp', 'tf32', 'resident', 'compile', 'checkpointing'),
)
"""Keys of a config that say where and how it is run, not what is computed."""


def config_name(path: str | Path) -> str:
    """Return the name of a config: its path inside ``configs``, joined by underscores (``recon_nano``), else its stem.

    Args:
        path: path of the config file; may be empty.
    """
    parts = Path(path).with_suffix('').parts if str(path) else ()
    if 'configs' in parts:
        parts = parts[len(parts) - parts[::-1].index('configs') :]
        return '_'.join(parts)
    return parts[-1] if parts else 'unnamed'


def config_hash(config: Config) -> str:
    """Return the SHA-256 of what a config computes: its dumped text without the keys in ``CIRCUMSTANCES``."""
    content = {key: value for key, value in config.to_dict().items() if key not in CIRCUMSTANCES}
    return hashlib.sha256(Config(content, format_python_code=False).pretty_text.encode()).hexdigest()
