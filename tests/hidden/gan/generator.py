"""Hidden test of exercise generator: to be written."""


def draw(generator): ...


def solve(case): ...


def extra(case, key, sheet): ...
