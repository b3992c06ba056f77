package io.pgplex.routing.command;

import io.pgplex.routing.scan.ScannedStatement;

/** Reads a possibly qualified name at a token; an error says the command's syntax. */
final class NameReader {

    private final ScannedStatement statement;
    private final String syntax;
    private int next;

    NameReader(ScannedStatement statement, int from, String syntax) {
        this.statement = statement;
        this.syntax = syntax;
        this.next = from;
    }

    QualifiedName read(String what) {
        String first = part(what);
        if (!statement.isPunctuation(next, '.')) {
            return new QualifiedName(null, first);
        }
        next++;
        return new QualifiedName(first, part(what));
    }

    private String part(String what) {
        if (!statement.isName(next)) {
            throw statement.error(what + " must have a name", next, syntax);
        }
        return statement.identifier(next++);
    }

    /** The token behind what was read. */
    int next() {
        return next;
    }
}
