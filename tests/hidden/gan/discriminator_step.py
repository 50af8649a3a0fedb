"""Hidden test of exercise discriminator-step: to be written."""


def draw(generator): ...


def solve(case): ...


def extra(case, key, sheet): ...
