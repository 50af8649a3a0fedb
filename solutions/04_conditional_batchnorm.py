# %% [markdown]
# # 04 · Conditional batch normalization
#
# So far the label was one more input: notebooks 02 and 03 put it beside the noise, the picture or the code,
# and the first layer made of it what it could. Here it enters in another place. It *turns the knobs* of the layers
# in between: for each label, each feature is made larger or smaller, and moved up or down. That is all, and
# it is enough to say which digit to draw.
#
# **You will be able to**
#
# - say what batch normalization does, and let the label choose its scale and shift,
# - start such a layer so that it does no harm, and show what other starts cost,
# - find a fault that lets the loss go down and still ignores the label,
# - tell conditional batch normalization, FiLM, AdaIN and conditional instance normalization apart, and say
#   what each costs,
# - build a convolutional generator in which the label enters through normalization alone, and the
#   projection discriminator that goes with it,
# - read what its tables learned, blend two classes, and swap them in one layer,
# - say why statistics are shared, and when that goes wrong.
#
# **You need** notebooks 01 and 02.
#
# **Time**: about four hours. The finished notebook runs in about a minute on two CPU cores.
#
# The numbers in the text are those of the digits data set. With another one, read your own.

# %%
import copy
import itertools
import math
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from course_utils import Batches, check, fit, get_device, hint, load_data, plots, set_seed
from course_utils.gan_training import Album, averaged, show_history
from course_utils.judges import load_judge
from course_utils.label_layers import LabelLayer, blended, label_layers, scale_and_shift
from course_utils.quality import QualityMeter
from course_utils.records import training_runs
from course_utils.saved import saved_folder
from course_utils.weights import save_weights

set_seed(0)
device = get_device()

# %% [markdown]
# ## 1. Normalize, then scale and shift
#
# **Batch normalization** (Ioffe and Szegedy, 2015) looks at one feature at a time. It subtracts the
# feature's mean over the batch, and divides by its standard deviation. Then it multiplies by a learned
# $\gamma$ and adds a learned $\beta$:
#
# $$ y = \gamma \cdot \hat x + \beta, \qquad \hat x = \frac{x - \text{mean}}{\sqrt{\text{variance} + \epsilon}} $$
#
# The tiny $\epsilon$, $10^{-5}$ in PyTorch, keeps the root away from 0. This holds in train mode. In eval
# mode the layer uses **running statistics** in place of the batch's own: averages over the last batches
# that it saw in train mode. A network uses $\gamma$ and $\beta$ to say how strongly the next layer hears a
# feature, and from which value on a ReLU lets it through.
#
# **Conditional** batch normalization (de Vries and others, 2017) lets a condition choose them. There it was
# a question in words. Here, as in most GANs since, it is the label: $\gamma_y$ and $\beta_y$, one number of
# each for every class $y$ and every feature. Mean and variance are still those of the whole batch, with all
# its classes.
#
# Below, one feature of three classes. The first panel shows it as it came, the second normalized. In the
# third, class 0 keeps $\gamma = 1$ and $\beta = 0$, class 1 gets $\gamma = 0.3$ and $\beta = -2$, and class
# 2 gets $\gamma = 2$ and $\beta = 3$. **Predict, then run**: where will the three classes be?

# %%
my_guess = None  # in words

# %%
set_seed(0)
gamma, beta = torch.tensor([1.0, 0.3, 2.0]), torch.tensor([0.0, -2.0, 3.0])
y = torch.arange(3).repeat(2000)
x = torch.tensor([4.0, 6.0, 7.0])[y] + torch.randn(len(y))
normalized = (x - x.mean()) / x.std(correction=0)  # divided by N, not N - 1
stages = {"as it came": x, "normalized": normalized}
stages["scaled and shifted by class"] = gamma[y] * normalized + beta[y]

# %%
print("your guess:", my_guess)
plots.show_densities(
    {title: {f"class {k}": values[y == k] for k in range(3)} for title, values in stages.items()},
    xlabel="value of the feature",
)

# %% [markdown]
# Normalization moves and stretches everything at once, so the classes keep their places relative to each
# other. $\gamma_y$ and $\beta_y$ then move each class by itself.
#
# What does this say to the next layer? With $\gamma_y = 0$ a feature is switched off for a class. With
# $\beta_y$ far below 0, a ReLU behind it does the same. With other values it is heard more or less. So a
# label can choose **which features take part**, though it adds none.

# %% [markdown]
# ### Exercise 1 · Conditional batch normalization
#
# *Difficulty ●●○ · 20 minutes · about 10 lines*
#
# Write the module `ConditionalBatchNorm1d`.
#
# - `__init__` takes `num_features`, `num_classes` and `embedding_dim`.
# - `forward(x, labels)` takes features `(B, num_features)` and int64 labels `(B,)`. It returns
#   `(B, num_features)`: the batch-normalized `x`, times $\gamma$ of its label, plus $\beta$ of its label.
# - $\gamma$ and $\beta$ come from an embedding of the label with `embedding_dim` numbers. Linear layers
#   make them of it. (`nn.init.zeros_` and `nn.init.constant_` set the weight or the bias of a layer.)
# - The normalization has the usual $\epsilon$ and momentum, and no $\gamma$ and $\beta$ of its own:
#   `affine=False`.
# - At the start, $\gamma$ is exactly 1 and $\beta$ exactly 0 for every class. Training moves both.


# %% exercise="conditional-batchnorm-1d"
class ConditionalBatchNorm1d(nn.Module):
    """Batch normalization of vectors, with a scale and a shift that follow the label."""

    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        ### BEGIN SOLUTION
        self.norm = nn.BatchNorm1d(num_features, affine=False)
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.gamma = nn.Linear(embedding_dim, num_features)
        self.beta = nn.Linear(embedding_dim, num_features)
        for layer, start in ((self.gamma, 1.0), (self.beta, 0.0)):
            nn.init.zeros_(layer.weight)
            nn.init.constant_(layer.bias, start)
        ### END SOLUTION

    def forward(self, x, labels):
        """Return (B, num_features), scaled and shifted by label."""
        ### BEGIN SOLUTION
        embedded = self.embedding(labels)
        return self.gamma(embedded) * self.norm(x) + self.beta(embedded)
        ### END SOLUTION


# %% test="conditional-batchnorm-1d" points=11
check("conditional-batchnorm-1d", ConditionalBatchNorm1d)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("conditional-batchnorm-1d", ConditionalBatchNorm1d)
### END HIDDEN TESTS

# %%
hint("conditional-batchnorm-1d")

# %% [markdown]
# Does it learn? Here is a small task with a known answer. Some secret linear map makes four features of
# four numbers, they are normalized, and then scaled and shifted by class, with the tables `true_gamma` and
# `true_beta`. Your layer, behind a linear layer, sees the numbers and the results, and has to find out.

# %%
set_seed(0)
true_gamma = torch.tensor([[1.0, 1.0, 1.0, 1.0], [2.0, 0.5, 1.0, 3.0], [0.5, 2.0, 3.0, 1.0]])
true_beta = torch.tensor([[0.0, 0.0, 0.0, 0.0], [1.0, -1.0, 2.0, 0.0], [-2.0, 1.0, 0.0, 1.0]])
numbers, kinds = torch.randn(300, 4), torch.arange(3).repeat(100)
with torch.no_grad():
    secret = nn.BatchNorm1d(4)(nn.Linear(4, 4)(numbers))
    results = true_gamma[kinds] * secret + true_beta[kinds]


# %%
def learn(parameters, loss, num_steps=400, lr=0.03):
    """Do steps of Adam on `loss()`, and return its values."""
    optimizer, losses = torch.optim.Adam(parameters, lr), []
    for _ in range(num_steps):
        value = loss()
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses


def solve_task(layer):
    """Train `layer` and a linear layer before it; return the loss of each step."""
    set_seed(1)
    net = nn.ModuleList([nn.Linear(4, 4), layer])

    def squared_error():
        return (layer(net[0](numbers), kinds) - results).square().mean()

    return learn(net.parameters(), squared_error)


# %% [markdown]
# `scale_and_shift` reads $\gamma$ and $\beta$ off any such layer, whatever its parts are named. It hands
# the layer a sample of -1 and one of 1 for each class. Their mean is 0 and their variance is 1, so
# normalization changes nothing, and what comes out is $\beta - \gamma$ and $\beta + \gamma$.

# %%
set_seed(0)
layer = ConditionalBatchNorm1d(num_features=4, num_classes=3, embedding_dim=5)
losses = solve_task(layer)
gamma, beta = scale_and_shift(LabelLayer("yours", layer, (4,)), num_classes=3)
difference = max((gamma - true_gamma).abs().max(), (beta - true_beta).abs().max())
tables = {"true gamma": true_gamma, "your gamma": gamma, "true beta": true_beta, "your beta": beta}
plots.show_matrices(
    {name: table.round(decimals=3) + 0.0 for name, table in tables.items()},  # + 0.0: no "-0"
    xlabel="feature",
    ylabel="class",
    caption=f"The loss fell from {losses[0]:.2f} to {losses[-1]:.4f}. Your tables differ from the "
    f"true ones by {difference:.4f} at most.",
)

# %% [markdown]
# All 24 numbers are found, from results alone. (Up to signs, which nothing fixes: if the linear layer turns
# a feature around, its column of $\gamma$ turns around, too. It happens now and then.)
#
# How many numbers per label does the embedding need for that? The tables have four features. **Predict,
# then run**: which of the embedding sizes 1, 2 and 3 reach a loss of 0 for three classes?

