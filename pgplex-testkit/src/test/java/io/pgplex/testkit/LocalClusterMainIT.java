package io.pgplex.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalClusterMainIT {
    @TempDir
    private Path directory;

    private Process main;
    private final List<String> output = new ArrayList<>();

    @AfterEach
    void endMain() throws InterruptedException {
        if (main != null) {
            main.destroyForcibly().waitFor();
        }
    }

    @Test
    void leavesNothingBehindOnSigterm() throws Exception {
        List<ProcessHandle> servers = startMain("--shards=2", "--standbys=1", "--memory");
        assertThat(directory).isNotEmptyDirectory();

        main.destroy();

        assertThat(main.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(directory).isEmptyDirectory();
        assertGone(servers);
    }

    @Test
    void leavesNothingBehindOnSigint() throws Exception {
        List<ProcessHandle> servers = startMain("--shards=1", "--memory");

        Signals.send("INT", java.util.stream.LongStream.of(main.pid()));

        assertThat(main.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(directory).isEmptyDirectory();
        assertGone(servers);
    }

    @Test
    void leavesNothingBehindWhenKilled() throws Exception {
        List<ProcessHandle> servers = startMain("--shards", "2", "--memory");

        main.destroyForcibly().waitFor();

        assertGone(servers);
        Waiting.until(this::isEmpty, Duration.ofSeconds(20), () -> "the directory was kept");
    }

    @Test
    void printsHowToConnect() throws Exception {
        startMain("--shards=1", "--standbys=1", "--memory");
        assertThat(output)
                .anyMatch(line -> line.startsWith("URL: jdbc:pgplex:mem:local/app?user=postgres"))
                .anyMatch(line -> line.matches(
                        "  JOIN CLUSTER ON 'host=127.0.0.1 port=\\d+ dbname=app' AS pg1_r1 REPLICA OF pg1;"));
    }

    /** Returns once the cluster runs, with every process that it consists of. */
    private List<ProcessHandle> startMain(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-D" + RunDirectory.PROPERTY + "=" + directory,
                "-classpath",
                System.getProperty("java.class.path"),
                LocalClusterMain.class.getName()));
        command.addAll(List.of(arguments));
        main = new ProcessBuilder(command).redirectErrorStream(true).start();
        BufferedReader lines = main.inputReader();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            output.add(line);
            if (line.startsWith("Press Ctrl-C")) {
                List<ProcessHandle> processes = main.descendants().toList();
                assertThat(processes).hasSizeGreaterThan(5);
                return processes;
            }
        }
        throw new AssertionError("the main ended: " + output);
    }

    private static void assertGone(List<ProcessHandle> processes) {
        // a zombie, which has no program, waits for init and is none of our doing
        Waiting.until(
                () -> processes.stream()
                        .noneMatch(process ->
                                process.isAlive() && process.info().command().isPresent()),
                Duration.ofSeconds(20),
                () -> "some of " + processes + " still run");
    }

    private boolean isEmpty() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.findAny().isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
