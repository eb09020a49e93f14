"""`python -m knowwhen`: the same as the command `knowwhen`."""

import sys

from knowwhen.cli.main import main

sys.exit(main())
