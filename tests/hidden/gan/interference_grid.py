"""Hidden test of exercise interference-grid: to be written."""


def draw(generator): ...


def solve(case): ...


def extra(case, key, sheet): ...
