"""Hidden test of exercise gan-losses/generator: to be written."""


def draw(generator): ...


def solve(case): ...


def extra(case, key, sheet): ...
