# %% [markdown]
# # 01 · The conditional classifier
#
# A *conditional* model gets two inputs: the data, and a condition that says what you want to
# know or to have. This notebook builds the simplest one, a classifier that is told a condition
# beside its picture. The next three notebooks use the same idea to draw digits on demand, and the last
# one measures how well they do it.
#
# **You will be able to**
#
# - turn labels into one-hot codes and embeddings, and say why they are the same thing,
# - build and train a classifier that takes a condition,
# - tell a model that uses its input from one that was handed the answer,
# - let a condition into a network in four ways, and compare them fairly,
# - weigh classes that are rare,
# - say when a condition helps, and when it cannot.
#
# **You need** Python, and a first acquaintance with PyTorch: tensors, `nn.Module`, one training
# loop that you have written yourself.
#
# **Time**: about two hours. The finished notebook runs in half a minute on two CPU cores.
#
# **How it works.** You write code where a cell says `NotImplementedError`. The cell below it
# checks your code and says what it found, and the one below that gives a hint on each run. Marking
# uses other numbers and looks at a few things more: your code must work for any batch size and on
# any device, leave its inputs as they are, and print nothing.
#
# The numbers in the text are those of the digits data set. With another one, read your own.

# %%
import math

import torch
import torch.nn.functional as F
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from torch import nn

from course_utils import Batches, check, fit, get_device, hint, load_data, plots, set_seed

set_seed(0)
device = get_device()

# %% [markdown]
# ## 1. Labels as numbers
#
# The data are handwritten digits: 1,437 pictures to learn from and 360 to test on. They come with
# scikit-learn, so nothing is downloaded. Each picture has 28×28 pixels between 0 (black) and
# 1 (white). They look blurred, because the data set has only 8×8 pixels of each, enlarged here.

# %%
data = load_data(device=device)
plots.show_images(
    torch.stack([data.train_images[data.train_labels == c][0] for c in range(10)]),
    titles=data.class_names,
    caption="One training picture of each class, with its name above it.",
)

# %% [markdown]
# A label is a *name*, not an amount. Class 8 is not twice class 4. If you fed the number 8 to a
# network, it would have to unlearn this order first.
#
# A **one-hot code** takes the order away: class $k$ of $C$ becomes a row of $C$ zeros with a single
# 1 in column $k$. Any two classes are then equally far apart.

# %% [markdown]
# ### Exercise 1 · One-hot codes
#
# *Difficulty ●○○ · 10 minutes · about 3 lines*
#
# Write `one_hot(labels, num_classes)`.
#
# - `labels` is an int64 tensor of shape `(B,)`.
# - Return a float32 tensor of shape `(B, num_classes)` on the device of `labels`: row `i` is 1 in
#   column `labels[i]` and 0 elsewhere.
# - Raise `ValueError`, with a sentence that says what was wrong, if a label is below 0 or not
#   below `num_classes`.


# %% exercise="one-hot"
def one_hot(labels, num_classes):
    """Return the one-hot codes of labels (B,) as float32 (B, num_classes)."""
    ### BEGIN SOLUTION
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(f"labels must lie in [0, {num_classes}), got {labels.unique().tolist()}")
    return torch.eye(num_classes, device=labels.device)[labels]
    ### END SOLUTION


# %% test="one-hot" points=6
check("one-hot", one_hot)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("one-hot", one_hot)
### END HIDDEN TESTS

# %%
hint("one-hot")

# %% [markdown]
# Here is what your code makes of six labels. Each row is a label, each column a class.

# %%
labels = torch.tensor([0, 3, 1, 4, 3, 2])
plots.show_matrices(
    {"one_hot([0, 3, 1, 4, 3, 2], 5)": one_hot(labels, 5)},
    xlabel="class",
    ylabel="row",
    caption="Six rows of five entries. The ones stand in columns 0, 3, 1, 4, 3 and 2.",
)

# %% [markdown]
# **Why it matters.** Every conditional model of this course starts from this step. The CVAE of
# notebook 03 takes one-hot codes as they are. The other models multiply them by a matrix first,
# and that is the next section.

# %% [markdown]
# ## 2. An embedding is a one-hot code times a matrix
#
# `nn.Embedding(C, E)` holds a table with one row of $E$ numbers per class, and looks rows up. A
# one-hot code times the same table gives the same rows: the single 1 picks one of them.

# %%
embedding = nn.Embedding(5, 3)
looked_up = embedding(labels)
multiplied = one_hot(labels, 5) @ embedding.weight
print("equal:", torch.equal(looked_up, multiplied))

# %% [markdown]
# You may read that a linear layer on one-hot codes "updates every weight", while an embedding
# updates only the rows it looked up. Compare the gradients before you believe it. Classes 1 and 3
# are not in this batch.

