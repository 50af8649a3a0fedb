"""Who executes submissions: threads here, each with a jailed kernel, or a Dask cluster."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from course_tools.marking.execute import Execution, Job, execute

ANSWER = 10  # seconds in which a cluster has to answer


class NoCluster(RuntimeError):
    """There is no cluster to work on. The message says what to look at."""


class Workers(NamedTuple):
    """``submit(job)`` gives a future; ``width()`` is how many jobs keep all workers busy."""

    submit: Callable[[Job], Future]
    width: Callable[[], int]


@contextmanager
def local(count: int = 0) -> Iterator[Workers]:
    """As many workers as cores, or ``count``. When the block ends early, what runs is stopped."""
    count = count or os.cpu_count() or 1
    stop = threading.Event()
    executor = ThreadPoolExecutor(count, thread_name_prefix="marking")
    try:
        yield Workers(lambda job: executor.submit(execute, job, stop), lambda: count + 1)
    finally:
        stop.set()
        executor.shutdown(cancel_futures=True)


@contextmanager
def cluster(address: str) -> Iterator[Workers]:
    """The workers of the Dask scheduler at ``address``; each needs this repository and a jail.

    What a worker had begun when it was lost is begun anew by another one. Raises NoCluster.
    """
    from distributed import Client

    with ExitStack() as stack:
        try:
            client = stack.enter_context(Client(address, timeout=ANSWER))
        except (OSError, ValueError) as error:
            reason = "is it running, and is this its address?"
            raise NoCluster(f"No Dask scheduler answers at {address}: {reason}") from error
        try:
            client.wait_for_workers(1, timeout=ANSWER)
        except TimeoutError as error:
            raise NoCluster(
                f"The Dask scheduler at {address} has no workers: start some."
            ) from error
        executor: Executor = client.get_executor(pure=False, retries=2)
        yield Workers(
            lambda job: executor.submit(execute, job),
            lambda: 2 * max(1, sum(client.nthreads().values())),
        )


def executed(
    workers: Workers, jobs: Iterable[tuple[Any, Job]], running: Callable[[list[Any]], None]
) -> Iterator[tuple[Any, Execution | Exception]]:
    """Execute the jobs, a few at a time, and give back each with its name as it is done.

    ``running`` is told the names of those under way. Memory holds no more than these.
    """
    waiting, under_way = iter(jobs), {}
    while True:
        while len(under_way) < workers.width() and (item := next(waiting, None)):
            name, job = item
            under_way[workers.submit(job)] = name
        if not under_way:
            return
        running(list(under_way.values()))
        done, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for future in done:
            name = under_way.pop(future)
            try:
                yield name, future.result()
            except Exception as error:
                yield name, error
