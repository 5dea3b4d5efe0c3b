"""What a results file holds, declared once: records, finished jobs, failures and plans of tables.

``json_schema()`` is the JSON Schema of a line of a results file, made from the classes below.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from benchmarks.records.keys import digest, plain
from benchmarks.records.predictions import PredictionLists, Predictions

NOT_KEPT = 'not kept'
"""In the place of predictions that a measurement made and that are lost."""

NOT_STATED = ''
"""A text field that nobody filled in. It differs from ``none``, which says that there was none."""

Name = Annotated[str, Field(min_length=1)]
Sha256 = Annotated[str, Field(pattern=r'^([0-9a-f]{64})?$')]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Figures = Annotated[dict[str, float], BeforeValidator(plain)]
Key = Annotated[str, Field(pattern=r'^[\w-]{1,64}$')]
Inside = Annotated[str, Field(pattern=r'^[^./][^/]*(/[^./][^/]*)*$')]
"""A path that stays in the folder it is relative to."""


class Strict(BaseModel):
    """Frozen fields of just these types."""

    model_config = ConfigDict(frozen=True, strict=True, extra='forbid', allow_inf_nan=False)


class Part(Strict, Mapping[str, Any]):
    """A group of settings, frozen, read as attributes or as a mapping; settings without a field are kept as well.

    The mapping holds what is stated: fields that are neither empty nor None, then the settings without a field.
    """

    model_config = ConfigDict(extra='allow')

    @model_validator(mode='before')
    @classmethod
    def _plain(cls, given: Any) -> Any:
        """What JSON has for what it has not."""
        return given if isinstance(given, cls) else plain(given)

    def _stated(self) -> dict[str, Any]:
        return {name: value for name, value in self.model_dump().items() if value not in (None, NOT_STATED)}

    def __getitem__(self, name: str) -> Any:
        return self._stated()[name]

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]  # names, as of a mapping
        return iter(self._stated())

    def __len__(self) -> int:
        return len(self._stated())


class Pretraining(Part):
    """Where the weights come from; empty for random ones.

    Attributes:
        config: config of the pretraining.
        data: data set it was pretrained on.
        fraction: share of that data, in (0, 1].
        teachers: what supervised it, in words.
        epochs: length of the run.
        seed: random seed of the run.
    """

    config: str = NOT_STATED
    data: str = NOT_STATED
    fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    teachers: str = NOT_STATED
    epochs: Count | None = None
    seed: int | None = None


class Dataset(Part):
    """What was measured on.

    Attributes:
        name: name of the data set.
        split: split that the figure is of.
        variant: variant of the data set, such as ``pb_t50_rs``.
        fingerprint: digest of the content of that split.
        samples: number of objects in it.
        classes: number of classes.
        train_fingerprint: digest of the labeled data that the downstream step learnt from.
        train_samples: number of objects in it.
        seen_classes: number of classes whose names the pretraining saw; None where nobody counted.
        seen_objects: number of objects whose very points the pretraining saw; None where nobody counted.
    """

    name: Name
    split: str = NOT_STATED
    variant: str = NOT_STATED
    fingerprint: str = NOT_STATED
    samples: Count | None = None
    classes: Count | None = None
    train_fingerprint: str = NOT_STATED
    train_samples: Count | None = None
    seen_classes: Count | None = None
    seen_objects: Count | None = None


class Protocol(Part):
    """How it was measured.

    Attributes:
        name: name of the protocol; habits of the literature have names of their own, with ``@paper``.
        version: raised whenever the protocol's code changes its figures.
        points: points N of a cloud.
        voting: ``none``, or how votes were made, such as ``10 augmentations, mean of logits``.
        epoch_selection: ``last``, ``best_val`` or ``best_test``.
        augmentation: names of the training transforms, in order.
        batch_size: batch size B of the downstream training.
    """

    name: Name
    version: Positive = 1
    points: Positive | None = None
    voting: str = NOT_STATED
    epoch_selection: Literal['', 'last', 'best_val', 'best_test'] = ''
    augmentation: list[str] | None = None
    batch_size: Positive | None = None


class Environment(Part):
    """What it was measured with.

    Attributes:
        torch: version of torch.
        device: name of the GPU, or ``cpu``.
        threads: threads of torch.
        precision: precision of the arithmetic, such as ``float32``.
        commit: commit of the working tree, with ``+`` when it had changes.
    """

    torch: str = NOT_STATED
    device: str = NOT_STATED
    threads: Positive | None = None
    precision: str = NOT_STATED
    commit: str = NOT_STATED


class Record(Strict):
    """One evaluation: what was run, on what, how, with what, and what came out.

    Attributes:
        model: model name.
        config: config of the model or of the evaluation.
        config_sha256: hash of that config with all changes applied.
        weights: where the weights came from; ``scratch`` for random ones.
        weights_digest: digest of the weights, by :func:`zoo.tensors.tensor_digest`; ``file:`` and the SHA-256 of their
            file in records older than layout 3; empty for random weights.
        pretraining: data, fraction, teachers and length of the pretraining; empty for random weights.
        dataset: what was measured on.
        protocol: how it was measured.
        seed: random seed of the downstream step.
        metrics: figures by name, in percent where they are accuracies.
        per_class: accuracy of every class in percent.
        seconds: wall time of the evaluation.
        source: ``measured`` by this harness, or ``published``.
        reference: who published it.
        environment: what it was measured with.
        date: day of the measurement, UTC.
        job: key under which the job was planned; empty for records made outside a plan.
        layout: version of this layout.
    """

    model: Name
    config: str = ''
    config_sha256: Sha256 = ''
    weights: Name
    weights_digest: Annotated[str, Field(pattern=r'^((file:)?[0-9a-f]{64})?$')] = ''
    pretraining: Pretraining = Pretraining()
    dataset: Dataset
    protocol: Protocol
    seed: int
    metrics: Figures
    per_class: Annotated[dict[str, Annotated[float, Field(ge=0, le=100)]], BeforeValidator(plain)] = {}
    seconds: Annotated[float, Field(ge=0)] = 0.0
    source: Literal['measured', 'published'] = 'measured'
    reference: str = ''
    environment: Environment = Environment()
    date: Annotated[str, Field(pattern=r'^\d{4}-\d{2}-\d{2}$')] = Field(
        default_factory=lambda: time.strftime('%Y-%m-%d', time.gmtime())
    )
    job: Annotated[str, Field(pattern=r'^([0-9a-f]{32})?$')] = ''
    layout: Literal[4] = 4

    def __init__(self, **fields: Any) -> None:
        """Parts may be given as mappings."""
        super().__init__(**fields)

    @model_validator(mode='before')
    @classmethod
    def _migrated(cls, given: Any) -> Any:
        """Layout 3 said of objects that a pretraining saw either ``all`` or nothing, which stays unknown."""
        if not isinstance(given, Mapping) or given.get('layout') != 3:
            return given
        dataset = given.get('dataset')
        if isinstance(dataset, Mapping) and dataset.get('seen_objects') == 'all':
            dataset = {**dataset, 'seen_objects': dataset.get('samples')}
        return {**given, 'dataset': dataset, 'layout': 4}

    @model_validator(mode='after')
    def _published_by_somebody(self) -> Record:
        if self.source == 'published' and not self.reference:
            raise ValueError('a published figure needs a reference')
        return self

    @property
    def key(self) -> str:
        """Identity of the measurement: its job's key, or a digest of everything but what came out."""
        outcome = {'metrics', 'per_class', 'seconds', 'environment', 'date', 'layout'}
        return self.job or digest(self.model_dump(exclude=outcome))


