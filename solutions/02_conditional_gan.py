# %% [markdown]
# # 02 · The conditional GAN
#
# A *generative adversarial network* learns to draw by being criticised. Two networks play against each
# other: a **generator** draws, and a **discriminator** tells drawings from real pictures. A plain GAN
# draws whatever it likes. The *conditional* GAN of this notebook draws the digit that you name.
#
# **You will be able to**
#
# - read the objective of a conditional GAN term by term,
# - build a generator and a discriminator that take a label,
# - say why losses are computed on logits, and why the generator's loss is not the objective itself,
# - write the two training steps without the four faults that published code often has,
# - draw any class on demand, and take apart what the noise does and what the label does,
# - recognise three ways of failing, and know which of them the losses show,
# - judge a generator by three numbers that are not fooled by the same trick.
#
# **You need** notebook 01: embeddings, concatenation, and the training step.
#
# **Time**: about four hours. The finished notebook runs in about a minute on two CPU cores.
#
# The numbers in the text are those of the digits data set. With another one, read your own.

# %%
import copy
import json
import math

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.utils import save_image

from course_utils import Batches, check, fit, get_device, hint, load_data, plots, set_seed
from course_utils.explorer import explore
from course_utils.gan_training import Album, averaged, show_history
from course_utils.judges import load_judge
from course_utils.quality import QualityMeter
from course_utils.saved import saved_folder
from course_utils.weights import load_weights, save_weights

set_seed(0)
device = get_device()

# %% [markdown]
# ## 1. A game about pairs
#
# A plain GAN learns the distribution of pictures $x$. A conditional GAN learns the distribution of
# pictures *given a label* $y$. Mirza and Osindero wrote the game down in 2014. In our letters:
#
# $$ \min_G \max_D \;\; \mathbb{E}_{(x, y) \sim \text{data}} \big[ \log D(x, y) \big]
# + \mathbb{E}_{z \sim N(0, I),\, y} \big[ \log \big( 1 - D(G(z, y), y) \big) \big] $$
#
# Read it term by term.
#
# - $D(x, y)$ is a probability: how sure the discriminator is that the *pair* of picture and label comes
#   from the data.
# - The first term is large if real pairs get a probability near 1.
# - $G(z, y)$ is a drawing, made from noise $z$ and a label $y$. The noise is what makes two sevens
#   differ.
# - The second term is large if drawn pairs get a probability near 0. Note that $y$ occurs twice: the
#   discriminator is asked about the *same* label that the drawing was made for.
# - $D$ makes the sum large, $G$ makes it small. $G$ occurs in the second term only.
#
# The game is about pairs. A perfect drawing of a 7 under the label 3 is a bad pair: the data hold no
# such pair, so the discriminator can learn to reject it.

# %%
data = load_data(device=device)
num_classes, image_shape = len(data.class_names), tuple(data.train_images.shape[1:])
images, labels = data.train_images * 2 - 1, data.train_labels  # pixels in [-1, 1]
plots.show_images(
    data.train_images[:20],
    titles=[data.class_names[label] for label in labels[:20]],
    caption="Twenty real pairs: a picture, and its label above it. The discriminator sees both.",
)

# %% [markdown]
# The pixels are moved from [0, 1] to [-1, 1], because the generator will end with tanh, whose values
# lie there. Black is −1 now.

# %% [markdown]
# ## 2. Where the label enters
#
# ```text
# GENERATOR
# label y ─▶ embedding ─┐
#                       ├─▶ [z, e] ─▶ layers ─▶ picture
# noise z ──────────────┘
#
# DISCRIMINATOR
# picture x ─▶ layer ───┐
#                       ├─▶ [h, e] ─▶ layers ─▶ one logit
# label y ─▶ embedding ─┘
# ```
#
# Both networks concatenate an embedding of the label, as the classifier of notebook 01 did. A one-hot
# code says the same. You saw there that an embedding is a one-hot code times a learned matrix. So the
# layer after an embedding can learn what the layer after a one-hot code can learn, if the embedding has at
# least as many numbers as there are classes. What the embedding
# adds is a choice of *size*: how many numbers the label contributes beside the others.
#
# That size matters for the discriminator. The picture has 784 numbers, the label only a few. If the
# label's numbers drown among the pixels, the discriminator learns late to look at them, and the
# generator learns late to obey. Two things help: to let the label in *after* the first layer, and to give it
# a hundred numbers rather than ten. (With a hundred, the first layer is as good a place here.)
#
# There are other ways in. Conditional normalization and the projection discriminator follow in
# notebook 04.

# %% [markdown]
# ### Exercise 1 · The generator
#
# *Difficulty ●●○ · 20 minutes · about 12 lines*
#
# Write the module `Generator`.
#
# - `__init__` takes `latent_dim`, `num_classes`, `embedding_dim` and `image_shape`, such as
#   `(1, 28, 28)`.
# - `forward(z, labels)` takes noise `z` `(B, latent_dim)` and int64 `labels` `(B,)`. It returns images
#   `(B, *image_shape)` with values in [-1, 1], which can come near both ends.
# - Every pixel can depend on the noise and on the label.
#
# Layers that are known to work: two hidden layers of 128 and 256 units, each `nn.Linear`,
# `nn.BatchNorm1d`, `nn.ReLU`, then one `nn.Linear` to the pixels and tanh. `math.prod(image_shape)` is
# the number of pixels.


# %% exercise="generator"
class Generator(nn.Module):
    """Draw images for noise z (B, latent_dim) and labels (B,)."""

    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__()
        ### BEGIN SOLUTION
        self.image_shape = tuple(image_shape)
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.layers = nn.Sequential(
            nn.Linear(latent_dim + embedding_dim, 128, bias=False),
            nn.BatchNorm1d(128),
            nn.ReLU(),
            nn.Linear(128, 256, bias=False),
            nn.BatchNorm1d(256),
            nn.ReLU(),
            nn.Linear(256, math.prod(image_shape)),
            nn.Tanh(),
        )
        ### END SOLUTION

    def forward(self, z, labels):
        """Return images (B, *image_shape) in [-1, 1]."""
        ### BEGIN SOLUTION
        pixels = self.layers(torch.cat([z, self.embedding(labels)], dim=1))
        return pixels.view(-1, *self.image_shape)
        ### END SOLUTION