# %%
my_guess = None  # such as "only 3"

# %%
print("your guess:", my_guess)
for embedding_dim in (1, 2, 3):
    set_seed(0)
    losses = solve_task(ConditionalBatchNorm1d(4, 3, embedding_dim))
    print(f"embedding of size {embedding_dim}: loss {losses[-1]:.3f}")

# %% [markdown]
# Two are enough. A linear layer puts the classes where $\gamma = W e + b$ says. With one number per label,
# all classes lie on a line, and three rows of a table seldom do. Two numbers span a plane, and three points
# always lie in one. For ten classes, nine numbers reach every table. Fewer make the classes share what they
# learn.
#
# **Why it matters.** Brock and others (2019) trained a GAN with 1,000 classes. There one embedding serves
# all layers, and each layer has its own linear map. A table in each layer would have many more parameters.

# %% [markdown]
# ## 2. One row for each class
#
# The other way is a table: one row of $\gamma$ and one of $\beta$ for each class, each number learned by
# itself. And convolutional networks need a layer for maps. There a feature is a channel. Its mean and
# variance are taken over the batch **and** over all places of the map, and the same $\gamma$ and $\beta$
# are used in all places.
#
# ### Exercise 2 · … for maps, with tables
#
# *Difficulty ●●○ · 15 minutes · about 8 lines*
#
# Write the module `ConditionalBatchNorm2d`.
#
# - `__init__` takes `num_features` and `num_classes`.
# - `forward(x, labels)` takes maps `(B, num_features, H, W)` and labels `(B,)`, and returns the same shape.
# - $\gamma$ and $\beta$ are tables: one number for each class and channel. `nn.Embedding` is such a table.
# - Normalization and start are those of exercise 1.


# %% exercise="conditional-batchnorm-2d"
class ConditionalBatchNorm2d(nn.Module):
    """Batch normalization of maps, with a scale and a shift for each class and channel."""

    def __init__(self, num_features, num_classes):
        super().__init__()
        ### BEGIN SOLUTION
        self.norm = nn.BatchNorm2d(num_features, affine=False)
        self.gamma = nn.Embedding(num_classes, num_features)
        self.beta = nn.Embedding(num_classes, num_features)
        nn.init.ones_(self.gamma.weight)
        nn.init.zeros_(self.beta.weight)
        ### END SOLUTION

    def forward(self, x, labels):
        """Return (B, num_features, H, W), scaled and shifted by label."""
        ### BEGIN SOLUTION
        gamma, beta = (table(labels)[:, :, None, None] for table in (self.gamma, self.beta))
        return gamma * self.norm(x) + beta
        ### END SOLUTION


# %% test="conditional-batchnorm-2d" points=11
check("conditional-batchnorm-2d", ConditionalBatchNorm2d)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("conditional-batchnorm-2d", ConditionalBatchNorm2d)
### END HIDDEN TESTS

# %%
hint("conditional-batchnorm-2d")

# %% [markdown]
# A picture of what your layer does. It is handed the same digit under four labels, after all its parameters
# were moved at random. (Here the pixels are the features: one channel.)

# %%
data = load_data(device=device)
num_classes, image_shape = len(data.class_names), tuple(data.train_images.shape[1:])
channels = image_shape[0]

# %%
set_seed(7)
layer = ConditionalBatchNorm2d(channels, num_classes=4).to(device)
with torch.no_grad():
    for parameter in layer.parameters():
        parameter += torch.randn_like(parameter)
    digit = data.train_images[:1].expand(4, -1, -1, -1)
    shown = layer(digit, torch.arange(4, device=device))
gamma, beta = scale_and_shift(LabelLayer("yours", layer, image_shape), num_classes=4)
rows = [", ".join(f"{value:.1f}" for value in table[:, 0]) for table in (gamma, beta)]
plots.show_images(
    torch.cat([digit[:1], shown / 8 + 0.4]),
    titles=["original", *(f"label {k}" for k in range(4))],
    columns=5,
    caption=f"One digit under four labels. In the first channel, gamma is {rows[0]} and beta "
    f"{rows[1]}.",
)

# %% [markdown]
# $\gamma$ is the contrast, and turns the picture into its negative where it is below 0. $\beta$ is the
# brightness. In a network each of many channels has its own.
#
# Two ways to hold the numbers: a shared embedding, and a table. **Predict, then run**: you train on samples
# of class 0 only, one step. Whose $\gamma$ and $\beta$ change, in each of the two?

# %%
my_guess = None  # "embedding: ...; table: ..."


# %%
def change_by_class_0(layer, shape):
    """Do one step on samples of class 0; return how much each class's numbers changed."""

    def tables():
        return torch.cat(scale_and_shift(LabelLayer("", layer, shape), 3), dim=1)

    before, x, goal = tables(), torch.randn(50, *shape), torch.randn(50, *shape)
    only_class_0 = torch.zeros(50, dtype=torch.int64)
    (layer(x, only_class_0) - goal).square().mean().backward()
    torch.optim.SGD(layer.parameters(), lr=1.0).step()
    return (tables() - before).abs().amax(dim=1).tolist()


# %%
set_seed(0)
print("your guess:", my_guess)
in_embedding = change_by_class_0(ConditionalBatchNorm1d(4, 3, embedding_dim=5), (4,))
in_table = change_by_class_0(ConditionalBatchNorm2d(4, 3), (4, 1, 1))
for name, changes in {"embedding": in_embedding, "table": in_table}.items():
    print(f"{name:10} class 0, 1, 2 moved by", ", ".join(f"{c:.3f}" for c in changes))

# %% [markdown]
# In a table, a class that does not occur gets no gradient, and stays exactly where it was. With the
# embedding all classes move, because they share the linear layers. That helps rare classes if classes
# resemble each other, and it hurts if they do not.
#
# ### Why $\gamma$ starts at 1
#
# At the start, a layer with $\gamma = 1$ and $\beta = 0$ is plain batch normalization: the label does
# nothing yet. What if it starts otherwise?
#
# The test below is a cipher. A network sees a picture of a digit $d$ and a label $k$, and has to answer
# with the last digit of $d + k$. It has six hidden layers, and the label enters only by $\gamma_k$ and
# $\beta_k$. Four starts are tried: 1; all 0; near 0, from $N(0, 0.02^2)$; and from $N(0, 1)$, with which
# `nn.Embedding` starts if you do nothing. **Predict** which one learns fastest, and which one not at all.

# %%
my_guess = None


# %%
def cipher_losses(start, depth=6, width=32):
    """Train a network on the cipher, its gammas starting at `start(C, F)`; return the losses."""
    sizes = [math.prod(image_shape), *[width] * depth, num_classes]
    maps = [nn.Linear(*pair, bias=False) for pair in itertools.pairwise(sizes)]
    gammas = [start(num_classes, width).requires_grad_() for _ in range(depth)]
    betas = [torch.zeros(num_classes, width, requires_grad=True) for _ in range(depth)]

    def loss():
        rows, k = torch.randint(len(pictures), (128,)), torch.randint(num_classes, (128,))
        h = pictures[rows]
        for linear, gamma, beta in zip(maps, gammas, betas, strict=False):
            h = F.batch_norm(linear(h), None, None, training=True)
            h = F.relu(gamma[k] * h + beta[k])
        return F.cross_entropy(maps[-1](h), (digits[rows] + k) % num_classes)

    return learn([*gammas, *betas, *(m.weight for m in maps)], loss, num_steps=300, lr=2e-3)


# %%
pictures, digits = data.train_images.flatten(1).cpu(), data.train_labels.cpu()
starts = {"1": torch.ones, "0": torch.zeros, "N(0, 1)": torch.randn}
starts["near 0"] = lambda *shape: 0.02 * torch.randn(shape)
curves = {}
for name, start in starts.items():
    set_seed(0)
    losses = torch.tensor(cipher_losses(start))
    curves[f"gamma at first: {name}"] = losses.unfold(0, 20, 5).mean(dim=1).tolist()

# %% tags=["training"]
print("your guess:", my_guess)
plots.show_curves(
    {"cross-entropy, mean over 20 steps": curves},
    xlabel="step",
    x=range(20, 301, 5),
    caption="At the end: " + "; ".join(f"{c[-1]:.2f} ({name})" for name, c in curves.items()) + ".",
)

# %% [markdown]
# At 0, nothing is learned: the loss stays at $\log 10 = 2.30$. All features behind such a layer are 0, a
# ReLU passes no gradient there, and so nothing ever moves. Near 0, the network learns, but more slowly: in
# every layer each class begins with other random signs. The start from $N(0, 1)$ has random signs,
# too. It is the quickest at first, because the label counts at once. Later it falls behind the
# start at 1.
#
# The deeper the network, the more a random start costs. With two hidden layers there is little to spoil,
# and both random starts are *ahead* of 1 after 300 steps. Change `depth`, and see.
#
# The start at 1 knows nothing about labels. The network begins as the plain one that you know how to train,
# however deep it is, and all of the label's influence is learned.

# %% [markdown]
# ## 3. The loss goes down all the same
#
# This layer is like one that was published. Read it, before you read on. Its `forward` should take `(B, F)`
# and return `(B, F)`.


