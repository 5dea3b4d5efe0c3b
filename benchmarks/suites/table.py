"""What a table will show: rows, columns, and the job behind every figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import ConfigDict, Field, InstanceOf

from benchmarks.records import Plan, PlannedFigure
from benchmarks.suites.job import Job
from benchmarks.suites.students import Model


class TablePlan(Plan):
    """The plan of a table while it is being made, with the jobs themselves.

    Attributes:
        models: what is measured, by default one row each.
        seeds: seeds of the repetitions.
        jobs: jobs behind the figures, by key.
    """

    model_config = ConfigDict(frozen=False)

    profile: str = ''
    suite: str = ''
    rows: list[str] = []
    columns: list[str] = []
    figures: list[PlannedFigure] = []
    models: list[InstanceOf[Model]] = Field([], exclude=True)
    seeds: list[int] = Field([], exclude=True)
    jobs: dict[str, InstanceOf[Job]] = Field({}, exclude=True)

    def fill(
        self,
        column: str,
        job: Callable[[Model, int], Job],
        metric: str = 'oa',
        models: Sequence[Model] | None = None,
        seeds: Sequence[int] | None = None,
    ) -> None:
        """Add a figure of every model and seed.

        Args:
            column: label of the column.
            job: job that measures a model with a seed.
            metric: name of the figure in the record.
            models: other models than those of the table.
            seeds: other seeds than those of the table.
        """
        for model in self.models if models is None else models:
            for seed in self.seeds if seeds is None else seeds:
                self.add(model.label, column, seed, job(model, seed), metric)

    def add(self, row: str, column: str, seed: int, job: Job, metric: str = 'oa') -> None:
        """Add a figure; its row and column are added where they are new."""
        for label, labels in ((row, self.rows), (column, self.columns)):
            if label not in labels:
                labels.append(label)
        self.jobs[job.key] = job
        made = PlannedFigure(row=row, column=column, seed=seed, metric=metric, key=job.key, job=str(job))
        self.figures.append(made)

    def stored(self) -> Plan:
        """The plan with keys in the place of jobs, from which the table can be made without planning again."""
        return Plan(**self.model_dump())
