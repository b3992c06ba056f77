-- The schema that pgplex keeps in the database of every node, version 3.
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

-- On the home shard: transactions over several shards whose statement, or commit, has been under way for some tenths of a
-- second. While it stays so its client refreshes its rows; rows that nobody refreshes are ignored, and soon removed. It is
-- written through pgplex.exchange_waits() only, and may be lost in a crash, with the waits themselves.
CREATE UNLOGGED TABLE IF NOT EXISTS pgplex.waiting (
    gtxid text NOT NULL,
    shard text NOT NULL,
    pid integer NOT NULL,
    began bigint NOT NULL,
    statement bigint NOT NULL,
    cancellable boolean NOT NULL,
    seen bigint NOT NULL,
    client text NOT NULL,
    owner name NOT NULL,
    refreshed_at timestamptz NOT NULL,
    PRIMARY KEY (gtxid, shard)
);

COMMENT ON TABLE pgplex.waiting IS 'distributed transactions that may be waiting for locks, a row for each shard they are on';

-- A client says which of its transactions may wait, and hears of everybody's: always a row, its columns but the first null
-- where nobody waits. home_clock is microseconds since 1970 of this server's clock; seen is when, by that clock at the earliest,
-- the client has looked at its transactions. Who is not the owner of a row changes it only once it has been left alone.
CREATE OR REPLACE FUNCTION pgplex.exchange_waits(by_client text, gtxids text[], shards text[], pids integer[],
    begins bigint[], statements bigint[], cancellables boolean[], seen_at bigint)
RETURNS TABLE (home_clock bigint, gtxid text, shard text, pid integer, began bigint, statement bigint,
    cancellable boolean, seen bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path TO pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    DELETE FROM pgplex.waiting d WHERE (d.gtxid, d.shard) IN (
        SELECT o.gtxid, o.shard FROM pgplex.waiting o
         WHERE (o.client = by_client AND o.owner = session_user AND o.gtxid <> ALL (gtxids))
            OR o.refreshed_at < clock_timestamp() - interval '5 seconds'
           FOR UPDATE SKIP LOCKED);
    INSERT INTO pgplex.waiting AS w
    SELECT u.gtxid, u.shard, u.pid, u.began, u.statement, u.cancellable, seen_at, by_client, session_user, clock_timestamp()
      FROM unnest(gtxids, shards, pids, begins, statements, cancellables)
           AS u(gtxid, shard, pid, began, statement, cancellable)
        ON CONFLICT ON CONSTRAINT waiting_pkey DO UPDATE
       SET pid = excluded.pid, statement = excluded.statement, cancellable = excluded.cancellable,
           seen = excluded.seen, refreshed_at = excluded.refreshed_at
     WHERE w.owner = session_user;
    RETURN QUERY
    SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, w.gtxid, w.shard, w.pid, w.began, w.statement,
           w.cancellable, w.seen
      FROM (VALUES (1)) AS always(one)
      LEFT JOIN pgplex.waiting w ON w.refreshed_at >= clock_timestamp() - interval '5 seconds';
END
$function$;

COMMENT ON FUNCTION pgplex.exchange_waits(text, text[], text[], integer[], bigint[], bigint[], boolean[], bigint)
    IS 'publishes which distributed transactions of a client may be waiting, and returns those of all clients';

-- The backends of this server that wait for a lock: since when (microseconds since 1970), the backends that block each, and
-- the prepared transactions that do. For those pg_blocking_pids() says only that there is one (0): it is looked for in
-- pg_locks, where the locks of a prepared transaction have no pid, and one of them is on its own transaction ID. The modes
-- that conflict are those of the table "Conflicting Lock Modes" in PostgreSQL's manual, chapter Explicit Locking.
CREATE OR REPLACE FUNCTION pgplex.lock_waits()
RETURNS TABLE (pid integer, since bigint, blockers integer[], prepared text[])
LANGUAGE sql VOLATILE
SET search_path TO pg_catalog, pg_temp
AS $function$
    WITH locks AS MATERIALIZED (SELECT * FROM pg_locks),
    waits AS MATERIALIZED (
        SELECT l.*, pg_blocking_pids(l.pid) AS blockers FROM locks l
         WHERE NOT l.granted AND l.waitstart IS NOT NULL),
    prepared AS MATERIALIZED (
        SELECT h.*, p.gid
          FROM pg_prepared_xacts p
          JOIN locks x ON x.transactionid = p.transaction AND x.pid IS NULL AND x.locktype = 'transactionid' AND x.granted
           AND x.mode = 'ExclusiveLock'
          JOIN locks h ON h.virtualtransaction = x.virtualtransaction AND h.pid IS NULL AND h.granted
         WHERE EXISTS (SELECT FROM waits w WHERE 0 = ANY (w.blockers)))
    SELECT w.pid, (extract(epoch FROM w.waitstart) * 1000000)::bigint, array_remove(w.blockers, 0),
           ARRAY(SELECT DISTINCT p.gid FROM prepared p
                  WHERE 0 = ANY (w.blockers) AND p.locktype = w.locktype
                    AND (p.database, p.relation, p.page, p.tuple, p.virtualxid, p.transactionid, p.classid, p.objid, p.objsubid)
                        IS NOT DISTINCT FROM
                        (w.database, w.relation, w.page, w.tuple, w.virtualxid, w.transactionid, w.classid, w.objid, w.objsubid)
                    AND p.mode = ANY (CASE w.mode
                        WHEN 'AccessShareLock' THEN ARRAY['AccessExclusiveLock']
                        WHEN 'RowShareLock' THEN ARRAY['ExclusiveLock', 'AccessExclusiveLock']
                        WHEN 'RowExclusiveLock' THEN
                            ARRAY['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']
                        WHEN 'ShareUpdateExclusiveLock' THEN ARRAY['ShareUpdateExclusiveLock', 'ShareLock',
                            'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']
                        WHEN 'ShareLock' THEN ARRAY['RowExclusiveLock', 'ShareUpdateExclusiveLock',
                            'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']
                        WHEN 'ShareRowExclusiveLock' THEN ARRAY['RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
                            'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']
                        WHEN 'ExclusiveLock' THEN ARRAY['RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock',
                            'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']
                        ELSE ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock',
                            'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'] END))
      FROM waits w
