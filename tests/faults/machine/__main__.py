"""`python -m tests.faults.machine`: see `run`."""

import sys

from tests.faults.machine.run import main

sys.exit(main())
