package io.pgplex.routing.analyze;

import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Changes to a statement's text at token positions. What is not changed stays byte for byte, comments included. Confined
 * to one thread.
 */
public final class Splice {

    private final ScannedStatement text;
    private final List<Change> changes = new ArrayList<>();

    public Splice(ScannedStatement text) {
        this.text = text;
    }

    private record Change(int from, int to, SqlText with) {}

    public Splice insertBefore(int token, String sql) {
        return insertBefore(token, new SqlText().append(sql));
    }

    /** Puts text right before a token; at the end when there is no such token. */
    public Splice insertBefore(int token, SqlText sql) {
        changes.add(new Change(token, token, sql));
        return this;
    }

    /** Puts text in place of the tokens from {@code from}, up to {@code to}. */
    public Splice replace(int from, int to, SqlText sql) {
        changes.add(new Change(from, to, sql));
        return this;
    }

    public boolean isEmpty() {
        return changes.isEmpty();
    }

    /** The whole statement with the changes. */
    public Fragment fragment() {
        return whole().fragment();
    }

    /** The whole statement with the changes. */
    public SqlText whole() {
        SqlText out = new SqlText();
        int tokens = text.tokenCount();
        out.append(text.text().substring(0, text.begin(0)));
        slice(0, tokens, out);
        return out.append(text.text().substring(text.end(tokens - 1)));
    }

    /** The tokens from {@code from}, up to {@code to}, with the changes inside. */
    public SqlText slice(int from, int to) {
        SqlText out = new SqlText();
        slice(from, to, out);
        return out;
    }

    private void slice(int from, int to, SqlText out) {
        List<Change> inside = new ArrayList<>();
        for (Change change : changes) {
            boolean insertion = change.from == change.to;
            if (change.from >= from && change.to <= to && (insertion || change.from < to)) {
                inside.add(change);
            }
        }
        inside.sort(Comparator.comparingInt(Change::from).thenComparingInt(Change::to));
        int at = from;
        for (Change change : inside) {
            if (change.from < at) {
                // inside a part that is replaced as a whole
                continue;
            }
            copy(at, change.from, out);
            if (at < change.from) {
                between(change.from - 1, change.from, out);
            }
            out.append(change.with);
            at = change.to;
            if (change.to > change.from && at < to) {
                between(at - 1, at, out);
            }
        }
        copy(at, to, out);
    }

    /** The white space and comments between two tokens. */
    private void between(int left, int right, SqlText out) {
        int end = right < text.tokenCount() ? text.begin(right) : text.end(left);
        out.append(text.text().substring(text.end(left), end));
        if (right >= text.tokenCount()) {
            out.append(" ");
        }
    }

    private void copy(int from, int to, SqlText out) {
        for (int i = from; i < to; i++) {
            if (i > from) {
                between(i - 1, i, out);
            }
            if (text.kind(i) == TokenKind.PARAMETER) {
                out.parameter(parameter(i));
            } else if (text.kind(i) == TokenKind.OPERATOR) {
                out.operator(text.tokenText(i));
            } else {
                out.append(text.tokenText(i));
            }
        }
    }

    private int parameter(int token) {
        int number = 0;
        for (int i = 0; i < token; i++) {
            number += text.kind(i) == TokenKind.PARAMETER ? 1 : 0;
        }
        return number;
    }
}
