package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.cluster.ClusterCommands;
import io.pgplex.jdbc.cluster.Conninfo;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.merge.DriverRows;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.PhysicalConnections;
import io.pgplex.jdbc.transaction.Barrier;
import io.pgplex.jdbc.transaction.InDoubtResolver;
import io.pgplex.jdbc.transaction.Settled;
import io.pgplex.jdbc.transaction.ShardAccess;
import io.pgplex.jdbc.transaction.TransactionStatus;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.command.StatementClass;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.Oid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the commands about the cluster as a whole. Belongs to one session. */
final class ClusterRunner {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterRunner.class);

    /** How long a command waits until this client's own map shows its change. */
    private static final Duration VISIBLE_WITHIN = Duration.ofSeconds(10);

    private final Session session;
    private final Cluster cluster;
    private final SessionSettings settings;
    private final ClusterCommands commands;

    ClusterRunner(Session session, Cluster cluster, SessionSettings settings) {
        this.session = session;
        this.cluster = cluster;
        this.settings = settings;
        this.commands = new ClusterCommands(
                cluster.store(),
                cluster.cache(),
                (host, port, database) -> PhysicalConnections.open(host, port, database, settings.credentials()),
                settings.database(),
                VISIBLE_WITHIN);
    }

    StatementResult join(StatementClass.JoinCluster join) throws SQLException {
        boolean inTransaction = session.transaction() != null;
        String warning = join.patroni() == null
                ? commands.join(join.conninfo(), join.node(), join.shard(), join.replicaOf(), inTransaction)
                : commands.joinPatroni(join.conninfo(), join.node(), join.shard(), join.patroni(), inTransaction);
        if (warning != null) {
            LOG.warn("{}", warning);
        }
        return done();
    }

    StatementResult leave(StatementClass.LeaveCluster leave) throws SQLException {
        commands.leave(leave.node(), session.transaction() != null);
        return done();
    }

    /**
     * Makes a point in the WAL of every shard to which all can be restored together: no distributed transaction is before it
     * on one shard and behind it on another. One row for each shard.
     *
     * @throws SQLException 22023 without a name; 25001 inside a transaction; what the servers say, as 42501
     */
    private StatementResult createRestorePoint(@Nullable String name) throws SQLException {
        if (name == null) {
            throw PgplexErrors.error(SqlState.INVALID_PARAMETER, "a restore point needs a name");
        }
        if (session.transaction() != null) {
            throw PgplexErrors.error(
                    SqlState.ACTIVE_TRANSACTION,
                    "pgplex.create_restore_point() cannot run inside a transaction block",
                    "Switch autocommit on.");
        }
        List<Shard> shards = session.map().shards();
        List<Lease> leases = new ArrayList<>();
        List<String> locations = new ArrayList<>();
        try {
            for (Shard shard : shards) {
                leases.add(session.connect(shard));
            }
            try (Barrier barrier = Barrier.take(
                    leases, cluster.fanOut(), session.transactions().waiter())) {
                for (Outcome<String> outcome : barrier.onAll(lease -> createRestorePoint(lease, name))) {
                    if (outcome.failed()) {
                        throw outcome.sqlFailure();
                    }
                    locations.add(outcome.value());
                }
            }
        } finally {
            leases.forEach(session::giveBack);
        }
        return rows(List.of("shard", "lsn"), rows -> {
            for (int i = 0; i < shards.size(); i++) {
                rows.add(shards.get(i).name(), locations.get(i));
            }
        });
    }

    private static String createRestorePoint(Lease lease, String name) throws SQLException {
        try (PreparedStatement statement = lease.backend()
                .connection()
                .prepareStatement("SELECT pg_catalog.pg_create_restore_point(?)::pg_catalog.text")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    /** Fills rows of pgplex's own. */
    private interface Filling {
        void into(DriverRows rows) throws SQLException;
    }

    private StatementResult rows(List<String> names, Filling filling) throws SQLException {
        List<DriverRows.Column> columns =
                names.stream().map(DriverRows.Column::text).toList();
        return new StatementResult.Rows(session.onHome(connection -> {
            DriverRows rows = new DriverRows(connection, columns);
            filling.into(rows);
            return rows.open();
        }));
    }

    /** Returns when this client follows the setting; others do as soon as the store has told them. */
    StatementResult set(StatementClass.SetCluster set) throws SQLException {
        commands.set(set.name(), set.value());
        return done();
    }

    private static StatementResult done() {
        return new StatementResult.Count(0, null);
    }

    /** One row in the shape of pg_cluster. */
    StatementResult discover(StatementClass.DiscoverCluster discover) throws SQLException {
        ClusterCommands.DiscoveredNode node = commands.discover(discover.conninfo());
        @Nullable Long oid = node.oid();
        List<DriverRows.Column> columns = List.of(
                new DriverRows.Column("oid", Oid.OID),
                DriverRows.Column.text("name"),
                DriverRows.Column.text("conn"),
                DriverRows.Column.text("state"));
        Conninfo address = Conninfo.parse(discover.conninfo(), settings.database());
        try (Connection connection =
                PhysicalConnections.open(address.host(), address.port(), address.database(), settings.credentials())) {
            return new StatementResult.Rows(new DriverRows(connection, columns)
                    .add(oid == null ? null : oid.toString(), node.name(), node.conn(), node.state())
                    .open());
        }
    }

    /** A function of the cluster. */
    StatementResult call(OwnCall call) throws SQLException {
        session.checkNotFailed();
        return switch (call.function()) {
            case TRANSACTION_STATUS -> status(call.argument(), call.column());
            case CREATE_RESTORE_POINT -> createRestorePoint(call.argument());
        };
    }

    /** One row of one column: how the transaction ended, as {@link TransactionStatus} says it. */
    private StatementResult status(@Nullable String gtxid, String column) throws SQLException {
        String status = gtxid == null ? null : TransactionStatus.of(gtxid, session.map(), shards());
        return rows(List.of(column), rows -> rows.add(status));
    }

    private ShardAccess shards() {
        return new ShardAccess(cluster.primaries(), cluster.fanOut(), settings.credentials(), settings.pool());
    }

    /** One row for each thing that was settled, and for each that could not be: then the action says why. */
    StatementResult recover() throws SQLException {
        if (session.transaction() != null) {
            throw PgplexErrors.error(
                    SqlState.ACTIVE_TRANSACTION,
                    "RECOVER CLUSTER cannot run inside a transaction block",
                    "Switch autocommit on.");
        }
        List<Settled> settled = new InDoubtResolver(cluster.name(), cluster.store()).recover(session.map(), shards());
        return rows(List.of("gtxid", "shard", "action"), rows -> {
            for (Settled one : settled) {
                rows.add(one.gtxid(), one.shard(), one.action());
            }
        });
    }
}
