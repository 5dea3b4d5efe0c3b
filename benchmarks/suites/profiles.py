"""How much work: from a check that everything runs to the recipe of the paper."""

from __future__ import annotations

from dataclasses import dataclass

from zoo.errors import UsageError

METHODS = (
    'point-mae', 'cmc', 'cmc-nce', 'smc', 'recon-smc', 'multitask', 'two-tower', 'recon', 'point-bert', 'act',
    'recon-plus', 'point2vec', 'point-jepa', 'pcp-mae',
)  # fmt: skip
"""Pretraining methods in the order of tables."""


@dataclass(frozen=True)
class Profile:
    """Budgets of all jobs. Sizes of data concern the built-in shapes; official sets and packs are used whole.

    Attributes:
        name: of the profile.
        about: what it is for.
        size: of the students.
        sizes: of ReCon in the suite of sizes.
        methods: that are compared; a pattern that fits none of them may name any other.
        suites: what ``--all`` runs; everything where it is empty.
        corpus: what is pretrained on.
        released: data of released weights that take the place of pretrainings, where there are some; none where it is
            empty.
        seeds: repetitions.
        pretrain_seeds: pretrainings; seeds beyond share them and repeat the downstream step alone.
        objects: of the built-in shapes for pretraining.
        epochs: of pretraining.
        batch_size: of pretraining; None leaves that of the configs. Chosen on validation objects: at equal samples, 16
            in place of 64 lifted ReCon-nano from 24 to 42 %, because little data needs steps.
        tokenizer_epochs: of the tokenizers that Point-BERT and ACT need first.
        num_points: of a cloud downstream, on the built-in shapes and the packs.
        variants: of the built-in shapes that are measured on.
        scan: the variant that stands beside the clean one in most tables, and on whose validation split the rate of
            fine-tuning is chosen; pb_t50_rs is too hard for a few labels, every method is near chance there.
        sources: what stands in for official data instead of those variants.
        pool: labeled objects that supports and training subsets are drawn from.
        labels_per_class: labeled objects of every class that one seed may use.
        val_objects: objects that the rate of fine-tuning is chosen on.
        test_objects: objects that are measured on.
        finetune_samples: clouds seen in fine-tuning, rounded to whole epochs; 0 keeps it out of the leaderboard.
        rates: of fine-tuning, to choose from.
        head_epochs: of MLP-Linear and MLP-3.
        few_shot: ways and shots.
        folds: episodes of a setting.
        queries: query objects of a class.
        fractions: of the pretraining data in the data curve, in percent.
        severities: of corruptions.
        votes: of which the best is reported, where habits of released code are measured.
        vote_seeds: classifiers that this is measured on; it is by far the longest of the jobs.
        best_of: seeds of which the best is reported; 0 takes all.
        fold_epochs: of the fine-tuning of an episode.
        fold_seeds: draws of episodes that are fine-tuned, each with all its folds.
    """

    name: str
    about: str
    size: str = 'nano'
    sizes: tuple[str, ...] = ('nano', 'tiny')
    methods: tuple[str, ...] = METHODS
    suites: tuple[str, ...] = ()
    corpus: str = 'procedural'
    released: str = ''
    seeds: int = 3
    pretrain_seeds: int = 3
    objects: int = 1650
    epochs: int = 15
    batch_size: int | None = 16
    tokenizer_epochs: int = 8
    num_points: int = 512
    variants: tuple[str, ...] = ('cad', 'obj_only', 'obj_bg', 'pb_t50_rs')
    scan: str = 'obj_bg'
    sources: tuple[str, ...] = ()
    pool: int = 1290
    labels_per_class: int = 12
    val_objects: int = 430
    test_objects: int = 1290
    finetune_samples: int = 8_000
    rates: tuple[float, ...] = (1e-4, 3e-4, 1e-3, 3e-3)
    head_epochs: int = 100
    few_shot: tuple[tuple[int, int], ...] = ((5, 10), (5, 20), (10, 10), (10, 20))
    folds: int = 10
    queries: int = 20
    fractions: tuple[int, ...] = (10, 25, 50, 75, 90, 100)
    severities: tuple[int, ...] = (1, 2, 3, 4, 5)
    votes: int = 5
    vote_seeds: int = 1
    best_of: int = 0
    fold_epochs: int = 30
    fold_seeds: int = 1

    def runs(self, suite: str) -> bool:
        """Whether ``--all`` runs a suite."""
        return not self.suites or suite in self.suites

    @property
    def doublings(self) -> list[int]:
        """Epochs at about 1/16, 1/8, 1/4 and 1/2 of a pretraining and its last; fewer where it is short.

        All but the last are multiples of the first, as checkpoints of one interval are.
        """
        halvings = min(4, self.epochs.bit_length() - 1)
        first = round(self.epochs / 2**halvings)
        return [*(first << place for place in range(halvings)), self.epochs]


PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            'smoke',
            'seconds a job: does everything run? Its figures mean nothing',
            sizes=('nano',),
            methods=('point-mae', 'smc', 'recon', 'act'),
            seeds=1,
            pretrain_seeds=1,
            objects=66,
            epochs=1,
            tokenizer_epochs=1,
            num_points=128,
            variants=('cad', 'obj_bg'),
            pool=129,
            labels_per_class=2,
            val_objects=43,
            test_objects=86,
            finetune_samples=86,
            rates=(1e-3,),
            head_epochs=2,
            few_shot=((5, 2),),
            folds=2,
            queries=2,
            fractions=(50, 100),
            severities=(5,),
            votes=2,
            best_of=2,
            fold_epochs=1,
        ),
        Profile(
            'demo',
            'a first look, minutes on two cores: released weights, and one pretraining',
            methods=tuple(name for name in METHODS if name not in ('cmc-nce', 'recon-plus')),  # none in the index
            suites=('leaderboard', 'live'),
            released='procedural',
            seeds=3,
            pretrain_seeds=1,
            objects=660,
            epochs=8,
            tokenizer_epochs=3,
            variants=('cad', 'obj_bg'),
            pool=860,
            labels_per_class=10,
            val_objects=430,
            test_objects=430,
            finetune_samples=0,
            rates=(1e-3,),
            queries=10,
            few_shot=((5, 10),),
        ),
        Profile(
            'laptop',
            'every suite, table and study on the built-in shapes and the packs, at the length of the released weights',
            seeds=3,
            pretrain_seeds=1,
            objects=660,
            epochs=8,
            tokenizer_epochs=3,
            test_objects=860,
            finetune_samples=2_580,
            rates=(3e-4, 1e-3, 3e-3),
            head_epochs=60,
            few_shot=((5, 10), (10, 20)),
            severities=(1, 3, 5),
        ),
        Profile(
            'packs',
            'packs of real shapes (--packs), every seed pretrained anew on 116,000 samples',
            methods=('point-mae', 'cmc', 'smc', 'multitask', 'two-tower', 'recon'),
            suites=(
                'svm',
                'few_shot',
                'zero_shot',
                'ablation_fusion',
                'ablation_stop_gradient',
                'data_curve',
                'attention_distance',
                'claims',
            ),
            corpus='packs',
            epochs=40,
            batch_size=64,
            tokenizer_epochs=15,
            sources=('shapedb69', 'modelnet10-voxels'),
            few_shot=((5, 10), (10, 20)),
            fractions=(10, 25, 50, 100),
        ),
        Profile(
            'night',
            'packs again, every seed pretrained anew on 302,000 samples',
            suites=(
                'svm',
                'few_shot',
                'zero_shot',
                'retrieval',
                'ablation_fusion',
                'ablation_stop_gradient',
                'samples_seen',
                'contrastive_test_loss',
                'attention_distance',
                'claims',
            ),
            corpus='packs',
            epochs=105,
            batch_size=64,
            tokenizer_epochs=30,
            sources=('shapedb69', 'modelnet10-voxels'),
            few_shot=((5, 10), (10, 20)),
        ),
        Profile(
            'side-by-side',
            '600 steps on shapedb69 (--packs), a budget that the released code was run with',
            methods=('point-mae', 'recon'),
            suites=('svm',),
            corpus='shapedb69',
            epochs=20,
            batch_size=64,
            sources=('shapedb69',),
        ),
        Profile(
            'gpu',
            'what one card shows in minutes: tiny students on thousands of built-in shapes',
            size='tiny',
            suites=('svm', 'few_shot'),
            pretrain_seeds=1,
            objects=13_200,
            epochs=100,
            batch_size=128,
            tokenizer_epochs=30,
            num_points=1024,
            few_shot=((5, 10), (10, 20)),
        ),
        Profile(
            'gpu-hour',
            'what one card shows in an hour: small students, 300 epochs',
            size='small',
            sizes=('nano', 'tiny', 'small'),
            suites=('svm', 'few_shot', 'zero_shot', 'ablation_fusion', 'sizes', 'samples_seen'),
            pretrain_seeds=1,
            objects=42_900,
            epochs=300,
            batch_size=128,
            tokenizer_epochs=100,
            num_points=1024,
            few_shot=((5, 10), (10, 20)),
        ),
        Profile(
            'paper',
            'the full recipe on the official data, on GPUs',
            size='base',
            sizes=('tiny', 'small', 'base'),
            corpus='shapenet55',
            seeds=5,
            pretrain_seeds=1,
            epochs=300,
            batch_size=None,
            tokenizer_epochs=300,
            num_points=1024,
            votes=299,
            vote_seeds=5,
            best_of=8,
            fold_epochs=150,
            fold_seeds=5,
        ),
    )
}
"""Every profile by its name."""


def find_profile(name: str) -> Profile:
    """Return a profile.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in PROFILES:
        raise UsageError(f'there is no profile {name!r}: choose from {", ".join(PROFILES)}')
    return PROFILES[name]