# %%
class PublishedLayer(nn.Module):
    """Conditional batch normalization, as somebody wrote it."""

    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        self.norm = nn.BatchNorm1d(num_features)
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.gamma = nn.Linear(embedding_dim, num_features)
        self.beta = nn.Linear(embedding_dim, num_features)
        nn.init.normal_(self.gamma.weight, 0.0, 0.02)
        nn.init.normal_(self.beta.weight, 0.0, 0.02)

    def forward(self, x, labels):
        """Return x, normalized, scaled and shifted by label."""
        embedded = self.embedding(labels)
        gamma, beta = self.gamma(embedded).unsqueeze(1), self.beta(embedded).unsqueeze(1)
        return gamma * self.norm(x) + beta


# %% [markdown]
# **Predict, then run.** It gets the task of section 1. Does its loss go down? To 0, as yours did? Or is
# there an error?

# %%
my_guess = None


# %%
class Blind(nn.BatchNorm1d):
    """Plain batch normalization: it does not look at the labels."""

    def forward(self, x, labels):
        """Return x, normalized, scaled and shifted for all classes alike."""
        return super().forward(x)


set_seed(0)
published = PublishedLayer(4, 3, embedding_dim=5)
curves = {
    "yours": solve_task(ConditionalBatchNorm1d(4, 3, embedding_dim=5)),
    "published": solve_task(published),
    "blind to the label": solve_task(Blind(4)),
}

# %%
print("your guess:", my_guess)
plots.show_curves(
    {"mean squared error": {name: losses[:100] for name, losses in curves.items()}},
    xlabel="step",
    caption="In the end: " + ", ".join(f"{name} {c[-1]:.3f}" for name, c in curves.items()) + ".",
)

# %% [markdown]
# No error, and no warning. (`F.mse_loss` would have warned that the shapes differ. The square of a
# difference does not.) The loss goes down, and a tutorial would stop here. But it ends exactly where a
# layer ends that **does not look at the label at all**. Why?

# %%
print("input ", tuple(numbers.shape))
print("output", tuple(published(numbers, kinds).shape), "beside results", tuple(results.shape))

# %% [markdown]
# `unsqueeze(1)` made $\gamma$ a `(B, 1, F)`. Broadcasting lines shapes up from the right, so `(B, 1, F)`
# times `(B, F)` is `(B, B, F)`: *every* sample with the $\gamma$ of *every* label in the batch. In the
# loss, `(B, B, F)` minus `(B, F)` is broadcast once more, and each sample is compared with its result under
# all labels, the wrong ones too. What fits all labels at once is the same for all of them.
#
# Would a test of the shape have been enough? It would have found this fault. Two others remain, and neither
# changes a shape, nor keeps the loss from going down.

# %% [markdown]
# ### Exercise 3 · Bug hunt
#
# *Difficulty ●●○ · 15 minutes · about 4 lines to change*
#
# Below is the same layer under the name `FixedConditionalBatchNorm`. It has three faults. Mend them, so
# that it does what exercise 1 asks for. Delete both lines with `raise` first. Here there is nothing
# to put in their place, whatever their comment says. If you run the check before you change
# anything else, it tells you what it sees.


# %% exercise="bug-hunt-cbn"
class FixedConditionalBatchNorm(nn.Module):
    """Conditional batch normalization, with the interface of ConditionalBatchNorm1d."""

    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        ### BEGIN SOLUTION
        self.norm = nn.BatchNorm1d(num_features, affine=False)
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.gamma = nn.Linear(embedding_dim, num_features)
        self.beta = nn.Linear(embedding_dim, num_features)
        nn.init.zeros_(self.gamma.weight)
        nn.init.zeros_(self.beta.weight)
        nn.init.ones_(self.gamma.bias)
        nn.init.zeros_(self.beta.bias)
        return
        # What follows is the version with the faults. It is never reached.
        ### END SOLUTION
        self.norm = nn.BatchNorm1d(num_features)
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.gamma = nn.Linear(embedding_dim, num_features)
        self.beta = nn.Linear(embedding_dim, num_features)
        nn.init.normal_(self.gamma.weight, 0.0, 0.02)
        nn.init.normal_(self.beta.weight, 0.0, 0.02)

    def forward(self, x, labels):
        """Return (B, num_features), scaled and shifted by label."""
        ### BEGIN SOLUTION
        embedded = self.embedding(labels)
        return self.gamma(embedded) * self.norm(x) + self.beta(embedded)
        # What follows is the version with the faults. It is never reached.
        ### END SOLUTION
        embedded = self.embedding(labels)
        gamma, beta = self.gamma(embedded).unsqueeze(1), self.beta(embedded).unsqueeze(1)
        return gamma * self.norm(x) + beta


# %% test="bug-hunt-cbn" points=11
check("bug-hunt-cbn", FixedConditionalBatchNorm)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("bug-hunt-cbn", FixedConditionalBatchNorm)
### END HIDDEN TESTS

# %%
hint("bug-hunt-cbn")

# %% [markdown]
# What tells the faults apart? Here are four tests of the published layer and of yours. Only one of them is
# about shapes.

# %%
plain = nn.BatchNorm1d(4)(numbers)
for name, kind in {"published": PublishedLayer, "yours": FixedConditionalBatchNorm}.items():
    set_seed(0)
    layer = kind(4, 3, embedding_dim=5)
    start, parts = layer(numbers, kinds), layer.modules()
    same, inner = start.shape == numbers.shape, any(getattr(m, "affine", False) for m in parts)
    losses = solve_task(layer)
    print(f"{name}:")
    print("  the shape stays:           ", same)
    print("  starts as plain batch norm:", same and torch.allclose(start, plain, atol=1e-6))
    print("  no second scale inside:    ", not inner)
    print(f"  the loss falls:             {losses[-1] < losses[0]}, to {losses[-1]:.3f}")

# %% [markdown]
# The last test passes for both. **A loss that goes down shows that something is learned, not that the right
# thing is.** The best test of a layer is a task whose answer you know.
#
# - *The start*: nobody set the biases. A linear layer that reads $E$ numbers, here the embedding,
#   starts its bias between $-1/\sqrt{E}$ and $1/\sqrt{E}$. So all $\gamma$ are small, half of the
#   features begin upside down, and $\beta$ is not 0.
# - *A second scale*: `nn.BatchNorm1d` has a $\gamma$ and a $\beta$ of its own, the same for all classes.
#   The layer still learns, but a step for one class now moves all the others through it, and two parameters
#   do the work of one.

# %% [markdown]
# ## 4. One idea, four names
#
# The same three lines, normalize, scale, shift, go by four names. They differ in two choices: over **what**
# to normalize, and **where** scale and shift come from.
#
# ```text
#              ┌───────────┐
# features h ─▶│ normalize │─▶ (× gamma) ─▶ (+ beta) ─▶ features
#              │ over ...  │       ▲           ▲
#              └───────────┘       └─────┬─────┘
#                                        │
# condition ────────────▶ table, linear layer, network,
#                         or statistics of another picture
# ```
#
# | | normalized over | scale and shift come from | numbers to learn |
# | --- | --- | --- | --- |
# | conditional batch norm (de Vries 2017) | the batch and all places, each channel | a question in words; in GANs the label | 2 C F in a table |
# | conditional instance norm (Dumoulin 2017) | all places, each channel of each sample | a table, one row per painting style | 2 C F |
# | AdaIN (Huang and Belongie 2017) | all places, each channel of each sample | the mean and standard deviation of another picture's features | none |
# | FiLM (Perez 2018) | nothing: it is the scale and shift alone | any network that reads the condition | 2 (E + 1) F in a linear layer |
#
# The last column is for C classes or styles, F channels and a condition of E numbers. What they cost in
# time is measured below.
#
# Over what is normalized decides what is taken away, before the condition puts something in its
# place. The picture shows three samples (rows) of four channels (columns). The groups that are
# normalized together are numbered from 0. What has the same number, and the same colour, is one
# group.

# %%
samples, features = torch.meshgrid(torch.arange(3), torch.arange(4), indexing="ij")
plots.show_matrices(
    {
        "batch norm": features,
        "instance norm": 4 * samples + features,
        "layer norm": samples,
    },
    xlabel="channel",
    ylabel="sample",
    caption="Which parts of a batch share mean and variance. Batch norm: a column. Instance norm: "
    "each sample and channel by itself. Layer norm, for comparison: a row.",
)

# %% [markdown]
# - **Batch norm** keeps differences between samples: a darker picture stays darker than the others. Its
#   result depends on who else is in the batch, and in eval mode on running statistics.
# - **Instance norm** takes from each picture its own brightness and contrast in every channel. It is the
#   same in train and eval mode.
#
# ### Exercise 4 · FiLM
#
# *Difficulty ●●○ · 15 minutes · about 7 lines*
#
# FiLM, *feature-wise linear modulation*, takes any vector as a condition: a question, an angle, a time. In
# notebook 01 you wrote it for vectors, as `inject(h, e, "affine")`. Write the module `FiLM`.
#
# - `__init__` takes `num_features` and `condition_dim`.
# - `forward(h, condition)` takes maps `(B, num_features, H, W)` and conditions `(B, condition_dim)`,
#   float32. It returns $\gamma(c) \cdot h + \beta(c)$, with one $\gamma$ and one $\beta$ for each sample
#   and channel. Nothing is normalized.
# - At the start it changes nothing, whatever the condition is. Training moves both.


