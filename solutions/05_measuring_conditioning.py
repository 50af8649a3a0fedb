# %% [markdown]
# # 05 · Does the conditioning work?
#
# You have trained models that draw what you ask for. Do they? Ten good drawings say little: you may have
# picked them, and you cannot see what is missing. So you measure. But every number can be fooled, and a
# model in training, or its author, will find out how.
#
# Here you write five measures, and set them on seven suspects. Some of these cheat. You are not told which.
#
# **You will be able to**
#
# - measure whether a model draws the class that was asked for, and read what it draws instead,
# - compute the Fréchet distance, over all images and class by class, and say what it does not see,
# - measure diversity, and tell a new drawing from a copy,
# - say for each number which cheat it loves,
# - train a classifier on drawings and test it on real images, and read precision, recall, density and
#   coverage,
# - put your own models side by side, with a floor, a ceiling, and an error for each number.
#
# **You need** notebook 01. From notebooks 02, 03 and 04 you bring your trained models. If you have none,
# the course lends you its own.
#
# **Time**: about three hours. The finished notebook runs in about 40 seconds on two CPU cores.
#
# The numbers in the text are those of the digits data set, with the models that come with the course. With
# others, read your own.

# %%
import math

import torch
import torch.nn.functional as F
from scipy.stats import spearmanr
from sklearn.svm import SVC
from torch import nn

from course_utils import check, get_device, hint, load_data, plots, set_seed
from course_utils.judges import load_judge
from course_utils.manifolds import PRDC, precision_recall_density_coverage
from course_utils.records import training_runs
from course_utils.suspects import line_up
from course_utils.tables import show_table
from course_utils.trained import load_models

set_seed(0)
device = get_device()

# %% [markdown]
# ## 1. Seven suspects
#
# `suspects` has seven entries, from A to G. Each has a function `draw(labels)`, which gives one image for
# each label. Among them are honest models, which you may know, and some that are not what they seem.
#
# Each draws one image for every label of the training images, 2,000 at most. The measures compare these
# drawings with **held-out** images, which no model has seen.

# %%
MOST = 2000
data = load_data(device=device)
num_classes = len(data.class_names)
labels, train_images = data.train_labels[:MOST], data.train_images[:MOST]
some = torch.randperm(len(data.test_labels), generator=set_seed(0))[:MOST].to(device)
test_images, test_labels = data.test_images[some], data.test_labels[some]
print(f"{len(labels):,} labels to draw for, {len(test_labels)} held-out images to compare with")

# %% tags=["training"]
models = load_models(data)
for name, model in models.items():
    print(f"{name}: {model.origin}")
suspects = line_up(data, models)
set_seed(0)
drawings = {letter: suspect.draw(labels) for letter, suspect in suspects.items()}

# %% tags=["training"]
first = [labels.tolist().index(k) for k in range(num_classes)]  # where each class is asked for
plots.show_images(
    torch.cat([images[first] for images in drawings.values()]),
    titles=[f"{letter}: {k}" if k == 0 else k for letter in suspects for k in range(num_classes)],
    columns=num_classes,
    caption="One drawing for each label, from suspects A (top) to G (bottom). The label that was "
    "asked for stands above.",
)

# %% [markdown]
# **Guess.** Write the letters in the order in which you would trust them, the best first, such as
# "DCAGBEF". Section 6 compares.

# %%
my_order = None

# %% [markdown]
# ## 2. Is it what was asked for?
#
# The first question of conditioning: you asked for a 3, is it a 3? Nobody wants to look at thousands of
# drawings. So a **judge** looks: a classifier that was trained on real images, and then frozen. It comes
# with the course, and has seen neither the drawings nor the held-out images.
#
# **Conditional accuracy** is the share of the drawings in which the judge sees the class that was asked
# for. A number alone says nothing. Set it between two others:
#
# - its **floor**, what you get for nothing. A model that ignores the label gets one in ten right.
# - its **ceiling**, what real images get. If the judge errs on 1 % of these, nobody can ask for more than
#   99 %.

# %% [markdown]
# ### Exercise 1 · Conditional accuracy
#
# *Difficulty ●○○ · 10 minutes · about 8 lines*
#
# Write `conditional_accuracy(judge, images, labels)`.
#
# - `judge` is any module that maps images to class logits. `labels` `(B,)` are the classes that were asked
#   for.
# - Return how often the judge sees them, as a Python float in [0, 1].
# - The judge looks in eval mode. Afterwards it is in the mode in which it came, also if the call fails.
# - No gradient is taken.


# %% exercise="conditional-accuracy"
def conditional_accuracy(judge, images, labels):
    """Return how often the judge sees the class that was asked for."""
    ### BEGIN SOLUTION
    training = judge.training
    judge.eval()
    try:
        with torch.no_grad():
            seen = judge(images).argmax(dim=1)
    finally:
        judge.train(training)
    return (seen == labels).float().mean().item()
    ### END SOLUTION


# %% test="conditional-accuracy" points=8
check("conditional-accuracy", conditional_accuracy)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("conditional-accuracy", conditional_accuracy)
### END HIDDEN TESTS

# %%
hint("conditional-accuracy")

# %% [markdown]
# **Predict, then run.** F draws a blur, and B draws noise over it. How many of these does the judge take
# for what was asked for?

# %%
my_guess = None  # two shares

# %% tags=["training"]
print("your guess:", my_guess)
judge = load_judge(data)
ceiling = conditional_accuracy(judge, test_images, test_labels)
accuracies = {a: conditional_accuracy(judge, x, labels) for a, x in drawings.items()}
row = {"floor": 1 / num_classes, **accuracies, "real images": ceiling}
show_table({"conditional accuracy": row}, dict.fromkeys(row, ".3f"))

