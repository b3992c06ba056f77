package io.pgplex.testkit;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shell that outlives a killed JVM just long enough to end its servers and remove its directory.
 *
 * <p>It reads from a pipe which pids there are; when the pipe closes, which the operating system does
 * when the JVM is gone, it acts. The servers stay direct children of the JVM. Thread-safe.
 */
final class Reaper {
    private static final Logger LOGGER = LoggerFactory.getLogger(Reaper.class);

    // Ctrl-C reaches the whole process group; the JVM's own shutdown goes first
    private static final String SCRIPT = """
            trap '' HUP INT QUIT TERM
            cd /
            pids=
            while read -r change pid; do
              if [ "$change" = + ]; then
                pids="$pids $pid"
              else
                kept=
                for each in $pids; do [ "$each" = "$pid" ] || kept="$kept $each"; done
                pids=$kept
              fi
            done
            if [ -n "$pids" ]; then
              kill -CONT $pids
              kill -QUIT $pids
              for wait in 1 2 3 4 5 6 7 8 9 10; do
                alive=
                for each in $pids; do kill -0 $each && alive=yes; done
                [ -n "$alive" ] || break
                sleep 0.1
              done
              kill -KILL $pids
              sleep 0.3
            fi
            rm -rf "$1"
            """;

    private final Process shell;
    private final Writer pipe;

    private Reaper(Process shell) {
        this.shell = shell;
        this.pipe = shell.outputWriter(StandardCharsets.US_ASCII);
    }

    static Reaper start(Path directory) {
        try {
            return new Reaper(new ProcessBuilder("/bin/sh", "-c", SCRIPT, "pgplex-testkit-reaper", directory.toString())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start());
        } catch (IOException e) {
            throw new ServerException("could not start /bin/sh", e);
        }
    }

    void watch(long pid) {
        tell("+ " + pid);
    }

    void forget(long pid) {
        tell("- " + pid);
    }

    private synchronized void tell(String line) {
        try {
            pipe.write(line + "\n");
            pipe.flush();
        } catch (IOException e) {
            LOGGER.warn("the reaper is gone: servers will outlive this JVM if it is killed", e);
        }
    }

    /** Lets the shell end; the servers have ended and their directory is gone. */
    void close() {
        try {
            pipe.close();
            shell.waitFor();
        } catch (IOException e) {
            LOGGER.debug("could not close the reaper's pipe", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends servers that neither their JVM nor its reaper could end; recognised by the directory they serve. */
    static void endServersIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory, 3)) {
            List<Path> pidFiles =
                    files.filter(file -> file.endsWith("postmaster.pid")).toList();
            for (Path file : pidFiles) {
                ProcessHandle.of(Long.parseLong(Files.readAllLines(file).get(0)))
                        .filter(process -> serves(process, directory))
                        .ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    private static boolean serves(ProcessHandle process, Path directory) {
        return process.info().commandLine().orElse("").contains(directory.toString());
    }
}