# %% exercise="film"
class FiLM(nn.Module):
    """Scale and shift maps, channel by channel, as a condition says."""

    def __init__(self, num_features, condition_dim):
        super().__init__()
        ### BEGIN SOLUTION
        self.change = nn.Linear(condition_dim, 2 * num_features)
        nn.init.zeros_(self.change.weight)
        nn.init.zeros_(self.change.bias)
        ### END SOLUTION

    def forward(self, h, condition):
        """Return (B, num_features, H, W)."""
        ### BEGIN SOLUTION
        scale, shift = self.change(condition)[:, :, None, None].chunk(2, dim=1)
        return (1 + scale) * h + shift
        ### END SOLUTION


# %% test="film" points=11
check("film", FiLM)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("film", FiLM)
### END HIDDEN TESTS

# %%
hint("film")

# %% [markdown]
# A picture: your layer learns what a condition of two numbers means, brightness and contrast, from
# examples. Then it is asked for nine combinations, some of which lie outside of what it saw.

# %%
film, shown = FiLM(channels, condition_dim=2).to(device), data.train_images


def film_loss():
    """Return how far the layer is from brightness and contrast, on random conditions."""
    x = shown[torch.randint(len(shown), (64,), device=device)]
    condition = torch.rand(64, 2, device=device) - 0.5
    bright, contrast = condition[:, 0, None, None, None], condition[:, 1, None, None, None]
    return F.mse_loss(film(x, condition), (1 + contrast) * x + bright)


set_seed(0)
losses = learn(film.parameters(), film_loss)

# %%
asked = torch.cartesian_prod(torch.tensor([0.0, 0.3, 0.6]), torch.tensor([-0.8, -0.6, -0.4]))
with torch.no_grad():
    drawn = film(shown[:1].expand(9, -1, -1, -1), asked.to(device))
plots.show_images(
    torch.cat([shown[:1], drawn]),
    titles=["original", *(f"{b:+.1f}, {c:+.1f}" for b, c in asked.tolist())],
    caption="A digit under nine conditions (brightness, contrast). The loss ended at "
    f"{losses[-1]:.4f}.",
)

# %% [markdown]
# Your layer saw only conditions between -0.5 and 0.5. Its answer is correct beyond them as well, if
# it is linear in the condition, as scale and shift are here. For other conditions, put a network in
# front of it. In the paper that network reads a question about a picture, and FiLM sits behind a
# batch normalization without scale and shift. With the label as the condition, that is conditional
# batch norm.
#
# **Why it matters.** FiLM is how many diffusion models are told the time step: a vector comes in, and turns
# the knobs of every block.

# %% [markdown]
# ### Exercise 5 · AdaIN
#
# *Difficulty ●●○ · 10 minutes · about 4 lines*
#
# Write `adaptive_instance_norm(x, scale, shift, eps=1e-5)`.
#
# - `x` is `(B, F, H, W)`; `scale` and `shift` are `(B, F)`.
# - Each channel of each sample is normalized with its own mean and its own variance, over all places. The
#   variance is the biased one, divided by $H \cdot W$, and `eps` is added to it before the root is taken.
# - Then it is scaled and shifted, by the numbers of its sample and channel.


# %% exercise="adain"
def adaptive_instance_norm(x, scale, shift, eps=1e-5):
    """Return x (B, F, H, W) with the mean `shift` and the standard deviation `scale`."""
    ### BEGIN SOLUTION
    variance, mean = torch.var_mean(x, dim=(2, 3), correction=0, keepdim=True)
    normalized = (x - mean) / (variance + eps).sqrt()
    return scale[:, :, None, None] * normalized + shift[:, :, None, None]
    ### END SOLUTION


# %% test="adain" points=8
check("adain", adaptive_instance_norm)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("adain", adaptive_instance_norm)
### END HIDDEN TESTS

# %%
hint("adain")

# %% [markdown]
# A picture, as in the paper, but with pixels for features. The statistics come from another picture: a
# digit is drawn with the mean and standard deviation of a style. One of the styles is a negative, dark on
# light. **Predict**: will the digits become negatives, too?

# %%
my_guess = None

# %%
content = torch.stack([data.train_images[data.train_labels == k][0] for k in range(5)])
rows = [torch.cat([torch.ones_like(content[:1]), content])]
for style in (content[1], 0.6 - 0.6 * content[2], 0.4 + 0.2 * content[3]):
    shift = style.mean(dim=(1, 2)).expand(5, -1)
    scale = style.std(dim=(1, 2), correction=0).expand(5, -1)
    rows.append(torch.cat([style[None], adaptive_instance_norm(content, scale, shift)]))
print("your guess:", my_guess)
plots.show_images(
    torch.cat(rows),
    titles=["style", *["content"] * 5, *[""] * 18],
    columns=6,
    caption="Left: three styles, another digit, a negative and a pale picture. Beside each, the "
    "digits of the first row with its mean and standard deviation.",
)

# %% [markdown]
# Shapes stay, brightness and contrast follow the style. The negative turns no digit into a negative: a
# standard deviation has no sign. Huang and Belongie do this with the features of a deep network, where mean
# and spread of a channel say how much of some texture there is. StyleGAN (Karras and others, 2019) takes
# scale and shift from a code in place of a picture.

# %% [markdown]
# ### What it costs
#
# "Very little overhead" is often said. Let us measure it. Take a convolution with 32 channels on
# 14 × 14 maps, and behind it nothing, plain batch norm, conditional batch norm, conditional
# instance norm, or FiLM. (Conditional instance norm is your AdaIN, with a table.) Beside them
# stands the concatenation of notebook 02 for maps: the one-hot label becomes ten more channels of
# constant maps.


# %%
class Concatenating(nn.Module):
    """A convolution that gets the label as constant maps, one per class."""

    def __init__(self, num_features, num_classes):
        super().__init__()
        self.conv = nn.Conv2d(num_features + num_classes, num_features, 3, padding=1)

    def forward(self, h, onehot):
        """Return (B, num_features, H, W)."""
        maps = onehot[:, :, None, None].expand(-1, -1, *h.shape[2:])
        return self.conv(torch.cat([h, maps], dim=1))


# %%
class ConditionalInstanceNorm(nn.Module):
    """AdaIN with a table; at the start scale is 1 and shift is 0."""

    def __init__(self, num_features, num_classes):
        super().__init__()
        self.table = nn.Embedding(num_classes, 2 * num_features)
        nn.init.zeros_(self.table.weight)

    def forward(self, h, labels):
        """Return (B, num_features, H, W)."""
        scale, shift = self.table(labels).chunk(2, dim=1)
        return adaptive_instance_norm(h, 1 + scale, shift)


# %%
def after_conv(layer):
    """Return a convolution with `layer` behind it."""
    return nn.ModuleList([nn.Conv2d(32, 32, 3, padding=1), layer])


blocks = {
    "nothing": after_conv(nn.Identity()),
    "batch norm": after_conv(nn.BatchNorm2d(32)),
    "conditional batch norm": after_conv(ConditionalBatchNorm2d(32, num_classes)),
    "conditional instance norm": after_conv(ConditionalInstanceNorm(32, num_classes)),
    "FiLM": after_conv(FiLM(32, num_classes)),
    "concatenation": nn.ModuleList([nn.Identity(), Concatenating(32, num_classes)]),
}
for name, block in blocks.items():
    print(f"{name:26}{sum(p.numel() for p in block.parameters()):6,} parameters")

# %% [markdown]
# Ten classes cost 640 numbers here, 7 % of the convolution. The table grows with the number of classes, and
# the convolution does not: at 1,000 classes it would have 64,000, and an embedding pays off. Concatenation
# needs 2,880 more weights, because every kernel reads ten more channels.
#
# And time? This cell prints what your machine needs for one forward and backward pass. (The course keeps no
# times, because each run gives others.)

# %%
maps, asked = torch.randn(64, 32, 14, 14), torch.arange(64) % num_classes
onehot = F.one_hot(asked, num_classes).float()
conditions = {"conditional batch norm": [asked], "conditional instance norm": [asked]}
conditions |= {"FiLM": [onehot], "concatenation": [onehot]}

# %% tags=["timing"]
for name, (conv, layer) in blocks.items():
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        layer(conv(maps), *conditions.get(name, [])).sum().backward()
        seconds.append(time.perf_counter() - start)
    print(f"{name:26}{sorted(seconds)[10] * 1e3:5.1f} ms")

# %% [markdown]
# `make bench` measures the same more carefully. On one quiet core, in units of the block with plain batch
# norm, it found 1.05 for conditional batch norm, 0.86 for FiLM (it normalizes nothing), 1.0 for
# concatenation, 1.5 to 1.7 for conditional instance norm, and 0.7 for the convolution alone. (Our instance
# norm does its work in several steps, and each reads all maps again.) So "very little overhead" is true for
# conditional batch norm, if you would have normalized anyway: it is the normalization that costs.

