-- The database and its two roles. Run once by a superuser, before the first `manage.py migrate`:
--
--   OWNER_PASSWORD=… APP_PASSWORD=… psql --set ON_ERROR_STOP=1 --file docs/database-roles.sql
--
-- nannychain_owner  owns all tables and runs migrations; nothing else uses it
-- nannychain_app    what web, worker, beat and commands run as: reads and writes rows, and can
--                   neither change a table nor disarm a trigger

\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD

CREATE ROLE nannychain_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE nannychain_app LOGIN PASSWORD :'app_password';

CREATE DATABASE nannychain OWNER nannychain_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE nannychain FROM PUBLIC;
GRANT CONNECT ON DATABASE nannychain TO nannychain_app;

\connect nannychain

-- For everything that migrations will make.
ALTER DEFAULT PRIVILEGES FOR ROLE nannychain_owner
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO nannychain_app;
ALTER DEFAULT PRIVILEGES FOR ROLE nannychain_owner
    GRANT USAGE, SELECT ON SEQUENCES TO nannychain_app;
