package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A data directory fresh from {@code initdb}, made once per locale and JVM: a copy of it is a new server
 * in a fifth of the time that {@code initdb} takes.
 */
final class PostgresTemplate {
    private static final Map<DatabaseLocale, PostgresTemplate> TEMPLATES = new ConcurrentHashMap<>();

    private final Path data;

    private PostgresTemplate(Path data) {
        this.data = data;
    }

    static PostgresTemplate of(DatabaseLocale locale) {
        return TEMPLATES.computeIfAbsent(locale, PostgresTemplate::initialize);
    }

    private static PostgresTemplate initialize(DatabaseLocale locale) {
        Path directory = RunDirectory.current().newSubdirectory("template");
        Path data = Directories.create(directory.resolve("data"), Directories.OWNER_ONLY);
        Privileges privileges = Privileges.current();
        privileges.handOver(data);
        PostgresBinaries binaries = PostgresBinaries.installed();
        List<String> initdb = new ArrayList<>(List.of(binaries.program("initdb").toString()));
        initdb.addAll(List.of("--pgdata=" + data, "--username=postgres", "--auth=trust", "--encoding=UTF8"));
        initdb.addAll(List.of("--no-sync", "--no-instructions"));
        initdb.addAll(locale.initdbOptions(binaries.majorVersion()));
        try {
            Command.Result result = Command.run(directory, Duration.ofMinutes(2), privileges.run(initdb));
            if (!result.succeeded()) {
                throw new ServerException("initdb failed for locale " + locale + ": " + result.output());
            }
            return new PostgresTemplate(data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes a data directory that is a server of its own. */
    void copyTo(Path target) {
        Directories.copy(data, target, path -> true);
        SystemIdentifier.assignNew(target);
    }
}