# %% [markdown]
# All of F's and nearly all of B's. The judge was trained on images with a little noise, and it has to name
# one of ten classes, whatever it is shown. So this number does not say that an image looks real.
#
# D is at the floor. It draws fine digits, but not those that you asked for. C and F get every single one
# right. Are these the best? Hold on. A model is paid for what its loss pays for. If that were this number,
# nothing would stop it from drawing one image of each class, of which the judge is sure, again and again.
# **Conditional accuracy says nothing about how many images a model can draw.**

# %% [markdown]
# ### Exercise 2 · Asked against produced
#
# *Difficulty ●●○ · 15 minutes · about 10 lines*
#
# An accuracy of 0.10 may mean that the label is ignored. It may also mean something else. The whole table
# tells more. Write `asked_vs_produced(judge, images, labels, num_classes)`.
#
# - Return a float tensor `(C, C)` on the device of the images. In row `k` stands, for the images that were
#   asked to be class `k`, which share of them the judge takes for each class. So each row sums to 1.
# - The row of a class that was never asked for holds zeros.
# - No gradient is taken, and the mode is restored, as before.


# %% exercise="asked-vs-produced"
def asked_vs_produced(judge, images, labels, num_classes):
    """Return shares (C, C): row = class asked for, column = class that the judge sees."""
    ### BEGIN SOLUTION
    training = judge.training
    judge.eval()
    try:
        with torch.no_grad():
            seen = judge(images).argmax(dim=1)
    finally:
        judge.train(training)
    pairs = torch.bincount(labels * num_classes + seen, minlength=num_classes**2)
    counts = pairs.view(num_classes, num_classes).float()
    return counts / counts.sum(dim=1, keepdim=True).clamp(min=1)
    ### END SOLUTION


# %% test="asked-vs-produced" points=9
check("asked-vs-produced", asked_vs_produced)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("asked-vs-produced", asked_vs_produced)
### END HIDDEN TESTS

# %%
hint("asked-vs-produced")

# %% [markdown]
# Below, three tables. The first two are of suspects D and E. The third is of a model whose author counted
# labels from 1: asked for `k`, it draws `k + 1`, and a 0 for the last.

# %% tags=["training"]
set_seed(0)
shown = {"suspect D": drawings["D"], "suspect E": drawings["E"]}
shown["counted from 1"] = models["GAN"].draw((labels + 1) % num_classes)
plots.show_matrices(
    {k: asked_vs_produced(judge, x, labels, num_classes) for k, x in shown.items()},
    xlabel="class that the judge sees",
    ylabel="class asked for",
    caption="Share of the images asked for (row) that the judge takes for a class (column). The "
    "accuracies are "
    + ", ".join(f"{conditional_accuracy(judge, x, labels):.3f}" for x in shown.values())
    + ".",
)

# %% [markdown]
# The rows of D are alike, up to chance: whatever you ask for, you get a bit of everything. E has a bright
# diagonal. The third model has the worst accuracy of all, and yet it obeys every label. It needs another
# line of code, not another training. **An accuracy far below the floor is good news**: the model hears you.
# (D is close to one in ten. That is chance.) Only rows that are alike mean that the label is ignored.
#
# In a table like this you also see *which* classes are mixed up. Look for such pairs when one class is
# harder than the others.

# %% [markdown]
# ## 3. Does it look like the data?
#
# Accuracy asks about each drawing by itself. The next measure compares two *sets*: the drawings, and the
# held-out images. Pixels are a poor place to compare them, because a digit moved by one pixel is the same
# digit. So we look at what the judge sees before it decides, its **features**. Images that look alike have
# features that lie near each other.
#
# Take each set of features for a cloud, and describe it by its mean $\mu$ and its covariance $\Sigma$, as
# if it were a Gaussian. The **Fréchet distance** of two Gaussians is
#
# $$ \|\mu_a - \mu_b\|^2 + \operatorname{tr}\left(\Sigma_a + \Sigma_b - 2\,(\Sigma_a \Sigma_b)^{1/2}\right) $$
#
# The first term says how far the clouds are apart. The second says how much they differ in width and
# direction. In one dimension it is simply $(\mu_a - \mu_b)^2 + (\sigma_a - \sigma_b)^2$. Like these two
# squares it is a squared distance, though everyone calls it a distance. With the features of an Inception
# network it is the **FID** of the papers (Heusel and others, 2017). Ours has a judge's features, which were
# trained on our data, so our numbers cannot be compared with theirs.

# %% [markdown]
# ### Exercise 3 · The Fréchet distance
#
# *Difficulty ●●● · 30 minutes · about 10 lines*
#
# Write `frechet_distance(features_a, features_b)`.
#
# - The features are `(N, F)` and `(M, F)`. Return the formula above as a Python float. The covariances
#   divide by $N - 1$.
# - It is 0 for equal sets, symmetric, and never negative. It works also where a covariance has no inverse,
#   as with fewer rows than features.
# - Fewer than 2 rows on either side have no covariance: raise `ValueError` with a sentence that says so.
#
# You need the trace of $(\Sigma_a \Sigma_b)^{1/2}$ only, not the matrix. It is the sum of the square roots
# of the eigenvalues of $\Sigma_a \Sigma_b$. If $R R^T = \Sigma_a$, then $R^T \Sigma_b R$ has the same
# eigenvalues. It is symmetric, and that is kinder to rounding. `torch.linalg.eigh` gives such an $R$: the
# eigenvectors of $\Sigma_a$, each times the root of its eigenvalue. Rounding can make an eigenvalue of 0 a
# little negative. Compute in double precision.