$function$;

COMMENT ON FUNCTION pgplex.lock_waits() IS 'the backends of this server that wait for a lock, and what blocks each';

-- Called where a transaction that gives way was not waiting, so that its locks there go at once, too.
CREATE OR REPLACE FUNCTION pgplex.give_way(gtxid text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path TO pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION 'deadlock over shards: transaction % gives way', gtxid USING ERRCODE = 'deadlock_detected';
END
$function$;

COMMENT ON FUNCTION pgplex.give_way(text) IS 'fails the transaction that calls it';

GRANT EXECUTE ON FUNCTION
    pgplex.exchange_waits(text, text[], text[], integer[], bigint[], bigint[], boolean[], bigint), pgplex.lock_waits(),
    pgplex.give_way(text) TO PUBLIC;

-- ---- copies of replicated tables

-- A value on its way to another copy: its text, whatever the session has set, and exact.
CREATE OR REPLACE FUNCTION pgplex.image(value anyelement) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO pg_catalog, pg_temp
    SET extra_float_digits TO 3
    SET datestyle TO 'ISO, YMD'
    SET intervalstyle TO 'postgres'
    AS 'SELECT $1::pg_catalog.text';

COMMENT ON FUNCTION pgplex.image(anyelement) IS 'the exact text of a value on its way to another copy of its table';

-- For WHEN of a row trigger on a replicated table that runs before a write and computes what it could not compute again,
-- such as clock_timestamp(): the other copies get what the first one got, and must leave it alone.
CREATE OR REPLACE FUNCTION pgplex.is_original() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO pg_catalog, pg_temp
    AS $$SELECT coalesce(pg_catalog.current_setting('pgplex.image', true), 'off') <> 'on'$$;

COMMENT ON FUNCTION pgplex.is_original() IS 'false while a copy of a replicated table gets rows that another copy has computed';

GRANT EXECUTE ON FUNCTION pgplex.image(anyelement), pgplex.is_original() TO PUBLIC;

-- ---- who takes the shard's writes

-- epoch: what clients are admitted at; fenced: it was told to take no more writes; retired: and that it must be rebuilt,
-- because others have gone on without it; started_at: the start of the server for
-- which a client has vouched that it still is the shard's primary. After a restart, or at a higher epoch, it must be vouched
-- for again, by a client that has just read so from the metadata store: the server may have been replaced meanwhile.
ALTER TABLE pgplex.membership
    ADD COLUMN IF NOT EXISTS epoch bigint NOT NULL DEFAULT 1,
    ADD COLUMN IF NOT EXISTS fenced boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS retired boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS started_at timestamptz;

-- Whether this server takes the writes of a shard from clients that know it at an epoch: ok, standby, foreign (another
-- shard's or nobody's), later (it has a later epoch already), fenced, or unvouched. Asked once for each connection.
CREATE OR REPLACE FUNCTION pgplex.attach(of_cluster text, of_shard text, at_epoch bigint,
    OUT answer text, OUT server_epoch bigint)
LANGUAGE sql STABLE
SET search_path TO pg_catalog, pg_temp
AS $function$
    SELECT CASE
               WHEN pg_is_in_recovery() THEN 'standby'
               WHEN m.cluster IS NULL OR m.cluster <> $1 OR m.shard <> $2 THEN 'foreign'
               WHEN m.epoch > $3 THEN 'later'
               WHEN m.fenced THEN 'fenced'
               WHEN m.epoch < $3 OR m.started_at IS DISTINCT FROM pg_postmaster_start_time() THEN 'unvouched'
               ELSE 'ok'
           END,
           m.epoch
      FROM (VALUES (1)) AS always(one) LEFT JOIN pgplex.membership m ON true
$function$;

COMMENT ON FUNCTION pgplex.attach(text, text, bigint) IS 'whether this server takes the shard''s writes at that epoch';

-- Called by a client that has read in the metadata store, after attach() had said unvouched on this connection, that this
-- server is the shard's primary at that epoch. Lifts no fence, and waits for no standby.
CREATE OR REPLACE FUNCTION pgplex.vouch(of_cluster text, of_shard text, at_epoch bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path TO pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM set_config('synchronous_commit', 'local', true);
    UPDATE pgplex.membership m SET epoch = at_epoch, started_at = pg_postmaster_start_time()
     WHERE m.cluster = of_cluster AND m.shard = of_shard AND m.epoch <= at_epoch AND NOT m.fenced;
    RETURN FOUND;
END
$function$;

COMMENT ON FUNCTION pgplex.vouch(text, text, bigint) IS 'says that this server, as it runs now, is the shard''s primary';

-- The functions below change who leads, so PUBLIC may not execute them: the role that has run JOIN CLUSTER may, and whom it
-- grants that. They run with the rights of that role. Where it is no superuser it needs, for promote(), EXECUTE on
-- pg_catalog.pg_promote(boolean, integer); for expel(), membership in pg_signal_backend, and then superusers' sessions stay.

-- Takes no client at a lower epoch from now on, and at this one only after admit(). False, and nothing changes, where the
-- server has been admitted at this epoch or a later one. A server that is retired will not lead again before it is rebuilt:
-- new sessions of the database are read-only, unless they say otherwise. Standbys copy all of that, so it is for a server that
-- is no longer followed. Running sessions go on until expel().
CREATE OR REPLACE FUNCTION pgplex.fence(of_cluster text, of_shard text, new_epoch bigint, retire boolean)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path TO pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM set_config('synchronous_commit', 'local', true);
    UPDATE pgplex.membership m SET epoch = new_epoch, fenced = true, retired = m.retired OR retire
     WHERE m.cluster = of_cluster AND m.shard = of_shard
       AND (m.epoch < new_epoch OR (m.epoch = new_epoch AND m.fenced));
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF retire THEN
        BEGIN
            EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only TO on', current_database());
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE WARNING 'pgplex could not make database % read-only for those who do not use pgplex', current_database()
                USING HINT = 'The owner of schema pgplex must own the database or be a superuser.';
        END;
    END IF;
    RETURN true;
END
$function$;

COMMENT ON FUNCTION pgplex.fence(text, text, bigint, boolean) IS 'refuses the shard''s clients until they are admitted again';

-- Ends the sessions of clients in this database that began before that time, or only those outside a transaction; how many
-- of them are still there.
CREATE OR REPLACE FUNCTION pgplex.expel(began_before timestamptz, idle_only boolean) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path TO pg_catalog, pg_temp
AS $function$
DECLARE
    session record;
    others integer := 0;
BEGIN
    PERFORM pg_stat_clear_snapshot();
    FOR session IN
        SELECT a.pid, a.state FROM pg_stat_activity a
         WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
           AND a.backend_start < began_before
    LOOP
        others := others + 1;
        IF NOT idle_only OR session.state IN ('idle', 'disabled') THEN
            BEGIN
                PERFORM pg_terminate_backend(session.pid);
            EXCEPTION WHEN insufficient_privilege THEN
                others := others - 1;
                RAISE WARNING 'pgplex may not end the session of process %', session.pid
                    USING HINT = 'The owner of schema pgplex must be a superuser to end superusers'' sessions.';
            END;
        END IF;
    END LOOP;
    RETURN others;
END
$function$;

COMMENT ON FUNCTION pgplex.expel(timestamptz, boolean) IS 'ends other sessions in this database';

-- Takes the shard's clients at this epoch from now on.
CREATE OR REPLACE FUNCTION pgplex.admit(of_cluster text, of_shard text, new_epoch bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path TO pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM set_config('synchronous_commit', 'local', true);
    UPDATE pgplex.membership m SET epoch = new_epoch, fenced = false, retired = false,
           started_at = pg_postmaster_start_time()
     WHERE m.cluster = of_cluster AND m.shard = of_shard AND m.epoch <= new_epoch;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF EXISTS (SELECT FROM pg_db_role_setting r JOIN pg_database d ON d.oid = r.setdatabase
                WHERE d.datname = current_database() AND r.setrole = 0
                  AND 'default_transaction_read_only=on' = ANY (r.setconfig)) THEN
        EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', current_database());
    END IF;
    RETURN true;
END
$function$;

COMMENT ON FUNCTION pgplex.admit(text, text, bigint) IS 'makes this server the shard''s primary, at that epoch';

-- Has this standby of the shard become a primary; does not wait until it is.
CREATE OR REPLACE FUNCTION pgplex.promote(of_cluster text, of_shard text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path TO pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM pgplex.membership m WHERE m.cluster = of_cluster AND m.shard = of_shard) THEN
        RETURN false;
    END IF;
    RETURN pg_promote(false);
END
$function$;

COMMENT ON FUNCTION pgplex.promote(text, text) IS 'promotes this standby of the shard';

-- The name by which this standby's primary knows it in synchronous_standby_names: application_name of primary_conninfo, which
-- not everybody may read, else cluster_name, as walreceiver.c chooses it.
CREATE OR REPLACE FUNCTION pgplex.standby_name() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path TO pg_catalog, pg_temp
AS $function$
    SELECT coalesce(
        (SELECT coalesce(m[1], m[2]) FROM regexp_matches(current_setting('primary_conninfo'),
            'application_name\s*=\s*(?:''([^'']*)''|([^\s&'']+))') AS m),
        nullif(current_setting('cluster_name'), ''),
        'walreceiver')
$function$;

COMMENT ON FUNCTION pgplex.standby_name() IS 'the name that this standby gives to its primary';

-- Where in the WAL the timeline that this primary writes has begun, in bytes; 0 for the first one.
CREATE OR REPLACE FUNCTION pgplex.promoted_at() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path TO pg_catalog, pg_temp
AS $function$
    SELECT coalesce((
        SELECT pg_wal_lsn_diff(m[1]::pg_lsn, '0/0')::bigint
          FROM regexp_matches(pg_read_file('pg_wal/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '.history', 0, 1000000, true),
               '^\d+\s+([0-9A-F]+/[0-9A-F]+)', 'gn') WITH ORDINALITY AS line(m, number)
         ORDER BY line.number DESC LIMIT 1), 0)
$function$;

COMMENT ON FUNCTION pgplex.promoted_at() IS 'where the timeline of this primary has begun';

REVOKE ALL ON FUNCTION pgplex.promoted_at(), pgplex.fence(text, text, bigint, boolean), pgplex.expel(timestamptz, boolean), pgplex.admit(text, text, bigint),
    pgplex.promote(text, text), pgplex.standby_name() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgplex.attach(text, text, bigint), pgplex.vouch(text, text, bigint) TO PUBLIC;

INSERT INTO pgplex.schema_version (version) VALUES (3) ON CONFLICT (version) DO NOTHING;
