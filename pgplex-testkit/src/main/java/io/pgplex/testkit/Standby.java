package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes a streaming standby without pg_basebackup, which the embedded binaries lack.
 *
 * <p>The way is that of PostgreSQL's manual, "Making a Base Backup Using the Low Level API": a slot keeps
 * the WAL from before the copy begins, so that none needs to be copied.
 */
final class Standby {
    private static final Duration STREAM_LIMIT = Duration.ofSeconds(30);
    private static final Set<String> OF_THE_RUNNING_SERVER = Set.of("postmaster.pid", "postmaster.opts");
    private static final Set<String> KEPT_EMPTY = Set.of(
            "pg_wal",
            "pg_replslot",
            "pg_dynshmem",
            "pg_notify",
            "pg_serial",
            "pg_snapshots",
            "pg_stat_tmp",
            "pg_subtrans");

    private Standby() {}

    static PostgresServer create(PostgresServer primary, String name, boolean synchronous) {
        Path directory = RunDirectory.current().newSubdirectory(name);
        PostgresServer standby = new PostgresServer(name, directory, primary.hasLinks());
        fill(primary, standby, synchronous);
        return standby;
    }

    /** Fills a server's directory with a copy, and starts it. */
    static void fill(PostgresServer primary, PostgresServer standby, boolean synchronous) {
        String slot = standby.name().replaceAll("[^a-z0-9_]", "_");
        copy(primary, standby, slot);
        configure(primary, standby, slot);
        standby.startOrRemove();
        awaitStreaming(primary, standby.name());
        if (synchronous) {
            addSynchronous(primary, standby.name());
        }
    }

    private static void copy(PostgresServer primary, PostgresServer standby, String slot) {
        try (Connection connection = primary.connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_catalog.pg_create_physical_replication_slot('" + slot + "', true)"
                    + " WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = '" + slot
                    + "')");
            statement.execute("SELECT pg_catalog.pg_backup_start('" + slot + "', true)");
            Directories.copy(primary.data(), standby.data(), Standby::isCopied);
            try (ResultSet label = statement.executeQuery("SELECT labelfile FROM pg_catalog.pg_backup_stop(false)")) {
                label.next();
                Files.writeString(standby.data().resolve("backup_label"), label.getString(1));
            }
        } catch (SQLException e) {
            throw new ServerException("could not copy " + primary.name() + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isCopied(Path path) {
        String first = path.getName(0).toString();
        boolean temporary = path.getFileName().toString().startsWith("pgsql_tmp");
        boolean keptEmpty = KEPT_EMPTY.contains(first) && path.getNameCount() > 1;
        return !temporary && !keptEmpty && !OF_THE_RUNNING_SERVER.contains(first);
    }

    private static void configure(PostgresServer primary, PostgresServer standby, String slot) {
        Path data = standby.data();
        try {
            // what was ALTERed on the primary, synchronous_standby_names above all, is not the standby's
            Files.writeString(data.resolve("postgresql.auto.conf"), "");
            Files.createFile(data.resolve("standby.signal"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        PostgresSettings.append(
                data.resolve("postgresql.conf"),
                Map.of(
                        "cluster_name",
                        standby.name(),
                        "port",
                        Integer.toString(standby.port()),
                        "primary_slot_name",
                        slot,
                        "primary_conninfo",
                        primary.replicationAddress() + " user=" + PostgresServer.SUPERUSER + " application_name="
                                + standby.name()));
    }

    private static void awaitStreaming(PostgresServer primary, String name) {
        String state = "SELECT state FROM pg_catalog.pg_stat_replication WHERE application_name = '" + name + "'";
        Waiting.until(
                () -> "streaming".equals(primary.query("postgres", state)),
                STREAM_LIMIT,
                () -> name + " does not stream from " + primary.name());
    }

    /** One confirmation is enough for a commit, so that one standby may fail. */
    private static void addSynchronous(PostgresServer primary, String name) {
        String present = primary.query("postgres", "SHOW synchronous_standby_names");
        String quoted = PostgresServer.quoted(name);
        List<String> names = new ArrayList<>();
        if (present != null && !present.isEmpty()) {
            String inside = present.substring(present.indexOf('(') + 1, present.lastIndexOf(')'));
            names.addAll(List.of(inside.split(", ")));
        }
        if (!names.contains(quoted)) {
            names.add(quoted);
            setSynchronous(primary, names);
        }
        String state = "SELECT sync_state FROM pg_catalog.pg_stat_replication WHERE application_name = '" + name + "'";
        Waiting.until(
                () -> "quorum".equals(primary.query("postgres", state)),
                STREAM_LIMIT,
                () -> name + " did not become synchronous");
    }

    /** Sets whose confirmation a server's commits wait for; a standby keeps it for the time when it is promoted. */
    static void setSynchronous(PostgresServer server, List<String> quotedNames) {
        server.execute(
                "postgres",
                "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (" + String.join(", ", quotedNames) + ")'",
                "SELECT pg_catalog.pg_reload_conf()");
    }
}