# %% exercise="frechet-distance"
def frechet_distance(features_a, features_b):
    """Return the Fréchet distance between features (N, F) and (M, F), as a Python float."""
    ### BEGIN SOLUTION
    if min(len(features_a), len(features_b)) < 2:
        raise ValueError("A covariance takes at least 2 rows of features on either side.")
    a, b = features_a.double(), features_b.double()
    cov_a, cov_b = (torch.atleast_2d(torch.cov(x.T)) for x in (a, b))
    values, vectors = torch.linalg.eigh(cov_a)
    root = vectors * values.clamp(min=0).sqrt()  # root @ root.T is cov_a
    overlap = torch.linalg.eigvalsh(root.T @ cov_b @ root).clamp(min=0).sqrt().sum()
    apart = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return max((apart + cov_a.trace() + cov_b.trace() - 2 * overlap).item(), 0.0)
    ### END SOLUTION


# %% test="frechet-distance" points=8
check("frechet-distance", frechet_distance)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("frechet-distance", frechet_distance)
### END HIDDEN TESTS

# %%
hint("frechet-distance")

# %% [markdown]
# Try it where you know the answer. One cloud of 5,000 points in the plane stays. Another one is moved along
# both axes, or made wider along both. Each axis adds its square, so the formula says $2 s^2$.

# %%
set_seed(0)
cloud = torch.randn(2, 5000, 2)
steps = torch.linspace(0, 2, 9)
plots.show_curves(
    {
        "moved by": {
            "yours": [frechet_distance(cloud[0], cloud[1] + s) for s in steps],
            "formula": [2 * s.item() ** 2 for s in steps],
        },
        "made wider by": {
            "yours": [frechet_distance(cloud[0], cloud[1] * (1 + s)) for s in steps],
            "formula": [2 * s.item() ** 2 for s in steps],
        },
    },
    xlabel="s",
    ylabel="Fréchet distance",
    x=steps.tolist(),
    caption="The Fréchet distance of two clouds in the plane, when one is moved by s, and when its "
    "standard deviations grow from 1 to 1 + s. Both grow with the square of s.",
)

# %% [markdown]
# The small gap on the right is chance: the standard deviations of 5,000 random points are not exactly 1.

# %% [markdown]
# ### In floors
#
# The size of a Fréchet distance depends on the features, so by itself it says nothing. As with the
# accuracy, set it beside what real images get. The unit is **one floor**: the distance between real
# training images and real held-out images. A good model should not be expected to come nearer.
#
# Mind the word. A distance is better when it is small. So here the floor is what real images get,
# the best to hope for. The floor of the accuracy was what you get for nothing.

# %%
with torch.no_grad():
    held_out, trained_on = judge.features(test_images), judge.features(train_images)
floor = frechet_distance(trained_on, held_out)
print(f"one floor: {floor:.3f}, all classes together")

# %% [markdown]
# **Predict, then run.** D ignores what it is asked for. Is its distance larger than that of the other
# models?

# %%
my_guess = None  # yes or no

# %% tags=["training"]
print("your guess:", my_guess)
with torch.no_grad():
    features = {letter: judge.features(images) for letter, images in drawings.items()}
overall = {letter: frechet_distance(f, held_out) / floor for letter, f in features.items()}
show_table({"floors, all together": overall}, dict.fromkeys(overall, ".1f"))

# %% [markdown]
# D is among the best. The measure looks at all images together. It never asks which label an image was
# drawn for, so a model that ignores the labels is as good as any. Papers on conditional models often report
# this number. For the question of this notebook it is the wrong one.
#
# At least it catches F, whose cloud is too narrow, and B, whose cloud lies elsewhere as well.

# %% [markdown]
# ### Exercise 4 · Class by class
#
# *Difficulty ●●○ · 15 minutes · about 9 lines*
#
# Compare each class with the same class. Write
# `per_class_frechet(features_real, labels_real, features_fake, labels_fake, num_classes)`.
#
# - Return a float tensor `(C,)` on the device of the features: the Fréchet distance between the real and
#   the drawn features of each class.
# - Where either side has fewer than 2 rows of a class, its entry is NaN: there is nothing to measure.


# %% exercise="per-class-frechet"
def per_class_frechet(features_real, labels_real, features_fake, labels_fake, num_classes):
    """Return the Fréchet distance of each class (C,), NaN where there is nothing to measure."""
    ### BEGIN SOLUTION
    distances = torch.full((num_classes,), math.nan, device=features_real.device)
    for k in range(num_classes):
        real, fake = features_real[labels_real == k], features_fake[labels_fake == k]
        if min(len(real), len(fake)) >= 2:
            distances[k] = frechet_distance(real, fake)
    return distances
    ### END SOLUTION


# %% test="per-class-frechet" points=7
check("per-class-frechet", per_class_frechet)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("per-class-frechet", per_class_frechet)
### END HIDDEN TESTS

# %%
hint("per-class-frechet")


# %% [markdown]
# **Predict, then run**: which suspect comes nearest to real images, class by class?

# %%
my_guess = None  # a letter


# %% tags=["training"]
def class_distance(f):
    """Return the mean over the classes of the distance between drawn and held-out features."""
    return per_class_frechet(held_out, test_labels, f, labels, num_classes).mean().item()


print("your guess:", my_guess)
class_floor = class_distance(trained_on)
by_class = {letter: class_distance(f) / class_floor for letter, f in features.items()}
plots.show_bars(
    {"all together": list(overall.values()), "class by class": list(by_class.values())},
    names=list(overall),
    xlabel="suspect",
    ylabel="floors",
    scale="log",
)

