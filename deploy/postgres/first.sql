-- Runs once, in an empty cluster: the server's own user, which is no superuser, and its database.
\set password `cat /run/secrets/database_password`
CREATE ROLE goc LOGIN PASSWORD :'password' CONNECTION LIMIT 90;
CREATE DATABASE goc OWNER goc TEMPLATE template0 ENCODING 'UTF8';
REVOKE CONNECT ON DATABASE goc FROM PUBLIC;
