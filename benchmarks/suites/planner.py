"""From what the user asked for to jobs."""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.encoders import Encoder, check_encoder, installed_version
from benchmarks.protocols.base import ALIGNED, FEATURES, TEXT, Protocol
from benchmarks.protocols.finetune import Finetune
from benchmarks.protocols.part_seg import PartSegmentation
from benchmarks.records.keys import plain
from benchmarks.suites.code import code_version
from benchmarks.suites.corpus import Corpus, find_corpus
from benchmarks.suites.data import PACKS, Source, built_in, fingerprint, official, pack
from benchmarks.suites.job import Job
from benchmarks.suites.profiles import Profile
from benchmarks.suites.students import (
    POINTNET,
    Model,
    config_sha256,
    objectives,
    pretraining_config,
    supervision,
    tokenizers,
)
from zoo.errors import UsageError
from zoo.hub.index import find_entry
from zoo.hub.names import known_configs
from zoo.tensors import tensor_digest

DRAW = 0
"""Seed of the nested shares of the pretraining data; the same for all seeds, so that curves differ in nothing else."""


@dataclass(frozen=True)
class Planner:
    """The profile with what the command line changes, and the jobs that follow.

    Attributes:
        profile: budgets.
        num_seeds: number of repetitions; 0 takes that of the profile.
        pattern: shell pattern of student names; empty for encoders alone.
        packs: folder of packs.
        encoders: encoders from elsewhere, which stand beside random weights.
        take: number of objects that are drawn of the corpus; 0 takes all.
    """

    profile: Profile
    num_seeds: int = 0
    pattern: str = '*'
    packs: Path | None = None
    encoders: tuple[Model, ...] = ()
    take: int = 0

    @property
    def seeds(self) -> list[int]:
        """Seeds of the downstream step."""
        return list(range(self.num_seeds or self.profile.seeds))

    @property
    def pretrain_seeds(self) -> list[int]:
        """Seeds of the pretrainings that differ; those of the command line pretrain anew."""
        if self.profile.released:
            return [0]
        return self.seeds if self.num_seeds else self.seeds[: self.profile.pretrain_seeds]

    @functools.cached_property
    def corpus(self) -> Corpus:
        """What is pretrained on."""
        found = find_corpus(self.profile.corpus, self.profile, self.packs)
        return replace(found, take=self.take, objects=self.take) if self.take else found

    @property
    def unreleased(self) -> Planner:
        """The same, but what has released weights is pretrained here too."""
        return replace(self, profile=replace(self.profile, released=''))

    def batch_size(self, model: Model) -> int:
        """Clouds of a step of a pretraining."""
        return self.profile.batch_size or int(self.config(model).train_dataloader.batch_size)

    def on(self, name: str, batch_size: int) -> Planner:
        """The same on another corpus, of which a pretraining sees as many samples as of that of the profile.

        So many objects are drawn of it that a run is whole epochs of whole batches, and differs by half a batch an
        epoch at most.

        Args:
            name: name of the corpus.
            batch_size: batch size of the pretraining.
        """
        other = find_corpus(name, self.profile, self.packs)
        if name == self.profile.corpus or other.get:
            return replace(self, profile=replace(self.profile, corpus=name))
        steps = self.profile.epochs * (self.corpus.objects // batch_size)
        epochs = -(-steps // (other.objects // batch_size))
        take = round(steps / epochs) * batch_size
        tokenizer_epochs = -(-self.profile.tokenizer_epochs * self.corpus.objects // take)
        profile = replace(self.profile, corpus=name, epochs=epochs, tokenizer_epochs=tokenizer_epochs)
        return replace(self, profile=profile, take=take)

    @property
    def baseline(self) -> Model:
        """The plain transformer with random weights, the reference row."""
        return Model('from scratch', f'point-mae-{self.profile.size}', pretrained=False)

    def models(self) -> list[Model]:
        """PointNet, then methods of the profile that fit the pattern, at its size; else other methods or backbones.

        Raises:
            UsageError: none does.
        """
        if not self.pattern:
            return [POINTNET, *self.encoders]
        others = [name for name in known_configs() if name.size == self.profile.size]
        found = self.students(dict.fromkeys(self.profile.methods, ''))
        found = found or self.students({name.stem: '' for name in others})
        if not found:
            raise UsageError(f'--models {self.pattern}: none of {", ".join(map(str, others))}')
        return [POINTNET, *self.encoders, *found]

    def students(self, methods: Mapping[str, str], size: str = '', **fields: Any) -> list[Model]:
        """Rows of methods whose names fit the pattern, with or without the size.

        Args:
            methods: label by name of the method; empty for the name of the student.
            size: size of the students; that of the profile by default.
            fields: further fields of :class:`Model`.
        """
        students = {name: f'{name}-{size or self.profile.size}' for name in methods}
        return [
            Model(label or students[name], students[name], **fields)
            for name, label in methods.items()
            if any(fnmatch.fnmatch(text, self.pattern) for text in (name, students[name]))
        ]

    def config(self, model: Model) -> Any:
        """Pretraining config of a model, not to be changed."""
        return pretraining_config(model.student, model.options, self.corpus.offline)

    def supervised_by(self, model: Model) -> str:
        """What supervises the pretraining of a model."""
        if model.encoder is not None:
            return 'not stated'
        return supervision(self.config(model), self.corpus.reads) if model.pretrained else '–'

    def fits(self, protocol: Protocol | type[Protocol], model: Model) -> bool:
        """Whether a model has what a protocol requires of an encoder."""
        if model.encoder is not None:
            return protocol.requires == FEATURES
        if protocol.requires == TEXT:
            return model.pretrained and 'text' in objectives(self.config(model))
        return model.pretrained or protocol.requires != ALIGNED

    def source(self, name: str) -> Source:
        """Data to measure on by its name: ``procedural-VARIANT``, a pack, or an official set."""
        if name.startswith('procedural-'):
            return built_in(self.profile, name.removeprefix('procedural-'))
        return pack(name, self.packs, self.profile) if name in PACKS else official(name)

    def pretraining(self, model: Model, seed: int) -> Job:
        """The job that makes the weights of a model."""
        if self.profile.released and not model.options and model.fraction == 100:
            entry = find_entry(f'{model.student}_{self.profile.released}')
            if entry.sources:
                settings = {'name': entry.name, 'sha256': entry.sha256, 'seed': 0}
                return Job('released', settings, label=f'fetch {entry.name}')
        seed = seed if self.num_seeds else seed % self.profile.pretrain_seeds
        config = self.config(model)
        data = config.train_dataloader.dataset
        dataset = self.corpus.dataset(bool(data.get('images')), bool(data.get('texts')), data.get('views', 1))
        if self.corpus.name == 'shapenet55':
            dataset = {**data.to_dict(), **dataset}
        shared = {
            'fingerprint': fingerprint(dataset),
            'data': self.corpus.title,
            'fraction': model.fraction,
            'draw': DRAW,
            'objects': self.corpus.objects,
            'batch_size': self.profile.batch_size,
        }
        points = {'dataset': self.corpus.dataset(images=False, texts=False), 'epochs': self.profile.tokenizer_epochs}
        needs = {}
        for name, path in tokenizers(config).items():
            own = {**shared, **points, 'config': path, 'config_sha256': config_sha256(path)}
            needs[f'tokenizer:{name}'] = Job('tokenizer', own, label=f'tokenizer {path}')
        settings = {
            **shared,
            'dataset': dataset,
            'student': model.student,
            'options': dict(model.options),
            'offline': self.corpus.offline,
            'epochs': self.profile.epochs,
            'seed': seed,
            'config_sha256': config_sha256(model.student),
        }
        if self.profile.runs('samples_seen') and not model.options and model.fraction == 100:
            # Every suite takes the run that the study looks into, so that none is made twice.
            settings['snapshots'] = self.profile.doublings
        return Job('pretrain', settings, needs, f'pretrain {model}, seed {seed}')

    def measure(self, protocol: Protocol, source: Source, model: Model, seed: int, **settings: Any) -> Job:
        """The job that measures a model on a source.

        Args:
            protocol: how.
            source: on what.
            model: whom.
            seed: random seed of the repetition.
            settings: further settings of the job.
        """
        needs = {'weights': self.pretraining(model, seed)} if model.pretrained else {}
        own = plain(protocol.settings)
        if model.encoder is None:
            about: dict[str, Any] = {'config_sha256': config_sha256(model.student)}
        else:
            about = {'encoder': dict(model.encoder)}
        base = {
            'student': model.student,
            **about,
            'data': source.data,
            'variant': source.variant,
            'train': dict(source.train),
            'test': dict(source.test),
            'fingerprints': [fingerprint(source.train), fingerprint(source.test)],
            'points': source.points,
            'seed': seed,
            'per_class': source.per_class,
        }
        extra = ' '.join(f'{own[key]}{key[0]}' for key in ('ways', 'shots') if key in own)
        name = own.get('head', protocol.name).replace('_', '-') + (f' {extra}' if extra else '')
        label = f'{name} {model} on {source.name}, seed {seed}'
        return Job(protocol.spec(), {**base, **own, **settings}, needs, label)

    def finetune(self, source: Source, model: Model, seed: int, protocol: type[Finetune] = Finetune, **own: Any) -> Job:
        """The job that fine-tunes a model, at a rate chosen before by its first pretraining, unless a paper gives one.

        Args:
            source: on what.
            model: whom.
            seed: random seed of the repetition.
            protocol: how.
            own: further settings of the protocol.
        """
        made = protocol(**{'samples': self.profile.finetune_samples, 'recipe': dict(source.settings) or None, **own})
        job = self.measure(made, source, model, seed, config_file=config_sha256(made.config))
        if source.settings:
            return job
        # For parts it is chosen on the data itself, for all else once for the variants of a data set.
        parts = isinstance(made, PartSegmentation)
        chosen, place = (made, source) if parts else (Finetune(made.samples), self.source(source.recipe))
        settings = {
            **chosen.settings,
            'protocol': chosen.name,
            'student': model.student,
            'title': place.title,
            'train': dict(place.train),
            'val': dict(place.val) if place.val else None,
            'per_class': place.per_class,
            'points': place.points,
            'rates': list(self.profile.rates),
            'fingerprint': fingerprint(place.train),
            'config_file': config_sha256(chosen.config),
        }
        needs = {'weights': self.pretraining(model, self.pretrain_seeds[0])} if model.pretrained else {}
        what = 'the rate of part segmentation' if parts else 'the fine-tuning rate'
        recipe = Job('recipe', settings, needs, f'choose {what} of {model} on {place.name}')
        return replace(job, needs={**job.needs, 'recipe': recipe})

    def after(self, epoch: int, measure: Callable[[Model, int], Job], model: Model, seed: int) -> Job:
        """The measurement of a student as it was after an epoch of its run; of random weights, that of other suites.

        Args:
            epoch: one of the doublings of the profile; at the last, the job is that of other suites.
            measure: job that measures a model with a seed.
            model: whom.
            seed: random seed of the repetition.
        """
        job, epochs = measure(model, seed), self.profile.doublings
        if not model.pretrained:
            return job
        run = job.needs['weights']
        kept = replace(run, settings={**run.settings, 'snapshots': epochs}, label=f'{run} with snapshots')
        early, said = ({}, '') if epoch == epochs[-1] else ({'epoch': epoch}, f', epoch {epoch}')
        return replace(job, settings={**job.settings, **early}, needs={'weights': kept}, label=f'{job}{said}')


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