# %% [markdown]
# D jumps up: its 3s are compared with real 3s, and most of them are something else. C leads, by a good
# margin. It is nearly as close to the held-out images as the training images are. Its drawings are as real
# as real ones. Think about why, before you read on.
#
# ### How many images?
#
# Means and covariances are estimated, and with few images they are estimated badly. Below, training images
# are compared with the held-out ones, once with 100 of them, then with more. So are the drawings of A and
# F. **Predict**: is the distance of few images too large, too small, or just noisy? And in floors, if the
# unit is taken with as few?

# %%
my_guess = None  # in words

# %% tags=["training"]
print("your guess:", my_guess)
counts = [n for n in (100, 200, 500, 1000, 2000) if n < len(labels)] + [len(labels)]
few = {"training images": trained_on, "A": features["A"], "F": features["F"]}
distances = {k: [frechet_distance(f[:n], held_out) for n in counts] for k, f in few.items()}
units = distances["training images"]
in_floors = {k: [d / u for d, u in zip(distances[k], units, strict=True)] for k in ("A", "F")}
plots.show_curves(
    {"Fréchet distance": distances, "in floors of as many images": in_floors},
    xlabel="number of images",
    x=counts,
    caption=f"From {counts[0]} to {counts[-1]:,} images, distances to the held-out ones fall: "
    + "; ".join(f"{k} from {d[0]:.0f} to {d[-1]:.1f}" for k, d in distances.items())
    + ". In floors they rise: "
    + "; ".join(f"{k} from {d[0]:.1f} to {d[-1]:.1f}" for k, d in in_floors.items())
    + ".",
)

# %% [markdown]
# Too large: the distance is *biased*. With few images everything is far from everything, real images too.
# So in floors, all models move towards 1, the good and the bad.
#
# Therefore compare models with **equal numbers of images**, and take the unit with as many. Each suspect
# draws as many images as there are in training. That helps, but it is no cure: the bias differs from model
# to model (Chong and Forsyth, 2020). And do not compare floors of different numbers of images. The two
# columns *all together* and *class by class* are such.

# %% [markdown]
# ## 4. Does it draw different things?
#
# Ask for a 3 a hundred times. Do you get a hundred different 3s?
#
# ### Exercise 5 · Diversity within a class
#
# *Difficulty ●○○ · 15 minutes · about 8 lines*
#
# Write `within_class_diversity(images, labels, num_classes)`.
#
# - Return a float tensor `(C,)` on the device of the images: for each class, the mean Euclidean distance
#   between the pixels of two of its images, over all pairs $i < j$.
# - A class with fewer than 2 images has no pairs: its entry is 0.


# %% exercise="within-class-diversity"
def within_class_diversity(images, labels, num_classes):
    """Return the mean distance between two images of each class (C,), 0 where there are none."""
    ### BEGIN SOLUTION
    diversity = torch.zeros(num_classes, device=images.device)
    for k in range(num_classes):
        rows = images[labels == k].flatten(1)
        if len(rows) >= 2:
            diversity[k] = torch.pdist(rows).mean()
    return diversity
    ### END SOLUTION


# %% test="within-class-diversity" points=7
check("within-class-diversity", within_class_diversity)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("within-class-diversity", within_class_diversity)
### END HIDDEN TESTS

# %%
hint("within-class-diversity")

# %% [markdown]
# **Predict, then run**: who is the most diverse, and who the least?

# %%
my_guess = None  # two letters

# %% tags=["training"]
print("your guess:", my_guess)
real_diversity = within_class_diversity(train_images, labels, num_classes).mean()
diversities = {a: within_class_diversity(x, labels, num_classes) for a, x in drawings.items()}
shares = {a: (d.mean() / real_diversity).item() for a, d in diversities.items()}
three = torch.cat([images[labels == 3][:8] for images in drawings.values()])
plots.show_images(
    three,
    titles=[f"{a}: {shares[a]:.0%}" if i == 0 else "" for a in shares for i in range(8)],
    columns=8,
    caption="Eight drawings of a 3 from each suspect, and its diversity as a share of that of real "
    "images, the mean over the classes.",
)

# %% [markdown]
# F is caught: it draws one 3. That is the reason for its perfect accuracy.
#
# But B has *more* diversity than real images. Look at it. It has one 3 as well, under noise that is new
# each time. Pixels that differ for no reason count as much as strokes that differ. And D is above 100 %,
# because its 3s are all kinds of digits. **More is not better. As much as real images have is better.**

# %% [markdown]
# ## 5. Does it draw new things?
#
# Four are left: A, C, E and G. They obey, and their images differ. C is the nearest of them: its
# images are nearly as close as real ones. Look at its drawings beside the training image that is
# nearest to each. G is shown for comparison.


# %%
def to_nearest(images):
    """Return the distance to the nearest training image, and which one that is."""
    return torch.cdist(images.flatten(1), data.train_images.flatten(1)).min(dim=1)


# %% tags=["training"]
pairs = []
for letter in "CG":
    drawn = drawings[letter][:10]
    pairs += [drawn, data.train_images[to_nearest(drawn)[1]]]
names = ["C draws", "nearest", "G draws", "nearest"]
plots.show_images(
    torch.cat(pairs),
    titles=[name if i == 0 else "" for name in names for i in range(10)],
    caption="Drawings of C and of G, and below each the training image that is nearest to it.",
)

# %% [markdown]
# C draws nothing. It hands out training images. A **memoriser** is the best model there is for a measure
# that compares with real images, because it *has* real images. The held-out images do not help: they show
# that the training images were drawn by the same hands.
#
# Call **novelty** the median distance to the nearest training image, as a share of that of held-out images.
# Real new images have 100 %, copies have 0 %.

