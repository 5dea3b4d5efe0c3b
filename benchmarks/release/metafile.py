"""Entries written into the metafiles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from zoo.errors import UsageError
from zoo.hub.index import entries
from zoo.hub.index.lookup import raw_index
from zoo.io import write_whole

HEADER = (
    '# Models of this folder by name, in the form of OpenMMLab; see zoo/hub/index for the keys. Figures in percent.\n'
)


class _Dumper(yaml.SafeDumper):
    """Lists are set in, and nothing is an anchor, which the index does not take."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Set lists in."""
        super().increase_indent(flow, False)


def put_entry(root: Path, folder: str, entry: Mapping[str, Any]) -> None:
    """Write an entry in the place of the one with its name, else behind the last entry without official weights.

    Args:
        root: folder of ``model_index.yml``.
        folder: name of the method's folder below ``configs``.
        entry: entry of the metafile, without its collection.

    Raises:
        UsageError: the folder has no metafile, or the index would be wrong; the file is then as it was.
    """
    path = root / 'configs' / folder / 'metafile.yml'
    before = path.read_bytes() if path.is_file() else b''
    content = raw_index(path)
    collection = content['Collections'][0]['Name']
    made = {'Name': entry['Name'], 'In Collection': collection, **{k: v for k, v in entry.items() if k != 'Name'}}
    models = content['Models']
    names = [model['Name'] for model in models]
    if made['Name'] in names:
        models[names.index(made['Name'])] = made
    else:
        official = [place for place, model in enumerate(models) if 'Official' in model['Metadata']]
        models.insert(official[0] if official else len(models), made)
    write_whole(path, text_of(content).encode())
    try:
        entries(root / 'model_index.yml')
    except UsageError:
        write_whole(path, before)
        raise


def text_of(content: Mapping[str, Any]) -> str:
    """A metafile as text."""
    return HEADER + yaml.dump(dict(content), Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)
