"""Hidden test of exercise bug-hunt-cgan: to be written."""


def draw(generator): ...


def solve(case): ...


def extra(case, key, sheet): ...
