"""The graded exercises: one module each, in one package per notebook.

A module has ``probe(answer, case)``, which runs beside the learner's code, records evidence and
knows no expected value; ``judge(case, key, evidence)``, which compares the evidence with a key
and returns criteria; and ``HINTS``, from the symptom to nearly the answer. The key of the example
that ships with the course is in ``examples/``; the keys of the cases that marking draws afresh
are computed by the hidden tests, which a class does not get.

A good one to read first is `classifier/one_hot.py`. What several packages share is beside them:
`networks` tries networks that take a batch and its labels, `pixels` judges the images that they
make or take, `gradients` those of a loss, `steps` a training step, `drawing` how a model is
treated that draws, and `draws` the z and the labels that were drawn.
"""

import importlib
from functools import cache
from pathlib import Path
from types import ModuleType

from course_utils.evidence import Evidence, unpack

EXERCISES: dict[str, str] = {
    "one-hot": "classifier",
    "conditional-classifier": "classifier",
    "label-leakage": "classifier",
    "inject-label": "classifier",
    "class-weights/weights": "classifier",
    "class-weights/loss": "classifier",
    "classifier-step": "classifier",
    "generator": "gan",
    "discriminator": "gan",
    "gan-losses/discriminator": "gan",
    "gan-losses/generator": "gan",
    "discriminator-step": "gan",
    "generator-step": "gan",
    "generate-class": "gan",
    "interference-grid": "gan",
    "latent-traversal": "gan",
    "bug-hunt-cgan": "gan",
    "conditional-vae/encode": "vae",
    "conditional-vae/reparameterize": "vae",
    "conditional-vae/decode": "vae",
    "conditional-vae/forward": "vae",
    "cvae-loss/kl": "vae",
    "cvae-loss/loss": "vae",
    "cvae-step": "vae",
    "cvae-generate": "vae",
    "kl-annealing": "vae",
    "active-units": "vae",
    "label-information": "vae",
    "thickness-levels": "vae",
    "multi-condition": "vae",
    "conditional-batchnorm-1d": "cbn",
    "conditional-batchnorm-2d": "cbn",
    "bug-hunt-cbn": "cbn",
    "film": "cbn",
    "adain": "cbn",
    "cbn-generator": "cbn",
    "projection-discriminator": "cbn",
    "hinge-losses/discriminator": "cbn",
    "hinge-losses/generator": "cbn",
    "conditional-accuracy": "metrics",
    "asked-vs-produced": "metrics",
    "frechet-distance": "metrics",
    "per-class-frechet": "metrics",
    "within-class-diversity": "metrics",
}
"""Slug -> package. "slug/part" is a part of an exercise that has a test cell of its own."""

EXAMPLES = Path(__file__).parent / "examples"


def path(slug: str) -> str:
    """The dotted path ``package.module`` of exercise ``slug``, here and among the hidden tests.

    Raises ValueError, with all names, if there is no such exercise.
    """
    if slug not in EXERCISES:
        raise ValueError(f"There is no exercise {slug!r}: the names are {', '.join(EXERCISES)}.")
    return f"{EXERCISES[slug]}.{slug.replace('-', '_').replace('/', '_')}"


def find(slug: str) -> ModuleType:
    """The module of exercise ``slug``. Raises ValueError, with all names, if there is none."""
    return importlib.import_module(f"{__name__}.{path(slug)}")


@cache
def _examples(package: str) -> Evidence:
    return unpack((EXAMPLES / f"{package}.safetensors").read_bytes())


def example(slug: str) -> tuple[Evidence, Evidence]:
    """The fixed case that `check` runs an answer on, and its key."""
    everything = _examples(EXERCISES[slug])
    case, key = (
        {
            name.removeprefix(f"{slug} {part} "): value
            for name, value in everything.items()
            if name.startswith(f"{slug} {part} ")
        }
        for part in ("case", "key")
    )
    return case, key
