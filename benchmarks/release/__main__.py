"""Release weights of finished jobs, write the cards anew, or verify an entry."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from zoo.engine.cli import ArgumentParser, run_cli
from zoo.errors import UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Release, or verify.

    Returns:
        0, or 1 where a verified figure differs.
    """
    parser = ArgumentParser(prog='python -m benchmarks.release', description=__doc__)
    add = parser.add_argument
    add('out', nargs='?', type=Path, metavar='OUT', help='folder of the harness')
    add('--models', default='*', metavar='GLOB', help="names in the index, such as 'recon-nano_*'")
    add('--profile', default='', metavar='P', help='profile that the jobs ran with, for the command in the card')
    add('--options', default='', metavar='TEXT', help='further options of that command')
    add('--list', action='store_true', help='show what could be released, and change nothing')
    add('--cards', action='store_true', help='write the cards anew from the index')
    add('--verify', metavar='NAME', help='measure an entry again and compare')
    add('--device', default='cpu', choices=('cpu', 'cuda'), help='where to measure; the CPU by default')
    add('--packs', type=Path, metavar='DIR', help='folder of packs; $ZOO_PACKS by default')
    given = parser.parse_args(arguments)
    from benchmarks.release import candidates, release, verify
    from benchmarks.release.export import write_cards

    if given.verify:
        text, code = verify(given.verify, given.device, given.packs)
        print(text)
        return code
    if given.cards:
        print(f'{len(write_cards())} files')
        return 0
    if given.out is None:
        raise UsageError('name the folder of the harness, or --cards, or --verify NAME')
    found = candidates(given.out, given.models)
    if given.list:
        for candidate in found:
            print(f'{candidate.name}: seeds {sorted(candidate.jobs)}, {len(candidate.measured)} measurements')
        return 0
    if not given.profile:
        raise UsageError('--profile P is missing: the profile that the jobs ran with')
    for candidate in found:
        written = release(candidate, given.out, given.profile, more=given.options)
        print(f'{candidate.name}: {len(written)} files')
    return 0


if __name__ == '__main__':
    sys.exit(run_cli(main))
