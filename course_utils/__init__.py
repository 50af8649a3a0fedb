"""Everything that the notebooks share: data, devices, training, figures and exercises.

What to read, in this order; each group needs only those above it. The docstrings say the rest.

What a notebook trains with:
    device          the GPU or the CPU, and the seeds
    data            data sets as tensors, and shuffled batches of them
    downloads       those of torchvision, for `data`
    training        `fit`, the training loop
    saved, weights  the folder for saved work, and models in files

What it shows:
    plots, tables   figures with captions, and tables
    explorer        sliders for a generator's label and two directions of its z
    label_layers    what layers that follow the label have learned

How it measures:
    inputs          the errors for images and labels that do not fit
    judges          small frozen classifiers
    quality         conditional accuracy, Fréchet distance, diversity and more, through a judge
    manifolds       precision, recall, density and coverage
    latent          the codes and the negative ELBO of a conditional VAE
    thickness       how thick a stroke is
    records         what was recorded to compare with
    gan_training    the running average of a generator, and an album that a judge watches

What one notebook takes from another:
    needed_cells    which cells give values to the names that others use
    own_work        the code that a learner wrote there
    trained         the models that were trained there
    suspects        ways to draw for a label, some of which cheat

How an exercise is judged:
    pretend_gpu     a GPU where there is none; pretend_machine and pretend_devices are its parts
    evidence        a learner's code is run, and what it did is written down
    judging         evidence becomes criteria
    faults          what is compared there, and the sentence if it does not fit
    exercises/      the exercises: what each tries, and what each asks for
    report          how the criteria are shown
    progress        what a learner has solved
    checking        `check`, `hint` and `grade`, which call all these

The first page of the course:
    course_map      what the notebooks say about themselves
    course_page     the map with the learner's progress
"""

from course_utils.checking import check, grade, hint
from course_utils.data import Batches, DataError, load_data
from course_utils.device import get_device, set_seed
from course_utils.training import fit

__all__ = [
    "Batches",
    "DataError",
    "check",
    "fit",
    "get_device",
    "grade",
    "hint",
    "load_data",
    "set_seed",
]
