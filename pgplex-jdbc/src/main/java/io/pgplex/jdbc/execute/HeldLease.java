package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.pool.Lease;
import java.sql.SQLException;
import org.postgresql.jdbc.PgConnection;

/** A lease that a statement of the application keeps until it lets it go. Confined to the session's thread. */
record HeldLease(Lease lease, Session session) implements LogicalSession.HeldConnection {

    @Override
    public PgConnection connection() {
        return lease.backend().connection();
    }

    @Override
    public <T> T call(LogicalSession.Call<T> call) throws SQLException {
        return session.call(call);
    }

    @Override
    public void close() throws SQLException {
        session.giveBack(lease);
    }
}
