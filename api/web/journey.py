"""A lot's steps as stages that a reader can take in: like steps of one run become one stage.

A lot of forty farms has forty harvests; on a phone that is one stage, "harvest, 40 times,
18–20/11", with the single steps a tap below.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.web.view import Party, Step, StepKind

_ALONE: Final = 2
"""As many like steps in a row are still shown one by one."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step, or a run of steps of the same kind.

    ``moved`` is false where the same party goes on at the same place as just before: the reader
    need not be told where a second time.
    """

    steps: tuple[Step, ...]
    moved: bool = True

    @property
    def kind(self) -> StepKind:
        return self.steps[0].kind

    @property
    def folded(self) -> bool:
        return len(self.steps) > 1

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(step.at.date() for step in self.steps)

    @property
    def parties(self) -> tuple[Party, ...]:
        """Who took part, each once, the unnamed last and together."""
        named = dict.fromkeys(step.who for step in self.steps if step.who.name)
        unnamed = next((step.who for step in self.steps if not step.who.name), None)
        return (*named, unnamed) if unnamed else tuple(named)

    @property
    def areas(self) -> tuple[str, ...]:
        """The communes, each once."""
        return tuple(dict.fromkeys(step.place.area for step in self.steps if step.place.area))

    @property
    def declared(self) -> bool:
        return any(step.declared for step in self.steps)


def stages(steps: Sequence[Step]) -> tuple[Stage, ...]:
    """``steps`` in their order, with every run of more than two of one kind made one stage."""
    runs: list[list[Step]] = []
    for step in steps:
        if runs and runs[-1][-1].kind is step.kind:
            runs[-1].append(step)
        else:
            runs.append([step])
    grouped = [
        group
        for run in runs
        for group in ([run] if len(run) > _ALONE else [[step] for step in run])
    ]
    before = [None, *(group[-1] for group in grouped)]
    return tuple(
        Stage(tuple(group), not _goes_on(last, group[0]))
        for last, group in zip(before, grouped, strict=False)
    )


def _goes_on(last: Step | None, step: Step) -> bool:
    return last is not None and (last.who, last.place) == (step.who, step.place)
