package io.pgplex.jdbc.consistency;

import io.pgplex.jdbc.consistency.Attempts.End;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A process that moves money between accounts and adds up all balances until its standard input ends. What it is about to do, and
 * what it was told came of it, it says on its standard output before it goes on, a line each, so that a kill loses none.
 *
 * <p>The lines: {@code begin <id> <source> <target> <amount>}, then {@code COMMITTED|ABORTED|UNKNOWN <id> <state>}; {@code sum
 * <accounts> <sum> <the same again>} and {@code moment <of the balances> <of the transfers>} of one transaction; {@code single
 * <accounts> <sum>} of one statement; {@code unread <state>}.
 */
final class BankClient {

    private static final int READERS = 1;
    private static final int LARGEST_AMOUNT = 20;
    /** The part of the transfers under REPEATABLE READ, and of those that lock their accounts in any order. */
    private static final double REPEATABLE = 0.2;

    private static final double UNORDERED = 0.1;

    private final String url;
    private final int accounts;
    private final AtomicLong lastTransfer;
    private volatile boolean stopped;

    private BankClient(String url, int number, int accounts) {
        this.url = url;
        this.accounts = accounts;
        this.lastTransfer = new AtomicLong(Ledger.firstTransfer(number));
    }

    /** The arguments: URL, number of this client, number of accounts, threads that transfer, seed. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        BankClient client =
                new BankClient(arguments[0], Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
        SplittableRandom random = new SplittableRandom(Long.parseLong(arguments[4]));
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(arguments[3]); i++) {
            SplittableRandom dice = random.split();
            threads.add(new Thread(() -> client.transfer(dice)));
        }
        for (int i = 0; i < READERS; i++) {
            threads.add(new Thread(client::read));
        }
        threads.forEach(Thread::start);
        while (System.in.read() >= 0) {
            // nothing is said to it: the end of its input is
        }
        client.stopped = true;
        for (Thread thread : threads) {
            thread.join();
        }
        System.exit(0);
    }

    private static void say(String line) {
        System.out.println(line);
    }

    private void transfer(SplittableRandom dice) {
        try (Attempts attempts = new Attempts(url)) {
            while (!stopped) {
                long id = lastTransfer.incrementAndGet();
                long source = 1 + dice.nextInt(accounts);
                long target = 1 + (source + dice.nextInt(accounts - 1)) % accounts;
                long amount = 1 + dice.nextInt(LARGEST_AMOUNT);
                boolean sourceFirst = source < target || dice.nextDouble() < UNORDERED;
                say("begin " + id + " " + source + " " + target + " " + amount);
                End end = attempts.run(
                        dice.nextDouble() < REPEATABLE
                                ? Connection.TRANSACTION_REPEATABLE_READ
                                : Connection.TRANSACTION_READ_COMMITTED,
                        connection -> move(connection, sourceFirst, source, target, amount)
                                && note(connection, id, source, target, amount));
                say(end.outcome() + " " + id + " " + end.state());
            }
        }
    }

    private static boolean move(Connection connection, boolean sourceFirst, long source, long target, long amount)
            throws SQLException {
        return sourceFirst
                ? add(connection, source, -amount) && add(connection, target, amount)
                : add(connection, target, amount) && add(connection, source, -amount);
    }

    /** Whether the account has enough. */
    private static boolean add(Connection connection, long account, long amount) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "UPDATE accounts SET balance = balance + ? WHERE id = ? AND balance + ? >= 0")) {
            statement.setLong(1, amount);
            statement.setLong(2, account);
            statement.setLong(3, amount);
            return statement.executeUpdate() == 1;
        }
    }

    private static boolean note(Connection connection, long id, long source, long target, long amount)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO transfers VALUES (?, ?, ?, ?)")) {
            statement.setLong(1, id);
            statement.setLong(2, source);
            statement.setLong(3, target);
            statement.setLong(4, amount);
            return statement.executeUpdate() == 1;
        }
    }

    private void read() {
        try (Attempts attempts = new Attempts(url)) {
            while (!stopped) {
                String[] lines = new String[2];
                End end = attempts.run(Connection.TRANSACTION_REPEATABLE_READ, connection -> {
                    String first = ask(connection, "SELECT count(*) || ' ' || sum(balance) FROM accounts");
                    String moment = ask(connection, "SELECT sum(id * balance) FROM accounts");
                    String moved =
                            ask(connection, "SELECT coalesce(sum(amount * (target - source)), 0) FROM transfers");
                    lines[0] = "sum " + first + " " + ask(connection, "SELECT sum(balance) FROM accounts");
                    lines[1] = "moment " + moment + " " + moved;
                    return true;
                });
                if (end.outcome() == ListTransaction.Outcome.COMMITTED) {
                    say(lines[0]);
                    say(lines[1]);
                } else {
                    say("unread " + end.state());
                }
                String single = attempts.ask(
                        "/*!pgplex snapshot=global */ SELECT count(*) || ' ' || sum(balance) FROM accounts");
                say(single == null ? "unread" : "single " + single);
            }
        }
    }

    private static String ask(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
