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

    private record Change(int from, int to, SqlText with, boolean after) {}

    public Splice insertBefore(int token, String sql) {
        return insertBefore(token, new SqlText().append(sql));
    }

    /** Puts text right before a token; at the end when there is no such token. */
    public Splice insertBefore(int token, SqlText sql) {
        changes.add(new Change(token, token, sql, false));
        return this;
    }

    public Splice insertAfter(int token, String sql) {
        return insertAfter(token, new SqlText().append(sql));
    }

    /** Puts text right behind the token before {@code token}. */
    public Splice insertAfter(int token, SqlText sql) {
        changes.add(new Change(token, token, sql, true));
        return this;
    }

    /** Puts text in place of the tokens from {@code from}, up to {@code to}. */
    public Splice replace(int from, int to, SqlText sql) {
        changes.add(new Change(from, to, sql, false));
        return this;
    }

    /** The same changes, to which further ones can be added. */
    public Splice copy() {
        Splice copy = new Splice(text);
        copy.changes.addAll(changes);
        return copy;
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
        int at = from;
        boolean separated = true;
        for (Change change : inside(from, to)) {
            if (change.from < at) {
                // inside a part that is replaced as a whole
                continue;
            }
            if (at < change.from) {
                if (!separated) {
                    between(at - 1, at, out);
                }
                copy(at, change.from, out);
                separated = false;
            }
            if (!change.after && !separated) {
                between(change.from - 1, change.from, out);
                separated = true;
            }
            out.append(change.with);
            if (change.to > change.from) {
                separated = false;
            }
            at = change.to;
        }
        if (at < to) {
            if (!separated) {
                between(at - 1, at, out);
            }
            copy(at, to, out);
        }
    }

    private List<Change> inside(int from, int to) {
        boolean all = from == 0 && to == text.tokenCount();
        List<Change> inside = new ArrayList<>();
        for (Change change : changes) {
            if (change.from < from || change.to > to) {
                continue;
            }
            boolean insertion = change.from == change.to;
            // what is put at an edge of the slice belongs to it when it stands before its first token
            boolean within = change.from > from && change.from < to;
            if (all || !insertion || within || (change.from == from && !change.after)) {
                inside.add(change);
            }
        }
        inside.sort(Comparator.comparingInt(Change::from)
                .thenComparing(change -> !change.after)
                .thenComparingInt(Change::to));
        return inside;
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