# %% tags=["training"]
new = to_nearest(test_images)[0].median()
novelties = {a: (to_nearest(x)[0].median() / new).item() for a, x in drawings.items()}
show_table({"novelty": novelties}, dict.fromkeys(novelties, ".0%"))

# %% [markdown]
# C is caught. But noise is far from every training image, so this number, too, is fooled: by B, which is
# the "newest" of all. F, one blurred image per class, is as far from the training images as real new ones.
# So the number does not say that an image is good, nor that there are many. And A's drawings are smooth,
# like means of a few similar images, so they come nearer to the training images than real ones do. That
# need not mean copies. (Meehan and others, 2020, make a statistical test of this idea.)

# %% [markdown]
# ## 6. The table
#
# Now put the numbers together. In bold, the winner of each column, if you took the largest or the smallest
# number for the best.

# %% tags=["training"]
columns = {"accuracy": accuracies, "floors, all together": overall, "floors, by class": by_class}
columns |= {"diversity": shares, "novelty": novelties}
table = {k: {name: column[k] for name, column in columns.items()} for k in suspects}
formats = dict(zip(columns, (".3f", ".1f", ".1f", ".0%", ".0%"), strict=True))
show_table(table, formats, best=dict(zip(columns, (max, min, min, max, max), strict=True)))

# %% [markdown]
# Read the columns first, then the rows. **No honest model wins a single column.** Each column is won by a
# program that learned nothing about drawing.
#
# So ask each number only for what it can say: is it where real images are? An honest model need not be the
# best anywhere. It has to be acceptable *everywhere*. Below, limits for that. We chose them after we had
# seen such models. What would yours be?

# %% tags=["training"]
bounds = (0.95 * ceiling, 1), (0, 4), (0, 3), (0.8, 1.2), (0.5, 1.5)
limits = dict(zip(columns, bounds, strict=True))
for letter, row in table.items():
    failed = [name for name, (low, high) in limits.items() if not low <= row[name] <= high]
    print(letter, "fails on: " + "; ".join(failed) if failed else "passes everywhere")

# %% [markdown]
# Now the names. If you wrote down an order, it is compared with each column's by Spearman's rank
# correlation: 1 means the same order, 0 no relation, −1 the reverse.

# %% tags=["training"]
for letter, suspect in suspects.items():
    print(letter, suspect.name)
if my_order is not None and sorted(my_order) != list(suspects):
    print(f"Your order {my_order!r} is not compared: write each capital from A to G once.")
elif my_order:
    for name, column in columns.items():
        sign = 1 if "floors" in name else -1  # the best first
        ranks = spearmanr([my_order.index(a) for a in column], [sign * v for v in column.values()])
        print(f"your order and {name}: {ranks.statistic:+.2f}")

# %% [markdown]
# D is G, asked for something else than you wanted. All images together, the two differ by chance only.
# Class by class, they are the worst and one of the best. And no column would have given you an order to
# trust.

# %% [markdown]
# ## 7. Two more ways to look
#
# ### Train on drawings, test on real images
#
# If drawings with their labels are as good as data, a classifier can learn from them. Train one on a
# suspect's drawings, and test it on the held-out real images. Ravuri and Vinyals (2019) call the result the
# *classification accuracy score*. It falls if the labels are ignored, if the drawings do not look like the
# data, and if they lack variety. You have done it the other way round: the judge was trained on real
# images, and tested on the drawings. Shmelkov and others (2018) named the pair *GAN-train* and *GAN-test*.
#
# The classifier here is a support vector machine, because it is trained in a second. **Predict**: how good
# is the one that learns from F, which has one image of each class?

# %%
my_guess = None  # a share


# %%
def real_accuracy(images):
    """Train a classifier on images for ``labels``. Return its accuracy on real held-out images."""
    classifier = SVC().fit(images.flatten(1).cpu(), labels.cpu())
    return classifier.score(test_images.flatten(1).cpu(), test_labels.cpu())


# %% tags=["training"]
print("your guess:", my_guess)
scores = {letter: real_accuracy(images) for letter, images in drawings.items()}
tested = {
    "test on drawings": accuracies | {"real images": ceiling},
    "train on drawings": scores | {"real images": real_accuracy(train_images)},
}
show_table(tested, dict.fromkeys(tested["test on drawings"], ".3f"))

# %% [markdown]
# One image of each class is enough to get nine digits in ten right. So this score, too, is kind to F. It is
# as kind to C as to the best models. From D a classifier learns nothing: it is near chance.
#
# ### Fidelity and diversity apart
#
# A single distance cannot say whether drawings are bad, or too much alike. Four numbers can. All look at
# neighbours among the features. Draw a ball around each real image, so large that it reaches to its fifth
# nearest neighbour among the real ones. Draw such balls around the drawings as well.
#
# | number | what it is | low if |
# | --- | --- | --- |
# | **precision** | share of drawings that lie in some ball of a real image | drawings do not look real |
# | **recall** | share of real images that lie in some ball of a drawing | kinds of images are missing |
# | **density** | in how many real balls a drawing lies, divided by five | drawings do not look real |
# | **coverage** | share of real images with a drawing in their ball | kinds of images are missing |
#
# Precision and recall in this form are of Kynkäänniemi and others (2019). Density and coverage (Naeem and
# others, 2020) ask the same, and are less upset by a few odd images. An odd image has a large ball, and
# precision and recall count whatever lies in any one ball. Density averages over balls, and neither of the
# two has balls around drawings. Density can be above 1. All four are taken class by class here, with as
# many drawings as there are held-out images of the class.


