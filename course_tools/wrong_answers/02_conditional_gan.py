# %% exercise="generator"
class Generator(nn.Module):
    def __init__(self, latent_dim, num_classes, embedding_dim, image_shape):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(latent_dim, 128), nn.ReLU(), nn.Linear(128, 784))

    def forward(self, z, labels):
        return self.layers(z).sigmoid()


# %% exercise="discriminator"
class Discriminator(nn.Module):
    def __init__(self, image_shape, num_classes, embedding_dim):
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim)
        self.out = nn.Linear(math.prod(image_shape), 1)

    def forward(self, images, labels):
        return torch.sigmoid(self.out(images.flatten(1)))


# %% exercise="gan-losses"
def discriminator_loss(real_logits, fake_logits):
    logits = torch.cat([real_logits, fake_logits])
    return F.binary_cross_entropy(logits.sigmoid(), torch.zeros_like(logits))


def generator_loss(fake_logits):
    return torch.log(1 - torch.sigmoid(fake_logits)).mean()


# %% exercise="discriminator-step"
def discriminator_step(
    generator, discriminator, optimizer, images, labels, latent_dim, num_classes
):
    z = torch.rand(len(images), latent_dim)
    fakes = generator(z, labels)
    loss = discriminator_loss(discriminator(images, labels), discriminator(fakes, labels.roll(1)))
    loss.backward()
    optimizer.step()
    return loss


# %% exercise="generator-step"
def generator_step(generator, discriminator, optimizer, batch_size, latent_dim, num_classes):
    z = torch.randn(batch_size, latent_dim)
    labels = torch.randint(num_classes - 1, (batch_size,))
    loss = generator_loss(discriminator(generator(z, labels).detach(), labels))
    loss.backward()
    optimizer.step()
    return loss


# %% exercise="generate-class"
def generate(generator, labels, latent_dim):
    z = torch.randn(1, latent_dim).expand(len(labels), -1)
    return generator(z, labels)


# %% exercise="interference-grid"
def interference_grid(generator, z, num_classes):
    labels = torch.arange(num_classes).repeat_interleave(len(z))
    return generator(z.repeat_interleave(num_classes, dim=0), labels)


# %% exercise="latent-traversal"
def latent_traversal(generator, z_start, z_end, label, steps):
    share = torch.arange(steps)[:, None] / steps
    return generator(z_start + share * (z_end - z_start), torch.tensor([label] * steps))


# %% exercise="bug-hunt-cgan"
def train_epoch(
    generator, discriminator, optimizer_g, optimizer_d, batches, latent_dim, num_classes
):
    for images, labels in batches:
        d_loss = discriminator_step(
            generator, discriminator, optimizer_d, images, labels, latent_dim, num_classes
        )
        g_loss = generator_step(generator, discriminator, optimizer_g, 64, latent_dim, num_classes)
    return d_loss, g_loss