# %% test="generator" points=11
check("generator", Generator)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("generator", Generator)
### END HIDDEN TESTS

# %%
hint("generator")

# %% [markdown]
# A picture of what your untrained generator does. The noise is the same in all ten columns, and only
# the label changes. Above: its images. Below: ten times the difference from the first one, where grey
# means no difference.

# %%
set_seed(0)
untrained = Generator(32, num_classes, 50, image_shape).to(device).eval()
with torch.no_grad():
    z = torch.randn(1, 32, device=device).expand(num_classes, -1)
    drawn = untrained(z, torch.arange(num_classes, device=device))
change = (drawn - drawn[:1]).abs().flatten(1).mean(1)
plots.show_images(
    torch.cat([(drawn + 1) / 2, 0.5 + 5 * (drawn - drawn[:1])]),
    titles=[*data.class_names, *(f"{value:.3f}" for value in change)],
    columns=num_classes,
    caption="One z under ten labels, and how each image differs from the first. The numbers below "
    "are the mean change of a pixel. Only the first is 0: the label reaches the image.",
)

# %% [markdown]
# **Why it matters.** This is the network that you keep. When training is over, the discriminator is
# thrown away.

# %% [markdown]
# ### Exercise 2 · The discriminator
#
# *Difficulty ●●○ · 15 minutes · about 8 lines*
#
# Write the module `Discriminator`.
#
# - `__init__` takes `image_shape`, `num_classes` and `embedding_dim`.
# - `forward(images, labels)` takes `images` `(B, *image_shape)` and int64 `labels` `(B,)`. It returns
#   logits `(B, 1)`: any real number, with **no sigmoid** at the end. Above 0 means "real".
# - The logit depends on both inputs.
#
# Layers that are known to work: one `nn.Linear` from the pixels to 256 features, then the embedding
# joins, one layer of 128 units, and one logit. After both hidden layers comes `nn.LeakyReLU(0.2)`, which
# lets a gradient through on its negative side too.


# %% exercise="discriminator"
class Discriminator(nn.Module):
    """Tell real pairs of images and labels (B,) from drawn ones."""

    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.see = nn.Sequential(
            nn.Flatten(), nn.Linear(math.prod(image_shape), 256), nn.LeakyReLU(0.2)
        )
        self.compare = nn.Sequential(
            nn.Linear(256 + embedding_dim, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1)
        )
        ### END SOLUTION

    def forward(self, images, labels):
        """Return logits (B, 1)."""
        ### BEGIN SOLUTION
        return self.compare(torch.cat([self.see(images), self.embedding(labels)], dim=1))
        ### END SOLUTION


# %% test="discriminator" points=11
check("discriminator", Discriminator)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("discriminator", Discriminator)
### END HIDDEN TESTS

# %%
hint("discriminator")

# %% [markdown]
# What your untrained discriminator says about one real picture under all ten labels. It knows nothing
# yet, but its answers differ: the label reaches the logit.

# %%
set_seed(0)
newborn = Discriminator(image_shape, num_classes, 50).to(device).eval()
with torch.no_grad():
    same = images[:1].expand(num_classes, -1, -1, -1)
    logits = newborn(same, torch.arange(num_classes, device=device))
plots.show_bars(
    {"untrained": logits[:, 0].tolist()}, data.class_names, xlabel="label asked", ylabel="Logit"
)

# %% [markdown]
# **Why it matters.** The generator learns nothing but what the discriminator's gradient tells it. If
# the discriminator does not look at the label, the generator has no reason to obey it. Section 9 shows
# such a pair.

# %% [markdown]
# ## 3. Losses on logits
#
# The discriminator solves a classification task with two classes: real pairs have the target 1, drawn
# pairs the target 0. Its loss is the mean of the two cross-entropies. With the probability
# $D = \sigma(l)$ of a logit $l$:
#
# $$ L_D = \tfrac{1}{2} \Big( \mathrm{mean}\,[-\log \sigma(l_\text{real})]
# + \mathrm{mean}\,[-\log (1 - \sigma(l_\text{fake}))] \Big) $$
#
# For the generator there is a choice. The objective says: make $\log(1 - \sigma(l_\text{fake}))$ small.
# Goodfellow and others (2014) warn that its gradient may be too small early on, and propose
# $-\log \sigma(l_\text{fake})$ instead: the
# cross-entropy of the drawn pairs with the target *real*. This is the **non-saturating** loss:
#
# $$ L_G = \mathrm{mean}\,[-\log \sigma(l_\text{fake})] $$
#
# **Predict, then run.** At the start the discriminator is quick to see what is drawn: the logits of the
# drawings are very negative. Which of the two losses gives the generator a gradient then?

# %%
my_guess = None  # "saturating" or "non-saturating"


# %%
def gradient_at(loss, logits):
    """Return the derivative of each entry's loss, at each logit."""
    logits = logits.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(logits).sum(), logits)
    return gradient.tolist()


def sigmoid_then_bce(logits):
    """Return the cross-entropy with the target 0, computed the naive way."""
    fake = torch.zeros_like(logits)
    return F.binary_cross_entropy(torch.sigmoid(logits), fake, reduction="none")


x = torch.linspace(-20, 20, 401)
saturating = gradient_at(lambda logits: F.logsigmoid(-logits), x)
non_saturating = gradient_at(lambda logits: -F.logsigmoid(logits), x)
on_logits = gradient_at(F.softplus, x)  # -log(1 - sigmoid(l)) is softplus(l)
naive = gradient_at(sigmoid_then_bce, x)

# %%
print("your guess:", my_guess)
plots.show_curves(
    {
        "gradient of the generator's loss": {
            "saturating": saturating,
            "non-saturating": non_saturating,
        },
        "gradient of the discriminator's loss": {
            "on logits": on_logits,
            "sigmoid + BCELoss": naive,
        },
    },
    xlabel="logit of a drawing",
    caption="Gradients by logit. Left: at -10 the saturating loss has a gradient of "
    f"{saturating[100]:.5f}, the non-saturating one of {non_saturating[100]:.5f}. Right: at 18 the "
    f"loss on logits has {on_logits[380]:.2f}, sigmoid with BCELoss {naive[380]:.2f}.",
    x=x.tolist(),
)

