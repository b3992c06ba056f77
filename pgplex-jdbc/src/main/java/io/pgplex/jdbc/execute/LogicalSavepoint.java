package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import java.sql.SQLException;
import java.sql.Savepoint;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLState;

/** A savepoint of a logical transaction, open on every shard that the transaction reaches. */
final class LogicalSavepoint implements Savepoint {

    private final int id;
    private final @Nullable String name;
    private boolean valid = true;

    LogicalSavepoint(int id, @Nullable String name) {
        this.id = id;
        this.name = name;
    }

    static LogicalSavepoint of(Savepoint savepoint) throws SQLException {
        if (!(savepoint instanceof LogicalSavepoint logical)) {
            throw new SQLException("the savepoint belongs to another driver", "3B001");
        }
        if (!logical.valid) {
            throw PgplexErrors.misuse(
                    PSQLState.INVALID_SAVEPOINT_SPECIFICATION,
                    "Cannot reference a savepoint after it has been released.");
        }
        return logical;
    }

    void release() {
        valid = false;
    }

    /** The name as the servers know it. */
    String sqlName() {
        return name != null ? name : "JDBC_SAVEPOINT_" + id;
    }

    @Override
    public int getSavepointId() throws SQLException {
        if (name != null) {
            throw new SQLException("Cannot retrieve the id of a named savepoint.", "3B000");
        }
        return id;
    }

    @Override
    public String getSavepointName() throws SQLException {
        if (name == null) {
            throw new SQLException("Cannot retrieve the name of an unnamed savepoint.", "3B000");
        }
        return name;
    }
}
