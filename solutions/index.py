# %% [markdown]
# # Conditional models in PyTorch
#
# This page shows the whole course, how far you have come, and where to go on. Run the two cells
# below (Shift+Enter, twice) to bring it up to date. The first one is folded and shows nothing.

# %%
from course_utils.course_page import show_course

show_course()

# %% [markdown]
# **How it works.** Write code where a cell says `NotImplementedError`, run it, and run the `check`
# below it. An exercise counts as solved when its check finds nothing to mend, and it stays so when you
# try something else afterwards. Some exercises have several checks, one for each part. So there are
# more checks than exercises. `hint` gives one hint more on each run.
#
# What you have solved is kept in the file `progress.json`, where the notebooks save your models, too:
# in the folder `saved` of the course. Delete the file to begin anew.