# %% [markdown]
# Left: where the discriminator is sure that a drawing is one, the saturating loss is flat. The
# generator would have to learn from a gradient of nearly 0, just when it has most to learn. The
# non-saturating loss has a slope of nearly −1 there.
#
# Right: a discriminator that takes a drawing for real with a logit of 18 is badly wrong, and its
# gradient should be 1. Computed on logits it is. Sigmoid followed by `BCELoss` gives 0: in float32
# $\sigma(l)$ is *exactly* 1 from about 17 on, and nothing can be learned from a 1. Hence: networks
# return logits, and losses take logits.
#
# A third loss, the hinge loss, follows in notebook 04.

# %% [markdown]
# ### Exercise 3 · The two losses
#
# *Difficulty ●○○ · 10 minutes · about 6 lines*
#
# Write two functions. Logits are `(B, 1)`, and both results are scalar tensors that gradients can flow
# through.
#
# - `discriminator_loss(real_logits, fake_logits)` returns $L_D$: half the sum of the two means. The two
#   batches may differ in size.
# - `generator_loss(fake_logits)` returns $L_G$.
# - Values and gradients are finite for logits of ±10,000. `F.binary_cross_entropy_with_logits` is
#   written for that.


# %% exercise="gan-losses"
def discriminator_loss(real_logits, fake_logits):
    """Return the mean of the two cross-entropies: real pairs -> 1, drawn pairs -> 0."""
    ### BEGIN SOLUTION
    real, fake = torch.ones_like(real_logits), torch.zeros_like(fake_logits)
    on_real = F.binary_cross_entropy_with_logits(real_logits, real)
    on_fake = F.binary_cross_entropy_with_logits(fake_logits, fake)
    return (on_real + on_fake) / 2
    ### END SOLUTION


def generator_loss(fake_logits):
    """Return the non-saturating loss: the cross-entropy of drawn pairs -> 1."""
    ### BEGIN SOLUTION
    return F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))
    ### END SOLUTION


# %% test="gan-losses/discriminator" points=7
check("gan-losses/discriminator", discriminator_loss)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("gan-losses/discriminator", discriminator_loss)
### END HIDDEN TESTS

# %% test="gan-losses/generator" points=7
check("gan-losses/generator", generator_loss)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("gan-losses/generator", generator_loss)
### END HIDDEN TESTS

# %%
hint("gan-losses/discriminator")

# %%
hint("gan-losses/generator")

# %% [markdown]
# Your losses, for a discriminator that gives all real pairs the logit $l$ and all drawn ones $-l$: it is
# undecided at 0, right on the right-hand side, and wrong on the left.

# %%
strength = torch.linspace(-4, 4, 81)
yours = {
    "discriminator": [discriminator_loss(s.view(1, 1), -s.view(1, 1)).item() for s in strength],
    "generator": [generator_loss(-s.view(1, 1)).item() for s in strength],
}
plots.show_curves(
    {"your losses": yours},
    xlabel="l",
    ylabel="loss",
    caption=f"At l = 0 both losses are {yours['generator'][40]:.3f}, the logarithm of 2. To the "
    f"right the discriminator's falls to {yours['discriminator'][-1]:.3f}, the generator's grows "
    f"to {yours['generator'][-1]:.3f}.",
    x=strength.tolist(),
)

# %% [markdown]
# **Why it matters.** Remember the number 0.693, which is $\log 2$. A discriminator whose loss stays there
# cannot tell drawings from real pictures at present: it has not learned, or the two keep pace.

# %% [markdown]
# ## 4. The two steps
#
# Training takes turns. In the discriminator's step only the discriminator learns, and in the generator's
# step only the generator does. Most faults of GAN code are found in these few lines.
#
# ### Exercise 4 · The discriminator's step
#
# *Difficulty ●●○ · 20 minutes · about 10 lines*
#
# Write `discriminator_step(generator, discriminator, optimizer, images, labels, latent_dim,
# num_classes)`.
#
# - Draw noise from N(0, I), and draw fakes. Their labels are the batch's own, or uniform from
#   `num_classes` classes. `optimizer` holds the discriminator's parameters.
# - Do one optimizer step on `discriminator_loss` of the real pairs and of the drawn pairs, with the
#   discriminator in training mode. Ask about each fake under the label it was made for.
# - The generator's parameters neither change nor get a gradient.
# - No gradient of an earlier call may get into the step. Return the loss before the step, as a Python
#   float.


# %% exercise="discriminator-step"
def discriminator_step(
    generator, discriminator, optimizer, images, labels, latent_dim, num_classes
):
    """Do one step on the discriminator's loss and return the loss before it."""
    ### BEGIN SOLUTION
    generator.train()
    discriminator.train()
    z = torch.randn(len(images), latent_dim, device=images.device)
    with torch.no_grad():
        fakes = generator(z, labels)
    loss = discriminator_loss(discriminator(images, labels), discriminator(fakes, labels))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% test="discriminator-step" points=11
check("discriminator-step", discriminator_step)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("discriminator-step", discriminator_step)
### END HIDDEN TESTS

# %%
hint("discriminator-step")

# %% [markdown]
# ### Exercise 5 · The generator's step
#
# *Difficulty ●●○ · 15 minutes · about 9 lines*
#
# Write `generator_step(generator, discriminator, optimizer, batch_size, latent_dim, num_classes)`.
#
# - Draw noise from N(0, I) and uniform labels, on the generator's device, and draw fakes from them.
#   `optimizer` holds the generator's parameters.
# - Do one optimizer step on `generator_loss` of what the discriminator says about the fakes, under the
#   same labels, with the generator in training mode.
# - Only the generator's parameters change. The gradient flows *through* the discriminator, and may stay
#   behind in its `.grad`.
# - No gradient of an earlier call may get into the step. Return the loss before the step, as a Python
#   float.


