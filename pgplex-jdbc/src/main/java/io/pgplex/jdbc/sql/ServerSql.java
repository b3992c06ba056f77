package io.pgplex.jdbc.sql;

import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableName;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;

/**
 * The statements that pgplex itself sends. Functions and catalogs are qualified, so that no search_path of the session
 * can put something else in their place; they run on PostgreSQL 14 to 18, which is why columns that some versions lack
 * are read through {@code to_jsonb}.
 */
public final class ServerSql {

    /** The version that {@link #schema()} installs. */
    public static final int SCHEMA_VERSION = 3;

    /** Whether the schema is there. */
    public static final String SCHEMA_VERSION_TABLE =
            "SELECT pg_catalog.to_regclass('pgplex.schema_version') IS NOT NULL";

    public static final String INSTALLED_SCHEMA_VERSION =
            "SELECT coalesce(pg_catalog.max(version), 0) FROM pgplex.schema_version";

    /** A primary's position in the WAL, in bytes: every commit that anybody has seen has its record before it. */
    public static final String WRITTEN_POSITION =
            "SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::pg_catalog.int8";

    public static final String READ_MEMBERSHIP = "SELECT cluster, shard FROM pgplex.membership";

    /** Makes the server the shard's primary at an epoch; a fence of the same shard stays. Parameters: cluster, shard, epoch. */
    public static final String WRITE_MEMBERSHIP =
            "INSERT INTO pgplex.membership AS m (cluster, shard, epoch, started_at)"
                    + " VALUES (?, ?, ?, pg_catalog.pg_postmaster_start_time())"
                    + " ON CONFLICT (only_row) DO UPDATE SET cluster = excluded.cluster, shard = excluded.shard,"
                    + " epoch = excluded.epoch, started_at = excluded.started_at,"
                    + " fenced = m.fenced AND m.cluster OPERATOR(pg_catalog.=) excluded.cluster"
                    + " AND m.shard OPERATOR(pg_catalog.=) excluded.shard";

    public static final String REMOVE_MEMBERSHIP = "DELETE FROM pgplex.membership";

    /** One row: what a server and the connection's database are. */
    public static final String PROBE = "SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4,"
            + " d.datname, pg_catalog.pg_encoding_to_char(d.encoding),"
            + " coalesce(pg_catalog.to_jsonb(d) ->> 'datlocprovider', 'c'), d.datcollate,"
            + " coalesce(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticulocale'),"
            + " pg_catalog.pg_is_in_recovery(),"
            + " pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int4,"
            + " (SELECT s.system_identifier FROM pg_catalog.pg_control_system() s),"
            + " (SELECT c.timeline_id FROM pg_catalog.pg_control_checkpoint() c),"
            + " pg_catalog.to_regclass('pgplex.membership') IS NOT NULL"
            + " FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()";

    /** Which server it is, whatever name or database it was reached by. */
    public static final String SYSTEM_IDENTIFIER = "SELECT s.system_identifier FROM pg_catalog.pg_control_system() s";

    /**
     * What names mean on a server, under the session's search_path. Parameter: names as SQL. For an index its table is
     * returned beside it.
     */
    public static final String RESOLVE_RELATIONS = "SELECT w.name, c.oid::pg_catalog.int8, n.nspname, c.relname,"
            + " c.relkind::pg_catalog.text, c.relpersistence::pg_catalog.text, tn.nspname, t.relname"
            + " FROM pg_catalog.unnest(?::pg_catalog.text[]) WITH ORDINALITY AS w(name, place)"
            + " JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(w.name)"
            + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            + " LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid"
            + " LEFT JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
            + " LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace"
            + " ORDER BY w.place";

    /** The table that extended statistics are about. Parameter: their name as quoted SQL, with or without a schema. */
    public static final String STATISTICS_TABLES = "SELECT n.nspname, c.relname"
            + " FROM pg_catalog.parse_ident(?) AS w(parts)"
            + " JOIN pg_catalog.pg_statistic_ext e ON e.stxname = w.parts[pg_catalog.array_length(w.parts, 1)]"
            + " JOIN pg_catalog.pg_namespace en ON en.oid = e.stxnamespace"
            + " JOIN pg_catalog.pg_class c ON c.oid = e.stxrelid"
            + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            + " WHERE CASE WHEN pg_catalog.array_length(w.parts, 1) > 1 THEN en.nspname = w.parts[1]"
            + " ELSE pg_catalog.pg_statistics_obj_is_visible(e.oid) END";

