package io.pgplex.jdbc.arbiter;

import io.pgplex.jdbc.ArbiterMain;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Processes with a JVM of their own, so that they can be killed. Confined to a test's thread. */
final class Children implements AutoCloseable {

    private final List<Process> children = new ArrayList<>();

    /** A client that commits one transaction of these statements. */
    Process client(String url, String... statements) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(url));
        arguments.addAll(Arrays.asList(statements));
        return start(Client.class, arguments.toArray(String[]::new));
    }

    /** A process that only arbitrates. */
    Process arbiter(String url) throws IOException {
        return start(ArbiterMain.class, url);
    }

    private Process start(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(Arrays.asList(arguments));
        Process child = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        children.add(child);
        return child;
    }

    /** The only child alive of that process id. */
    void kill(long pid) throws InterruptedException {
        for (Process child : children) {
            if (child.pid() == pid) {
                child.destroyForcibly();
                child.waitFor(10, TimeUnit.SECONDS);
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        for (Process child : children) {
            kill(child.pid());
        }
    }

    /** The child. */
    static final class Client {

        private Client() {}

        public static void main(String[] arguments) throws SQLException {
            try (Connection connection = DriverManager.getConnection(arguments[0]);
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                for (String sql : Arrays.asList(arguments).subList(1, arguments.length)) {
                    statement.execute(sql);
                }
                connection.commit();
            }
        }
    }
}