# %%
batch = torch.tensor([0, 2, 2, 4])
signal = torch.tensor([[1.0, 2.0, 3.0]])

(by_lookup,) = torch.autograd.grad((embedding(batch) * signal).sum(), embedding.weight)
product = one_hot(batch, 5) @ embedding.weight
(by_product,) = torch.autograd.grad((product * signal).sum(), embedding.weight)
plots.show_matrices(
    {"gradient by lookup": by_lookup, "gradient by product": by_product},
    xlabel="embedding dimension",
    ylabel="class",
    caption="Both gradients are equal: rows 1 and 3 are zero in both, row 2 counts twice.",
)

# %% [markdown]
# The gradients are the same, zeros included. A row whose class is absent gets no gradient either
# way. Only a bias, which `nn.Linear` adds and an embedding does not have, gets a gradient from every
# sample. The difference lies elsewhere: a lookup reads one row, a product multiplies by all the zeros
# first. With ten classes you will not notice. With 50,000 words you will.
#
# One caution: an optimizer with memory, such as Adam, can move a row whose gradient is zero, since
# it still follows earlier gradients. That, too, is the same for both.

# %% [markdown]
# ## 3. A classifier that takes a condition
#
# ```text
# condition ─▶ table ─▶ e ─┐
#                          ├─▶ [x, e] ─▶ hidden layer ─▶ logits
# x ───────────────────────┘
# ```
#
# The condition picks a row of a table. The row is joined to the features `x`. Both then go through
# a hidden layer, where they can *interact*: what a pixel means may depend on the condition.

# %% [markdown]
# ### Exercise 2 · The conditional classifier
#
# *Difficulty ●●○ · 15 minutes · about 7 lines*
#
# Write the module `ConditionalClassifier`.
#
# - `__init__` takes `input_dim`, `num_conditions`, `num_classes`, `embedding_dim`, `hidden_dim`.
# - `forward(x, condition)` takes `x` `(B, input_dim)` and `condition` `(B,)`, int64, and returns
#   logits `(B, num_classes)`: raw numbers, with no softmax.
# - The condition enters as a learned embedding of size `embedding_dim`, concatenated with `x`,
#   before at least one nonlinear hidden layer of size `hidden_dim`.


# %% exercise="conditional-classifier"
class ConditionalClassifier(nn.Module):
    """Classify x (B, input_dim), given a condition (B,)."""

    def __init__(self, input_dim, num_conditions, num_classes, embedding_dim, hidden_dim):
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(num_conditions, embedding_dim)
        self.layers = nn.Sequential(
            nn.Linear(input_dim + embedding_dim, hidden_dim),
            nn.ReLU(),
            nn.Linear(hidden_dim, num_classes),
        )
        ### END SOLUTION

    def forward(self, x, condition):
        """Return logits (B, num_classes)."""
        ### BEGIN SOLUTION
        return self.layers(torch.cat([x, self.embedding(condition)], dim=1))
        ### END SOLUTION


# %% test="conditional-classifier" points=11
check("conditional-classifier", ConditionalClassifier)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("conditional-classifier", ConditionalClassifier)
### END HIDDEN TESTS

# %%
hint("conditional-classifier")

# %% [markdown]
# A picture of an untrained model of yours: the same `x`, asked under four conditions. The logits
# differ from row to row, because the condition reaches them.

# %%
set_seed(0)
untrained = ConditionalClassifier(6, 4, 3, 5, 16)
with torch.no_grad():
    logits = untrained(torch.ones(4, 6), torch.arange(4))
plots.show_matrices(
    {"logits of one x under four conditions": logits},
    xlabel="class",
    ylabel="condition",
    caption="Four rows of three logits. No two rows are equal, although x is the same in all four.",
)

# %% [markdown]
# **Why it matters.** Generator and discriminator in notebook 02 take their label in this way, too: as an
# embedding that is concatenated.

# %% [markdown]
# ### Exercise 3 · One training step
#
# *Difficulty ●○○ · 10 minutes · about 6 lines*
#
# Write `train_step(model, optimizer, x, condition, targets, weights=None)`.
#
# - `targets` is int64 `(B,)`. Do one optimizer step, in training mode, on the mean cross-entropy of
#   `model(x, condition)` and `targets`.
# - If class weights `weights` `(C,)` are given, use the weighted mean instead:
#   $\sum_i w_{t_i} \mathrm{nll}_i / \sum_i w_{t_i}$, where $\mathrm{nll}_i$ is minus the
#   log-probability of the target $t_i$ of sample $i$. `F.cross_entropy` takes them as `weight=`.
# - No gradient of an earlier call may get into the step.
# - Return the loss before the step, as a Python float.


