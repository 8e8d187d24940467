"""``python -m razem``: the same as the command `razem`."""

import sys

from razem.cli import main

sys.exit(main())
