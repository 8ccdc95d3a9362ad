"""All planted bugs. A test looks whether each can still be planted."""

from tests.faults.machine.planted import inside, money_in, money_out

BUGS = (*money_in.BUGS, *money_out.BUGS, *inside.BUGS)
BY_NAME = {bug.name: bug for bug in BUGS}