# %% exercise="classifier-step"
def train_step(model, optimizer, x, condition, targets, weights=None):
    """Do one optimizer step on the cross-entropy and return the loss before it."""
    ### BEGIN SOLUTION
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x, condition), targets, weight=weights)
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% test="classifier-step" points=8
check("classifier-step", train_step)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("classifier-step", train_step)
### END HIDDEN TESTS

# %%
hint("classifier-step")

# %% [markdown]
# Your step, thirty times on one small batch. The loss falls.

# %% tags=["training"]
set_seed(0)
optimizer = torch.optim.SGD(untrained.parameters(), lr=0.5)
few, asked, targets = torch.randn(8, 6), torch.arange(8) % 4, torch.arange(8) % 3
losses = [train_step(untrained, optimizer, few, asked, targets) for _ in range(30)]
plots.show_histories({"one batch of 8": {"loss": losses}}, xlabel="step")

# %% [markdown]
# **Why it matters.** Every model of this course is trained by such steps. A GAN has two of them, and
# many of its faults are a gradient that was not cleared, or that reached the wrong network.

# %% [markdown]
# Three helpers for all that follows: `train`, `predict` and `accuracy`. `train` calls your step on
# shuffled batches. You can interrupt it (■ in the toolbar): it finishes the step and keeps the model.