    /** The OIDs of relations. Parameters: schemas, names, both folded, in the same order. */
    public static final String RELATION_OIDS = "SELECT n.nspname, c.relname, c.oid::pg_catalog.int8"
            + " FROM ROWS FROM (pg_catalog.unnest(?::pg_catalog.text[]), pg_catalog.unnest(?::pg_catalog.text[]))"
            + " AS w(schema, name)"
            + " JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema"
            + " JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name";

    /** Names and kinds of relations, and the columns of primary keys that cannot be deferred. Parameter: OIDs. */
    public static final String RELATIONS = "SELECT c.oid::pg_catalog.int8, n.nspname, c.relname,"
            + " c.relkind::pg_catalog.text, c.relpersistence::pg_catalog.text,"
            + " CASE WHEN c.relkind = 'v' THEN pg_catalog.pg_get_viewdef(c.oid) END,"
            + " ARRAY(SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_constraint k"
            + " CROSS JOIN pg_catalog.unnest(k.conkey) WITH ORDINALITY AS p(number, place)"
            + " JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = p.number"
            + " WHERE k.conrelid = c.oid AND k.contype = 'p' AND NOT k.condeferrable ORDER BY p.place)"
            + " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            + " WHERE c.oid = ANY (?::pg_catalog.oid[])";

    /**
     * The columns of relations, in order; meant to run under an empty search_path. Parameter: OIDs. The default is the
     * column's, else its domain's, else the next value of the sequence behind an identity column.
     */
    public static final String COLUMNS = "SELECT a.attrelid::pg_catalog.int8, a.attnum::pg_catalog.int4, a.attname,"
            + " pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,"
            + " CASE WHEN a.attcollation <> t.typcollation"
            + " THEN pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname) END,"
            + " CASE WHEN a.attidentity <> '' THEN 'pg_catalog.nextval(' || pg_catalog.quote_literal("
            + "pg_catalog.pg_get_serial_sequence(a.attrelid::pg_catalog.regclass::pg_catalog.text, a.attname))"
            + " || '::pg_catalog.regclass)' WHEN d.oid IS NOT NULL THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid)"
            + " ELSE pg_catalog.pg_get_expr(t.typdefaultbin, 0) END,"
            + " a.attidentity <> '' OR EXISTS (SELECT FROM pg_catalog.pg_depend x JOIN pg_catalog.pg_class s"
            + " ON s.oid = x.refobjid AND s.relkind = 'S' WHERE x.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass"
            + " AND x.objid = d.oid AND x.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass),"
            + " a.attgenerated <> '',"
            + " CASE WHEN tn.nspname = 'pg_catalog' THEN t.typname::pg_catalog.text ELSE '' END,"
            + " coalesce(co.collisdeterministic, true)"
            + " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
            + " JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace"
            + " LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
            + " LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation"
            + " LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace"
            + " WHERE a.attrelid = ANY (?::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped"
            + " ORDER BY a.attrelid, a.attnum";

    /** Which of these names a function of the system has that is not immutable. Parameter: names. */
    public static final String CHANGING_FUNCTIONS = "SELECT DISTINCT p.proname FROM pg_catalog.pg_proc p"
            + " WHERE p.proname = ANY (?::pg_catalog.text[]) AND p.provolatile <> 'i'"
            + " AND p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace";