# %% [markdown]
# ## 5. A generator that hears the label only here
#
# Now a GAN. Its generator grows a picture from a map of 7 × 7, by convolutions. The noise $z$ enters at the
# start. The label enters **only** by conditional batch normalization: it chooses how strongly each channel
# is heard.
#
# ```text
# z ───▶ linear ─▶ 7×7 ─▶ CBN, ReLU ─▶ up, conv ─▶ 14×14
#                          ▲
# label ───────────────────┤
#                          ▼
# 14×14 ────────────────▶ CBN, ReLU ─▶ up, conv, tanh ─▶ 28×28
# ```
#
# ### Exercise 6 · The generator
#
# *Difficulty ●●● · 30 minutes · about 20 lines*
#
# Write the module `CBNGenerator`.
#
# - `__init__` takes `latent_dim`, `num_classes`, `base_channels=32` and `image_shape=(1, 28, 28)`. The
#   shape is that or `(3, 32, 32)`. (Both sides can be halved twice.) `base_channels` says how wide the
#   network is.
# - `forward(z, labels)` returns `(B, *image_shape)` in [-1, 1], and can come near both ends.
# - It grows the picture with transposed convolutions, or with upsampling and convolutions.
# - The label enters only through your `ConditionalBatchNorm2d`. Call it as `norm(h, labels)`: section 7
#   finds it by that. So, before any training, the label has no effect, and after training it has.
#
# Sizes that are known to work: `2 * base_channels` channels at first and `base_channels` after the first
# doubling, with convolutions of size 3.


# %% exercise="cbn-generator"
class CBNGenerator(nn.Module):
    """Draw images for noise z (B, latent_dim) and labels (B,)."""

    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__()
        ### BEGIN SOLUTION
        channels, height, width = image_shape
        self.start = 2 * base_channels, height // 4, width // 4
        self.linear = nn.Linear(latent_dim, math.prod(self.start), bias=False)
        self.norm1 = ConditionalBatchNorm2d(2 * base_channels, num_classes)
        self.conv1 = nn.Conv2d(2 * base_channels, base_channels, 3, padding=1, bias=False)
        self.norm2 = ConditionalBatchNorm2d(base_channels, num_classes)
        self.conv2 = nn.Conv2d(base_channels, channels, 3, padding=1)
        ### END SOLUTION

    def forward(self, z, labels):
        """Return images (B, *image_shape) in [-1, 1]."""
        ### BEGIN SOLUTION
        h = self.linear(z).unflatten(1, self.start)
        h = F.relu(self.norm1(h, labels))
        h = self.conv1(F.interpolate(h, scale_factor=2))
        h = F.relu(self.norm2(h, labels))
        return torch.tanh(self.conv2(F.interpolate(h, scale_factor=2)))
        ### END SOLUTION


# %% test="cbn-generator" points=12
check("cbn-generator", CBNGenerator)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("cbn-generator", CBNGenerator)
### END HIDDEN TESTS

# %%
hint("cbn-generator")

# %% [markdown]
# A picture: one $z$ under ten labels. The first row is your generator as it is, the second after its
# parameters were moved a little, at random.

# %%
set_seed(0)
ten = torch.arange(num_classes, device=device)
untrained = CBNGenerator(32, num_classes, 24, image_shape).to(device).eval()
one_z = torch.randn(1, 32, device=device).expand(num_classes, -1)
with torch.no_grad():
    as_it_is = untrained(one_z, ten)
    for parameter in untrained.parameters():
        parameter += 0.1 * torch.randn_like(parameter)
    drawn = torch.stack([as_it_is, untrained(one_z, ten)])

# %%
change = (drawn - drawn[:, :1]).abs().flatten(2).mean(dim=2)
visible = drawn / (2 * drawn.abs().amax(dim=(1, 2, 3, 4), keepdim=True)) + 0.5
plots.show_images(
    visible.flatten(0, 1),
    titles=[f"{value:.2f}" for value in change.flatten()],
    columns=num_classes,
    caption="One z under ten labels, before and after all parameters were moved. The numbers are "
    "the mean change of a pixel from the first picture of the row.",
)

# %% [markdown]
# At first the label does nothing: zeros in the first row. That is what the start at $\gamma = 1$ and
# $\beta = 0$ means.
#
# **Why it matters.** There is one place where the label can act, so there is one place to look: section 7
# reads, blends and swaps what is in it.

# %% [markdown]
# ### Losses with a margin
#
# The discriminator of notebook 02 was paid for being ever more certain. The **hinge loss** (Lim and Ye,
# 2017; Miyato and others, 2018) stops at a margin: a real picture with a logit above 1, or a drawing below
# -1, costs nothing any more.
#
# $$ L_D = \text{mean}\, \max(0, 1 - l_\text{real}) + \text{mean}\, \max(0, 1 + l_\text{fake}), \qquad L_G = -\,\text{mean}\; l_\text{fake} $$
#
# ### Exercise 7 · Hinge losses
#
# *Difficulty ●○○ · 5 minutes · about 2 lines*
#
# Write `discriminator_hinge_loss(real_logits, fake_logits)` and `generator_hinge_loss(fake_logits)`. Both
# return a scalar. The two batches of logits may differ in size.


# %% exercise="hinge-losses"
def discriminator_hinge_loss(real_logits, fake_logits):
    """Return what logits of real pictures below 1, and of drawings above -1, cost."""
    ### BEGIN SOLUTION
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()
    ### END SOLUTION


def generator_hinge_loss(fake_logits):
    """Return the loss that falls as the logits of drawings rise."""
    ### BEGIN SOLUTION
    return -fake_logits.mean()
    ### END SOLUTION


# %% test="hinge-losses/discriminator" points=6
check("hinge-losses/discriminator", discriminator_hinge_loss)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("hinge-losses/discriminator", discriminator_hinge_loss)
### END HIDDEN TESTS

# %% test="hinge-losses/generator" points=5
check("hinge-losses/generator", generator_hinge_loss)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("hinge-losses/generator", generator_hinge_loss)
### END HIDDEN TESTS

# %%
hint("hinge-losses/discriminator")

# %%
hint("hinge-losses/generator")

# %% [markdown]
# Your losses, beside the cross-entropies of notebook 02, for one drawing with the logit $l$.

# %%
x = torch.linspace(-4, 4, 161)
certain = torch.full((1, 1), 9.0)  # a real picture that costs nothing
on_fakes = [discriminator_hinge_loss(certain, logit.view(1, 1)).item() for logit in x]
for_drawing = [generator_hinge_loss(logit.view(1, 1)).item() for logit in x]

# %%
plots.show_curves(
    {
        "the discriminator's loss": {"hinge": on_fakes, "cross-entropy": F.softplus(x).tolist()},
        "the generator's loss": {"hinge": for_drawing, "cross-entropy": F.softplus(-x).tolist()},
    },
    xlabel="logit of a drawing",
    x=x.tolist(),
    caption="Losses of one drawing. At a logit of -2 the discriminator's hinge loss is "
    f"{on_fakes[40]:.1f}, the cross-entropy {F.softplus(x[40]):.2f}. At 3 the generator's is "
    f"{for_drawing[140]:.1f}, the cross-entropy {F.softplus(-x[140]):.2f}.",
)

# %% [markdown]
# The discriminator is left in peace where it is right by a margin, and spends its capacity on what it
# cannot tell yet. The generator's loss has the same slope at every logit, however sure the discriminator
# is.
#
# **Why it matters.** SAGAN and BigGAN, the large GANs of 2018, were trained with it.

# %% [markdown]
# ### A discriminator with a speed limit
#
# The generator learns from the *slope* of the discriminator. If a tiny change of a pixel changes the logit
# a lot, that slope is wild. **Spectral normalization** (Miyato and others, 2018) divides each weight matrix
# by its largest singular value. Then a linear layer cannot make any difference larger. (For a convolution
# the matrix is its kernel, unfolded, and a difference may grow, by a constant factor at most.) So the logit
# changes at most as much as the picture, times a constant. `torch.nn.utils.parametrizations.spectral_norm`
# wraps a layer, and estimates that singular value by one step of power iteration at each forward pass in
# train mode.

# %%
set_seed(0)
plain = nn.Linear(64, 64)
limited = spectral_norm(nn.Linear(64, 64))
for name, layer in {"plain": plain, "limited": limited}.items():
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter *= 20
        for _ in range(50):
            layer(torch.randn(1, 64))  # each pass makes the estimate better
        values = torch.linalg.svdvals(layer.weight)
    print(f"{name:8} largest singular value {values[0]:6.2f}, smallest {values[-1]:.2f}")

# %% [markdown]
# Twenty times larger weights, and the limited layer does not care.

# %% [markdown]
# ### Asking by an inner product
#
# How should a discriminator use the label? Notebook 02 concatenated it. Miyato and Koyama (2018) asked what
# the best possible logit looks like. For the cross-entropy of notebook 02, a picture $x$ and a label $y$ it
# is
#
# $$ \log \frac{p_\text{real}(x, y)}{p_\text{fake}(x, y)} = \underbrace{\log \frac{p_\text{real}(y \mid x)}{p_\text{fake}(y \mid x)}}_{\text{is it a } y\text{?}} + \underbrace{\log \frac{p_\text{real}(x)}{p_\text{fake}(x)}}_{\text{is it real?}} $$
#
# If both $p(y \mid x)$ are softmax classifiers on features $h(x)$, then the first term is an inner product
# of $h(x)$ with a vector of the class, plus what is left over from the denominators of the two softmaxes.
# That is the same for all classes, so it joins the second term: some function of $h(x)$, here a linear one.
# So the logit of the **projection discriminator** is
#
# $$ l(x, y) = w^\top h(x) + b + \langle e_y, h(x) \rangle . $$
#
# With the hinge loss the best logit is another one. The form is kept.
#
# ```text
#                        ┌─▶ linear ────────┐
# picture ─▶ features h ─┤                 (+)─▶ logit
#                        └─▶ inner product ─┘
#                                  ▲
# label ─▶ embedding e ────────────┘
# ```
#
# ### Exercise 8 · The projection discriminator
#
# *Difficulty ●●● · 30 minutes · about 20 lines*
#
# Write the module `ProjectionDiscriminator`.
#
# - `__init__` takes `image_shape`, `num_classes` and `base_channels=32`. The shape is `(1, 28, 28)` or
#   `(3, 32, 32)`.
# - `features(images)` returns `(B, D)`, without seeing the labels. You choose D, the number of
#   features.
# - `self.linear` maps features to `(B, 1)`. `self.embedding` maps labels to `(B, D)`. The names matter
#   here.
# - `forward(images, labels)` returns `(B, 1)`: the linear part, plus the inner product of embedding and
#   features, sample by sample. No sigmoid.
#
# Layers that are known to work, each in `spectral_norm`: two convolutions of size 4 and stride 2 with
# `base_channels` and `2 * base_channels` channels, a linear layer to D = `8 * base_channels`, and
# `nn.LeakyReLU(0.2)` after each. The linear part and the embedding are wrapped, too.


