package io.pgplex.routing.analyze;

import io.pgplex.routing.scan.ScannedStatement;

/** Places in a statement's text as errors name them: characters from 1. */
public final class Positions {

    private Positions() {}

    /** The place of a block's token; 0 when it is in a view. */
    static int of(Block block, int token) {
        return block.isOwnText() ? of(block.text(), token) : 0;
    }

    public static int of(ScannedStatement text, int token) {
        return token < 0 || token >= text.tokenCount() ? 0 : at(text, text.begin(token));
    }

    /** The place of a UTF-16 offset. */
    public static int at(ScannedStatement text, int offset) {
        return text.text().codePointCount(0, offset) + 1;
    }
}
