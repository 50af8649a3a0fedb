"""Warm kernels and the jail: a kernel is forked in moments, and may be locked in.

What to read, in this order. `jail` and `client` and `provisioner` run outside, the others inside:

    jail         the bubblewrap command, or why there can be no jail here
    forkserver   a Python with the heavy imports done, which forks a kernel for each request
    confine      what the fork gives up before it runs a learner's code
    syscalls     which calls of the kernel it can then no longer make
    kernel       the Jupyter kernel, on sockets that were opened outside
    client       starts the forkserver and asks it for kernels
    provisioner  makes them kernels of jupyter_client: `course-warm` and `course-jailed`
"""
