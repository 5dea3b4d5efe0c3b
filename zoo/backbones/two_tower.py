"""Two students side by side, one per paradigm."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from zoo.backbones.base import Backbone, Groups
from zoo.backbones.output import StudentOutput
from zoo.registry import BACKBONES

STREAMS = {'both': ('local_tower', 'global_tower'), 'local': ('local_tower',), 'global': ('global_tower',)}


@BACKBONES.register_module()
class TwoTower(Backbone):
    """A local tower for masked modeling and a global tower for contrast that share nothing (arXiv 2302.02318, app. C).

    The local tower sees the masked groups' complement, the global tower always sees every group. Pretraining needs
    both; what comes after may use either alone.

    Parity: with both streams, features are those of the released two-tower code (own class token, image and text
    query, max over the local tower's patches). Its ``CMC`` stream uses the two queries alone; here the global stream
    adds the max over its patches, as for every other student.

    Args:
        local_tower: config of the backbone whose patch tokens are returned.
        global_tower: config of the backbone whose queries are returned; it must cut the same groups.
        streams: ``both``; ``local`` or ``global``: that tower alone, tokens and queries, the other is not built.
        patches_left_out: first patches that pooled features do not see. Parity: 2 in the released fine-tuning code.
        common: arguments of both towers, such as ``embed_dim`` or ``num_groups``; a tower's own config goes first.

    Raises:
        ValueError: unknown streams; the towers differ in channels or grouping, or share a query.
    """

    local_tower: Backbone
    global_tower: Backbone
    capabilities = frozenset({'queries', 'tokens', 'layers', 'attention', 'masking', 'unplaced'})
    task_arguments = ('num_groups', 'group_size', 'drop_path', 'skip_near_origin', 'order', 'masked_tokens', 'streams')

    def __init__(
        self,
        local_tower: dict[str, Any],
        global_tower: dict[str, Any],
        streams: str = 'both',
        patches_left_out: int = 0,
        **common: Any,
    ) -> None:
        super().__init__()
        if streams not in STREAMS:
            raise ValueError(f"unknown streams '{streams}': choose one of {', '.join(STREAMS)}")
        self.streams = streams
        self.patches_left_out = patches_left_out
        configs = {'local_tower': local_tower, 'global_tower': global_tower}
        for name in STREAMS[streams]:
            self.add_module(name, BACKBONES.build({**common, **configs[name]}))
        if streams == 'both':
            self._check()
        towers = list(self.towers.values())
        self.query_names = tuple(name for tower in towers for name in tower.query_names)
        for name in ('embed_dim', 'depth', 'num_heads', 'num_groups', 'group_size'):
            setattr(self, name, getattr(towers[0], name))

    def _check(self) -> None:
        """Raise ValueError for towers that do not fit each other."""
        local, contrast = self.towers.values()
        for name in ('embed_dim', 'num_groups', 'group_size', 'skip_near_origin', 'order'):
            here, there = getattr(local, name), getattr(contrast, name)
            if here != there:
                raise ValueError(f'the two towers differ in {name}: {here} and {there}')
        both = set(local.query_names) & set(contrast.query_names)
        if both:
            raise ValueError(f'both towers have a query {", ".join(sorted(both))}')

    @property
    def provides(self) -> frozenset[str]:
        """What the first tower provides, and the queries of all."""
        return super().provides & (self.first.provides | {'queries'})

    @property
    def towers(self) -> dict[str, Any]:
        """The towers that are there, by name, the local one first."""
        return {name: getattr(self, name) for name in STREAMS[self.streams]}

    @property
    def first(self) -> Any:
        """The local tower, or the global one when it is alone."""
        return next(iter(self.towers.values()))

    def group(self, points: Tensor) -> Groups:
        """Cut clouds (B, N, 3) into neighborhoods (B, G, K, 3) and centers (B, G, 3), once for both towers."""
        return self.first.group(points)

    def forward(
        self,
        points: Tensor,
        mask: Tensor | None = None,
        num_masked: int | None = None,
        groups: Groups | None = None,
        return_layers: bool = False,
        return_attention: bool = False,
    ) -> StudentOutput:
        """Tokens of the first tower with the queries of all; see :class:`Backbone`.

        Attentions hold the first tower's ``tokens`` and the ``queries`` of the last, the global tower.
        """
        groups = self.group(points) if groups is None else groups
        shown = (groups, return_layers, return_attention)
        if self.streams == 'global':
            return self.global_tower(points, None, None, *shown)
        output: StudentOutput = self.local_tower(points, mask, num_masked, *shown)
        if self.streams == 'both':
            _add_queries(output, self.global_tower(points, None, None, *shown))
        output.left_out = self.patches_left_out
        return output

    def normalized(self, tokens: Tensor) -> Tensor:
        """Tokens (B, T, C) of some layer through the last norm of the first tower."""
        normed: Tensor = self.first.normalized(tokens)
        return normed

    def no_weight_decay(self) -> set[str]:
        """Names of the parameters that take no weight decay although they are not vectors."""
        return {f'{name}.{leaf}' for name, tower in self.towers.items() for leaf in tower.no_weight_decay()}

    def layer_groups(self) -> list[list[str]]:
        """Parameter names from input to output, the towers' layers of one depth together."""
        depths = zip(*(tower.layer_groups() for tower in self.towers.values()), strict=True)
        return [
            [f'{name}.{leaf}' for name, names in zip(self.towers, depth, strict=True) for leaf in names]
            for depth in depths
        ]

    @classmethod
    def downstream(cls, config: dict[str, Any], task: str) -> dict[str, Any]:
        """Both towers made ready; parts are read from the local one alone."""
        towers = {
            name: BACKBONES.get(config[name]['type']).downstream(config[name], task)
            for name in ('local_tower', 'global_tower')
        }
        return {**config, **towers} | ({'streams': 'local'} if task == 'segment' else {})


def _add_queries(output: StudentOutput, contrast: StudentOutput) -> None:
    """Put the global tower's queries, their layers and their attention beside the local tower's."""
    output.queries = output.queries | contrast.queries
    output.query_layers = [
        torch.cat(pair, dim=1) for pair in zip(output.query_layers, contrast.query_layers, strict=True)
    ]
    output.attentions = [
        {'tokens': ours['tokens'], 'queries': theirs['queries']}
        for ours, theirs in zip(output.attentions, contrast.attentions, strict=True)
    ]
