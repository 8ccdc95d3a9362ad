"""A process that works a statement off and is killed, by itself, in the middle of a statement.

Run as a program: `python -m tests.faults.statement_worker FILE_ID NUMBER`. The kill is SIGKILL, at
the NUMBER-th statement that is sent to PostgreSQL; beyond the last one it ends well.
"""

import os
import signal
import sys
from typing import Any


def main(file_id: str, number: int) -> int:
    """Work until the kill, or to the end."""
    import django

    django.setup()
    from django.db import connection

    from payments.reconciliation.statements import services

    left = number

    def kill(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(kill):
        services.work_off(file_id)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
