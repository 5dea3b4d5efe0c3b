"""One transformer over point patches with three ways to fuse the global queries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from zoo import ops
from zoo.backbones.base import Backbone, Groups
from zoo.backbones.output import StudentOutput
from zoo.layers import Block, PatchEmbed, PositionEmbed, ReConBlock, as_points, split_by_mask, waves
from zoo.registry import BACKBONES

FUSIONS = ('none', 'joint', 'cross')
MASKED_TOKENS = ('drop', 'replace', 'unplace')
POSITIONS = ('coordinates', 'waves')


@BACKBONES.register_module()
class PointTransformer(Backbone):
    """Encoder of point patches: FPS and kNN groups, a mini-PointNet per group, transformer blocks.

    Args:
        embed_dim: channels C.
        depth: number of blocks L.
        num_heads: attention heads.
        queries: names of the global queries, each a learned token with a learned position.
        fusion: ``none``: no queries (Point-MAE, Point-BERT, ACT); ``joint``: queries sit in the token sequence (CMC,
            SMC, multi-task); ``cross``: queries have their own stream that reads the patch tokens (ReCon).
        stop_gradient: whether ``cross`` cuts the gradient from the queries to the patch tokens. The reference does so
            in pretraining only.
        masked_tokens: ``drop`` masked groups (MAE), ``replace`` them by a learned token (BEiT), or ``unplace`` them
            (PCP-MAE): beside the visible tokens, which do not read them, they are encoded by the same blocks with one
            learned position for all of them.
        num_groups: patches G.
        group_size: points K of a patch.
        patch_widths: inner widths of the patch embedding.
        mlp_ratio: hidden width of the MLPs over C.
        drop_path: stochastic depth at the last block, growing linearly from 0.
        skip_near_origin: FPS never chooses points with squared norm up to 1e-3, as pointnet2_ops behaves.
        position: what the position embedding reads of a center: its ``coordinates``, or their ``waves`` in C channels
            (:func:`zoo.layers.waves`).
        order: ``given``: centers begin with the first point, as the released code has it; ``shape``: with one that
            depends on the cloud alone, so that the order of its points has no influence (:func:`zoo.ops.shape_order`).

    Source: arXiv 2302.02318, arXiv 2203.06604, arXiv 2408.08753.
    """

    capabilities = frozenset({'queries', 'tokens', 'layers', 'attention', 'masking', 'unplaced'})
    task_arguments = ('num_groups', 'group_size', 'drop_path', 'skip_near_origin', 'order', 'masked_tokens')

    def __init__(
        self,
        embed_dim: int = 384,
        depth: int = 12,
        num_heads: int = 6,
        queries: Sequence[str] = ('cls', 'image', 'text'),
        fusion: str = 'cross',
        stop_gradient: bool = True,
        masked_tokens: str = 'drop',
        num_groups: int = 64,
        group_size: int = 32,
        patch_widths: Sequence[int] = (128, 256, 512),
        mlp_ratio: float = 4.0,
        drop_path: float = 0.1,
        skip_near_origin: bool = False,
        order: str = 'given',
        position: str = 'coordinates',
    ) -> None:
        super().__init__()
        ops.require_order(order)
        _check(fusion, queries, masked_tokens, position)
        self.embed_dim = embed_dim
        self.depth = depth
        self.num_heads = num_heads
        self.fusion = fusion
        self.query_names = tuple(queries)
        self.num_groups = num_groups
        self.group_size = group_size
        self.masked_tokens = masked_tokens
        self.skip_near_origin = skip_near_origin
        self.order = order
        self.patch_embed = PatchEmbed(embed_dim, patch_widths)
        self.waves = position == 'waves'
        self.position = PositionEmbed(embed_dim, embed_dim if self.waves else 3)
        self.query_tokens = nn.ParameterDict({name: torch.zeros(1, 1, embed_dim) for name in queries})
        self.query_positions = nn.ParameterDict({name: torch.zeros(1, 1, embed_dim) for name in queries})
        self.mask_token = nn.Parameter(torch.zeros(1, 1, embed_dim)) if masked_tokens == 'replace' else None
        self.mask_position = nn.Parameter(torch.zeros(1, 1, embed_dim)) if masked_tokens == 'unplace' else None
        rates = torch.linspace(0, drop_path, depth, device='cpu').tolist()
        blocks: list[Block | ReConBlock]
        if fusion == 'cross':
            blocks = [ReConBlock(embed_dim, num_heads, mlp_ratio, rate, stop_gradient) for rate in rates]
        else:
            blocks = [Block(embed_dim, num_heads, mlp_ratio, rate) for rate in rates]
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(embed_dim)
        self.init_weights()

    @property
    def provides(self) -> frozenset[str]:
        """What its arguments allow of :attr:`capabilities`."""
        return super().provides - ({'unplaced'} if self.mask_position is None else set())

    @property
    def stop_gradient(self) -> bool:
        """Whether the queries read the patch tokens through a detached path (``cross`` fusion)."""
        return self.fusion == 'cross' and all(block.stop_gradient for block in self.blocks)

    def init_weights(self) -> None:
        """Truncated normal of deviation 0.02 for weights and tokens, zero biases, unit norms."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for token in (*self.query_tokens.values(), *self.query_positions.values(), self.mask_token, self.mask_position):
            if token is not None:
                nn.init.trunc_normal_(token, std=0.02)

    def group(self, points: Tensor) -> Groups:
        """Cut clouds (B, N, 3) into neighborhoods (B, G, K, 3) and centers (B, G, 3)."""
        points = as_points(points, self.norm.weight)
        sizes = self.num_groups, self.group_size
        return ops.group(points, *sizes, skip_near_origin=self.skip_near_origin, order=self.order)

    def forward(
        self,
        points: Tensor,
        mask: Tensor | None = None,
        num_masked: int | None = None,
        groups: Groups | None = None,
        return_layers: bool = False,
        return_attention: bool = False,
    ) -> StudentOutput:
        """Encode a batch of clouds; see :class:`Backbone`. Attention is computed explicitly, which is slower."""
        neighborhoods, centers = self.group(points) if groups is None else groups
        position = self.position(waves(centers, self.embed_dim) if self.waves else centers)
        output = StudentOutput({}, centers.new_empty(0), centers, neighborhoods, mask=mask)
        if mask is not None:
            output.visible, output.masked = _split(mask, centers, num_masked)
        dropped = mask is not None and self.masked_tokens == 'drop'
        tokens = self.patch_embed(neighborhoods, output.visible if dropped else None)
        if mask is not None:
            tokens, position = self._apply_mask(tokens, position, output)
        queries, tokens = self._encode(tokens, position, output, return_layers, return_attention)
        output.tokens = tokens
        output.queries = {name: queries[:, i] for i, name in enumerate(self.query_names)}
        return output

    def normalized(self, tokens: Tensor) -> Tensor:
        """Tokens (B, T, C) of some layer through the last norm."""
        return self.norm(tokens)

    def no_weight_decay(self) -> set[str]:
        """Names of the parameters that take no weight decay although they are not vectors."""
        names = {name for name, _ in self.named_parameters() if name.startswith(('query_tokens', 'query_positions'))}
        return names | {name for name in ('mask_token', 'mask_position') if getattr(self, name) is not None}

    def layer_groups(self) -> list[list[str]]:
        """Parameter names from input to output: the embedding, each block, the last norm."""
        names = [name for name, _ in self.named_parameters()]
        blocks = [[name for name in names if name.startswith(f'blocks.{i}.')] for i in range(self.depth)]
        stem = [name for name in names if not name.startswith(('blocks.', 'norm.'))]
        return [stem, *blocks, [name for name in names if name.startswith('norm.')]]

    @classmethod
    def downstream(cls, config: dict[str, Any], task: str) -> dict[str, Any]:
        """No stop-gradient, no masked tokens; without queries, a fresh class token where it is fine-tuned.

        Parity: the stop-gradient of the reference holds in pretraining only, and its Point-MAE is given a class token
        to be fine-tuned and none for features (arXiv 2203.06604).
        """
        config = {**config, 'stop_gradient': False, 'masked_tokens': 'drop'}
        if config.get('fusion') == 'none' and task == 'classify':
            config |= {'fusion': 'joint', 'queries': ('cls',)}
        return config

    def _apply_mask(self, tokens: Tensor, position: Tensor, output: StudentOutput) -> tuple[Tensor, Tensor]:
        """Replace the masked tokens of (B, G, C), put them behind the others, or take (B, V, C) without them."""
        if self.mask_token is not None:
            assert output.mask is not None
            return torch.where(output.mask.unsqueeze(-1), self.mask_token.to(tokens.dtype), tokens), position
        shown_position = output.at_visible(position)
        if self.mask_position is None:
            return tokens, shown_position
        shown, output.unplaced = output.at_visible(tokens), output.at_masked(tokens)
        unknown = self.mask_position.to(position.dtype).expand_as(output.unplaced)
        return torch.cat([shown, output.unplaced], dim=1), torch.cat([shown_position, unknown], dim=1)

    def _queries(self, batch: int) -> tuple[Tensor, Tensor]:
        """Query tokens and positions, each (B, Q, C)."""
        if not self.query_names:
            empty = self.norm.weight.new_zeros(batch, 0, self.embed_dim)
            return empty, empty
        tokens = torch.cat([self.query_tokens[name] for name in self.query_names], dim=1)
        positions = torch.cat([self.query_positions[name] for name in self.query_names], dim=1)
        return tokens.expand(batch, -1, -1), positions.expand(batch, -1, -1)

    def _encode(
        self, tokens: Tensor, position: Tensor, output: StudentOutput, return_layers: bool, return_attention: bool
    ) -> tuple[Tensor, Tensor]:
        """Run the blocks; returns normalized queries (B, Q, C) and tokens (B, T, C); sets unplaced tokens aside."""
        queries, query_position = self._queries(tokens.shape[0])
        num_queries = queries.shape[1]
        num_shown = None if output.unplaced is None else tokens.shape[1] - output.unplaced.shape[1]
        num_read = None if num_shown is None else num_queries + num_shown
        for block in self.blocks:
            # Positions are added again before every block, for the queries too.
            if self.fusion == 'cross':
                queries, tokens, query_weights, weights = block(
                    queries + query_position, tokens + position, return_attention, num_shown
                )
            else:
                x = torch.cat([queries + query_position, tokens + position], dim=1)
                x, joint = block(x, return_attention, num_read)
                queries, tokens = x[:, :num_queries], x[:, num_queries:]
                if joint is not None:
                    query_weights, weights = (
                        joint[:, :, :num_queries, num_queries:],
                        joint[:, :, num_queries:, num_queries:],
                    )
            if return_layers:
                output.layers.append(tokens[:, :num_shown])
                output.query_layers.append(queries)
            if return_attention:
                output.attentions.append({'tokens': weights} | ({'queries': query_weights} if num_queries else {}))
        tokens = self.norm(tokens)
        if num_shown is not None:
            tokens, output.unplaced = tokens[:, :num_shown], tokens[:, num_shown:]
        return self.norm(queries), tokens


