"""The hidden tests: what marks a submission. Learners of a class do not get this folder.

One package per notebook, one module per exercise. It draws cases, solves them, and judges
evidence: the criteria that the visible check applies, here against a fresh key, and one of its
own.
"""

import importlib

import torch

from course_utils.evidence import Evidence
from course_utils.exercises import EXERCISES, find, path
from course_utils.judging import Criterion, Sheet


class HiddenTest:
    """One exercise's hidden test.

    ``draw(generator)`` makes a case, ``solve(case)`` its key. The visible criteria are judged
    against that key; ``extra(case, key, sheet)`` adds the hidden ones.
    """

    def __init__(self, slug: str) -> None:
        self.slug = slug
        module = importlib.import_module(f"hidden.{path(slug)}")
        self.draw = module.draw
        self.solve = module.solve
        self.extra = module.extra

    def judge(self, case: Evidence, evidence: Evidence) -> list[Criterion]:
        """The criteria for this evidence: the visible ones, then the hidden ones."""
        key = self.solve(case)
        sheet = Sheet(evidence, getattr(find(self.slug), "ADVICE", None))
        sheet.criteria += find(self.slug).judge(case, key, evidence)
        self.extra(case, key, sheet)
        return sheet.criteria

    @property
    def points(self) -> int:
        """The points that there are to earn."""
        case = self.draw(torch.Generator().manual_seed(0))
        return sum(criterion.points for criterion in self.judge(case, {}))


HIDDEN_TESTS: dict[str, HiddenTest] = {slug: HiddenTest(slug) for slug in EXERCISES}