# %% exercise="generator-step"
def generator_step(generator, discriminator, optimizer, batch_size, latent_dim, num_classes):
    """Do one step on the generator's loss and return the loss before it."""
    ### BEGIN SOLUTION
    generator.train()
    discriminator.train()
    device = next(generator.parameters()).device
    z = torch.randn(batch_size, latent_dim, device=device)
    labels = torch.randint(num_classes, (batch_size,), device=device)
    loss = generator_loss(discriminator(generator(z, labels), labels))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% test="generator-step" points=10
check("generator-step", generator_step)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("generator-step", generator_step)
### END HIDDEN TESTS

# %%
hint("generator-step")

# %% [markdown]
# Your two steps, each on its own. First 60 steps of the discriminator against the untrained generator,
# then 60 steps of the generator against the discriminator, which stands still.

# %% tags=["training"]
set_seed(0)
sizes = 32, num_classes
untrained.train()
learns_to_tell = torch.optim.Adam(newborn.parameters(), lr=5e-4)
learns_to_draw = torch.optim.Adam(untrained.parameters(), lr=5e-4)
alone = {
    "discriminator": [
        discriminator_step(untrained, newborn, learns_to_tell, *batch, *sizes)
        for batch in list(Batches(images, labels, batch_size=64)) * 3
    ][:60],
    "generator": [
        generator_step(untrained, newborn, learns_to_draw, 64, *sizes) for _ in range(60)
    ],
}
plots.show_histories({name: {"loss": losses} for name, losses in alone.items()}, xlabel="step")

# %% [markdown]
# Each alone wins its part of the game in about a dozen steps. The art is to let both improve together.

# %% [markdown]
# ## 5. The whole run
#
# Three choices make the training work well. Each was measured on the digits, with two seeds.
#
# - **Averaged weights** (Yazıcı and others, 2019). The generator that you keep is not the last one, but a
#   running average: near the end, each step keeps 99.6 % of the average and lets in 0.4 % of the new weights. The
#   two players circle around each other, and the average stays near the middle. Its drawings were nearer to real
#   pictures than those of the last weights: 1.8 instead of 3.0, in the unit of section 8. (`averaged` does it.
#   Early on it keeps less, so that little is left of the random start.)
# - **Adam without momentum**, `betas=(0, 0.99)`. Momentum follows old gradients, but in a game the opponent
#   has moved on since. With Adam's usual 0.9 the training failed: most drawings were not of the class asked for.
# - **A small embedding for the generator.** Beside 32 numbers of noise, a label with 100 numbers made the
#   drawings of a class more alike: their diversity was 0.83 of that of real ones, instead of 0.95.

# %%
latent_dim, num_epochs = 32, 100 if data.name == "digits" else 10


# %%
def train_gan(generator, discriminator, num_epochs, watch=None, lr=(5e-4, 5e-4), g_steps=1):
    """Train both; return the averaged generator and the history of both losses."""
    average = averaged(generator)
    optimizer_d, optimizer_g = (
        torch.optim.Adam(model.parameters(), lr=rate, betas=(0.0, 0.99), fused=True)
        for model, rate in zip((discriminator, generator), lr, strict=True)
    )
    sizes = latent_dim, num_classes

    def step(images, labels):
        on_d = discriminator_step(generator, discriminator, optimizer_d, images, labels, *sizes)
        for _ in range(g_steps):
            on_g = generator_step(generator, discriminator, optimizer_g, len(images), *sizes)
        average.update_parameters(generator)
        return {"discriminator": on_d, "generator": on_g}

    batches = Batches(images, labels, batch_size=64)
    after_epoch = watch and (lambda epoch: watch(average.module.eval(), epoch))
    return average.module.eval(), fit(step, batches, num_epochs, "cGAN", after_epoch)


# %% [markdown]
# Who says whether a drawing of a 7 is a 7? A **judge**: a small convolutional classifier that comes with
# the course, trained on real digits and frozen. It is right on all 360 test pictures. Its share of agreement with
# what was asked for is the **conditional accuracy**.
#
# After each epoch, `watch` asks it about 100 drawings. At some epochs it also keeps drawings of the same
# noise, to be looked at later.

# %%
judge = load_judge(data)
ten = torch.arange(num_classes, device=device)
set_seed(0)
fixed_noise = torch.randn(num_classes, latent_dim, device=device)
watch = Album(judge, fixed_noise, epochs=(1, 5, 10, 20, 40, 70, num_epochs))

# %% [markdown]
# Run it. It takes half a minute on two cores. You can interrupt it (■ in the toolbar): the step under way
# is finished, and the averaged generator and the history are kept.

# %% tags=["training"]
set_seed(0)
generator = Generator(latent_dim, num_classes, 32, image_shape).to(device)
discriminator = Discriminator(image_shape, num_classes, 100).to(device)
generator, history = train_gan(generator, discriminator, num_epochs, watch)

# %% tags=["training"]
show_history(history)

# %% [markdown]
# After ten epochs the losses hardly move, and the accuracy is near 1. The drawings still change
# for a long time, as you see below. First all are alike, then digits appear, then the grain goes
# and the strokes get smooth. Not each of them gets better: late in training, some lose part of a
# stroke again. But in five trainings that we recorded, the distance to real pictures fell from
# about 8 after ten epochs to less than 2 after a hundred, in the unit of section 8. The losses do
# not show it: the loss of one player is measured against the other, and both improve. And the
# judge is content with any seven that is a seven, though it be the same one each time. So
# **neither the losses nor the accuracy tell how good the drawings are**. Section 8 measures what
# does.

# %% tags=["training"]
watch.show()

# %% [markdown]
# ## 6. Keep what was learned
#
# Drawings, history and weights are saved. The weights go into a *safetensors* file: numbers and names,
# nothing else. `torch.save` writes a pickle, which can run any code of its author's when it is opened, unless
# you open it with `weights_only=True`, today's default.

# %% tags=["training"]
folder = saved_folder()
save_weights(generator, folder / f"02_generator_{data.name}.safetensors")
save_image((generator(fixed_noise, ten) + 1) / 2, folder / "02_drawings.png", nrow=num_classes)
(folder / "02_history.json").write_text(json.dumps(history))

