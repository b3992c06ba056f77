package io.pgplex.jdbc.transaction;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process of its own that updates rows on several shards and commits when it is told to; made to be killed. */
final class CommittingClient implements AutoCloseable {

    private static final String READY = "ready";

    private final Process process;

    private CommittingClient(Process process) {
        this.process = process;
    }

    /** Starts it, and returns when all rows are updated and the transaction is still open. */
    static CommittingClient start(String url, List<String> updates) throws IOException {
        Process process = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CommittingClient.class.getName(),
                        url,
                        String.join(";", updates))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        CommittingClient client = new CommittingClient(process);
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.equals(READY)) {
                return client;
            }
        }
        client.close();
        throw new IOException("the client ended before it was ready");
    }

    void commit() throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    /** Kills it and waits for its end. */
    void kill() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the client outlived SIGKILL");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    public static void main(String[] arguments) throws SQLException, IOException {
        try (Connection connection = DriverManager.getConnection(arguments[0])) {
            connection.setAutoCommit(false);
            for (String update : arguments[1].split(";", -1)) {
                ShardedTable.run(connection, update);
            }
            System.out.println(READY);
            if (System.in.read() >= 0) {
                connection.commit();
            }
        }
    }
}
