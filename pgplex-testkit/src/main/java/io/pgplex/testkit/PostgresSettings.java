package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** The settings that a test server is given; written to postgresql.conf, so that ALTER SYSTEM prevails. */
final class PostgresSettings {
    private PostgresSettings() {}

    /** What pgplex needs of its servers, and what makes a server for tests quick to start and to end. */
    static Map<String, String> defaults(int majorVersion) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("listen_addresses", "127.0.0.1");
        settings.put("unix_socket_directories", "");
        settings.put("max_connections", "200");
        settings.put("max_prepared_transactions", "64");
        settings.put("wal_level", "logical");
        settings.put("max_wal_senders", "20");
        settings.put("max_replication_slots", "20");
        settings.put("max_worker_processes", "32");
        settings.put("max_logical_replication_workers", "16");
        // without it a promotion sometimes takes five seconds
        settings.put("wal_retrieve_retry_interval", "100ms");
        // tests kill processes, not the machine
        settings.put("fsync", "off");
        settings.put("shared_buffers", "64MB");
        settings.put("max_wal_size", "512MB");
        // in the data directory, where it goes away with it even after kill -9
        settings.put("dynamic_shared_memory_type", "mmap");
        settings.put("log_line_prefix", "%m [%p] %q%u@%d %a ");
        if (majorVersion >= 18) {
            // three processes fewer per server
            settings.put("io_method", "sync");
        }
        return settings;
    }

    /** Appends to a configuration file; in PostgreSQL the last mention of a setting counts. */
    static void append(Path file, Map<String, String> settings) {
        StringBuilder lines = new StringBuilder("\n");
        settings.forEach((name, value) -> lines.append(name)
                .append(" = '")
                .append(value.replace("'", "''"))
                .append("'\n"));
        try {
            Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
