"""The roles of the database, and who may what.

    nannychain_superuser   PostgreSQL's own; used here only
    nannychain_owner       owns the database and its tables, may make databases (for tests)
    nannychain_app         reads and writes rows; no tables, no TRUNCATE, nothing that isn't granted

The rules for tables that come later are set in template1, so every new database has them.
"""

import base64
import hashlib
import hmac
import secrets
import subprocess
from pathlib import Path

from nannychain.embedded.errors import EmbeddedError

SUPERUSER = "nannychain_superuser"
OWNER = "nannychain_owner"
APPLICATION = "nannychain_app"
ALL = (SUPERUSER, OWNER, APPLICATION)
DATABASE = "nannychain"
_ITERATIONS = 4096  # PostgreSQL's own default; the password is 192 random bits

_SQL = """
\\set ON_ERROR_STOP on
\\set QUIET on
SET client_min_messages = warning;
SELECT 'CREATE ROLE ' || name FROM unnest('{{{owner},{app}}}'::text[]) AS name
    WHERE name NOT IN (SELECT rolname FROM pg_roles) \\gexec
ALTER ROLE {owner} LOGIN NOSUPERUSER CREATEDB NOCREATEROLE PASSWORD '{owner_verifier}';
ALTER ROLE {app} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{app_verifier}';
GRANT {app} TO {owner} WITH INHERIT FALSE, SET TRUE;
ALTER DEFAULT PRIVILEGES FOR ROLE {owner}
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SEQUENCES TO {app};
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
\\connect postgres
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE postgres TO {owner};
SELECT 'CREATE DATABASE {database} OWNER {owner} TEMPLATE template1'
    WHERE '{database}' NOT IN (SELECT datname FROM pg_database) \\gexec
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {app};
"""


def prepare(psql: Path, *, port: int, passwords: dict[str, str]) -> None:
    """Make roles, rights and the database as they should be, whatever is there already."""
    script = _SQL.format(
        owner=OWNER,
        app=APPLICATION,
        database=DATABASE,
        owner_verifier=verifier(passwords[OWNER]),
        app_verifier=verifier(passwords[APPLICATION]),
    )
    run = subprocess.run(
        [str(psql), "--no-psqlrc", "--quiet", "--tuples-only", "--output=/dev/null"],
        input=script,
        env={
            "PGHOST": "127.0.0.1",
            "PGPORT": str(port),
            "PGUSER": SUPERUSER,
            "PGPASSWORD": passwords[SUPERUSER],
            "PGDATABASE": "template1",
            "PGCONNECT_TIMEOUT": "10",
            "LC_ALL": "C",
        },
        cwd="/",
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if run.returncode != 0:
        reason = (run.stderr.strip().splitlines() or ["no reason was given"])[0]
        raise EmbeddedError(f"PostgreSQL refused to set up its roles: {reason}")


def verifier(password: str) -> str:
    """Return what PostgreSQL stores for the password (RFC 5803), so that it is never sent."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${_ITERATIONS}:{encoded[0]}${encoded[1]}:{encoded[2]}"
