"""Hidden test of exercise generate-class: to be written."""


def draw(generator): ...


def solve(case): ...


def extra(case, key, sheet): ...
