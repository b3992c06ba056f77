package io.pgplex.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a running server says of itself in postmaster.pid (miscadmin.h, LOCK_FILE_LINE_*). */
final class PostmasterFile {
    private static final int PID = 0;
    private static final int SHARED_MEMORY = 6;
    private static final int STATUS = 7;

    private PostmasterFile() {}

    /** Whether the server with that pid accepts connections; this is how pg_ctl asks. */
    static boolean isReady(Path data, long pid) {
        List<String> lines = read(data);
        return lines.size() > STATUS
                && lines.get(PID).equals(Long.toString(pid))
                && lines.get(STATUS).strip().equals("ready");
    }

    /** The pid of the server that runs or last ran on the data directory, or 0. */
    static long pid(Path data) {
        List<String> lines = read(data);
        return lines.isEmpty() || !lines.get(PID).strip().matches("[0-9]{1,9}")
                ? 0
                : Long.parseLong(lines.get(PID).strip());
    }

    /** Removes the few bytes of System V memory that a killed server leaves behind. */
    static void removeSharedMemory(Path data) {
        List<String> lines = read(data);
        if (lines.size() > SHARED_MEMORY) {
            String[] keyAndIdentifier = lines.get(SHARED_MEMORY).strip().split("\\s+");
            if (keyAndIdentifier.length == 2) {
                Command.succeeds("ipcrm", "-m", keyAndIdentifier[1]);
            }
        }
    }

    private static List<String> read(Path data) {
        try {
            return Files.readAllLines(data.resolve("postmaster.pid"));
        } catch (IOException e) {
            return List.of();
        }
    }
}
