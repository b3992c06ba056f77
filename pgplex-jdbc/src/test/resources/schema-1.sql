-- The schema that pgplex keeps in the database of every node, version 1.
--
-- Sent as one text, so it is one transaction; every statement may be repeated. It needs CREATE on the database.
-- Roles that use the cluster need nothing but what is granted to PUBLIC at the end.

SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('pgplex.schema', 0));

CREATE SCHEMA IF NOT EXISTS pgplex;

COMMENT ON SCHEMA pgplex IS 'pgplex: commit records and membership of this node; changed by the driver only';

CREATE TABLE IF NOT EXISTS pgplex.schema_version (
    version integer PRIMARY KEY,
    installed_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);

COMMENT ON TABLE pgplex.schema_version IS 'the versions of this schema that were installed; the highest one counts';

-- One row: whose node this database is. JOIN CLUSTER writes it, LEAVE CLUSTER removes it. A standby shows its primary's.
CREATE TABLE IF NOT EXISTS pgplex.membership (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    cluster text NOT NULL,
    shard text NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);

COMMENT ON TABLE pgplex.membership IS 'the cluster and the shard that this database belongs to';

-- A row here is the outcome of a distributed transaction whose anchor this node was: its insertion commits together
-- with the anchor's own work, and the other participants obey it.
CREATE TABLE IF NOT EXISTS pgplex.commit_record (
    gtxid text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('committed', 'aborted')),
    participants text[] NOT NULL DEFAULT '{}',
    metadata text,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);

COMMENT ON TABLE pgplex.commit_record IS 'outcomes of distributed transactions, until no participant can be in doubt';

-- Prepared transactions of pgplex in this database, gid taken apart. A row that stays means that its client died
-- between PREPARE TRANSACTION and COMMIT PREPARED: look for its gtxid in pgplex.commit_record on the anchor shard, then
-- COMMIT PREPARED (a row 'committed' is there) or, once the client is known to be gone, ROLLBACK PREPARED.
CREATE OR REPLACE VIEW pgplex.in_doubt AS
SELECT p.gid,
       pg_catalog.split_part(p.gid, ':', 2) AS cluster,
       pg_catalog.split_part(p.gid, ':', 3) AS anchor,
       pg_catalog.split_part(p.gid, ':', 4) AS gtxid,
       pg_catalog.split_part(p.gid, ':', 5) AS shard,
       p.prepared,
       p.owner,
       p.transaction
  FROM pg_catalog.pg_prepared_xacts p
 WHERE p.database = pg_catalog.current_database()
   AND p.gid LIKE 'pgplex:%';

COMMENT ON VIEW pgplex.in_doubt IS 'prepared transactions of pgplex in this database that are not settled yet';

GRANT USAGE ON SCHEMA pgplex TO PUBLIC;
GRANT SELECT ON pgplex.schema_version, pgplex.membership, pgplex.in_doubt TO PUBLIC;
GRANT SELECT, INSERT, DELETE ON pgplex.commit_record TO PUBLIC;

INSERT INTO pgplex.schema_version (version) VALUES (1) ON CONFLICT (version) DO NOTHING;
