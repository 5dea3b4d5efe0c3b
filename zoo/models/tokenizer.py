"""Training of tokenizers: autoencoders of point groups, which become local teachers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from zoo import ops
from zoo.layers import as_points
from zoo.models.base import CloudModel, per_sample
from zoo.registry import MODELS
from zoo.teachers.tokenizers import Reconstruction

TEMPERATURE = {'start': 1.0, 'end': 0.0625, 'steps': 100_000}
KL_WEIGHT = {'start': 0.0, 'end': 0.1, 'steps': 100_000, 'delay': 10_000}
"""The schedules of the released code, in iterations."""


@MODELS.register_module()
class TokenizerPretrainer(CloudModel):
    """An autoencoder of point groups with a discrete code, trained to give the points back (arXiv 2111.14819).

    The loss is the Chamfer-L1 distance of coarse and of fine points to the group, and a weighted KL divergence that
    keeps the ids of a cloud spread over the vocabulary. Temperature of the code and weight of the divergence follow the
    iterations, which are counted in a buffer, so that a resumed run goes on where it was.

    Args:
        tokenizer: config of the network, :class:`DiscreteVAE` or :class:`CrossModalVAE`.
        num_groups: patches G.
        temperature: arguments of :func:`cosine_ramp` for the Gumbel-softmax.
        kl_weight: arguments of :func:`cosine_ramp` for the weight of the divergence.
        iterations: length of the training that both ramps are meant for; where the training is longer or shorter, they
            are too. None leaves them as they are.
        skip_near_origin: whether sampling passes over such points, see :func:`zoo.ops.farthest_point_sample`.
        order: order of the points, ``given`` or ``shape``; see :func:`zoo.ops.group`.
        data_preprocessor: config of the batched transforms.
    """

    step: Tensor

    def __init__(
        self,
        tokenizer: dict[str, Any],
        num_groups: int = 64,
        temperature: Mapping[str, float] | None = None,
        kl_weight: Mapping[str, float] | None = None,
        iterations: int | None = None,
        skip_near_origin: bool = False,
        order: str = 'given',
        data_preprocessor: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data_preprocessor)
        ops.require_order(order)
        self.tokenizer_config = dict(tokenizer)
        self.tokenizer = MODELS.build(dict(tokenizer))
        self.num_groups = num_groups
        self.temperature = {**TEMPERATURE, **(temperature or {})}
        self.kl_weight = {**KL_WEIGHT, **(kl_weight or {})}
        self.iterations, self.stretch = iterations, 1.0
        self.skip_near_origin = skip_near_origin
        self.order = order
        self.register_buffer('step', torch.zeros((), dtype=torch.int64))

    def before_training(self, iterations: int) -> None:
        """Stretch the ramps to a training of so many iterations."""
        self.stretch = iterations / self.iterations if self.iterations else 1.0

    def group(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Cut clouds (B, N, 3) into neighborhoods (B, G, K, 3) and centers (B, G, 3)."""
        points = as_points(points, self.tokenizer.codebook)
        sizes = self.num_groups, self.tokenizer.group_size
        return ops.group(points, *sizes, skip_near_origin=self.skip_near_origin, order=self.order)

    def extract(self, points: Tensor, **batch: Any) -> Tensor:
        """Ids (B, G) of the groups of clouds (B, N, 3)."""
        return self.tokenizer.tokens(*self.group(points))

    def loss(self, points: Tensor, **batch: Any) -> dict[str, Tensor]:
        """Reconstruction and weighted divergence of one batch of clouds (B, N, 3); in training it counts as a step."""
        neighborhoods, centers = self.group(points)
        step = self.step / self.stretch
        output: Reconstruction = self.tokenizer(neighborhoods, centers, cosine_ramp(step, **self.temperature))
        target = neighborhoods.flatten(0, 1)
        parts = [ops.chamfer_distance(part.flatten(0, 1), target, norm=1) for part in (output.coarse, output.fine)]
        spread = cosine_ramp(step, **self.kl_weight) * uniform_divergence(output.logits)
        if self.training:
            self.step += 1
        return {'loss_coarse': parts[0], 'loss_fine': parts[1], 'loss_kl': spread}

    @torch.no_grad()
    def predict(self, points: Tensor, **batch: Any) -> list[dict[str, Tensor]]:
        """One dict per sample: ``tokens`` (G,), ``points`` (G * K, 3), the cloud that they give back."""
        neighborhoods, centers = self.group(points)
        tokens = self.tokenizer.tokens(neighborhoods, centers)
        codes = self.tokenizer.mix(self.tokenizer.codebook[tokens], centers)
        _, fine = self.tokenizer.decoder(self.tokenizer.from_codes(codes, centers))
        return per_sample({'tokens': tokens, 'points': (fine + centers.unsqueeze(2)).flatten(1, 2)}, batch)

    def no_weight_decay(self) -> set[str]:
        """Names of parameters that take no weight decay although they are not vectors."""
        return {f'tokenizer.{name}' for name in self.tokenizer.no_weight_decay()}


def cosine_ramp(step: Tensor, start: float, end: float, steps: float, delay: float = 0.0) -> Tensor:
    """Half a cosine from ``start`` to ``end``.

    Args:
        step: the iteration, from 0, a scalar tensor; it is not waited for.
        start: value up to iteration ``delay``.
        end: value from iteration ``delay + steps`` on.
        steps: length of the ramp in iterations.
        delay: iterations before it begins.
    """
    progress = ((step.float() - delay) / max(steps, 1e-9)).clamp(0, 1)
    return end + (start - end) * (1 + torch.cos(torch.pi * progress)) / 2


def uniform_divergence(logits: Tensor) -> Tensor:
    """KL divergence from the uniform distribution to the mean choice of every cloud, mean over the clouds.

    Parity: this is KL(uniform || choice), the direction of the released code; ids that no group chooses cost most.

    Args:
        logits: (B, G, V).
    """
    log_choice = logits.float().log_softmax(dim=-1)
    log_mean = log_choice.logsumexp(dim=1) - math.log(logits.shape[1])
    return -(log_mean.mean(dim=-1) + math.log(logits.shape[-1])).mean()
