-- The schema that pgplex keeps in the database of every node, version 2.
--
-- Sent as one text, so it is one transaction; every statement may be repeated. It needs CREATE on the database.
-- Roles that use the cluster need nothing but what is granted to PUBLIC with each object.
-- An older version is brought up to this one by running all of it again: what is there stays, what is missing comes.

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

-- ---- snapshots over shards: the barrier

-- Takes the barrier alone for the session, within so many milliseconds; 0 for at once or not at all. The transaction
-- around it is ended by the server, and with its session the lock, when its client says nothing for ten seconds.
CREATE OR REPLACE FUNCTION pgplex.hold_barrier(patience integer) RETURNS boolean
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('idle_in_transaction_session_timeout', '10s', true);
    IF patience = 0 THEN
        RETURN pg_try_advisory_lock(1885827180, 1);
    END IF;
    PERFORM set_config('lock_timeout', patience || 'ms', true);
    PERFORM pg_advisory_lock(1885827180, 1);
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    -- a lock that is granted in the moment in which the wait for it times out is held all the same, and a session's lock
    -- outlives the error (LockErrorCleanup in PostgreSQL's proc.c)
    RETURN EXISTS (SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND granted AND mode = 'ExclusiveLock'
        AND locktype = 'advisory' AND classid = 1885827180 AND objid = 1 AND objsubid = 2);
END
$$;

COMMENT ON FUNCTION pgplex.hold_barrier(integer) IS 'keeps commits over several shards away while a snapshot is opened';

-- ---- what the arbiter did, and pgplex.transactions

-- What arbiters did on this node, for a day.
CREATE TABLE IF NOT EXISTS pgplex.settled (
    gtxid text NOT NULL,
    action text NOT NULL,
    arbiter text NOT NULL,
    role text NOT NULL DEFAULT current_user,
    settled_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);

CREATE INDEX IF NOT EXISTS settled_at ON pgplex.settled (settled_at);
CREATE INDEX IF NOT EXISTS settled_gtxid ON pgplex.settled (gtxid);

COMMENT ON TABLE pgplex.settled IS 'what arbiters did on this node within the last day';

-- Distributed transactions as this node knows them; a SELECT through pgplex reads those of all shards.
-- state: prepared (in doubt, unless its client is about to finish it), committed and aborted (a commit record is here, on
-- the transaction's anchor), settled (action says what an arbiter did: committed, rolled back, aborted, record removed).
-- client: whose transaction it is; arbiter: the client that settled it. owner: the role that prepared or settled it.
CREATE OR REPLACE VIEW pgplex.transactions AS
SELECT p.gtxid,
       m.shard,
       p.anchor,
       'prepared'::text AS state,
       p.prepared AS since,
       p.owner::text COLLATE pg_catalog."default" AS owner,
       pg_catalog.regexp_replace(p.gtxid, '-[^-]*$', '') AS client,
       NULL::text AS action,
       NULL::text AS arbiter
  FROM pgplex.in_doubt p
  JOIN pgplex.membership m ON m.cluster OPERATOR(pg_catalog.=) p.cluster
UNION ALL
SELECT r.gtxid,
       m.shard,
       m.shard,
       r.state,
       r.created_at,
       NULL::text,
       pg_catalog.regexp_replace(r.gtxid, '-[^-]*$', ''),
       NULL::text,
       NULL::text
  FROM pgplex.commit_record r
 CROSS JOIN pgplex.membership m
UNION ALL
SELECT s.gtxid,
       m.shard,
       NULL::text,
       'settled'::text,
       s.settled_at,
       s.role,
       pg_catalog.regexp_replace(s.gtxid, '-[^-]*$', ''),
       s.action,
       s.arbiter
  FROM pgplex.settled s
 CROSS JOIN pgplex.membership m;

COMMENT ON VIEW pgplex.transactions IS 'what is in doubt, commit records, and what arbiters did, on this node';

GRANT SELECT, INSERT, DELETE ON pgplex.settled TO PUBLIC;
GRANT SELECT ON pgplex.transactions TO PUBLIC;

-- ---- deadlocks over shards

-- ---- copies of replicated tables

INSERT INTO pgplex.schema_version (version) VALUES (2) ON CONFLICT (version) DO NOTHING;