    /**
     * Unique indexes, and the exclusion constraints' indexes. Parameter: OIDs of tables. Key columns as attribute
     * numbers (0 for an expression), whether each column's collation is deterministic, and for an exclusion constraint
     * the names of its operators.
     */
    public static final String UNIQUE_INDEXES = "SELECT i.indrelid::pg_catalog.int8, c.relname,"
            + " coalesce(k.contype::pg_catalog.text, 'i'),"
            + " ARRAY(SELECT i.indkey[p]::pg_catalog.int4"
            + " FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) p ORDER BY p),"
            + " ARRAY(SELECT coalesce(co.collisdeterministic, true)"
            + " FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) p"
            + " LEFT JOIN pg_catalog.pg_collation co ON co.oid = i.indcollation[p] ORDER BY p),"
            + " ARRAY(SELECT o.oprname::pg_catalog.text FROM pg_catalog.unnest(k.conexclop)"
            + " WITH ORDINALITY AS e(op, place) JOIN pg_catalog.pg_operator o ON o.oid = e.op ORDER BY e.place)"
            + " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
            + " LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid"
            + " AND k.contype IN ('p', 'u', 'x')"
            + " WHERE i.indrelid = ANY (?::pg_catalog.oid[]) AND (i.indisunique OR i.indisexclusion)"
            + " ORDER BY c.relname";

    /** Foreign keys from or to tables. Parameters: their OIDs, twice. */
    public static final String FOREIGN_KEYS = "SELECT k.conname, k.conrelid::pg_catalog.int8, n.nspname, c.relname,"
            + " k.confrelid::pg_catalog.int8, fn.nspname, fc.relname,"
            + " k.conkey::pg_catalog.int4[], k.confkey::pg_catalog.int4[],"
            + " k.confdeltype::pg_catalog.text, k.confupdtype::pg_catalog.text,"
            + " coalesce(ARRAY(SELECT e.v::pg_catalog.int4 FROM pg_catalog.jsonb_array_elements_text("
            + " CASE pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(k) -> 'confdelsetcols') WHEN 'array'"
            + " THEN pg_catalog.to_jsonb(k) -> 'confdelsetcols' ELSE '[]'::pg_catalog.jsonb END) AS e(v)),"
            + " '{}'::pg_catalog.int4[])"
            + " FROM pg_catalog.pg_constraint k"
            + " JOIN pg_catalog.pg_class c ON c.oid = k.conrelid"
            + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            + " JOIN pg_catalog.pg_class fc ON fc.oid = k.confrelid"
            + " JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace"
            + " WHERE k.contype = 'f' AND (k.conrelid = ANY (?::pg_catalog.oid[])"
            + " OR k.confrelid = ANY (?::pg_catalog.oid[])) ORDER BY k.conname";

    /** Inheritance and partitions above or below tables: child, parent. Parameters: their OIDs, twice. */
    public static final String INHERITANCE = "SELECT cn.nspname, c.relname, pn.nspname, p.relname"
            + " FROM pg_catalog.pg_inherits h"
            + " JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid"
            + " JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace"
            + " JOIN pg_catalog.pg_class p ON p.oid = h.inhparent"
            + " JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace"
            + " WHERE c.relkind IN ('r', 'p', 'f') AND (h.inhrelid = ANY (?::pg_catalog.oid[])"
            + " OR h.inhparent = ANY (?::pg_catalog.oid[]))";

    /** Rules on tables, other than what makes a view a view. Parameter: OIDs. */
    public static final String RULES = "SELECT r.rulename, n.nspname, c.relname FROM pg_catalog.pg_rewrite r"
            + " JOIN pg_catalog.pg_class c ON c.oid = r.ev_class"
            + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            + " WHERE r.rulename <> '_RETURN' AND r.ev_class = ANY (?::pg_catalog.oid[]) LIMIT 1";

    /**
     * The tables below a view, a materialized view or a table's rules, through whatever views lie between. Parameter:
     * the OID.
     */
    public static final String TABLES_BELOW = "WITH RECURSIVE below(oid) AS (SELECT ?::pg_catalog.int8::pg_catalog.oid"
            + " UNION SELECT d.refobjid FROM below b"
            + " JOIN pg_catalog.pg_rewrite r ON r.ev_class = b.oid"
            + " JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass"
            + " AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)"
            + " SELECT n.nspname, c.relname, c.relkind::pg_catalog.text, c.relpersistence::pg_catalog.text"
            + " FROM below b JOIN pg_catalog.pg_class c ON c.oid = b.oid"
            + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            + " WHERE c.relkind NOT IN ('v', 'i', 'I', 'S', 'c') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
            + " AND c.oid <> ?::pg_catalog.int8::pg_catalog.oid";

