package io.pgplex.testkit;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A running server: the process that this JVM started itself, and whatever that process forked.
 *
 * <p>Thread-safe. It dies with the JVM, whichever way the JVM ends (see {@link RunDirectory}).
 */
final class ServerProcess {
    static final File NOTHING = new File("/dev/null");
    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

    private final Process process;
    private final String quitSignal;

    private ServerProcess(Process process, String quitSignal) {
        this.process = process;
        this.quitSignal = quitSignal;
    }

    /**
     * Starts a server in a directory, to whose file {@code log} its output is appended.
     *
     * @param quitSignal the signal that ends it at once but tidily, without the "SIG"
     */
    static ServerProcess start(List<String> command, Path directory, String quitSignal) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(ProcessBuilder.Redirect.from(NOTHING))
                    .redirectOutput(
                            ProcessBuilder.Redirect.appendTo(log(directory).toFile()));
            plainEnvironment(builder.environment());
            ServerProcess server = new ServerProcess(builder.start(), quitSignal);
            RunDirectory.current().started(server);
            return server;
        } catch (IOException e) {
            throw new ServerException("could not start " + command.get(0), e);
        }
    }

    /** Takes away what would make a server's behaviour depend on who starts it. */
    static void plainEnvironment(Map<String, String> environment) {
        environment.keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("ETCD_"));
        environment.keySet().removeIf(name -> name.startsWith("LC_") || name.startsWith("LANG"));
        environment.put("LC_ALL", "C");
        environment.put("TZ", "UTC");
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Sends a signal and waits for the end; kills what has not ended within the grace period. */
    void stop(String signal, Duration grace) {
        resume();
        Signals.send(signal, LongStream.of(pid()));
        if (!endsWithin(grace)) {
            kill();
        }
    }

    /** Ends the process at once, as tidily as that allows. */
    void quit() {
        stop(quitSignal, Duration.ofSeconds(5));
    }

    /** A true {@code kill -9} of the one process; what it forked notices by itself, and is waited for. */
    void kill() {
        // it must not fork one more that nobody would wait for
        Signals.send("STOP", LongStream.of(pid()));
        List<ProcessHandle> forked = process.descendants().toList();
        process.destroyForcibly();
        if (!endsWithin(KILL_LIMIT)) {
            throw new ServerException("process " + pid() + " outlived SIGKILL");
        }
        Signals.send("CONT", forked.stream().mapToLong(ProcessHandle::pid));
        if (!Waiting.holdsWithin(() -> forked.stream().noneMatch(ServerProcess::isWorking), Duration.ofSeconds(2))) {
            forked.forEach(ProcessHandle::destroyForcibly);
        }
    }

    /** Orphans that have ended may stay as zombies for a while, which have no program any more. */
    private static boolean isWorking(ProcessHandle orphan) {
        return orphan.isAlive() && orphan.info().command().isPresent();
    }

    /** Stops the process and everything it forked where they stand (SIGSTOP). */
    void pause() {
        // the parent first: after that nothing new can appear below it
        Signals.send("STOP", LongStream.of(pid()));
        Signals.send("STOP", process.descendants().mapToLong(ProcessHandle::pid));
    }

    /** Lets a paused process and everything it forked go on (SIGCONT); harmless otherwise. */
    void resume() {
        Stream<ProcessHandle> forked = process.descendants();
        Signals.send("CONT", LongStream.concat(forked.mapToLong(ProcessHandle::pid), LongStream.of(pid())));
    }

    private boolean endsWithin(Duration limit) {
        try {
            boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (ended) {
                RunDirectory.current().ended(this);
            }
            return ended;
        } catch (InterruptedException e) {
            throw Waiting.interrupted(e);
        }
    }

    static Path log(Path directory) {
        return directory.resolve("log");
    }

    /** The last lines of the log in a directory, for an error message. */
    static String endOfLog(Path directory) {
        try {
            List<String> lines = Files.readString(log(directory), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e + ")";
        }
    }
}