def _check(fusion: str, queries: Sequence[str], masked_tokens: str, position: str) -> None:
    """Raise ValueError for switches that do not fit each other."""
    if fusion not in FUSIONS:
        raise ValueError(f"unknown fusion '{fusion}': choose one of {', '.join(FUSIONS)}")
    if masked_tokens not in MASKED_TOKENS:
        raise ValueError(f"unknown masked_tokens '{masked_tokens}': choose one of {', '.join(MASKED_TOKENS)}")
    if position not in POSITIONS:
        raise ValueError(f"unknown position '{position}': choose one of {', '.join(POSITIONS)}")
    if isinstance(queries, str):
        raise ValueError(f"queries must be a list of names, got '{queries}'")
    if (fusion == 'none') != (len(queries) == 0):
        raise ValueError(
            f"fusion '{fusion}' does not fit queries {tuple(queries)}: 'none' has none, the others need some"
        )
    if len(set(queries)) != len(queries):
        raise ValueError(f'queries {tuple(queries)} has a name twice')


def _split(mask: Tensor, centers: Tensor, num_masked: int | None) -> tuple[Tensor, Tensor]:
    """Visible and masked indices of ``mask``, checked against centers (B, G, 3)."""
    if mask.shape != centers.shape[:2] or mask.dtype != torch.bool:
        raise ValueError(
            f'mask must be bool of shape {tuple(centers.shape[:2])}, got {mask.dtype} of shape {tuple(mask.shape)}'
        )
    if num_masked is None:
        counts = mask.sum(dim=1)
        num_masked = int(counts[0]) if len(counts) else 0
        if bool((counts != num_masked).any()):
            raise ValueError('mask must hide the same number of groups in every row')
    return split_by_mask(mask, num_masked)
