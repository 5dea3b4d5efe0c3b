"""Features of frozen teachers, computed once instead of in every step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from zoo.registry import HOOKS


@HOOKS.register_module()
class FeatureBankHook(Hook):
    """Replaces the images and texts of the training data by features of the frozen teachers that read them.

    Of several processes, one computes and the others read its file. Objects that are made when they are read have no
    bank: their teachers stay in the training step.

    Args:
        views: number of augmented views of every image that are computed, and drawn from in training.
        prompts: templates of the texts, or a number of ``PROMPTS``; None takes the captions alone.
        whole: modalities of which batches carry all variants (B, V, C) instead of one that is drawn (B, C).
        enabled: whether features replace the teachers, which else stay in the training step.
        options: further arguments of ``FeatureBank.build``: ``cache_dir``, ``batch_size``, ``seed``, ``standardize``.
    """

    # Before anything draws a batch.
    priority = 'HIGH'

    def __init__(
        self,
        views: int = 4,
        prompts: int | Sequence[str] | None = None,
        whole: Sequence[str] = (),
        enabled: bool = True,
        **options: Any,
    ) -> None:
        self.views, self.prompts, self.whole, self.enabled, self.options = views, prompts, whole, enabled, options

    def before_train(self, runner: Any) -> None:
        """Compute the features, or read them from the cache, and attach them to the dataset."""
        from zoo.teachers import FeatureBank

        model = getattr(runner.model, 'module', runner.model)
        if not self.enabled or not hasattr(model, 'teachers'):
            return
        dataset = runner.train_dataloader.dataset
        if getattr(dataset, 'made_when_read', False):
            runner.logger.info(f'samples of {type(dataset).__name__} are made when they are read: no feature bank')
            return
        for name, teacher in model.teachers().items():
            bank = FeatureBank.build(
                teacher,
                dataset,
                views=self.views,
                prompts=self.prompts,
                device=runner.device,
                progress=is_main_process(),
                **self.options,
            )
            dataset.attach_feature(name, bank.lookup_all if name in self.whole else bank.lookup)
            runner.logger.info(f'{name}: {len(bank)} samples, features of {type(teacher).__name__}, bank {bank.key}')
