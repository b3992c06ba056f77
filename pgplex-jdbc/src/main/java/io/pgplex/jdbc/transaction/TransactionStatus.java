package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/** Finds out how a distributed transaction ended, by asking all shards at once. Stateless. */
public final class TransactionStatus {

    /** Prepared on some shard, and not decided. */
    private static final String IN_PROGRESS = "in progress";

    private TransactionStatus() {}

    /**
     * The transaction's outcome: {@code committed}, {@code aborted}, {@code in progress}; null when nothing is known of it:
     * it never came to its commit, was rolled back by its client, or has been forgotten.
     *
     * <p>What is prepared is looked at before the records are: so a transaction that ends meanwhile is seen in one of the two.
     *
     * @throws SQLException 08006 when that depends on a shard that cannot be reached
     */
    public static @Nullable String of(String gtxid, ClusterMap map, ShardAccess shards) throws SQLException {
        Map<String, Throwable> failures = new TreeMap<>();
        Set<String> anchors = new TreeSet<>();
        for (List<String> answer : ask(map, shards, failures, connection -> anchors(connection, map, gtxid))) {
            anchors.addAll(answer);
        }
        for (List<String> answer : ask(map, shards, failures, connection -> outcome(connection, gtxid))) {
            for (String outcome : answer) {
                return outcome.equals("committed") ? "committed" : "aborted";
            }
        }
        if (!anchors.isEmpty()) {
            failures.keySet().retainAll(anchors);
        }
        for (Map.Entry<String, Throwable> failure : failures.entrySet()) {
            throw PgplexErrors.error(
                    SqlState.CONNECTION_FAILURE,
                    "the status of transaction " + gtxid + " is not known: shard " + failure.getKey()
                            + " cannot be reached",
                    null,
                    null,
                    failure.getValue());
        }
        return anchors.isEmpty() ? null : IN_PROGRESS;
    }

    private static List<List<String>> ask(
            ClusterMap map, ShardAccess shards, Map<String, Throwable> failures, ShardAccess.Work<List<String>> work) {
        Map<Shard, ShardAccess.Work<List<String>>> questions = new LinkedHashMap<>();
        map.shards().forEach(shard -> questions.put(shard, work));
        List<List<String>> answers = new ArrayList<>();
        for (Map.Entry<Shard, Outcome<List<String>>> entry :
                shards.run(questions).entrySet()) {
            List<String> answer = entry.getValue().value();
            Throwable failure = entry.getValue().failure();
            if (answer != null) {
                answers.add(answer);
            } else if (failure != null) {
                failures.put(entry.getKey().name(), failure);
            }
        }
        return answers;
    }

    private static List<String> anchors(PgConnection connection, ClusterMap map, String gtxid) throws SQLException {
        return texts(connection, RecoverySql.anchors(map.cluster(), gtxid));
    }

    private static List<String> outcome(PgConnection connection, String gtxid) throws SQLException {
        List<String> states = texts(connection, CommitSql.stateOf(gtxid));
        return states.isEmpty() && texts(connection, RecoverySql.HAS_LOG).contains("t")
                ? texts(connection, RecoverySql.settledAs(gtxid))
                : states;
    }

    private static List<String> texts(PgConnection connection, String query) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }
}