# %%
def fidelity_and_diversity(f):
    """Return the mean over the classes of the four numbers of drawn features."""
    values = []
    for k in range(num_classes):
        members = held_out[test_labels == k]
        values.append(precision_recall_density_coverage(members, f[labels == k][: len(members)]))
    return PRDC(*torch.tensor(values).mean(dim=0).tolist())


# %% tags=["training"]
rows = {letter: fidelity_and_diversity(f)._asdict() for letter, f in features.items()}
rows["real images"] = fidelity_and_diversity(trained_on)._asdict()
show_table(rows, dict.fromkeys(PRDC._fields, ".2f"))

# %% [markdown]
# Three of the cheats have their numbers here. F, one image in the middle of its class, has the best
# precision and density, and no recall at all. B misses most kinds of images. Its precision is 0.86
# all the same, though noise over a blur does not look real. Most balls that hold its drawings are
# the large ones of a few odd images, and precision asks for one ball only. Density counts the
# balls: B's is half that of real images. D has the highest recall: its drawings of a 3 are spread
# over all digits, so their balls are huge and hold everything. Its precision gives it away. C is as
# good as real images.
#
# So you need a number for fidelity *and* one for diversity, and for copies a third.

# %% [markdown]
# ## 8. Your models
#
# Now the honest ones: the GAN of notebook 02, the CVAE of 03, and the GAN of 04, here called CBN. If you
# trained them, these are yours, made from your answers and the weights that you saved. Section 1 said so.

# %% [markdown]
# **Interference.** The same noise under every label, and new noise in the next row. If the drawings of a
# column were alike, the noise would be ignored. If those of a row were alike, the label would be.


# %% tags=["training"]
@torch.no_grad()
def under_every_label(model, count):
    """Return images (count, C, ...): each of some random z under every label."""
    z = torch.randn(count, model.latent_dim, device=device)
    classes = torch.arange(num_classes, device=device).repeat(count)
    return model.decode(z.repeat_interleave(num_classes, dim=0), classes).unflatten(0, (count, -1))


set_seed(1)
grids = {name: under_every_label(model, 100) for name, model in models.items()}
variances = {k: [g.var(dim=d).mean().item() for d in (1, 0)] for k, g in grids.items()}
plots.show_images(
    torch.cat([grid[:3].flatten(0, 1) for grid in grids.values()]),
    titles=[k if i == 0 else "" for k in grids for i in range(3 * num_classes)],
    caption="Three points of noise under each label, by model. Over 100 such points, the variance "
    "of a pixel along a row and down a column: "
    + "; ".join(f"{k} {a:.3f}, {b:.3f}" for k, (a, b) in variances.items())
    + ".",
)

# %% [markdown]
# Along a row a pixel varies more than down a column: the label decides more than the noise does. Of the
# three, the CVAE draws the most alike.
#
# **A walk.** From one point of noise to another in ten steps, all under the same label. A good model
# changes step by step, and draws a 3 all the way.

# %% tags=["training"]
set_seed(2)
share = torch.linspace(0, 1, 10, device=device)[:, None]
threes = torch.full((10,), 3, device=device)
walks = []
with torch.no_grad():
    for model in models.values():
        start, end = torch.randn(2, model.latent_dim, device=device)
        walks.append(model.decode((1 - share) * start + share * end, threes))
plots.show_images(
    torch.cat(walks),
    titles=[name if i == 0 else "" for name in models for i in range(10)],
    caption="Ten steps from one point of noise to another under the label 3, by model.",
)

# %% [markdown]
# All three stay a 3. The GAN is a little speckled, the CVAE is smooth.
#
# **The table**. Above the models stand three cheats, which you get for nothing, and below them real
# images. (In the two columns of floors, real images have 1 by definition.) Each model draws five
# times.


# %%
def measure(images):
    """Return the five numbers of images that were drawn for ``labels``."""
    f = judge.features(images)
    diversity = within_class_diversity(images, labels, num_classes).mean() / real_diversity
    novelty = to_nearest(images)[0].median() / new
    accuracy = conditional_accuracy(judge, images, labels)
    distances = frechet_distance(f, held_out) / floor, class_distance(f) / class_floor
    return dict(zip(columns, (accuracy, *distances, diversity.item(), novelty.item()), strict=True))


def mean_and_std(rows):
    """Return the mean and the standard deviation of each column."""
    values = torch.tensor([list(row.values()) for row in rows])
    both = values.mean(dim=0).tolist(), values.std(dim=0).tolist()
    return [dict(zip(rows[0], numbers, strict=True)) for numbers in both]


# %% tags=["training"]
set_seed(0)
again = {k: mean_and_std([measure(m.draw(labels)) for _ in range(5)]) for k, m in models.items()}
cheats = {"class mean": table["F"], "ignores the label": table["D"], "memoriser": table["C"]}
real_row = dict(zip(columns, (ceiling, 1.0, 1.0, 1.0, 1.0), strict=True))
means = {name: mean for name, (mean, _) in again.items()}
show_table(cheats | means | {"real images": real_row}, formats)

# %% [markdown]
# The models' numbers are means. Before you compare two of them, you have to know how much a number changes
# by itself. There are two questions.
#
# - *Drawn again*: the same model draws from other noise. This is what a single measurement leaves open.
# - *Trained again*: another seed trains another model. You need this before you say that one *method* is
#   better than another. The course keeps three numbers of five trainings of each, on the digits.
#
# In the tables below, the rows *drawn again* and *trained again* hold standard deviations: one over
# five sets of drawings from the same model, the other over five trainings.
#
# **Predict, then run**: the CBN is nearer to real images than the GAN, in the table above. Is conditional
# batch norm the better method, then?