# %% exercise="projection-discriminator"
class ProjectionDiscriminator(nn.Module):
    """Tell real pairs of images and labels (B,) from drawn ones."""

    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        ### BEGIN SOLUTION
        channels, height, width = image_shape
        num_maps, num_features = 2 * base_channels, 8 * base_channels
        self.layers = nn.Sequential(
            spectral_norm(nn.Conv2d(channels, base_channels, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(base_channels, num_maps, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            spectral_norm(nn.Linear(num_maps * (height // 4) * (width // 4), num_features)),
            nn.LeakyReLU(0.2),
        )
        self.linear = spectral_norm(nn.Linear(num_features, 1))
        self.embedding = spectral_norm(nn.Embedding(num_classes, num_features))
        ### END SOLUTION

    def features(self, images):
        """Return (B, D)."""
        ### BEGIN SOLUTION
        return self.layers(images)
        ### END SOLUTION

    def forward(self, images, labels):
        """Return logits (B, 1)."""
        ### BEGIN SOLUTION
        h = self.features(images)
        return self.linear(h) + (self.embedding(labels) * h).sum(dim=1, keepdim=True)
        ### END SOLUTION


# %% test="projection-discriminator" points=11
check("projection-discriminator", ProjectionDiscriminator)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("projection-discriminator", ProjectionDiscriminator)
### END HIDDEN TESTS

# %%
hint("projection-discriminator")

# %% [markdown]
# A picture: the logit of one real picture under ten labels, in its two parts. The linear part is
# the same for every label, because it does not see the label. The inner product differs from label
# to label. Yours is still untrained, so the differences do not mean anything yet.


# %%
images, labels = data.train_images * 2 - 1, data.train_labels  # pixels in [-1, 1]

set_seed(0)
newborn = ProjectionDiscriminator(image_shape, num_classes, 16).to(device).eval()
with torch.no_grad():
    h = newborn.features(images[:1])
    parts = {
        "linear part": newborn.linear(h)[0].expand(num_classes).tolist(),
        "inner product": (newborn.embedding(ten) @ h[0]).tolist(),
    }
shown = f"label asked (the picture is a {data.class_names[labels[0]]})"
plots.show_bars(parts, data.class_names, xlabel=shown, ylabel="part of the logit")

# %% [markdown]
# ## 6. Train it
#
# The steps are those of notebook 02, with the hinge losses. Three things make it fast on a CPU. Real
# pictures and drawings go through the discriminator together. The discriminator's weights take no gradients
# while the generator learns. And `channels_last` keeps the channels of a pixel side by side in memory,
# which the convolutions read faster.
#
# The learning rate is high, and falls in the second half. The generator that you keep is an average of the
# last steps.

# %%
latent_dim, num_epochs = 32, 50 if data.name == "digits" else 10


def falling_adam(model, num_steps, lr=8e-3):
    """Return Adam, and the schedule of its rate, which falls to a twentieth in the second half."""
    optimizer = torch.optim.Adam(model.parameters(), lr, betas=(0.0, 0.99), fused=True)
    return optimizer, torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, 2.05 - 2 * step / num_steps)
    )


# %%
def discriminator_step(generator, discriminator, optimizer, x, y):
    """Do one step of the discriminator, and return its loss."""
    with torch.no_grad():
        drawn = generator(torch.randn(len(x), latent_dim, device=device), y)
    on_both = discriminator(torch.cat([x, drawn]), y.repeat(2))
    loss = discriminator_hinge_loss(*on_both.chunk(2))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


# %%
def generator_step(generator, discriminator, optimizer, batch_size):
    """Do one step of the generator, and return its loss."""
    y = torch.randint(num_classes, (batch_size,), device=device)
    discriminator.requires_grad_(False)
    drawn = generator(torch.randn(batch_size, latent_dim, device=device), y)
    loss = generator_hinge_loss(discriminator(drawn, y))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    discriminator.requires_grad_(True)
    return loss.item()


# %%
def train_cbn(generator, discriminator, images, labels, num_epochs, watch=None):
    """Train both; return the averaged generator and the history of both losses."""
    average = averaged(generator)
    batches = Batches(images, labels, batch_size=64)
    (optimizer_d, schedule_d), (optimizer_g, schedule_g) = (
        falling_adam(model.to(memory_format=torch.channels_last), num_epochs * len(batches))
        for model in (discriminator, generator)
    )

    def step(x, y):
        on_d = discriminator_step(generator, discriminator, optimizer_d, x, y)
        on_g = generator_step(generator, discriminator, optimizer_g, len(x))
        average.update_parameters(generator)
        schedule_d.step()
        schedule_g.step()
        return {"discriminator": on_d, "generator": on_g}

    def after_epoch(epoch):
        return watch(average.module.eval(), epoch) if watch else None

    return average.module.eval(), fit(step, batches, num_epochs, "CBN GAN", after_epoch)


# %% [markdown]
# `watch` keeps drawings of the same noise on the way, and asks the judge of notebook 02 about 100 drawings.

# %%
judge = load_judge(data)
set_seed(0)
fixed_noise = torch.randn(num_classes, latent_dim, device=device)
watch = Album(judge, fixed_noise, epochs=(1, 3, 6, 12, 24, num_epochs))

# %% tags=["training"]
set_seed(0)
generator = CBNGenerator(latent_dim, num_classes, 24, image_shape).to(device)
discriminator = ProjectionDiscriminator(image_shape, num_classes, 16).to(device)
generator, history = train_cbn(generator, discriminator, images, labels, num_epochs, watch)

# %% tags=["training"]
show_history(history)

# %% tags=["training"]
watch.show()

# %% [markdown]
# A discriminator that says 0 to everything has a hinge loss of 2, one that is right by the margin has 0.
# Ours stays in between. Without spectral normalization its mean over an epoch leapt up to 63 and 102 in two
# trainings, and the drawings ended at 4.6 and 5.6 floors. (As in notebook 02, 1 floor is the
# distance between real training and real held-out pictures.)

# %% tags=["training"]
save_weights(generator, saved_folder() / f"04_generator_{data.name}.safetensors")
meter = QualityMeter(data, judge)


@torch.no_grad()
def draw(labels):
    """Return drawings of the trained generator, in [0, 1]."""
    return (generator(torch.randn(len(labels), latent_dim, device=device), labels) + 1) / 2


set_seed(0)
print("real images:  ", meter.real)
print("your drawings:", meter(draw))

# %% [markdown]
# The three numbers are those of notebook 02: how often the judge sees the class that was asked for; the
# Fréchet distance per class, in *floors*; and the diversity within a class, as a share of that of
# real *training* pictures. (The row of real images shows held-out ones. They differ a little from
# those, so their share may be more than 100 %.)
#
# And the discriminator? It compares real pictures and drawings under the same label. So for each label,
# look down a column: whose pictures have the largest inner product with its embedding?

# %% tags=["training"]
with torch.no_grad():
    h = discriminator.eval().features(images)
    of_class = torch.stack([h[labels == k].mean(dim=0) for k in range(num_classes)])
    products = of_class @ discriminator.embedding(ten).T
hits = (products.argmax(dim=0) == ten).sum()
plots.show_matrices(
    {"inner product with the embedding": products},
    xlabel="label asked",
    ylabel="class of the pictures",
    caption="Inner products of the label's embedding with the mean features of a class. In "
    f"{hits} of {num_classes} columns the largest is on the diagonal.",
)

# %% [markdown]
# ### Beside notebook 02
#
# The course keeps the numbers of five trainings of each of the two GANs: notebook 02's, in which the label
# is concatenated, and this one. Below they are compared after **equal numbers of pictures**. **Predict,
# then run**: which one is ahead at first, and which in the end?

# %%
my_guess = None

# %%
recorded = training_runs()  # measured after each tenth, of 100 epochs there and of 50 here
five = {"notebook 02": [run[:5] for run in recorded["GAN"]]}
five["this one"] = [run[1::2] for run in recorded["CBN"]]
means = {
    name: torch.tensor([[list(quality) for quality in run] for run in runs]).mean(dim=0).T
    for name, runs in five.items()
}

# %%
print("your guess:", my_guess)
quantities = ("accuracy", "floors", "diversity")
plots.show_curves(
    {q: {name: means[name][k].tolist() for name in means} for k, q in enumerate(quantities)},
    xlabel="epoch",
    x=[10, 20, 30, 40, 50],
    caption="Means over five seeds, on digits. After 50 epochs: "
    + "; ".join(
        f"{name}: accuracy {m[0, -1]:.3f}, {m[1, -1]:.1f} floors, diversity {m[2, -1]:.0%}"
        for name, m in means.items()
    )
    + ".",
)

# %% [markdown]
# After equal numbers of pictures, this GAN's drawings are nearer to real ones and more diverse, at each of
# the five points. Its accuracy starts lower. Do not be fooled: notebook 02 begins with something like the
# mean of each class, which the judge recognises at once, and a diversity of a quarter of the real one says
# so.
#
# **And in equal time?** Convolutions are slow on a CPU: about 1,300 pictures per second here, 6,000 in
# notebook 02. `python -m course_tools.cbn_beside_concat` compares both ways, on one core:
#
# | | pictures | seconds | accuracy | floors | diversity |
# | --- | --- | --- | --- | --- | --- |
# | digits: this one | 71,850 | 56 | 0.991 | 1.5 | 96 % |
# | notebook 02, equal pictures | 71,850 | 12 | 0.991 | 2.0 | 87 % |
# | notebook 02, equal seconds | 340,569 | 56 | 1.000 | 1.6 | 99 % |
# | MNIST, 10,000 pictures: this one | 200,000 | 142 | 0.980 | 3.7 | 97 % |
# | notebook 02, equal pictures | 200,000 | 27 | 0.953 | 14.4 | 86 % |
# | notebook 02, equal seconds | 940,000 | 143 | 0.986 | 4.2 | 94 % |
#
# (One seed each. Two seeds may differ by 0.3 floors on the digits.) In equal time the two are about as good
# on these small pictures. On the digits, notebook 02 is even ahead until 50 seconds have passed, because
# its steps are five times as fast. On a GPU, where convolutions are fast, and with larger pictures, the
# balance should shift. We have not measured that.
#
# **And what made the difference?** Convolutions, losses and both ways of using the label have changed at
# once. So swap only one thing back. In `python -m course_tools.cbn_twins` the same networks are trained
# with the label concatenated, in the generator, in the discriminator, or in both (digits, floors of two
# seeds):
#
# | generator | discriminator: projection | discriminator: concatenation |
# | --- | --- | --- |
# | conditional batch norm | 1.5, 1.7 | 61.5, 61.1: the label is not learned |
# | concatenation | 1.8, 1.6 | 2.2, 2.1 |
#
# So the projection helps whatever the generator does. Conditional batch norm needs it here: with the other
# discriminator it learned no label at all. A likely reason: at first its label has no effect, and it gets
# no help from a discriminator that has not learned to use the label either. On ten classes of digits, with
# the projection, concatenation in the generator is hardly worse. Miyato and Koyama made the comparison for
# the discriminator on a thousand classes, with conditional batch norm in the generator: there, too,
# concatenation was far behind.

# %% [markdown]
# ## 7. What the tables learned
#
# All that the generator knows about labels stands in the tables of two layers. `label_layers` finds them in
# any network: it watches which of its parts are called with the labels. Then they are read as in section 1.

# %% tags=["training"]
layers = label_layers(generator, fixed_noise, ten)
tables = [scale_and_shift(layer, num_classes) for layer in layers]
for layer, (gamma, beta) in zip(layers, tables, strict=True):
    print(f"{layer.name}: maps {layer.features_shape}, {gamma.numel() + beta.numel()} numbers,")
    print(f"  gamma from {gamma.min():.2f} to {gamma.max():.2f}")

# %% tags=["training"]
for name, table in zip(("gamma", "beta"), tables[-1], strict=True):
    plots.show_matrices(
        {name: table},
        xlabel=f"channel of {layers[-1].name}",
        ylabel="class",
        caption=f"The last layer's {name}. Within a channel it spreads by "
        f"{table.std(dim=0).mean():.2f} over the classes, on average.",
    )

# %% [markdown]
# In our training one channel is loud for all classes. Most are loud for a few, and one or two for
# hardly more than a single class. No $\gamma$ has fallen below 0. The classes share most channels
# all the same: digits are made of the same strokes, in other proportions.
#
# ### Half a 3, half an 8
#
# A label at the input can be blended, too: take half of one embedding and half of the other. Tables can be
# blended inside of the network, and in single layers: $\gamma = (1 - s)\, \gamma_3 + s\, \gamma_8$, and
# $\beta$ likewise. Dumoulin and others did so with painting styles, Miyato and Koyama with classes.
# `blended` does it within a `with` block. **Predict** what the drawings look like for $s$ from 0 to 1.

# %%
my_guess = None

# %% tags=["training"]
shares = [k / 8 for k in range(9)]


@torch.no_grad()
def blends(a, b, z):
    """Return drawings (len(z), 9, 1, 28, 28) in [0, 1], from class a to class b."""
    drawn = []
    for share in shares:
        with blended(layers, torch.full((len(z),), b, device=device), share):
            drawn.append(generator(z, torch.full((len(z),), a, device=device)))
    return (torch.stack(drawn, dim=1) + 1) / 2


# %% tags=["training"]
print("your guess:", my_guess)
set_seed(0)
z = torch.randn(200, latent_dim, device=device)
drawn = blends(3, 8, z)
seen = judge(drawn[:, 4]).argmax(dim=1)
plots.show_images(
    drawn[:4].flatten(0, 1),
    titles=[f"{share:.3g}" for share in shares] + [""] * 27,
    columns=len(shares),
    caption="Four points of noise, from 3 to 8; above, the share of the 8. Of 200 drawings with "
    f"half of each, the judge takes {(seen == 3).sum()} for a 3 and {(seen == 8).sum()} for an 8.",
)

# %% [markdown]
# In most rows the open side of the 3 closes, slowly. Half of the tables is not half of a digit: at a share
# of 0.5 the judge still sees more 3s than 8s. Few of the drawings pass for a third digit. The generator was
# never asked for anything between two classes, and still draws something sensible there. It need not be so:
# half-way between 0 and 1, most drawings are taken for something else. Try it.
#
# ### Another label in one layer
#
# The first layer works on a map of 7 × 7, the other on one of 14 × 14. Let one of them hear another label
# than the other. **Predict**: which of the two decides what the judge sees?

# %%
my_guess = None  # "first", "last" or "neither"

# %% tags=["training"]
set_seed(0)
swaps = {"none": [], "first": layers[:1], "last": layers[1:], "both": layers}
asked = ten.repeat(50)
others = (asked + torch.randint(1, num_classes, asked.shape, device=device)) % num_classes
z = torch.randn(len(asked), latent_dim, device=device)
print("your guess:", my_guess)
for name, swapped in swaps.items():
    with torch.no_grad(), blended(swapped, others):
        seen = judge((generator(z, asked) + 1) / 2).argmax(dim=1)
    own, other = ((seen == y).float().mean() for y in (asked, others))
    print(
        f"{name:5} swapped: own label {own:4.0%}, other {other:4.0%}, third {1 - own - other:4.0%}"
    )

# %% tags=["training"]
threes = torch.full_like(asked, 3)
with torch.no_grad():
    clearest = judge((generator(z, threes) + 1) / 2).softmax(dim=1)[:, 3].argmax()
rows, same_z = [], z[clearest].expand(num_classes, -1)
for swapped in swaps.values():
    with torch.no_grad(), blended(swapped, ten):
        rows.append((generator(same_z, threes[:num_classes]) + 1) / 2)
plots.show_images(
    torch.cat(rows),
    titles=[f"{name}: {k}" for name in swaps for k in range(num_classes)],
    columns=num_classes,
    caption="A 3, some of whose layers hear the labels 0 to 9. Rows: none of them, the first, the "
    "last, both.",
)

# %% [markdown]
# Neither layer decides alone. Swap one of them, and about a third of the drawings are taken for a third
# digit, neither the own nor the other. In this training the last layer has more say. From other seeds the
# two were about equal. A digit needs both layers to agree.

# %% [markdown]
# ## 8. Statistics for all
#
# $\gamma$ and $\beta$ belong to a class. Mean and variance belong to the batch, with all its classes. Why
# not take them per class, too?
#
# One reason is noise. A batch of 64 has about six pictures of each class. This is how much the mean of one
# feature, the brightness, scatters from batch to batch.

# %%
set_seed(0)
bright = data.train_images.mean(dim=(1, 2, 3)).cpu()
bright, kind = (bright - bright.mean()) / bright.std(), data.train_labels.cpu()
means = {"the batch": [], "its 3s": []}
for _ in range(500):
    rows = torch.randint(len(bright), (64,))
    means["the batch"].append(bright[rows].mean())
    means["its 3s"].append(bright[rows][kind[rows] == 3].mean())
for name, values in means.items():
    scatter = torch.stack(values).nan_to_num().std()
    print(f"the mean of {name:9} scatters by {scatter:.2f} standard deviations")

# %% [markdown]
# The other reason lies deeper, and it is a trap of its own. Normalization takes away what a batch has in
# common. If a batch holds one class only, it takes away *what makes the class*. Let us see, with the cipher
# of section 2 and a network of two of your layers. The label $k$ from 0 to 8 is asked in training, and 9
# never.


# %%
class Cipher(nn.Module):
    """Read a digit d and a label k, and say the last digit of d + k."""

    def __init__(self, width=64):
        super().__init__()
        self.linear1 = nn.Linear(math.prod(image_shape), width)
        self.linear2 = nn.Linear(width, width)
        self.norm1 = ConditionalBatchNorm1d(width, num_classes, embedding_dim=10)
        self.norm2 = ConditionalBatchNorm1d(width, num_classes, embedding_dim=10)
        self.out = nn.Linear(width, num_classes)

    def forward(self, x, k):
        """Return logits (B, num_classes)."""
        h = F.relu(self.norm1(self.linear1(x), k))
        return self.out(F.relu(self.norm2(self.linear2(h), k)))


# %% tags=["training"]
test_pictures, test_digits = data.test_images.flatten(1).cpu(), data.test_labels.cpu()


def cipher_loss():
    """Return the loss on random pictures, under labels other than the last."""
    rows, k = torch.randint(len(pictures), (128,)), torch.randint(num_classes - 1, (128,))
    return F.cross_entropy(cipher(pictures[rows], k), (digits[rows] + k) % num_classes)


set_seed(0)
cipher = Cipher()
print(f"the last loss is {learn(cipher.parameters(), cipher_loss, lr=5e-3)[-1]:.3f}")

# %% [markdown]
# **Predict, then run.** It is tested on the test pictures in four ways: in eval mode; in train mode, all
# digits mixed; in train mode, one digit at a time; and in eval mode, with the label 9. How well does it do
# in each?

# %%
my_guess = None  # four percentages

# %%
set_seed(0)
k = torch.randint(num_classes - 1, test_digits.shape)
by_digit = [(test_digits == d).nonzero()[:, 0] for d in range(num_classes)]


@torch.no_grad()
def accuracy(model, rows, k):
    """Return how often the model is right about the test pictures in `rows`."""
    said = model(test_pictures[rows], k[rows]).argmax(dim=1)
    return (said == (test_digits[rows] + k[rows]) % num_classes).float().mean().item()


# %% tags=["training"]
mixed, never = torch.arange(len(k)), torch.full_like(k, num_classes - 1)
in_training, in_eval = copy.deepcopy(cipher).train(), cipher.eval()
alone = [accuracy(in_training, rows, k) for rows in by_digit]
print("your guess:", my_guess)
print(f"eval mode:                     {accuracy(in_eval, mixed, k):.0%}")
print(f"train mode, digits mixed:      {accuracy(in_training, mixed, k):.0%}")
print(f"train mode, one digit a batch: {sum(alone) / len(alone):.0%}")
print(f"eval mode, the label 9:        {accuracy(in_eval, mixed, never):.0%}")

# %% [markdown]
# - *Train mode, one digit a batch*: no better than guessing. The network saw nothing but ones, say, and
#   normalization made their mean 0 in each feature: just what told them apart from the others. In eval mode
#   every picture is treated by itself, with the running statistics of the training mixture, so it makes no
#   difference who else is there.
# - *The label 9*: no error, and worse than guessing. Its embedding is still the random one from the start,
#   but the linear layers behind it have learned, and make some $\gamma$ and $\beta$ of it. And there is a
#   trap: under the labels 0 to 8, a digit $d$ never has the answer $d - 1$. The network has learned never
#   to give it, and under 9 it is the right one.
#
# The mixture matters in training, too. If your data are sorted by class and not shuffled, each batch has
# other statistics, and the running ones remember only the last 20 batches or so (momentum 0.1: after 20
# batches an eighth of the old value is left). If nine tenths of your data are one class, the shared
# statistics are mostly its own. That alone does no harm, since the tables can undo it for each class, as
# long as the batches that you use in train mode have the same mixture.
#
# And a generator? Let us train a short one with eleven rows in its tables, and never ask for the last.
# **Predict** what it draws for it.

# %%
my_guess = None

# %% tags=["training"]
set_seed(0)
one_more = CBNGenerator(latent_dim, num_classes + 1, 24, image_shape).to(device)
critic = ProjectionDiscriminator(image_shape, num_classes, 16).to(device)
one_more, _ = train_cbn(one_more, critic, images, labels, max(1, num_epochs // 4))
found = label_layers(one_more, fixed_noise, ten)
last_rows = [table[-1] for layer in found for table in scale_and_shift(layer, num_classes + 1)]
gammas, betas = torch.cat(last_rows[::2]), torch.cat(last_rows[1::2])

# %% tags=["training"]
print("your guess:", my_guess)
with torch.no_grad():
    asked = torch.cat([ten, torch.full_like(ten, num_classes)])
    drawn = one_more(fixed_noise.repeat(2, 1), asked)
plots.show_images(
    (drawn + 1) / 2,
    titles=[*data.class_names, *["never"] * num_classes],
    columns=num_classes,
    caption="The same ten points of noise, asked for 0 to 9, and for the class that was never "
    f"trained. Its gammas lie between {gammas.min():.4f} and {gammas.max():.4f}, its betas between "
    f"{betas.min():.4f} and {betas.max():.4f}.",
)

# %% [markdown]
# Its row still says $\gamma = 1$ and $\beta = 0$, exactly as at the start. So this is what the generator
# draws when no label turns its knobs: a blur between the digits. There is no error here either. An
# embedding refuses a label outside of its table. **It says nothing about a row that was never trained.**
#
# ## 9. Other data
#
# Change one line, `load_data("mnist", device=device)`, or set the environment variable `COURSE_DATASET`
# before you start JupyterLab. The networks take colour pictures of 32 × 32 as well: `image_shape` is
# `(3, 32, 32)` for CIFAR-10. Use a GPU for those, and wider networks (`base_channels` of 64 or more):
# notebook 05 says what to expect.
#
# ## Pitfalls
#
# | What you see | What it may be |
# | --- | --- |
# | the loss falls, then stays well above 0, on a task that can be solved | a broadcast: print the shape of the output beside that of the target |
# | nothing learns at all | $\gamma = 0$ and $\beta = 0$ in front of a ReLU, which passes no gradient there |
# | the label has no effect after training | tables that are not parameters, a `detach`, the label of the first sample for all, or a zero embedding before a zero linear layer: neither gets a gradient |
# | drawings change with the batch they are drawn in | drawn in train mode: batch statistics |
# | a class looks like a mixture of all | its row was never trained |
# | train mode fine, eval mode poor | running statistics of other data: unshuffled, or another mixture |
# | two scales for one feature | an inner affine: `affine=False` |
# | the discriminator's loss leaps far above 2 | no speed limit: spectral normalization is missing somewhere |
#
# ## Reflect
#
# Think first, then open the answer.
#
# <details><summary>1. Why does the convolution before a batch normalization need no bias?</summary>
#
# The mean is subtracted, and the bias with it. $\beta$ takes its place.
# </details>
#
# <details><summary>2. Could a generator with conditional batch norm draw classes that need different strokes?</summary>
#
# All classes share the kernels, so all strokes must be in the channels. The label can switch channels off
# ($\gamma_y = 0$, or $\beta_y$ far below 0 before a ReLU). With enough channels, each class could even have
# its own. Digits do not need that.
# </details>
#
# <details><summary>3. In FiLM nothing is normalized. What could go wrong?</summary>
#
# Scale and shift act on features of any size, so the same $\gamma$ means little or much, depending on what
# comes in. In the paper FiLM sits behind a normalization. The authors found that other places work, too.
# </details>
#
# <details><summary>4. Instance normalization treats each picture by itself. Why not always use it?</summary>
#
# It takes the mean and the contrast of each channel from each picture. Where these carry information, such
# as which strokes a picture has, it is lost. For style transfer that is the aim. Besides, on maps of 1 × 1
# nothing would be left.
# </details>
#
# <details><summary>5. What is the linear part of the projection discriminator for?</summary>
#
# The inner product says whether a picture fits its label. A picture that fits none, such as noise, should
# get a low logit under every label. The embeddings could say that as well: add $w$ to each of them. The
# linear part says it once, and learns it from the pictures of all classes.
# </details>
#
# ## What next
#
# You have let a label into a network in four ways: beside the noise, beside a code, as a vector that is
# compared, and as a hand on the knobs. **Notebook 05** measures which of your models does best what it was asked for.
#
# **Read more**
#
# - S. Ioffe, C. Szegedy, *Batch normalization: accelerating deep network training by reducing internal
#   covariate shift*, ICML 2015.
# - H. de Vries et al., *Modulating early visual processing by language*, NeurIPS 2017: conditional batch
#   normalization.
# - V. Dumoulin, J. Shlens, M. Kudlur, *A learned representation for artistic style*, ICLR 2017: conditional
#   instance normalization.
# - X. Huang, S. Belongie, *Arbitrary style transfer in real-time with adaptive instance normalization*,
#   ICCV 2017: AdaIN.
# - E. Perez et al., *FiLM: visual reasoning with a general conditioning layer*, AAAI 2018.
# - T. Miyato, T. Kataoka, M. Koyama, Y. Yoshida, *Spectral normalization for generative adversarial
#   networks*, ICLR 2018.
# - T. Miyato, M. Koyama, *cGANs with projection discriminator*, ICLR 2018.
# - J. Lim, J. Ye, *Geometric GAN*, 2017: the hinge loss.
# - A. Brock, J. Donahue, K. Simonyan, *Large scale GAN training for high fidelity natural image synthesis*,
#   ICLR 2019: BigGAN, with shared embeddings.
# - T. Karras, S. Laine, T. Aila, *A style-based generator architecture for generative adversarial
#   networks*, CVPR 2019: AdaIN from a code.
