# %% [markdown]
# # 03 · The conditional variational autoencoder
#
# A GAN learns to draw by playing a game. A *variational autoencoder* (VAE) needs no opponent. It writes
# each picture down as a short code, draws it again from that code, and is told how far it is off. Its loss
# goes down when it gets better, and it is measured in nats: the unit of information if the logarithm is the
# natural one. (A nat is 1.44 bits.) The *conditional* VAE (CVAE) of this notebook is told the label too,
# and draws the digit that you name.
#
# **You will be able to**
#
# - say what an encoder, a decoder and a prior do, and why the code is a distribution,
# - explain the reparameterization trick, and show what is lost without it,
# - write the loss in nats, and check it against a library,
# - put the label into both halves, and say what each half gains,
# - draw any list of digits, with the same code under all labels or with many codes under one,
# - measure how much of the code is used, and how much the code knows about the label,
# - recognise posterior collapse, blur and pixels in the wrong range, and mend what can be mended,
# - control two things at once: the digit and the thickness of its stroke.
#
# **You need** notebook 01. Section 11 looks back at notebook 02.
#
# **Time**: about four hours. The finished notebook runs in about 80 seconds on two CPU cores.
#
# The numbers in the text are those of the digits data set. With another one, read your own.

# %%
import itertools
import math

import torch
import torch.nn.functional as F
from scipy.stats import spearmanr
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score
from torch import nn
from torch.distributions import Normal

from course_utils import Batches, check, fit, get_device, hint, load_data, plots, set_seed
from course_utils.explorer import explore
from course_utils.judges import load_judge
from course_utils.latent import encode_all, negative_elbo
from course_utils.quality import QualityMeter, sharpness
from course_utils.records import gan_drawings, training_runs
from course_utils.saved import saved_folder
from course_utils.thickness import stroke_thickness
from course_utils.weights import save_weights

set_seed(0)
device = get_device()

# %% [markdown]
# ## 1. A picture from a code and a label
#
# Suppose that each picture $x$ of the class $y$ was made like this. Somebody drew a short code $z$ at
# random from the **prior** $p(z) = N(0, I)$: slant, width, loops, whatever digits of one class differ in.
# Then they drew the picture, following the code and the label. This second part is the **decoder**
# $p(x \mid z, y)$: a network. For each pixel it says with which probability the pixel is white.
#
# To train it we would like to make the probability of the real pictures large:
# $\log p(x \mid y) = \log \int p(x \mid z, y)\, p(z)\, dz$. But nearly all codes fit a given picture badly,
# so trying codes from $p(z)$ would take far too many tries. Hence a second network, the **encoder**
# $q(z \mid x, y)$, proposes codes that fit. It returns the mean and the variance of a normal distribution,
# for each of the numbers in $z$. With it there is a bound that can be computed:
#
# $$ \log p(x \mid y) \;\ge\; \mathbb{E}_{z \sim q(z \mid x, y)} \big[ \log p(x \mid z, y) \big]
# - \mathrm{KL}\big( q(z \mid x, y) \,\|\, p(z) \big) $$
#
# The right side is the *evidence lower bound*, ELBO for short. Read it term by term.
#
# - The first term is large if the decoder restores the picture from its code.
# - The second term is the Kullback-Leibler divergence. It is small if the encoder's codes look like those
#   from $p(z)$. Without it, the encoder could give each picture a code far from all others, and codes drawn
#   from $p(z)$ would lead nowhere.
# - The gap between the two sides is $\mathrm{KL}(q(z \mid x, y) \,\|\, p(z \mid x, y))$: how far the
#   proposed distribution is from the exact one.
#
# ```text
# picture x ─┐             ┌─▶ mu ─────┐
#            ├─▶ ENCODER ──┤           ├─▶ z = mu + std · ε
# label y ───┘             └─▶ logvar ─┘
#
# code z ────┐
#            ├─▶ DECODER ─▶ picture
# label y ───┘
# ```
#
# The label enters **both** networks. Section 6 shows what each of them gains.
#
# A word on names. Sohn and others (2015) call *CVAE* a model whose prior is a network as well,
# $p(z \mid x)$ in their letters, where $x$ is the condition. Ours is the simpler one, with the prior
# $N(0, I)$ whatever the label is. Kingma and others (2014) used this one for digits.

# %%
data = load_data(device=device)
num_classes, image_shape = len(data.class_names), tuple(data.train_images.shape[1:])
input_dim = math.prod(image_shape)
images, labels = data.train_images.flatten(1), data.train_labels  # (N, 784), pixels in [0, 1]
test_images, test_labels = data.test_images.flatten(1), data.test_labels
ten = torch.arange(num_classes, device=device)


def as_pictures(rows):
    """Turn rows of pixels (B, 784) back into pictures (B, 1, 28, 28)."""
    return rows.view(-1, *image_shape)


plots.show_images(
    as_pictures(images[:20]),
    titles=[data.class_names[label] for label in labels[:20]],
    caption=f"Twenty of the {len(images):,} pictures to learn from, each with its label.",
)

# %% [markdown]
# Pixels stay in [0, 1] here, because the decoder gives probabilities. (The generator of notebook 02 ended
# with tanh, and needed [-1, 1].)

# %% [markdown]
# ## 2. A code that is drawn, and a gradient all the same
#
# The encoder gives $\mu$ and $\log \sigma^2$, called `logvar`. A network may return any number, and a
# variance must be positive, so the network returns the logarithm. The standard deviation is
# $\sigma = \exp(\text{logvar} / 2)$.
#
# Then $z$ is drawn from $N(\mu, \sigma^2)$. Drawing a random number has no derivative. So how can the
# encoder learn?
#
# **Predict, then run.** Below, a decoder makes a number of a drawn code, in two ways. Which of `mu`,
# `logvar` and the decoder's weight get a gradient?

# %%
my_guess = None  # "sample: ...; rsample: ..."

# %%
set_seed(0)
print("your guess:", my_guess)
for how in ("sample", "rsample"):
    mu, logvar = torch.zeros(4, requires_grad=True), torch.zeros(4, requires_grad=True)
    decoder = nn.Linear(4, 1)
    z = getattr(Normal(mu, (logvar / 2).exp()), how)()
    F.mse_loss(decoder(z), torch.tensor([1.0])).backward()
    for name, leaf in (("mu", mu), ("logvar", logvar), ("weight", decoder.weight)):
        size = "none" if leaf.grad is None else f"{leaf.grad.norm():.3f}"
        print(f"{how:8} gradient of {name:7} {size}")

# %% [markdown]
# With `sample` the decoder learns, and the encoder gets nothing. **No error is raised**: the loss has a
# gradient, only not for the encoder.
#
# `rsample` draws $\varepsilon \sim N(0, I)$, which depends on no weight, and computes
#
# $$ z = \mu + \sigma \cdot \varepsilon . $$
#
# This is the **reparameterization trick** (Kingma and Welling 2014; Rezende and others 2014). The result
# has the same distribution, and now $\partial z / \partial \mu = 1$ and
# $\partial z / \partial \text{logvar} = \sigma \varepsilon / 2$.

# %% [markdown]
# ### Exercise 1 · The conditional VAE
#
# *Difficulty ●●● · 40 minutes · about 25 lines*
#
# Write the module `ConditionalVAE`. Each of its four methods besides `__init__` is checked by itself.
#
# - `__init__` takes `latent_dim`, `num_classes`, `hidden_dim` and `input_dim`. It keeps the first two as
#   attributes.
# - `encode(x, labels_onehot)` takes pictures `(B, input_dim)` and one-hot labels `(B, num_classes)`,
#   float32. It returns `mu` and `logvar`, each `(B, latent_dim)`. Both may be any real number, and both
#   depend on picture and label.
# - `reparameterize(mu, logvar)` returns `z`, with fresh noise in each call and for each number. The mode,
#   train or eval, makes no difference.
# - `decode(z, labels_onehot)` returns `(B, input_dim)` in [0, 1], and can come near both ends. It depends
#   on both.
# - `forward(x, labels)` takes int64 labels `(B,)`. It returns the reconstruction, `mu` and `logvar`, in
#   this order.
#
# Layers that are known to work: one hidden layer in the encoder, four in the decoder, each `nn.Linear`,
# `nn.BatchNorm1d`, `nn.ReLU` with `hidden_dim` units. After them one `nn.Linear`, and a sigmoid for the
# pixels.


