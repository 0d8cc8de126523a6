"""`python -m obsv` is the command line."""

import sys

from obsv.cli import main

sys.exit(main())
