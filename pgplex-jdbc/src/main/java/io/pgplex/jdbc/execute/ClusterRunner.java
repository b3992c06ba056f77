package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.cluster.ClusterCommands;
import io.pgplex.jdbc.cluster.Conninfo;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.merge.DriverRows;
import io.pgplex.jdbc.pool.PhysicalConnections;
import io.pgplex.jdbc.transaction.InDoubtResolver;
import io.pgplex.routing.command.StatementClass;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.Oid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs DISCOVER, JOIN, LEAVE and RECOVER CLUSTER. Belongs to one session. */
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
        String warning = commands.join(
                join.conninfo(), join.node(), join.shard(), join.replicaOf(), session.transaction() != null);
        if (warning != null) {
            LOG.warn("{}", warning);
        }
        return done();
    }

    StatementResult leave(StatementClass.LeaveCluster leave) throws SQLException {
        commands.leave(leave.node(), session.transaction() != null);
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

    /** One row for each thing that was settled. */
    StatementResult recover() throws SQLException {
        if (session.transaction() != null) {
            throw PgplexErrors.error(
                    SqlState.ACTIVE_TRANSACTION,
                    "RECOVER CLUSTER cannot run inside a transaction block",
                    "Switch autocommit on.");
        }
        List<InDoubtResolver.Settled> settled =
                new InDoubtResolver(session.map(), cluster.store(), session::connect).run();
        List<DriverRows.Column> columns = List.of(
                DriverRows.Column.text("gtxid"), DriverRows.Column.text("shard"), DriverRows.Column.text("action"));
        return new StatementResult.Rows(session.onHome(connection -> {
            DriverRows rows = new DriverRows(connection, columns);
            for (InDoubtResolver.Settled one : settled) {
                rows.add(one.gtxid(), one.shard(), one.action());
            }
            return rows.open();
        }));
    }
}
