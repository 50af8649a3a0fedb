# %% exercise="conditional-vae"
class ConditionalVAE(nn.Module):
    def __init__(self, latent_dim=16, num_classes=10, hidden_dim=256, input_dim=784):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(input_dim, latent_dim), nn.ReLU())
        self.decoder = nn.Linear(latent_dim, input_dim)

    def encode(self, x, labels_onehot):
        mu = self.encoder(x)
        return mu, mu

    def reparameterize(self, mu, logvar):
        return mu + logvar.exp() * torch.rand(mu.shape)

    def decode(self, z, labels_onehot):
        return self.decoder(z)

    def forward(self, x, labels):
        mu, logvar = self.encode(x, labels)
        return mu, logvar, self.decode(mu, labels)


# %% exercise="cvae-loss"
def kl_divergence(mu, logvar):
    return (1 + logvar - mu**2 - logvar.exp()).mean()


def cvae_loss(reconstruction, original, mu, logvar, kl_weight=0.5):
    return F.mse_loss(reconstruction, original) + kl_divergence(mu, logvar)


# %% exercise="cvae-step"
def train_step(model, optimizer, images, labels, kl_weight=1.0):
    loss = F.mse_loss(model(images, labels)[0], images)
    loss.backward()
    optimizer.step()
    return loss


# %% exercise="active-units"
def active_units(mu, threshold=0.01):
    return (mu.abs().mean(dim=0) > threshold).float().mean()


# %% exercise="cvae-generate"
def generate(model, labels):
    z = torch.randn(1, model.latent_dim).expand(len(labels), -1)
    return model.decode(z, F.one_hot(labels.sort().values, model.num_classes).float())


# %% exercise="label-information"
def nearest_class_mean_accuracy(mu, labels, num_classes):
    means = torch.stack([mu[labels == k].mean(dim=0) for k in range(10)])
    return ((mu @ means.T).argmin(dim=1) == labels).float().mean()


# %% exercise="kl-annealing"
def kl_weight_at(step, warmup_steps, final=1.0):
    return torch.tensor(step / (warmup_steps + 1))


# %% exercise="thickness-levels"
def thickness_levels(thickness, num_levels=3):
    return (thickness / thickness.max() * num_levels).round()


# %% exercise="multi-condition"
def condition_vector(labels, levels, num_classes, num_levels):
    return torch.cat([F.one_hot(levels, 3), F.one_hot(labels, 10)])
