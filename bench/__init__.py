"""Razem measured beside its peers, in one run on one machine."""

import os

# Where this is set, each process would compile all of Razem anew, which no user sees.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