# %%
def train(model, x, condition, targets, num_epochs=10, lr=3e-3, weights=None):
    """Train with Adam on batches of 64 and return the history of the loss."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    batches = Batches(x, condition, targets, batch_size=64)
    return fit(lambda *batch: train_step(model, optimizer, *batch, weights), batches, num_epochs)


@torch.no_grad()
def predict(model, x, condition):
    """Return the most likely class of each row."""
    return model.eval()(x, condition).argmax(1)


def accuracy(model, x, condition, targets):
    """Return the fraction of right answers."""
    return (predict(model, x, condition) == targets).float().mean().item()


# %% [markdown]
# ## 4. One picture, many questions
#
# Now a task in which the condition says *what is asked*. Take three yes-or-no questions about a
# digit. The same picture has several right answers, one for each question.

# %%
questions = {
    "even?": [1, 0, 1, 0, 1, 0, 1, 0, 1, 0],
    "above four?": [0, 0, 0, 0, 0, 1, 1, 1, 1, 1],
    "has a loop?": [1, 0, 0, 0, 0, 0, 1, 0, 1, 1],
}


def ask_all(images, digits, questions):
    """Ask every question about every image: x, condition, targets."""
    answers = torch.tensor(list(questions.values()), device=images.device)
    condition = torch.arange(len(questions), device=images.device)
    condition = condition.repeat_interleave(len(images))
    x = images.flatten(1).repeat(len(questions), 1)
    return x, condition, answers[condition, digits.repeat(len(questions))]


# %%
x_train, asked_train, answers_train = ask_all(data.train_images, data.train_labels, questions)
x_test, asked_test, answers_test = ask_all(data.test_images, data.test_labels, questions)
answers = torch.tensor(list(questions.values())).float()
plots.show_matrices(
    {"answer to each question": answers},
    xlabel="digit",
    ylabel="",
    row_names=list(questions),
    caption="1 is yes, 0 is no. Digits 1, 3, 6 and 8 have the same answer to all three questions.",
)

# %% [markdown]
# **Predict, then run.** A model that is not told the question sees a 7 three times, with the
# answers no, yes, no. What is the best accuracy that *any* such model can reach? Work it out from
# the table, write it down, and run the next cells.

# %%
my_guess = None  # between 0 and 1

# %%
majority = torch.maximum(answers.mean(0), 1 - answers.mean(0))
print("your guess:", my_guess)
print("best share by digit:", " ".join(f"{share:.2f}" for share in majority))
print(f"on the test pictures: {majority[data.test_labels.cpu()].mean():.3f} at best")

# %% [markdown]
# Nobody can beat that, whatever the network: the information is not there. Train both models,
# with three seeds each. The blind one gets condition 0 whatever is asked. The four numbers are the
# count of questions, the count of answers, and the sizes of embedding and hidden layer.

# %% tags=["training"]
histories, models = {}, {}
for name, told in (("blind", 0), ("told the question", 1)):
    scores = []
    for seed in range(3):
        set_seed(seed)
        model = ConditionalClassifier(x_train.shape[1], 3, 2, 8, 128).to(device)
        histories[name] = train(model, x_train, asked_train * told, answers_train)
        scores.append(accuracy(model, x_test, asked_test * told, answers_test))
    models[name] = model
    print(f"{name}: accuracy " + ", ".join(f"{score:.3f}" for score in scores))

# %% tags=["training"]
plots.show_histories(histories)

# %% [markdown]
# These are the histories of the last seed. The blind model ends two to three points below its
# ceiling of 0.80, and its loss flattens out. The one that is told the question answers all three, with one
# set of weights. Here the condition tells what the picture *cannot*.

# %% [markdown]
# To see how the condition moves the decision, squeeze each picture into two features and train on
# those. The features come from principal components and a linear discriminant analysis, which seeks
# directions that part the ten digits. Three panels, one model: only the condition changes.

# %% tags=["training"]
squeeze = make_pipeline(PCA(32), LinearDiscriminantAnalysis(n_components=2))
squeeze.fit(data.train_images.flatten(1).cpu().numpy(), data.train_labels.cpu().numpy())


def two_features(x):
    """Project pictures (N, pixels) to two features of about unit size."""
    return torch.tensor(squeeze.transform(x.cpu().numpy()), dtype=torch.float32).to(device) / 3


set_seed(0)
flat_model = ConditionalClassifier(2, 3, 2, 4, 64).to(device)
train(flat_model, two_features(x_train), asked_train, answers_train)
score = accuracy(flat_model, two_features(x_test), asked_test, answers_test)


# %% tags=["training"]
def probability_of_yes(question):
    """Return a function from features (N, 2) to the probability of yes (N,)."""
    condition = torch.tensor(question, device=device)

    @torch.no_grad()
    def probability(features):
        features = features.to(device)
        return flat_model(features, condition.expand(len(features))).softmax(1)[:, 1]

    return probability


panels = {
    name: (probability_of_yes(question), answers_test[asked_test == question].cpu())
    for question, name in enumerate(questions)
}
plots.show_regions(
    panels,
    two_features(data.test_images.flatten(1)).cpu(),
    caption="The same points in three panels. White lines: where the model is undecided. Each "
    f"question has lines of its own. Accuracy on two features alone: {score:.2f}; without the "
    "question 0.80 is the most.",
)

# %% [markdown]
# The points are the same in each panel, only the answers change. One network holds three different
# boundaries, and the embedding of the question switches between them. A condition that was merely
# *added to the logits* could only shift one and the same surface up or down.

# %% [markdown]
# ## 5. The trap: a classifier that is fed its answer
#
# Some tutorials build a "conditional classifier" like this: the condition is the very label that
# the model must predict. Let us do it, on pictures of pure noise, with random labels. There is
# nothing to learn in them.
#
# **Predict, then run.** What accuracy do you expect on noise that the model has never seen?

# %%
my_guess = None  # between 0 and 1

# %% tags=["training"]
set_seed(0)
noise, noise_labels = torch.randn(4000, 20, device=device), torch.randint(10, (4000,)).to(device)
trap = ConditionalClassifier(20, 10, 10, 8, 64).to(device)
train(trap, noise[:2000], noise_labels[:2000], noise_labels[:2000])
score = accuracy(trap, noise[2000:], noise_labels[2000:], noise_labels[2000:])
print("your guess:", my_guess)
print(f"accuracy on new noise: {score:.3f}")

# %% [markdown]
# Perfect, and worthless. The model copies its condition to the output. Such a model looks superb in
# a report and is useless the day that nobody knows the label.
#
# A simple experiment exposes it: **shuffle the inputs**. Give each row the picture of another one,
# and leave the condition and the target in place. A model that relies on its
# picture gets worse.

# %% [markdown]
# ### Exercise 4 · Expose the leak
#
# *Difficulty ●●○ · 15 minutes · about 9 lines*
#
# Write `shuffled_input_accuracy(model, x, condition, targets, generator=None)`.
#
# - `x` has one sample per row, of any shape; `condition` and `targets` are `(B,)`. Permute the rows
#   of `x` among themselves. `condition` and `targets` stay where they are. If a `torch.Generator` is
#   given (on the CPU), it draws the permutation.
# - Return the accuracy as a Python float in [0, 1].
# - The model runs in eval mode and without gradients. Afterwards it is in the mode in which it
#   came, also when it raises an error.


# %% exercise="label-leakage"
def shuffled_input_accuracy(model, x, condition, targets, generator=None):
    """Return the accuracy when the rows of x are permuted among themselves."""
    ### BEGIN SOLUTION
    order = torch.randperm(len(x), generator=generator)
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            predictions = model(x[order.to(x.device)], condition).argmax(1)
    finally:
        model.train(training)
    return (predictions == targets).float().mean().item()
    ### END SOLUTION


# %% test="label-leakage" points=9
check("label-leakage", shuffled_input_accuracy)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("label-leakage", shuffled_input_accuracy)
### END HIDDEN TESTS

# %%
hint("label-leakage")

# %% [markdown]
# Now ask both models, the trap and the honest one of section 4.

# %% tags=["training"]
generator, verdicts = torch.Generator().manual_seed(0), {}
suspects = {
    "trap": (trap, noise[2000:], noise_labels[2000:], noise_labels[2000:]),
    "honest": (models["told the question"], x_test, asked_test, answers_test),
}
for name, (model, *task) in suspects.items():
    pair = [accuracy(model, *task), shuffled_input_accuracy(model, *task, generator)]
    verdicts[name] = pair
    print(f"{name}: {pair[0]:.3f} as it is, {pair[1]:.3f} with shuffled inputs")
plots.show_bars(verdicts, ("as it is", "shuffled inputs"), xlabel="input", ylabel="Accuracy")

# %% [markdown]
# The trap does not notice that its pictures were exchanged. The honest model falls to about one
# half, which is what guessing gets on a question with two answers.
#
# **Why it matters.** In the generative models that follow the label *is* given, on purpose. But when
# you judge one, ask the same thing: which of its inputs does it use? Shuffle one and see.

# %% [markdown]
# ## 6. Turned digits: a gain that is real but small
#
# A second honest task. Each digit is turned by 0, 90, 180 or 270 degrees, and the model must say
# which digit it is. The condition tells the turn. A 6 turned by 180 degrees looks like a 9, so the
# condition should be worth a lot.


# %%
def turn_all(images, digits):
    """Turn every image four ways: x, condition (the turn), targets (the digit)."""
    turned = torch.cat([torch.rot90(images, k, dims=(2, 3)) for k in range(4)])
    condition = torch.arange(4, device=images.device).repeat_interleave(len(images))
    return turned.flatten(1), condition, digits.repeat(4)


turned_train = turn_all(data.train_images, data.train_labels)
turned_test = turn_all(data.test_images, data.test_labels)

# %% [markdown]
# **Predict, then run.** The model that is *not* told the turn (it gets 0 for all) has about 92 %
# right. How much does the one that is told gain?

# %%
my_guess = None  # percentage points

# %% tags=["training"]
x, turn, digit = turned_test
six_or_nine = (digit == 6) | (digit == 9)
for name, told in (("not told", 0), ("told the turn", 1)):
    scores, mix_ups = [], []
    for seed in range(3):
        set_seed(seed)
        model = ConditionalClassifier(x.shape[1], 4, 10, 8, 128).to(device)
        train(model, turned_train[0], turned_train[1] * told, turned_train[2])
        predicted = predict(model, x, turn * told)
        scores.append((predicted == digit).float().mean().item())
        mixed_up = six_or_nine & (predicted == 15 - digit)
        mix_ups.append((mixed_up.sum() / six_or_nine.sum()).item())
    print(
        f"{name}: accuracy " + ", ".join(f"{score:.3f}" for score in scores),
        "\n  6 and 9 mixed up: " + ", ".join(f"{100 * rate:.1f} %" for rate in mix_ups),
    )
print("your guess:", my_guess, "points")

# %% [markdown]
# The mix-ups of 6 and 9 all but vanish. But there were few: one to four in a hundred sixes and
# nines, less than a point of accuracy. Other pairs, such as 3 and 8, make up the rest of the gain,
# which is one or two points in all. Why were there so few mix-ups? Look at sixes beside nines that
# were turned by 180 degrees.

# %%
sixes = data.test_images[data.test_labels == 6][:10]
nines = data.test_images[data.test_labels == 9][:10]
plots.show_images(
    torch.cat([sixes, torch.rot90(nines, 2, dims=(2, 3))]),
    titles=["6"] * len(sixes) + ["9, turned"] * len(nines),
    caption="Above: ten sixes. Below: ten nines turned by 180 degrees. Most can be told apart: the "
    "stem of a six is a plain slanted stroke, that of a turned nine is straight or ends in a hook.",
)

# %% [markdown]
# Most writers do not draw a 9 as a turned 6, so the picture itself may give the turn away. Test
# that: ask the same network for the *turn*, and tell it nothing.

# %% tags=["training"]
set_seed(0)
turn_finder = ConditionalClassifier(x.shape[1], 1, 4, 8, 128).to(device)
nothing = torch.zeros_like(turned_train[1])
train(turn_finder, turned_train[0], nothing, turned_train[1])
found = predict(turn_finder, x, torch.zeros_like(turn)) == turn
print(f"turn found: {found.float().mean():.3f} of all test pictures,", end=" ")
print(f"{found[six_or_nine].float().mean():.3f} of the sixes and nines")

# %% [markdown]
# What the picture already tells, the condition need not say again.
#
# **When does a condition help?** When it tells what the picture does not. In section 4 it told
# everything, and the gain was large. Here it tells little that is new, and the gain is small. In
# the trap it told the answer, and the gain was a fraud.

# %% [markdown]
# ## 7. Four ways in
#
# Concatenation is one way for a condition to enter a layer. Three more are in use. Let $h$ be the
# features of a layer and $e$ a code that depends on the condition.
#
# | way | result | what $e$ can do |
# | --- | --- | --- |
# | concat | $[h, e]$ | the next layer mixes them |
# | add | $h + e$ | shift each feature |
# | multiply | $h \cdot e$ | scale each feature, switch it off |
# | affine | $(1 + s) \cdot h + t$, with $e = [s, t]$ | scale and shift |
#
# The 1 makes $e = 0$ the identity: a code that starts at zero leaves $h$ alone. (`nn.Embedding`
# starts at random; notebook 04 starts at zero.)

# %% [markdown]
# ### Exercise 5 · Inject the condition
#
# *Difficulty ●○○ · 10 minutes · about 10 lines*
#
# Write `inject(h, e, how)`, with `h` of shape `(B, F)`.
#
# - `"concat"`: `(B, F + e.shape[1])`, `h` first.
# - `"add"` and `"multiply"`: `e` is `(B, F)`.
# - `"affine"`: `e` is `(B, 2F)`. The scale is its first `F` columns, the shift the rest.
# - Any other `how` raises `ValueError`, with a sentence that says what was wrong.


# %% exercise="inject-label"
def inject(h, e, how):
    """Let the code e of a condition into the features h (B, F)."""
    ### BEGIN SOLUTION
    if how == "concat":
        return torch.cat([h, e], dim=1)
    if how == "add":
        return h + e
    if how == "multiply":
        return h * e
    if how == "affine":
        scale, shift = e.chunk(2, dim=1)
        return (1 + scale) * h + shift
    raise ValueError(f"how must be 'concat', 'add', 'multiply' or 'affine', not {how!r}")
    ### END SOLUTION


# %% test="inject-label" points=9
check("inject-label", inject)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("inject-label", inject)
### END HIDDEN TESTS

# %%
hint("inject-label")

# %% [markdown]
# What your code does to three features that equal 2, for a code of halves.

# %%
h = torch.full((1, 3), 2.0)
codes = {"concat": 3, "add": 3, "multiply": 3, "affine": 6}
plots.show_matrices(
    {how: inject(h, torch.full((1, n), 0.5), how) for how, n in codes.items()},
    xlabel="feature",
    ylabel="",
    caption="concat keeps the 2s and puts three 0.5s beside them; add gives 2.5, multiply 1, and "
    "affine 1.5 · 2 + 0.5 = 3.5.",
)

# %% [markdown]
# **Why it matters.** Scale and shift are how FiLM and conditional batch normalization let a label in.
# Notebook 04 builds a generator whose label enters in no other way.

# %% [markdown]
# Compare the four on the questions of section 4. To be fair, all networks have the same depth and
# nearly the same number of parameters; only the way in differs.


# %%
class InjectedClassifier(nn.Module):
    """Let the question in after the first layer, one of four ways."""

    def __init__(self, how, features):
        super().__init__()
        self.how = how
        code_size = 2 * features if how == "affine" else features
        self.embedding = nn.Embedding(3, code_size)
        self.first = nn.Linear(x_train.shape[1], features)
        self.second = nn.Linear(2 * features if how == "concat" else features, 64)
        self.out = nn.Linear(64, 2)

    def forward(self, x, condition):
        """Return logits (B, 2)."""
        h = inject(self.first(x), self.embedding(condition), self.how)
        return self.out(self.second(h.relu()).relu())


# %% tags=["training"]
print("way       parameters  accuracy (3 seeds)")
for how, features in (("concat", 30), ("add", 32), ("multiply", 32), ("affine", 32)):
    scores = []
    for seed in range(3):
        set_seed(seed)
        model = InjectedClassifier(how, features).to(device)
        train(model, x_train, asked_train, answers_train, num_epochs=6)
        scores.append(accuracy(model, x_test, asked_test, answers_test))
    size = sum(parameter.numel() for parameter in model.parameters())
    print(f"{how:9} {size:10,}  " + ", ".join(f"{score:.3f}" for score in scores))

# %% [markdown]
# On this task all four do well, and the seeds differ about as much as the ways. That is a result
# too: **do not read a ranking into one run**. In convolutional networks the ways differ in what they
# cost. To concatenate, you copy the code to every pixel and widen the next layer. Scale and shift
# cost two numbers per channel and condition, at any layer. Notebook 04 measures both.

# %% [markdown]
# ## 8. Rare classes
#
# Real data are rarely balanced. Keep 140 pictures of most digits, and six each of 1, 4 and 8.

# %%
rare = (1, 4, 8)
kept = [torch.nonzero(data.train_labels == c)[: 6 if c in rare else 140, 0] for c in range(10)]
kept = torch.cat(kept)
x_few, digits_few = data.train_images[kept].flatten(1), data.train_labels[kept]
no_condition = torch.zeros_like(digits_few)
print("pictures per class:", torch.bincount(digits_few).tolist())

# %% [markdown]
# A model can ignore three digits here and still be right on 98 % of its training pictures. Class
# weights change what it pays for a mistake. A common choice is
#
# $$ w_c = \frac{N}{C \, n_c}, $$
#
# with $N$ labels, $C$ classes and $n_c$ labels of class $c$. It is 1 for every class of a balanced
# set. The loss is then a weighted mean:
#
# $$ L = \frac{\sum_i w_{t_i} \cdot \mathrm{nll}_i}{\sum_i w_{t_i}}, \qquad
# \mathrm{nll}_i = -\log p(t_i \mid x_i). $$

# %% [markdown]
# ### Exercise 6 · Class weights
#
# *Difficulty ●●○ · 15 minutes · about 6 lines*
#
# Write two functions.
#
# - `inverse_frequency_weights(labels, num_classes)`, with `labels` int64 `(N,)`, returns $w$,
#   float32 `(C,)`. A class that does not occur gets 0.
# - `weighted_cross_entropy(logits, targets, weights)`, with `logits` `(B, C)`, `targets` int64 `(B,)`
#   and `weights` `(C,)`, returns $L$, a scalar tensor that gradients can flow through. Note the
#   denominator: it is the sum of the samples' weights, not the batch size.


# %% exercise="class-weights"
def inverse_frequency_weights(labels, num_classes):
    """Return N / (C n_c) for each class c, 0 for an absent class."""
    ### BEGIN SOLUTION
    counts = torch.bincount(labels, minlength=num_classes)
    weights = len(labels) / (num_classes * counts.clamp(min=1))
    return torch.where(counts > 0, weights, 0.0)
    ### END SOLUTION


def weighted_cross_entropy(logits, targets, weights):
    """Return the weighted mean of the negative log-likelihoods."""
    ### BEGIN SOLUTION
    nll = -logits.log_softmax(dim=1).gather(1, targets[:, None])[:, 0]
    sample_weights = weights[targets]
    return (sample_weights * nll).sum() / sample_weights.sum()
    ### END SOLUTION


# %% test="class-weights/weights" points=6
check("class-weights/weights", inverse_frequency_weights)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("class-weights/weights", inverse_frequency_weights)
### END HIDDEN TESTS

# %% test="class-weights/loss" points=5
check("class-weights/loss", weighted_cross_entropy)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("class-weights/loss", weighted_cross_entropy)
### END HIDDEN TESTS

# %%
hint("class-weights/weights")

# %%
hint("class-weights/loss")

# %% [markdown]
# Your weights for this set, and your loss beside the library's, which must agree.

# %%
weights = inverse_frequency_weights(digits_few, 10)
plots.show_bars({"weight": weights.tolist()}, range(10), xlabel="digit", ylabel="Class weight")
logits = torch.randn(len(digits_few), 10, device=device)
yours = weighted_cross_entropy(logits, digits_few, weights)
library = F.cross_entropy(logits, digits_few, weight=weights)
print("agree:", math.isclose(yours.item(), library.item(), rel_tol=1e-5))

# %% [markdown]
# **Why it matters.** One accuracy hides a class that is never found. Notebook 05 measures generators
# class by class for the same reason.

# %% [markdown]
# Train with and without them, and measure the **recall** of each class: the fraction of its test
# pictures that are found. The training is short on purpose, with a small learning rate.


# %%
def recall_per_class(model):
    """Return the fraction of each digit's test pictures that the model finds."""
    pictures, digits = data.test_images.flatten(1), data.test_labels
    found = predict(model, pictures, torch.zeros_like(digits)) == digits
    return [found[digits == c].float().mean().item() for c in range(10)]