    /** Whether an index of a table exists, and is valid. Parameters: schema, table, index name. */
    public static final String INDEX_IS_VALID = "SELECT i.indisvalid FROM pg_catalog.pg_index i"
            + " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
            + " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
            + " JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
            + " WHERE n.nspname = ? AND t.relname = ? AND c.relname = ?";

    /** The tables whose triggers run functions that, by the words in them, may notify or make temporary objects. */
    public static final String NOTIFYING_TABLES = "SELECT DISTINCT c.relname FROM pg_catalog.pg_trigger t"
            + " JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.tgrelid"
            + " JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid"
            + " WHERE NOT t.tgisinternal AND p.prosrc OPERATOR(pg_catalog.~*) 'notif|temp'";

    /**
     * The invalid indexes of a table that an interrupted REINDEX CONCURRENTLY has left, by the names that PostgreSQL's manual
     * says (REINDEX, "Rebuilding Indexes Concurrently"). Parameters: schema, table, the name of the index, or null for any.
     */
    public static final String REINDEX_LEFTOVERS = "SELECT c.relname FROM pg_catalog.pg_index i"
            + " JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid"
            + " JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) i.indrelid"
            + " JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.relnamespace"
            + " CROSS JOIN LATERAL (SELECT pg_catalog.regexp_replace(c.relname::pg_catalog.text,"
            + " '_cc(new|old)[0-9]*$', '') AS name) original"
            + " WHERE n.nspname OPERATOR(pg_catalog.=) ?::pg_catalog.name"
            + " AND t.relname OPERATOR(pg_catalog.=) ?::pg_catalog.name AND NOT i.indisvalid"
            + " AND c.relname::pg_catalog.text OPERATOR(pg_catalog.<>) original.name"
            + " AND pg_catalog.starts_with(COALESCE(?, original.name), original.name)";

    /** The search_path, for {@link #SET_SEARCH_PATH} to bring back. */
    public static final String CURRENT_SEARCH_PATH = "SELECT pg_catalog.current_setting('search_path')";

    /**
     * Sets search_path for the rest of the transaction; an empty one makes catalog functions print every name
     * qualified. Parameter: its value.
     */
    public static final String SET_SEARCH_PATH = "SELECT pg_catalog.set_config('search_path', ?, true)";

    /** Sets whether routine bodies are checked, for the rest of the transaction. Parameter: on or off. */
    public static final String SET_CHECK_FUNCTION_BODIES =
            "SELECT pg_catalog.set_config('check_function_bodies', ?, true)";

    public static final String CURRENT_CHECK_FUNCTION_BODIES =
            "SELECT pg_catalog.current_setting('check_function_bodies')";

