package io.pgplex.jdbc.tenants;

import io.pgplex.jdbc.differential.Corpus;
import io.pgplex.jdbc.differential.Literals;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A statement of the application. Comments at its head say whether it concerns one tenant, or is the administrator's, and which
 * of its literals the application passes as parameters.
 */
record TenantStatement(String sql, Literals parameters) {

    private static final Pattern WRITE = Pattern.compile("\\b(insert|update|delete|merge)\\b");

    static List<TenantStatement> all() {
        return Corpus.split(Corpus.text("/tenants/statements.sql")).stream()
                .map(sql -> new TenantStatement(sql, Literals.listed(sql, "parameters")))
                .toList();
    }

    /** Whether all its rows are on the shard of one tenant. */
    boolean isOfOneTenant() {
        return sql.startsWith("-- tenant: ");
    }

    boolean isOrdered() {
        return Corpus.isOrdered(Corpus.withoutHead(sql));
    }

    boolean isWrite() {
        return WRITE.matcher(Corpus.withoutHead(sql)).find();
    }

    /** The text with a marker in place of each parameter. */
    String sqlWithMarkers() {
        String body = Corpus.withoutHead(sql);
        return parameters.isEmpty() ? body : parameters.markers(body);
    }

    void bind(PreparedStatement statement) throws SQLException {
        if (!parameters.isEmpty()) {
            parameters.bind(statement, Corpus.withoutHead(sql), parameters);
        }
    }

    @Override
    public String toString() {
        return sql.lines().findFirst().orElseThrow();
    }
}
