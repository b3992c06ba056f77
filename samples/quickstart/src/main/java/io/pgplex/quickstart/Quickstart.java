package io.pgplex.quickstart;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.ServerException;
import io.pgplex.testkit.Servers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;

/**
 * Starts three shards, makes an order-entry database of them through JDBC alone, loads it, and asks it and one plain
 * PostgreSQL the same questions. The exit status is 0 when all answers were equal, 1 when one was not or something
 * failed, 2 for a command line that cannot be read.
 */
public final class Quickstart {
    private static final int SHARDS = 3;

    private final Options options;
    private final List<Step> questions;
    private final Report report;

    /** A story that asks these questions once the rows are loaded. */
    Quickstart(Options options, List<Step> questions, Report report) {
        this.options = options;
        this.questions = List.copyOf(questions);
        this.report = report;
    }

    /** See {@link Options#USAGE}. */
    public static void main(String[] arguments) {
        Options options;
        try {
            options = Options.parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage() + "\n" + Options.USAGE);
            System.exit(2);
            return;
        }
        System.exit(new Quickstart(options, Questions.all(), new Report(Terminal.system())).run());
    }

    /** Tells the story; returns the exit status. */
    int run() {
        long begin = System.nanoTime();
        report.chapter("Servers");
        try (LocalCluster cluster = start()) {
            introduce(cluster, begin);
            try (Connection sharded = cluster.connect();
                    Connection plain = DriverManager.getConnection(cluster.referenceUrl())) {
                createSchema(sharded, plain);
                load(cluster, sharded, plain);
                return compare(cluster, sharded, plain, begin);
            }
        } catch (SQLException | ServerException e) {
            report.failure("the story ends here", e);
            return 1;
        }
    }

    private LocalCluster start() {
        LocalCluster.Builder builder = LocalCluster.builder().shards(SHARDS);
        return (options.memory() ? builder.inMemory() : builder.etcdIfAvailable()).start();
    }

    private void introduce(LocalCluster cluster, long begin) {
        Servers servers = cluster.servers();
        servers.shards().forEach(shard -> report.line("shard " + shard.name() + " on " + shard.primary()));
        report.line(
                servers.hasEtcd()
                        ? "metadata in " + servers.etcd()
                        : "metadata in this program's memory: no etcd" + (options.memory() ? " wanted" : " to be had"));
        report.line("compared with " + cluster.reference());
        report.line("URL " + cluster.jdbcUrl());
        report.line("ready in " + Report.millis(System.nanoTime() - begin));
    }

    private void createSchema(Connection sharded, Connection plain) throws SQLException {
        report.chapter("Schema");
        for (String statement : Schema.STATEMENTS) {
            report.statement(statement);
            Schema.create(statement, sharded, plain);
        }
    }

    private void load(LocalCluster cluster, Connection sharded, Connection plain) throws SQLException {
        report.chapter("Rows");
        Generator generator = new Generator(options.rows(), options.seed());
        // pgjdbc's own parameter, which pgplex hands on: batches travel as INSERTs of many rows
        String url = cluster.jdbcUrl() + "&reWriteBatchedInserts=true";
        try (Connection writer = DriverManager.getConnection(url);
                Loader loader = new Loader(generator, writer, plain)) {
            for (String table : Schema.TABLES) {
                try (ProgressBar progress = report.progress(table, generator.count(table))) {
                    loader.load(table, progress);
                }
            }
        }
        Schema.analyze(sharded, plain);
    }

    private int compare(LocalCluster cluster, Connection sharded, Connection plain, long begin) throws SQLException {
        List<String> shards =
                cluster.servers().shards().stream().map(Servers.Shard::name).toList();
        RowPlacement placement = new RowPlacement(sharded, shards);
        report.chapter("How the rows lie");
        for (String table : Schema.DISTRIBUTED) {
            report.bars(table, placement.of(table));
        }
        report.chapter("What pgplex knows");
        for (String sql : List.of("SELECT * FROM pg_cluster", "SELECT * FROM pg_distributed_tables")) {
            report.statement(sql);
            report.table(Answer.of(sharded, sql, List.of()));
        }
        report.chapter("Questions");
        Comparison comparison = new Comparison(sharded, plain, report);
        comparison.run(questions);
        comparison.note(Schema.DISTRIBUTED.size(), placement.differences(plain));
        report.verdict(comparison.compared(), comparison.wrong(), (System.nanoTime() - begin) / 1e9);
        return comparison.wrong().isEmpty() ? 0 : 1;
    }
}
