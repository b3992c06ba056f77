package io.pgplex.routing.plan.insert;

import io.pgplex.routing.RoutingException;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.scan.ScannedStatement;

/** The refusal of an INSERT at one of its tokens. */
final class RefusedInsert {

    private RefusedInsert() {}

    static RoutingException at(ScannedStatement statement, int token, Unsupported why, String... names) {
        int offset = token < statement.tokenCount()
                ? statement.begin(token)
                : statement.text().length();
        return new RoutingException(why.at(statement.text().codePointCount(0, offset) + 1, names));
    }
}