class Result(Strict):
    """What a finished job left.

    Attributes:
        key: key of the job, or of the record where it was made outside a plan.
        kind: kind of the job; empty outside a plan.
        label: what people read.
        like: what jobs of about the same speed have in common.
        settings: settings of the job.
        needs: keys of the jobs whose results it read, by role.
        guess: seconds that it was expected to take.
        seconds: seconds that it took.
        cpu_seconds: processor time that it took.
        value: what it returned to the jobs that need it.
        files: SHA-256 of the files it left for others, by path relative to the folder of results.
        record: the record of a measurement.
        predictions: what was predicted for every object; ``not kept`` where the measurement made some and they are
            lost, None where it makes none.
    """

    line: Literal['result'] = 'result'
    key: Key
    kind: str = ''
    label: str = ''
    like: str = ''
    settings: dict[str, Any] = {}
    needs: dict[str, str] = {}
    guess: float = 0.0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    value: dict[str, Any] = {}
    files: dict[Inside, Sha256] = {}
    record: Record | None = None
    predictions: PredictionLists | Literal['not kept'] | None = None

    @property
    def unpacked(self) -> Predictions | None:
        """Per-object predictions, None where there are none."""
        return self.predictions.unpack() if isinstance(self.predictions, PredictionLists) else None

    @model_validator(mode='after')
    def _agree(self) -> Result:
        """Refuse lists that are no predictions, and an accuracy that they do not have."""
        stated, predictions = self.record.metrics.get('oa') if self.record else None, self.unpacked
        if stated is not None and predictions and abs(stated - predictions.accuracy) > 0.01:
            raise ValueError(f'accuracy {stated:.2f}, but {predictions.accuracy:.2f} by the predictions')
        return self


