"""From what the user asked for to jobs."""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.encoders import Encoder, check_encoder, installed_version
from benchmarks.protocols.base import ALIGNED, FEATURES, TEXT, Protocol
from benchmarks.protocols.finetune import Finetune
from benchmarks.protocols.part_seg import PartSegmentation
from benchmarks.records.keys import plain
from benchmarks.suites.code import code_version
from benchmarks.suites.data import PACKS, Corpus, Source, built_in, corpus, fingerprint, official, pack
from benchmarks.suites.job import Job
from benchmarks.suites.profiles import Profile
from benchmarks.suites.students import (
    POINTNET,
    Model,
    config_sha256,
    pretraining_config,
    scratch,
    speaks,
    supervision,
    tokenizers,
)
from zoo.errors import UsageError
from zoo.hub.index import find_entry
from zoo.hub.names import known_configs, parse_name
from zoo.tensors import tensor_digest

DRAW = 0
"""Seed of the nested shares of the pretraining data; the same for all seeds, so that curves differ in nothing else."""


@dataclass(frozen=True)
class Setup:
    """The profile with what the command line changes.

    Attributes:
        profile: budgets.
        seeds: repetitions; those of the profile by default.
        pattern: shell pattern of student names; empty for encoders alone.
        packs: folder of packs.
        encoders: encoders from elsewhere, which stand beside random weights.
    """

    profile: Profile
    seeds: int = 0
    pattern: str = '*'
    packs: Path | None = None
    encoders: tuple[Model, ...] = ()

    @property
    def repetitions(self) -> range:
        """Seeds of the downstream step."""
        return range(self.seeds or self.profile.seeds)

    @functools.cached_property
    def corpus(self) -> Corpus:
        """What is pretrained on."""
        return corpus(self.profile.corpus, self.profile, self.packs)

    # --- rows -------------------------------------------------------------------------------------------------------

    @property
    def baseline(self) -> Model:
        """Random weights."""
        return scratch(self.profile.size)

    def models(self) -> list[Model]:
        """PointNet, then methods of the profile that fit the pattern, at its size; else other methods or backbones.

        Raises:
            UsageError: none does.
        """
        if not self.pattern:
            return [POINTNET, *self.encoders]
        names = [f'{method}-{self.profile.size}' for method in self.profile.methods]
        others = [str(name) for name in known_configs() if name.size == self.profile.size]
        found = [Model(name, name) for name in self.chosen(names) or self.chosen(others)]
        if not found:
            raise UsageError(f'--models {self.pattern}: none of {", ".join(others)}')
        return [POINTNET, *self.encoders, *found]

    def chosen(self, names: list[str]) -> list[str]:
        """Names that fit the pattern, with or without the size."""
        return [
            name for name in names if any(fnmatch.fnmatch(text, self.pattern) for text in (name, parse_name(name).stem))
        ]

    def supervised_by(self, model: Model) -> str:
        """What supervises the pretraining of a model."""
        if model.encoder is not None:
            return 'not stated'
        return supervision(self._config(model)) if model.pretrained else '–'

    def speaks(self, model: Model) -> bool:
        """Whether a model can be told classes by their names."""
        return model.pretrained and speaks(self._config(model))

    def fits(self, protocol: Protocol | type[Protocol], model: Model) -> bool:
        """Whether a model has what a protocol requires of an encoder."""
        if model.encoder is not None:
            return protocol.requires == FEATURES
        if protocol.requires == TEXT:
            return self.speaks(model)
        return model.pretrained or protocol.requires != ALIGNED

    def _config(self, model: Model) -> Any:
        return pretraining_config(model.student, model.options, self.corpus.offline)

    # --- data -------------------------------------------------------------------------------------------------------

    def source(self, name: str) -> Source:
        """Data to measure on by its name: ``procedural-VARIANT``, a pack, or an official set."""
        if name.startswith('procedural-'):
            return built_in(self.profile, name.removeprefix('procedural-'))
        return pack(name, self.packs, self.profile) if name in PACKS else official(name)

    # --- jobs -------------------------------------------------------------------------------------------------------

    def pretraining(self, model: Model, seed: int) -> Job:
        """The job that makes the weights of a model."""
        if self.profile.released and not model.options and model.fraction == 100:
            entry = find_entry(f'{model.student}_{self.profile.released}')
            if entry.sources:
                settings = {'name': entry.name, 'sha256': entry.sha256, 'seed': 0}
                return Job('released', settings, label=f'fetch {entry.name}')
        seed = seed if self.seeds else seed % self.profile.pretrain_seeds
        config = self._config(model)
        data = config.train_dataloader.dataset
        dataset = self.corpus.dataset(bool(data.get('images')), bool(data.get('texts')), data.get('views', 1))
        if self.corpus.name == 'shapenet55':
            dataset = {**data.to_dict(), **dataset}
        shared = {
            'dataset': dataset,
            'fingerprint': fingerprint(dataset),
            'data': self.corpus.title,
            'fraction': model.fraction,
            'draw': DRAW,
            'objects': self.corpus.objects,
            'batch_size': self.profile.batch_size,
        }
        plain = {
            **shared,
            'dataset': self.corpus.dataset(images=False, texts=False),
            'epochs': self.profile.tokenizer_epochs,
        }
        needs = {
            f'tokenizer:{name}': Job(
                'tokenizer', {**plain, 'config': path, 'config_sha256': config_sha256(path)}, label=f'tokenizer {path}'
            )
            for name, path in tokenizers(config).items()
        }
        settings = {
            **shared,
            'student': model.student,
            'options': dict(model.options),
            'offline': self.corpus.offline,
            'epochs': self.profile.epochs,
            'seed': seed,
            'config_sha256': config_sha256(model.student),
        }
        return Job('pretrain', settings, needs, f'pretrain {_named(model)}, seed {seed}')

    def measure(self, protocol: Protocol, model: Model, source: Source, seed: int, **settings: Any) -> Job:
        """The job that measures a model on a source.

        Args:
            protocol: how.
            model: whom.
            source: on what.
            seed: random seed of the repetition.
            settings: further settings of the job.
        """
        needs = {'weights': self.pretraining(model, seed)} if model.pretrained else {}
        base = {**self._about(model, source, seed), 'per_class': source.per_class}
        own = plain(protocol.settings)
        extra = ' '.join(f'{own[key]}{key[0]}' for key in ('ways', 'shots') if key in own)
        name = own.get('head', protocol.name).replace('_', '-') + (f' {extra}' if extra else '')
        label = f'{name} {_named(model)} on {source.name}, seed {seed}'
        return Job(protocol.spec(), {**base, **own, **settings}, needs, label)

    def finetune(self, model: Model, source: Source, seed: int, protocol: type[Finetune] = Finetune, **own: Any) -> Job:
        """The job that fine-tunes a model; the rate is chosen before, unless a paper gives it.

        Args:
            model: whom.
            source: on what.
            seed: random seed of the repetition.
            protocol: how.
            own: further settings of the protocol.
        """
        made = protocol(**{'samples': self.profile.finetune_samples, 'recipe': dict(source.settings) or None, **own})
        base = self.measure(made, model, source, seed, config_file=config_sha256(made.config))
        return (
            base if source.settings else replace(base, needs={**base.needs, 'recipe': self.recipe(made, model, source)})
        )

    def recipe(self, protocol: Finetune, model: Model, source: Source) -> Job:
        """The job that chooses the rate, once for all methods and variants of a data set.

        Args:
            protocol: training whose rate is chosen; variants of fine-tuning share that of fine-tuning.
            model: whom; parts are segmented at a rate of its size, all else at one rate for all sizes.
            source: on what.
        """
        if isinstance(protocol, PartSegmentation):
            chosen: Finetune = protocol
            place, size = source, parse_name(model.student).size
        else:
            chosen, place, size = Finetune(protocol.samples), self.source(source.recipe), self.profile.size
        settings = {
            **chosen.settings,
            'protocol': chosen.name,
            'student': scratch(size).student,
            'title': place.title,
            'train': dict(place.train),
            'val': dict(place.val) if place.val else None,
            'per_class': place.per_class,
            'points': place.points,
            'rates': list(self.profile.rates),
            'fingerprint': fingerprint(place.train),
            'config_file': config_sha256(chosen.config),
        }
        what = 'the rate of part segmentation' if chosen.name == 'part_seg' else 'the fine-tuning rate'
        return Job('recipe', settings, label=f'choose {what} on {place.name}')

    def _about(self, model: Model, source: Source, seed: int) -> dict[str, Any]:
        """Settings that all measurements share."""
        own: dict[str, Any] = {'student': model.student}
        if model.encoder is None:
            own['config_sha256'] = config_sha256(model.student)
        else:
            own['encoder'] = dict(model.encoder)
        return {
            **own,
            'data': source.data,
            'variant': source.variant,
            'train': dict(source.train),
            'test': dict(source.test),
            'fingerprints': [fingerprint(source.train), fingerprint(source.test)],
            'points': source.points,
            'seed': seed,
        }


def encoder_row(name: str, arguments: Mapping[str, Any]) -> Model:
    """A row for an encoder from elsewhere that keeps the contract.

    Args:
        name: name on the command line, see :meth:`Encoder.named`.
        arguments: arguments of its factory.

    Raises:
        UsageError: it cannot be made or breaks the contract.
    """
    encoder = Encoder.named(name, arguments)
    built = encoder.build()
    if faults := check_encoder(built):
        raise UsageError(f'encoder {name}: {"; ".join(faults)} (--check-encoder says all that is wrong)')
    place = encoder.factory.rpartition(':')[0]
    try:
        code = code_version(place)
    except ValueError:
        code = installed_version(place)
    tensors = tensor_digest(built.state_dict())
    settings = {'factory': encoder.factory, 'arguments': dict(encoder.arguments), 'code': code, 'tensors': tensors}
    return Model(encoder.label, encoder.label, pretrained=False, encoder=settings)


def _named(model: Model) -> str:
    """What messages call a model."""
    return model.label if model.fraction == 100 else f'{model.label} on {model.fraction} %'


def one_line(settings: Mapping[str, Any]) -> str:
    """Options as the command line takes them."""
    return ' '.join(f'{key}={value}' for key, value in settings.items())
