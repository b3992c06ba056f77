package io.pgplex.routing.hint;

/**
 * A value in a hint. Immutable.
 *
 * @param text the value, without quotes
 * @param quoted whether it was in quotes
 * @param offset where it begins in the hint's text
 */
record HintValue(String text, boolean quoted, int offset) {}
