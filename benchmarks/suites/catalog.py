"""All suites, tables and studies there are."""

from __future__ import annotations

import importlib
import pkgutil

from benchmarks.protocols.base import find_protocol
from benchmarks.suites import plans
from benchmarks.suites.table import SUITES, Suite
from zoo.errors import UsageError

ORDER = (
    'few_shot', 'ablation_fusion', 'ablation_teacher', 'ablation_stop_gradient', 'ablation_local_teacher',
    'ablation_loss', 'ablation_mask', 'attention_distance', 'contrastive_test_loss', 'claims', 'corpora',
    'data_curve', 'data_curve_steps', 'svm', 'frozen', 'label_efficiency', 'leaderboard', 'live', 'zero_shot',
    'paper_protocols', 'shapenetpart', 'retrieval', 'robustness', 'robustness_frozen', 'corruption_errors',
    'samples_seen', 'scanobjectnn', 'modelnet40', 'modelnet10', 'scan_variants', 'sizes',
)  # fmt: skip
"""In which they are planned, listed and shown; all others come after."""


def all_suites() -> dict[str, Suite]:
    """All that can be asked for, by name, with the tables of protocols that were imported meanwhile."""
    names = [entry.name for entry in pkgutil.iter_modules(plans.__path__)]
    modules = {name: importlib.import_module(f'{plans.__name__}.{name}') for name in names}
    modules['frozen'].add_protocol_suites()
    return {name: SUITES[name] for name in dict.fromkeys((*ORDER, *SUITES))}


def find_suite(group: str, name: str) -> Suite:
    """Return what is asked for by ``--suite``, ``--table`` or ``--study``.

    Args:
        group: ``suite``, ``table`` or ``study``.
        name: name in the group, or ``FILE.py:CLASS`` of a protocol.

    Raises:
        UsageError: there is none of that name in the group.
    """
    if group == 'suite' and ':' in name:
        protocol = find_protocol(name)
        name = protocol.suite or protocol.name
    suites = all_suites()
    known = [entry.name for entry in suites.values() if entry.group == group]
    if name not in known:
        elsewhere = f' (it is a {suites[name].group}: --{suites[name].group} {name})' if name in suites else ''
        raise UsageError(f'there is no {group} {name!r}{elsewhere}: choose from {", ".join(known)}')
    return suites[name]