# %% exercise="conditional-vae"
class ConditionalVAE(nn.Module):
    """Encode pictures of known labels, and draw pictures from codes and labels."""

    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__()
        ### BEGIN SOLUTION
        self.latent_dim, self.num_classes = latent_dim, num_classes

        def hidden(*sizes):
            for size, next_size in itertools.pairwise(sizes):
                yield from (nn.Linear(size, next_size), nn.BatchNorm1d(next_size), nn.ReLU())

        self.encoder = nn.Sequential(
            *hidden(input_dim + num_classes, hidden_dim), nn.Linear(hidden_dim, 2 * latent_dim)
        )
        self.decoder = nn.Sequential(
            *hidden(latent_dim + num_classes, *[hidden_dim] * 4),
            *(nn.Linear(hidden_dim, input_dim), nn.Sigmoid()),
        )
        ### END SOLUTION

    def encode(self, x, labels_onehot):
        """Return mu and logvar, each (B, latent_dim)."""
        ### BEGIN SOLUTION
        return self.encoder(torch.cat([x, labels_onehot], dim=1)).chunk(2, dim=1)
        ### END SOLUTION

    def reparameterize(self, mu, logvar):
        """Return z ~ N(mu, exp(logvar)), through which gradients reach mu and logvar."""
        ### BEGIN SOLUTION
        return mu + (logvar / 2).exp() * torch.randn_like(mu)
        ### END SOLUTION

    def decode(self, z, labels_onehot):
        """Return pixels (B, input_dim) in [0, 1]."""
        ### BEGIN SOLUTION
        return self.decoder(torch.cat([z, labels_onehot], dim=1))
        ### END SOLUTION

    def forward(self, x, labels):
        """Return the reconstruction, mu and logvar."""
        ### BEGIN SOLUTION
        labels_onehot = F.one_hot(labels, self.num_classes).float()
        mu, logvar = self.encode(x, labels_onehot)
        return self.decode(self.reparameterize(mu, logvar), labels_onehot), mu, logvar
        ### END SOLUTION


# %% test="conditional-vae/encode" points=11
check("conditional-vae/encode", ConditionalVAE)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("conditional-vae/encode", ConditionalVAE)
### END HIDDEN TESTS

# %% test="conditional-vae/reparameterize" points=10
check("conditional-vae/reparameterize", ConditionalVAE)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("conditional-vae/reparameterize", ConditionalVAE)
### END HIDDEN TESTS

# %% test="conditional-vae/decode" points=10
check("conditional-vae/decode", ConditionalVAE)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("conditional-vae/decode", ConditionalVAE)
### END HIDDEN TESTS

# %% test="conditional-vae/forward" points=10
check("conditional-vae/forward", ConditionalVAE)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("conditional-vae/forward", ConditionalVAE)
### END HIDDEN TESTS

# %%
hint("conditional-vae/encode")

# %% [markdown]
# The other parts have hints of their own: `hint("conditional-vae/reparameterize")`,
# `hint("conditional-vae/decode")`, `hint("conditional-vae/forward")`.
#
# A picture of what your `reparameterize` does: 130 codes for each of three pairs of `mu` and `logvar`.

# %%
set_seed(0)
means = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
logvars = torch.tensor([[0.0, 0.0], [-4.0, 0.0], [-2.0, -2.0]])
which = torch.arange(3).repeat(130)
with torch.no_grad():
    codes = ConditionalVAE(latent_dim=2).reparameterize(means[which], logvars[which])
spread = torch.stack([codes[which == k].std(dim=0) for k in range(3)])
plots.show_classes(
    {"codes": (codes, which)},
    caption="Codes for 0: mu (0, 0), logvar (0, 0); 1: mu (4, 0), logvar (-4, 0); 2: mu (0, 4), "
    "logvar (-2, -2). The standard deviations of the codes are "
    + ", ".join(f"({a:.2f}, {b:.2f})" for a, b in spread.tolist())
    + ".",
)

# %% [markdown]
# The standard deviations should be near 1, $e^{-2} = 0.14$ and $e^{-1} = 0.37$.
#
# **Why it matters.** The decoder alone is what you use to draw. The encoder is what makes it learnable.

# %% [markdown]
# ## 3. A loss in nats
#
# Minus the ELBO is the loss. It has two terms.
#
# **Reconstruction.** The decoder says that pixel $i$ is white with the probability $r_i$. Finding the pixel
# $x_i$ then costs $-x_i \log r_i - (1 - x_i) \log (1 - r_i)$ nats: the binary cross-entropy. *Sum* it over
# the pixels of a picture, because that is minus the logarithm of the product of their probabilities. Take
# the mean over the batch only.
#
# Our pixels are grey, not just 0 or 1. Then the sum is what a picture costs on average, if each of its
# pixels is set to white with a probability equal to its grey value. It cannot be 0: even the picture
# itself, used as the reconstruction, leaves the nats that are in the greys.
#
# **Kullback-Leibler divergence.** Between two normal distributions there is a formula. Against $N(0, I)$:
#
# $$ \mathrm{KL} = \tfrac{1}{2} \sum_j \big( \mu_j^2 + \sigma_j^2 - 1 - \log \sigma_j^2 \big) $$
#
# On average over the pictures, it is at least the number of nats that the code tells about a picture of its
# class.

# %%
floor = F.binary_cross_entropy(images, images, reduction="sum") / len(images)
grey = images.mean(dim=0).expand_as(images)
class_means = torch.stack([images[labels == k].mean(dim=0) for k in range(num_classes)])
print(f"drawn as it is, a picture costs {floor:.1f} nats on average")
for name, guess in (("all pictures", grey), ("its class", class_means[labels])):
    blind = F.binary_cross_entropy(guess, images, reduction="sum") / len(images)
    print(f"drawn as the mean of {name}, {blind:.1f} nats")

# %% [markdown]
# So no model can get below 107 nats here, and one that knows nothing but the label stays near 150. What a
# code can save lies between.

# %% [markdown]
# ### Exercise 2 · The loss
#
# *Difficulty ●●○ · 15 minutes · about 6 lines*
#
# Write two functions.
#
# - `kl_divergence(mu, logvar)` takes two `(B, Z)` and returns `(B,)`: the formula above, one number for
#   each picture.
# - `cvae_loss(reconstruction, original, mu, logvar, kl_weight=1.0)` returns a scalar: the mean over the
#   batch of the binary cross-entropy, summed over pixels, plus `kl_weight` times the divergence. It is
#   finite also where the reconstruction is exactly 0 or 1. `F.binary_cross_entropy` takes care of that.


# %% exercise="cvae-loss"
def kl_divergence(mu, logvar):
    """Return KL(N(mu, exp(logvar)) || N(0, I)) in nats, (B,)."""
    ### BEGIN SOLUTION
    return (mu.square() + logvar.exp() - 1 - logvar).sum(dim=1) / 2
    ### END SOLUTION


def cvae_loss(reconstruction, original, mu, logvar, kl_weight=1.0):
    """Return the negative ELBO in nats, mean over the batch; the KL term is weighted."""
    ### BEGIN SOLUTION
    cross_entropy = F.binary_cross_entropy(reconstruction, original, reduction="none").sum(dim=1)
    return (cross_entropy + kl_weight * kl_divergence(mu, logvar)).mean()
    ### END SOLUTION


# %% test="cvae-loss/kl" points=7
check("cvae-loss/kl", kl_divergence)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("cvae-loss/kl", kl_divergence)
### END HIDDEN TESTS

# %% test="cvae-loss/loss" points=7
check("cvae-loss/loss", cvae_loss)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("cvae-loss/loss", cvae_loss)
### END HIDDEN TESTS

# %%
hint("cvae-loss/kl")

# %% [markdown]
# `hint("cvae-loss/loss")` is the other one. Now your divergence beside the one of `torch.distributions`,
# which knows many pairs of distributions, and its two parts: how it grows as the mean moves away from 0,
# and as the standard deviation moves away from 1.

