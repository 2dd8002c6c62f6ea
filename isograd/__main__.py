"""`python -m isograd`: the command `isograd`."""

import sys

from isograd.cli.main import main

sys.exit(main())
