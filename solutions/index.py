# %% [markdown]
# # Conditional models in PyTorch
#
# This page shows the whole course, how far you have come, and where to go on. Run the cell below
# (Shift+Enter) to bring it up to date.

# %%
from course_utils.course_page import show_course

show_course()

# %% [markdown]
# **How it works.** Write code where a cell says `NotImplementedError`, run it, and run the `check`
# below it. An exercise counts as solved when its check finds nothing to mend, and it stays so when you
# try something else afterwards. `hint` gives one hint more on each run.
#
# What you have solved is kept in the file `progress.json`, where the notebooks save your models, too:
# in the folder `saved` of the course. Delete the file to begin anew.
