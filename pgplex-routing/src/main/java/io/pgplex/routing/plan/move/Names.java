package io.pgplex.routing.plan.move;

import io.pgplex.routing.scan.ScannedStatement;

/** Names for the intermediates of one statement, which nothing in it uses. Confined to one thread. */
final class Names {

    private final String prefix;
    private int given;

    Names(ScannedStatement text) {
        String free = "pgplex_moved";
        for (int i = 0; i < text.tokenCount(); i++) {
            while (text.isName(i) && text.identifier(i).startsWith(free)) {
                free += "_";
            }
        }
        this.prefix = free;
    }

    private Names(String prefix, int given) {
        this.prefix = prefix;
        this.given = given;
    }

    /** The same names from here on, for another way to plan the statement. */
    Names copy() {
        return new Names(prefix, given);
    }

    String next() {
        return prefix + ++given;
    }
}
