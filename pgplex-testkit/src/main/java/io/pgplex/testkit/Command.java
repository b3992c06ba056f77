package io.pgplex.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A short-lived program: run to its end, output and exit status kept. */
final class Command {
    /** What a program left: its exit status (-1: out of time) and its output, standard error included. */
    record Result(int status, String output) {
        boolean succeeded() {
            return status == 0;
        }
    }

    private Command() {}

    /**
     * Runs a program in a directory, at most for the given time.
     *
     * @throws IOException when the program cannot be started, because it does not exist for example
     */
    static Result run(Path directory, Duration limit, List<String> command) throws IOException {
        Path output = Files.createTempFile("pgplex-output-", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(ProcessBuilder.Redirect.from(ServerProcess.NOTHING))
                    .redirectOutput(output.toFile());
            ServerProcess.plainEnvironment(builder.environment());
            Process process = builder.start();
            boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
            String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8).strip();
            return new Result(ended ? process.exitValue() : -1, text);
        } catch (InterruptedException e) {
            throw Waiting.interrupted(e);
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /** Whether a program exists and ends well. */
    static boolean succeeds(String... command) {
        try {
            return run(Path.of("/"), Duration.ofSeconds(10), List.of(command)).succeeded();
        } catch (IOException e) {
            return false;
        }
    }
}