# %%
my_guess = None  # yes, no, or cannot say

# %% tags=["training"]
print("your guess:", my_guess)
spread = {f"{name}, drawn again": std for name, (_, std) in again.items()}
show_table(spread, dict.fromkeys(columns, ".3f"))
if data.name == "digits":
    rows, kept = {}, ("accuracy", "floors, by class", "diversity")
    for name, runs in training_runs().items():
        last = [dict(zip(kept, run[-1], strict=True)) for run in runs]
        rows[f"{name}, mean of five trainings"], rows[f"{name}, trained again"] = mean_and_std(last)
    show_table(rows, dict.fromkeys(kept, ".3f"))

# %% [markdown]
# How sure is a difference of two means of five? If $s_1$ and $s_2$ are the two standard deviations,
# the *error* of the difference is $\sqrt{(s_1^2 + s_2^2) / 5}$.
#
# Look at the column *floors, by class*. With the course's models, the CBN is 0.2 nearer than the
# GAN. Drawing again gives this difference an error of $\sqrt{(0.020^2 + 0.057^2) / 5} = 0.03$. It
# looks decided. But over five trainings the means are only 0.1 apart, with an error of
# $\sqrt{(0.085^2 + 0.105^2) / 5} = 0.06$. **The lead belongs to this training, and not yet to the
# method.** The diversity of the CVAE is 0.11 below that of both GANs. The errors of these
# differences are below 0.01: that is a difference.
#
# Who trains each method once, and compares the second digit, compares seeds. As a rule of thumb,
# take a difference for real if it is three times its error. (Each training was drawn from once, so
# the standard deviation of *trained again* holds what drawing again changes, too. And the held-out
# images are the same each time. Others would move the numbers as well.)

# %% [markdown]
# ## 9. Fool the table
#
# You have five numbers, and limits for each. Can a cheat pass them all? Here is one that fails on
# novelty, the memoriser. Change it until it passes everywhere, and run the two cells after it. It
# must not learn anything.


# %%
def fake(labels):
    """Return an image for each label, without having learned to draw."""
    return suspects["C"].draw(labels)


# %%
def try_out(draw):
    """Show the five numbers of a program that draws, and where it fails."""
    row = measure(draw(labels))
    failed = [name for name, (low, high) in limits.items() if not low <= row[name] <= high]
    show_table({"fake": row}, formats)
    print("fails on: " + "; ".join(failed) if failed else "passes everywhere")


# %% tags=["training"]
set_seed(0)
try_out(fake)

# %% [markdown]
# Ours is in the folded cell below. Open it when you have tried your own. Then **predict, and run**:
# on which of the five numbers does it fail?

# %%
my_guess = None  # names of columns, or none


# %% tags=["training", "hide-input"] jupyter={"source_hidden": true}
def noisy_copies(labels):
    """Return a copy of a training image for each label, with a little noise."""
    copies = suspects["C"].draw(labels)
    return (copies + 0.1 * torch.randn_like(copies)).clamp(0, 1)


print("your guess:", my_guess)
try_out(noisy_copies)

# %% [markdown]
# <details><summary>What ours does</summary>
#
# It is a memoriser that adds noise. The noise moves each copy away from its original, though not so
# far that the judge minds. (How much noise that is depends on the data.)
# </details>
#
# You could add a number that catches it. Somebody would find the next cheat.
#
# When a measure becomes a target, it ceases to be a good measure. That is Goodhart's law, in Strathern's
# words. So show several numbers, each with its floor, its ceiling and its error; the drawings themselves,
# not picked; and the code.