again = Generator(latent_dim, num_classes, 32, image_shape).to(device)
load_weights(again, folder / f"02_generator_{data.name}.safetensors").eval()
with torch.no_grad():
    print("same drawings:", torch.equal(again(fixed_noise, ten), generator(fixed_noise, ten)))
print("saved:", ", ".join(sorted(path.name for path in folder.glob("02_*"))))

# %% [markdown]
# ## 7. Digits on demand
#
# ### Exercise 6 · Draw what is asked for
#
# *Difficulty ●○○ · 10 minutes · about 9 lines*
#
# Write `generate(generator, labels, latent_dim)`.
#
# - `labels` is int64 `(B,)`, in any order, with repetitions. Return `(B, *image_shape)`: one image for
#   each entry, each from a fresh noise of its own, from N(0, I), on the device of `labels`.
# - No gradient is taken. The generator draws in eval mode, and is afterwards in the mode in which it came,
#   also when it raises an error.


# %% exercise="generate-class"
def generate(generator, labels, latent_dim):
    """Return one image for each label, without gradients."""
    ### BEGIN SOLUTION
    training = generator.training
    generator.eval()
    try:
        with torch.no_grad():
            z = torch.randn(len(labels), latent_dim, device=labels.device)
            return generator(z, labels)
    finally:
        generator.train(training)
    ### END SOLUTION


# %% test="generate-class" points=9
check("generate-class", generate)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("generate-class", generate)
### END HIDDEN TESTS

# %%
hint("generate-class")

# %% [markdown]
# A row of sevens, and a row of threes.

# %% tags=["training"]
set_seed(1)
asked = torch.tensor([7] * 10 + [3] * 10, device=device)
drawn = (generate(generator, asked, latent_dim) + 1) / 2
agreed = (judge(drawn).argmax(1) == asked).sum()
plots.show_images(
    drawn,
    titles=None,
    caption=f"Ten drawings for class 7 and ten for class 3. The judge sees the class asked for in "
    f"{agreed} of 20.",
)

# %% [markdown]
# **Why it matters.** Eval mode is not a formality here. In training mode, batch normalization uses the
# statistics of the batch: a seven among sevens would look different from a seven among threes.

# %% [markdown]
# ### Exercise 7 · What the noise does, and what the label does
#
# *Difficulty ●●○ · 15 minutes · about 10 lines*
#
# Write `interference_grid(generator, z, num_classes)`.
#
# - `z` is `(R, Z)`. Return `(R, C, *image_shape)`: row `r` holds the same `z[r]` under each of the
#   `num_classes` labels, in order. New tensors go to the device of `z`.
# - No gradient is taken, and the mode is restored, as before.


# %% exercise="interference-grid"
def interference_grid(generator, z, num_classes):
    """Return images (R, C, *image_shape): each z under every label."""
    ### BEGIN SOLUTION
    training = generator.training
    generator.eval()
    try:
        with torch.no_grad():
            labels = torch.arange(num_classes, device=z.device).repeat(len(z))
            images = generator(z.repeat_interleave(num_classes, dim=0), labels)
    finally:
        generator.train(training)
    return images.unflatten(0, (len(z), num_classes))
    ### END SOLUTION


# %% test="interference-grid" points=10
check("interference-grid", interference_grid)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("interference-grid", interference_grid)
### END HIDDEN TESTS

# %%
hint("interference-grid")

# %% [markdown]
# **Predict, then run.** One row, one noise. What do the ten digits of a row have in common?

# %%
my_guess = None  # in words

# %% tags=["training"]
set_seed(3)
grid = interference_grid(generator, torch.randn(5, latent_dim, device=device), num_classes)
along_label, along_noise = (grid.var(dim=dim).mean().item() for dim in (1, 0))
plots.show_images(
    (grid.flatten(0, 1) + 1) / 2,
    titles=None,
    columns=num_classes,
    caption="Five points of noise, one per row, under the labels 0 to 9. The variance of a pixel "
    f"is {along_label:.2f} along a row, where the label changes, and {along_noise:.2f} down a "
    "column, where the noise changes.",
)

# %% [markdown]
# The label decides which digit, and the noise decides how it is drawn: thick or thin, upright or slanted. Often a row
# keeps its style from digit to digit. Nobody asked for that. It is cheap for the network to share what
# all digits have in common.
#
# **Why it matters.** If all columns were alike, the label would be ignored. If all rows were alike, the
# noise would be. Section 9 shows both.

# %% [markdown]
# ### Exercise 8 · A walk through the noise
#
# *Difficulty ●○○ · 10 minutes · about 11 lines*
#
# Write `latent_traversal(generator, z_start, z_end, label, steps)`.
#
# - `z_start` and `z_end` are `(Z,)`, `label` is an int, and `steps` is at least 2.
# - Return `(steps, *image_shape)`: the points lie on the straight line from start to end, equally spaced,
#   with both ends included. New tensors go to the device of `z_start`.
# - No gradient is taken, and the mode is restored, as before.


# %% exercise="latent-traversal"
def latent_traversal(generator, z_start, z_end, label, steps):
    """Return images (steps, *image_shape) along the line from z_start to z_end."""
    ### BEGIN SOLUTION
    share = torch.linspace(0, 1, steps, device=z_start.device)[:, None]
    z = (1 - share) * z_start + share * z_end
    training = generator.training
    generator.eval()
    try:
        with torch.no_grad():
            return generator(z, torch.full((steps,), label, device=z.device))
    finally:
        generator.train(training)
    ### END SOLUTION


# %% test="latent-traversal" points=9
check("latent-traversal", latent_traversal)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("latent-traversal", latent_traversal)
### END HIDDEN TESTS

# %%
hint("latent-traversal")

# %% tags=["training"]
set_seed(1)
start, end = torch.randn(2, latent_dim, device=device)
walks = torch.cat([latent_traversal(generator, start, end, label, 10) for label in (1, 4, 7)])
steps = (walks.unflatten(0, (3, 10)).diff(dim=1)).abs().flatten(2).mean(2)
share = (steps / steps.sum(dim=1, keepdim=True)).max()
plots.show_images(
    (walks + 1) / 2,
    titles=None,
    caption="The same walk in ten pictures, drawn as 1, 4 and 7. The largest of nine steps makes "
    f"{100 * share:.0f} % of the change of its walk; nine equal steps would make 11 % each.",
)