# %%
set_seed(0)
mu, logvar = torch.randn(1000, 8), torch.randn(1000, 8)
library = torch.distributions.kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0))
error = (kl_divergence(mu, logvar) - library.sum(dim=1)).abs().max().item()
print(f"largest difference from torch.distributions: {error:.0e} nats" if error > 1e-4 else "equal")

x = torch.linspace(-3, 1, 81)
zero = torch.zeros(len(x), 1)
by_mean, by_spread = kl_divergence(x[:, None], zero), kl_divergence(zero, 2 * x[:, None])
plots.show_curves(
    {"one number of the code": {"x = mu": by_mean.tolist(), "x = log std": by_spread.tolist()}},
    xlabel="x",
    ylabel="KL in nats",
    x=x.tolist(),
    caption=f"KL in nats of one number of the code, the other parameter being 0. At mu = -3 it is "
    f"{by_mean[0]:.1f}; at log std = -3 (std 0.05) {by_spread[0]:.1f}, at log std = 1 (std 2.7) "
    f"{by_spread[-1]:.1f}.",
)

# %% [markdown]
# Precision has its price: a standard deviation of 0.05 costs 2.5 nats. A code that says nothing, with mean
# 0 and standard deviation 1, costs nothing. The encoder pays for a number in the code only if the decoder
# saves more with it.
#
# **Why it matters.** Take the mean over the pixels instead of the sum, and the divergence weighs 784 times
# more. You would then see what section 9 shows.

# %% [markdown]
# ## 4. Train it
#
# ### Exercise 3 · One training step
#
# *Difficulty ●●○ · 10 minutes · about 7 lines*
#
# Write `train_step(model, optimizer, images, labels, kl_weight=1.0)`. It does one optimizer step on
# `cvae_loss` in training mode, and returns that loss, before the step, as a Python float. Gradients of
# earlier calls must not be in it. `images` are `(B, 784)`, `labels` int64 `(B,)`.


# %% exercise="cvae-step"
def train_step(model, optimizer, images, labels, kl_weight=1.0):
    """Do one step on the loss, and return the loss before it."""
    ### BEGIN SOLUTION
    model.train()
    optimizer.zero_grad()
    reconstruction, mu, logvar = model(images, labels)
    loss = cvae_loss(reconstruction, images, mu, logvar, kl_weight)
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION


# %% test="cvae-step" points=8
check("cvae-step", train_step)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("cvae-step", train_step)
### END HIDDEN TESTS

# %%
hint("cvae-step")

# %% [markdown]
# The recipe: batches of 360, Adam, and a learning rate that rises to 0.03 in the first twentieth of the
# steps and falls to nearly 0 by the end. The deep decoder bears such a high rate only with batch
# normalization. `kl_weight(step)` gives the weight of the divergence; it is 1 for now.
#
# After each epoch `negative_elbo` measures the two terms on the test pictures, which are not trained on.

# %%
latent_dim, hidden_dim = 16, 192
num_epochs = 240 if data.name == "digits" else 40


def make_optimizer(model, num_steps, lr=0.03):
    """Return Adam, and the schedule of its learning rate."""
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, num_steps, pct_start=0.05, cycle_momentum=False
    )


# %%
def train_cvae(
    model, labels, num_epochs, kl_weight=lambda step: 1.0, lr=0.03, batch_size=360, watch=None
):
    """Train on all pictures, under these labels; return the history."""
    batches = Batches(images, labels, batch_size=batch_size)
    optimizer, schedule = make_optimizer(model, num_epochs * len(batches), lr)
    steps = itertools.count()

    def step(x, y):
        loss = train_step(model, optimizer, x, y, kl_weight(next(steps)))
        schedule.step()
        return loss

    return fit(step, batches, num_epochs, "CVAE", watch)


# %% [markdown]
# **Predict, then run.** The total goes down. What do its two terms do: do both fall?

# %%
my_guess = None  # "reconstruction ..., KL ..."


# %%
def watch(_):
    """Return the two terms and their sum on the test pictures."""
    return negative_elbo(cvae, test_images, test_labels)._asdict()


# %% tags=["training"]
set_seed(0)
cvae = ConditionalVAE(latent_dim, num_classes, hidden_dim, input_dim).to(device)
history = train_cvae(cvae, labels, num_epochs, watch=watch)

# %% tags=["training"]
print("your guess:", my_guess)


