package io.pgplex.jdbc.transaction;

/**
 * How long recovery leaves alone what a healthy client may be about to finish itself. All in seconds by the server's clock.
 * Immutable.
 *
 * @param decided how old a prepared transaction must be whose outcome is recorded
 * @param undecided how old one must be that has no record, and whose client is gone
 * @param limit how old one must be that has no record, and whose client lives, or nobody knows
 * @param finished how old a record must be that nobody needs, while its client, which removes its own in passing, lives
 * @param kept the same when the client is gone: until then it can be asked for
 */
record Patience(double decided, double undecided, double limit, double finished, double kept) {

    /** An arbiter's: nobody has told it that anything is wrong. */
    static final Patience ARBITER = new Patience(1, 5, 60, 60, 3600);

    /** RECOVER CLUSTER's: an operator has judged. */
    static final Patience OPERATOR = new Patience(5, 5, 5, 5, 5);
}