class Failure(Strict):
    """Why a job failed; a later result takes its place.

    Attributes:
        key: key of the job.
        label: what people read.
        error: the reason, in one line.
    """

    line: Literal['failure'] = 'failure'
    key: Key
    label: str = ''
    error: str


class PlannedFigure(Strict):
    """One repetition of one figure of a table.

    Attributes:
        row: label of the row.
        column: label of the column.
        seed: what repetitions of two rows are paired by.
        metric: name of the figure in the record.
        key: key of the job that measures it.
        job: label of the job.
    """

    row: str
    column: str
    seed: int
    metric: str
    key: Key
    job: str


class Plan(Strict):
    """What a table shows: rows, columns, and the job behind every figure.

    Attributes:
        profile: profile that it was planned for.
        suite: suite that it belongs to.
        name: name of its files.
        title: title of the table.
        rows: labels of the rows, in order.
        columns: labels of the columns, in order.
        figures: what is measured.
        about: further text columns by name, with the text of every row.
        missing: what cannot be measured because data is absent, and how to get it, by title of the data.
        notes: sentences under the table.
        reference: row that the others are compared with; empty for none.
        curve: columns are points of a curve, placed by the number in their names.
        doublings: the columns double what was seen: the picture has a logarithmic axis, and it is said which rows the
            last one still lifts.
        axes: what the picture shows across and upwards.
        better: ``more``, ``less``, or ``none`` where no figure is better than another, so that nothing is tested.
        digits: decimals in the table.
        claims: rows are claims, that the first column is larger than the second: they are tested, and no row with
            another.
        judged: what tests said of a cell while there were predictions: ``↑``, ``↓``, ``*`` for bold; by row and column.
            It counts where predictions were not kept, so that nobody can test again; None where all were.
    """

    line: Literal['plan'] = 'plan'
    profile: Key
    suite: Key
    name: Annotated[str, Field(pattern=r'^\w[\w.@-]{0,99}$')]
    title: str
    rows: list[str]
    columns: list[str]
    figures: list[PlannedFigure]
    about: dict[str, dict[str, str]] = {}
    missing: dict[str, str] = {}
    notes: list[str] = []
    reference: str = ''
    curve: bool = False
    doublings: bool = False
    axes: Annotated[list[str], Field(min_length=2, max_length=2)] = ['', '']
    better: Literal['more', 'less', 'none'] = 'more'
    digits: Annotated[int, Field(ge=0, le=9)] = 1
    claims: bool = False
    judged: dict[str, dict[str, Literal['↑', '↓', '*', '*↑', '*↓']]] | None = None


Line: TypeAlias = Result | Failure | Plan
_LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator='line')])


def line_of(data: Any) -> Line:
    """A line from JSON.

    Raises:
        ValueError: it is none; names the first place that is wrong.
    """
    try:
        return _LINE.validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = '.'.join(str(part) for part in first['loc'] if part not in ('result', 'failure', 'plan'))
        reason = f'{place or "the line"}: {first["msg"]}, got {str(first["input"])[:60]!r}'
        raise ValueError(reason) from error


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one line of a results file."""
    return {'$schema': 'https://json-schema.org/draft/2020-12/schema', **_LINE.json_schema()}