# %% tags=["training"]
recalls = {}
for name, used in (("no weights", None), ("class weights", weights)):
    for num_epochs in (15, 60):
        set_seed(0)
        model = ConditionalClassifier(x_few.shape[1], 1, 10, 1, 64).to(device)
        train(model, x_few, no_condition, digits_few, num_epochs, 1e-3, used)
        recall = recall_per_class(model)
        recalls[f"{name}, {num_epochs} epochs"] = recall
        of_rare = sum(recall[c] for c in rare) / 3
        of_common = (sum(recall) - 3 * of_rare) / 7
        print(f"{name}, {num_epochs} epochs: recall {of_rare:.2f} rare, {of_common:.2f} others")
plots.show_bars(recalls, range(10), xlabel="digit", ylabel="Recall")

# %% [markdown]
# After 15 epochs the rare digits are seldom found without weights, and mostly found with them. The
# other digits pay a few points. Train four times as long, and much of the gap closes: a network that
# can fit its whole training set gets there with any weights, only later. And six pictures are still
# six pictures: weights make the model care about them, they do not make more of them.

# %% [markdown]
# ## 9. What was learned: the embedding, drawn
#
# An embedding of size 2 can be drawn. Ask the three questions of section 4 under two names each.
# The model does not know that "even?" and "divisible by two?" mean the same: each name has a row
# of its own, which starts at random.


