package io.pgplex.routing.analyze;

import io.pgplex.routing.plan.Finish;
import io.pgplex.routing.plan.Fragment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * SQL that is put together, with the parameters in it. A question mark that is an operator's is doubled, as pgjdbc wants
 * it, once there is a parameter; text without parameters is sent as it stands. Confined to one thread.
 */
public final class SqlText {

    private final List<Object> parts = new ArrayList<>();
    private final List<Integer> parameters = new ArrayList<>();

    private record Operator(String text) {}

    public SqlText append(String sql) {
        parts.add(sql);
        return this;
    }

    public SqlText append(SqlText other) {
        parts.addAll(other.parts);
        parameters.addAll(other.parameters);
        return this;
    }

    /** A piece that is known only when the fragments have answered. */
    public SqlText piece(Finish.Piece piece) {
        parts.add(piece);
        return this;
    }

    /** A parameter by its index. */
    public SqlText parameter(int index) {
        parts.add("?");
        parameters.add(index);
        return this;
    }

    SqlText operator(String operator) {
        parts.add(operator.indexOf('?') < 0 ? operator : new Operator(operator));
        return this;
    }

    private int[] indexes() {
        return parameters.stream().mapToInt(Integer::intValue).toArray();
    }

    private String text(Object part) {
        if (part instanceof Operator operator) {
            boolean doubled = operator.text.replace("??", "").indexOf('?') < 0;
            return doubled || parameters.isEmpty()
                    ? operator.text
                    : operator.text.replace("??", "?").replace("?", "??");
        }
        return (String) part;
    }

    public Fragment fragment() {
        StringBuilder sql = new StringBuilder();
        parts.forEach(part -> sql.append(text(part)));
        return new Fragment(sql.toString(), indexes());
    }

    /** The same as the query of a finish. */
    public Finish finish(@Nullable List<Finish.Combine> combine) {
        List<Finish.Piece> pieces = new ArrayList<>();
        StringBuilder sql = new StringBuilder();
        for (Object part : parts) {
            if (part instanceof Finish.Piece piece) {
                if (sql.length() > 0) {
                    pieces.add(new Finish.Text(sql.toString()));
                    sql.setLength(0);
                }
                pieces.add(piece);
            } else {
                sql.append(text(part));
            }
        }
        if (sql.length() > 0) {
            pieces.add(new Finish.Text(sql.toString()));
        }
        return new Finish(pieces, indexes(), combine);
    }
}
