package io.pgplex.jdbc.transaction;

/**
 * One thing that recovery did, or could not do. Immutable.
 *
 * @param gtxid the transaction; empty where it is about none
 * @param shard where; empty where it is about none
 * @param action what was done: {@code committed}, {@code rolled back}, {@code metadata recorded}, {@code record removed},
 *     {@code withdrawn <table>}; or why something was not
 * @param done whether it was done
 */
public record Settled(String gtxid, String shard, String action, boolean done) {

    /** What it is about, without the server's own words: equal for two that say the same of the same. */
    public String topic() {
        int colon = action.indexOf(':');
        return gtxid + " " + shard + " " + (colon < 0 ? action : action.substring(0, colon));
    }

    static Settled done(String gtxid, String shard, String action) {
        return new Settled(gtxid, shard, action, true);
    }

    static Settled left(String gtxid, String shard, String reason) {
        return new Settled(gtxid, shard, reason, false);
    }
}