# %%
class NamedQuestions(nn.Module):
    """Answer six questions; each has a row of two numbers."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(6, 2)
        self.layers = nn.Sequential(
            nn.Linear(x_train.shape[1] + 2, 128), nn.ReLU(), nn.Linear(128, 2)
        )

    def forward(self, x, condition):
        """Return logits (B, 2)."""
        return self.layers(inject(x, self.embedding(condition), "concat"))


names = ("even?", "divisible by two?", "above four?", "five or more?", "has a loop?", "has a hole?")
doubled = dict(zip(names, [a for a in questions.values() for _ in range(2)], strict=True))

# %% [markdown]
# Weight decay pulls the rows of the table towards 0, and only those.
#
# **Predict, then run.** Where will the six points lie?

# %%
my_guess = None  # in words

# %% tags=["training"]
set_seed(0)
polyglot = NamedQuestions().to(device)
optimizer = torch.optim.AdamW(
    [
        {"params": polyglot.embedding.parameters(), "weight_decay": 1.0},
        {"params": polyglot.layers.parameters(), "weight_decay": 0.0},
    ],
    lr=5e-3,
)
batches = Batches(*ask_all(data.train_images, data.train_labels, doubled), batch_size=64)
history = fit(lambda *batch: train_step(polyglot, optimizer, *batch), batches, num_epochs=10)

# %% tags=["training"]
points = polyglot.embedding.weight.detach().cpu()
distance = torch.cdist(points, points)
twins = [distance[i, i + 1].item() for i in (0, 2, 4)]
others = [distance[i, j].item() for i in range(6) for j in range(i) if i // 2 != j // 2]
print("your guess:", my_guess)
plots.show_points(
    points,
    names,
    caption="The embeddings of six questions. Two names of one question lie "
    f"{min(twins):.2f} to {max(twins):.2f} apart, different questions at least {min(others):.2f}.",
)

# %% [markdown]
# Names that mean the same end up in the same place. Nobody told the model so. Weight decay pulls
# every row towards 0, and the answers hold a row where it is useful: two names with the same answers
# are held at the same place. Without the decay the twins stop moving once both are answered well; in
# ten seeds they were still the nearest pairs, but up to 2.75 apart. An embedding holds what the task
# asks for, and what its random start left over.

# %% [markdown]
# ## Reflect
#
# Think first, then open the answer.
#
# <details><summary>1. A colleague's classifier has 100 % accuracy. Its inputs are a scan and the
# hospital where it was taken. What do you try first?</summary>
#
# Shuffle the scans and leave the hospitals in place. If the accuracy stays high, the hospital gives
# the answer away: perhaps one hospital takes only the severe cases.
# </details>
#
# <details><summary>2. Your model has an embedding of size 8 for 3 conditions. Is this a waste?
# </summary>
#
# It costs 24 numbers in the table and 8 weights for each unit of the next layer. Three rows span at
# most three dimensions, so five are redundant, but they do no harm here.
# </details>
#
# <details><summary>3. Why must the condition enter before a nonlinear layer?</summary>
#
# If it is concatenated or added and everything after it is linear, it can only add a constant to
# each logit. It could then shift the answers, but never change how they depend on the picture.
# </details>
#
# <details><summary>4. Does a 0 in a one-hot code mean that the weights it multiplies never
# change?</summary>
#
# They get no gradient from this sample. Other samples have their 1 there.
# </details>
#
# <details><summary>5. When is the 1 in (1 + scale) important?</summary>
#
# At the start. With small random codes, scale · h would nearly switch the features off, and their
# gradients with them. With the 1, the layer starts near the identity.
# </details>

# %% [markdown]
# ## What next
#
# You gave a network a condition, and saw it used, ignored and abused. In **notebook 02** the
# condition asks for a picture: a conditional GAN draws the digit that you name.
#
# **Read more**
#
# - Y. Bengio, R. Ducharme, P. Vincent, C. Jauvin, *A neural probabilistic language model*, JMLR
#   2003: embeddings learned together with the network that uses them.
# - C. Guo, F. Berkhahn, *Entity embeddings of categorical variables*, 2016: embeddings of
#   categories, drawn and explained.
# - E. Perez et al., *FiLM: visual reasoning with a general conditioning layer*, AAAI 2018: scale and
#   shift as the way in.
# - J. Byrd, Z. Lipton, *What is the effect of importance weighting in deep learning?*, ICML 2019: why
#   the effect of weights fades with long training.
# - G. King, L. Zeng, *Logistic regression in rare events data*, Political Analysis 2001: why rare
#   classes need care, and weights.
