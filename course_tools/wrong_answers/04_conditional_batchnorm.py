# %% exercise="conditional-batchnorm-1d"
class ConditionalBatchNorm1d(nn.Module):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        self.norm = nn.BatchNorm1d(num_features)
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.both = nn.Linear(embedding_dim, 2 * num_features)

    def forward(self, x, labels):
        gamma, beta = self.both(self.embedding(labels)).chunk(2, dim=1)
        return gamma * self.norm(x) + beta


# %% exercise="conditional-batchnorm-2d"
class ConditionalBatchNorm2d(nn.Module):
    def __init__(self, num_features, num_classes):
        super().__init__()
        self.norm = nn.InstanceNorm2d(num_features)
        self.gamma = nn.Embedding(num_classes, num_features)
        self.beta = nn.Embedding(num_classes, num_features)

    def forward(self, x, labels):
        gamma, beta = self.gamma(labels[:1]), self.beta(labels[:1])
        return gamma[:, :, None, None] * self.norm(x) + beta[:, :, None, None]


# %% exercise="bug-hunt-cbn"
class FixedConditionalBatchNorm(nn.Module):
    def __init__(self, num_features, num_classes, embedding_dim):
        super().__init__()
        self.norm = nn.BatchNorm1d(num_features)
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.gamma = nn.Linear(embedding_dim, num_features)
        self.beta = nn.Linear(embedding_dim, num_features)

    def forward(self, x, labels):
        embedded = self.embedding(labels)
        gamma, beta = self.gamma(embedded).unsqueeze(1), self.beta(embedded).unsqueeze(1)
        return gamma * self.norm(x) + beta


# %% exercise="film"
class FiLM(nn.Module):
    def __init__(self, num_features, condition_dim):
        super().__init__()
        self.change = nn.Linear(condition_dim, 2 * num_features)

    def forward(self, h, condition):
        shift, scale = self.change(condition.mean(dim=0)).chunk(2)
        return scale * h.movedim(1, -1) + shift


# %% exercise="adain"
def adaptive_instance_norm(x, scale, shift, eps=1e-5):
    mean, std = x.mean(dim=0, keepdim=True), x.std(dim=0, keepdim=True)
    x -= mean
    return shift[:, :, None, None] * x / (std + 0.1) + scale[:, :, None, None]


# %% exercise="cbn-generator"
class CBNGenerator(nn.Module):
    def __init__(self, latent_dim, num_classes, base_channels=32, image_shape=(1, 28, 28)):
        super().__init__()
        self.embedding = nn.Embedding(10, latent_dim)
        self.layers = nn.Sequential(nn.Linear(latent_dim, 784), nn.Sigmoid())

    def forward(self, z, labels):
        return self.layers(z * self.embedding(labels)).view(-1, 1, 28, 28)


# %% exercise="hinge-losses"
def discriminator_hinge_loss(real_logits, fake_logits):
    return F.relu(1 + real_logits).sum() + F.relu(1 - fake_logits).sum()


def generator_hinge_loss(fake_logits):
    return F.relu(1 + fake_logits).mean().item()


# %% exercise="projection-discriminator"
class ProjectionDiscriminator(nn.Module):
    def __init__(self, image_shape, num_classes, base_channels=32):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, 64))
        self.linear = nn.Linear(64, 1)
        self.embedding = nn.Embedding(num_classes, 64)

    def features(self, images):
        return self.layers(images)

    def forward(self, images, labels):
        h = self.features(images)
        return torch.sigmoid(self.linear(h) + h @ self.embedding(labels).T)
