# %% exercise="conditional-accuracy"
def conditional_accuracy(judge, images, labels):
    judge.eval()
    return (judge(images).argmax(dim=1) == labels).float().mean()


# %% exercise="asked-vs-produced"
@torch.no_grad()
def asked_vs_produced(judge, images, labels, num_classes):
    counts = torch.zeros(num_classes, num_classes, device=images.device)
    for asked, seen in zip(labels, judge(images).argmax(dim=1), strict=True):
        counts[asked, seen] += 1
    return counts / counts.sum(dim=0)


# %% exercise="frechet-distance"
def frechet_distance(features_a, features_b):
    mean = (features_a.mean(dim=0) - features_b.mean(dim=0)).norm()
    cov_a, cov_b = torch.cov(features_a.T), torch.cov(features_b.T)
    return (mean + (cov_a + cov_b - 2 * (cov_a * cov_b).sqrt()).trace()).item()


# %% exercise="per-class-frechet"
def per_class_frechet(features_real, labels_real, features_fake, labels_fake, num_classes):
    distances = torch.zeros(num_classes)
    for k in labels_fake.unique():
        distances[k] = frechet_distance(features_real, features_fake[labels_fake == k])
    return distances


# %% exercise="within-class-diversity"
def within_class_diversity(images, labels, num_classes):
    diversity = torch.zeros(num_classes)
    for k in range(num_classes):
        rows = images[labels == k].flatten(1)
        diversity[k] = (rows[:, None] - rows).square().sum(dim=2).mean()
    return diversity