    /**
     * The sizes of tables and what ANALYZE knows of their columns: a row for each column, without columns one for the
     * table. A partitioned table or one with children is the sum of its parts. Parameters: schemas, names, both null for
     * every table of the database that lasts and is not the system's; the most tables to look at.
     *
     * <p>{@code analysed_rows} scales {@code reltuples} to the pages of now, as the planner does ({@code
     * estimate_rel_size} in src/backend/optimizer/util/plancat.c); {@code other_pages} are pages whose rows must be guessed
     * from the columns, at least ten for a table never analysed, again as there. Asking for the pages of a table takes its
     * lock, so tables that somebody has locked or wants to lock whole are left at the pages of their last ANALYZE. Runs
     * in a transaction: types and collations are printed with every name qualified.
     */
    public static final String TABLE_STATISTICS = "SET LOCAL search_path TO ''; SET LOCAL lock_timeout TO '1s';"
            + " WITH RECURSIVE names AS (SELECT ?::pg_catalog.text[] AS schemas, ?::pg_catalog.text[] AS names),"
            + " wanted AS MATERIALIZED (SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c"
            + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace CROSS JOIN names w"
            + " WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'"
            + " AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'pgplex')"
            + " AND (w.schemas IS NULL OR (n.nspname::pg_catalog.text, c.relname::pg_catalog.text) IN"
            + " (SELECT s, t FROM ROWS FROM (pg_catalog.unnest(w.schemas), pg_catalog.unnest(w.names)) AS u(s, t)))"
            + " ORDER BY c.relpages DESC, c.oid LIMIT ?),"
            + " tree(root, oid) AS (SELECT oid, oid FROM wanted UNION SELECT t.root, h.inhrelid FROM tree t"
            + " JOIN pg_catalog.pg_inherits h ON h.inhparent = t.oid),"
            + " locked AS MATERIALIZED (SELECT DISTINCT l.relation FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d"
            + " ON d.oid = l.database AND d.datname = pg_catalog.current_database()"
            + " WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock'),"
            + " page AS (SELECT pg_catalog.current_setting('block_size')::pg_catalog.int8 AS bytes),"
            + " parts AS (SELECT t.root, c.relkind, c.reltuples::pg_catalog.float8, c.relpages, c.relhassubclass,"
            + " CASE WHEN c.oid IN (SELECT relation FROM locked) THEN c.relpages"
            + " ELSE coalesce(pg_catalog.pg_relation_size(c.oid), 0) / page.bytes END AS pages"
            + " FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid CROSS JOIN page),"
            + " sizes AS (SELECT root, pg_catalog.count(*) > 1 AS inherited,"
            + " pg_catalog.sum(CASE WHEN relkind = 'f' THEN greatest(reltuples, 0)"
            + " WHEN reltuples >= 0 AND relpages > 0 THEN reltuples / relpages * pages ELSE 0 END) AS analysed_rows,"
            + " pg_catalog.sum(CASE WHEN relkind NOT IN ('r', 'm') OR (reltuples >= 0 AND relpages > 0) THEN 0"
            + " WHEN reltuples < 0 AND NOT relhassubclass THEN greatest(pages, 10) ELSE pages END) AS other_pages"
            + " FROM parts GROUP BY root)"
            + " SELECT w.nspname, w.relname, page.bytes AS page_bytes, z.analysed_rows, z.other_pages, a.attname,"
            + " pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,"
            + " CASE WHEN a.attcollation <> t.typcollation"
            + " THEN pg_catalog.quote_ident(cn.nspname) || '.' || pg_catalog.quote_ident(co.collname) END AS collation,"
            + " a.atttypid::pg_catalog.int8, a.atttypmod, t.typlen, s.null_frac, s.avg_width, s.n_distinct,"
            + " (SELECT p FROM pg_catalog.pg_index i, pg_catalog.generate_series(0, i.indnkeyatts - 1) p"
            + " WHERE i.indrelid = w.oid AND i.indisprimary AND i.indimmediate AND i.indkey[p] = a.attnum) AS key_place"
            + " FROM wanted w JOIN sizes z ON z.root = w.oid CROSS JOIN page"
            + " LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped"
            + " LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
            + " LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation"
            + " LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace"
            + " LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = w.nspname AND s.tablename = w.relname"
            + " AND s.attname = a.attname AND s.inherited = z.inherited"
            + " AND ((SELECT names FROM names) IS NULL OR s.tablename = ANY ((SELECT names FROM names)::pg_catalog.name[]))"
            + " ORDER BY w.oid, a.attnum";

    /**
     * Publishes which transactions of a client may be waiting, on the home shard. Parameters: the client, then of each
     * transaction and shard gtxid, shard, pid, begin, statement and whether it may be cancelled, then when they were
     * looked at. A row for each that anybody has published, or a row of nulls after the clock.
     */
    public static final String EXCHANGE_WAITS = "SELECT w.home_clock, w.gtxid, w.shard, w.pid, w.began, w.statement,"
            + " w.cancellable, w.seen FROM pgplex.exchange_waits(?, ?, ?, ?, ?, ?, ?, ?) w";

    /** The backends of a server that wait for a lock, and what blocks each. */
    public static final String LOCK_WAITS = "SELECT w.pid, w.since, w.blockers, w.prepared FROM pgplex.lock_waits() w";
    /** The isolation level of the current transaction, as the server spells it. */
    public static final String CURRENT_ISOLATION = "SELECT pg_catalog.current_setting('transaction_isolation')";

