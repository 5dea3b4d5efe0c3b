"""Training data that lie on the device, so that a batch is a look-up there."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from zoo.datasets.base import ObjectDataset
from zoo.engine.seeding import restored_generators

CHUNK = 1024
"""Clouds that are read at once."""

SHARE = 0.5
"""Part of the free memory of a GPU that data may take; the rest is left to the training."""


class NotResident(Exception):
    """Why data are loaded batch by batch."""


class ResidentData:
    """Points, parts, labels and features of a dataset on a device.

    Batches are those of the loader, drawn by the same numbers. What is drawn for a sample (which view of a bank) is
    drawn on the host, where the loader draws it; points, parts and features never leave the device.

    Args:
        loader: loader of the training data, with the features of their banks attached.
        device: device that holds them.

    Raises:
        NotResident: They do not fit, draw random numbers when read, or hold more than tensors and banks.
    """

    def __init__(self, loader: DataLoader[Any], device: str) -> None:
        from zoo.teachers import FeatureBank

        dataset: Any = loader.dataset
        if getattr(dataset, 'made_when_read', False):
            raise NotResident(f'samples of {type(dataset).__name__} are made when they are read')
        own = getattr(type(dataset), '__getitems__', None) is not ObjectDataset.__getitems__
        if own or getattr(loader.collate_fn, 'func', loader.collate_fn) is not ObjectDataset.collate:
            raise NotResident(f'{type(dataset).__name__} or its loader makes batches of its own')
        banks: dict[str, Any] = {name: getattr(lookup, '__self__', None) for name, lookup in dataset._features.items()}
        for name, wanted in (('image', dataset.images), ('text', dataset.texts), *((name, True) for name in banks)):
            if wanted and not isinstance(banks.get(name), FeatureBank):
                raise NotResident(f'{name}s are no features of a bank')
        self.device, self.length = torch.device(device), len(dataset)
        self.tables = self._read(dataset)
        if dataset.classes:
            self.tables['label'] = torch.from_numpy(dataset.labels)
        self.tables = {name: table.to(self.device) for name, table in self.tables.items()}
        self.banks = {name: bank.to(self.device) for name, bank in banks.items()}
        self.whole = {name for name, lookup in dataset._features.items() if lookup == banks[name].lookup_all}

    @property
    def nbytes(self) -> int:
        """Bytes on the device."""
        return sum(table.nbytes for table in (*self.tables.values(), *(bank.features for bank in self.banks.values())))

    def _read(self, dataset: ObjectDataset) -> dict[str, Tensor]:
        """Read points and parts (S, N, ...) into one table each, in the precision in which they are stored."""
        tables: dict[str, Tensor] = {}
        for start in range(0, self.length, CHUNK):
            where = np.arange(start, min(start + CHUNK, self.length))
            with restored_generators() as untouched:
                read = {'points': dataset.gather_points(where), 'part': dataset.gather_parts(where)}
                if not untouched():
                    raise NotResident('its samples are drawn anew whenever they are read')
            for name, values in read.items():
                if values is None:
                    continue
                rows = torch.from_numpy(np.ascontiguousarray(values))
                if name not in tables:
                    self._require_room(rows[0].nbytes * self.length)
                    tables[name] = torch.empty(self.length, *rows.shape[1:], dtype=rows.dtype, device=self.device)
                tables[name][start : start + len(rows)] = rows
        return tables

    def _require_room(self, wanted: int) -> None:
        free = torch.cuda.mem_get_info()[0] if self.device.type == 'cuda' else None
        if free is not None and wanted > SHARE * free:
            raise NotResident(f'{wanted / 2**30:.1f} GiB do not fit into half of the free {free / 2**30:.1f}')

    def drawing(self, loader: DataLoader[Any]) -> DataLoader[Any]:
        """Return a loader of the same batches that reads positions and draws only; see :meth:`batch`."""
        twin = copy.copy(loader)
        twin.num_workers, twin.pin_memory, twin.timeout, twin.prefetch_factor = 0, False, 0, None
        vars(twin)['dataset'] = _Draws(self)  # torch's own __setattr__ refuses
        return twin

    def batch(self, drawn: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the batch of what was drawn: ``index (B,)``, and a variant (B,) for every bank that has several."""
        pinned = self.device.type == 'cuda'
        places = {key: (value.pin_memory() if pinned else value) for key, value in drawn.items()}
        places = {key: value.to(self.device, non_blocking=True) for key, value in places.items()}
        index = places['index']
        result = {'points': self.tables['points'][index].float(), 'index': index}
        result |= {key: self.tables[key][index] for key in ('label', 'part') if key in self.tables}
        if 'part' in result:
            result['part'] = result['part'].long()
        for name, bank in self.banks.items():
            result[f'{name}_feature'] = (
                bank.lookup_all(index) if name in self.whole else bank.variant(index, places.get(name))
            )
        return result


class _Draws(Dataset[dict[str, Tensor]]):
    """Positions, and what is drawn for each in the order in which the dataset draws it."""

    def __init__(self, data: ResidentData) -> None:
        self.length = data.length
        self.variants = {
            name: bank.num_variants
            for name, bank in data.banks.items()
            if name not in data.whole and bank.num_variants > 1
        }

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {key: value[0] for key, value in self.__getitems__([index % self.length]).items()}

    def __getitems__(self, indices: Sequence[int]) -> dict[str, Tensor]:
        index = torch.as_tensor(indices, dtype=torch.int64)
        return {'index': index} | {name: torch.randint(count, index.shape) for name, count in self.variants.items()}
