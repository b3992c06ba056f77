package io.pgplex.jdbc.consistency;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A {@link BankClient} in a JVM of its own. Confined to one thread, but for the thread of its own that hears what it says. */
final class ClientProcess implements AutoCloseable {

    private static final long END_SECONDS = 60;

    private final int number;
    private final Process process;
    private final Thread listener;

    private ClientProcess(int number, Process process, Ledger ledger) {
        this.number = number;
        this.process = process;
        this.listener = new Thread(() -> listen(ledger), "bank-client-" + number);
        listener.start();
    }

    /** Starts one whose lines go to the ledger. */
    static ClientProcess start(int number, String url, int accounts, int threads, long seed, Ledger ledger) {
        try {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx128m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                            "-cp",
                            System.getProperty("java.class.path"),
                            BankClient.class.getName(),
                            url,
                            Integer.toString(number),
                            Integer.toString(accounts),
                            Integer.toString(threads),
                            Long.toString(seed))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            return new ClientProcess(number, process, ledger);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void listen(Ledger ledger) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            StringBuilder line = new StringBuilder();
            for (int c = lines.read(); c >= 0; c = lines.read()) {
                if (c == '\n') {
                    ledger.accept(number, line.toString());
                    line.setLength(0);
                } else {
                    line.append((char) c);
                }
            }
            // what comes before a kill without an end of line was not said
        } catch (IOException e) {
            ledger.violate("client " + number + " could not be heard: " + e);
        }
    }

    int number() {
        return number;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** {@code kill -9}; returns when it is dead and all that it had said was heard. */
    void kill() throws InterruptedException {
        // Process.destroyForcibly would close the stream from which the listener still reads
        process.toHandle().destroyForcibly();
        process.waitFor();
        listener.join();
    }

    /** Lets it end what it is doing; says whether it then ended as it should. */
    boolean stop() throws InterruptedException, IOException {
        process.getOutputStream().close();
        boolean ended = process.waitFor(END_SECONDS, TimeUnit.SECONDS);
        kill();
        return ended && process.exitValue() == 0;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