# %% [markdown]
# ## 10. Harder data
#
# All five notebooks take other data. Set the environment variable `COURSE_DATASET` before you start
# JupyterLab, to `mnist`, `fashion-mnist` or `cifar10`. Train notebooks 02, 03 and 04 on it, then come back
# here. (This notebook wants all three.) We tried digits and MNIST. For the other two, the last column says
# what we expect.
#
# | data | images | what to change | what to expect |
# | --- | --- | --- | --- |
# | digits | 1,437 | nothing | the numbers of this notebook |
# | MNIST | 60,000 | nothing | more kinds of each digit. The judge is right on 99.3 % |
# | Fashion-MNIST | 60,000 | nothing at first | shirts, coats and pullovers look alike: a lower ceiling, and confusions in the table of exercise 2 |
# | CIFAR-10 | 50,000 | notebook 04's networks, wider: `base_channels` of 64 or 128 | colour, backgrounds, every pose. Small networks draw coloured blots of the right kind |
#
# **The judge comes first.** For Fashion-MNIST and CIFAR-10 it is trained when you first need it, and kept.
# Read its accuracy on real images before you read any other number. What it cannot tell apart in real
# images, it cannot tell apart in drawings. A distance on the features of a weak judge says little.
#
# **Which models.** The networks of notebooks 02 and 03 take a picture as one long row. That works for
# digits, which are all in the same place. In photographs the same thing can be anywhere, so convolutions
# are needed. On CIFAR-10 expect little of 02 and 03, and work on 04.
#
# **How long it takes.** We measured one CPU core. The training of notebook 04 takes in 1,100 images of
# CIFAR-10's size a second with its small networks (24 channels in the generator, 16 in the discriminator):
# 45 seconds for an epoch of 50,000. With 64 channels in both it takes in 230 images a second, nearly four
# minutes for an epoch. With 128 it is a quarter of an hour. Good drawings of photographs need hundreds of
# epochs. So use a GPU. With the small networks an NVIDIA H200 took in 5,000 images a second: ten seconds
# for an epoch. They are too small to fill it. With wider ones we had no GPU to measure: train for one
# epoch there, look at the clock, and multiply. MNIST and Fashion-MNIST are quicker. The GAN of notebook
# 02 takes in 6,000 such images a second, so its ten epochs of 60,000 last under two minutes.
#
# Figures in papers are Inception FIDs, so you cannot compare them with floors. On CIFAR-10 with labels,
# BigGAN (Brock and others, 2019) reports 14.73, and StyleGAN2 with augmented images (Karras and others,
# NeurIPS 2020) reports 2.42 at best. Both trained far larger networks for far longer. And many papers
# compare with the *training* images. There a memoriser would win outright.
#
# ## 11. Where to go next
#
# **Auxiliary-classifier GAN** (Odena, Olah and Shlens, 2017). The discriminator does not get the label. It
# has a second output that names the class, and both players are rewarded when that is right. So the loss
# pays for conditional accuracy, and you know what that loves: drawings tend to become typical of their
# class, and less diverse.
#
# **StyleGAN** (Karras, Laine and Aila, 2019). A network turns the noise into a style, and the style scales
# and shifts the features of every layer, with the AdaIN of notebook 04. Its successor (2020) moved the
# scale into the weights of the convolution, because normalizing each map had left blobs in the pictures. A
# label goes in beside the noise, before the style is made (so in the version of NeurIPS 2020, below).
#
# **Diffusion with classifier-free guidance** (Ho and Salimans, 2022). A network learns to take noise off an
# image, with the label, and in some of the steps without. To draw, it takes the noise off step by step, and
# moves further in the direction in which the label changed its answer. How much further is one number. When
# you raise it, drawings obey the label better and become more alike: you know both measures.
#
# ## Pitfalls
#
# | What you see | What it may be |
# | --- | --- |
# | accuracy 1.000 | one image per class: look at the diversity |
# | accuracy far below the floor | labels mixed up, perhaps counted from 1: look at the table |
# | accuracy too low on real images as well | a judge in train mode, or images in [−1, 1] rather than [0, 1] |
# | the Fréchet distance is NaN | a root of a slightly negative eigenvalue, or a class with one image |
# | a distance gets better when you draw more images | it is biased: compare equal numbers |
# | the overall distance is fine, class by class it is not | the label is ignored |
# | diversity above 100 % | noise, or other classes among the drawings |
# | the best distance of all | copies: look at the nearest training images |
#
# ## Reflect
#
# Think first, then open the answer.
#
# <details><summary>1. A model gets 99 % conditional accuracy. The judge errs on 2 % of real images. What do you think?</summary>
#
# Ask for the error first: with 360 images, 98 % has one of 0.7 %. If the difference is real, the drawings
# are more typical than real images: those on which the judge is unsure are missing. The ceiling is what
# real images get, so 98 % would be enough.
# </details>
#
# <details><summary>2. Could you train a generator on the judge's accuracy directly?</summary>
#
# Yes, the judge has gradients. It would find images of which the judge is sure, and these need not look
# like digits at all. A measure that was trained on is used up: you need another judge to measure with.
# </details>
#
# <details><summary>3. Why is the Fréchet distance taken on features, and not on pixels?</summary>
#
# A mean and a covariance describe a cloud of features better than one of pixels, most of which are black.
# It is still a rough description: features of ten classes together are no Gaussian.
# </details>
#
# <details><summary>4. Why not compare with the training images instead of the held-out ones?</summary>
#
# A memoriser would have a distance near 0. With held-out images it has about one floor. That is still the
# best of all, but it is no longer better than real.
# </details>
#
# <details><summary>5. Your model has 4 floors and your friend's has 3, each measured once. What do you ask?</summary>
#
# How many images each drew, with which judge, against which real images; how much each number changes when
# they draw again, and when they train again.
# </details>
#
# ## What next
#
# You have built four kinds of conditional models, and you can say how well they listen. Take one of them to
# data of your own. Measure the floor and the ceiling first.
#
# **Read more**
#
# - M. Heusel et al., *GANs trained by a two time-scale update rule converge to a local Nash equilibrium*,
#   NeurIPS 2017: the Fréchet Inception distance.
# - S. Ravuri, O. Vinyals, *Classification accuracy score for conditional generative models*, NeurIPS 2019.
# - K. Shmelkov, C. Schmid, K. Alahari, *How good is my GAN?*, ECCV 2018: GAN-train and GAN-test.
# - T. Kynkäänniemi et al., *Improved precision and recall metric for assessing generative models*,
#   NeurIPS 2019.
# - M. Naeem et al., *Reliable fidelity and diversity metrics for generative models*, ICML 2020: density,
#   coverage.
# - M. Chong, D. Forsyth, *Effectively unbiased FID and Inception score and where to find them*, CVPR 2020.
# - C. Meehan, K. Chaudhuri, S. Dasgupta, *A non-parametric test to detect data-copying in generative
#   models*, AISTATS 2020.
# - M. Strathern, *Improving ratings: audit in the British university system*, European Review 1997:
#   Goodhart's law.
# - A. Odena, C. Olah, J. Shlens, *Conditional image synthesis with auxiliary classifier GANs*, ICML 2017.
# - T. Karras, S. Laine, T. Aila, *A style-based generator architecture for generative adversarial
#   networks*, CVPR 2019.
# - T. Karras et al., *Analyzing and improving the image quality of StyleGAN*, CVPR 2020.
# - T. Karras et al., *Training generative adversarial networks with limited data*, NeurIPS 2020.
# - A. Brock, J. Donahue, K. Simonyan, *Large scale GAN training for high fidelity natural image synthesis*,
#   ICLR 2019.
# - J. Ho, T. Salimans, *Classifier-free diffusion guidance*, 2022.
