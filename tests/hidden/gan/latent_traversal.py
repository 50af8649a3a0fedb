"""Hidden test of exercise latent-traversal: to be written."""


def draw(generator): ...


def solve(case): ...


def extra(case, key, sheet): ...