    /** From now on {@code pgplex.is_original()} says that what is written came from another copy of the table. */
    public static final String IMAGES_BEGIN = "SET LOCAL pgplex.image = 'on'";

    public static final String IMAGES_END = "SET LOCAL pgplex.image = 'off'";

    /** Lets every server print values alike, for the rest of the transaction. */
    public static final String COMPARABLE_TEXT = "SET LOCAL extra_float_digits = 3; SET LOCAL datestyle = 'ISO, YMD';"
            + " SET LOCAL intervalstyle = 'postgres'; SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex';"
            + " SET LOCAL lc_monetary = 'C'; SET LOCAL search_path = ''";

    /** The first key of the advisory locks on replicated tables; the second is a hash of the table's name. */
    private static final int COPIES = 1885827171;

    private ServerSql() {}

    /**
     * Takes the lock that a writer of a replicated table holds until its transaction ends, and answers whether the table has
     * enabled row triggers that run before a write ({@code tgtype}: 1 for each row, 2 before).
     */
    public static String lockCopies(TableName table) {
        return lockCopies("pg_advisory_xact_lock", table);
    }

    /** The same for the session, before its transaction begins: {@link #keepLockOnCopies} makes it the transaction's. */
    public static String lockCopiesInSession(TableName table) {
        return lockCopies("pg_advisory_lock", table);
    }

    private static String lockCopies(String function, TableName table) {
        return "SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c"
                + " ON c.oid OPERATOR(pg_catalog.=) t.tgrelid"
                + " JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace"
                + " WHERE n.nspname OPERATOR(pg_catalog.=) " + literal(table.schema())
                + " AND c.relname OPERATOR(pg_catalog.=) " + literal(table.name())
                + " AND NOT t.tgisinternal AND t.tgenabled OPERATOR(pg_catalog.<>) 'D'"
                + " AND (t.tgtype OPERATOR(pg_catalog.&) 3::pg_catalog.int2) OPERATOR(pg_catalog.=) 3),"
                + " pg_catalog." + function + copies(table);
    }

    /** PREPARE TRANSACTION refuses who holds a lock for the session, too. */
    public static String keepLockOnCopies(TableName table) {
        return "SELECT false, pg_catalog.pg_advisory_xact_lock" + copies(table) + ", pg_catalog.pg_advisory_unlock"
                + copies(table);
    }

    private static String copies(TableName table) {
        return "(" + COPIES + ", " + table.toString().hashCode() + ")";
    }

    /** Takes the same lock so that others who do no more than read may have it, too. */
    public static String lockCopiesShared(TableName table) {
        return "SELECT false, pg_catalog.pg_advisory_xact_lock_shared" + copies(table);
    }

    /** How many rows a copy of a table has, and a sum over hashes of their text. */
    public static String compareCopies(Table table) {
        StringJoiner columns = new StringJoiner(", ");
        table.columns().forEach(column -> columns.add("t." + TableName.quote(column.name())));
        return "SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(CAST(pg_catalog.hashtextextended("
                + "CAST(ROW(" + columns + ") AS pg_catalog.text), 0) AS pg_catalog.numeric)), 0) FROM ONLY "
                + table.name().quoted() + " AS t";
    }

    private static String literal(String text) {
        return (text.indexOf('\\') >= 0 ? " E'" : "'")
                + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    /** Fails, and with it the transaction on a server, or what it has done since its last savepoint. */
    public static String giveWay(String gtxid) {
        return "SELECT pgplex.give_way('" + gtxid + "')";
    }

    /** What installs schema {@code pgplex}: several statements in one text, safe to repeat. */
    public static String schema() {
        try (InputStream stream = ServerSql.class.getResourceAsStream("schema.sql")) {
            if (stream == null) {
                throw new IllegalStateException("schema.sql is missing from the driver's jar");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a table has a row; a name cannot be a parameter. */
    public static String hasRows(String quotedTable) {
        return "SELECT EXISTS (SELECT FROM ONLY " + quotedTable + ")";
    }
}