def without_start(values):
    """Leave out the first epochs, up to four, which are far above the others."""
    out = min(4, len(values) // 4)
    return [math.nan] * out + values[out:]


late = {name: without_start(history[name]) for name in ("total", "reconstruction")}
plots.show_curves(
    {"after the first epochs": late, "from the start": {"KL": history["kl"]}},
    xlabel="epoch",
    ylabel="nats",
    caption=f"Nats per test picture. After {len(history['kl'])} epochs the total is "
    f"{history['total'][-1]:.1f}: reconstruction {history['reconstruction'][-1]:.1f}, KL "
    f"{history['kl'][-1]:.1f}. The KL was {max(history['kl']):.1f} at its highest.",
)

# %% [markdown]
# The reconstruction falls. The divergence does not. It starts near 0 and shoots up, as the decoder begins
# to read the code. It comes down again to about 5, because a rough code costs more than it saves. Then it
# rises slowly and **settles** near 6.5: the code tells more, up to where one more nat in the code saves
# just one nat in the picture. So do not wait for the KL to go to 0. That would be a bad sign.

# %% tags=["training"]
print("training pictures:", negative_elbo(cvae, images, labels))

# %% [markdown]
# On the pictures that it learned from, the model needs about nine nats fewer than on test pictures.
# It has learned a part of them by heart.
#
# A look at what the model does with test pictures: encode, and draw again from `mu`.

# %% tags=["training"]
shown = torch.stack([(test_labels == k).nonzero()[0, 0] for k in range(num_classes)])


@torch.no_grad()
def reconstruct(model, x, labels, drawn_as=None):
    """Encode pictures under their labels, and decode mu under `drawn_as`, by default the same."""
    mu, _ = encode_all(model, x, labels)
    drawn_as = labels if drawn_as is None else drawn_as
    return model.eval().decode(mu, F.one_hot(drawn_as, model.num_classes).float())


restored = reconstruct(cvae, test_images[shown], test_labels[shown])
error = (restored - test_images[shown]).abs().mean()
plots.show_images(
    as_pictures(torch.cat([test_images[shown], restored])),
    titles=[row if k == 0 else "" for row in ("real", "restored") for k in range(num_classes)],
    columns=num_classes,
    caption=f"Test pictures, and what is restored from {latent_dim} numbers and the label. A pixel "
    f"is off by {error:.3f} on average.",
)

# %% [markdown]
# ### Exercise 4 · How much of the code is used
#
# *Difficulty ●○○ · 5 minutes · about 1 line*
#
# Some numbers in the code stay silent: their `mu` is nearly the same for all pictures, and costs nothing.
# Burda and others (2016) call a number of the code *active* if the variance of its `mu` over the data
# exceeds 0.01.
#
# Write `active_units(mu, threshold=0.01)` for `mu` `(N, Z)`. It returns how many are active, as an int.


# %% exercise="active-units"
def active_units(mu, threshold=0.01):
    """Return how many latent dimensions have a variance of mu above the threshold."""
    ### BEGIN SOLUTION
    return int((mu.var(dim=0) > threshold).sum())
    ### END SOLUTION


# %% test="active-units" points=6
check("active-units", active_units)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("active-units", active_units)
### END HIDDEN TESTS

# %%
hint("active-units")

# %% tags=["training"]
mu, logvar = encode_all(cvae, images, labels)
posterior = Normal(mu, (logvar / 2).exp())
nats = torch.distributions.kl_divergence(posterior, Normal(0.0, 1.0)).mean(dim=0)
print(f"{active_units(mu)} of {latent_dim} units are active")
plots.show_bars(
    {"mean KL": nats.tolist(), "variance of mu": mu.var(dim=0).tolist()},
    names=range(latent_dim),
    xlabel="number in the code",
    ylabel="nats, or variance",
)

# %% [markdown]
# The silent ones are no failure. Another number would cost more nats than it saves, so it is left at
# $N(0, 1)$, for free.

# %% [markdown]
# ## 5. Digits on demand
#
# ### Exercise 5 · Draw what is asked for
#
# *Difficulty ●○○ · 10 minutes · about 9 lines*
#
# Write `generate(model, labels)`. The encoder is not needed now: draw $z \sim N(0, I)$ and decode it.
#
# - `labels` is int64 `(B,)`, in any order. Return `(B, 784)`, one drawing for each entry, each from a code
#   of its own. `model.latent_dim` and `model.num_classes` tell the sizes.
# - No gradient is taken. The model draws in eval mode, and is afterwards in the mode in which it came, also
#   when it raises an error.


# %% exercise="cvae-generate"
def generate(model, labels):
    """Return one drawing (784 pixels) for each label, without gradients."""
    ### BEGIN SOLUTION
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            z = torch.randn(len(labels), model.latent_dim, device=labels.device)
            return model.decode(z, F.one_hot(labels, model.num_classes).float())
    finally:
        model.train(training)
    ### END SOLUTION


# %% test="cvae-generate" points=9
check("cvae-generate", generate)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("cvae-generate", generate)
### END HIDDEN TESTS

# %%
hint("cvae-generate")

# %% [markdown]
# Ask for the even digits only, and for a single seven.

# %% tags=["training"]
set_seed(1)
even = torch.arange(0, num_classes, 2, device=device).repeat(4)
drawn = torch.cat([generate(cvae, even[:-1]), generate(cvae, torch.tensor([7], device=device))])
plots.show_images(
    as_pictures(drawn),
    titles=[data.class_names[label] for label in [*even[:-1], 7]],
    caption="Nineteen drawings of even digits, and one 7.",
)

# %% [markdown]
# Then 500 of each, and a judge: the small classifier that comes with the course, trained on real
# digits. The three numbers are those of notebook 02: how often the judge sees the digit that was
# asked for; the Fréchet distance per class, in *floors* (1 floor is as near as real pictures are to
# other real pictures); and the diversity within a class. If you skipped notebook 02: the Fréchet
# distance compares two sets of pictures by the mean and the covariance of what the judge sees in
# them, its *features*. It is small if the two sets are alike.

# %% tags=["training"]
judge = load_judge(data)
meter = QualityMeter(data, judge)


def draw(labels):
    """Draw pictures (B, 1, 28, 28) with the trained model."""
    return as_pictures(generate(cvae, labels))


set_seed(0)
asked = ten.repeat(500)
print(
    f"the judge agrees with {(judge(draw(asked)).argmax(1) == asked).float().mean():.1%} of 5,000"
)
quality = meter(draw)
print("test pictures:", meter.real)
print("your CVAE:    ", quality)

# %% [markdown]
# Nearly all drawings are the digit that was asked for, and they are about as near to real pictures as the
# GAN's of notebook 02. Drawings of one class differ less than real ones. Section 9 says why.

# %% [markdown]
# Two things are under your control, the code and the label. **Predict, then look.** Each row below holds
# one code under ten labels. What will a row have in common?

# %%
my_guess = None

# %% tags=["training"]
print("your guess:", my_guess)
set_seed(3)
with torch.no_grad():
    z = torch.randn(4, latent_dim, device=device).repeat_interleave(num_classes, dim=0)
    grid = cvae.decode(z, F.one_hot(ten.repeat(4), num_classes).float())
plots.show_images(
    as_pictures(grid),
    titles=[*data.class_names, *[""] * 3 * num_classes],
    columns=num_classes,
    caption="Four codes, one in each row, under all ten labels.",
)

# %% [markdown]
# The label decides on the digit, the code on the style. In a row, slant and width are often alike. Nobody
# told the model what slant is, or to use the same numbers for it in all classes.
#
# And the other way round, in a row with one label: ten codes.

# %% tags=["training"]
set_seed(4)
asked = torch.tensor([2] * 10 + [5] * 10, device=device)
drawn = generate(cvae, asked)
apart = torch.stack([torch.pdist(drawn[asked == k]).mean() for k in (2, 5)])
plots.show_images(
    as_pictures(drawn),
    titles=[data.class_names[label] for label in asked],
    caption="Ten codes under the label 2, and ten under the label 5. Two pictures of a row are "
    f"{apart[0]:.1f} and {apart[1]:.1f} apart on average.",
)

# %% [markdown]
# Explore it yourself: choose a class, and move along the two directions of the code that change the
# pictures most. The figure shows one of them for all classes.

# %% tags=["training"]
explore(
    cvae,
    latent_dim,
    data.class_names,
    draw=lambda z, labels: as_pictures(cvae.decode(z, F.one_hot(labels, num_classes).float())),
)

# %% [markdown]
# The weights are kept for notebook 05.

# %% tags=["training"]
save_weights(cvae, saved_folder() / f"03_cvae_{data.name}.safetensors")

# %% [markdown]
# ## 6. What each half gains from the label
#
# Why tell both networks? Take the label away from one of them, and see. `Unlabelled` wraps a model, and
# gives its encoder or its decoder zeros in place of the one-hot label.


# %%
class Unlabelled(nn.Module):
    """A CVAE, one half of which is not told the label."""

    def __init__(self, model, half):
        super().__init__()
        self.model, self.half = model, half
        self.latent_dim, self.num_classes = model.latent_dim, model.num_classes
        self.reparameterize = model.reparameterize

    def encode(self, x, onehot):
        """Return mu and logvar."""
        return self.model.encode(x, onehot * (self.half != "encoder"))

    def decode(self, z, onehot):
        """Return pixels."""
        return self.model.decode(z, onehot * (self.half != "decoder"))

    def forward(self, x, labels):
        """Return the reconstruction, mu and logvar."""
        onehot = F.one_hot(labels, self.num_classes).float()
        mu, logvar = self.encode(x, onehot)
        return self.decode(self.reparameterize(mu, logvar), onehot), mu, logvar


# %% [markdown]
# **Predict, then run.** Without the label in one half, one of the two models below still draws what you ask
# for. Which one? And which of the two needs more nats for a picture?

# %%
my_guess = None  # "draws: ...; needs more nats: ..."

# %% tags=["training"]
print("your guess:", my_guess)
for half in ("none", "encoder", "decoder"):
    set_seed(0)
    model = ConditionalVAE(latent_dim, num_classes, hidden_dim, input_dim).to(device)
    model = Unlabelled(model, half)
    train_cvae(model, labels, num_epochs // 4)
    elbo = negative_elbo(model, test_images, test_labels)
    drawn = as_pictures(generate(model, ten.repeat(50)))
    agreed = (judge(drawn).argmax(1) == ten.repeat(50)).float().mean()
    print(f"not told: {half:7} {elbo}, accuracy {agreed:.3f}")

# %% [markdown]
# - **The decoder that is not told** cannot draw what you ask for. The class has to travel through the code,
#   and the KL shows it: it is about four nats higher. (The class alone is worth $\log 10 = 2.3$ nats.) In
#   all, a picture costs two to three nats more. Such a model is nearly a plain VAE.
# - **The encoder that is not told** does little harm, about half a nat. It can see the class in the
#   picture. The code still does not *need* the class, because the decoder knows it. (If a picture could be
#   a 1 or a 7, the label would tell the encoder which code to choose. With digits that is rare.)
#   The accuracy falls a little, in our run from 0.99 to 0.96: the code may keep some more of the
#   class, and then it does not fit every label. Much of this fall is chance, because each model draws
#   only 500 pictures here. With 5,000 each, and over three seeds, we found 0.98 and 0.97 on average.
#
# So the decoder is what must be told. The encoder should be, because the right codes $p(z \mid x, y)$
# depend on it.
#
# With both told, you can encode a picture under its own label, and draw the code under another one.

# %% tags=["training"]
mu, _ = encode_all(cvae, test_images, test_labels)
number = mu.var(dim=0).argmax()  # in this number of the code, the two pictures are far apart
ranked, twentieth = mu[:, number].argsort(), len(mu) // 20
source = ranked[[twentieth, -twentieth]]  # not the ends: they are unlike all others
x, y = (t[source].repeat_interleave(num_classes, dim=0) for t in (test_images, test_labels))
drawn = reconstruct(cvae, x, y, drawn_as=ten.repeat(2))
rows = torch.cat([test_images[source][:, None], drawn.view(2, num_classes, -1)], dim=1)
kept = (judge(as_pictures(drawn)).argmax(1) == ten.repeat(2)).sum()
names = data.class_names
plots.show_images(
    as_pictures(rows.flatten(0, 1)),
    titles=[t for k in test_labels[source] for t in (f"real {names[k]}", *names)],
    columns=num_classes + 1,
    caption="Two test pictures with unlike codes, and their codes drawn under all ten labels. The "
    f"judge sees the label that was asked for in {kept} of 20.",
)

# %% [markdown]
# The style goes with the code, the digit with the label. One source is narrow and heavy, the other
# wide and fine, and so are the rows. In our run each digit of the first row is narrower than the
# one below it, and nearly all have a thicker stroke. A *wrong* label at the decoder does not give
# the old picture with an error. It gives another digit in a similar hand.

# %% [markdown]
# ## 7. How long should the code be?
#
# **Predict, then run.** Three models with codes of 2, 16 and 64 numbers. Which has the most active units?
# Which restores pictures best?

# %%
my_guess = None

# %% tags=["training"]
print("your guess:", my_guess)
sizes = {}
for size in (2, 16, 64):
    set_seed(0)
    sizes[size] = ConditionalVAE(size, num_classes, hidden_dim, input_dim).to(device)
    train_cvae(sizes[size], labels, num_epochs // 2)
for size, model in sizes.items():
    elbo = negative_elbo(model, test_images, test_labels)
    mu, _ = encode_all(model, images, labels)
    drawn = as_pictures(generate(model, labels))
    print(f"{size} numbers, {active_units(mu)} active: {elbo}")
    print(" ", meter.measure(drawn, labels))

# %% tags=["training"]
restored = [reconstruct(model, test_images[shown], test_labels[shown]) for model in sizes.values()]
plots.show_images(
    as_pictures(torch.cat([test_images[shown], *restored])),
    titles=["real" if k == 0 else "" for k in range(num_classes)]
    + [f"{size} numbers" if k == 0 else "" for size in sizes for k in range(num_classes)],
    columns=num_classes,
    caption="Test pictures, and what is restored from codes of 2, 16 and 64 numbers.",
)

# %% [markdown]
# Two numbers are too few: the reconstruction costs eight nats more. What does not fit into the code is
# averaged over. The code of 64 counts the most active units, but only a few of them vary much. The others
# vary just enough to be counted. It restores pictures no better than the code of 16.
#
# A code of two numbers can be drawn. On the left the codes of the CVAE with two numbers. On the right those
# of a plain VAE: it is a CVAE with a single class, so its label says nothing.

# %% tags=["training"]
set_seed(0)
one_class = torch.zeros_like(labels)
vae = ConditionalVAE(2, 1, hidden_dim, input_dim).to(device)
train_cvae(vae, one_class, num_epochs // 2)
codes = {
    "CVAE": encode_all(sizes[2], images, labels)[0],
    "VAE": encode_all(vae, images, one_class)[0],
}
middles = {
    name: torch.stack([mu[labels == k].mean(dim=0) for k in range(num_classes)])
    for name, mu in codes.items()
}
plots.show_classes(
    {name: (mu, labels) for name, mu in codes.items()},
    caption="Codes (mu) of pictures, each drawn as the number of its class. The middles of two "
    "classes are apart by "
    + ", ".join(f"{torch.pdist(m).mean():.2f} ({name})" for name, m in middles.items())
    + " on average.",
)

# %% [markdown]
# The VAE must write the class into its code, so most classes get a place of their own, and some more than
# one. To draw a 7 you would have to find the sevens first. In the CVAE all classes share the whole plane:
# any code serves for any digit. That is what makes `generate` work.
#
# Try it: change the sizes and the numbers of epochs above, and run the cells again.

# %% [markdown]
# ## 8. What the code knows about the label
#
# Does the code of a CVAE hold *nothing* about the label? You can ask: try to read the class from `mu`. A
# simple reader takes the mean code of each class, and says for each picture which mean is nearest.
#
# ### Exercise 6 · Read the class from the code
#
# *Difficulty ●●○ · 15 minutes · about 6 lines*
#
# Write `nearest_class_mean_accuracy(mu, labels, num_classes)`.
#
# - `mu` is `(N, Z)`, `labels` int64 `(N,)`. Take the mean of each class, over these same data.
# - Return, as a float, how often the nearest mean (Euclidean) is that of the own class.
# - A class that does not occur in `labels` has no mean, and is never the nearest.


# %% exercise="label-information"
def nearest_class_mean_accuracy(mu, labels, num_classes):
    """Return how often the nearest class mean is that of the own class."""
    ### BEGIN SOLUTION
    present = labels.unique()
    means = torch.stack([mu[labels == k].mean(dim=0) for k in present])
    nearest = present[torch.cdist(mu, means).argmin(dim=1)]
    return (nearest == labels).float().mean().item()
    ### END SOLUTION


# %% test="label-information" points=7
check("label-information", nearest_class_mean_accuracy)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("label-information", nearest_class_mean_accuracy)
### END HIDDEN TESTS

# %%
hint("label-information")

# %% [markdown]
# **Predict, then run.** Chance would be about 10 %. What will the reader reach for a plain VAE, for your
# CVAE, and for a CVAE that was trained for 20 epochs only?

# %%
my_guess = None  # three shares: VAE, CVAE, CVAE of 20 epochs

# %% tags=["training"]
print("your guess:", my_guess)
set_seed(0)
long_vae = ConditionalVAE(latent_dim, 1, hidden_dim, input_dim).to(device)
train_cvae(long_vae, one_class, num_epochs // 2)
early = ConditionalVAE(latent_dim, num_classes, hidden_dim, input_dim).to(device)
train_cvae(early, labels, num_epochs // 12)
print("VAE: ", negative_elbo(long_vae, test_images, torch.zeros_like(test_labels)))
print("CVAE:", negative_elbo(sizes[16], test_images, test_labels), "(trained as long)")
codes = {
    "VAE": encode_all(long_vae, images, one_class)[0],
    f"CVAE, {num_epochs // 12} epochs": encode_all(early, images, labels)[0],
    f"CVAE, {num_epochs} epochs": encode_all(cvae, images, labels)[0],
}

# %% [markdown]
# This CVAE is the one of 16 numbers in section 7, and yet its nats are not quite the same.
# `negative_elbo` draws one code for each picture, so its reconstruction differs a little from call
# to call.

# %% tags=["training"]
shuffled = labels[torch.randperm(len(labels), device=device)]
read = {name: nearest_class_mean_accuracy(mu, labels, num_classes) for name, mu in codes.items()}
chance = [nearest_class_mean_accuracy(mu, shuffled, num_classes) for mu in codes.values()]
plots.show_bars(
    {"class read from mu": [*read.values()], "from mu, labels shuffled": chance},
    names=[*codes],
    xlabel="model",
    ylabel="Accuracy of the reader",
)

# %% [markdown]
# The VAE has to write the class into its code. The young CVAE has a good deal of it there, too, though it
# need not. The trained one is at chance. So has it got rid of the label?

# %% [markdown]
# Not so fast. This reader knows only one mean per class. A reader that finds nothing does not prove that
# there is nothing to find. Here is a stronger one: a random forest, which is trained on four fifths of the
# codes and tested on the others, in turn.

# %% tags=["training"]
rows = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))[:1500]
forest = RandomForestClassifier(50, random_state=0)
for name, mu in codes.items():
    x = mu[rows].cpu().numpy()
    read, chance = (
        cross_val_score(forest, x, y[rows].cpu().numpy()).mean() for y in (labels, shuffled)
    )
    print(f"{name:17} class read by a forest: {read:.2f}  (labels shuffled: {chance:.2f})")

# %% [markdown]
# To the forest, the young CVAE's code says nearly as much about the class as the VAE's. The trained one's
# says far less, but it is **not at chance**. Something leaks. Does the KL term not forbid it? Averaged over
# the pictures of a class, that term has two parts: what the code tells about the picture, and how far the
# codes of the class, all together, are from $N(0, I)$ (Hoffman and Johnson, 2016). So a class whose codes
# crowd in a corner costs nats, and much of the label goes away in training. But a price is not a ban. Where
# crowding saves more nats in the pictures than it costs, or where training has not come far enough, the
# label stays. The KL term makes leakage expensive. It does not *prevent* it.
#
# What is the harm? If the sevens live in one corner of the code, then codes from $N(0, I)$ under the label
# 7 are often codes that the decoder has never seen with a seven. In the trained model there is little harm,
# as the accuracy and the distance of section 5 say.
#
# **Why it matters.** Whoever needs a code *without* the label, for fairness say, has to measure it with a
# good reader, and to add a term to the loss.

# %% [markdown]
# ## 9. What goes wrong
#
# ### Posterior collapse
#
# At the start of training the code is noise to the decoder, so the decoder learns to draw the mean of a
# class without looking at it. Meanwhile the KL term pulls every code towards $N(0, I)$. If it wins before
# the decoder starts to read, then there is nothing to be read any more: the encoder gets no reason to
# write. This is **posterior collapse**: the posterior $q(z \mid x, y)$ is the prior, and all pictures of a
# class are the same.
#
# Bowman and others (2016) found a remedy: begin with the weight 0 for the KL term, and let it grow. The
# code is in use by the time it has to be paid for.
#
# ### Exercise 7 · Let the weight grow
#
# *Difficulty ●○○ · 10 minutes · about 5 lines*
#
# Write `kl_weight_at(step, warmup_steps, final=1.0)`. It returns a float: 0 at step 0, then linear, `final`
# at `warmup_steps` and ever after. With `warmup_steps` 0 it is `final` from the start. A negative `step` or
# `warmup_steps` raises `ValueError`, with a sentence that says what was wrong.


# %% exercise="kl-annealing"
def kl_weight_at(step, warmup_steps, final=1.0):
    """Return the weight of the KL term at a step."""
    ### BEGIN SOLUTION
    if step < 0 or warmup_steps < 0:
        raise ValueError(f"Steps cannot be negative; got {step} of {warmup_steps}.")
    if step >= warmup_steps:
        return float(final)
    return final * step / warmup_steps
    ### END SOLUTION


# %% test="kl-annealing" points=7
check("kl-annealing", kl_weight_at)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("kl-annealing", kl_weight_at)
### END HIDDEN TESTS

# %%
hint("kl-annealing")

# %% [markdown]
# A picture of your schedule, for three warm-ups.

# %%
weights = {
    "warm-up 60, final 1": [kl_weight_at(step, 60) for step in range(121)],
    "warm-up 100, final 2": [kl_weight_at(step, 100, final=2.0) for step in range(121)],
    "no warm-up, final 0.5": [kl_weight_at(step, 0, final=0.5) for step in range(121)],
}
plots.show_curves(
    {"weight of the KL term": weights},
    xlabel="step",
    x=range(121),
    caption="The weight by step. At step 30: "
    + ", ".join(f"{values[30]:.2f} ({name})" for name, values in weights.items())
    + ".",
)

# %% [markdown]
# A deep decoder without batch normalization collapses easily. The next cells show it. They make a
# new model of your class, take the batch normalization out of it, lower the learning rate to what
# such a model bears, and weight the KL term with 2. Smaller batches make up for the small steps.
# You need not change anything.
#
# There is one exception. A decoder with one hidden layer only is protected from collapse. If yours
# has one, give it four in exercise 1, and run the notebook again from there.
#
# **Predict, then run.** The same model and the same final weight, with and without a slow start. What will
# the drawings look like?

# %%
my_guess = None


# %%
def without_batch_norm(model):
    """Replace each batch normalization of `model` by nothing."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm1d):
                setattr(module, name, nn.Identity())
    return model


def fragile_run(kl_weight):
    """Train a model without batch norm; return it, and its history on the test pictures."""
    set_seed(0)
    model = ConditionalVAE(latent_dim, num_classes, hidden_dim, input_dim)
    model = without_batch_norm(model).to(device)

    def watch(_):
        return negative_elbo(model, test_images, test_labels)._asdict()

    options = {"lr": 0.003, "batch_size": 64, "watch": watch}
    return model, train_cvae(model, labels, num_epochs // 6, kl_weight, **options)


# %% tags=["training"]
total_steps = num_epochs // 6 * len(Batches(images, batch_size=64))
schedules = {
    "weight 2 at once": lambda step: 2.0,
    "annealed to 2": lambda step: kl_weight_at(step, total_steps // 2, final=2.0),
}
runs = {name: fragile_run(kl_weight) for name, kl_weight in schedules.items()}

# %% tags=["training"]
print("your guess:", my_guess)
active = {
    name: active_units(encode_all(model, images, labels)[0]) for name, (model, _) in runs.items()
}
plots.show_curves(
    {
        title: {name: without_start(history[term]) for name, (_, history) in runs.items()}
        for title, term in (("KL", "kl"), ("reconstruction", "reconstruction"))
    },
    xlabel="epoch",
    ylabel="nats",
    caption="Nats per test picture, after the first epochs. At the end: "
    + "; ".join(
        f"{name}: KL {history['kl'][-1]:.2f}, reconstruction {history['reconstruction'][-1]:.1f}, "
        f"{active[name]} active units"
        for name, (_, history) in runs.items()
    )
    + ".",
)

# %% tags=["training"]
for name, (model, _) in runs.items():
    quality = meter.measure(as_pictures(generate(model, labels)), labels)
    asked = torch.tensor([4] * 10 + [7] * 10, device=device)
    plots.show_images(
        as_pictures(generate(model, asked)),
        titles=[data.class_names[label] for label in asked],
        caption=f"{name}: ten drawings for the label 4, ten for 7. All ten labels: {quality}.",
    )

# %% [markdown]
# Without the slow start the KL falls to about 0, and in most runs it stays there. (With another seed it may
# come back a little.) Then the reconstruction stops near the loss of the class means, 150, and all drawings
# of a digit are nearly the same. The judge is content, by the way: accuracy alone does not see it. With the
# slow start the code is in use, though sparingly.
#
# Annealing only helps the model to *get* to a good place. If the final weight is high, the best place
# itself has little information in the code, and no schedule changes that.

# %% [markdown]
# ### Blur
#
# Each pixel is a probability. Where the code leaves open whether a stroke runs here or one pixel further
# left, the decoder's best answer is a grey in both places. This is the average of possible pictures, and
# averages are blurred. A measure of it: how steep the edges are, compared with those of real pictures.

# %% tags=["training"]
real_sharpness = sharpness(data.train_images)
for size, model in sizes.items():
    drawn = as_pictures(generate(model, labels))
    print(f"a code of {size:2}: sharpness {sharpness(drawn) / real_sharpness:.0%} of real")

# %% [markdown]
# The code of 2 leaves the most open, and its drawings are the least sharp. These digits are small and
# smooth, so little sharpness is lost. On photographs blur is what you see first.


# %% [markdown]
# ### Pixels in the wrong range
#
# Notebook 02 had its pixels in [-1, 1]. What if you forget to move them back? The cross-entropy has a
# meaning only for targets in [0, 1].
#
# **Predict, then run.** Two ways to compute it, and targets of −1. Which of them complains?

# %%
my_guess = None

# %%
print("your guess:", my_guess)
wrong_images = (images[:4] * 2 - 1).cpu()  # an error on a GPU would spoil it for all later cells
logits = torch.zeros_like(wrong_images)
try:
    print("BCE:", F.binary_cross_entropy(logits.sigmoid(), wrong_images).item())
except RuntimeError as error:
    print("BCE: RuntimeError:", error)
for depth in (0.0, -10.0, -100.0):
    loss = F.binary_cross_entropy_with_logits(logits + depth, wrong_images)
    print(f"BCE with logits: all logits {depth:6}, loss {loss:.2f}")

# %% [markdown]
# `F.binary_cross_entropy` refuses. The version on logits computes on, and for a target of −1 its loss is
# $\log(1 + e^l) + l$, which **has no minimum**: the more negative the logit, the better. The loss falls
# below 0, for ever, which looks like splendid progress. A cross-entropy is never negative, so a negative
# one is a mistake in the data.
#
# The helpers of this course refuse such pictures in so many words:

# %%
try:
    negative_elbo(cvae, wrong_images, labels[:4].cpu())
except ValueError as error:
    print(*str(error).split("; "), sep=";\n")

# %% [markdown]
# ## 10. Two conditions: the digit and its stroke
#
# A condition need not be given with the data. You can *measure* one. How thick is the stroke of a digit?
# The helper `stroke_thickness` thins each stroke to its middle line, the *skeleton*, and takes twice the
# mean distance from there to the background, in pixels.

# %%
thickness = stroke_thickness(data.train_images)
by_thickness = thickness.argsort()
some = by_thickness[torch.linspace(0, len(thickness) - 1, 20).long().to(device)]
plots.show_images(
    data.train_images[some],
    titles=[f"{value:.1f}" for value in thickness[some]],
    caption="Twenty pictures from the thinnest stroke to the thickest, with their thickness.",
)

# %% [markdown]
# ### Exercise 8 · From numbers to levels
#
# *Difficulty ●●○ · 15 minutes · about 4 lines*
#
# *Quantiles* are the values that split sorted numbers into equal parts. Write
# `thickness_levels(thickness, num_levels=3)`. It cuts the numbers `(N,)` at their quantiles into levels,
# int64 `(N,)`, on the same device: 0 for the thinnest, `num_levels - 1` for the thickest.
#
# - If no two values are equal, the levels have equal counts where `num_levels` divides N. Elsewhere counts
#   differ by 2 at most.
# - Equal values share a level.
#
# `torch.quantile`, `torch.bucketize` and `torch.searchsorted` are at hand.


# %% exercise="thickness-levels"
def thickness_levels(thickness, num_levels=3):
    """Return the level of each value, between 0 and num_levels - 1."""
    ### BEGIN SOLUTION
    ordered = thickness.sort().values
    below = torch.searchsorted(ordered, thickness)  # how many are smaller: equal values agree
    return below * num_levels // len(thickness)
    ### END SOLUTION


# %% test="thickness-levels" points=8
check("thickness-levels", thickness_levels)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("thickness-levels", thickness_levels)
### END HIDDEN TESTS

# %%
hint("thickness-levels")

# %%
level_names = ("thin", "medium", "thick")
over_all, levels = thickness_levels(thickness), torch.zeros_like(labels)
for k in range(num_classes):
    levels[labels == k] = thickness_levels(thickness[labels == k])
for k in (0, 1):
    for how, cut in (("over all digits", over_all), ("within the digit", levels)):
        counts = zip(cut[labels == k].bincount(minlength=3), level_names, strict=True)
        print(f"digit {k}, cut {how:16}", ", ".join(f"{n:3} {name}" for n, name in counts))

# %% [markdown]
# A 1 in this data set is often a thick bar, a 0 a fine ring. Cut over all digits, the levels say a
# good deal about the digit, and a thin 1 does not occur, so nothing could be learned about it. Cut
# *within each digit*, all pairs of digit and level are about equally frequent. These are the levels
# that we use.

# %%
chosen = [((levels == level) & (labels == k)).nonzero()[0, 0] for level in range(3) for k in ten]
plots.show_images(
    data.train_images[torch.stack(chosen)],
    titles=[f"{thickness[row]:.1f}" for row in chosen],
    columns=num_classes,
    caption=f"Real pictures of each digit, {', '.join(level_names)}, cut within the digit. "
    "The numbers are the thickness in pixels.",
)

# %% [markdown]
# ### Exercise 9 · Two one-hot labels side by side
#
# *Difficulty ●○○ · 5 minutes · about 2 lines*
#
# Write `condition_vector(labels, levels, num_classes, num_levels)`. It returns the one-hot label and, to
# its right, that of the level: float32 `(B, num_classes + num_levels)`.


# %% exercise="multi-condition"
def condition_vector(labels, levels, num_classes, num_levels):
    """Return both one-hot labels side by side, (B, num_classes + num_levels)."""
    ### BEGIN SOLUTION
    return torch.cat([F.one_hot(labels, num_classes), F.one_hot(levels, num_levels)], dim=1).float()
    ### END SOLUTION


# %% test="multi-condition" points=6
check("multi-condition", condition_vector)
### BEGIN HIDDEN TESTS
from course_utils import grade

grade("multi-condition", condition_vector)
### END HIDDEN TESTS

# %%
hint("multi-condition")

# %%
vectors = condition_vector(torch.tensor([7, 7, 3]), torch.tensor([0, 2, 2]), num_classes, 3)
plots.show_matrices(
    {"your condition vectors": vectors},
    xlabel="place in the vector",
    ylabel="asked for",
    row_names=("7, thin", "7, thick", "3, thick"),
    caption="Ten places for the digit, three for the level. Each row holds two ones: at 7 and 10, "
    "at 7 and 12, at 3 and 12.",
)

# %% [markdown]
# Your model takes this vector where it took the one-hot label. It only has to be built for 13 conditions
# rather than 10. The parts of `forward` are put together by hand here.

# %%
num_levels = len(level_names)
set_seed(0)
two = ConditionalVAE(latent_dim, num_classes + num_levels, hidden_dim, input_dim).to(device)
batches = Batches(images, labels, levels, batch_size=360)
optimizer, schedule = make_optimizer(two, num_epochs // 2 * len(batches))


def two_condition_step(x, labels, levels):
    """Do one step on the loss, under both conditions."""
    two.train()
    condition = condition_vector(labels, levels, num_classes, num_levels)
    mu, logvar = two.encode(x, condition)
    loss = cvae_loss(two.decode(two.reparameterize(mu, logvar), condition), x, mu, logvar)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    return loss.item()


# %% tags=["training"]
two_history = fit(two_condition_step, batches, num_epochs // 2, "two conditions")


@torch.no_grad()
def draw_two(z, labels, levels):
    """Draw pictures for codes, labels and levels."""
    condition = condition_vector(labels, levels, num_classes, num_levels)
    return as_pictures(two.eval().decode(z, condition))


# %% [markdown]
# Now ask for every digit at every thickness. The first cell draws all its pictures from the same
# code. The second one draws 600 more, each from a code of its own: 20 for each pair of digit and
# level. The stroke of what was drawn is *measured again*.

# %% tags=["training"]
set_seed(0)
asked_labels, asked_levels = (
    part.flatten()
    for part in torch.meshgrid(ten, torch.arange(num_levels, device=device), indexing="ij")
)
z = torch.randn(1, latent_dim, device=device)
grid = draw_two(z.expand(len(asked_labels), -1), asked_labels, asked_levels)
by_level = grid.view(num_classes, num_levels, *image_shape).transpose(0, 1).flatten(0, 1)
plots.show_images(
    by_level,
    titles=[f"{value:.1f}" for value in stroke_thickness(by_level)],
    columns=num_classes,
    caption=f"One code, ten digits, {num_levels} levels of thickness: {', '.join(level_names)}. "
    "The numbers are the thickness measured in each drawing, in pixels.",
)

# %% tags=["training"]
asked_labels, asked_levels = asked_labels.repeat(20), asked_levels.repeat(20)
drawn = draw_two(
    torch.randn(len(asked_labels), latent_dim, device=device), asked_labels, asked_levels
)
measured = stroke_thickness(drawn)
correlations = [
    spearmanr(asked_levels[asked_labels == k].cpu(), measured[asked_labels == k].cpu()).statistic
    for k in range(num_classes)
]
agreed = (judge(drawn).argmax(1) == asked_labels).float().mean()
for level, name in enumerate(level_names):
    real, made = thickness[levels == level], measured[asked_levels == level]
    print(f"{name:6} real {real.mean():.2f} pixels, drawn {made.mean():.2f} ± {made.std():.2f}")
print(
    "rank correlation of the level asked for and the thickness drawn,\n  within a digit: "
    f"{sum(correlations) / num_classes:.2f} on average, {min(correlations):.2f} at least"
)
print(f"the judge agrees with {agreed:.1%} of the digits")

# %% [markdown]
# The control works, and here is the number that says so. With three equally frequent levels the highest
# possible rank correlation is 0.94. It would mean that each picture of a thicker level is thicker than each
# of a thinner one. In our run the 1 is the hardest: many are thick bars anyway.
#
# Explore it: class, thickness, and two directions of the code.

# %% tags=["training"]
explore(two, latent_dim, data.class_names, draw=draw_two, levels=("thickness", level_names))

# %% [markdown]
# ## 11. Beside the GAN
#
# Notebook 02 reached the same goal by a game. Which way is better? The course keeps drawings of its GAN,
# one for each training label, so the two can stand side by side, before the same judge. Two more measures
# join the three you know: the **sharpness** of section 9, and the **coverage**, the share of real pictures
# that have a drawing close by (Naeem and others, 2020).
#
# **Predict, then run.** Where does your CVAE win, and where the GAN?

# %%
my_guess = None

# %% tags=["training"]
print("your guess:", my_guess)
rows = {"real (training pictures)": data.train_images, "CVAE": draw(labels)}
if data.name == "digits":  # the only ones for which drawings were kept
    rows["GAN"] = gan_drawings(data)
for name, pictures in rows.items():
    print(f"{name}:\n  {meter.measure(pictures, labels)}")
    sharp, covered = sharpness(pictures) / real_sharpness, meter.coverage(pictures, labels)
    print(f"  sharpness {sharp:.0%} of real, coverage {covered:.0%}")
first = torch.stack([(labels == k).nonzero()[:2, 0] for k in range(num_classes)], dim=1).flatten()
plots.show_images(
    torch.cat([pictures[first] for pictures in rows.values()]),
    titles=[name.split()[0] if k == 0 else "" for name in rows for k in range(len(first))],
    columns=num_classes,
    caption=f"Two pictures of each digit from {', '.join(rows)}: two rows each.",
)

# %% [markdown]
# And how steady is the way there? Both trainings were run from five seeds, and measured ten times on the
# way. The course keeps these numbers, too. (`python -m course_tools.record_runs` makes them anew, and those
# of notebook 04. It takes about ten minutes.)

# %%
recorded = training_runs()
ends, floors = {}, {}
for name in ("GAN", "CVAE"):
    seeds = recorded[name]
    each_tenth = list(zip(*([quality.floors for quality in run] for run in seeds), strict=True))
    floors |= {f"{name}, best seed": list(map(min, each_tenth))}
    floors |= {f"{name}, worst seed": list(map(max, each_tenth))}
    ends[name] = f"{name} {min(each_tenth[-1]):.1f} to {max(each_tenth[-1]):.1f}"
plots.show_curves(
    {"distance in floors, over five seeds": floors},
    xlabel="tenths of the training",
    caption=f"The best and the worst of five seeds. At the end: {'; '.join(ends.values())}.",
)

# %% [markdown]
# | | GAN | CVAE |
# | --- | --- | --- |
# | sharpness | sharper than real: specks and hard edges count as sharp | a little blurred |
# | diversity | nearly that of real pictures | lower: what the code leaves open is averaged |
# | distance from real pictures | a little larger, on average; the seeds overlap | a little smaller, and small from early on |
# | coverage | a few real pictures have no drawing close by | nearly as good as other real pictures |
# | training | a game. The recipe of notebook 02 makes it steady. With Adam's usual momentum it failed | one loss, which says how far you are |
# | what you can ask it | for drawings | for drawings, for the code of a picture, for a bound on its probability |
#
# None wins everywhere, and no single number would have told you so. (The GAN's sharpness and coverage come
# from one set of drawings.)
#
# ## 12. Other data
#
# Change one line, `load_data("fashion-mnist", device=device)`, or set the environment variable
# `COURSE_DATASET` to `mnist` or `fashion-mnist` before you start JupyterLab. The data are downloaded once.
# For Fashion-MNIST no judge comes with the course, so one is trained at the first run, which takes some
# minutes. With 60,000 pictures, 40 epochs are trained in place of 240, which takes some minutes, too.
# Shirts, pullovers and coats differ in more ways than digits do. Predict whether more units will be active,
# and look.
#
# ## Pitfalls
#
# | What you see | What it may be |
# | --- | --- |
# | KL near 0, all drawings of a class alike | posterior collapse: anneal the weight, or mean over pixels instead of the sum |
# | loss below 0 | pixels outside [0, 1], and a cross-entropy on logits that says nothing |
# | the encoder does not learn, without an error | `sample` for `rsample`, a `detach`, or a `no_grad` |
# | reconstructions good, drawings bad | codes far from $N(0, I)$: KL weight too small, or z drawn with another spread |
# | another class than the one asked for | the label does not reach the decoder |
# | drawings differ in a batch of sevens and in a mixed one | drawn in train mode: batch statistics |
# | `logvar` taken for the standard deviation | $\sigma = \exp(\text{logvar} / 2)$ |
#
# ## Reflect
#
# Think first, then open the answer.
#
# <details><summary>1. Your KL term is 6 nats. What does this say about the code?</summary>
#
# At most 6 nats, about 9 bits, on average: that is what it tells about a picture beyond its class. It may
# be less, because the codes of all pictures together need not be $N(0, I)$.
# </details>
#
# <details><summary>2. Why is the sum over pixels right, and the mean wrong?</summary>
#
# Given the code, pixels are independent, so their probabilities are multiplied and their logarithms added.
# The mean divides the first term by 784, and leaves the second one as it is. That is a KL weight of 784.
# </details>
#
# <details><summary>3. Could you draw with the encoder's distribution instead of the prior?</summary>
#
# If you have a picture: yes, that gives variants of it. Without one there is nothing to encode.
# </details>
#
# <details><summary>4. The CVAE needs fewer nats than the VAE. How many fewer can it be at most?</summary>
#
# For the true probabilities, $\log p(x \mid y) - \log p(x) = \log p(y \mid x) - \log p(y)$, which is at
# most $\log 10 = 2.3$ nats for ten equally frequent classes. In section 8 the two differ by three to four.
# The *bounds* may differ by more, because each model falls short of its own.
# </details>
#
# <details><summary>5. Why are a VAE's drawings blurred, and a GAN's not?</summary>
#
# The cross-entropy is lowest at the average of what is possible, and the average is blurred. For a
# discriminator, a picture that is less sharp than real ones is easy to tell, so the generator learns to
# avoid it.
# </details>
#
# ## What next
#
# You built a model that draws what you ask for, with a loss that means something, and a code that you can
# read. **Notebook 04** goes back to the GAN, and lets the label in through normalization. **Notebook 05**
# sets all models side by side.
#
# **Read more**
#
# - D. Kingma, M. Welling, *Auto-encoding variational Bayes*, ICLR 2014: the bound and the trick.
# - D. Rezende, S. Mohamed, D. Wierstra, *Stochastic backpropagation and approximate inference in deep
#   generative models*, ICML 2014: the same, found independently.
# - D. Kingma, D. Rezende, S. Mohamed, M. Welling, *Semi-supervised learning with deep generative models*,
#   NeurIPS 2014: the model of this notebook, called M2 there.
# - K. Sohn, H. Lee, X. Yan, *Learning structured output representation using deep conditional generative
#   models*, NeurIPS 2015: the CVAE with a learned prior.
# - Y. Burda, R. Grosse, R. Salakhutdinov, *Importance weighted autoencoders*, ICLR 2016: active units, and
#   a tighter bound.
# - S. Bowman et al., *Generating sentences from a continuous space*, CoNLL 2016: collapse, and annealing.
# - M. Hoffman, M. Johnson, *ELBO surgery*, NeurIPS workshop on advances in approximate Bayesian inference,
#   2016: what the KL term is made of.
# - D. Castro et al., *Morpho-MNIST*, JMLR 20(178), 2019: stroke thickness, measured.
# - M. Naeem et al., *Reliable fidelity and diversity metrics for generative models*, ICML 2020: coverage.