# %% [markdown]
# **Why it matters.** A generator that had learned its training pictures by heart would tend to jump from one
# to the next. This one has learned a space in which you can walk.
#
# Walk yourself: choose a class, and move along two directions of the noise.

# %% tags=["training"]
explore(generator, latent_dim, data.class_names)

# %% [markdown]
# ## 8. Three numbers, not one
#
# A generator can be praised by a number and still be bad. So use three numbers, and put each beside values that you
# can interpret.
#
# - **Conditional accuracy**: how often the judge sees what was asked for.
# - **Distance**: the Fréchet distance between drawn and held-out real pictures of the same class, on the
#   judge's features (Heusel and others, 2017). Its unit is the *floor*: the distance between real training and
#   real held-out pictures. 1 is as near as real pictures come.
# - **Diversity**: the mean distance between two drawings of a class, as a share of that of real
#   *training* pictures. Held-out pictures differ a little from those, so they may have more than
#   100 %.
#
# **Predict, then run.** Besides yours, three more "generators" are measured. `real` shows held-out
# pictures. `class mean` shows the mean picture of the class, always the same. `any class` is yours, but it
# draws a random class whatever you ask for. Which number will each of them excel in?

# %%
my_guess = None  # in words

# %% tags=["training"]
meter = QualityMeter(data, judge)
means = torch.stack([data.train_images[labels == c].mean(0) for c in range(num_classes)])


def draw(labels):
    """Return drawings of your generator, in [0, 1]."""
    return (generate(generator, labels, latent_dim) + 1) / 2


qualities = {
    "real": meter.real,
    "class mean": meter(lambda labels: means[labels]),
    "any class": meter(lambda labels: draw(labels[torch.randperm(len(labels), device=device)])),
    "yours": meter(draw),
}
for name, quality in qualities.items():
    print(f"{name:11} {quality}")

# %% [markdown]
# The class mean has a perfect accuracy and no diversity at all. The one that draws any class has more diversity than
# real pictures, because each of its classes holds all ten digits. Each is found out by another number, and only a
# good generator does well in all three. Notebook 05 comes back to this, and you will write the three
# numbers yourself.

# %% [markdown]
# ## 9. When it goes wrong
#
# ### A generator that cannot hear
#
# Could a generator just ignore the label and draw good digits at random? Cut the label and see: this
# generator always hears 0.
#
# **Predict, then run.** Will the discriminator of the pair find its task easier or harder?

# %%
my_guess = None  # "easier" or "harder"


# %% tags=["training"]
class Deaf(nn.Module):
    """A network that hears the label 0 whatever you say."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x, labels):
        """Call the network with the label 0."""
        return self.network(x, torch.zeros_like(labels))


def pair():
    """Return a new generator and discriminator, from a fixed seed."""
    set_seed(0)
    generator = Generator(latent_dim, num_classes, 32, image_shape).to(device)
    return generator, Discriminator(image_shape, num_classes, 100).to(device)


# %% tags=["training"]
def short_run(generator, discriminator, **options):
    """Train for a quarter of the epochs; return 20 drawings, the quality, and the history."""
    drawer, history = train_gan(generator, discriminator, num_epochs // 4, **options)
    quality = meter(lambda labels: (generate(drawer, labels, latent_dim) + 1) / 2)
    return (generate(drawer, ten.repeat(2), latent_dim) + 1) / 2, quality, history


drawing, critic = pair()
runs = {"hears": short_run(drawing, critic)}
drawing, critic = pair()
runs["deaf generator"] = short_run(Deaf(drawing), critic)

# %% tags=["training"]
print("your guess:", my_guess)
curves = {name: run[2]["discriminator"] for name, run in runs.items()}
plots.show_curves(
    {"discriminator's loss": curves},
    xlabel="epoch",
    caption="The discriminator's loss against two generators, by epoch. At the end it is "
    + ", ".join(f"{values[-1]:.2f} ({name})" for name, values in curves.items())
    + ".",
)
for name, (drawn, quality, _) in runs.items():
    plots.show_images(
        drawn,
        titles=[*data.class_names, *[""] * num_classes],
        caption=f"Generator: {name}. Two drawings for each label: {quality}.",
    )

# %% [markdown]
# Much easier. Suppose the deaf generator drew *perfect* digits at random. Then nine of ten of its pairs
# are mismatched, and the discriminator can reject those at once. Only one pair in ten matches, so a
# matching pair comes from the data with probability $1 / (1 + 0.1) = 0.91$. The best possible loss is then
#
# $$ \tfrac{1}{2} \left[ -\log \tfrac{1}{1.1} - 0.1 \log \tfrac{0.1}{1.1} \right] = 0.17, $$
#
# far below $\log 2 = 0.69$, which a perfect generator that hears would leave. (The drawings here are not
# perfect, so the loss may even fall below 0.17.) So a deaf generator always leaves the discriminator
# something to use against it: the label. That is why a generator does not ignore it for long, provided
# that it *can* hear, and that the discriminator listens too.

# %% [markdown]
# ### A gallery of failures
#
# Three more runs, each with one thing wrong:
#
# - **A**: the discriminator always hears 0, whatever the label.
# - **B**: the generator takes five steps for each step of the discriminator, each four times as large.
# - **C**: the learning rate of the generator is fifty times smaller.
#
# **Predict, then look.** Here are their curves, without the letters, and those of the healthy run above.
# Which is which?

# %% tags=["training"]
recipes = {
    "A": {},
    "B": {"g_steps": 5, "lr": (5e-4, 2e-3)},
    "C": {"lr": (5e-4, 1e-5)},
}
failures = {}
for name, options in recipes.items():
    drawing, critic = pair()
    failures[name] = short_run(drawing, Deaf(critic) if name == "A" else critic, **options)

# %% tags=["training"]
order = torch.randperm(3, generator=torch.Generator().manual_seed(0)).tolist()
places = dict(zip(("first", "second", "third"), (list(recipes)[k] for k in order), strict=True))
histories = {f"{place} run": failures[name][2] for place, name in places.items()}
histories["healthy run"] = runs["hears"][2]
plots.show_curves(
    {
        title: {who: history[who] for who in ("discriminator", "generator")}
        for title, history in histories.items()
    },
    xlabel="epoch",
    ylabel="loss",
    caption="Both losses in four runs. At the end, discriminator and generator: "
    + "; ".join(
        f"{title} {history['discriminator'][-1]:.2f} and {history['generator'][-1]:.2f}"
        for title, history in histories.items()
    )
    + ".",
)

# %%
my_guess = None  # such as "first B, second C, third A"

# %% tags=["training"]
print("your guess:", my_guess)
print("the truth: " + ", ".join(f"{place} {name}" for place, name in places.items()))
for name, (drawn, quality, _) in failures.items():
    plots.show_images(
        drawn,
        titles=[*data.class_names, *[""] * num_classes],
        caption=f"Run {name}, two drawings for each label: {quality}.",
    )

# %% [markdown]
# - **A, a label that nobody checks.** The losses are those of a healthy game. The drawings change
#   with the label. But nobody checks *which* digit belongs to which label, so the generator makes
#   up its own code. *The accuracy shows it*, and the distance.
# - **B, mode collapse.** The generator has found one drawing per class that passes, and repeats it. The
#   losses look balanced, and the judge agrees with most or all. Only the first epochs look odd: the
#   generator is ahead. *The diversity shows it*, and the distance.
# - **C, a discriminator that wins at once.** Its loss falls to 0 and the generator's grows. The generator
#   learns too slowly to follow, and draws noise. *The losses show it.* The diversity does not: noise is
#   diverse.

# %% [markdown]
# ## 10. A convolutional generator
#
# Your generator treats a picture as a list of 784 numbers. It must learn which of them are neighbours. **Transposed convolutions** know: each spreads a number over a small patch, and enlarges the
# picture as it goes. Radford and others (2015) made GANs of them work. Here is one to read.


# %%
class ConvGenerator(nn.Module):
    """Grow an image from 7x7 to 14x14 to 28x28, with transposed convolutions."""

    def __init__(self, latent_dim, num_classes, embedding_dim):
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.layers = nn.Sequential(
            nn.Linear(latent_dim + embedding_dim, 32 * 7 * 7, bias=False),
            nn.BatchNorm1d(32 * 7 * 7),
            nn.ReLU(),
            nn.Unflatten(1, (32, 7, 7)),
            nn.ConvTranspose2d(32, 16, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.ConvTranspose2d(16, 1, kernel_size=4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, z, labels):
        """Return images (B, 1, 28, 28) in [-1, 1]."""
        return self.layers(torch.cat([z, self.embedding(labels)], dim=1))


# %% [markdown]
# A transposed convolution with stride $s$, kernel $k$ and padding $p$ turns a side of $n$ pixels into
# $(n - 1)s - 2p + k$. Check: $(7 - 1) \cdot 2 - 2 + 4 = 14$. The kernel is a multiple of the stride, so that
# every pixel, borders aside, is covered equally often. Otherwise checkerboards appear easily (Odena and
# others, 2016).
#
# The label enters as before, with the noise. The discriminator stays yours. Both generators get the same
# 25 epochs.

# %% tags=["training"]
drawing, critic = pair()
convolutional = ConvGenerator(latent_dim, num_classes, 32).to(device)
contest = {}
for name, model in (("yours", drawing), ("convolutional", convolutional)):
    contest[name] = short_run(model, copy.deepcopy(critic))
    size = sum(parameter.numel() for parameter in model.parameters())
    print(f"{name}, {size:,} parameters:\n  {contest[name][1]}")
plots.show_images(
    torch.cat([drawn for drawn, *_ in contest.values()]),
    titles=["yours", *[""] * 19, "conv.", *[""] * 19],
    caption=f"After {num_epochs // 4} epochs, two drawings for each label. Rows 1 and 2: your "
    "generator. Rows 3 and 4: the convolutional one.",
)

# %% [markdown]
# The convolutional generator has less than half the parameters, since one small patch of weights
# serves every place of the picture. After equally many epochs it is more diverse here, and about
# as near to real pictures.
#
# How sure is that? The healthy run of section 9 started from the same weights as `yours`. Only
# the random numbers after that differ, and yet its distance is another one. We trained
# both a few times more. In all, yours had 3.5 to 4.4 floors and 70 to 73 %. The convolutional
# one had 3.3 to 4.4 floors and 71 to 86 %. So the floors do not tell them apart. The diversity
# does in most runs.
#
# The training of the convolutional one takes about twice as long here, though, because a CPU is
# slow at convolutions. Notebook 04 builds a generator of this kind, with another way in for the
# label.

# %% [markdown]
# ## 11. Bug hunt
#
# Here is a whole epoch, put together from mistakes of the kind found in published tutorials. It runs on
# some data, its losses look plausible, and it does not learn to draw what is asked for.
#
# ### Exercise 9 · Mend it
#
# *Difficulty ●●● · 30 minutes · four faults*
#
# `train_epoch(generator, discriminator, optimizer_g, optimizer_d, batches, latent_dim, num_classes)` goes
# once through `batches`, an iterable of `(images, labels)`, whose last batch may be smaller. It does one
# discriminator step and one generator step per batch, in either order, on any device. It returns the mean discriminator
# loss and the mean generator loss over the batches, as Python floats.
#
# Delete the line that raises. Here there is nothing to put in its place, whatever its comment says.
# Then find the four faults. You may mend them in place, or use your own steps.


# %% exercise="bug-hunt-cgan"
def train_epoch(
    generator, discriminator, optimizer_g, optimizer_d, batches, latent_dim, num_classes
):
    """Train for one epoch and return both mean losses."""
    ### BEGIN SOLUTION
    both, sizes = [], (latent_dim, num_classes)
    for images, labels in batches:
        on_d = discriminator_step(generator, discriminator, optimizer_d, images, labels, *sizes)
        on_g = generator_step(generator, discriminator, optimizer_g, len(images), *sizes)
        both.append((on_d, on_g))
    return tuple(sum(losses) / len(losses) for losses in zip(*both, strict=True))
    # What follows is the version with the faults. It is never reached.
    ### END SOLUTION
    bce, d_losses, g_losses = nn.BCEWithLogitsLoss(), [], []
    real_targets, fake_targets = torch.ones(64, 1), torch.zeros(64, 1)
    generator.train()
    discriminator.train()
    optimizer_g.zero_grad()
    optimizer_d.zero_grad()
    for images, labels in batches:
        z = torch.randn(len(images), latent_dim, device=images.device)
        fake_labels = torch.randint(num_classes, (len(images),), device=images.device)
        fakes = generator(z, fake_labels)
        real_logits, fake_logits = discriminator(images, labels), discriminator(fakes, labels)
        d_loss = (bce(real_logits, real_targets) + bce(fake_logits, fake_targets)) / 2
        d_loss.backward(retain_graph=True)
        optimizer_d.step()
        g_loss = bce(discriminator(fakes, labels), real_targets)
        g_loss.backward()
        optimizer_g.step()
        d_losses.append(d_loss.item())
        g_losses.append(g_loss.item())
    return sum(d_losses) / len(d_losses), sum(g_losses) / len(g_losses)


# %% test="bug-hunt-cgan" points=11
check("bug-hunt-cgan", train_epoch)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("bug-hunt-cgan", train_epoch)
### END HIDDEN TESTS

# %%
hint("bug-hunt-cgan")

# %% [markdown]
# Your epoch, ten times, on a new pair. The generator's plain weights are drawn here, without averaging.

# %% tags=["training"]
drawing, critic = pair()
optimizers = [
    torch.optim.Adam(m.parameters(), lr=5e-4, betas=(0.0, 0.99)) for m in (drawing, critic)
]
batches = Batches(images, labels, batch_size=64)
for _ in range(10):
    on_d, on_g = train_epoch(drawing, critic, *optimizers, batches, latent_dim, num_classes)
print(f"after ten epochs: discriminator {on_d:.2f}, generator {on_g:.2f}")
plots.show_images(
    (generate(drawing, ten, latent_dim) + 1) / 2,
    titles=data.class_names,
    caption=f"Drawings after ten epochs, for 0 to 9. The losses are {on_d:.2f} and {on_g:.2f}.",
)

# %% [markdown]
# **Why it matters.** On a CPU, with batches that all have 64 rows, none of these faults raises an
# error. We trained with all four of them for ten epochs, on such batches. The losses were calm at
# the end, about 0.5 and 0.4. But the judge saw the digit that was asked for in only one drawing
# of five. One of the faults, the missing detach, does so little harm here that neither losses nor
# drawings show it. What finds them all is a test that knows what a step must do, such as the one
# above.

# %% [markdown]
# ## 12. Other data
#
# Change one line, `load_data("mnist", device=device)`, or set the environment variable `COURSE_DATASET` to `mnist` or
# `fashion-mnist` before you start JupyterLab. The data are downloaded once. With MNIST's 60,000 pictures
# two and a half epochs are as many steps as 100 on the digits, so ten are trained there, in a few minutes. For
# Fashion-MNIST no judge comes with the course, so one is trained at the first run, which takes some
# minutes.

# %% [markdown]
# ## Reflect
#
# Think first, then open the answer.
#
# <details><summary>1. Your discriminator's loss stays at 0.69. Is this good or bad?</summary>
#
# You cannot know from the loss. It says that this discriminator cannot tell these drawings from real ones
# at present. They may be perfect, it may be too weak, or the two may keep pace. Run B had about 0.7, too. Look at
# the drawings, and measure.
# </details>
#
# <details><summary>2. Why may the labels of the fakes be the batch's own in the discriminator's step?
# </summary>
#
# The game needs drawn pairs whose labels are distributed like those of the data. The batch's own labels
# are, and they are even matched to the batch. What must not happen is that a fake is *judged* under
# another label than it was *made* for.
# </details>
#
# <details><summary>3. The generator's step leaves gradients in the discriminator. Why is this harmless
# in your code?</summary>
#
# The generator's optimizer does not step on them, and the discriminator's step clears them before its own backward pass.
# Leave out that `zero_grad`, and each discriminator step also follows the direction that *helps* the generator.
# </details>
#
# <details><summary>4. Could you train the discriminator on mismatched real pairs as well, with the target
# 0?</summary>
#
# Yes. Reed and others (2016) do so: a real 7 with the label 3 is a bad pair. The discriminator then hears
# about labels from the first step. It changes the loss, so the exercises here leave it out.
# </details>
#
# <details><summary>5. A generator scores accuracy 1.0. What do you ask next?</summary>
#
# How diverse its drawings are, and how far from real pictures. The class mean scores 1.0 as well.
# </details>

# %% [markdown]
# ## What next
#
# You built a generator that draws what you ask for, and you can tell whether it does. **Notebook 03**
# reaches the same goal without a game: a conditional variational autoencoder, with a loss that means
# something by itself. Projection, hinge loss and conditional normalization follow in notebook 04.
#
# **Read more**
#
# - I. Goodfellow et al., *Generative adversarial nets*, NeurIPS 2014: the game, and the non-saturating loss.
# - M. Mirza, S. Osindero, *Conditional generative adversarial nets*, 2014: the game about pairs.
# - A. Odena, V. Dumoulin, C. Olah, *Deconvolution and checkerboard artifacts*, Distill, 2016.
# - A. Radford, L. Metz, S. Chintala, *Unsupervised representation learning with deep convolutional
#   generative adversarial networks*, 2015 (ICLR 2016): transposed convolutions, and walks through the noise.
# - S. Reed et al., *Generative adversarial text to image synthesis*, ICML 2016: mismatched real pairs.
# - M. Heusel et al., *GANs trained by a two time-scale update rule converge to a local Nash equilibrium*,
#   NeurIPS 2017: the Fréchet distance on features.
# - Y. Yazıcı et al., *The unusual effectiveness of averaging in GAN training*, ICLR 2019: averaged weights.
# - L. Mescheder, A. Geiger, S. Nowozin, *Which training methods for GANs do actually converge?*, ICML 2018:
#   why two players circle, and what helps.
